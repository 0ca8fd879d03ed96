"""What a posting does to books and lots. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from xuefen.bank.ledger.types import CREDIT_NOT_FREE, BookDelta, LotFacts, Posting, TransferKind
from xuefen.bank.shell.problems import Denied

# kind → ((from: received, sent, held), (to: received, sent, held)), each times the amount
_BOOK_EFFECT: Mapping[TransferKind, tuple[tuple[int, int, int], tuple[int, int, int]]] = {
    TransferKind.DEPOSIT: ((0, 1, 0), (1, 0, 0)),
    TransferKind.RESERVE: ((0, 0, 1), (0, 0, 0)),
    TransferKind.REDEEM: ((0, 1, -1), (1, 0, 0)),
    TransferKind.RELEASE: ((0, 0, -1), (0, 0, 0)),
    TransferKind.REVERSE: ((0, 1, 0), (1, 0, 0)),
    # What is undone is taken out of the totals again: they say what was used and taken back in the end.
    TransferKind.RESTORE: ((-1, 0, 0), (0, -1, 0)),
    TransferKind.REFUND: ((-1, 0, 0), (0, -1, 0)),
    TransferKind.REUSE: ((0, 1, 0), (1, 0, 0)),
}
# kind → (reserved, redeemed, reversed) of the lot, each times the amount
_LOT_EFFECT: Mapping[TransferKind, tuple[int, int, int]] = {
    TransferKind.DEPOSIT: (0, 0, 0),
    TransferKind.RESERVE: (1, 0, 0),
    TransferKind.REDEEM: (-1, 1, 0),
    TransferKind.RELEASE: (-1, 0, 0),
    TransferKind.REVERSE: (0, 0, 1),
    TransferKind.RESTORE: (0, 0, -1),
    TransferKind.REFUND: (0, -1, 0),
    TransferKind.REUSE: (0, 1, 0),
}


def book_deltas(postings: Iterable[Posting]) -> dict[int, BookDelta]:
    """The sum of what the postings add to each book's totals, by book id."""
    amounts: dict[tuple[TransferKind, int, int], int] = defaultdict(int)  # (kind, side, book) → amount
    for posting in postings:
        amounts[posting.kind, 0, posting.from_book_id] += posting.amount
        amounts[posting.kind, 1, posting.to_book_id] += posting.amount
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for (kind, side, book_id), amount in amounts.items():
        total = sums[book_id]
        for i, part in enumerate(_BOOK_EFFECT[kind][side]):
            total[i] += part * amount
    return {book_id: BookDelta(*total) for book_id, total in sums.items() if any(total)}


def deposit_deltas(from_book_id: int, to_book_ids: Iterable[int], amounts: Sequence[int]) -> dict[int, BookDelta]:
    """The same for deposits out of one book, one entry each in both lists, without an object a row."""
    received: dict[int, int] = defaultdict(int)
    for book_id, amount in zip(to_book_ids, amounts, strict=True):
        received[book_id] += amount
    deltas = {book_id: BookDelta(received=amount) for book_id, amount in received.items() if amount}
    return deltas | {from_book_id: BookDelta(sent=sum(amounts))}


def lots_after(lots: Mapping[int, LotFacts], postings: Sequence[Posting]) -> dict[int, LotFacts]:
    """The lots as the postings leave them; ``Denied(credit_not_free)`` when one would be used twice (I2)."""
    after = dict(lots)
    for posting in postings:
        reserved, redeemed, reversed_ = (part * posting.amount for part in _LOT_EFFECT[posting.kind])
        lot = after[posting.lot_id]
        moved = LotFacts(lot.recognised, lot.reserved + reserved, lot.redeemed + redeemed, lot.reversed + reversed_)
        if min(moved.free, moved.reserved, moved.redeemed, moved.reversed) < 0:
            raise Denied(CREDIT_NOT_FREE, place=str(posting.lot_id))
        after[posting.lot_id] = moved
    return after
