"""The only writer of the books. Every path goes through ``post``; deposits, a row or a hundred thousand, through ``deposit``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Exists, OuterRef

from xuefen.bank.ledger import rules
from xuefen.bank.ledger.models import Lot, Transfer
from xuefen.bank.ledger.types import (
    IDEMPOTENCY_CONFLICT,
    RESERVATION_ENDED,
    RESERVATION_EXPIRED,
    BookDelta,
    BookKind,
    LotFacts,
    Posting,
    TransferKind,
)
from xuefen.bank.shell.copy import allocate_ids, copy_rows, copy_text, int_array
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case

_COLUMNS = ("id", "kind", "from_book_id", "to_book_id", "amount", "lot_id", "of_id", "key", "at", "expires_at")


@inside_transaction
def book_ids(kind: BookKind, owner_ids: Collection[int]) -> dict[int, int]:
    """Book id by owner id; books that do not exist yet are opened. Two statements at most, whatever the number."""
    wanted = sorted(set(owner_ids))
    found = _books(kind, wanted)
    missing = [owner_id for owner_id in wanted if owner_id not in found]
    if missing:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO book (kind, owner_id, received, sent, held) SELECT %s, unnest(%s::bigint[]), 0, 0, 0"
                " ON CONFLICT (kind, owner_id) DO NOTHING",
                [kind.value, int_array(missing)],
            )
        found |= _books(kind, missing)
    return found


def _books(kind: BookKind, owner_ids: Collection[int]) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT owner_id, id FROM book WHERE kind = %s AND owner_id = ANY(%s::bigint[])",
            [kind.value, int_array(owner_ids)],
        )
        return dict(cursor.fetchall())


@inside_transaction
def post(*, postings: Sequence[Posting], now: datetime) -> list[int]:
    """Make the postings, all or none, and return their transfer ids in the same order.

    A posting whose key was posted before is not made again: its old id comes back if its content is the same, otherwise
    ``Denied(idempotency_conflict)``. ``Denied(credit_not_free)`` when an outcome's credit would be used twice, and
    ``Denied(reservation_ended)`` for a second end of one reservation. Locks are taken lots first, then books, each in
    ascending order, so that two posts can wait for one another but never deadlock.
    """
    _lock_keys(postings)
    known = _already_posted(postings)
    fresh = [posting for posting in postings if posting.key not in known]
    if fresh:
        _move_lots([posting for posting in fresh if posting.kind is not TransferKind.DEPOSIT])
        _move_books(rules.book_deltas(fresh))
        ids = allocate_ids(Transfer, len(fresh))
        copy_rows(
            Transfer,
            _COLUMNS,
            (
                (i, p.kind.value, p.from_book_id, p.to_book_id, p.amount, p.lot_id, p.of_id, p.key, now, p.expires_at)
                for i, p in zip(ids, fresh, strict=True)
            ),
        )
        known |= {posting.key: i for i, posting in zip(ids, fresh, strict=True)}
    return [known[posting.key] for posting in postings]


@inside_transaction
def deposit(
    *,
    from_book_id: int,
    to_book_ids: Sequence[int],
    amounts: Sequence[int],
    lot_ids: Sequence[int],
    keys: Iterable[str],
    now: datetime,
) -> None:
    """Post deposits out of one book, one entry each in every list, of outcomes that the caller has just made. ``keys`` are of
    letters, digits and colons, and made from new numbers, so nobody can have posted them: the unique constraint stands behind
    it. As ``post`` otherwise, without an object a row.
    """
    _move_books(rules.deposit_deltas(from_book_id, to_book_ids, amounts))
    head, tail = f"{TransferKind.DEPOSIT.value}\t{from_book_id}", f"{now.isoformat()}\t\\N\n"
    drawn = allocate_ids(Transfer, len(lot_ids))
    copy_text(
        Transfer,
        _COLUMNS,
        "".join(
            f"{i}\t{head}\t{book}\t{amount}\t{lot}\t\\N\t{key}\t{tail}"
            for i, book, amount, lot, key in zip(drawn, to_book_ids, amounts, lot_ids, keys, strict=True)
        ),
    )


def _lock_keys(postings: Sequence[Posting]) -> None:
    """Of two posts with one key at the same moment, the second waits here and then finds what the first has done."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(n) FROM"
            " (SELECT DISTINCT hashtextextended(current_schema() || '.transfer.' || k, 0) AS n FROM unnest(%s::text[]) k"
            "  ORDER BY n) AS sorted",
            [[posting.key for posting in postings]],
        )


def _already_posted(postings: Sequence[Posting]) -> dict[str, int]:
    rows = Transfer.objects.filter(key__in=[p.key for p in postings])
    found = {row.key: row for row in rows}
    for posting in postings if found else ():
        row = found.get(posting.key)
        if row and _content(row) != (
            posting.kind, posting.from_book_id, posting.to_book_id, posting.amount, posting.lot_id, posting.of_id,
            posting.expires_at,
        ):  # fmt: skip
            raise Denied(IDEMPOTENCY_CONFLICT, key=posting.key)
    return {key: row.pk for key, row in found.items()}


def _content(row: Transfer) -> tuple[object, ...]:
    return (row.kind, row.from_book_id, row.to_book_id, row.amount, row.lot_id, row.of_id, row.expires_at)


