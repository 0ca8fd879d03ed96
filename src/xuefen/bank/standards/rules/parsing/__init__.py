"""Reading a pack's body: every value with its reference, and all errors at once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards.rules.parsing import conduct, reading, worth
from xuefen.bank.standards.rules.parsing.limits import check_norms, read_calendar, read_limits, read_policy
from xuefen.bank.standards.rules.parsing.reading import Reader
from xuefen.bank.standards.types import PACK_INVALID, Crosswalk, Level, Pack, PackError, Source

SECTIONS = (
    "code", "version", "effective_from", "retired_on", "title", "sources", "levels", "crosswalks", "types", "grades", "degree",
    "vocational", "social", "limits", "policy", "calendar", "quality", "awards", "steps", "evidence", "refusals", "upkeep",
)  # fmt: skip
"""What a body may hold, in the order people read it."""


def parse_pack(body: Mapping[str, Any]) -> Pack:
    """Return the pack a body describes. Raises ``Denied(pack_invalid)`` that lists every error with its path."""
    reader = Reader()
    pack = _read_pack(reader, body)
    if reader.errors or pack is None:
        raise Denied(
            PACK_INVALID,
            place=reader.errors[0].path,
            count=len(reader.errors),
            errors="; ".join(f"{e.path}: {e.en}" for e in reader.errors),
            errors_zh="；".join(f"{e.path}：{e.zh}" for e in reader.errors),
        )
    return pack


def find_errors(body: Mapping[str, Any]) -> list[PackError]:
    """Every error of a body, for an editor or a check before loading."""
    reader = Reader()
    _read_pack(reader, body)
    return reader.errors


def _read_pack(reader: Reader, body: Mapping[str, Any]) -> Pack | None:
    for name in sorted(str(name) for name in set(body) - set(SECTIONS)):
        reader.wrong(name, "不认识的节", "unknown section")
    sources = _read_sources(reader, body)  # first: every later reference is checked against them
    head = reader.attempt(lambda: _read_head(reader, body))
    types = worth.read_types(reader, body)
    social = worth.read_social(reader, body, types)
    quality = worth.read_quality(reader, body, social)
    tables: dict[str, Mapping[Any, Any]] = {
        "levels": _read_levels(reader, body),
        "crosswalks": _read_crosswalks(reader, body),
        "types": types,
        "vocational": worth.read_vocational(reader, body, types),
        "social": social,
        "quality": quality,
        "awards": conduct.read_awards(reader, body),
        "steps": conduct.read_steps(reader, body),
        "refusal_codes": conduct.read_refusals(reader, body),
    }
    tables["evidence"], tables["type_evidence"] = conduct.read_evidence(reader, body, types)
    grades = worth.read_grades(reader, body, types)
    degree = reader.attempt(lambda: worth.read_degree(reader, body))
    uplift = reader.attempt(lambda: worth.read_uplift(reader, body))
    limits = read_limits(reader, body, types)
    policy = read_policy(reader, body, types)
    calendar = reader.attempt(lambda: read_calendar(reader, body))
    if calendar is not None:
        check_norms(reader, limits, calendar)
    ungraded = reader.attempt(lambda: worth.read_ungraded(reader, body, quality))
    upkeep = reader.attempt(lambda: conduct.read_upkeep(reader, body))
    if reader.errors:
        return None
    assert head and grades and degree and uplift and calendar and ungraded and upkeep
    proxies: dict[str, Any] = {name: MappingProxyType(dict(table)) for name, table in tables.items()}
    return Pack(
        **head,
        **proxies,
        **grades,
        sources=MappingProxyType(sources),
        degree=degree,
        uplift_percent=uplift[0],
        vocational_grain=uplift[1],
        limits=limits,
        policy=policy,
        calendar=calendar,
        ungraded_quality=ungraded,
        upkeep=upkeep,
        references=MappingProxyType(reader.references),
    )


def _read_sources(reader: Reader, body: Mapping[str, Any]) -> dict[str, Source]:
    section = reader.section(body, "sources")
    reader.sources = frozenset(section)
    found: dict[str, Source] = {}
    for key, node in section.items():
        path = f"sources.{key}"
        if not isinstance(node, Mapping):
            reader.wrong(path, "应为一张表", "must be a mapping")
            continue
        names = reader.attempt(partial(reader.both, node, path))
        if names is not None:
            found[key] = Source(*names)
        reader.known(node, path)
    return found


def _read_head(reader: Reader, body: Mapping[str, Any]) -> dict[str, Any]:
    title = reader.section(body, "title")
    starts = reader.plain(body, "effective_from", "", reading.take_day)
    ends = reader.optional(body, "retired_on", "", reading.take_day)
    if ends is not None and ends <= starts:
        raise reader.wrong("retired_on", "须晚于生效日期", "must be later than effective_from")
    zh, en = reader.both(title, "title")
    reader.known(title, "title")
    return {
        "code": reader.plain(body, "code", "", reading.take_text),
        "version": reader.plain(body, "version", "", reading.take_whole),
        "effective_from": starts,
        "retired_on": ends,
        "title_zh": zh,
        "title_en": en,
    }


def _read_levels(reader: Reader, body: Mapping[str, Any]) -> dict[int, Level]:
    def row(key: str, node: Mapping[str, Any], path: str) -> Level:
        return Level(int(key), *reader.both(node, path))

    section = reader.section(body, "levels")
    if set(section) != {str(n) for n in range(1, 11)}:
        reader.wrong("levels", "应恰有 1 至 10 十个等级", "exactly the levels 1 to 10 expected")
        return {}
    return {level.number: level for level in reader.rows(section, "levels", row).values()}


def _read_crosswalks(reader: Reader, body: Mapping[str, Any]) -> dict[str, Crosswalk]:
    """Other frameworks. Their levels are listed lowest first, and none may stand below the one before it."""

    def row(key: str, node: Mapping[str, Any], path: str) -> Crosswalk:
        zh, en = reader.both(node, path)
        levels = reader.plain(node, "levels", path, _take_levels)
        ours = list(levels.values())
        if ours != sorted(ours):
            raise reader.wrong(
                path,
                "等级次序交叉：高的对到了低的",
                "levels overlap: a higher one stands below a lower one",
                key="levels",
            )
        return Crosswalk(key, zh, en, MappingProxyType(levels))

    if "crosswalks" not in body:
        return {}
    return reader.rows(reader.section(body, "crosswalks"), "crosswalks", row)


def _take_levels(value: Any) -> dict[str, int]:
    if not isinstance(value, list) or not value:
        raise ValueError("a list of [their level, our level] expected")
    found: dict[str, int] = {}
    for pair in value:
        if not isinstance(pair, list) or len(pair) != 2 or pair[0] in found:
            raise ValueError("pairs of [their level, our level] expected, no level twice")
        found[reading.take_text(pair[0])] = reading.take_level(pair[1])
    return found
