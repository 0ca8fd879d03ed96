"""Reading what makes credit: types, grades, hours, certificates, settings, quality."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.standards.rules.parsing import reading
from xuefen.bank.standards.rules.parsing.reading import Reader
from xuefen.bank.standards.types import (
    Attendance,
    Criteria,
    DegreeRates,
    OutcomeType,
    Quality,
    SocialRow,
    VocationalRow,
)
from xuefen.bedrock.ids import check_digit
from xuefen.bedrock.quantity import Rounding

Types = Mapping[str, OutcomeType]


def read_types(reader: Reader, body: Mapping[str, Any]) -> dict[str, OutcomeType]:
    """The type tree. A code extends its parent's, so that nobody can read one and miss the other."""
    section = reader.section(body, "types")

    def row(key: str, node: Mapping[str, Any], path: str) -> OutcomeType:
        if not (key.isascii() and key.isalnum() and key == key.upper() and len(key) <= 12):
            raise reader.wrong(
                path, "代码应为 1 至 12 位大写字母和数字", "a code has 1 to 12 capital letters and digits"
            )
        if reader.plain(node, "check", path, reading.take_text) != check_digit(key):
            raise reader.wrong(
                path, f"校验码应为 {check_digit(key)}", f"the check character is {check_digit(key)}", key="check"
            )
        parent = reader.optional(node, "parent", path, reading.take_text) or ""
        outcome_class = reader.plain(node, "class", path, OutcomeClass)
        _check_parent(reader, section, key=key, parent=parent, outcome_class=outcome_class, path=path)
        zh, en = reader.both(node, path)
        return OutcomeType(
            code=key,
            parent=parent,
            zh=zh,
            en=en,
            outcome_class=outcome_class,
            level=reader.optional(node, "level", path, reading.take_level),
            check=check_digit(key),
        )

    return reader.rows(section, "types", row)


def _check_parent(
    reader: Reader, section: Mapping[str, Any], *, key: str, parent: str, outcome_class: OutcomeClass, path: str
) -> None:
    if not parent:
        return
    if key in _line(section, parent):
        raise reader.wrong(path, f"上级类型绕成了圈：{parent}", f"its parents run in a circle: {parent}", key="parent")
    if parent not in section or not key.startswith(parent):
        zh, en = f"上级类型不存在，或编码不以其开头：{parent}", f"{parent} is no parent of this code"
        raise reader.wrong(path, zh, en, key="parent")
    above = section[parent]
    if isinstance(above, Mapping) and above.get("class") != outcome_class.value:
        raise reader.wrong(path, "与上级类型不属同一类", "not of its parent's class", key="class")


def _line(section: Mapping[str, Any], code: str) -> Iterator[str]:
    """A code and its parents, as far as they go without repeating."""
    seen: set[str] = set()
    while code and code not in seen:
        seen.add(code)
        yield code
        node = section.get(code)
        code = str(node.get("parent") or "") if isinstance(node, Mapping) else ""


def read_grades(reader: Reader, body: Mapping[str, Any], types: Types) -> dict[str, Any] | None:
    """The pass mark, the words, and the attendance a pass needs where there is one."""
    section = reader.section(body, "grades")

    def marks(value: Any) -> Mapping[str, int]:
        if not isinstance(value, Mapping):
            raise ValueError("a mapping of words to marks expected")
        return MappingProxyType(
            {reading.take_text(word).upper(): reading.take_mark(mark) for word, mark in value.items()}
        )

    def attended() -> Attendance | None:
        if "attendance" not in section:
            return None
        path = "grades.attendance"
        node = reader.section(section, path)
        reader.cite(node, path)
        percent = reader.plain(node, "percent", path, reading.take_share)
        free = reader.known_types(node, "free", path, types) if "free" in node else ()
        reader.known(node, path)
        return Attendance(percent, free)

    found = reader.attempt(
        lambda: {
            "pass_mark": reader.value(section, "grades.pass_mark", reading.take_mark),
            "grade_words": reader.value(section, "grades.words", marks),
            "pass_words": reader.value(section, "grades.pass_words", reading.take_words),
            "fail_words": reader.value(section, "grades.fail_words", reading.take_words),
            "attendance": attended(),
        }
    )
    if found is not None:
        reader.known(section, "grades")
    return found


_MODES = (
    "theory_hours_per_credit",
    "practice_hours_per_credit",
    "online_hours_per_credit",
    "practice_weeks_per_credit",
    "workload_hours_per_credit",
    "workload_hours_least",
)


def read_degree(reader: Reader, body: Mapping[str, Any]) -> DegreeRates:
    """Hours to credit: any of the modes, but at least one."""
    section = reader.section(body, "degree")
    modes = {
        name: reader.value(section, f"degree.{name}", reading.take_whole) if name in section else None
        for name in _MODES
    }
    usual, least = modes["workload_hours_per_credit"], modes["workload_hours_least"]
    if not any(modes[name] for name in _MODES[:5]):
        raise reader.wrong("degree", "至少规定一种学时折算", "at least one ratio of hours expected")
    if least is not None and (usual is None or least > usual):
        raise reader.wrong("degree.workload_hours_least", "不能多于通常学时", "more than the usual hours of workload")
    rates = DegreeRates(
        **modes,
        grain=reader.value(section, "degree.grain", reading.take_some_amount),
        rounding=reader.value(section, "degree.rounding", Rounding),
        declared_is_ceiling=reader.value(section, "degree.declared_is_ceiling", reading.take_truth),
        declared_without_hours=reader.value(section, "degree.declared_without_hours", reading.take_truth),
    )
    reader.asked["degree"].update(_MODES)
    reader.known(section, "degree")
    return rates


