"""A note: text, a blank line, and who has signed it (https://c2sp.org/signed-note)."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass

from xuefen.bedrock.notes.keys import (
    FORBIDDEN,
    KEY_TYPES,
    NoteMalformed,
    NoteSigner,
    NoteUnverified,
    NoteVerifier,
    SignatureInvalid,
    is_name,
    key_id_of,
    signs,
    unbase64,
)

MAX_NOTE_BYTES = 1_000_000
MAX_SIGNATURES = 100
_DASH = "— "


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who claims to have signed, with which key, and the signature's bytes."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """The line as it stands in the note, with its newline."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A note taken apart. Only `verified` signatures mean anything; `text` ends with a newline."""

    text: str
    verified: tuple[Signature, ...]
    unverified: tuple[Signature, ...]


def parse_note(data: bytes) -> Note:
    """Take a note apart without believing it, for instance to find whose keys should have signed.

    Raises NoteMalformed for more than MAX_NOTE_BYTES or MAX_SIGNATURES, anything but UTF-8, control characters, no
    blank line, no or broken signature lines.
    """
    if len(data) > MAX_NOTE_BYTES:
        raise NoteMalformed(f"larger than {MAX_NOTE_BYTES} bytes")
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise NoteMalformed("not UTF-8") from error
    if FORBIDDEN.search(whole):
        raise NoteMalformed("contains a control character")
    text, blank, signed = whole.rpartition("\n\n")
    if not blank or not signed.endswith("\n"):
        raise NoteMalformed("no blank line before complete signature lines")
    lines = signed[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteMalformed(f"more than {MAX_SIGNATURES} signatures")
    return Note(text + "\n", (), tuple(dict.fromkeys(_signature(line) for line in lines)))


def _signature(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not is_name(name):
        raise NoteMalformed("not a signature line")
    data = unbase64(encoded)
    if len(data) < 5:
        raise NoteMalformed("a signature is shorter than its key id")
    return Signature(name, data[:4], data[4:])


def open_note(data: bytes, verifiers: Iterable[NoteVerifier]) -> Note:
    """Take a note apart and verify what known keys signed; other signatures are kept as unverified, as they must be.

    Raises NoteMalformed, SignatureInvalid when a known key's signature is wrong, NoteUnverified when there is none, and
    ValueError when two verifiers share name and id. Of several signatures by one key only the first counts.
    """
    known: dict[tuple[str, bytes], NoteVerifier] = {}
    for verifier in verifiers:
        identity = (verifier.name, key_id_of(verifier))
        if identity in known:
            raise ValueError(f"two verifiers for key {verifier.name}+{identity[1].hex()}")
        known[identity] = verifier
    note = parse_note(data)
    message = note.text.encode()
    verified: dict[tuple[str, bytes], Signature] = {}
    unverified = []
    for signature in note.unverified:
        identity = (signature.name, signature.key_id)
        if identity not in known:
            unverified.append(signature)
        elif identity not in verified:
            if not signs(known[identity], message, signature.signature):
                raise SignatureInvalid(f"wrong signature by key {signature.name}+{signature.key_id.hex()}")
            verified[identity] = signature
    if not verified:
        raise NoteUnverified("no known key has signed this note")
    return Note(note.text, tuple(verified.values()), tuple(unverified))


def sign_note(text: str, *signers: NoteSigner) -> bytes:
    """Return the note: text, which ends with a newline, and one signature per signer, at least one.

    Raises NoteMalformed for text the format forbids, and for a key with an impossible name or signature.
    """
    if not text.endswith("\n") or FORBIDDEN.search(text):
        raise NoteMalformed("text ends with a newline and holds no control characters")
    return _assembled(text, [signature_by(text, signer) for signer in signers])


def add_signatures(data: bytes, signatures: Iterable[Signature]) -> bytes:
    """Return the note with these signatures added, each in place of an earlier one by the same key. Raises NoteMalformed."""
    note = parse_note(data)
    added = {(s.name, s.key_id): s for s in signatures}
    kept = [other for other in note.unverified if (other.name, other.key_id) not in added]
    return _assembled(note.text, [*kept, *added.values()])


def cosign(data: bytes, signer: NoteSigner) -> bytes:
    """Return the note with this signer's signature added, replacing an earlier one by the same key.

    The other signatures stay as they are, unverified: open the note first. Raises NoteMalformed.
    """
    return add_signatures(data, [signature_by(parse_note(data).text, signer)])


def signature_by(text: str, signer: NoteSigner) -> Signature:
    """This signer's signature over a note's text. Raises NoteMalformed for a key with an impossible name or signature."""
    signature = Signature(signer.name, key_id_of(signer), signer.sign(text.encode()))
    if len(signature.signature) != (expected := KEY_TYPES[signer.algorithm].signature_bytes):
        raise NoteMalformed(f"{signer.name} signed with {len(signature.signature)} bytes, not {expected}")
    return signature


def read_signatures(lines: bytes) -> list[Signature]:
    """The signature lines a witness answers with, without believing them. Raises NoteMalformed."""
    return list(parse_note(b"x\n\n" + lines).unverified)


def _assembled(text: str, signatures: list[Signature]) -> bytes:
    data = (text + "\n" + "".join(signature.line for signature in signatures)).encode()
    parse_note(data)  # what we publish, everybody can read
    return data
