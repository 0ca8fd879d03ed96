"""Signed notes and checkpoints: published keys and exchanges, both signature types, everything malformed refused."""

import base64
import hashlib
import re
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared_data import shared_data
from xuefen.bedrock import gm, merkle
from xuefen.bedrock.cosignatures import load_verifier
from xuefen.bedrock.merkle import SHA256, ProofInvalid
from xuefen.bedrock.notes import (
    Checkpoint,
    KeySigner,
    KeyVerifier,
    NoteInvalid,
    NoteMalformed,
    NoteUnverified,
    SignatureInvalid,
    UnknownAlgorithm,
    VerifierKey,
    cosign,
    key_id,
    open_note,
    parse_note,
    sign_note,
)

settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")

# The published keys, text and signatures of the Go implementation of this format (golang.org/x/mod/sumdb/note).
PETER_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SECRET = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
ENOCH_VKEY = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)
PETER = load_verifier(PETER_VKEY, gm.load_public)
ENOCH = load_verifier(ENOCH_VKEY, gm.load_public)
PETER_SIGNER = KeySigner("PeterNeumann", gm.Ed25519PrivateKey(base64.b64decode(PETER_SECRET)[1:]))

SM2_SIGNER = KeySigner("hub.example/log", gm.SM2PrivateKey((7).to_bytes(32, "big")))
ED_SIGNER = KeySigner("hub.example/log", gm.Ed25519PrivateKey(bytes(range(32))))
SIGNERS = [SM2_SIGNER, ED_SIGNER]


def note_bytes(*lines: str, text: str = TEXT) -> bytes:
    return (text + "\n" + "".join(lines)).encode()


# --- published vectors ----------------------------------------------------------------------------------------------


def test_signing_gives_the_published_note():
    assert sign_note(TEXT, PETER_SIGNER) == note_bytes(PETER_LINE)
    assert cosign(note_bytes(ENOCH_LINE), PETER_SIGNER) == note_bytes(ENOCH_LINE, PETER_LINE)


def test_signing_again_replaces_the_same_keys_signature():
    wrong = PETER_LINE.replace("/ZJk", "/AAA")
    assert cosign(note_bytes(wrong, ENOCH_LINE), PETER_SIGNER) == note_bytes(ENOCH_LINE, PETER_LINE)


def test_opening_tells_known_from_unknown_signatures():
    note = open_note(note_bytes(PETER_LINE, ENOCH_LINE), [PETER])
    assert note.text == TEXT
    assert [s.line for s in note.verified] == [PETER_LINE]
    assert [s.line for s in note.unverified] == [ENOCH_LINE]
    both = open_note(note_bytes(PETER_LINE, ENOCH_LINE), [ENOCH, PETER])
    assert [s.name for s in both.verified] == ["PeterNeumann", "EnochRoot"]
    assert both.unverified == ()


def test_no_known_signature_is_refused():
    for verifiers in ([], [ENOCH]):
        with pytest.raises(NoteUnverified):
            open_note(note_bytes(PETER_LINE), verifiers)


def test_repeated_signatures_count_once():
    note = open_note(note_bytes(PETER_LINE, PETER_LINE, ENOCH_LINE, ENOCH_LINE), [PETER])
    assert (len(note.verified), len(note.unverified)) == (1, 1)


def test_a_wrong_signature_of_a_known_key_spoils_the_note():
    for wrong in (PETER_LINE.replace("/ZJk", "/AAA"), PETER_LINE[:60] + "ABCD" + PETER_LINE[60:]):
        with pytest.raises(SignatureInvalid):
            open_note(note_bytes(ENOCH_LINE, wrong), [PETER, ENOCH])
    with pytest.raises(SignatureInvalid):
        open_note(note_bytes(PETER_LINE, text=TEXT.replace("cryptography", "cryptographY")), [PETER])


def test_only_the_first_signature_of_a_key_counts():
    wrong = PETER_LINE.replace("/ZJk", "/AAA")
    assert len(open_note(note_bytes(PETER_LINE, wrong), [PETER]).verified) == 1
    with pytest.raises(SignatureInvalid):
        open_note(note_bytes(wrong, PETER_LINE), [PETER])


def test_a_signature_of_another_length_never_reaches_the_key():
    class Trusting:
        algorithm = "ed25519"
        raw = bytes(32)

        def verify(self, message: bytes, signature: bytes, /) -> bool:
            return True

    verifier = KeyVerifier("anybody", Trusting())
    identity = key_id(name="anybody", algorithm="ed25519", raw_public=bytes(32))
    lines = {size: f"— anybody {base64.b64encode(identity + bytes(size)).decode()}\n" for size in (63, 64, 65)}
    assert open_note(note_bytes(lines[64]), [verifier]).text == TEXT
    for size in (63, 65):
        with pytest.raises(SignatureInvalid):
            open_note(note_bytes(lines[size]), [verifier])


def test_two_verifiers_for_one_key_are_a_mistake_of_ours():
    with pytest.raises(ValueError):
        open_note(note_bytes(PETER_LINE), [PETER, PETER])


