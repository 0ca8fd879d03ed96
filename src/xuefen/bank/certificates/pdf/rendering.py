"""Setting a certificate with Typst. The same document gives the same bytes, whenever and wherever it is set."""

from __future__ import annotations

import functools
import json
import re
import threading
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

import typst

from xuefen.bank.certificates.pdf.codes import picture
from xuefen.bank.certificates.pdf.fonts import find_fonts
from xuefen.bank.certificates.rules.shape import body_from
from xuefen.bank.certificates.types import GLYPH_MISSING, CertificateBody, ConversionBody, StatementBody, Template
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock import canon, ids, notes
from xuefen.bedrock.quantity import format_credits
from xuefen.bedrock.workdays import BEIJING

Language = Literal["zh", "en"]
TEMPLATES = Path(__file__).resolve().parents[1] / "typst"
_STANDARDS: Final[list[Literal["a-3a", "ua-1"]]] = ["a-3a", "ua-1"]
"""Archivable, may carry the JSON, refuses characters no font has; tagged, titled, readable aloud."""
_UNSHOWABLE = re.compile(r"the text `(.*?)` could not be displayed", re.DOTALL)
_CLASSES = {
    "degree": ("学历教育", "Degree"),
    "vocational": ("职业技能", "Vocational"),
    "social": ("社会学习", "Social"),
}
_LEVELS = "零一二三四五六七八九"
_lock = threading.Lock()  # one compiler, kept warm; a page takes some 10 ms


@functools.lru_cache(maxsize=2)
def _compiler(folders: tuple[str, ...]) -> typst.Compiler:
    return typst.Compiler(
        input=str(TEMPLATES / "certificate.typ"),
        root=str(TEMPLATES),
        font_paths=list(folders),
        ignore_system_fonts=True,
    )


def render(
    document: Mapping[str, Any],
    *,
    verify_url: str,
    code: str,
    fonts: Path,
    language: Language = "zh",
    house: Template | None = None,
) -> bytes:
    """The document as an unsigned PDF/A-3a with the JSON inside. ``verify_url`` ends with the certificate's number, ``code`` is
    what the QR code says; ``fonts`` is the bank's own font folder. Both languages are on the page; ``language`` comes first;
    ``house`` is the look of its institution.

    Raises ``Denied``: fonts_missing, glyph_missing. The document must be one of ours (Misshapen otherwise).
    """
    body = body_from(document["body"])
    return compiled(
        document, body, verify_url=verify_url, code=code, fonts=fonts, language=language, house=house, pixels=None
    )


def compiled(
    document: Mapping[str, Any],
    body: CertificateBody,
    *,
    verify_url: str,
    code: str,
    fonts: Path,
    language: Language,
    house: Template | None,
    pixels: float | None,
) -> bytes:
    """The pages as a PDF, or the first one as PNG with so many ``pixels`` an inch. Raises what ``render`` does."""
    shown = view(document, body, verify_url=verify_url)
    shown |= {"lang": language, "house": dict(house.texts) if house is not None else {}, "specimen": pixels is not None}
    inputs = {
        "view": json.dumps(shown, ensure_ascii=False),
        "document": canon.canonical(document).decode(),
        "qr": picture(code),
        "logo": house.logo if house is not None else "",
        "seal": house.seal if house is not None else "",
    }
    compiler = _compiler(find_fonts(fonts))
    try:
        with _lock:
            if pixels is not None:
                made = compiler.compile(format="png", ppi=pixels, sys_inputs=inputs)
                return made[0] if isinstance(made, list) else bytes(made or b"")
            data = compiler.compile(
                format="pdf", sys_inputs=inputs, pdf_standards=[*_STANDARDS], timestamp=int(body.issued_at.timestamp())
            )
    except typst.TypstError as error:
        lacking = _UNSHOWABLE.search(str(error))
        if lacking is None:
            raise
        raise Denied(GLYPH_MISSING, text=lacking[1].strip('"')) from error
    assert isinstance(data, bytes)
    return data


def view(document: Mapping[str, Any], body: CertificateBody, *, verify_url: str) -> dict[str, Any]:
    """Everything the template prints, as text; it decides nothing."""
    log = document["log"]
    checkpoint = notes.Checkpoint.parse(notes.parse_note(log["checkpoint"].encode()).text)
    value: dict[str, Any] = {
        "kind": body.kind.value,
        "title": document["body"]["title"],
        "number": ids.display(body.number),
        "issuer": {"zh": body.issuer.zh, "en": body.issuer.en},
        "holder": {"name": body.holder.name, "account": ids.display(body.holder.account)},
        "issued": _day(body.issued_at.astimezone(BEIJING).date()),
        "expires": _day(body.expires_on) if body.expires_on else None,
        "credits": format_credits(body.credits),
        "url-head": verify_url.removesuffix(body.number),  # a line may break before the number, never inside it
        "url-number": body.number,
        "log": {"origin": log["origin"], "index": f"{log['index']:,}", "size": f"{log['size']:,}"},
        "root": checkpoint.root.hex()[:16],
        "key": document["signature"]["key_id"],
    }
    if isinstance(body, StatementBody):
        value["outcomes"] = [
            {
                "number": ids.display(line.number),
                "item": line.item,
                "issuer": line.issuer,
                "class": _CLASSES.get(line.outcome_class, (line.outcome_class, "")),
                "level": _level(line.level),
                "credits": format_credits(line.credits),
                "awarded": line.awarded_on.isoformat(),
                "grade": line.grade or "–",
            }
            for line in body.outcomes
        ]
    elif isinstance(body, ConversionBody):
        value["application"] = ids.display(body.application)
        value["programme"] = {"name": body.programme.name, "institution": body.programme.institution}
        value["lines"] = [
            {
                "course": line.course,
                "credits": format_credits(line.credits),
                "outcomes": [
                    {"item": s.item, "number": ids.display(s.number), "credits": format_credits(s.credits)}
                    for s in line.outcomes
                ],
            }
            for line in body.lines
        ]
    return value


def _level(level: int | None) -> tuple[str, str]:
    if level is None:
        return ("", "")
    return (f"{_LEVELS[level] if level < len(_LEVELS) else level}级", f"Level {level}")


def _day(day: date) -> dict[str, str]:
    return {"zh": f"{day.year} 年 {day.month} 月 {day.day} 日", "en": f"{day.day} {day:%B %Y}"}
