"""Reads and locks of the books."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from django.db import connection
from django.db.models import Exists, OuterRef

from xuefen.bank.ledger.models import Book, Lot, Transfer
from xuefen.bank.ledger.types import Balance, BookKind, LotFacts, TransferKind
from xuefen.bank.shell.copy import int_array
from xuefen.bank.shell.violation import Violation


def balance(kind: BookKind, owner_id: int) -> Balance:
    """The running balance of one book; a book that was never used is all zero. One row, whatever its history."""
    row = Book.objects.filter(kind=kind, owner_id=owner_id).values_list("received", "sent", "held").first()
    return Balance(*row) if row else Balance(0, 0, 0)


def lots(outcome_ids: Collection[int]) -> dict[int, LotFacts]:
    """Standing of the given outcomes' credit, only of those that were ever reserved or reversed."""
    rows = Lot.objects.filter(outcome_id__in=outcome_ids)
    return {
        row.outcome_id: LotFacts(row.recognised, row.reserved, row.redeemed, row.reversed) for row in rows
    }  # fmt: skip


def standing(outcome_id: int, *kinds: TransferKind) -> Transfer | None:
    """The transfer of one of these kinds, about this outcome, that nothing has undone; None when there is none."""
    found = Transfer.objects.filter(lot_id=outcome_id, kind__in=kinds)
    return found.filter(~Exists(Transfer.objects.filter(of=OuterRef("pk")))).order_by("-id").first()


def deposits_standing(outcome_ids: Collection[int]) -> dict[int, int]:
    """Outcome → the DEPOSIT or RESTORE through which its credit stands now; one that was taken back is not in it."""
    kinds = (TransferKind.DEPOSIT, TransferKind.RESTORE)
    found = Transfer.objects.filter(lot_id__in=outcome_ids, kind__in=kinds)
    return dict(found.filter(~Exists(Transfer.objects.filter(of=OuterRef("pk")))).values_list("lot_id", "id"))


def uses_standing(reservation_ids: Collection[int]) -> dict[int, int]:
    """Reservation → the REDEEM or REUSE through which its credit is used now; one that was given back is not in it."""
    return _last_of(reservation_ids, TransferKind.REDEEM, TransferKind.REUSE)


def uses_given_back(reservation_ids: Collection[int]) -> dict[int, int]:
    """Reservation → the REFUND that gave its credit back after use."""
    return _last_of(reservation_ids, TransferKind.REFUND)


def _last_of(reservation_ids: Collection[int], *kinds: TransferKind) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(_LAST_OF, [int_array(reservation_ids), [kind.value for kind in kinds]])
        return dict(cursor.fetchall())


_LAST_OF = """
WITH RECURSIVE chain AS (
    SELECT of_id AS reservation, id, kind FROM transfer WHERE of_id = ANY(%s::bigint[]) AND kind = 'redeem'
    UNION ALL
    SELECT c.reservation, t.id, t.kind FROM transfer t JOIN chain c ON t.of_id = c.id
)
SELECT reservation, id FROM chain c
WHERE kind = ANY(%s) AND NOT EXISTS (SELECT 1 FROM transfer t WHERE t.of_id = c.id)
"""


def transfers_of(outcome_id: int) -> Sequence[Transfer]:
    """Everything that ever happened to one outcome's credit, oldest first."""
    return list(Transfer.objects.filter(lot_id=outcome_id).order_by("id"))


_BOOKS_AGAINST_TRANSFERS = """
WITH ended AS (SELECT of_id FROM transfer WHERE kind IN ('redeem', 'release')),
moved AS (
    SELECT from_book_id AS book_id, CASE WHEN kind IN ('restore', 'refund') THEN -amount ELSE 0 END AS received,
           CASE WHEN kind IN ('deposit', 'redeem', 'reverse', 'reuse') THEN amount ELSE 0 END AS sent,
           CASE WHEN kind = 'reserve' AND NOT EXISTS (SELECT 1 FROM ended WHERE of_id = t.id) THEN amount ELSE 0 END AS held
    FROM transfer t
    UNION ALL
    SELECT to_book_id, CASE WHEN kind IN ('deposit', 'redeem', 'reverse', 'reuse') THEN amount ELSE 0 END,
           CASE WHEN kind IN ('restore', 'refund') THEN -amount ELSE 0 END, 0 FROM transfer
),
folded AS (
    SELECT book_id, sum(received)::bigint AS received, sum(sent)::bigint AS sent, sum(held)::bigint AS held
    FROM moved GROUP BY book_id
)
SELECT coalesce(b.id, f.book_id), b.kind, b.owner_id, b.received, b.sent, b.held, f.received, f.sent, f.held
FROM book b FULL JOIN folded f ON f.book_id = b.id
WHERE (coalesce(b.received, -1), coalesce(b.sent, -1), coalesce(b.held, -1))
   IS DISTINCT FROM (coalesce(f.received, 0), coalesce(f.sent, 0), coalesce(f.held, 0))
ORDER BY 1 LIMIT 100
"""

