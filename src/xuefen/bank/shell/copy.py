"""COPY for bulk writes: the one way a room writes more than a page of rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, models
from psycopg import Copy

from xuefen.bank.shell.transaction import inside_transaction


def allocate_ids(model: type[models.Model], count: int) -> list[int]:
    """Take ``count`` ids from the model's sequence, ascending. Ids of a rolled-back write are simply never used."""
    with connection.cursor() as cursor:
        # The sequence is looked up once, and the ids come back as one text: a row each would cost more than the ids.
        cursor.execute(
            "SELECT string_agg(nextval(s.name)::text, ',') FROM"
            " (SELECT pg_get_serial_sequence(%s, %s)::regclass AS name OFFSET 0) s, generate_series(1, %s)",
            [model._meta.db_table, model._meta.pk.column, count],
        )
        drawn = cursor.fetchone()[0]
    return sorted(map(int, drawn.split(","))) if drawn else []


def int_array(values: Iterable[int]) -> str:
    """Integers as the text of a PostgreSQL array: one short parameter, where a list would be dumped element by element."""
    return "{" + ",".join(map(str, values)) + "}"


def bytes_array(values: Iterable[bytes]) -> str:
    """Byte strings as the text of a PostgreSQL ``bytea[]``."""
    return "{" + ",".join([f'"\\\\x{value.hex()}"' for value in values]) + "}"


@inside_transaction
def copy_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY ``rows`` (tuples in the order of ``columns``, database column names) into the model's table."""
    with _copying(model, columns) as copy:
        for row in rows:
            copy.write_row(row)


@inside_transaction
def copy_text(model: type[models.Model], columns: Sequence[str], text: str | bytes) -> None:
    """COPY rows that stand in COPY's own text (UTF-8) already, one a line: a fifth of the work of tuples.

    Whoever wrote the text answers for the escapes.
    """
    with _copying(model, columns) as copy:
        copy.write(text)


@contextmanager
def _copying(model: type[models.Model], columns: Sequence[str]) -> Iterator[Copy]:
    names = ", ".join(f'"{c}"' for c in columns)
    command = f'COPY "{model._meta.db_table}" ({names}) FROM STDIN'
    # Django does not know of COPY: without the wrapper a full disk or a number drawn twice would be a stranger's error.
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.cursor.copy(command) as copy:
        yield copy
