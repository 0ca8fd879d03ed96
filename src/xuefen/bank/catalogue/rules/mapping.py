"""A mapping says how the columns of somebody's sheet become items and programmes (shape: docs/catalogue-mapping.md).

It is compiled once into small functions from a row to a text; anything it does not know is refused with its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from xuefen.bank.catalogue.types import CELL_UNREADABLE, MAPPING_INVALID, ItemKind
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock.quantity import BadQuantity, parse_credits

Row = Mapping[str, str]
Cell = Callable[[Row], str]

ITEM_FIELDS = (
    "code", "version", "name", "type_code", "level", "theory_hours", "practice_hours", "practice_weeks", "declared_credit",
    "online", "family", "subject", "authoritative", "effective_from", "statements", "skills",
)  # fmt: skip
_REQUIRED = ("code", "version", "name", "type_code", "effective_from")
_TOP = {
    "title", "kind", "outcome_class", "variants", "split", "derive", "item", "keep", "concentrated", "programme", "records",
}  # fmt: skip
_PLACE_FIELDS = ("key", "code", "version", "name", "group")
_NAMED = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Split:
    """One row stands for several items: ``column`` is cut at ``by``, each part becomes the derived column ``into``."""

    column: str
    by: str
    into: str


@dataclass(frozen=True, slots=True)
class Concentrated:
    """Full-time practice: when ``total`` is 0, or exactly ``week_hours`` for each week in ``weeks``, the row counts as weeks;
    where it names no weeks, ``hours`` hold class hours of practice.
    """

    total: str
    week_hours: int
    weeks: str
    hours: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A group of a programme: every course (``all``), or a minimum: ``share`` percent of the group, or ``need`` hundredths."""

    id: str
    value: str
    kind: str
    name: str
    name_en: str
    share: int
    need: int
    elective: bool


@dataclass(frozen=True, slots=True)
class PlanMapping:
    """How rows become programmes: the cells of :class:`Placement`, the framework level, the award, and the groups in order.

    ``choice`` is the column that may name a list to choose from, ``choose`` the words in it that say how many. Columns in
    ``kept`` are noted on each course's place, those in ``about`` on the programme, where the sheet has them.
    """

    cells: Mapping[str, Cell]
    level: int | None
    groups: Mapping[str, Group]
    award: Cell
    kept: tuple[str, ...]
    about: tuple[str, ...]
    choice: str
    choose: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Records:
    """How documents give rows: ``each`` names the list in a document; ``columns`` are paths, from its top or in the list."""

    each: str
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SheetMapping:
    """A compiled mapping. ``columns`` are the sheet's columns it reads."""

    kind: ItemKind
    outcome_class: OutcomeClass
    variants: bool
    split: Split | None
    derive: Mapping[str, Cell]
    item: Mapping[str, Cell]
    concentrated: Concentrated | None
    programme: PlanMapping | None
    columns: frozenset[str]
    keep: Mapping[str, Cell]
    records: Records | None


def parse_mapping(body: Mapping[str, Any]) -> SheetMapping:
    """Compile a mapping. Raises ``Denied(mapping_invalid)`` with the place and the reason of the first error."""
    if unknown := sorted(str(key) for key in set(body) - _TOP):
        _wrong(unknown[0], "不认识的键", "unknown key")
    used: set[str] = set()
    made: set[str] = set()
    split = _read_split(body.get("split"), used, made)
    derive: dict[str, Cell] = {}
    for name, spec in _table(body.get("derive", {}), "derive").items():
        derive[name] = _compile(spec, f"derive.{name}", used)
        made.add(name)
    specs = _table(body.get("item"), "item")
    for name in _REQUIRED:
        if name not in specs:
            _wrong(f"item.{name}", "缺少这一项", "missing")
    for name in specs:
        if name not in ITEM_FIELDS:
            _wrong(f"item.{name}", "目录项没有这一项", "no such field of an item")
    item = {name: _compile(spec, f"item.{name}", used) for name, spec in specs.items()}
    keep = {name: _compile(spec, f"keep.{name}", used) for name, spec in _table(body.get("keep", {}), "keep").items()}
    concentrated = _read_concentrated(body.get("concentrated"), used)
    programme = _read_programme(body.get("programme"), used)
    return SheetMapping(
        kind=_choice(body, "kind", ItemKind),
        outcome_class=_choice(body, "outcome_class", OutcomeClass),
        variants=body.get("variants", False) is True,
        split=split,
        derive=derive,
        item=item,
        concentrated=concentrated,
        programme=programme,
        columns=frozenset(used - made),
        keep=keep,
        records=_read_records(body.get("records")),
    )


