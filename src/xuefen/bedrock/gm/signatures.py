"""The three signature algorithms behind one shape, so that rooms never name an algorithm."""

from functools import lru_cache
from typing import ClassVar, Literal, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519

from xuefen.bedrock.gm.errors import KeyInvalid
from xuefen.bedrock.gm.p256 import P256PrivateKey, P256PublicKey
from xuefen.bedrock.gm.sm2 import SM2PrivateKey, SM2PublicKey
from xuefen.bedrock.gm.sm3 import sm3

Algorithm = Literal["sm2sm3", "ed25519", "p256sha256"]


class Verifier(Protocol):
    """A public key."""

    @property
    def algorithm(self) -> Algorithm:
        """Which algorithm the key belongs to."""

    @property
    def raw(self) -> bytes:
        """The key's one byte form: 65 bytes for sm2sm3 and p256sha256, 32 for ed25519."""

    def verify(self, message: bytes, signature: bytes, /) -> bool:
        """Return whether the 64-byte signature belongs to the message; never raises for a bad signature."""


class Signer(Protocol):
    """A private key able to sign."""

    @property
    def algorithm(self) -> Algorithm:
        """Which algorithm the key belongs to."""

    @property
    def public(self) -> Verifier:
        """The public half."""

    def sign(self, message: bytes, /) -> bytes:
        """Return a 64-byte signature of the message."""


class Ed25519PublicKey:
    """An Ed25519 (RFC 8032) public key of 32 bytes; KeyInvalid for another length."""

    algorithm: ClassVar[Literal["ed25519"]] = "ed25519"

    __slots__ = ("_key", "raw")

    def __init__(self, raw: bytes) -> None:
        try:
            self._key = ed25519.Ed25519PublicKey.from_public_bytes(raw)
        except ValueError as error:
            raise KeyInvalid(str(error)) from error
        self.raw: bytes = raw

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Return whether the 64-byte `signature` was made over `message` by this key's owner."""
        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def __eq__(self, other: object) -> bool:
        return self.raw == other.raw if isinstance(other, Ed25519PublicKey) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.raw)

    def __repr__(self) -> str:
        return f"Ed25519PublicKey({self.raw.hex()})"


class Ed25519PrivateKey:
    """An Ed25519 private key from its 32-byte seed; KeyInvalid for another length."""

    algorithm: ClassVar[Literal["ed25519"]] = "ed25519"

    __slots__ = ("_key", "public")

    def __init__(self, seed: bytes) -> None:
        try:
            self._key = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
        except ValueError as error:
            raise KeyInvalid(str(error)) from error
        self.public = Ed25519PublicKey(self._key.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> "Ed25519PrivateKey":
        """Return a new key from the operating system's random source."""
        return cls(ed25519.Ed25519PrivateKey.generate().private_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of `message`."""
        return self._key.sign(message)

    def secret_bytes(self) -> bytes:
        """Return the 32-byte seed, for sealing in a key file."""
        return self._key.private_bytes_raw()

    def __repr__(self) -> str:
        return f"Ed25519PrivateKey(public={self.public.raw.hex()})"


SigningKey = SM2PrivateKey | Ed25519PrivateKey | P256PrivateKey
PublicKey = SM2PublicKey | Ed25519PublicKey | P256PublicKey

_PUBLIC: dict[str, type[PublicKey]] = {
    "sm2sm3": SM2PublicKey,
    "ed25519": Ed25519PublicKey,
    "p256sha256": P256PublicKey,
}
_PRIVATE: dict[str, type[SigningKey]] = {
    "sm2sm3": SM2PrivateKey,
    "ed25519": Ed25519PrivateKey,
    "p256sha256": P256PrivateKey,
}


@lru_cache(maxsize=256)
def load_public(algorithm: str, raw: bytes) -> PublicKey:
    """Return the public key of `algorithm` from its bytes; KeyInvalid for an unknown name or bad bytes.

    The last 256 are kept: the same few keys sign everything, and finding a point on its curve takes half a verification.
    """
    if algorithm not in _PUBLIC:
        raise KeyInvalid(f"unknown signature algorithm {algorithm!r}")
    return _PUBLIC[algorithm](raw)


def load_private(algorithm: str, secret: bytes) -> SigningKey:
    """Return the private key of `algorithm` from its 32 secret bytes; KeyInvalid as for `load_public`."""
    if algorithm not in _PRIVATE:
        raise KeyInvalid(f"unknown signature algorithm {algorithm!r}")
    return _PRIVATE[algorithm](secret)


def generate(algorithm: Algorithm) -> SigningKey:
    """Return a new private key of `algorithm`; KeyInvalid for an unknown name."""
    if algorithm not in _PRIVATE:
        raise KeyInvalid(f"unknown signature algorithm {algorithm!r}")
    return _PRIVATE[algorithm].generate()


def key_id(public: Verifier) -> str:
    """Return a key's short name: the first 16 hex digits of SM3(algorithm name || raw public key)."""
    return sm3(public.algorithm.encode("ascii") + public.raw).hex()[:16]
