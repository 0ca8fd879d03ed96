"""Taking in a file: complete on disk under the batch's number, or not at all."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from io import StringIO
from pathlib import Path

from xuefen.bank.audit import actions as audit
from xuefen.bank.deposits import queries, states
from xuefen.bank.deposits.actions.steering import remember
from xuefen.bank.deposits.actions.storage import MOST_BYTES, disk_full_is_denied, uploads
from xuefen.bank.deposits.models import Batch
from xuefen.bank.deposits.rules.sheet import FIELDS, read_mapping
from xuefen.bank.deposits.types import (
    BATCH_MOVE,
    FILE_EMPTY,
    FILE_TOO_LARGE,
    FILE_UNREADABLE,
    ISSUER_NOT_QUALIFIED,
    BatchEvent,
    BatchFacts,
    BatchState,
    Issuer,
)
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.ledger.types import IDEMPOTENCY_CONFLICT
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.clock import today
from xuefen.bank.shell.problems import NOT_ALLOWED, Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case, wait_turn
from xuefen.bank.standards import queries as standards
from xuefen.bedrock import disk, ids
from xuefen.bedrock.names import clean


def receive(
    *,
    source: str,
    file_name: str,
    path: Path,
    issuer_code: str,
    by: Actor,
    now: datetime,
    pairs: Sequence[tuple[str, str]] = (),
    ask_columns: bool = False,
    own_headings: bool = True,
) -> BatchFacts:
    """Keep an uploaded file as a batch, without judging its rows. ``source`` is "file", "form" or "api".

    ``pairs`` say what headings mean; they go before what is remembered of the issuer's, and are remembered. With
    ``ask_columns`` its first run only reads the headings, and the batch waits for ``choose_columns``. Without
    ``own_headings`` they are the published ones, whatever is remembered.

    The same content from the same issuer is the same batch: it comes back with ``already=True``, to be resumed if it was
    interrupted; one that failed as a whole may run again. Nothing is kept when this raises ``Denied``: not_allowed,
    institution_unknown, issuer_not_qualified, file_unreadable, file_empty, file_too_large, disk_full, column_means,
    column_twice, batch_move (columns told of a batch that is already being deposited).
    """
    issuer = issuer_for(issuer_code, by=by, now=now)
    read_mapping(pairs)
    named = clean(Path(file_name).name)[:200]
    with _kept(path) as (kept, digest):
        return _enter(
            source=source, file_name=named, kept=kept, digest=digest, issuer=issuer, pairs=pairs, ask_columns=ask_columns,
            own_headings=own_headings, by=by, now=now,
        )  # fmt: skip


def receive_rows(
    *,
    source: str,
    rows: Sequence[Mapping[str, str]],
    issuer_code: str,
    by: Actor,
    now: datetime,
    key: str = "",
    named: bool = False,
) -> BatchFacts:
    """A form or an API call as a batch: rows by field name (account, id_number, name, item_code, …), through the same road.

    ``key`` tells two calls with equal rows apart; ``named`` says that the caller made it for one content and no other. Raises as
    ``receive``, idempotency_conflict for such a key with another content, and ValueError for an unknown field name.
    """
    issuer = issuer_for(issuer_code, by=by, now=now)
    text = rows_text(rows, key=key)
    folder = uploads()
    path = folder / f".{secrets.token_hex(8)}.rows"
    try:
        with disk_full_is_denied():
            path.write_bytes(text)
            path.chmod(0o600)
        with _kept(path) as (kept, digest):
            return _enter(
                source=source, file_name=rows_name(source, key=key, named=named), kept=kept, digest=digest,
                issuer=issuer, pairs=(), ask_columns=False, own_headings=False, named=named, by=by, now=now,
            )  # fmt: skip
    finally:
        path.unlink(missing_ok=True)


def rows_text(rows: Sequence[Mapping[str, str]], *, key: str) -> bytes:
    """Rows of a form or a call as the file they stand for, ``key`` included; its SM3 tells one content from another.

    ValueError for an unknown field name.
    """
    fields = [name for name in FIELDS if any(name in row for row in rows)]
    if any(row.keys() - FIELDS.keys() for row in rows):
        raise ValueError("a row names a field that deposits do not have")
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([*fields, f"key {key}"] if key else fields)
    writer.writerows([row.get(name, "") for name in fields] + ([""] if key else []) for row in rows)
    return text.getvalue().encode()


def rows_name(source: str, *, key: str, named: bool) -> str:
    """The file name of such a batch; a key that the caller made is looked up by it."""
    return f"{source}/{key}" if named else f"{source}.csv"


def issuer_for(issuer_code: str, *, by: Actor, now: datetime) -> Issuer:
    """The issuer, if ``by`` may deposit for it and it is qualified for anything today."""
    scope = by.scope("deposits.deposit")
    found = institutions.by_code(issuer_code)
    if not scope.reaches(institution_id=found.pk, place_path=found.place.path):
        raise Denied(NOT_ALLOWED, action="deposits.deposit")
    day = today(now)
    classes = institutions.qualified_classes(found.pk, on=day)
    if not classes:
        raise Denied(ISSUER_NOT_QUALIFIED, issuer=issuer_code, on=day.isoformat())
    return Issuer(found.pk, found.code, found.name_zh, classes)


@contextlib.contextmanager
def _kept(path: Path) -> Iterator[tuple[Path, str]]:
    """A copy of the file under a name of its own, on disk, with its SM3; gone again if it was not given a final name."""
    kept = uploads() / f".{secrets.token_hex(8)}.part"
    try:
        with disk_full_is_denied():
            digest = _copy(path, kept)
        yield kept, digest
    finally:
        kept.unlink(missing_ok=True)


def _copy(path: Path, kept: Path) -> str:
    digest, size = hashlib.new("sm3"), 0
    if path.exists() and not path.is_file():  # a pipe without a writer would keep us waiting for ever
        raise Denied(FILE_UNREADABLE, place="file", file=path.name)
    try:
        source = path.open("rb")
    except OSError:
        raise Denied(FILE_UNREADABLE, place="file", file=path.name) from None
    descriptor = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with source, os.fdopen(descriptor, "wb") as target:
        while data := source.read(1 << 20):
            size += len(data)
            if size > MOST_BYTES:
                raise Denied(FILE_TOO_LARGE, place="file", most_mb=MOST_BYTES // (1024 * 1024))
            digest.update(data)
            target.write(data)
        target.flush()
        os.fsync(target.fileno())
    if not size:
        raise Denied(FILE_EMPTY, place="file")
    return digest.hexdigest()


@use_case
def _enter(
    *,
    source: str,
    file_name: str,
    kept: Path,
    digest: str,
    issuer: Issuer,
    pairs: Sequence[tuple[str, str]],
    ask_columns: bool,
    own_headings: bool,
    by: Actor,
    now: datetime,
    named: bool = False,
) -> BatchFacts:
    batch = standing(issuer_id=issuer.id, source=source, file_name=file_name, digest=digest, named=named)
    already = batch is not None
    told = remember(issuer_id=issuer.id, pairs=pairs, by=by, now=now)
    mapping = {**queries.remembered(issuer.id), **told} if own_headings else {}
    if batch is None:
        batch = Batch.objects.create(
            number=ids.new_number(ids.NumberClass.BATCH),
            issuer_id=issuer.id,
            source=source,
            file_name=file_name,
            content_sm3=digest,
            uploaded_by=by.name,
            standard_version_id=standards.current(on=today(now)).id,
            received_at=now,
            mapping=mapping,
            ask_columns=ask_columns,
        )
        audit.record(
            action="deposits.received",
            by=by,
            now=now,
            subject=("batch", batch.number),
            after={"issuer": issuer.code, "file": batch.file_name, "sm3": digest, "source": source},
        )
    elif batch.state in (BatchState.FAILED, BatchState.UNMAPPED):  # nothing was deposited from it
        batch.state = states.after(BatchState(batch.state), BatchEvent.SEND_AGAIN, batch=batch.number)
        batch.problem, batch.finished_at, batch.header = None, None, None
        batch.received_at, batch.standard_version_id = now, standards.current(on=today(now)).id
        batch.mapping, batch.ask_columns = mapping, ask_columns
    elif told.items() - batch.mapping.items() and batch.state not in states.OVER:
        raise Denied(BATCH_MOVE, batch=batch.number, **states.words(BatchState(batch.state), BatchEvent.MAP))
    if batch.state not in states.OVER:
        _give_place(batch, kept)
        batch.save()
    return queries.facts(batch, already=already)


@inside_transaction
def standing(*, issuer_id: int, source: str, file_name: str, digest: str, named: bool) -> Batch | None:
    """The batch this content already is, locked. Of two that come with it at the same moment, or with one key, the second
    waits here and finds the first one's. Raises ``Denied(idempotency_conflict)`` for a key that stood for another content.
    """
    if named:
        wait_turn("receive", f"{issuer_id}/{file_name}")
    wait_turn("receive", f"{issuer_id}:{digest}")
    there = Batch.objects.filter(issuer_id=issuer_id).exclude(state__in=states.GONE)
    batch = there.filter(content_sm3=digest).select_for_update().first()
    if named and batch is None and there.filter(source=source, file_name=file_name).exists():
        raise Denied(IDEMPOTENCY_CONFLICT, place="key", key=file_name.partition("/")[2])
    return batch


def _give_place(batch: Batch, kept: Path) -> None:
    """Give the copy its final name before the batch commits: a batch always has its file, a file perhaps no batch."""
    batch.stored_as = batch.number
    final = uploads() / batch.stored_as
    kept.replace(final)
    disk.sync(final.parent)
