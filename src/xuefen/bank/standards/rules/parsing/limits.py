"""Reading limits, policy and calendar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date
from functools import partial
from typing import Any

from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.standards.rules.parsing import reading
from xuefen.bank.standards.rules.parsing.reading import Reader
from xuefen.bank.standards.types import Calendar, Limit, LimitKind, OutcomeType, Policy, ShareOf, Term, Window

_WHICH = {
    LimitKind.CLASS: "class",
    LimitKind.ISSUER: "issuer",
    LimitKind.TYPE: "types",
    LimitKind.DEGREE_LEVEL: "level",
    LimitKind.TAG: "tag",
}
"""The key that says which one a limit of this kind means."""


def read_limits(reader: Reader, body: Mapping[str, Any], types: Mapping[str, OutcomeType]) -> tuple[Limit, ...]:
    """The limits by code. A standard may have none."""
    if "limits" not in body:
        return ()

    def row(key: str, node: Mapping[str, Any], path: str) -> Limit:
        kind = reader.plain(node, "kind", path, LimitKind)
        per = reader.optional(node, "per", path, _one_of("year", "term")) or ""
        share = reader.optional(node, "share", path, reading.take_share)
        credits = reader.optional(node, "credits", path, reading.take_amount)
        if (share is None) == (credits is None):
            raise reader.wrong(path, "share（%）与 credits 只写其一", "give either share (percent) or credits")
        zh, en = reader.both(node, path)
        limit = Limit(
            code=key,
            kind=kind,
            zh=zh,
            en=en,
            which=_which(reader, kind=kind, node=node, path=path, types=types),
            share=share,
            share_of=reader.optional(node, "of", path, ShareOf) or _usual_base(kind),
            credits=credits,
            at_least=reader.optional(node, "at_least", path, reading.take_truth) or False,
            per=per,
            awards=reader.optional(node, "awards", path, reading.take_codes) or frozenset(),
        )
        _fits(reader, limit, path)
        return limit

    rows = reader.rows(reader.section(body, "limits"), "limits", row)
    return tuple(sorted(rows.values(), key=lambda limit: limit.code))


def _usual_base(kind: LimitKind) -> ShareOf:
    return ShareOf.GROUPS if kind is LimitKind.TAG else ShareOf.PROGRAMME


def _which(
    reader: Reader, *, kind: LimitKind, node: Mapping[str, Any], path: str, types: Mapping[str, OutcomeType]
) -> str:
    key = _WHICH.get(kind)
    if key is None:
        return ""
    if kind is LimitKind.CLASS:
        return str(reader.plain(node, key, path, OutcomeClass))
    if kind is LimitKind.ISSUER:
        return reader.plain(node, key, path, _one_of("each", "receiver"))
    if kind is LimitKind.DEGREE_LEVEL:
        level = reader.plain(node, key, path, _programme_or_level)
        return str(level)
    if kind is LimitKind.TAG:
        return reader.plain(node, key, path, reading.take_text)
    return " ".join(reader.known_types(node, key, path, types))


def _fits(reader: Reader, limit: Limit, path: str) -> None:
    """Refuse what nobody could compute."""
    if limit.kind is LimitKind.TAG and (limit.per or limit.at_least):
        raise reader.wrong(
            path, "按课程组的上限不分学期，也不设下限", "a limit on groups has no period and is no floor"
        )
    if limit.at_least and (limit.per or limit.which == "each" or limit.kind is LimitKind.TOTAL):
        raise reader.wrong(
            path, "下限须针对整个专业的一部分成果", "a floor is for one kind of credit in a whole programme"
        )
    if (limit.share_of is ShareOf.GROUPS) != (limit.kind is LimitKind.TAG) and limit.share is not None:
        raise reader.wrong(
            path, "of: groups 只用于 tag", "of: groups is for limits on tags, and only for them", key="of"
        )
    if limit.share_of is ShareOf.PERIOD and not limit.per:
        raise reader.wrong(path, "of: period 须写明 per", "of: period needs per", key="of")


def check_norms(reader: Reader, limits: tuple[Limit, ...], calendar: Calendar) -> None:
    """A share of a year's or term's load needs that load to be stated."""
    for limit in limits:
        if limit.share_of is ShareOf.PERIOD and calendar.norm(limit.per) is None:
            reader.wrong(
                f"limits.{limit.code}", "学年学期未规定通常学分", "the calendar states no usual load", key="of"
            )


def _one_of(*words: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in words:
            raise ValueError(f"one of {', '.join(words)} expected")
        return str(value)

    return read


def _programme_or_level(value: Any) -> str:
    return "programme" if value == "programme" else str(reading.take_level(value))


# --- policy ----------------------------------------------------------------------------------------------------------


def _subjects(value: Any) -> frozenset[str]:
    return frozenset(word.lower() for word in reading.take_words(value))


def _combinations(value: Any) -> frozenset[str]:
    if not isinstance(value, list) or not value or not set(value) <= {"1:1", "n:1", "1:n", "n:m"}:
        raise ValueError("a list out of 1:1, n:1, 1:n, n:m expected")
    return frozenset(value)


_POLICIES: Mapping[str, Callable[[Any], Any]] = {
    "tolerance": reading.take_amount,
    "shortfall": _one_of("refuse", "award"),
    "direction": reading.take_truth,
    "family_highest_once": reading.take_truth,
    "same_name_once": reading.take_truth,
    "content_overlap": reading.take_share,
    "leftover": _one_of("not_carried", "carried"),
    "exempt_mark": reading.take_mark,
    "shelf_life_years": reading.take_whole,
    "not_convertible": _subjects,
    "combinations": _combinations,
    "level_ignored": lambda value: tuple(sorted(reading.take_codes(value))),
    "deposited_by": _one_of("anybody", "institutions"),
}
assert set(_POLICIES) == {field.name for field in fields(Policy)}


def read_policy(reader: Reader, body: Mapping[str, Any], types: Mapping[str, OutcomeType]) -> Policy:
    """The policy; what a standard does not mention is as ``Policy`` says, except that ``leftover`` must be told."""
    section = reader.section(body, "policy")
    found = {
        name: reader.attempt(partial(reader.value, section, f"policy.{name}", read))
        for name, read in _POLICIES.items()
        if name in section or name == "leftover"
    }
    for code in found.get("level_ignored") or ():
        if code not in types:
            reader.wrong("policy.level_ignored", f"类型树中没有 {code}", f"no outcome type {code} in the tree")
    reader.known(section, "policy")
    return Policy(**{name: value for name, value in found.items() if value is not None})


# --- calendar --------------------------------------------------------------------------------------------------------


def read_calendar(reader: Reader, body: Mapping[str, Any]) -> Calendar:
    """The calendar; without one, years begin on 1 January and there are no terms."""
    if "calendar" not in body:
        return Calendar()
    section = reader.section(body, "calendar")
    starts = reader.value(section, "calendar.year_starts", take_day_of_year)

    def term(key: str, node: Mapping[str, Any], path: str) -> Term:
        zh, en = reader.both(node, path)
        return Term(code=key, zh=zh, en=en, starts=reader.plain(node, "starts", path, take_day_of_year))

    def window(key: str, node: Mapping[str, Any], path: str) -> Window:
        zh, en = reader.both(node, path)
        return Window(
            code=key,
            zh=zh,
            en=en,
            purpose=reader.plain(node, "purpose", path, _one_of("filing", "deposit")),
            first=reader.plain(node, "first", path, take_day_of_year),
            last=reader.plain(node, "last", path, take_day_of_year),
        )

    # A database keeps keys in an order of its own; the year knows better.
    terms = tuple(sorted(_rows(reader, section, "terms", term), key=lambda t: t.starts))
    windows = tuple(sorted(_rows(reader, section, "windows", window), key=lambda w: (w.first, w.code)))
    if terms and starts not in {t.starts for t in terms}:
        raise reader.wrong(
            "calendar.terms", "须有一个学期从学年首日开始", "one term must begin on the first day of the year"
        )
    if len({t.starts for t in terms}) < len(terms):
        raise reader.wrong("calendar.terms", "两个学期同日开始", "two terms begin on one day")
    norms = {
        name: reader.value(section, f"calendar.{name}", reading.take_some_amount) if name in section else None
        for name in ("norm_year", "norm_term")
    }
    reader.known(section, "calendar")
    return Calendar(year_starts=starts, terms=terms, windows=windows, **norms)


def _rows(reader: Reader, section: Mapping[str, Any], name: str, read: Callable[..., Any]) -> tuple[Any, ...]:
    if name not in section:
        return ()
    return tuple(reader.rows(reader.section(section, f"calendar.{name}"), f"calendar.{name}", read).values())


def take_day_of_year(value: Any) -> tuple[int, int]:
    """``03-01`` as (3, 1). 29 February does not come every year and is refused."""
    day = date.fromisoformat(f"2025-{reading.take_text(value)}")
    return day.month, day.day
