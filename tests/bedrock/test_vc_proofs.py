"""eddsa-rdfc-2022 proofs: the official vectors, every change noticed, and text forms of keys and status lists."""

from __future__ import annotations

import copy
import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from tests.shared_data import shared_data
from xuefen.bedrock import vc
from xuefen.bedrock.gm import SM2PrivateKey, load_private
from xuefen.bedrock.vc import BitsInvalid, MultibaseInvalid, NotLinked, ProofState, bits, multibase
from xuefen.bedrock.vc.proofs import hash_data

KEY = load_private("ed25519", bytes(range(32)))
ME = vc.did_key(KEY.public.raw)
METHOD = f"{ME}#{vc.multikey(KEY.public.raw)}"
CREDENTIAL: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
    "id": "urn:uuid:7f2c7f0e-0000-4000-8000-000000000001",
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "issuer": {"id": ME, "type": ["Profile"], "name": "开放大学"},
    "validFrom": "2026-11-20T00:00:00Z",
    "credentialSubject": {
        "type": ["AchievementSubject"],
        "creditsEarned": 3.5,
        "achievement": {
            "id": "urn:uuid:7f2c7f0e-0000-4000-8000-000000000002",
            "type": ["Achievement"],
            "name": "数据结构",
            "description": "一门课",
            "criteria": {"narrative": "考试及格"},
        },
    },
}


def proven() -> dict[str, Any]:
    return vc.prove(copy.deepcopy(CREDENTIAL), signer=KEY, method=METHOD, created="2026-11-20T00:00:00Z")


def states(document: dict[str, Any]) -> list[ProofState]:
    return [vc.check_proof(document, proof).state for proof in vc.proofs_of(document)]


@pytest.mark.parametrize("name", ["obv3p0", "clrv2p0"])
def test_official_vectors_canonical_forms(name: str) -> None:
    folder = "open_badges/impl_test_vectors"
    sample = "open_badges/samples/clr_simple.json" if name == "clrv2p0" else f"{folder}/obv3p0_signed.json"
    document = json.loads(shared_data(sample).read_text())
    (proof,) = vc.proofs_of(document)
    options = {k: v for k, v in proof.items() if k != "proofValue"} | {"@context": document["@context"]}
    told = vc.canonical_quads(vc.quads_of(options))
    assert told.replace(proof["verificationMethod"], "") == shared_data(f"{folder}/{name}_proof-canon.txt").read_text(
    ).replace("https://example.edu/issuers/565049#z6MkjZRZv3aez3r18pB1RBFJR1kwUVJ5jHt92JmQwXbd5hwi", "")  # fmt: skip
    if name == "obv3p0":
        expected = shared_data(f"{folder}/{name}_document-canon.txt").read_text()
        assert vc.canonical_quads(vc.quads_of(vc.without_proof(document))) == expected


@pytest.mark.parametrize(
    "name", ["impl_test_vectors/obv3p0_signed", "samples/simple", "samples/clr_simple", "samples/complete"]
)
def test_what_others_signed_is_good(name: str) -> None:
    document = json.loads(shared_data(f"open_badges/{name}.json").read_text())
    assert set(states(document)) == {ProofState.GOOD}


def test_a_proof_of_ours_is_good_and_always_the_same() -> None:
    document = proven()
    (check,) = [vc.check_proof(document, proof) for proof in vc.proofs_of(document)]
    assert (check.state, check.controller, check.key) == (ProofState.GOOD, ME, KEY.public.raw)
    assert document == proven() == json.loads(json.dumps(document))
    assert len(hash_data(document, {})) == 64


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] if not pairs else [leaf for key, inner in pairs for leaf in leaves(inner, (*path, key))]


def test_every_changed_value_is_noticed() -> None:
    good = proven()
    changed = 0
    for path in leaves(good):
        document = copy.deepcopy(good)
        spot: Any = document
        for step in path[:-1]:
            spot = spot[step]
        spot[path[-1]] = spot[path[-1]] + ("x" if isinstance(spot[path[-1]], str) else 1)
        assert ProofState.GOOD not in states(document), path
        changed += 1
    assert changed > 15


def test_something_added_is_noticed_even_when_it_means_nothing() -> None:
    document = proven()
    document["credentialSubject"]["grade"] = "A+"
    assert states(document) == [ProofState.UNCLEAR]


def without(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda proof: proof.pop(name)


def with_(**more: Any) -> Callable[[dict[str, Any]], None]:
    return lambda proof: proof.update(more)


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (without("type"), ProofState.MISSHAPEN),
        (without("cryptosuite"), ProofState.MISSHAPEN),
        (without("verificationMethod"), ProofState.MISSHAPEN),
        (without("proofPurpose"), ProofState.MISSHAPEN),
        (without("proofValue"), ProofState.MISSHAPEN),
        (with_(proofValue="m" + "A" * 80), ProofState.MISSHAPEN),
        (with_(proofValue="z" + "1" * 64), ProofState.WRONG),
        (with_(proofValue="z" + "9" * 5000), ProofState.MISSHAPEN),
        (with_(created="yesterday"), ProofState.MISSHAPEN),
        (with_(challenge=7), ProofState.MISSHAPEN),
        (with_(previousProof="urn:x"), ProofState.UNSUPPORTED),
        (with_(type="Ed25519Signature2020"), ProofState.UNSUPPORTED),
        (with_(cryptosuite="ecdsa-rdfc-2019"), ProofState.UNSUPPORTED),
        (with_(verificationMethod="https://example.org/keys/1"), ProofState.UNSUPPORTED),
        (with_(verificationMethod=ME + "#z6MkvREVgsHx7Ppae68vCoByy73ZD4aMSJiPML2cryVL8JAx"), ProofState.UNSUPPORTED),
        (with_(domain="elsewhere"), ProofState.WRONG),
        (without("created"), ProofState.WRONG),
    ],
)
def test_no_proof_slips_through(change: Callable[[dict[str, Any]], None], state: ProofState) -> None:
    document = proven()
    change(document["proof"])
    assert states(document) == [state]
    assert all(vc.check_proof(document, wild).state is ProofState.MISSHAPEN for wild in (None, 7, [], {}, "proof"))


