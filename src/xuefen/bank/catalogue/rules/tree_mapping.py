"""A mapping of format ``requirement-trees``: what the documents leave unsaid (shape: docs/catalogue-mapping.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NoReturn

from xuefen.bank.catalogue.types import MAPPING_INVALID, ItemContent, ItemKind
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock.quantity import BadQuantity, parse_credits

FORMAT = "requirement-trees"
_TOP = {"title", "format", "kind", "outcome_class", "item", "programme"}
_ITEM = {"version", "type_code", "level", "credit", "effective_from"}


@dataclass(frozen=True, slots=True)
class ProgrammeType:
    """What a document's type means: the award, and the programme's code (``{code}`` stands for the document's)."""

    award: str
    code: str


@dataclass(frozen=True, slots=True)
class TreeMapping:
    """A compiled mapping. ``template`` is the content of a course of which a document says only its code."""

    kind: ItemKind
    outcome_class: OutcomeClass
    item_version: str
    template: ItemContent
    unit: int
    version: str
    level: int | None
    types: Mapping[str, ProgrammeType]


def parse_tree_mapping(body: Mapping[str, Any]) -> TreeMapping:
    """Compile a mapping. Raises ``Denied(mapping_invalid)`` with the place of the first error."""
    if unknown := sorted(str(key) for key in set(body) - _TOP):
        _wrong(unknown[0], "不认识的键", "unknown key")
    item, programme = _table(body.get("item"), "item"), _table(body.get("programme"), "programme")
    if unknown := sorted(str(key) for key in set(item) ^ _ITEM):
        _wrong(f"item.{unknown[0]}", "缺少或多余的键", "missing or unknown key")
    if not isinstance(item["effective_from"], date):
        _wrong("item.effective_from", "应为日期", "a date expected")
    try:
        unit = int(parse_credits(str(item["credit"])))
    except BadQuantity as error:
        _wrong("item.credit", error.zh, error.en)
    if not unit:
        _wrong("item.credit", "应为正数", "a positive number expected")
    types = {
        str(name): ProgrammeType(award=str(spec.get("award", "")), code=str(spec.get("code", "{code}")))
        for name, spec in _table(programme.get("types"), "programme.types").items()
        if isinstance(spec, Mapping) or _wrong(f"programme.types.{name}", "应为一张表", "a mapping expected")
    }
    return TreeMapping(
        kind=ItemKind(body.get("kind", "course")),
        outcome_class=OutcomeClass(body.get("outcome_class", "degree")),
        item_version=str(item["version"]),
        template=ItemContent(
            name="",
            type_code=str(item["type_code"]),
            level=_level(item["level"], "item.level"),
            theory_hours=0,
            practice_hours=0,
            practice_weeks=0,
            declared_credit=unit,
            online=False,
            family="",
            subject="",
            authoritative=False,
            effective_from=item["effective_from"],
        ),
        unit=unit,
        version=str(programme.get("version", "")) or _wrong("programme.version", "缺少这一项", "missing"),
        level=_level(programme.get("level"), "programme.level"),
        types=types,
    )


def _wrong(where: str, zh: str, en: str) -> NoReturn:
    raise Denied(MAPPING_INVALID, place=where, where=where, reason_zh=zh, reason=en)


def _table(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        _wrong(where, "应为一张表", "a mapping expected")
    return value


def _level(value: Any, where: str) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 10):
        _wrong(where, "应为 1 到 10 的整数", "a whole number from 1 to 10 expected")
    return value
