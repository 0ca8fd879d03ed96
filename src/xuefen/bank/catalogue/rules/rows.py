"""One row of a sheet, through a mapping, into drafts or into every reason why not."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import TypeVar

from xuefen.bank.catalogue.rules.mapping import Cell, Row, SheetMapping, whole
from xuefen.bank.catalogue.types import (
    CELL_MISSING,
    CELL_TOO_LONG,
    CELL_UNREADABLE,
    ItemContent,
    ItemDraft,
    Placement,
    RefusedLine,
    RowDraft,
)
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards.rules import read_type_code
from xuefen.bedrock.quantity import BadQuantity, parse_credits

T = TypeVar("T")
_LIMITS = {"code": 40, "version": 17, "name": 200, "type_code": 16, "family": 80}  # version: room for a variant's "-99"
_PLAN_LIMITS = {"key": 80, "code": 40, "version": 20, "name": 120, "group": 40}
_SEPARATORS = re.compile(r"[;；|]|(?<=。)")
_TRUE = frozenset({"是", "true", "1", "yes", "y", "网络", "线上", "在线"})
_FALSE = frozenset({"", "否", "false", "0", "no", "n", "面授", "线下"})


def read_row(number: int, row: Row, mapping: SheetMapping) -> RowDraft | list[RefusedLine]:
    """Read one row whose cells are clean text. A row is taken whole or not at all; every error of it is listed."""
    reader = _RowReader(number, mapping)
    items = [reader.item(part) for part in reader.parts(row)]
    placement = reader.placement(row)
    if reader.refused:
        return reader.refused
    # Parts of one row may say the same thing twice (三级/高级工 and 高级).
    drafts = tuple(dict.fromkeys(item for item in items if item is not None))
    notes = tuple((name, text) for name, cell in mapping.keep.items() if (text := cell(row)))
    return RowDraft(row=number, items=drafts, placement=placement, notes=notes)


class _RowReader:
    """Collects what is wrong with one row."""

    def __init__(self, number: int, mapping: SheetMapping) -> None:
        self.number = number
        self.mapping = mapping
        self.refused: list[RefusedLine] = []

    def parts(self, row: Row) -> list[Row]:
        """The row itself, or one row for each part of the split column, with the derived columns added."""
        split = self.mapping.split
        if split is None:
            return self._derived([dict(row)])
        texts = [text.strip() for text in row[split.column].split(split.by) if text.strip()]
        if not texts:
            self._refuse(split.column, Denied(CELL_MISSING, column=split.column))
        return self._derived([{**row, split.into: text} for text in texts])

    def _derived(self, rows: list[dict[str, str]]) -> list[Row]:
        for row in rows:
            for name, cell in self.mapping.derive.items():
                row[name] = self._take(name, lambda cell=cell, row=row: cell(row)) or ""  # type: ignore[misc]
        return list(rows)

    def item(self, row: Row) -> ItemDraft | None:
        before = len(self.refused)
        texts = {name: self._text(name, row, _LIMITS) for name in ("code", "version", "name", "type_code")}
        type_code = self._take("type_code", lambda: read_type_code(texts["type_code"]))
        level = self._take("level", lambda: _level(self._cell("level", row)))
        declared = self._take("declared_credit", lambda: _credits(self._cell("declared_credit", row)))
        if declared is None and self.mapping.programme and "declared_credit" not in {r.field for r in self.refused}:
            # A course in a programme without a credit would make the programme's sum a guess.
            self._refuse("declared_credit", Denied(CELL_MISSING, column="declared_credit"))
        if declared is None and self.mapping.outcome_class is not OutcomeClass.DEGREE:
            declared = 0  # only schools declare credit; certificates and activities are worth what the standard says
        hours = self._take("hours", lambda: self._hours(row)) or (0, 0, 0)
        starts = self._take("effective_from", lambda: _date(self._cell("effective_from", row)))
        online = self._take("online", lambda: _truth("online", self._cell("online", row)))
        authoritative = self._take("authoritative", lambda: _truth("authoritative", self._cell("authoritative", row)))
        family = self._text("family", row, _LIMITS, required=False)
        subject = self._cell("subject", row)
        if len(self.refused) > before or starts is None or type_code is None:
            return None
        content = ItemContent(
            name=texts["name"],
            type_code=type_code,
            level=level,
            theory_hours=hours[0],
            practice_hours=hours[1],
            practice_weeks=hours[2],
            declared_credit=declared,
            online=bool(online),
            family=family,
            subject=subject,
            authoritative=bool(authoritative),
            effective_from=starts,
            statements=_sentences(self._cell("statements", row)),
            skills=_sentences(self._cell("skills", row)),
        )
        return ItemDraft(code=texts["code"].upper(), version=texts["version"], content=content)

    def placement(self, row: Row) -> Placement | None:
        plan = self.mapping.programme
        if plan is None:
            return None
        texts: dict[str, str] = {}
        for name, cell in plan.cells.items():
            # A group without a word is one where the mapping says so.
            needed = name != "group" or "" not in plan.groups
            texts[name] = self._checked(f"programme.{name}", cell, row, limit=_PLAN_LIMITS[name], required=needed)
        if texts["group"] and texts["group"] not in plan.groups:
            expected = "、".join(plan.groups)
            self._refuse(
                "programme.group",
                Denied(
                    CELL_UNREADABLE,
                    column="programme.group",
                    value=texts["group"],
                    expected_zh=f"：{expected}",
                    expected=f"one of {expected}",
                ),
            )
        choice = row.get(plan.choice, "")
        choose = next((n for word, n in plan.choose.items() if word in choice), 0)
        return Placement(
            **texts,
            award=plan.award(row)[:20],
            choice=choice if choose else "",
            choose=choose,
            kept=tuple((name, row[name]) for name in plan.kept if row.get(name)),
            about=tuple((name, row[name]) for name in plan.about if row.get(name)),
        )

    def _hours(self, row: Row) -> tuple[int, int, int]:
        """Theory hours, practice hours, weeks of practice."""
        rule = self.mapping.concentrated
        if rule is not None:
            # No total is entered as 0 or not at all.
            total, weeks = whole(row, rule.total) if row[rule.total] else 0, whole(row, rule.weeks)
            if total == weeks * rule.week_hours or not total:
                return (0, 0, weeks) if weeks else (0, sum(whole(row, column) for column in rule.hours), 0)
        theory, practice, weeks = (
            _number(name, self._cell(name, row)) for name in ("theory_hours", "practice_hours", "practice_weeks")
        )
        return theory, practice, weeks

    def _cell(self, name: str, row: Row) -> str:
        cell = self.mapping.item.get(name)
        return cell(row) if cell else ""

    def _text(self, name: str, row: Row, limits: dict[str, int], *, required: bool = True) -> str:
        cell = self.mapping.item.get(name)
        return self._checked(name, cell, row, limit=limits[name], required=required) if cell else ""

    def _checked(self, name: str, cell: Cell, row: Row, *, limit: int, required: bool = True) -> str:
        before = len(self.refused)
        text = self._take(name, lambda: cell(row)) or ""
        if not text and required and len(self.refused) == before:
            self._refuse(name, Denied(CELL_MISSING, column=name))
        if len(text) > limit:
            self._refuse(name, Denied(CELL_TOO_LONG, column=name, limit=limit))
        return text

    def _take(self, name: str, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except Denied as denied:
            self._refuse(name, denied)
            return None

    def _refuse(self, field: str, denied: Denied) -> None:
        line = RefusedLine(row=self.number, field=field, problem=denied.problem, params=denied.params)
        if line not in self.refused:
            self.refused.append(line)


def _unreadable(column: str, value: str, zh: str, en: str) -> Denied:
    return Denied(CELL_UNREADABLE, column=column, value=value[:40], expected_zh=zh, expected=en)


def _number(column: str, text: str) -> int:
    return whole({column: text}, column) if text else 0


def _level(text: str) -> int | None:
    if not text:
        return None
    level = whole({"level": text}, "level")
    if not 1 <= level <= 10:
        raise _unreadable("level", text, "1 到 10 的等级", "a level from 1 to 10")
    return level


def _credits(text: str) -> int | None:
    if not text:
        return None
    try:
        return int(parse_credits(text))
    except BadQuantity as error:
        raise _unreadable(
            "declared_credit", text, "学分（" + error.zh.rstrip("。") + "）", f"credits ({error.en})"
        ) from error


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _unreadable("effective_from", text, "日期，如 2026-09-01", "a date such as 2026-09-01") from error


def _sentences(text: str) -> tuple[str, ...]:
    """Statements of one cell: separated by ； ; or |."""
    return tuple(dict.fromkeys(part for one in _SEPARATORS.split(text) if (part := one.strip(" 。."))))


def _truth(column: str, text: str) -> bool:
    word = text.lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise _unreadable(column, text, "是或否", "yes or no")
