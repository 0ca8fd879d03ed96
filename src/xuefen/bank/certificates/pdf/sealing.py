"""The seal of a PDF: the bank's SM2 signature over every byte of the file but its own.

PDF readers know no SM2, so a PDF carries a signature they know (signing.py), and inside that signature, as an unsigned
attribute that readers skip, stands the seal. It speaks for the whole file with its own 64 bytes taken as zeros, so it covers
what a PDF signature leaves open as well: the certificates, the padding, the signature itself (docs/decisions/0010). It is
found by its mark, without taking the PDF apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from xuefen.bedrock.gm import Signer, Verifier, key_id, sm3

SEAL_OID = "2.25.10755848689201423330016827190578698470"
_MARK = b"xuefen-seal:2\n"
_SIGNATURE = 64
_SEAL = re.compile(_MARK.hex().upper().encode() + rb"([0-9A-F]{16})([0-9A-F]{%d})" % (2 * _SIGNATURE))
_ZEROS = b"0" * (2 * _SIGNATURE)


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal as found: which key claims to have made it, its signature, and the digest of the file around it."""

    key_id: str
    signature: bytes = field(repr=False)
    digest: bytes = field(repr=False)

    def holds(self, key: Verifier) -> bool:
        """Whether ``key`` signed exactly this file."""
        return key_id(key) == self.key_id and key.verify(_MARK + self.digest, self.signature)


def blank_seal(named: str) -> bytes:
    """The seal of the key ``named`` before it is made."""
    return _MARK + bytes.fromhex(named) + bytes(_SIGNATURE)


def seal(pdf: bytes, signer: Signer) -> bytes:
    """The PDF with its blank seal filled in. Raises ValueError unless it has exactly one, of this signer's key."""
    found = _SEAL.findall(pdf)
    if found != [(key_id(signer.public).upper().encode(), _ZEROS)]:
        raise ValueError("not a PDF that waits for the seal of this key")
    signature = signer.sign(_MARK + sm3(pdf)).hex().upper().encode()
    return _filled(pdf, signature)


def find_seal(data: bytes) -> Seal | None:
    """The one seal in a file; None when there is none, or more than one."""
    found = list(_SEAL.finditer(data))
    if len(found) != 1:
        return None
    named, signature = found[0][1].decode().lower(), bytes.fromhex(found[0][2].decode())
    return Seal(named, signature, sm3(_filled(data, _ZEROS)))


def _filled(pdf: bytes, digits: bytes) -> bytes:
    at = _SEAL.search(pdf)
    assert at is not None
    return pdf[: at.start(2)] + digits + pdf[at.end(2) :]
