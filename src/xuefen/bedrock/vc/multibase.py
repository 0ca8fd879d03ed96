"""Keys and signatures as text: multibase, Multikey and did:key for Ed25519."""

from __future__ import annotations

import base64
import binascii

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_LONGEST = 200  # reading base58 costs the square of its length
_ED25519 = b"\xed\x01"
_DID_KEY = "did:key:"


class MultibaseInvalid(ValueError):
    """Not multibase, or not a key of a kind known here."""


def base58_encode(data: bytes) -> str:
    number, text = int.from_bytes(data), ""
    while number:
        number, digit = divmod(number, 58)
        text = _ALPHABET[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def base58_decode(text: str) -> bytes:
    """Raises MultibaseInvalid."""
    if len(text) > _LONGEST or any(character not in _VALUES for character in text):
        raise MultibaseInvalid("not base58")
    number = 0
    for character in text:
        number = number * 58 + _VALUES[character]
    return b"\0" * (len(text) - len(text.lstrip("1"))) + number.to_bytes((number.bit_length() + 7) // 8)


def encode_z(data: bytes) -> str:
    """Multibase, base58btc."""
    return "z" + base58_encode(data)


def decode_z(text: object) -> bytes:
    """Undo ``encode_z``. Raises MultibaseInvalid."""
    if not isinstance(text, str) or not text.startswith("z"):
        raise MultibaseInvalid("not base58btc")
    return base58_decode(text[1:])


def encode_u(data: bytes) -> str:
    """Multibase, base64url without padding."""
    return "u" + base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode_base64url(text: str) -> bytes:
    """Base64url without padding in its one spelling. Raises MultibaseInvalid."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise MultibaseInvalid("not base64url") from error
    if base64.urlsafe_b64encode(data).decode().rstrip("=") != text:
        raise MultibaseInvalid("not the one spelling of base64url")
    return data


def multikey(raw: bytes) -> str:
    """An Ed25519 public key as Multikey text, ``z6Mk…``."""
    return encode_z(_ED25519 + raw)


def read_multikey(text: object) -> bytes:
    """The 32 bytes of an Ed25519 Multikey. Raises MultibaseInvalid for anything else."""
    data = decode_z(text)
    if len(data) != 34 or not data.startswith(_ED25519):
        raise MultibaseInvalid("not an Ed25519 key")
    return data[2:]


def did_key(raw: bytes) -> str:
    """The did:key of an Ed25519 public key: an identifier that is its own key."""
    return _DID_KEY + multikey(raw)


def key_of_method(method: str) -> tuple[str, bytes]:
    """Who controls a verification method, and the key in it: ``did:key:z6Mk…#z6Mk…`` or ``https://…#z6Mk…``.

    The second form only claims to be that address's key; whether it is, somebody else must say. Raises MultibaseInvalid
    when the method does not carry its key.
    """
    controller, _, fragment = method.partition("#")
    raw = read_multikey(fragment)
    if controller.startswith(_DID_KEY) and controller != did_key(raw):
        raise MultibaseInvalid("the method is not of its did:key")
    if not controller:
        raise MultibaseInvalid("nobody controls the method")
    return controller, raw
