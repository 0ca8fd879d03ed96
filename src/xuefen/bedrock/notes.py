"""C2SP signed notes and checkpoints: the text by which a log commits to its tree, and who has signed it.

Formats: https://c2sp.org/signed-note and https://c2sp.org/tlog-checkpoint. Four signature types are known here; the last two are
those of witnesses (bedrock/cosignatures.py).

=====================  ================================================  =========================  ============  ===========
algorithm              type bytes                                        public key                 signature     key id hash
=====================  ================================================  =========================  ============  ===========
`ed25519`              0x01                                              32 bytes, RFC 8032         64 bytes      SHA-256
`sm2sm3`               0xff, then "xuefen.org/sm2sm3\\n"                  65 bytes, 0x04 || X || Y   64, r || s    SM3
`ed25519-cosignature`  0x04                                              32 bytes                   8 time || 64  SHA-256
`sm2sm3-cosignature`   0xff, then "xuefen.org/sm2sm3-cosignature\\n"     65 bytes                   8 time || 64  SM3
=====================  ================================================  =========================  ============  ===========

key id = first 4 bytes of hash(key name || 0x0A || type bytes || public key); verifier key = name, "+", key id in 8
lower-case hex digits, "+", base64(type bytes || public key). 0xff is the standard's door for types without a number of
their own, to be followed by a name nobody else will use; who does not know it ignores such signatures, as readers must.
SM2 signatures are over SM3 of the note text with the default user id 1234567812345678 (GB/T 32918, GM/T 0009).

Keys are passed in: anything shaped like the protocols below will do.
"""

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, Self

from xuefen.bedrock.merkle import HASH_BYTES, MAX_SIZE

MAX_NOTE_BYTES = 1_000_000
MAX_SIGNATURES = 100

_DASH = "— "
_FORBIDDEN = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")  # ASCII controls but newline; half surrogate pairs
_VKEY = re.compile(r"([^+]+)\+([0-9a-f]{8})\+(.+)")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class NoteInvalid(Exception):
    """The note must not be believed; subclasses and the message say why."""


class NoteMalformed(NoteInvalid):
    """The bytes or parts do not follow the format."""


class SignatureInvalid(NoteInvalid):
    """A signature carries the name and id of a known key but was not made by it over this text."""


class NoteUnverified(NoteInvalid):
    """No known key has signed the note."""


class UnknownAlgorithm(NoteInvalid):
    """A key belongs to a signature algorithm this project does not know."""


# --- keys -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _KeyType:
    prefix: bytes
    public_bytes: int
    hash: str
    signature_bytes: int = 64


_KEY_TYPES = {
    "ed25519": _KeyType(b"\x01", 32, "sha256"),
    "sm2sm3": _KeyType(b"\xffxuefen.org/sm2sm3\n", 65, "sm3"),
    "ed25519-cosignature": _KeyType(b"\x04", 32, "sha256", 72),
    "sm2sm3-cosignature": _KeyType(b"\xffxuefen.org/sm2sm3-cosignature\n", 65, "sm3", 72),
}


class NoteSigner(Protocol):
    """A named private key."""

    @property
    def name(self) -> str: ...
    @property
    def algorithm(self) -> str: ...
    @property
    def raw_public(self) -> bytes: ...
    def sign(self, message: bytes, /) -> bytes:
        """Return the signature: 64 bytes, a witness's 72."""


class NoteVerifier(Protocol):
    """A named public key."""

    @property
    def name(self) -> str: ...
    @property
    def algorithm(self) -> str: ...
    @property
    def raw_public(self) -> bytes: ...
    def verify(self, message: bytes, signature: bytes, /) -> bool:
        """Tell whether the bytes sign the message; never raises for a bad signature."""


class PublicKey(Protocol):
    """A public key without a name, as the key library gives it."""

    @property
    def algorithm(self) -> str: ...
    @property
    def raw(self) -> bytes: ...
    def verify(self, message: bytes, signature: bytes, /) -> bool: ...


class PrivateKey(Protocol):
    """A private key without a name, as the key library gives it."""

    @property
    def public(self) -> PublicKey: ...
    def sign(self, message: bytes, /) -> bytes: ...


@dataclass(frozen=True)
class KeySigner:
    """A NoteSigner: a private key under the name it signs notes with."""

    name: str
    key: PrivateKey

    @property
    def algorithm(self) -> str:
        """`ed25519` or `sm2sm3`."""
        return self.key.public.algorithm

    @property
    def raw_public(self) -> bytes:
        """The public key's bytes."""
        return self.key.public.raw

    def sign(self, message: bytes, /) -> bytes:
        """Return the 64-byte signature."""
        return self.key.sign(message)

    def verifier(self) -> "KeyVerifier":
        """Return the public half under the same name."""
        return KeyVerifier(self.name, self.key.public)


