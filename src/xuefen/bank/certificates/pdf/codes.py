"""The QR code of a certificate: made to carry its proof, drawn as small as it goes."""

from __future__ import annotations

import functools
import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import segno
from segno import consts
from segno.encoder import DataOverflowError

from xuefen.bank.certificates.rules import qr
from xuefen.bank.certificates.rules.shape import body_from
from xuefen.bedrock.gm import Signer, key_id

LARGEST = 25
"""QR version: 117 modules a side; finer ones no phone reads from a printed page."""


def make_code(document: Mapping[str, Any], *, signer: Signer, now: datetime, public_url: str) -> str:
    """What the code of this document says: signed now, with the log's proof unless the log is too large for the code."""
    body = body_from(document["body"])
    brief = qr.brief_of(
        body, signed_at=max(now, body.issued_at), algorithm=signer.algorithm, key_id=key_id(signer.public)
    )
    signed = qr.brief_bytes(brief)
    signature = signer.sign(qr.message(signed))
    for proof in (qr.proof_of(document["log"]), None):
        text = qr.code_text(qr.write_payload(signed=signed, signature=signature, proof=proof), public_url=public_url)
        try:
            draw(text)
        except DataOverflowError:
            continue
        return text
    raise ValueError("the public address of this bank is too long for a QR code")


@functools.lru_cache(maxsize=8)
def draw(text: str) -> segno.QRCode:
    """The code in its smallest version: level M where that fits version 25, else L. Raises DataOverflowError.

    Kept for a moment: whoever finds out that it fits has it printed next.
    """
    address, mark, payload = text.partition("#")
    segments = [(address + mark, consts.MODE_BYTE), (payload, consts.MODE_ALPHANUMERIC)]
    try:
        return _made(segments, "m")
    except DataOverflowError:
        return _made(segments, "l")


def _made(segments: list[tuple[str, int]], level: str) -> segno.QRCode:
    # Segments of different modes are documented, only their type is not told.
    made = segno.make(segments, error=level, micro=False, boost_error=False)  # type: ignore[arg-type]
    if int(made.version) > LARGEST:
        raise DataOverflowError(f"version {made.version}")
    return made


def picture(text: str) -> str:
    """The code as SVG without a margin."""
    buffer = io.BytesIO()
    draw(text).save(buffer, kind="svg", dark="#1C222B", border=0, xmldecl=False)
    return buffer.getvalue().decode()
