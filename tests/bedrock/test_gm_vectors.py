"""The standards' worked examples and other projects' test vectors, read from the shared data."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.shared_data import shared_data
from xuefen.bedrock import gm
from xuefen.bedrock.gm.sm4 import sm4_permute

STANDARD_CURVE_OID = "1.2.156.10197.1.301"


def wycheproof(name: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    document = json.loads(shared_data(f"crypto/wycheproof_{name}.json").read_text())
    cases = [(group, case) for group in document["testGroups"] for case in group["tests"]]
    assert len(cases) == document["numberOfTests"]
    return cases


def official() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(shared_data("crypto/gbt_sm2_sm3_sm4_official.json").read_text())
    return loaded


def botan(name: str, *, last: str) -> Iterator[dict[str, str]]:
    """Yield the records of a Botan vector file; values persist until replaced, a record ends with field `last`."""
    fields: dict[str, str] = {}
    for line in shared_data(f"crypto/botan_{name}.vec").read_text().splitlines():
        key, equals, value = line.partition("=")
        if line.startswith(("#", "[")) or not equals:
            continue
        fields[key.strip()] = value.strip()
        if key.strip() == last:
            yield dict(fields)


def test_gbt_32918_5_sm2_example() -> None:
    example = official()["sm2_sign_GBT_32918_5_2017_annexA"]
    key = gm.SM2PrivateKey(bytes.fromhex(example["d"]))
    assert key.public.raw.hex().upper() == "04" + example["x"] + example["y"]
    message, user_id = example["msg_utf8"].encode(), example["id"].encode()
    signature = bytes.fromhex(example["r"] + example["s"])
    assert key.public.verify(message, signature, user_id=user_id)
    assert key.public.verify(message, signature), "the standard's id is our default"
    assert not key.public.verify(message, signature, user_id=user_id + b"9")
    assert not key.public.verify(message + b" ", signature, user_id=user_id)


def test_gbt_32905_sm3_examples() -> None:
    for example in official()["sm3_GBT_32905_2016"]:
        assert gm.sm3(bytes.fromhex(example["msg_hex"])).hex().upper() == example["digest"]


def test_gbt_32907_sm4_examples() -> None:
    example = official()["sm4_GBT_32907_2016"]
    key, block = bytes.fromhex(example["key"]), bytes.fromhex(example["plain"])
    assert sm4_permute(key, block).hex().upper() == example["cipher"]
    for _ in range(1_000_000):
        block = sm4_permute(key, block)
    assert block.hex().upper() == example["cipher_after_1000000_iterations"]


def test_botan_sm2_signatures_on_the_standard_curve() -> None:
    usable = [
        record
        for record in botan("sm2_sig", last="Signature")
        if record["Oid"] == STANDARD_CURVE_OID and record["Hash"] == "SM3"
    ]
    assert usable
    for record in usable:
        key = gm.SM2PrivateKey(bytes.fromhex(record["x"].removeprefix("0x")))
        message, user_id = bytes.fromhex(record["Msg"]), record["Ident"].encode()
        signature = bytes.fromhex(record["Signature"])
        assert key.public.verify(message, signature, user_id=user_id)
        assert gm.signature_from_der(gm.signature_to_der(signature)) == signature
        assert not key.public.verify(message, signature)


def test_botan_sm2_signatures_of_other_curves_or_hashes_are_refused() -> None:
    foreign = [
        record
        for record in botan("sm2_sig", last="Signature")
        if (record["Oid"], record["Hash"]) != (STANDARD_CURVE_OID, "SM3")
    ]
    assert foreign
    for record in foreign:
        public = gm.SM2PrivateKey(bytes.fromhex(record["x"].removeprefix("0x"))).public
        signature, user_id = bytes.fromhex(record["Signature"]), record["Ident"].encode()
        assert not public.verify(bytes.fromhex(record["Msg"]), signature, user_id=user_id)


def test_botan_malformed_sm2_structures_are_no_signatures() -> None:
    """That file holds broken SM2 ciphertexts, which we never decrypt; as DER they must not pass for signatures."""
    records = list(botan("sm2_invalid", last="Ctext"))
    assert len(records) >= 15
    for record in records:
        key = gm.SM2PrivateKey(bytes.fromhex(record["Key"]))
        structure = bytes.fromhex(record["Ctext"])
        with pytest.raises(gm.SignatureMalformed):
            gm.signature_from_der(structure)
        assert not key.public.verify(b"", structure)
        assert not key.public.verify(b"", structure[:64])


def test_botan_sm3() -> None:
    records = list(botan("sm3", last="Out"))
    assert len(records) >= 5
    for record in records:
        assert gm.sm3(bytes.fromhex(record["In"])) == bytes.fromhex(record["Out"])


def test_botan_sm4() -> None:
    records = list(botan("sm4", last="Out"))
    assert len(records) >= 5
    for record in records:
        out = sm4_permute(bytes.fromhex(record["Key"]), bytes.fromhex(record["In"]))
        assert out == bytes.fromhex(record["Out"])


def test_wycheproof_sm4_gcm() -> None:
    accepted = refused = nonce_refused = 0
    for _, case in wycheproof("sm4_gcm"):
        key, nonce, aad, plain, cipher, tag = (
            bytes.fromhex(case[name]) for name in ("key", "iv", "aad", "msg", "ct", "tag")
        )
        sealed = cipher + tag
        if not 8 <= len(nonce) <= 128:
            with pytest.raises(ValueError, match="initialization_vector"):
                gm.sm4_gcm_decrypt(key, sealed, nonce=nonce, aad=aad)
            nonce_refused += 1
        elif case["result"] == "valid":
            assert gm.sm4_gcm_encrypt(key, plain, nonce=nonce, aad=aad) == sealed, case["tcId"]
            assert gm.sm4_gcm_decrypt(key, sealed, nonce=nonce, aad=aad) == plain, case["tcId"]
            accepted += 1
        else:
            with pytest.raises(gm.DecryptionFailed):
                gm.sm4_gcm_decrypt(key, sealed, nonce=nonce, aad=aad)
            refused += 1
    assert accepted >= 60
    assert refused >= 20
    assert nonce_refused >= 1


def test_wycheproof_sm4_gcm_with_usual_nonce_opens_as_sealed_record() -> None:
    for group, case in wycheproof("sm4_gcm"):
        if group["ivSize"] != 96:
            continue
        sealed = bytes.fromhex(case["iv"] + case["ct"] + case["tag"])
        key, aad = bytes.fromhex(case["key"]), bytes.fromhex(case["aad"])
        if case["result"] == "valid":
            assert gm.open_sealed(key, sealed, aad=aad).hex() == case["msg"]
        else:
            with pytest.raises(gm.DecryptionFailed):
                gm.open_sealed(key, sealed, aad=aad)


def test_wycheproof_hmac_sm3() -> None:
    for group, case in wycheproof("hmac_sm3"):
        tag = gm.hmac_sm3(bytes.fromhex(case["key"]), bytes.fromhex(case["msg"]))[: group["tagSize"] // 8]
        assert (tag.hex() == case["tag"]) == (case["result"] == "valid"), case["tcId"]


def test_wycheproof_ed25519() -> None:
    for group, case in wycheproof("ed25519"):
        public = gm.load_public("ed25519", bytes.fromhex(group["publicKey"]["pk"]))
        accepted = public.verify(bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"]))
        assert accepted == (case["result"] == "valid"), case["tcId"]