def test_verifier_keys_are_read_and_printed():
    for text in (PETER_VKEY, ENOCH_VKEY):
        key = VerifierKey.parse(text)
        assert str(key) == text
        assert key.algorithm == "ed25519"


def test_every_mangled_verifier_key_is_refused():
    for start in range(len(PETER_VKEY)):
        for end in range(start, len(PETER_VKEY) + 1):
            if (start, end) != (0, len(PETER_VKEY)):
                with pytest.raises(NoteInvalid):
                    VerifierKey.parse(PETER_VKEY[start:end])
    for at, char in enumerate(PETER_VKEY):
        with pytest.raises(NoteInvalid):
            VerifierKey.parse(PETER_VKEY[:at] + chr(ord(char) + 1) + PETER_VKEY[at + 1 :])
    with pytest.raises(NoteMalformed):  # key of the wrong length under a fitting id
        VerifierKey.parse("PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==")
    with pytest.raises(UnknownAlgorithm):
        VerifierKey.parse("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")


def test_published_witness_exchanges_get_their_published_answers():
    """Signature, then consistency, in the order a C2SP witness checks them; other answers are the witness's own."""
    archive = shared_data("tlog/torchwood_litewitness.txtar").read_text()
    origin = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
    (public,) = re.findall(r"add-sigsum-log -key=([0-9a-f]{64})", archive)
    log = KeyVerifier(origin, gm.Ed25519PublicKey(bytes.fromhex(public)))
    roots: dict[int, bytes] = {}
    answers = []
    for body, status in re.findall(r"/add-checkpoint\n```\n(.*?)```\nHTTP (\d+)", archive, re.DOTALL):
        head, _, signed = body.partition("\n\n")
        old, *proof = head.split("\n")
        old_size = int(old.removeprefix("old "))
        try:
            checkpoint = Checkpoint.parse(open_note(signed.encode(), [log]).text)
            if old_size:
                merkle.verify_consistency(
                    old_size=old_size,
                    new_size=checkpoint.size,
                    old_root=roots[old_size],
                    new_root=checkpoint.root,
                    proof=[base64.b64decode(item) for item in proof],
                    hash=SHA256,
                )
            answer = "200"
            roots[checkpoint.size] = checkpoint.root
        except (SignatureInvalid, NoteUnverified):
            answer = "403"
        except ProofInvalid:
            answer = "422"
        if status in ("200", "403", "422"):
            assert answer == status, body
            answers.append(answer)
    assert set(answers) == {"200", "403", "422"}


# --- our own keys ---------------------------------------------------------------------------------------------------


def test_key_ids_follow_the_documented_layout():
    raw = SM2_SIGNER.raw_public
    layout = b"hub.example/log\n\xffxuefen.org/sm2sm3\n" + raw
    assert len(raw) == 65
    identity = hashlib.new("sm3", layout).digest()[:4]
    assert key_id(name="hub.example/log", algorithm="sm2sm3", raw_public=raw) == identity
    vkey = VerifierKey("hub.example/log", "sm2sm3", raw)
    material = base64.b64encode(b"\xffxuefen.org/sm2sm3\n" + raw).decode()
    assert str(vkey) == f"hub.example/log+{identity.hex()}+{material}"
    assert VerifierKey.parse(str(vkey)) == vkey


@pytest.mark.parametrize("signer", SIGNERS)
def test_a_checkpoint_signed_by_either_algorithm(signer):
    checkpoint = Checkpoint("hub.example/log", 20852163, bytes(range(32)))
    signed = sign_note(checkpoint.text, signer)
    vkey = str(VerifierKey(signer.name, signer.algorithm, signer.raw_public))
    note = open_note(signed, [load_verifier(vkey, gm.load_public)])
    assert Checkpoint.parse(note.text) == checkpoint
    with pytest.raises(SignatureInvalid):
        open_note(signed.replace(b"20852163", b"20852164"), [signer.verifier()])


def test_one_name_may_sign_with_two_algorithms():
    signed = sign_note("学分\n", *SIGNERS)
    assert len(open_note(signed, [signer.verifier() for signer in SIGNERS]).verified) == 2
    only = open_note(signed, [ED_SIGNER.verifier()])
    assert (len(only.verified), len(only.unverified)) == (1, 1)


@given(st.data())
def test_no_changed_byte_of_a_signed_note_is_believed(data):
    signer = data.draw(st.sampled_from(SIGNERS))
    text = "hub.example/log\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
    signed = bytearray(sign_note(text, signer))
    at = data.draw(st.integers(0, len(signed) - 1))
    signed[at] ^= data.draw(st.integers(1, 255))
    try:
        note = open_note(bytes(signed), [signer.verifier()])
    except NoteInvalid:
        return
    # Only the unused bits of the last base64 digit may change without changing what was signed.
    assert note.text == text
    assert at == len(signed) - 3


@dataclass(frozen=True)
class WrongSigner:
    """A signer with impossible parts."""

    name: str = "hub.example/log"
    algorithm: str = "ed25519"
    raw_public: bytes = bytes(32)
    signature: bytes = bytes(64)

    def sign(self, message: bytes, /) -> bytes:
        return self.signature


