"""Reading how things are done: awards, steps, evidence, refusals, and how the standard itself is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.standards.rules.parsing import reading
from xuefen.bank.standards.rules.parsing.reading import Reader
from xuefen.bank.standards.types import Award, Evidence, OutcomeType, RefusalCode, Sanction, Step, Upkeep

_STEPS = ("review", "convert", "notice", "objection", "archive")


def read_awards(reader: Reader, body: Mapping[str, Any]) -> dict[str, Award]:
    """What programmes must ask for, by award. A standard may leave that to the schools."""

    def groups(value: Any) -> Mapping[str, int]:
        if not isinstance(value, Mapping):
            raise ValueError("a mapping of tags to credits expected")
        return MappingProxyType({reading.take_text(tag): reading.take_some_amount(c) for tag, c in value.items()})

    def row(key: str, node: Mapping[str, Any], path: str) -> Award:
        zh, en = reader.both(node, path)
        total = reader.optional(node, "total", path, reading.take_some_amount)
        asked = reader.optional(node, "groups", path, groups) or MappingProxyType({})
        if total is not None and sum(asked.values()) > total:
            raise reader.wrong(path, "各组合计多于总学分", "the groups ask for more than the whole", key="groups")
        return Award(key, zh, en, total or 0, asked)

    return {} if "awards" not in body else reader.rows(reader.section(body, "awards"), "awards", row)


def read_steps(reader: Reader, body: Mapping[str, Any]) -> dict[str, Step]:
    """The timed steps of an application."""

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


def read_evidence(
    reader: Reader, body: Mapping[str, Any], types: Mapping[str, OutcomeType]
) -> tuple[dict[OutcomeClass, tuple[Evidence, ...]], dict[str, tuple[Evidence, ...]]]:
    """The checklists of evidence by class, and those of types that have one of their own."""
    section = reader.section(body, "evidence")
    if set(section) - {"types"} != {c.value for c in OutcomeClass}:
        reader.wrong("evidence", "应恰有三类成果", "exactly the three outcome classes expected")
        return {}, {}

    def row(key: str, node: Mapping[str, Any], path: str) -> Evidence:
        return Evidence(key, *reader.both(node, path), reader.plain(node, "required", path, reading.take_truth))

    def lists(within: Mapping[str, Any], path: str, names: Iterable[str]) -> dict[str, tuple[Evidence, ...]]:
        places = {name: f"{path}.{name}" for name in names}
        return {
            name: tuple(reader.rows(reader.section(within, place), place, row).values())
            for name, place in places.items()
        }

    by_class = {OutcomeClass(c): found for c, found in lists(section, "evidence", list(OutcomeClass)).items()}
    if "types" not in section:
        return by_class, {}
    own = reader.section(section, "evidence.types")
    for code in sorted(set(own) - set(types)):
        reader.wrong(f"evidence.types.{code}", f"类型树中没有 {code}", f"no outcome type {code} in the tree")
    return by_class, lists(own, "evidence.types", own)


def read_refusals(reader: Reader, body: Mapping[str, Any]) -> dict[str, RefusalCode]:
    """The reasons a reviewer may give."""

    def row(key: str, node: Mapping[str, Any], path: str) -> RefusalCode:
        return RefusalCode(key, *reader.both(node, path))

    return reader.rows(reader.section(body, "refusals"), "refusals", row)


def read_upkeep(reader: Reader, body: Mapping[str, Any]) -> Upkeep:
    """How the standard is kept up and held to."""
    if "upkeep" not in body:
        return Upkeep()
    section = reader.section(body, "upkeep")
    months = {
        name: reader.value(section, f"upkeep.{name}", reading.take_whole) if name in section else None
        for name in ("new_type_months", "revise_months", "inspect_months")
    }

    def row(key: str, node: Mapping[str, Any], path: str) -> Sanction:
        return Sanction(
            key,
            *reader.both(node, path),
            grade=reader.plain(node, "grade", path, reading.take_whole),
            final=reader.plain(node, "final", path, reading.take_truth),
        )

    sanctions: dict[str, Sanction] = {}
    if "sanctions" in section:
        sanctions = reader.rows(reader.section(section, "upkeep.sanctions"), "upkeep.sanctions", row)
    reader.known(section, "upkeep")
    return Upkeep(**months, sanctions=tuple(sorted(sanctions.values(), key=lambda s: s.grade)))
