"""Reading a pack's body: every value with its reference, and all errors at once."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards.rules.parsing import reading
from xuefen.bank.standards.rules.parsing.limits import read_calendar, read_limits, read_policy
from xuefen.bank.standards.rules.parsing.reading import Reader
from xuefen.bank.standards.types import (
    PACK_INVALID,
    DegreeRates,
    Evidence,
    Level,
    OutcomeType,
    Pack,
    PackError,
    Quality,
    RefusalCode,
    SocialRow,
    Source,
    Step,
    VocationalRow,
)
from xuefen.bedrock.quantity import Rounding

_STEPS = ("review", "convert", "notice", "objection", "archive")
_RULE_SECTIONS = (
    "degree",
    "vocational",
    "social",
    "limits",
    "policy",
    "calendar",
    "quality",
    "steps",
    "evidence",
    "refusals",
)
_SECTIONS = frozenset(
    (
        "code",
        "version",
        "effective_from",
        "retired_on",
        "title",
        "sources",
        "levels",
        "types",
        "grades",
        *_RULE_SECTIONS,
    )
)


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


# --- sections --------------------------------------------------------------------------------------------------------


def _read_pack(reader: Reader, body: Mapping[str, Any]) -> Pack | None:
    for name in sorted(str(name) for name in set(body) - _SECTIONS):
        reader.wrong(name, "不认识的节", "unknown section")
    # Sources come first: every later reference is checked against them.
    reader.sources = frozenset(reader.section(body, "sources"))
    sources = {
        key: Source(zh=str(node.get("zh", "")), en=str(node.get("en", "")))
        for key, node in reader.section(body, "sources").items()
        if isinstance(node, Mapping)
    }
    head = reader.attempt(lambda: _read_head(reader, body))
    levels = _read_levels(reader, body)
    types = _read_types(reader, body)
    grades = _read_grades(reader, body)
    degree = reader.attempt(lambda: _read_degree(reader, body))
    uplift = reader.attempt(lambda: _read_uplift(reader, body))
    vocational = _read_vocational(reader, body, types)
    social = _read_social(reader, body, types)
    limits = read_limits(reader, body, types)
    policy = read_policy(reader, body)
    calendar = reader.attempt(lambda: read_calendar(reader, body))
    quality = _read_quality(reader, body, social)
    ungraded = reader.attempt(lambda: _read_ungraded(reader, body, quality))
    steps = _read_steps(reader, body)
    evidence = _read_evidence(reader, body)
    refusals = _read_refusals(reader, body)
    if reader.errors:
        return None
    assert head and grades and degree and uplift and calendar and ungraded
    return Pack(
        **head,
        sources=MappingProxyType(sources),
        levels=MappingProxyType(levels),
        types=MappingProxyType(types),
        **grades,
        degree=degree,
        vocational=MappingProxyType(vocational),
        uplift_percent=uplift[0],
        vocational_grain=uplift[1],
        social=MappingProxyType(social),
        limits=limits,
        policy=policy,
        calendar=calendar,
        quality=MappingProxyType(quality),
        ungraded_quality=ungraded,
        steps=MappingProxyType(steps),
        evidence=MappingProxyType(evidence),
        refusal_codes=MappingProxyType(refusals),
        references=MappingProxyType(reader.references),
    )


def _read_head(reader: Reader, body: Mapping[str, Any]) -> dict[str, Any]:
    title = reader.section(body, "title")
    starts = reader.plain(body, "effective_from", "effective_from", reading.take_day)
    ends = (
        reader.plain(body, "retired_on", "retired_on", reading.take_day) if body.get("retired_on") is not None else None
    )
    if ends is not None and ends <= starts:
        raise reader.wrong("retired_on", "须晚于生效日期", "must be later than effective_from")
    zh, en = reader.both(title, "title")
    return {
        "code": reader.plain(body, "code", "code", reading.take_text),
        "version": reader.plain(body, "version", "version", reading.take_whole),
        "effective_from": starts,
        "retired_on": ends,
        "title_zh": zh,
        "title_en": en,
    }


def _read_levels(reader: Reader, body: Mapping[str, Any]) -> dict[int, Level]:
    def row(key: str, node: Mapping[str, Any], path: str) -> Level:
        return Level(reader.plain({"level": int(key)}, "level", path, reading.take_level), *reader.both(node, path))

    section = reader.section(body, "levels")
    if set(section) != {str(n) for n in range(1, 11)}:
        reader.wrong("levels", "应恰有 1 至 10 十个等级", "exactly the levels 1 to 10 expected")
        return {}
    return {level.number: level for level in reader.rows(section, "levels", row).values()}


def _read_types(reader: Reader, body: Mapping[str, Any]) -> dict[str, OutcomeType]:
    section = reader.section(body, "types")

    def row(key: str, node: Mapping[str, Any], path: str) -> OutcomeType:
        parent = reader.optional(node, "parent", path, reading.take_text) or ""
        # A code extends its parent's, so that the tree can hold no circle.
        if parent and (parent not in section or not key.startswith(parent) or key == parent):
            raise reader.wrong(
                path, f"上级类型不存在，或编码不以其开头：{parent}", f"{parent} is no parent of this code"
            )
        zh, en = reader.both(node, path)
        return OutcomeType(
            code=key,
            parent=parent,
            zh=zh,
            en=en,
            outcome_class=reader.plain(node, "class", path, OutcomeClass),
            level=reader.optional(node, "level", path, reading.take_level),
        )

    return reader.rows(section, "types", row)


def _read_grades(reader: Reader, body: Mapping[str, Any]) -> dict[str, Any] | None:
    section = reader.section(body, "grades")

    def marks(value: Any) -> Mapping[str, int]:
        if not isinstance(value, Mapping):
            raise ValueError("a mapping of words to marks expected")
        return MappingProxyType(
            {reading.take_text(word).upper(): reading.take_mark(mark) for word, mark in value.items()}
        )

    return reader.attempt(
        lambda: {
            "pass_mark": reader.value(section, "grades.pass_mark", reading.take_mark),
            "grade_words": reader.value(section, "grades.words", marks),
            "pass_words": reader.value(section, "grades.pass_words", reading.take_words),
            "fail_words": reader.value(section, "grades.fail_words", reading.take_words),
        }
    )


def _read_degree(reader: Reader, body: Mapping[str, Any]) -> DegreeRates:
    section = reader.section(body, "degree")
    return DegreeRates(
        theory_hours_per_credit=reader.value(section, "degree.theory_hours_per_credit", reading.take_whole),
        practice_hours_per_credit=reader.value(section, "degree.practice_hours_per_credit", reading.take_whole),
        practice_weeks_per_credit=reader.value(section, "degree.practice_weeks_per_credit", reading.take_whole),
        grain=reader.value(section, "degree.grain", reading.take_some_amount),
        rounding=reader.value(section, "degree.rounding", Rounding),
        declared_is_ceiling=reader.value(section, "degree.declared_is_ceiling", reading.take_truth),
        declared_without_hours=reader.value(section, "degree.declared_without_hours", reading.take_truth),
    )


def _read_uplift(reader: Reader, body: Mapping[str, Any]) -> tuple[int, int]:
    section = reader.section(body, "vocational")
    return (
        reader.value(section, "vocational.uplift_percent", reading.take_uplift),
        reader.value(section, "vocational.grain", reading.take_some_amount),
    )


def _read_vocational(
    reader: Reader, body: Mapping[str, Any], types: dict[str, OutcomeType]
) -> dict[str, VocationalRow]:
    table = reader.section(reader.section(body, "vocational"), "vocational.table")

    def row(key: str, node: Mapping[str, Any], path: str) -> VocationalRow:
        _known_type(reader, key, path, types, OutcomeClass.VOCATIONAL)
        credits = reader.plain(node, "credits", path, reading.take_some_amount)
        following = reader.optional(node, "next", path, reading.take_text)
        if following is not None:
            above = table.get(following)
            if not isinstance(above, Mapping):
                raise reader.wrong(path, f"上一级不存在：{following}", f"unknown next level {following}", key="next")
            ceiling = reader.plain(above, "credits", path, reading.take_some_amount)
        else:
            ceiling = reader.plain(node, "ceiling", path, reading.take_some_amount)
        if ceiling < credits:
            raise reader.wrong(path, "上限低于本级学分", "the ceiling lies below the level's own credit")
        return VocationalRow(type_code=key, credits=credits, ceiling=ceiling)

    return reader.rows(table, "vocational.table", row)


def _read_social(reader: Reader, body: Mapping[str, Any], types: dict[str, OutcomeType]) -> dict[str, SocialRow]:
    def row(key: str, node: Mapping[str, Any], path: str) -> SocialRow:
        _known_type(reader, key, path, types, OutcomeClass.SOCIAL)
        return SocialRow(
            type_code=key,
            min_hours=reader.plain(node, "min_hours", path, reading.take_whole),
            hours_per_credit=reader.plain(node, "hours_per_credit", path, reading.take_whole),
            grain=reader.plain(node, "grain", path, reading.take_some_amount),
            max_credits=reader.plain(node, "max_credits", path, reading.take_some_amount),
            best_quality=reader.plain(node, "best_quality", path, reading.take_text),
        )

    return reader.rows(reader.section(body, "social"), "social", row)


def _known_type(
    reader: Reader, key: str, path: str, types: dict[str, OutcomeType], outcome_class: OutcomeClass
) -> None:
    if key not in types or types[key].outcome_class is not outcome_class:
        raise reader.wrong(path, "类型树中没有这一类成果", "no such outcome type in the tree")


def _read_quality(reader: Reader, body: Mapping[str, Any], social: dict[str, SocialRow]) -> dict[str, Quality]:
    def row(key: str, node: Mapping[str, Any], path: str) -> Quality:
        return Quality(key, *reader.both(node, path), reader.plain(node, "uses", path, reading.take_uses))

    section = {k: v for k, v in reader.section(body, "quality").items() if k != "ungraded"}
    found = reader.rows(section, "quality", row)
    for setting in social.values():
        if setting.best_quality not in section:
            reader.wrong(f"social.{setting.type_code}", "质量等级未定义", f"unknown quality {setting.best_quality}")
    return found


def _read_ungraded(reader: Reader, body: Mapping[str, Any], quality: dict[str, Quality]) -> str:
    value = reader.value(reader.section(body, "quality"), "quality.ungraded", reading.take_text)
    if value not in quality:
        raise reader.wrong("quality.ungraded", "质量等级未定义", f"unknown quality {value}")
    return value


def _read_steps(reader: Reader, body: Mapping[str, Any]) -> dict[str, Step]:
    def row(key: str, node: Mapping[str, Any], path: str) -> Step:
        zh, en = reader.both(node, path)
        return Step(
            name=key,
            zh=zh,
            en=en,
            working_days=reader.plain(node, "working_days", path, reading.take_whole),
            reminders=reader.plain(node, "reminders", path, reading.take_percents),
            silence=reader.plain(node, "silence", path, reading.take_silence),
        )

    section = reader.section(body, "steps")
    if set(section) != set(_STEPS):
        reader.wrong("steps", f"应恰有：{'、'.join(_STEPS)}", f"exactly these steps expected: {', '.join(_STEPS)}")
    return reader.rows(section, "steps", row)


def _read_evidence(reader: Reader, body: Mapping[str, Any]) -> dict[OutcomeClass, tuple[Evidence, ...]]:
    found: dict[OutcomeClass, tuple[Evidence, ...]] = {}
    section = reader.section(body, "evidence")
    if set(section) != {c.value for c in OutcomeClass}:
        reader.wrong("evidence", "应恰有三类成果", "exactly the three outcome classes expected")
        return found

    def row(key: str, node: Mapping[str, Any], path: str) -> Evidence:
        return Evidence(key, *reader.both(node, path), reader.plain(node, "required", path, reading.take_truth))

    for name in section:
        rows = reader.rows(reader.section(section, f"evidence.{name}"), f"evidence.{name}", row)
        found[OutcomeClass(name)] = tuple(rows.values())
    return found


def _read_refusals(reader: Reader, body: Mapping[str, Any]) -> dict[str, RefusalCode]:
    def row(key: str, node: Mapping[str, Any], path: str) -> RefusalCode:
        return RefusalCode(key, *reader.both(node, path))

    return reader.rows(reader.section(body, "refusals"), "refusals", row)
