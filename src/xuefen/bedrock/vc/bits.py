"""Bitstring status lists (https://www.w3.org/TR/vc-bitstring-status-list/): one bit for each credential, compressed."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable

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
