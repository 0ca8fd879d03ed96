"""Checking a sheet before it is sent: anybody may, nothing is stored, nobody is looked up."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.deposits import rules
from xuefen.bank.deposits.reading import Bounds, open_source
from xuefen.bank.deposits.rules import checking
from xuefen.bank.deposits.types import CHECK_BUSY, FILE_TOO_LARGE
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.shell.clock import today
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards import queries as standards

MOST_CHECKED_BYTES = 5 * 1024 * 1024
BOUNDS = Bounds(memory=768 * 1024 * 1024, seconds=30, rows=20_000)
"""Less than a deposit may use: here everybody may knock."""
MOST_ERRORS = 2000
"""Errors told one by one; all of them are counted."""
_PATIENCE = 10  # seconds
_at_once = threading.BoundedSemaphore(2)  # of one web process; reading a sheet takes a processor


def check_sheet(*, content: bytes, issuer_code: str, now: datetime) -> checking.Checked:
    """Every error of a sheet (xlsx, or csv or pasted text with commas or tabs) that can be told without signing in.

    With an ``issuer_code`` the rows are also compared with its published catalogue and the standard in force, credit
    included. Raises ``Denied``: institution_unknown, check_busy, file_too_large, and what is wrong with the file as a whole.
    """
    if len(content) > MOST_CHECKED_BYTES:
        raise Denied(FILE_TOO_LARGE, place="file", most_mb=MOST_CHECKED_BYTES // 2**20)
    issuer = institutions.by_code(issuer_code) if issuer_code else None
    with _turn(), _on_disk(content) as path:
        source = open_source(path, bounds=BOUNDS)
        columns, day = rules.map_columns(source.header), today(now)
        loaded = standards.current(on=day)
        sheet = checking.Sheet(columns=columns, pack=loaded.pack)
        if issuer is not None:
            sheet.context = rules.Context(
                issuer_id=issuer.pk,
                batch_id=0,
                columns=columns,
                pack=loaded.pack,
                classes=institutions.qualified_classes(issuer.pk, on=day) or frozenset(OutcomeClass),
                items=catalogue.items_for(issuer.pk),
            )
        rows = sound = found = credits = 0
        errors: list[checking.SheetError] = []
        codes = Counter[str]()
        with closing(source.rows()) as reading:
            for number, cells in reading:
                row = rules.parse_row(number, cells, columns, today=day)
                wrong, worth = checking.check(row, sheet)
                rows, found, credits = rows + 1, found + len(wrong), credits + worth
                sound += not wrong
                codes.update(error.problem.code for error in wrong)
                if wrong and len(errors) < MOST_ERRORS:
                    errors += checking.shown(row, wrong, cells, columns)
    return checking.Checked(
        rows=rows,
        sound=sound,
        found=found,
        errors=tuple(errors[:MOST_ERRORS]),
        codes=dict(codes.most_common()),
        ignored=columns.ignored,
        issuer=issuer.code if issuer else "",
        credits=credits if issuer else None,
        standard=f"{loaded.code}/{loaded.version}",
    )


@contextmanager
def _turn() -> Iterator[None]:
    if not _at_once.acquire(timeout=_PATIENCE):
        raise Denied(CHECK_BUSY)
    try:
        yield
    finally:
        _at_once.release()


@contextmanager
def _on_disk(content: bytes) -> Iterator[Path]:
    """The sheet readers read files; this one is ours alone and gone afterwards."""
    with NamedTemporaryFile(prefix="xuefen-check-") as file:
        file.write(content)
        file.flush()
        yield Path(file.name)
