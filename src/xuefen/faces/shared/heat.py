"""A heat map as a table: every cell says its number, and how deep its colour is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from xuefen.faces.shared.i18n import t

DEPTHS = (1, 10, 25, 50, 75)
"""Percents from which a cell is one step deeper."""


class Cell(Protocol):
    @property
    def row(self) -> str: ...
    @property
    def column(self) -> str: ...
    @property
    def reached(self) -> int: ...
    @property
    def all(self) -> int: ...
    @property
    def rules(self) -> int: ...
    @property
    def percent(self) -> int: ...


def heat_map(
    rows: Sequence[tuple[str, Any]], columns: Sequence[tuple[str, Any]], cells: Iterable[Cell]
) -> dict[str, Any]:
    """What ``shared/parts/heat.html`` draws: ``rows`` and ``columns`` are (key, name)."""
    found = {(cell.row, cell.column): cell for cell in cells}
    return {
        "columns": [name for _, name in columns],
        "rows": [
            {
                "name": name,
                "cells": [{"column": label, **_drawn(found.get((key, column)))} for column, label in columns],
            }
            for key, name in rows
        ],
    }


def _drawn(cell: Cell | None) -> dict[str, Any]:
    if cell is None or not cell.reached:
        return {"depth": 0, "percent": "", "text": ""}
    text = t("{n} / {all}", "{n} of {all}", n=cell.reached, all=cell.all)
    return {
        "depth": sum(cell.percent >= step for step in DEPTHS) or 1,
        "percent": cell.percent or "<1",
        "text": text,
        "rules": cell.rules,
    }