def test_a_second_proof_stands_beside_the_first() -> None:
    document = vc.prove(proven(), signer=KEY, method=METHOD, created="2026-11-21T00:00:00Z")
    assert states(document) == [ProofState.GOOD, ProofState.GOOD]


def test_a_credential_of_the_older_model_gets_the_words_of_proofs() -> None:
    old = {
        "@context": ["https://www.w3.org/2018/credentials/v1"],
        "type": ["VerifiableCredential"],
        "issuer": ME,
        "issuanceDate": "2026-11-20T00:00:00Z",
        "credentialSubject": {"id": "urn:x"},
    }
    document = vc.prove(old, signer=KEY, method=METHOD, created="2026-11-20T00:00:00Z")
    assert document["@context"][1] == "https://w3id.org/security/data-integrity/v2"
    assert states(document) == [ProofState.GOOD]


def test_only_the_right_kind_of_key_signs_and_only_what_is_clear() -> None:
    with pytest.raises(ValueError, match="Ed25519"):
        vc.prove(CREDENTIAL, signer=SM2PrivateKey.generate(), method=METHOD, created="2026-11-20T00:00:00Z")
    with pytest.raises(NotLinked):
        vc.prove({**CREDENTIAL, "grade": 1}, signer=KEY, method=METHOD, created="2026-11-20T00:00:00Z")


# --- text forms ------------------------------------------------------------------------------------------------------


def test_keys_as_text() -> None:
    known = "z6MkvREVgsHx7Ppae68vCoByy73ZD4aMSJiPML2cryVL8JAx"
    assert vc.multikey(vc.read_multikey(known)) == known
    assert multibase.base58_decode(multibase.base58_encode(b"\0\0abc")) == b"\0\0abc"
    assert multibase.base58_encode(b"Hello World!") == "2NEpo7TZRRrLZSi2U"
    for wrong in ("", "z", "u" + known, known[:-1], "z0OIl", None, 7, "z" + "1" * 300):
        with pytest.raises(MultibaseInvalid):
            vc.read_multikey(wrong)
    for wrong in ("", "#" + known, known, "did:key:z6Mkx#" + known):
        with pytest.raises(MultibaseInvalid):
            vc.key_of_method(wrong)
    for wrong in ("ab=", "a+", "a", "YWJ"):
        with pytest.raises(MultibaseInvalid):
            multibase.decode_base64url(wrong)


def test_status_bits() -> None:
    text = vc.encode_bits([0, 9, bits.FEWEST_BITS - 1])
    assert text == vc.encode_bits([0, 9, bits.FEWEST_BITS - 1]) and text.startswith("u") and len(text) < 200
    data = vc.decode_bits(text)
    assert data[0] == 0x80 and data[1] == 0x40 and data[-1] == 1
    assert [bits.bit(data, at) for at in (0, 1, 9, bits.FEWEST_BITS - 1)] == [True, False, True, True]
    for beyond in (-1, bits.FEWEST_BITS):
        with pytest.raises(BitsInvalid):
            bits.bit(data, beyond)


def test_the_example_of_the_specification_reads() -> None:
    empty = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"
    assert vc.decode_bits(empty) == bytes(16 * 1024)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "u",
        "u!!",
        "uAAAA",
        multibase.encode_u(gzip.compress(bytes(100))),
        multibase.encode_u(gzip.compress(bytes(16384))[:-9]),
    ],
)
def test_no_bits(text: object) -> None:
    with pytest.raises(BitsInvalid):
        vc.decode_bits(text)


def test_a_bomb_is_no_list() -> None:
    with pytest.raises(BitsInvalid):
        vc.decode_bits(multibase.encode_u(gzip.compress(bytes(64 * 1024 * 1024), 9)))


def test_states_of_two_bits() -> None:
    """The first twelve entries of the draft's example with two bits."""
    states = dict(enumerate([1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]))
    assert zlib.decompress(multibase.decode_base64url(bits.encode_states(states)))[:3].hex() == "c944f9"
    text = bits.encode_states({5: bits.INVALID, 131_071: bits.SUSPENDED})
    assert [bits.state(text, index) for index in (4, 5, 6, 131_070, 131_071)] == [0, 1, 0, 0, 2]
    for wrong, index in ((text, 131_072), (text, -1), (text[:-8], 0), ("!", 0), (7, 0)):
        with pytest.raises(BitsInvalid):
            bits.state(wrong, index)
