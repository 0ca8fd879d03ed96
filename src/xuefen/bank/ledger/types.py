"""Books, transfers and lots. Amounts are credits in hundredths, always positive; direction is (from, to)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class BookKind(StrEnum):
    ISSUER = "issuer"  # credit comes into being here; its balance is what it has issued, so it alone runs below zero
    LEARNER = "learner"
    RECEIVER = "receiver"  # credit converted into a receiving institution's programmes


class TransferKind(StrEnum):
    """What a transfer row does. A reservation is two-step: RESERVE holds, then exactly one of REDEEM or RELEASE ends it."""

    DEPOSIT = "deposit"  # issuer → learner
    RESERVE = "reserve"  # learner → receiver, held, nothing moves yet
    REDEEM = "redeem"  # posts a RESERVE: learner → receiver
    RELEASE = "release"  # voids a RESERVE
    REVERSE = "reverse"  # derived from a DEPOSIT: learner → issuer


@dataclass(frozen=True, slots=True)
class Posting:
    """One transfer to make. ``lot_id`` is the outcome whose credit moves; ``key`` makes the act happen once (I3)."""

    kind: TransferKind
    from_book_id: int
    to_book_id: int
    amount: int
    lot_id: int
    key: str
    of_id: int | None = None  # the RESERVE that a REDEEM/RELEASE ends, the DEPOSIT that a REVERSE undoes


@dataclass(frozen=True, slots=True)
class Balance:
    """A book's standing, hundredths: received = available + held + sent."""

    received: int
    sent: int
    held: int

    @property
    def available(self) -> int:
        return self.received - self.sent - self.held
