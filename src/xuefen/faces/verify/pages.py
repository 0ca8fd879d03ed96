"""What the public pages show, made from what the rooms answer."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from xuefen.bank.certificates.types import CHECK_NAMES, Check, Report, VerdictState
from xuefen.bank.translog import queries as translog
from xuefen.faces.shared.i18n import t
from xuefen.faces.shared.words import date_text

CHECK_STATES = {VerdictState.GOOD: "y", VerdictState.BAD: "n", VerdictState.UNKNOWN: "s", VerdictState.SKIPPED: "s"}


def verdict(report: Report) -> dict[str, Any]:
    """The card of a verified file; the seal is stamped only when every answer is good."""
    first_bad = next((v for v in report.verdicts if v.state is VerdictState.BAD), None)
    when = t("{d}核验", "Verified {d}", d=date_text(report.checked_at, "year_time"))
    return {
        "ok": report.ok,
        "title": (_unbroken(report.headline_zh), report.headline_en),
        "sub": when if report.ok or first_bad is None else (first_bad.zh, first_bad.en),
        "advice": _advice(report),
        "stamp": "核验属实" if report.ok else "",
        "facts": report.facts,
        "checks": [
            {"state": CHECK_STATES[v.state], "label": CHECK_NAMES[v.check], "text": (v.zh, v.en)}
            for v in report.verdicts
        ],
        "number": report.number,
    }


_ENDED = frozenset({Check.EXPIRY, Check.SUSPENSION, Check.REVOCATION})


def _advice(report: Report) -> tuple[str, str]:
    """What to do with a file that does not count: a genuine one that has ended is not a forged one."""
    bad = {v.check for v in report.verdicts if v.state is VerdictState.BAD}
    if bad and bad <= _ENDED:
        return (
            "请对方重新开一份；为什么不作数，可以问签发它的学分银行。",
            "Ask the holder for a new one; the bank that issued it can say why this one does not count.",
        )
    return (
        "请对方打开手机上的学分存折，当面出示二维码；或者把这份文件交给我们查。",
        "Ask the holder to show the QR code in their own passbook, face to face; or bring us the file.",
    )


def _unbroken(sentence: str) -> SafeString:
    """A Chinese sentence that breaks between its clauses only: large letters on a phone must not tear a word apart."""
    clauses = [f"{clause}，" for clause in sentence.split("，")]
    clauses[-1] = clauses[-1].removesuffix("，")
    return format_html_join("", '<span class="xf-nowrap">{}</span>', ((clause,) for clause in clauses))


def log_facts() -> dict[str, Any]:
    """The log's standing. The note is shown as it was published, byte for byte."""
    try:
        note = translog.fetch(translog.CHECKPOINT).decode()
    except FileNotFoundError:
        return {"size": 0, "waiting": translog.queue_length(), "note": "", "origin": ""}
    published, grown = translog.published_checkpoint(), translog.growth()
    assert published is not None
    return {
        "size": published.size,
        "waiting": translog.queue_length(),
        "note": note,
        "origin": published.origin,
        "root": published.root.hex(),
        "anchors": translog.anchors(),
        "days": [(f"{day.month}/{day.day}", leaves) for day, leaves, _ in grown],
        "checkpoints": sum(count for *_, count in grown),
        "witnesses": translog.witnesses(),
        "policy": translog.policy(),
    }
