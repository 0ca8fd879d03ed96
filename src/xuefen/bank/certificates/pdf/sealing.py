"""The seal of a PDF: one comment line behind it that signs every byte before it.

A PDF signature as Acrobat knows it has no SM2. A comment is legal PDF that every reader skips, and it lets anybody with the
trust file notice any change of the file without asking us (docs/decisions/0010). Behind it the file's own last three lines
stand once more, because readers look for them at the very end; what the seal does not cover is thereby fixed as well.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field

from xuefen.bank.certificates.rules.shape import read_base64
from xuefen.bedrock.gm import Signer, Verifier, key_id, sm3

_MARK = b"%xuefen-seal:1 "
_END = re.compile(rb"startxref\r?\n([0-9]{1,10})\r?\n%%EOF\r?\n\Z")
_SEAL = re.compile(rb"%xuefen-seal:1 ([0-9a-f]{16}) ([A-Za-z0-9+/]{86}==)\n(startxref\n[0-9]{1,10}\n%%EOF\n)\Z")
_TAIL = 256  # bytes from the end in which a seal and its end lines fit


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal as found: which key claims to have made it, its signature, and how many bytes it speaks for."""

    key_id: str
    signature: bytes = field(repr=False)
    covers: int

    def holds(self, data: bytes, key: Verifier) -> bool:
        """Whether ``key`` signed exactly these bytes."""
        return key_id(key) == self.key_id and key.verify(_message(data[: self.covers]), self.signature)


def _message(covered: bytes) -> bytes:
    # The prefix keeps a seal from ever being taken for a signature over something else by the same key.
    return b"xuefen-seal:1\n" + sm3(covered)


def seal(pdf: bytes, signer: Signer) -> bytes:
    """The PDF with its seal behind it. Raises ValueError when the bytes do not end as a PDF does."""
    covered = pdf if pdf.endswith(b"\n") else pdf + b"\n"
    end = _end_lines(covered)
    if end is None:
        raise ValueError("not the end of a PDF")
    signature = base64.b64encode(signer.sign(_message(covered)))
    return covered + _MARK + key_id(signer.public).encode() + b" " + signature + b"\n" + end


def find_seal(data: bytes) -> Seal | None:
    """The seal at the very end of the file; None when there is none in its one spelling."""
    found = _SEAL.search(data, max(0, len(data) - _TAIL))
    if found is None or _end_lines(data[: found.start()]) != found[3]:
        return None
    try:
        signature = read_base64(found[2].decode("ascii"))
    except ValueError:
        return None
    return Seal(found[1].decode("ascii"), signature, found.start())


def _end_lines(covered: bytes) -> bytes | None:
    """The three lines every PDF ends with, as they stand behind the seal."""
    end = _END.search(covered, max(0, len(covered) - _TAIL))
    return None if end is None else b"startxref\n" + end[1] + b"\n%%EOF\n"
