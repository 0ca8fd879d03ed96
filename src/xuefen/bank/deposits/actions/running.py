"""Depositing a batch: rows in chunks, each chunk one durable transaction with everything that belongs to it.

A chunk commits its outcomes, transfers, leaves, audit entry, refused rows and the batch's counters and cursor together. So a
run that is killed anywhere has deposited whole chunks, the cursor says which, and the next run goes on behind them; every
row is judged as on the day the file came, so the end is the same.

While the database writes one chunk, another process reads and judges the next: ``reading.ahead``.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from django.db import IntegrityError, OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, DiskFull, LockNotAvailable, UniqueViolation

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.deposits import queries, rules
from xuefen.bank.deposits.actions import writing
from xuefen.bank.deposits.actions.receiving import issuer_for
from xuefen.bank.deposits.actions.storage import uploads
from xuefen.bank.deposits.actions.workbook import open_workbook
from xuefen.bank.deposits.models import Batch, Outcome
from xuefen.bank.deposits.reading import Source, ahead, open_source
from xuefen.bank.deposits.reading.ahead import Preparer
from xuefen.bank.deposits.rules.sheet import read_mapping
from xuefen.bank.deposits.states import OVER
from xuefen.bank.deposits.types import (
    BATCH_RUNNING,
    DATABASE_FULL,
    FILE_UNREADABLE,
    ISSUER_NOT_QUALIFIED,
    UPLOAD_LOST,
    BatchFacts,
    BatchState,
    Counts,
    DryRun,
)
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.learners import queries as learners
from xuefen.bank.learners.types import Resolved
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.clock import today
from xuefen.bank.shell.copy import allocate_ids
from xuefen.bank.shell.problems import NOT_ALLOWED, Denied
from xuefen.bank.standards import queries as standards
from xuefen.bank.translog import actions as translog

CHUNK_ROWS = (
    5000  # rows of one transaction: large enough to be fast, small enough that an interrupted night loses seconds
)
_ATTEMPTS = 3
_PATIENCE = "1s"  # of a batch whose issuer has another under way
_FEW_BYTES = 1024  # a row or two as a form or a call makes them
_FEW_ROWS = 10  # whose items are looked up one by one
Progress = Callable[[int, int], None]  # rows done, rows in all


@dataclass(slots=True)
class _Reading:
    """An opened file and what its rows are judged by."""

    source: Source
    context: rules.Context
    day: date
    books: dict[int, int] = field(default_factory=dict)  # book by learner; books never change their owner

    def chunks(
        self, size: int, *, after: int = 0, frame: rules.Frame | None = None
    ) -> Generator[rules.Chunk, None, None]:
        preparer = Preparer(self.source, self.context, self.day, frame, size, after)
        return ahead.chunks(preparer, _Database())


class _Database:
    """Answers whoever reads ahead."""

    def learners(self, *, account_nos: Collection[str], id_numbers: Collection[str]) -> Resolved:
        return learners.resolve(account_nos=account_nos, id_numbers=id_numbers)

    def ids(self, count: int) -> tuple[list[int], list[int]]:
        return allocate_ids(Outcome, count), translog.draw_ids(count)


def run(
    *,
    batch_id: int,
    by: Actor,
    now: datetime,
    progress: Progress | None = None,
    chunk_rows: int = CHUNK_ROWS,
) -> BatchFacts:
    """Deposit a received batch to its end, from where it stands, or until somebody pauses or cancels it. One that has ended,
    is paused or waits to be told its columns comes back as it is.

    ``Denied``: not_allowed; batch_running (another run of this issuer is under way; nothing was touched); upload_lost;
    database_full (all chunks before are safe, run again); or what is wrong with the file as a whole, which is also kept in
    the batch, then ``failed`` with nothing deposited, or ``unmapped`` when it is only the headings.
    """
    batch = Batch.objects.select_related("issuer__place").get(pk=batch_id)
    scope = by.scope("deposits.deposit")
    if not scope.reaches(institution_id=batch.issuer_id, place_path=batch.issuer.place.path):
        raise Denied(NOT_ALLOWED, action="deposits.deposit")
    with _turn_of(batch):
        batch.refresh_from_db()
        if batch.state in OVER:
            _forget_file(batch)  # the run that ended it may have been killed just before
            return queries.facts(batch, already=True)
        if batch.state in (BatchState.PAUSED, BatchState.UNMAPPED):
            return queries.facts(batch, already=True)
        reading = _open_kept(batch, by=by, now=now)
        if reading is None or not writing.start(batch=batch, total_rows=reading.source.total_rows):
            batch.refresh_from_db()
            return queries.facts(batch)
        if not _deposit_all(reading, batch, chunk_rows=chunk_rows, by=by, now=now, progress=progress):
            return queries.facts(batch)
        facts = writing.finish(batch=batch, by=by, now=now)
        if facts.state is BatchState.DONE:
            _forget_file(batch)
        return facts


def _forget_file(batch: Batch) -> None:
    """Every row is deposited or kept as refused: the file's personal data has no further business here."""
    if batch.stored_as:
        (uploads() / batch.stored_as).unlink(missing_ok=True)


