"""Status lists, compressed: one bit for each credential (https://www.w3.org/TR/vc-bitstring-status-list/), or two (IETF)."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Mapping

from xuefen.bedrock.vc.multibase import MultibaseInvalid, decode_base64url, encode_u

FEWEST_BITS = 131_072
"""A smaller list would tell too much about whom it speaks of."""
MOST_BYTES = 16 * 1024 * 1024


class BitsInvalid(ValueError):
    """Not the bits of a status list."""


def encode_bits(set_bits: Iterable[int], *, size: int = FEWEST_BITS) -> str:
    """The list with these bits set; bit 0 is the leftmost. The same bits give the same text."""
    data = bytearray(size // 8)
    for index in set_bits:
        data[index >> 3] |= 0x80 >> (index & 7)
    return encode_u(gzip.compress(bytes(data), 9, mtime=0))


def decode_bits(text: object) -> bytes:
    """The bits, unpacked up to a bound. Raises BitsInvalid."""
    if not isinstance(text, str):
        raise BitsInvalid("not text")
    try:
        packed = decode_base64url(text.removeprefix("u"))  # lists of before 2025 had no multibase header
        unpacker = zlib.decompressobj(wbits=31)
        data = unpacker.decompress(packed, MOST_BYTES)
    except (MultibaseInvalid, zlib.error) as error:
        raise BitsInvalid(str(error)) from error
    if not unpacker.eof or len(data) * 8 < FEWEST_BITS:
        raise BitsInvalid("too long, too short or cut off")
    return data


def bit(data: bytes, index: int) -> bool:
    """Raises BitsInvalid when the list is shorter."""
    if not 0 <= index < len(data) * 8:
        raise BitsInvalid("beyond the list")
    return bool(data[index >> 3] & (0x80 >> (index & 7)))


# --- two bits for each: the IETF's token status list -----------------------------------------------------------------

VALID, INVALID, SUSPENDED = 0, 1, 2


def encode_states(states: Mapping[int, int], *, size: int = FEWEST_BITS) -> str:
    """The list with these states, two bits each from the right; all others are valid."""
    data = bytearray(size // 4)
    for index, state in states.items():
        data[index >> 2] |= state << 2 * (index & 3)
    return encode_u(zlib.compress(bytes(data), 9))[1:]


def state(text: object, index: int) -> int:
    """One entry's state. Raises BitsInvalid."""
    if not isinstance(text, str):
        raise BitsInvalid("not text")
    try:
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(decode_base64url(text), MOST_BYTES)
    except (MultibaseInvalid, zlib.error) as error:
        raise BitsInvalid(str(error)) from error
    if not unpacker.eof or not 0 <= index < len(data) * 4:
        raise BitsInvalid("too long, cut off, or beyond the list")
    return data[index >> 2] >> 2 * (index & 3) & 3