def _wrong(where: str, zh: str, en: str) -> NoReturn:
    raise Denied(MAPPING_INVALID, place=where, where=where, reason_zh=zh, reason=en)


def _table(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        _wrong(where, "应为以文字为键的表", "a mapping with text keys expected")
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value:
        _wrong(where, "应为文字", "text expected")
    return value


def _texts(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        _wrong(where, "应为列名的列表", "a list of column names expected")
    return tuple(_text(one, where) for one in value)


def _whole(value: Any, where: str, *, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        _wrong(where, f"应为 0 到 {most} 的整数", f"a whole number from 0 to {most} expected")
    return value


def _choice(body: Mapping[str, Any], key: str, kind: Any) -> Any:
    try:
        return kind(body.get(key))
    except ValueError:
        _wrong(key, "应为以下之一：" + "、".join(kind), "one of these expected: " + ", ".join(kind))


# --- cells -----------------------------------------------------------------------------------------------------------


def _compile(spec: Any, where: str, used: set[str]) -> Cell:
    """A column's name, or a table with one of ``constant``, ``column``, ``first``, ``sum``, ``template``, ``choose``."""
    if isinstance(spec, str):
        used.add(spec)
        return lambda row: row[spec]
    ways: dict[str, Callable[[Mapping[str, Any], str, set[str]], Cell]] = {
        "constant": lambda s, w, u: _constant(_text(s["constant"], w)),
        "column": _column,
        "first": _first,
        "sum": _sum,
        "template": _template,
        "choose": _choose,
    }
    table = _table(spec, where)
    for way, make in ways.items():
        if way in table:
            return make(table, where, used)
    _wrong(where, "应有 constant、column、first、sum、template、choose 之一", f"one of {', '.join(ways)} expected")


def _constant(text: str) -> Cell:
    return lambda row: text


def _column(spec: Mapping[str, Any], where: str, used: set[str]) -> Cell:
    column = _text(spec["column"], where)
    used.add(column)
    default = spec.get("default", "")
    if "values" not in spec:
        return lambda row: row[column] or default
    values = {key: _text(value, where) for key, value in _table(spec["values"], where).items()}

    def read(row: Row) -> str:
        text = row[column]
        if text in values:
            return values[text]
        if "default" in spec or not text:
            return str(default)
        raise Denied(
            CELL_UNREADABLE,
            column=column,
            value=text[:40],
            expected_zh="：" + "、".join(values),
            expected="one of " + ", ".join(values),
        )

    return read


def _first(spec: Mapping[str, Any], where: str, used: set[str]) -> Cell:
    """The first of these columns that says something; the sheet need not have any of them."""
    columns = _texts(spec["first"], where)
    return lambda row: next((text for column in columns if (text := row.get(column, ""))), "")


def _sum(spec: Mapping[str, Any], where: str, used: set[str]) -> Cell:
    columns = _texts(spec["sum"], where)
    used.update(columns)
    return lambda row: str(sum(whole(row, column) for column in columns))


def _template(spec: Mapping[str, Any], where: str, used: set[str]) -> Cell:
    """``{column}`` stands for that column's text; empty when any of them is, so that a half-made code is never used."""
    template = _text(spec["template"], where)
    names = _NAMED.findall(template)
    used.update(names)
    default = str(spec.get("default", ""))
    return lambda row: _NAMED.sub(lambda m: row[m[1]], template) if all(row[name] for name in names) else default


def _choose(spec: Mapping[str, Any], where: str, used: set[str]) -> Cell:
    branches = [_branch(one, f"{where}.choose", used) for one in spec["choose"] or ()]
    if not branches:
        _wrong(where, "choose 为空", "choose is empty")

    def read(row: Row) -> str:
        return next((cell(row) for holds, cell in branches if holds(row)), "")

    return read


def _branch(spec: Any, where: str, used: set[str]) -> tuple[Callable[[Row], bool], Cell]:
    table = _table(spec, where)
    cell = _compile({key: value for key, value in table.items() if key != "when"}, where, used)
    if "when" not in table:
        return (lambda row: True), cell
    when = _table(table["when"], f"{where}.when")
    column = _text(when.get("column"), f"{where}.when")
    used.add(column)
    for test, holds in _TESTS.items():
        if test in when:
            return holds(column, _text(when[test], f"{where}.when")), cell
    _wrong(f"{where}.when", "应有 equals、prefix、contains 之一", f"one of {', '.join(_TESTS)} expected")


_TESTS: dict[str, Callable[[str, str], Callable[[Row], bool]]] = {
    "equals": lambda column, text: lambda row: row[column] == text,
    "prefix": lambda column, text: lambda row: row[column].startswith(text),
    "contains": lambda column, text: lambda row: text in row[column],
}


def whole(row: Row, column: str) -> int:
    """A column's whole number, 0 to 9999. Raises ``Denied(sheet_cell_unreadable)``, also for an empty cell."""
    text = row[column]
    if text.isascii() and text.isdigit() and len(text) <= 4:
        return int(text)
    raise Denied(
        CELL_UNREADABLE,
        column=column,
        value=text[:40],
        expected_zh="不超过 9999 的整数",
        expected="a whole number up to 9999",
    )


# --- parts -----------------------------------------------------------------------------------------------------------


def _read_split(value: Any, used: set[str], made: set[str]) -> Split | None:
    if value is None:
        return None
    table = _table(value, "split")
    split = Split(*(_text(table.get(key), f"split.{key}") for key in ("column", "by", "into")))
    used.add(split.column)
    made.add(split.into)
    return split


def _read_concentrated(value: Any, used: set[str]) -> Concentrated | None:
    if value is None:
        return None
    table = _table(value, "concentrated")
    found = Concentrated(
        total=_text(table.get("total"), "concentrated.total"),
        week_hours=_whole(table.get("week_hours"), "concentrated.week_hours", most=80),
        weeks=_text(table.get("weeks"), "concentrated.weeks"),
        hours=_texts(table.get("hours"), "concentrated.hours"),
    )
    used.update((found.total, found.weeks, *found.hours))
    return found


def _read_programme(value: Any, used: set[str]) -> PlanMapping | None:
    if value is None:
        return None
    table = _table(value, "programme")
    cells = {name: _compile(table.get(name), f"programme.{name}", used) for name in _PLACE_FIELDS}
    groups: dict[str, Group] = {}
    for value_, spec in _table(table.get("groups"), "programme.groups").items():
        groups[value_] = _read_group(value_, _table(spec, f"programme.groups.{value_}"))
    level = table.get("level")
    choice = _table(table.get("choices", {}), "programme.choices")
    words = _table(choice.get("choose", {}), "programme.choices.choose")
    return PlanMapping(
        cells=cells,
        level=_whole(level, "programme.level", most=10) if level is not None else None,
        groups=groups,
        award=_compile(table["award"], "programme.award", used) if "award" in table else (lambda row: ""),
        kept=_texts(table["keep"], "programme.keep") if "keep" in table else (),
        about=_texts(table["about"], "programme.about") if "about" in table else (),
        choice=str(choice.get("column", "")),
        choose={word: _whole(n, "programme.choices.choose", most=20) for word, n in words.items()},
    )


def _read_records(value: Any) -> Records | None:
    if value is None:
        return None
    table = _table(value, "records")
    columns = _table(table.get("columns"), "records.columns")
    return Records(
        each=_text(table.get("each"), "records.each"),
        columns={name: _text(path, f"records.columns.{name}") for name, path in columns.items()},
    )


def _read_group(value: str, spec: Mapping[str, Any]) -> Group:
    where = f"programme.groups.{value}"
    kind = spec.get("kind")
    if kind not in ("all", "credits"):
        _wrong(where, "kind 应为 all 或 credits", "kind must be all or credits")
    if kind == "credits" and ("share" in spec) == ("need" in spec):
        _wrong(where, "share 与 need 须恰有其一", "exactly one of share and need expected")
    try:
        need = int(parse_credits(str(spec.get("need", "0"))))
    except BadQuantity as error:
        _wrong(where, error.zh, error.en)
    return Group(
        id=_text(spec.get("id"), where),
        value=value,
        kind=kind,
        name=_text(spec.get("name"), where),
        name_en=_text(spec.get("name_en"), where),
        share=_whole(spec.get("share", 0), where, most=100),
        need=need,
        elective=spec.get("elective", False) is True,
    )
