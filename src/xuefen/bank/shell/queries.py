"""Which node this is, and whether its guards stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from django.db import connection

from xuefen.bank.shell.models import Node
from xuefen.bank.shell.violation import Violation


def node() -> Node | None:
    """This node's row; None before ``xuefen init``."""
    return Node.objects.first()


_TRIGGER = re.compile(r"CREATE (?:OR REPLACE |CONSTRAINT )?TRIGGER (\w+)\s[^;]*?\sON (\w+)")


def guards() -> set[tuple[str, str]]:
    """(table, trigger) of every guard that the rooms' ``guards.sql`` put up."""
    rooms = Path(__file__).resolve().parents[1]
    texts = [path.read_text(encoding="utf-8") for path in sorted(rooms.glob("*/guards.sql"))]
    return {(table, name) for text in texts for name, table in _TRIGGER.findall(text)}


def violations() -> Iterator[Violation]:
    """Facts are facts (I7) only while their guards stand: every trigger must exist and be enabled."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE c.relnamespace = current_schema()::regnamespace AND t.tgenabled IN ('O', 'A')"
        )
        standing = set(cursor.fetchall())
    for table, name in sorted(guards() - standing):
        yield Violation(invariant="I7", subject=f"table {table}", found=f"its guard {name} is missing or disabled")