@dataclass(frozen=True)
class KeyVerifier:
    """A NoteVerifier: a public key under the name it is expected to sign with."""

    name: str
    key: PublicKey

    @property
    def algorithm(self) -> str:
        """`ed25519` or `sm2sm3`."""
        return self.key.algorithm

    @property
    def raw_public(self) -> bytes:
        """The public key's bytes."""
        return self.key.raw

    def verify(self, message: bytes, signature: bytes, /) -> bool:
        """Tell whether the 64 bytes sign the message."""
        return self.key.verify(message, signature)


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key as text to hand to others ("vkey"). Raises NoteMalformed, UnknownAlgorithm for impossible parts."""

    name: str
    algorithm: str
    raw_public: bytes

    def __post_init__(self) -> None:
        key_id(name=self.name, algorithm=self.algorithm, raw_public=self.raw_public)

    @property
    def id(self) -> bytes:
        """The 4 bytes that stand before its signatures."""
        return key_id(name=self.name, algorithm=self.algorithm, raw_public=self.raw_public)

    def __str__(self) -> str:
        material = _KEY_TYPES[self.algorithm].prefix + self.raw_public
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(material).decode()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `name+id+base64`. Raises NoteMalformed (also when the id does not fit the key), UnknownAlgorithm."""
        parts = _VKEY.fullmatch(text)
        if not parts:
            raise NoteMalformed("a verifier key is written name+id+base64")
        name, identity, material = parts[1], parts[2], _base64(parts[3])
        for algorithm, kind in _KEY_TYPES.items():
            if material.startswith(kind.prefix):
                key = cls(name, algorithm, material[len(kind.prefix) :])
                if str(key) != text:
                    raise NoteMalformed(f"key id {identity} does not belong to this key")
                return key
        raise UnknownAlgorithm(f"key {name} is of unknown type 0x{material[:1].hex()}")


def key_id(*, name: str, algorithm: str, raw_public: bytes) -> bytes:
    """Return the 4 bytes that, with the name, tell keys apart; layout in the module's docstring.

    Raises NoteMalformed for a name or key the format forbids, UnknownAlgorithm.
    """
    if not _is_name(name):
        raise NoteMalformed(f"{name!r} is no key name: it must not be empty or hold spaces, plus or control characters")
    kind = _KEY_TYPES.get(algorithm)
    if kind is None:
        raise UnknownAlgorithm(f"unknown signature algorithm {algorithm!r}")
    if len(raw_public) != kind.public_bytes:
        raise NoteMalformed(f"a {algorithm} public key has {kind.public_bytes} bytes, not {len(raw_public)}")
    return hashlib.new(kind.hash, name.encode() + b"\n" + kind.prefix + raw_public).digest()[:4]


def _is_name(name: str) -> bool:
    return bool(name) and not _FORBIDDEN.search(name) and "+" not in name and not any(map(str.isspace, name))


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise NoteMalformed("not base64") from error


# --- notes ----------------------------------------------------------------------------------------------------------


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
    if _FORBIDDEN.search(whole):
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
    if not line.startswith(_DASH) or not _is_name(name):
        raise NoteMalformed("not a signature line")
    data = _base64(encoded)
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
            if not _signs(known[identity], message, signature.signature):
                raise SignatureInvalid(f"wrong signature by key {signature.name}+{signature.key_id.hex()}")
            verified[identity] = signature
    if not verified:
        raise NoteUnverified("no known key has signed this note")
    return Note(note.text, tuple(verified.values()), tuple(unverified))


def sign_note(text: str, *signers: NoteSigner) -> bytes:
    """Return the note: text, which ends with a newline, and one signature per signer, at least one.

    Raises NoteMalformed for text the format forbids, and for a key with an impossible name or signature.
    """
    if not text.endswith("\n") or _FORBIDDEN.search(text):
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
    if len(signature.signature) != (expected := _KEY_TYPES[signer.algorithm].signature_bytes):
        raise NoteMalformed(f"{signer.name} signed with {len(signature.signature)} bytes, not {expected}")
    return signature


def read_signatures(lines: bytes) -> list[Signature]:
    """The signature lines a witness answers with, without believing them. Raises NoteMalformed."""
    return list(parse_note(b"x\n\n" + lines).unverified)


def _assembled(text: str, signatures: list[Signature]) -> bytes:
    data = (text + "\n" + "".join(signature.line for signature in signatures)).encode()
    parse_note(data)  # what we publish, everybody can read
    return data


def key_id_of(key: NoteSigner | NoteVerifier) -> bytes:
    """The id its signature lines carry."""
    return key_id(name=key.name, algorithm=key.algorithm, raw_public=key.raw_public)


def _signs(verifier: NoteVerifier, message: bytes, signature: bytes) -> bool:
    return len(signature) == _KEY_TYPES[verifier.algorithm].signature_bytes and verifier.verify(message, signature)


# --- checkpoints ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's commitment: its origin line, its size in leaves, its root. Raises NoteMalformed for impossible parts.

    Extension lines are allowed and discouraged: no monitor can audit them.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_SIZE:
            raise NoteMalformed(f"{self.size} is no tree size")
        if len(self.root) != HASH_BYTES:
            raise NoteMalformed(f"a root has {HASH_BYTES} bytes, not {len(self.root)}")
        for line in (self.origin, *self.extensions):
            if not line or "\n" in line or _FORBIDDEN.search(line):
                raise NoteMalformed("origin and extensions are single lines, not empty, without control characters")

    @property
    def text(self) -> str:
        """The note text to sign."""
        root = base64.b64encode(self.root).decode()
        return "".join(f"{line}\n" for line in (self.origin, str(self.size), root, *self.extensions))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a note's text. Raises NoteMalformed."""
        origin, *rest = text.split("\n")
        if len(rest) < 3 or rest.pop():
            raise NoteMalformed("a checkpoint has at least three lines")
        size, root, *extensions = rest
        if not _SIZE.fullmatch(size):
            raise NoteMalformed(f"{size[:30]!r} is no tree size")
        checkpoint = cls(origin, int(size), _base64(root), tuple(extensions))
        if checkpoint.text != text:
            raise NoteMalformed("the root is not in the one spelling base64 encoders write")
        return checkpoint