def dry_run(
    *,
    path: Path,
    issuer_code: str,
    by: Actor,
    now: datetime,
    errors: Path | None = None,
    progress: Progress | None = None,
    chunk_rows: int = CHUNK_ROWS,
    pairs: Sequence[tuple[str, str]] = (),
) -> DryRun:
    """Judge a file exactly as ``run`` would and write nothing but, if asked, the error workbook to ``errors``. ``pairs`` say
    what headings mean, besides what is remembered of the issuer's.

    Raises ``Denied``: not_allowed, institution_unknown, issuer_not_qualified, disk_full, column_means, column_twice, and what
    is wrong with the file.
    """
    issuer = issuer_for(issuer_code, by=by, now=now)
    day = today(now)
    mapping = {**queries.remembered(issuer.id), **read_mapping(pairs)}
    reading = _read(
        _source(path, issuer_id=issuer.id, issuer_code=issuer.code, day=day),
        issuer_id=issuer.id,
        batch_id=0,
        standard_id=standards.current(on=day).id,
        day=day,
        mapping=mapping,
    )
    columns = reading.context.columns
    counts, codes = Counts(), Counter[str]()
    seen: dict[bytes, int] = {}
    with contextlib.ExitStack() as stack:
        lacking = rules.may_lack(reading.context.pack)
        book = stack.enter_context(open_workbook(errors, mapping=mapping, fields=lacking)) if errors else None
        for chunk in reading.chunks(chunk_rows):
            judged = writing.without_repeats(chunk, seen, columns, batch_id=0)
            judged.add_to(counts)
            for refused in judged.refused:
                codes.update(error.problem.code for error in refused.errors)
                if book:
                    book.add(refused)
            if progress:
                progress(counts.read, reading.source.total_rows)
    return DryRun(
        total_rows=reading.source.total_rows,
        counts=counts,
        codes=dict(codes.most_common()),
        ignored=columns.ignored if reading.source.asks else (),
    )


@contextlib.contextmanager
def _turn_of(batch: Batch) -> Iterator[None]:
    """A batch runs alone among its issuer's: its chunks look for duplicates among what is committed. Forms and calls of a row
    or two run beside each other, but not beside a batch. The lock dies with the session.
    """
    path = uploads() / batch.stored_as
    alone = not path.is_file() or path.stat().st_size > _FEW_BYTES
    lock = "pg_advisory_lock" if alone else "pg_advisory_lock_shared"
    key = [batch.issuer_id]
    with connection.cursor() as cursor:
        try:
            # Waiting a little, not only trying: behind a waiting batch no new call gets in, so it gets its turn.
            with transaction.atomic():
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_PATIENCE])
                cursor.execute(f"SELECT {lock}(hashtext(current_schema() || '.deposit'), %s)", key)
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise Denied(BATCH_RUNNING, issuer=batch.issuer.code, batch=batch.number) from None
            raise
    try:
        yield
    finally:
        if not connection.closed_in_transaction and connection.connection and not connection.connection.closed:
            unlock = lock.replace("lock", "unlock", 1)
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {unlock}(hashtext(current_schema() || '.deposit'), %s)", key)


