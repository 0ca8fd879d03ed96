"""Keys under names: their types, their text, their ids; and what can be wrong with a note."""

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Protocol, Self

FORBIDDEN = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")  # ASCII controls but newline; half surrogate pairs
_VKEY = re.compile(r"([^+]+)\+([0-9a-f]{8})\+(.+)")


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


@dataclass(frozen=True, slots=True)
class _KeyType:
    prefix: bytes
    public_bytes: int
    hash: str
    signature_bytes: int = 64


KEY_TYPES = {
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
        material = KEY_TYPES[self.algorithm].prefix + self.raw_public
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(material).decode()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `name+id+base64`. Raises NoteMalformed (also when the id does not fit the key), UnknownAlgorithm."""
        parts = _VKEY.fullmatch(text)
        if not parts:
            raise NoteMalformed("a verifier key is written name+id+base64")
        name, identity, material = parts[1], parts[2], unbase64(parts[3])
        for algorithm, kind in KEY_TYPES.items():
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
    if not is_name(name):
        raise NoteMalformed(f"{name!r} is no key name: it must not be empty or hold spaces, plus or control characters")
    kind = KEY_TYPES.get(algorithm)
    if kind is None:
        raise UnknownAlgorithm(f"unknown signature algorithm {algorithm!r}")
    if len(raw_public) != kind.public_bytes:
        raise NoteMalformed(f"a {algorithm} public key has {kind.public_bytes} bytes, not {len(raw_public)}")
    return hashlib.new(kind.hash, name.encode() + b"\n" + kind.prefix + raw_public).digest()[:4]


def is_name(name: str) -> bool:
    return bool(name) and not FORBIDDEN.search(name) and "+" not in name and not any(map(str.isspace, name))


def unbase64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise NoteMalformed("not base64") from error


def key_id_of(key: NoteSigner | NoteVerifier) -> bytes:
    """The id its signature lines carry."""
    return key_id(name=key.name, algorithm=key.algorithm, raw_public=key.raw_public)


def signs(verifier: NoteVerifier, message: bytes, signature: bytes) -> bool:
    return len(signature) == KEY_TYPES[verifier.algorithm].signature_bytes and verifier.verify(message, signature)