def read_uplift(reader: Reader, body: Mapping[str, Any]) -> tuple[int, int]:
    """The uplift in percent, and the grain of certificates."""
    section = reader.section(body, "vocational")
    found = (
        reader.value(section, "vocational.uplift_percent", reading.take_uplift),
        reader.value(section, "vocational.grain", reading.take_some_amount),
    )
    reader.known(section, "vocational")
    return found


def read_vocational(reader: Reader, body: Mapping[str, Any], types: Types) -> dict[str, VocationalRow]:
    """The table of certificates: by level, or by hours of learning."""
    table = reader.section(reader.section(body, "vocational"), "vocational.table")

    def row(key: str, node: Mapping[str, Any], path: str) -> VocationalRow:
        _known_type(reader, key, path, types, OutcomeClass.VOCATIONAL)
        credits = reader.optional(node, "credits", path, reading.take_some_amount)
        per = reader.optional(node, "hours_per_credit", path, reading.take_whole)
        if (credits is None) == (per is None):
            raise reader.wrong(
                path, "credits 与 hours_per_credit 须写其一", "credits is missing, or hours_per_credit in its place"
            )
        following = reader.optional(node, "next", path, reading.take_text)
        if following is not None:
            above = table.get(following)
            if not isinstance(above, Mapping):
                raise reader.wrong(path, f"上一级不存在：{following}", f"unknown next level {following}", key="next")
            ceiling = reader.plain(above, "credits", path, reading.take_some_amount)
        else:
            ceiling = reader.plain(node, "ceiling", path, reading.take_some_amount)
        if credits is not None and ceiling < credits:
            raise reader.wrong(path, "上限低于本级学分", "the ceiling lies below the level's own credit")
        return VocationalRow(type_code=key, credits=credits, ceiling=ceiling, hours_per_credit=per)

    return reader.rows(table, "vocational.table", row)


def read_social(reader: Reader, body: Mapping[str, Any], types: Types) -> dict[str, SocialRow]:
    """The settings of social learning."""

    def row(key: str, node: Mapping[str, Any], path: str) -> SocialRow:
        _known_type(reader, key, path, types, OutcomeClass.SOCIAL)
        return SocialRow(
            type_code=key,
            min_hours=reader.plain(node, "min_hours", path, reading.take_whole),
            hours_per_credit=reader.plain(node, "hours_per_credit", path, reading.take_whole),
            grain=reader.plain(node, "grain", path, reading.take_some_amount),
            max_credits=reader.plain(node, "max_credits", path, reading.take_some_amount),
            best_quality=reader.plain(node, "best_quality", path, reading.take_text),
            min_mark=reader.optional(node, "min_mark", path, reading.take_mark),
        )

    return reader.rows(reader.section(body, "social"), "social", row)


def _known_type(reader: Reader, key: str, path: str, types: Types, outcome_class: OutcomeClass) -> None:
    if key not in types or types[key].outcome_class is not outcome_class:
        raise reader.wrong(path, "类型树中没有这一类成果", "no such outcome type in the tree")


def read_quality(reader: Reader, body: Mapping[str, Any], social: Mapping[str, SocialRow]) -> dict[str, Quality]:
    """The quality grades, their criteria and their rights."""

    def row(key: str, node: Mapping[str, Any], path: str) -> Quality:
        if key not in ("A", "B", "C"):
            raise reader.wrong(path, "质量等级只有 A、B、C", "the quality grades are A, B and C")
        zh, en = reader.both(node, path)
        uses = reader.plain(node, "uses", path, reading.take_uses)
        return Quality(key, zh, en, uses, _criteria(reader, node, path))

    section = {k: v for k, v in reader.section(body, "quality").items() if k != "ungraded"}
    found = reader.rows(section, "quality", row)
    for setting in social.values():
        if setting.best_quality not in section:
            reader.wrong(f"social.{setting.type_code}", "质量等级未定义", f"unknown quality {setting.best_quality}")
    return found


def _criteria(reader: Reader, node: Mapping[str, Any], path: str) -> Criteria | None:
    if "criteria" not in node:
        return None
    reader.asked[path].add("criteria")
    below = f"{path}.criteria"
    section = reader.section(node, below)
    percents = {
        name: reader.plain(section, name, below, reading.take_share)
        for name in ("coverage", "assessment", "staff", "pass_rate")
    }
    third_party = reader.plain(section, "third_party", below, reading.take_truth)
    reader.cite(section, below)
    reader.known(section, below)
    return Criteria(**percents, third_party=third_party)


def read_ungraded(reader: Reader, body: Mapping[str, Any], quality: Mapping[str, Quality]) -> str:
    """The grade of what nobody has graded."""
    value = reader.value(reader.section(body, "quality"), "quality.ungraded", reading.take_text)
    if value not in quality:
        raise reader.wrong("quality.ungraded", "质量等级未定义", f"unknown quality {value}")
    return value