@pytest.mark.parametrize(
    "part",
    [
        {"name": ""},
        {"name": "bad name"},
        {"name": "bad\u3000name"},
        {"name": "bad+name"},
        {"name": "bad\x01name"},
        {"name": "bad\ud800name"},
        {"algorithm": "rsa"},
        {"raw_public": bytes(33)},
        {"signature": bytes(63)},
        {"algorithm": "sm2sm3"},
    ],
)
def test_impossible_signers_are_refused(part):
    assert open_bytes(sign_note("text\n", WrongSigner())) == "text\n"
    with pytest.raises(NoteInvalid):
        sign_note("text\n", replace(WrongSigner(), **part))


def open_bytes(data: bytes) -> str:
    return parse_note(data).text


@pytest.mark.parametrize("text", ["", "abc", "a\tb\n", "a\rb\n", "a\0b\n", "\ud800\n"])
def test_text_that_cannot_be_signed(text):
    with pytest.raises(NoteMalformed):
        sign_note(text, ED_SIGNER)


def test_a_note_needs_a_signer():
    with pytest.raises(NoteMalformed):
        sign_note("text\n")


# --- malformed notes ------------------------------------------------------------------------------------------------


def test_text_may_contain_blank_lines():
    text = "Ognuno sta solo\n\ned è subito sera.\n"
    assert open_note(sign_note(text, ED_SIGNER), [ED_SIGNER.verifier()]).text == text


@pytest.mark.parametrize(
    "data",
    [
        b"",
        TEXT.encode(),
        TEXT.encode() + b"\n",
        TEXT.encode() + PETER_LINE.encode(),
        note_bytes(PETER_LINE)[:-1],
        b"\x01" + note_bytes(PETER_LINE),
        b"\xff" + note_bytes(PETER_LINE),
        note_bytes(PETER_LINE).replace(b"\n", b"\r\n"),
        note_bytes(PETER_LINE.replace("PeterNeumann", "Bad Name")),
        note_bytes(PETER_LINE.replace("PeterNeumann", "Bad+Name")),
        note_bytes(PETER_LINE.replace("PeterNeumann ", "")),
        note_bytes(PETER_LINE.replace("— ", "- ")),
        note_bytes(PETER_LINE, "Unexpected line.\n"),
        note_bytes("— PeterNeumann !!!!\n"),
        note_bytes("— PeterNeumann \n"),
        note_bytes("— PeterNeumann x08gow==\n"),
        note_bytes(*[PETER_LINE] * 101),
        note_bytes(PETER_LINE, text="x" * 1_000_000 + "\n"),
    ],
)
def test_malformed_notes_are_refused(data):
    with pytest.raises(NoteMalformed):
        open_note(data, [PETER])


def test_a_hundred_signatures_and_almost_a_megabyte_are_read():
    assert open_note(note_bytes(*[PETER_LINE] * 100), [PETER]).text == TEXT
    text = "x" * 999_000 + "\n"
    assert parse_note(sign_note(text, ED_SIGNER)).text == text


# --- checkpoints ----------------------------------------------------------------------------------------------------

ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="


def test_the_standards_example():
    text = f"example.com/behind-the-sofa\n20852163\n{ROOT}\n"
    checkpoint = Checkpoint.parse(text)
    assert checkpoint == Checkpoint("example.com/behind-the-sofa", 20852163, base64.b64decode(ROOT))
    assert checkpoint.text == text


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1),
    st.integers(0, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
    st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1), max_size=3),
)
def test_parse_undoes_text(origin, size, root, extensions):
    checkpoint = Checkpoint(origin, size, root, tuple(extensions))
    assert Checkpoint.parse(checkpoint.text) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n",
        "origin\n1\n",
        f"origin\n1\n{ROOT}",
        f"\n1\n{ROOT}\n",
        f"origin\n01\n{ROOT}\n",
        f"origin\n+1\n{ROOT}\n",
        f"origin\n-1\n{ROOT}\n",
        f"origin\n1 \n{ROOT}\n",
        f"origin\n١\n{ROOT}\n",
        f"origin\n{2**63}\n{ROOT}\n",
        f"origin\n{'9' * 5000}\n{ROOT}\n",
        f"origin\n1\n{ROOT[:-4]}\n",
        f"origin\n1\n{ROOT.replace('q2I=', 'q2J=')}\n",
        f"origin\n1\n{ROOT} \n",
        f"origin\n1\n{ROOT}\n\n",
        f"origin\n1\n{ROOT}\n\nextension\n",
        f"origin\n1\n{ROOT}\nextension\x01\n",
        f"ori\rgin\n1\n{ROOT}\n",
    ],
)
def test_malformed_checkpoints_are_refused(text):
    with pytest.raises(NoteMalformed):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "parts",
    [("", 1, bytes(32)), ("a\nb", 1, bytes(32)), ("a", -1, bytes(32)), ("a", 1, bytes(31)), ("a", 1, bytes(32), ("",))],
)
def test_impossible_checkpoints_are_refused(parts):
    with pytest.raises(NoteMalformed):
        Checkpoint(*parts)