def _open_kept(batch: Batch, *, by: Actor, now: datetime) -> _Reading | None:
    """Open the batch's file; what is wrong with it as a whole is written into the batch, if nothing was deposited yet.

    None when its columns are to be explained first.
    """
    path = uploads() / batch.stored_as
    if not batch.stored_as or not path.exists():
        raise Denied(UPLOAD_LOST, batch=batch.number, row=batch.cursor)
    try:
        source = _source(path, issuer_id=batch.issuer_id, issuer_code=batch.issuer.code, day=today(batch.received_at))
    except Denied as denied:
        if batch.cursor == 0:
            writing.fail(batch=batch, denied=denied, by=by, now=now)
            path.unlink(missing_ok=True)
        raise
    if batch.ask_columns and source.asks:
        writing.ask_columns(batch=batch, header=source.header, denied=None, by=by, now=now)
        return None
    try:
        return _read(
            source,
            issuer_id=batch.issuer_id,
            batch_id=batch.pk,
            standard_id=batch.standard_version_id,
            day=today(batch.received_at),
            mapping=batch.mapping,
        )
    except Denied as denied:
        denied.place = denied.place or "header"
        if batch.cursor == 0:
            writing.ask_columns(batch=batch, header=source.header, denied=denied, by=by, now=now)
        raise


def _source(path: Path, *, issuer_id: int, issuer_code: str, day: date) -> Source:
    if not path.is_file():
        raise Denied(FILE_UNREADABLE, place="file", file=path.name)
    if not institutions.qualified_classes(issuer_id, on=day):
        raise Denied(ISSUER_NOT_QUALIFIED, issuer=issuer_code, on=day.isoformat())
    return open_source(path)


def _read(
    source: Source, *, issuer_id: int, batch_id: int, standard_id: int, day: date, mapping: Mapping[str, str]
) -> _Reading:
    """Everything the rows are judged by. Raises ``Denied`` with what the headings lack."""
    columns = rules.map_columns(source.header, mapping if source.asks else None)
    codes = None
    if source.total_rows <= _FEW_ROWS:  # a university's whole catalogue is thousands of items
        codes = {rules.parse_row(number, cells, columns, today=day).item_code for number, cells in source.rows()}
    context = rules.Context(
        issuer_id=issuer_id,
        batch_id=batch_id,
        columns=columns,
        pack=standards.by_id(standard_id).pack,
        classes=institutions.qualified_classes(issuer_id, on=day),
        items=catalogue.items_for(issuer_id, codes=codes),
    )
    return _Reading(source, context, day)


def _deposit_all(
    reading: _Reading, batch: Batch, *, chunk_rows: int, by: Actor, now: datetime, progress: Progress | None
) -> bool:
    """Commit chunk after chunk from where the batch stands. When a number was drawn before, or somebody else has just deposited
    one of its outcomes, the file is read again from there, under new numbers.

    False when somebody has stopped the batch.
    """
    done = batch.read
    frame = writing.frame_of(batch, now=now)
    attempts_left = _ATTEMPTS
    while True:
        try:
            with contextlib.closing(reading.chunks(chunk_rows, after=batch.cursor, frame=frame)) as chunks:
                for chunk in chunks:
                    if not _deposit(reading, batch, chunk, by=by, now=now):
                        return False
                    done += chunk.size
                    attempts_left = _ATTEMPTS
                    if progress:
                        progress(done, reading.source.total_rows)
            return True
        except IntegrityError as error:
            attempts_left -= 1
            if not isinstance(error.__cause__, UniqueViolation) or not attempts_left:
                raise


def _deposit(reading: _Reading, batch: Batch, chunk: rules.Chunk, *, by: Actor, now: datetime) -> bool:
    """Commit one chunk, again when others stood in its way; a full disk is said in words.

    False when somebody has stopped the batch.
    """
    for attempts_left in reversed(range(_ATTEMPTS)):
        try:
            found = writing.commit_chunk(
                batch=batch, chunk=chunk, columns=reading.context.columns, books=reading.books, by=by, now=now
            )
            if found is None:
                return False
            reading.books.update(found)  # not before the commit: a book opened in a transaction that failed is none
            return True
        except OperationalError as error:
            if isinstance(error.__cause__, DiskFull):
                raise Denied(DATABASE_FULL, row=batch.cursor) from error
            if not isinstance(error.__cause__, DeadlockDetected) or not attempts_left:
                raise
    raise AssertionError("the last attempt returns or raises")
