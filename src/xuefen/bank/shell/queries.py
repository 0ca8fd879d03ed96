"""Which node this is, whether its guards stand, and which rows of a table are due."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model, Q, QuerySet

from xuefen.bank.shell.models import Node
from xuefen.bank.shell.sweeping import Due
from xuefen.bank.shell.violation import Violation

E = TypeVar("E")
M = TypeVar("M", bound=Model)
S = TypeVar("S", bound=str)


def node() -> Node | None:
    """This node's row; None before ``xuefen init``. Written out: every verification asks for it."""
    return next(iter(Node.objects.raw("SELECT * FROM node")), None)


_TRIGGER = re.compile(r"""CREATE (?:OR REPLACE |CONSTRAINT )?TRIGGER (\w+)\s[^;]*?\sON "?(\w+)""")


def guards() -> set[tuple[str, str]]:
    """(table, trigger) of every guard that the rooms' ``guards.sql`` put up."""
    rooms = Path(__file__).resolve().parents[1]
    texts = [path.read_text(encoding="utf-8") for path in sorted(rooms.glob("*/guards.sql"))]
    return {(table, name) for text in texts for name, table in _TRIGGER.findall(text)}


def violations() -> Iterator[Violation]:
    """Facts are facts (I7) only while their guards stand: every trigger must exist and be enabled."""
    standing = fetch(
        "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE c.relnamespace = current_schema()::regnamespace AND t.tgenabled IN ('O', 'A')"
    )
    for table, name in sorted(guards() - set(standing)):
        yield Violation(invariant="I7", subject=f"table {table}", found=f"its guard {name} is missing or disabled")


def fetch(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """All rows of a query that is written as SQL."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return list(cursor.fetchall())


def due(
    rows: QuerySet[M], column: str, *, after: Due[E] | None, limit: int, events: Mapping[S, E] | None = None
) -> list[Due[E]]:
    """Rows with an ``id``, ``version``, ``number`` and ``state`` whose time stands in ``column``: the next ``limit`` beyond
    ``after``, oldest first. ``events`` says by state what the house then does; without, they are reminders.
    """
    if after is not None:
        rows = rows.filter(Q(**{f"{column}__gt": after.at}) | Q(**{column: after.at, "id__gt": after.id}))
    found = rows.order_by(column, "id").values_list(column, "id", "version", "number", "state")[:limit]
    return [Due(at, pk, version, number, events[s] if events else None) for at, pk, version, number, s in found]