def _move_lots(postings: Sequence[Posting]) -> None:
    if not postings:
        return
    lot_ids = sorted({posting.lot_id for posting in postings})
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO lot (outcome_id, recognised, reserved, redeemed, reversed)"
            " SELECT lot_id, amount, 0, 0, 0 FROM transfer"
            " WHERE kind = 'deposit' AND lot_id = ANY(%s::bigint[]) ORDER BY lot_id"
            " ON CONFLICT (outcome_id) DO NOTHING",
            [int_array(lot_ids)],
        )
    locked = {
        lot.outcome_id: LotFacts(lot.recognised, lot.reserved, lot.redeemed, lot.reversed)
        for lot in Lot.objects.filter(outcome_id__in=lot_ids).order_by("outcome_id").select_for_update()
    }
    _check_reservations_open(postings)
    after = rules.lots_after(locked, postings)
    Lot.objects.bulk_update(
        [Lot(outcome_id=i, reserved=f.reserved, redeemed=f.redeemed, reversed=f.reversed) for i, f in after.items()],
        ["reserved", "redeemed", "reversed"],
        batch_size=500,  # the statement grows with the square of its rows
    )


def _check_reservations_open(postings: Sequence[Posting]) -> None:
    """Under the lots' locks nobody else can end the same reservation; the unique constraint stands behind this."""
    of_ids = [posting.of_id for posting in postings if posting.of_id is not None]
    ended = Transfer.objects.filter(of_id__in=of_ids).values_list("of_id", flat=True).first() if of_ids else None
    if ended is not None or len(of_ids) != len(set(of_ids)):
        raise Denied(RESERVATION_ENDED, place=str(ended or ""))


def _move_books(deltas: Mapping[int, BookDelta]) -> None:
    ids = sorted(deltas)
    parts = [deltas[i] for i in ids]
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM book WHERE id = ANY(%s::bigint[]) ORDER BY id FOR UPDATE", [int_array(ids)])
        cursor.execute(
            "UPDATE book SET received = book.received + d.received, sent = book.sent + d.sent, held = book.held + d.held"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]) AS d(id, received, sent, held)"
            " WHERE book.id = d.id",
            [
                int_array(ids),
                int_array(p.received for p in parts),
                int_array(p.sent for p in parts),
                int_array(p.held for p in parts),
            ],
        )


@inside_transaction
def end_reservations(*, reservation_ids: Sequence[int], kind: TransferKind, key: str, now: datetime) -> list[int]:
    """REDEEM or RELEASE reservations, each derived from the RESERVE it ends. ``key`` prefixes the idempotency keys.

    Raises ``Denied`` as ``post``, and reservation_expired for a REDEEM that comes too late.
    """
    reserves = {row.pk: row for row in Transfer.objects.filter(pk__in=reservation_ids, kind=TransferKind.RESERVE)}
    late = next((r for r in reserves.values() if r.expires_at is not None and r.expires_at <= now), None)
    if kind is TransferKind.REDEEM and late is not None:
        raise Denied(RESERVATION_EXPIRED, place=str(late.pk), at=late.expires_at)
    return post(
        postings=[_derived(reserves[i], kind, from_to_swapped=False, key=f"{key}:{i}") for i in reservation_ids],
        now=now,
    )


@use_case
def release_expired(*, now: datetime, limit: int = 1_000) -> int:
    """Give back the credit of up to ``limit`` reservations that have expired and were not ended; how many there were."""
    expired = Transfer.objects.filter(kind=TransferKind.RESERVE, expires_at__lte=now).order_by("expires_at", "id")
    waiting = expired.filter(~Exists(Transfer.objects.filter(of=OuterRef("pk")))).values_list("pk", flat=True)[:limit]
    found = list(waiting)
    if found:
        end_reservations(reservation_ids=found, kind=TransferKind.RELEASE, key="expired", now=now)
    return len(found)


_UNDONE_BY: Mapping[TransferKind, TransferKind] = {
    TransferKind.DEPOSIT: TransferKind.REVERSE,
    TransferKind.REVERSE: TransferKind.RESTORE,
    TransferKind.RESTORE: TransferKind.REVERSE,
    TransferKind.REDEEM: TransferKind.REFUND,
    TransferKind.REFUND: TransferKind.REUSE,
    TransferKind.REUSE: TransferKind.REFUND,
}


@inside_transaction
def undo(*, transfer_ids: Sequence[int], key: str, now: datetime) -> list[int]:
    """Undo transfers, each by its mirror image; both stay in the books. ``key`` prefixes the idempotency keys.

    A DEPOSIT is undone by a REVERSE, that by a RESTORE; a REDEEM by a REFUND, that by a REUSE; and so on. Raises ``Denied``:
    credit_not_free (what a REVERSE or a REUSE takes is reserved or used elsewhere), reservation_ended (undone already).
    """
    originals = {row.pk: row for row in Transfer.objects.filter(pk__in=transfer_ids)}
    postings = [
        _derived(originals[pk], _UNDONE_BY[TransferKind(originals[pk].kind)], from_to_swapped=True, key=f"{key}:{pk}")
        for pk in transfer_ids
    ]
    return post(postings=postings, now=now) if postings else []


def _derived(original: Transfer, kind: TransferKind, *, from_to_swapped: bool, key: str) -> Posting:
    source, target = original.from_book_id, original.to_book_id
    if from_to_swapped:
        source, target = target, source
    return Posting(
        kind=kind, from_book_id=source, to_book_id=target, amount=original.amount, lot_id=original.lot_id, key=key,
        of_id=original.pk,
    )  # fmt: skip