_LOTS_AGAINST_TRANSFERS = """
WITH folded AS (
    SELECT lot_id,
           (sum(amount) FILTER (WHERE kind = 'deposit'))::bigint AS recognised,
           sum(CASE kind WHEN 'reserve' THEN amount WHEN 'redeem' THEN -amount WHEN 'release' THEN -amount ELSE 0 END)::bigint
             AS reserved,
           sum(CASE kind WHEN 'redeem' THEN amount WHEN 'reuse' THEN amount WHEN 'refund' THEN -amount ELSE 0 END)::bigint
             AS redeemed,
           sum(CASE kind WHEN 'reverse' THEN amount WHEN 'restore' THEN -amount ELSE 0 END)::bigint AS reversed,
           (array_agg(id ORDER BY id))[1:10] AS ids
    FROM transfer GROUP BY lot_id
)
SELECT coalesce(l.outcome_id, f.lot_id), f.ids, l.recognised, l.reserved, l.redeemed, l.reversed,
       f.recognised, f.reserved, f.redeemed, f.reversed
FROM folded f FULL JOIN lot l ON l.outcome_id = f.lot_id
WHERE CASE WHEN l.outcome_id IS NULL THEN f.recognised IS NULL OR f.reserved + f.redeemed + f.reversed <> 0
           ELSE (l.recognised, l.reserved, l.redeemed, l.reversed)
                IS DISTINCT FROM (f.recognised, f.reserved, f.redeemed, f.reversed) END
ORDER BY 1 LIMIT 100
"""


_TRANSFERS_AGAINST_EACH_OTHER = """
SELECT t.id, CASE
    WHEN f.id IS NULL OR b.id IS NULL THEN 'names a book that does not exist'
    WHEN t.of_id IS NOT NULL AND o.id IS NULL THEN 'follows transfer ' || t.of_id || ', which does not exist'
    WHEN t.of_id IS NULL AND t.kind NOT IN ('deposit', 'reserve') THEN 'a ' || t.kind || ' of nothing'
    WHEN t.of_id IS NULL THEN 'a second deposit of the credit that transfer ' || d.id || ' brought in'
    WHEN o.amount <> t.amount THEN t.amount || ', but transfer ' || o.id || ', which it follows, ' || o.amount
    ELSE 'is no ' || t.kind || ' of transfer ' || o.id || ', a ' || o.kind || ' between its books' END
FROM transfer t
LEFT JOIN book f ON f.id = t.from_book_id LEFT JOIN book b ON b.id = t.to_book_id LEFT JOIN transfer o ON o.id = t.of_id
LEFT JOIN (SELECT lot_id, min(id) AS id FROM transfer WHERE kind = 'deposit' GROUP BY lot_id HAVING count(*) > 1) d
    ON t.kind = 'deposit' AND t.lot_id = d.lot_id AND t.id > d.id
WHERE f.id IS NULL OR b.id IS NULL OR d.id IS NOT NULL OR (t.of_id IS NULL) <> (t.kind IN ('deposit', 'reserve'))
   OR t.of_id IS NOT NULL AND (
        o.id IS NULL OR (t.amount, t.lot_id) <> (o.amount, o.lot_id)
        OR CASE WHEN t.kind IN ('redeem', 'release')
                THEN o.kind <> 'reserve' OR (t.from_book_id, t.to_book_id) <> (o.from_book_id, o.to_book_id)
                ELSE (t.from_book_id, t.to_book_id) <> (o.to_book_id, o.from_book_id)
                     OR (o.kind, t.kind) NOT IN (('deposit', 'reverse'), ('reverse', 'restore'), ('restore', 'reverse'),
                                                 ('redeem', 'refund'), ('refund', 'reuse'), ('reuse', 'refund')) END)
ORDER BY 1 LIMIT 100
"""
_TOTALS = ("received", "sent", "held")
_PARTS = ("recognised", "reserved", "redeemed", "reversed")


def violations() -> Iterator[Violation]:
    """I1 and I2 from first principles: every transfer against the one it follows, every total against the fold of all
    transfers. Each says where the first difference is: which transfer, or which total of which book or lot.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TRANSFERS_AGAINST_EACH_OTHER)
        for transfer_id, found in cursor.fetchall():
            yield Violation("I1", f"transfer {transfer_id}", found)
        cursor.execute(_BOOKS_AGAINST_TRANSFERS)
        for book_id, kind, owner_id, *totals in cursor.fetchall():
            whose = f" ({kind} {owner_id})" if kind else ""
            yield Violation("I1", f"book {book_id}{whose}", _first_difference(_TOTALS, totals, "its transfers"))
        cursor.execute(_LOTS_AGAINST_TRANSFERS)
        for outcome_id, transfers, *parts in cursor.fetchall():
            told = f"its transfers {', '.join(map(str, transfers))}" if transfers else "no transfer"
            yield Violation("I2", f"lot of outcome {outcome_id}", _first_difference(_PARTS, parts, told))


def _first_difference(names: Sequence[str], both: Sequence[int | None], told: str) -> str:
    """``both`` holds what is stored under these names, then what the transfers give."""
    for name, stored, given in zip(names, both[: len(names)], both[len(names) :], strict=True):
        if (given or 0) != stored:
            return f"{name} is {'not stored' if stored is None else stored}, {told} give {given or 0}"
    raise AssertionError("no difference")
