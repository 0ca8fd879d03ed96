"""SM2 signatures (GB/T 32918.2-2016) with SM3, on the curve of GB/T 32918.5-2017.

A signature is exactly 64 bytes, r || s big-endian. DER, which allows several spellings of one number in careless
readers, exists only at the border: `signature_from_der` and `signature_to_der`.
"""

import secrets
from typing import ClassVar, Literal

from xuefen.bedrock.gm.errors import KeyInvalid, SignatureMalformed
from xuefen.bedrock.gm.libcrypto import LibCrypto, default_libcrypto

DEFAULT_USER_ID = b"1234567812345678"
"""The distinguishing id of GM/T 0009 for signers who agreed on no other."""

ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_MAX_USER_ID = 0xFFFF // 8 - 1
_COORDINATE = 32


def _check_user_id(user_id: bytes) -> None:
    if not 0 < len(user_id) <= _MAX_USER_ID:
        raise ValueError(f"an SM2 user id has 1 to {_MAX_USER_ID} bytes, not {len(user_id)}")


def _split(signature: bytes) -> tuple[int, int]:
    """Return (r, s) of a 64-byte signature; SignatureMalformed unless both are in [1, order - 1]."""
    if len(signature) != 2 * _COORDINATE:
        raise SignatureMalformed(f"an SM2 signature has {2 * _COORDINATE} bytes, not {len(signature)}")
    r = int.from_bytes(signature[:_COORDINATE], "big")
    s = int.from_bytes(signature[_COORDINATE:], "big")
    if not (0 < r < ORDER and 0 < s < ORDER):
        raise SignatureMalformed("r or s is out of range")
    return r, s


def _der_integer(number: int) -> bytes:
    body = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return bytes((0x02, len(body))) + body


def signature_to_der(signature: bytes) -> bytes:
    """Return the DER SEQUENCE { r, s } of a 64-byte signature; SignatureMalformed if r or s is out of range."""
    body = b"".join(map(_der_integer, _split(signature)))
    return bytes((0x30, len(body))) + body


def signature_from_der(der: bytes) -> bytes:
    """Return the 64-byte form of a DER signature; SignatureMalformed for any encoding but the canonical one."""
    numbers = []
    position = 2
    for _ in range(2):
        if der[position : position + 1] != b"\x02":
            raise SignatureMalformed("not a DER sequence of two integers")
        size = int.from_bytes(der[position + 1 : position + 2], "big")
        numbers.append(int.from_bytes(der[position + 2 : position + 2 + size], "big"))
        position += 2 + size
    if max(numbers) >= ORDER:
        raise SignatureMalformed("r or s is out of range")
    signature = b"".join(number.to_bytes(_COORDINATE, "big") for number in numbers)
    # Writing it again is the strictest reader: padding, negative numbers, long lengths and trailing bytes all differ.
    if signature_to_der(signature) != der:
        raise SignatureMalformed("not the canonical DER encoding")
    return signature


class SM2PublicKey:
    """A point of the SM2 curve, given as 65 bytes (04 || x || y) or 33 bytes (02 or 03 || x).

    Raises KeyInvalid for any other length or form and for points off the curve.
    """

    algorithm: ClassVar[Literal["sm2sm3"]] = "sm2sm3"

    __slots__ = ("_library", "_pkey", "raw")

    def __init__(self, raw: bytes, *, library: LibCrypto | None = None) -> None:
        # The hybrid forms 06 and 07 of X9.62 would give one key two spellings.
        if not ((len(raw) == 65 and raw[0] == 4) or (len(raw) == 33 and raw[0] in (2, 3))):
            raise KeyInvalid("an SM2 public key is 65 bytes starting 04, or 33 bytes starting 02 or 03")
        self._library = library or default_libcrypto()
        self.raw: bytes = self._library.point_from_octets(raw)
        self._pkey = self._library.sm2_key(self.raw)

    def verify(self, message: bytes, signature: bytes, *, user_id: bytes = DEFAULT_USER_ID) -> bool:
        """Return whether the 64-byte `signature` was made over `message` by this key's owner under `user_id`."""
        _check_user_id(user_id)
        try:
            der = signature_to_der(signature)
        except SignatureMalformed:
            return False
        return self._library.sm2_verify(self._pkey, message, der, user_id=user_id)

    def __eq__(self, other: object) -> bool:
        return self.raw == other.raw if isinstance(other, SM2PublicKey) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.raw)

    def __repr__(self) -> str:
        return f"SM2PublicKey({self.raw.hex()})"


class SM2PrivateKey:
    """An SM2 private key from its 32-byte big-endian scalar, which lies in [1, order - 2]; KeyInvalid otherwise."""

    algorithm: ClassVar[Literal["sm2sm3"]] = "sm2sm3"

    __slots__ = ("_library", "_pkey", "_scalar", "public")

    def __init__(self, scalar: bytes, *, library: LibCrypto | None = None) -> None:
        # order - 1 is excluded by the standard: signing divides by 1 + d.
        if len(scalar) != _COORDINATE or not 0 < int.from_bytes(scalar, "big") < ORDER - 1:
            raise KeyInvalid("an SM2 private key is 32 bytes, between 1 and the group order minus 2")
        self._library = library or default_libcrypto()
        self._scalar = scalar
        self.public = SM2PublicKey(self._library.point_from_scalar(scalar), library=self._library)
        self._pkey = self._library.sm2_key(self.public.raw, scalar=scalar)

    @classmethod
    def generate(cls, *, library: LibCrypto | None = None) -> "SM2PrivateKey":
        """Return a new key from the operating system's random source."""
        return cls((secrets.randbelow(ORDER - 2) + 1).to_bytes(_COORDINATE, "big"), library=library)

    def sign(self, message: bytes, *, user_id: bytes = DEFAULT_USER_ID) -> bytes:
        """Return a 64-byte signature r || s; it differs each time, as SM2 uses a fresh random number."""
        _check_user_id(user_id)
        return signature_from_der(self._library.sm2_sign(self._pkey, message, user_id=user_id))

    def secret_bytes(self) -> bytes:
        """Return the 32-byte scalar, for sealing in a key file."""
        return self._scalar

    def __repr__(self) -> str:
        return f"SM2PrivateKey(public={self.public.raw.hex()})"
