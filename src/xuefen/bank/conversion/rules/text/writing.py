"""Drafts to text, in one canonical form: equal drafts are equal text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from xuefen.bank.conversion.types import Conditions, RuleDraft, TargetDraft
from xuefen.bedrock.quantity import format_credits

_PLAIN = re.compile(r"[^\W_](?:[\w./%()（）、，。；：…-]|(?<=[^:]) (?=[^#]))*(?<![\s:])")
"""Text that YAML takes as it stands: begins with a letter or digit, no indicator, no colon or hash where they mean something."""
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def write_text(drafts: Iterable[RuleDraft]) -> str:
    """The file that says these drafts, in their order."""
    rules = [_rule(draft) for draft in drafts]
    return "".join(["v: 2\nrules:\n", *rules]) if rules else "v: 2\nrules: []\n"


def _rule(draft: RuleDraft) -> str:
    lines = [f"{key}: {_flow(value)}" for key, value in _entries(draft)]
    return "  - " + "\n    ".join(lines) + "\n"


def _entries(d: RuleDraft) -> Iterator[tuple[str, Any]]:
    if d.number is not None:
        yield "number", d.number
    yield "receiver", d.receiver
    yield "from", _sources(d)
    yield "to", _targets(d)
    if when := dict(_conditions(d.conditions)):
        yield "when", when
    if d.grade is not None:
        yield "grade", _mark(d.grade)
    for key, given in (("waives", d.waives), ("no_articulation", d.denies)):
        if given:
            yield key, True
    if d.overlap is not None:
        yield "overlap", d.overlap
    yield "basis", d.basis.zh if d.basis.zh == d.basis.en else {"zh": d.basis.zh, "en": d.basis.en}
    if d.clause:
        yield "clause", d.clause
    yield "effective_from", d.effective_from.isoformat()
    if d.effective_until is not None:
        yield "effective_until", d.effective_until.isoformat()


def _sources(d: RuleDraft) -> Any:
    if d.denied_issuer:
        return {"issuer": d.denied_issuer}
    if d.pool is not None:
        return {"choose": f"{format_credits(d.pool.credits)} credits", "from": list(d.pool.items)}
    sets = [items[0] if len(items) == 1 else list(items) for items in d.alternatives()]
    return sets[0] if len(sets) == 1 else {"any": sets}


def _targets(d: RuleDraft) -> Any:
    if d.elective:
        return {"elective": d.elective} | _stated(d.result)
    courses = [_target(target) for target in d.targets]
    return courses[0] if len(courses) == 1 else courses


def _target(target: TargetDraft) -> Any:
    return {"course": target.item} | _stated(target.credits) if target.credits is not None else target.item


def _stated(credits: int | None) -> dict[str, str]:
    return {} if credits is None else {"credits": format_credits(credits)}


def _conditions(c: Conditions) -> Iterator[tuple[str, Any]]:
    if c.min_mark is not None:
        yield "mark", _mark(c.min_mark)
    numbers = (
        ("level", c.min_level),
        ("within_years", c.max_age_years),
        ("quality", c.min_quality),
        ("assurance", c.min_assurance),
        ("hours", c.min_hours),
    )
    for key, value in numbers:
        if value is not None:
            yield key, value
    if c.issuer_kinds:
        yield "issuers", list(c.issuer_kinds)
    for key, day in (("earned_from", c.earned_from), ("earned_until", c.earned_until)):
        if day is not None:
            yield key, day.isoformat()
    if not c.online:
        yield "online", False


def _mark(mark: int) -> str:
    return f"{mark / 100:g}" if mark % 10 else format_credits(mark).removesuffix(".0")


def _flow(value: Any) -> str:
    """A value in YAML's flow style."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    text = str(value)
    return text if _PLAIN.fullmatch(text) and text.lower() not in _WORDS else _quoted(text)


def _quoted(text: str) -> str:
    kept = (c if c.isprintable() and c not in '"\\' else f"\\{c}" if c in '"\\' else f"\\U{ord(c):08x}" for c in text)
    return '"' + "".join(kept) + '"'
