"""A specimen of a certificate, to look at while its look is being changed. It is no certificate and says so."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import typst

from xuefen.bank.certificates.pdf.rendering import Language, compiled
from xuefen.bank.certificates.rules.issuing import body_json
from xuefen.bank.certificates.types import Holder, IssuerName, OutcomeLine, StatementBody, Template
from xuefen.bedrock import notes

_DOTS = 72.0
_PROBE = b'#set page(width: 20mm, height: 20mm)\n#image(bytes(sys.inputs.it), format: "svg", width: 10mm)'


def specimen(
    issuer: IssuerName, house: Template | None, *, fonts: Path, language: Language, as_pdf: bool = False
) -> bytes:
    """The specimen as PNG, or as the PDF that refuses characters no font has. Raises ``Denied``: fonts_missing, glyph_missing."""
    body = StatementBody(
        number="ZS0000000000000004",
        issuer=issuer,
        holder=Holder("样张", "1000000000000007"),
        issued_at=datetime(2026, 1, 1, tzinfo=UTC),
        expires_on=None,
        salt="0" * 32,
        credits=700,
        outcomes=(
            OutcomeLine(
                "CG0000000000000004", "大学英语（一）", "示例学院", "degree", None, 300, date(2025, 7, 1), "86"
            ),
            OutcomeLine("CG0000000000000004", "中式烹调师", "示例协会", "vocational", 4, 400, date(2025, 9, 1), "合格"),
        ),
    )
    document: dict[str, Any] = {
        "body": body_json(body),
        "signature": {"key_id": "0" * 16},
        "log": {
            "origin": issuer.origin,
            "index": 0,
            "size": 1,
            "checkpoint": notes.Checkpoint(issuer.origin, 1, bytes(32)).text + "\n— x AAAAAAA=\n",
        },
    }
    return compiled(
        document,
        body,
        verify_url=f"https://specimen/verify/{body.number}",
        code="https://specimen/q#X0",
        fonts=fonts,
        language=language,
        house=house,
        pixels=None if as_pdf else _DOTS,
    )


def places(svg: str) -> bool:
    """Whether Typst can place the picture; what it cannot would stop every certificate later."""
    try:
        typst.compile(_PROBE, format="png", ppi=36.0, sys_inputs={"it": svg})
    except (typst.TypstError, ValueError, RuntimeError):
        return False
    return True
