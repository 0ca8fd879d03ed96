from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xuefen.bank.ledger import rules
from xuefen.bank.ledger.types import CREDIT_NOT_FREE, BookDelta, LotFacts, Posting, TransferKind
from xuefen.bank.shell.problems import Denied


def posting(kind: TransferKind, amount: int = 300, *, source: int = 1, target: int = 2, lot: int = 9) -> Posting:
    return Posting(kind=kind, from_book_id=source, to_book_id=target, amount=amount, lot_id=lot, key=f"{kind}:{amount}")


@pytest.mark.parametrize(
    ("kind", "source", "target"),
    [
        (TransferKind.DEPOSIT, BookDelta(sent=300), BookDelta(received=300)),
        (TransferKind.RESERVE, BookDelta(held=300), None),
        (TransferKind.REDEEM, BookDelta(sent=300, held=-300), BookDelta(received=300)),
        (TransferKind.RELEASE, BookDelta(held=-300), None),
        (TransferKind.REVERSE, BookDelta(sent=300), BookDelta(received=300)),
    ],
)
def test_what_each_kind_does_to_the_books(kind: TransferKind, source: BookDelta, target: BookDelta | None) -> None:
    assert rules.book_deltas([posting(kind)]) == {1: source} | ({2: target} if target else {})


@pytest.mark.parametrize(
    ("before", "kind", "after"),
    [
        (LotFacts(300), TransferKind.RESERVE, LotFacts(300, reserved=300)),
        (LotFacts(300, reserved=300), TransferKind.REDEEM, LotFacts(300, redeemed=300)),
        (LotFacts(300, reserved=300), TransferKind.RELEASE, LotFacts(300)),
        (LotFacts(300), TransferKind.REVERSE, LotFacts(300, reversed=300)),
    ],
)
def test_what_each_kind_does_to_a_lot(before: LotFacts, kind: TransferKind, after: LotFacts) -> None:
    assert rules.lots_after({9: before}, [posting(kind)]) == {9: after}


@pytest.mark.parametrize(
    ("before", "kind"),
    [
        (LotFacts(300, reserved=100), TransferKind.RESERVE),
        (LotFacts(300, redeemed=300), TransferKind.RESERVE),
        (LotFacts(300, redeemed=300), TransferKind.REVERSE),
        (LotFacts(300, reserved=300), TransferKind.REVERSE),
        (LotFacts(300), TransferKind.REDEEM),
        (LotFacts(300), TransferKind.RELEASE),
    ],
)
def test_no_credit_is_used_twice(before: LotFacts, kind: TransferKind) -> None:
    with pytest.raises(Denied) as denied:
        rules.lots_after({9: before}, [posting(kind)])
    assert denied.value.problem is CREDIT_NOT_FREE


@given(st.lists(st.tuples(st.sampled_from(list(TransferKind)), st.integers(1, 500)), max_size=30))
def test_whatever_is_posted_a_lot_always_adds_up(steps: list[tuple[TransferKind, int]]) -> None:
    lots = {9: LotFacts(1000)}
    for kind, amount in steps:
        try:
            lots = rules.lots_after(lots, [posting(kind, amount)])
        except Denied:
            continue
        lot = lots[9]
        assert min(lot.free, lot.reserved, lot.redeemed, lot.reversed) >= 0
        assert lot.free + lot.reserved + lot.redeemed + lot.reversed == 1000
