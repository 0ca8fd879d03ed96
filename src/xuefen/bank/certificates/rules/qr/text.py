"""Bytes as text that a QR code holds in its alphanumeric mode and a URL carries unchanged behind its ``#``.

Base45 (RFC 9285) without the four characters that a URL may not carry as they are: 41 remain, and 41³ still covers two bytes.
"""

from __future__ import annotations

PATH = "/q"
"""The page a phone's camera opens; what stands behind the ``#`` never leaves the phone."""
MARK = "X"
"""The first character behind the ``#``; another one is another encoding."""
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ$-/.:"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_BASE = len(_ALPHABET)
MOST_CHARACTERS = 4000


class NoCode(ValueError):
    """The text is not that of a certificate's QR code."""


def code_text(payload: bytes, *, public_url: str) -> str:
    """What the QR code says: an address with the payload behind its ``#``."""
    return f"{public_url}{PATH}#{MARK}{encode(payload)}"


def read_text(text: str) -> bytes:
    """The payload in what a camera read: the whole address, or only what stands behind its ``#``. Raises NoCode."""
    if len(text) > MOST_CHARACTERS:
        raise NoCode("too long")
    code = text.strip().rpartition("#")[2]
    if not code.startswith(MARK):
        raise NoCode("without its mark")
    return decode(code[len(MARK) :])


def encode(data: bytes) -> str:
    """Two bytes become three characters, a single last byte two; the least significant comes first."""
    pieces = []
    for at in range(0, len(data), 2):
        pair = data[at : at + 2]
        value, digits = int.from_bytes(pair, "big"), len(pair) + 1
        for _ in range(digits):
            value, digit = divmod(value, _BASE)
            pieces.append(_ALPHABET[digit])
    return "".join(pieces)


def decode(text: str) -> bytes:
    """Undo ``encode``. Raises NoCode for anything ``encode`` does not write."""
    data = bytearray()
    for at in range(0, len(text), 3):
        triple = text[at : at + 3]
        try:
            value = sum(_VALUES[character] * _BASE**n for n, character in enumerate(triple))
        except KeyError:
            raise NoCode("a character that does not belong") from None
        length = len(triple) - 1
        if length == 0 or value >= 256**length:
            raise NoCode("characters that stand for no bytes")
        data += value.to_bytes(length, "big")
    return bytes(data)
