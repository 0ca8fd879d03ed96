"""Reading a pack's body: every value with its reference, and all errors at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, TypeVar

from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards.types import (
    PACK_INVALID,
    Caps,
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
from xuefen.bedrock.quantity import BadQuantity, Rounding, parse_credits

T = TypeVar("T")
_USES = frozenset({"record", "statement", "convert"})
_STEPS = ("review", "convert", "notice", "objection", "archive")
_SECTIONS = frozenset(
    [
        "code",
        "version",
        "effective_from",
        "retired_on",
        "title",
        "sources",
        "levels",
        "types",
        "grades",
        "degree",
        "vocational",
        "social",
        "caps",
        "leftover",
        "quality",
        "steps",
        "evidence",
        "refusals",
    ]
)


def parse_pack(body: Mapping[str, Any]) -> Pack:
    """Return the pack a body describes. Raises ``Denied(pack_invalid)`` that lists every error with its path."""
    reader = _Reader()
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
    reader = _Reader()
    _read_pack(reader, body)
    return reader.errors


class _Missing(Exception):
    """A value could not be read; the error is already noted."""


@dataclass
class _Reader:
    """Collects errors and references while a body is walked."""

    errors: list[PackError] = field(default_factory=list)
    references: dict[str, str] = field(default_factory=dict)
    sources: frozenset[str] = frozenset()

    def wrong(self, path: str, zh: str, en: str) -> _Missing:
        self.errors.append(PackError(path=path, zh=zh, en=en))
        return _Missing(path)

    def section(self, body: Mapping[str, Any], path: str) -> Mapping[str, Any]:
        """The mapping under the last part of ``path``; an empty one, with an error noted, when it is not there."""
        value = body.get(path.rsplit(".", 1)[-1])
        if isinstance(value, Mapping) and value and all(isinstance(key, str) for key in value):
            return value
        self.wrong(path, "缺少这一节，或不是以文字为键的表", "section missing, or not a mapping with text keys")
        return {}

    def cite(self, node: Mapping[str, Any], path: str) -> None:
        """Note the node's reference; it must begin with a declared source."""
        text = node.get("reference")
        if not isinstance(text, str) or not text.strip():
            self.wrong(path, "没有写明依据（reference）", "no reference")
        elif text.split()[0].rstrip(";,") not in self.sources:
            self.wrong(path, f"依据的来源未登记：{text.split()[0]}", f"unknown source: {text.split()[0]}")
        else:
            self.references[path] = text

    def value(self, section: Mapping[str, Any], path: str, read: Callable[[Any], T]) -> T:
        """The cited value ``{value, reference}`` under the last part of ``path``."""
        node = section.get(path.rsplit(".", 1)[-1])
        if not isinstance(node, Mapping) or "value" not in node:
            raise self.wrong(path, "缺少取值（value）", "no value")
        self.cite(node, path)
        return self.plain(node, "value", path, read)

    def plain(self, node: Mapping[str, Any], key: str, path: str, read: Callable[[Any], T]) -> T:
        """``node[key]`` through ``read``, which raises ValueError for what it does not take."""
        if key not in node:
            raise self.wrong(path, f"缺少 {key}", f"{key} is missing")
        try:
            return read(node[key])
        except (ValueError, TypeError, BadQuantity) as error:
            raise self.wrong(path, f"{key} 的值无效：{node[key]!r}", f"bad {key} {node[key]!r}: {error}") from error

    def rows(
        self, section: Mapping[str, Any], path: str, read: Callable[[str, Mapping[str, Any], str], T]
    ) -> dict[str, T]:
        """Read every row of a table, each cited; a bad row is noted and left out."""
        found: dict[str, T] = {}
        for key, node in section.items():
            place = f"{path}.{key}"
            if not isinstance(node, Mapping):
                self.wrong(place, "应为一张表", "must be a mapping")
                continue
            self.cite(node, place)
            try:
                found[key] = read(key, node, place)
            except _Missing:
                continue
        return found

    def attempt(self, read: Callable[[], T]) -> T | None:
        """Run one reading; None when it noted an error."""
        try:
            return read()
        except _Missing:
            return None


