"""ECDSA over P-256 with SHA-256 (FIPS 186-5): what PDF readers everywhere can check, since none of them knows SM2."""

from typing import ClassVar, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from xuefen.bedrock.gm.errors import KeyInvalid

_CURVE = ec.SECP256R1()
_HALF = 32


class P256PublicKey:
    """A P-256 public key of 65 bytes, 0x04 || X || Y; KeyInvalid for other bytes or a point off the curve."""

    algorithm: ClassVar[Literal["p256sha256"]] = "p256sha256"

    __slots__ = ("_key", "raw")

    def __init__(self, raw: bytes) -> None:
        try:
            self._key = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, raw)
        except ValueError as error:
            raise KeyInvalid(str(error)) from error
        if len(raw) != 1 + 2 * _HALF:
            raise KeyInvalid("not an uncompressed point")
        self.raw: bytes = raw

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Return whether the 64-byte `signature` (r || s) was made over `message` by this key's owner."""
        if len(signature) != 2 * _HALF:
            return False
        r, s = int.from_bytes(signature[:_HALF], "big"), int.from_bytes(signature[_HALF:], "big")
        try:
            self._key.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True

    def __eq__(self, other: object) -> bool:
        return self.raw == other.raw if isinstance(other, P256PublicKey) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.raw)

    def __repr__(self) -> str:
        return f"P256PublicKey({self.raw.hex()})"


class P256PrivateKey:
    """A P-256 private key from its 32 bytes; KeyInvalid for another length or a number outside the group."""

    algorithm: ClassVar[Literal["p256sha256"]] = "p256sha256"

    __slots__ = ("_key", "public")

    def __init__(self, secret: bytes) -> None:
        if len(secret) != _HALF:
            raise KeyInvalid(f"a P-256 key has {_HALF} bytes, not {len(secret)}")
        try:
            self._key = ec.derive_private_key(int.from_bytes(secret, "big"), _CURVE)
        except ValueError as error:
            raise KeyInvalid(str(error)) from error
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public = P256PublicKey(point)

    @classmethod
    def generate(cls) -> "P256PrivateKey":
        """Return a new key from the operating system's random source."""
        return cls(ec.generate_private_key(_CURVE).private_numbers().private_value.to_bytes(_HALF, "big"))

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature r || s; the same for the same message (RFC 6979), so certificates are reproducible."""
        r, s = decode_dss_signature(self._key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True)))
        return r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")

    def secret_bytes(self) -> bytes:
        """Return the 32 secret bytes, for sealing in a key file."""
        return self._key.private_numbers().private_value.to_bytes(_HALF, "big")

    def __repr__(self) -> str:
        return f"P256PrivateKey(public={self.public.raw.hex()})"