# --- leaf readers: take a plain value or raise ValueError ------------------------------------------------------------


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("text expected")
    return value


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("a whole number of at least 1 expected")
    return value


def _share(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 100:
        raise ValueError("whole percent from 0 to 100 expected")
    return value


def _uplift(value: Any) -> int:
    if _whole(value) < 100:
        raise ValueError("an uplift is at least 100 percent")
    return int(value)


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false expected")
    return value


def _credits(value: Any) -> int:
    return int(parse_credits(_text(value)))


def _some_credits(value: Any) -> int:
    if (credits := _credits(value)) < 1:
        raise ValueError("more than 0 expected")
    return credits


def _mark(value: Any) -> int:
    if (mark := _credits(value)) > 10_000:
        raise ValueError("a mark is at most 100")
    return mark


def _date(value: Any) -> date:
    return date.fromisoformat(_text(value))


def _level(value: Any) -> int:
    if _whole(value) > 10:
        raise ValueError("levels run from 1 to 10")
    return int(value)


def _words(value: Any) -> frozenset[str]:
    if not isinstance(value, list) or not value:
        raise ValueError("a list of words expected")
    return frozenset(_text(word).upper() for word in value)


def _uses(value: Any) -> frozenset[str]:
    if not isinstance(value, list) or not set(value) <= _USES:
        raise ValueError(f"a list out of {sorted(_USES)} expected")
    return frozenset(value)


def _percents(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or sorted(set(value)) != value:
        raise ValueError("ascending percents expected")
    return tuple(_share(one) for one in value)


def _silence(value: Any) -> str:
    if value not in ("", "consent"):
        raise ValueError("consent or empty expected")
    return str(value)


def _leftover(value: Any) -> str:
    if value not in ("not_carried", "carried"):
        raise ValueError("not_carried or carried expected")
    return str(value)


# --- sections --------------------------------------------------------------------------------------------------------


def _read_pack(reader: _Reader, body: Mapping[str, Any]) -> Pack | None:
    for name in sorted(set(body) - _SECTIONS):
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
    caps = reader.attempt(lambda: _read_caps(reader, body))
    leftover = reader.attempt(lambda: reader.value(body, "leftover", _leftover))
    quality = _read_quality(reader, body, social)
    ungraded = reader.attempt(lambda: _read_ungraded(reader, body, quality))
    steps = _read_steps(reader, body)
    evidence = _read_evidence(reader, body)
    refusals = reader.rows(
        reader.section(body, "refusals"), "refusals", lambda k, n, p: RefusalCode(k, *_both(reader, n, p))
    )
    if reader.errors:
        return None
    assert head and grades and degree and uplift and caps and leftover and ungraded
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
        caps=caps,
        leftover=leftover,
        quality=MappingProxyType(quality),
        ungraded_quality=ungraded,
        steps=MappingProxyType(steps),
        evidence=MappingProxyType(evidence),
        refusal_codes=MappingProxyType(refusals),
        references=MappingProxyType(reader.references),
    )


def _both(reader: _Reader, node: Mapping[str, Any], path: str) -> tuple[str, str]:
    return reader.plain(node, "zh", path, _text), reader.plain(node, "en", path, _text)


def _read_head(reader: _Reader, body: Mapping[str, Any]) -> dict[str, Any]:
    title = reader.section(body, "title")
    starts = reader.plain(body, "effective_from", "effective_from", _date)
    ends = reader.plain(body, "retired_on", "retired_on", _date) if body.get("retired_on") is not None else None
    if ends is not None and ends <= starts:
        raise reader.wrong("retired_on", "须晚于生效日期", "must be later than effective_from")
    zh, en = _both(reader, title, "title")
    return {
        "code": reader.plain(body, "code", "code", _text),
        "version": reader.plain(body, "version", "version", _whole),
        "effective_from": starts,
        "retired_on": ends,
        "title_zh": zh,
        "title_en": en,
    }


def _read_levels(reader: _Reader, body: Mapping[str, Any]) -> dict[int, Level]:
    def row(key: str, node: Mapping[str, Any], path: str) -> Level:
        return Level(reader.plain({"level": int(key)}, "level", path, _level), *_both(reader, node, path))

    section = reader.section(body, "levels")
    if set(section) != {str(n) for n in range(1, 11)}:
        reader.wrong("levels", "应恰有 1 至 10 十个等级", "exactly the levels 1 to 10 expected")
        return {}
    return {level.number: level for level in reader.rows(section, "levels", row).values()}


def _read_types(reader: _Reader, body: Mapping[str, Any]) -> dict[str, OutcomeType]:
    section = reader.section(body, "types")

    def row(key: str, node: Mapping[str, Any], path: str) -> OutcomeType:
        parent = node.get("parent", "")
        if parent and parent not in section:
            raise reader.wrong(path, f"上级类型不存在：{parent}", f"unknown parent {parent}")
        zh, en = _both(reader, node, path)
        return OutcomeType(
            code=key,
            parent=parent,
            zh=zh,
            en=en,
            outcome_class=reader.plain(node, "class", path, OutcomeClass),
            level=reader.plain(node, "level", path, _level) if node.get("level") is not None else None,
        )

    return reader.rows(section, "types", row)


def _read_grades(reader: _Reader, body: Mapping[str, Any]) -> dict[str, Any] | None:
    section = reader.section(body, "grades")

    def marks(value: Any) -> Mapping[str, int]:
        if not isinstance(value, Mapping):
            raise ValueError("a mapping of words to marks expected")
        return MappingProxyType({_text(word).upper(): _mark(mark) for word, mark in value.items()})

    return reader.attempt(
        lambda: {
            "pass_mark": reader.value(section, "grades.pass_mark", _mark),
            "grade_words": reader.value(section, "grades.words", marks),
            "pass_words": reader.value(section, "grades.pass_words", _words),
            "fail_words": reader.value(section, "grades.fail_words", _words),
        }
    )


def _read_degree(reader: _Reader, body: Mapping[str, Any]) -> DegreeRates:
    section = reader.section(body, "degree")
    return DegreeRates(
        theory_hours_per_credit=reader.value(section, "degree.theory_hours_per_credit", _whole),
        practice_hours_per_credit=reader.value(section, "degree.practice_hours_per_credit", _whole),
        practice_weeks_per_credit=reader.value(section, "degree.practice_weeks_per_credit", _whole),
        grain=reader.value(section, "degree.grain", _some_credits),
        rounding=reader.value(section, "degree.rounding", Rounding),
        declared_is_ceiling=reader.value(section, "degree.declared_is_ceiling", _truth),
        declared_without_hours=reader.value(section, "degree.declared_without_hours", _truth),
    )


def _read_uplift(reader: _Reader, body: Mapping[str, Any]) -> tuple[int, int]:
    section = reader.section(body, "vocational")
    return (
        reader.value(section, "vocational.uplift_percent", _uplift),
        reader.value(section, "vocational.grain", _some_credits),
    )


def _read_vocational(
    reader: _Reader, body: Mapping[str, Any], types: dict[str, OutcomeType]
) -> dict[str, VocationalRow]:
    table = reader.section(reader.section(body, "vocational"), "vocational.table")

    def row(key: str, node: Mapping[str, Any], path: str) -> VocationalRow:
        _known_type(reader, key, path, types, OutcomeClass.VOCATIONAL)
        credits = reader.plain(node, "credits", path, _some_credits)
        if "next" in node:
            above = table.get(node["next"])
            if not isinstance(above, Mapping):
                raise reader.wrong(path, f"上一级不存在：{node['next']}", f"unknown next level {node['next']}")
            ceiling = reader.plain(above, "credits", path, _some_credits)
        else:
            ceiling = reader.plain(node, "ceiling", path, _some_credits)
        if ceiling < credits:
            raise reader.wrong(path, "上限低于本级学分", "the ceiling lies below the level's own credit")
        return VocationalRow(type_code=key, credits=credits, ceiling=ceiling)

    return reader.rows(table, "vocational.table", row)


def _read_social(reader: _Reader, body: Mapping[str, Any], types: dict[str, OutcomeType]) -> dict[str, SocialRow]:
    def row(key: str, node: Mapping[str, Any], path: str) -> SocialRow:
        _known_type(reader, key, path, types, OutcomeClass.SOCIAL)
        return SocialRow(
            type_code=key,
            min_hours=reader.plain(node, "min_hours", path, _whole),
            hours_per_credit=reader.plain(node, "hours_per_credit", path, _whole),
            grain=reader.plain(node, "grain", path, _some_credits),
            max_credits=reader.plain(node, "max_credits", path, _some_credits),
            best_quality=reader.plain(node, "best_quality", path, _text),
        )

    return reader.rows(reader.section(body, "social"), "social", row)


def _known_type(
    reader: _Reader, key: str, path: str, types: dict[str, OutcomeType], outcome_class: OutcomeClass
) -> None:
    if key not in types or types[key].outcome_class is not outcome_class:
        raise reader.wrong(path, "类型树中没有这一类成果", "no such outcome type in the tree")


def _read_caps(reader: _Reader, body: Mapping[str, Any]) -> Caps:
    section = reader.section(body, "caps")

    def subjects(value: Any) -> frozenset[str]:
        return frozenset(word.lower() for word in _words(value))

    return Caps(
        total_share=reader.value(section, "caps.total_share", _share),
        online_share=reader.value(section, "caps.online_share", _share),
        same_or_higher_degree_share=reader.value(section, "caps.same_or_higher_degree_share", _share),
        content_overlap=reader.value(section, "caps.content_overlap", _share),
        tolerance=reader.value(section, "caps.tolerance", _credits),
        family_highest_once=reader.value(section, "caps.family_highest_once", _truth),
        not_convertible=reader.value(section, "caps.not_convertible", subjects),
    )


def _read_quality(reader: _Reader, body: Mapping[str, Any], social: dict[str, SocialRow]) -> dict[str, Quality]:
    def row(key: str, node: Mapping[str, Any], path: str) -> Quality:
        return Quality(key, *_both(reader, node, path), reader.plain(node, "uses", path, _uses))

    section = {k: v for k, v in reader.section(body, "quality").items() if k != "ungraded"}
    found = reader.rows(section, "quality", row)
    for setting in social.values():
        if setting.best_quality not in section:
            reader.wrong(f"social.{setting.type_code}", "质量等级未定义", f"unknown quality {setting.best_quality}")
    return found


def _read_ungraded(reader: _Reader, body: Mapping[str, Any], quality: dict[str, Quality]) -> str:
    value = reader.value(reader.section(body, "quality"), "quality.ungraded", _text)
    if value not in quality:
        raise reader.wrong("quality.ungraded", "质量等级未定义", f"unknown quality {value}")
    return value


def _read_steps(reader: _Reader, body: Mapping[str, Any]) -> dict[str, Step]:
    def row(key: str, node: Mapping[str, Any], path: str) -> Step:
        zh, en = _both(reader, node, path)
        return Step(
            name=key,
            zh=zh,
            en=en,
            working_days=reader.plain(node, "working_days", path, _whole),
            reminders=reader.plain(node, "reminders", path, _percents),
            silence=reader.plain(node, "silence", path, _silence),
        )

    section = reader.section(body, "steps")
    if set(section) != set(_STEPS):
        reader.wrong("steps", f"应恰有：{'、'.join(_STEPS)}", f"exactly these steps expected: {', '.join(_STEPS)}")
    return reader.rows(section, "steps", row)


def _read_evidence(reader: _Reader, body: Mapping[str, Any]) -> dict[OutcomeClass, tuple[Evidence, ...]]:
    found: dict[OutcomeClass, tuple[Evidence, ...]] = {}
    section = reader.section(body, "evidence")
    if set(section) != {c.value for c in OutcomeClass}:
        reader.wrong("evidence", "应恰有三类成果", "exactly the three outcome classes expected")
        return found

    def row(key: str, node: Mapping[str, Any], path: str) -> Evidence:
        return Evidence(key, *_both(reader, node, path), reader.plain(node, "required", path, _truth))

    for name in section:
        rows = reader.rows(reader.section(section, f"evidence.{name}"), f"evidence.{name}", row)
        found[OutcomeClass(name)] = tuple(rows.values())
    return found
