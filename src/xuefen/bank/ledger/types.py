"""Books, transfers and lots. Amounts are credits in hundredths, always positive; direction is (from, to)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from xuefen.bank.shell.problems import Problem


class BookKind(StrEnum):
    ISSUER = "issuer"  # credit comes into being here; its balance is what it has issued, so it alone runs below zero
    LEARNER = "learner"
    RECEIVER = "receiver"  # credit converted into a receiving institution's programmes


class TransferKind(StrEnum):
    """What a transfer row does. A reservation is two-step: RESERVE holds, then exactly one of REDEEM or RELEASE ends it; one that
    has expired can only be released. What is undone stays: its mirror image stands beside it, and may be undone in turn.
    """

    DEPOSIT = "deposit"  # issuer → learner
    RESERVE = "reserve"  # learner → receiver, held, nothing moves yet
    REDEEM = "redeem"  # posts a RESERVE: learner → receiver
    RELEASE = "release"  # voids a RESERVE
    REVERSE = "reverse"  # undoes a DEPOSIT or a RESTORE: learner → issuer
    RESTORE = "restore"  # undoes a REVERSE: issuer → learner
    REFUND = "refund"  # undoes a REDEEM or a REUSE: receiver → learner
    REUSE = "reuse"  # undoes a REFUND: learner → receiver


class Posting(NamedTuple):
    """One transfer to make; a tuple, because a bulk night makes one for every row. ``lot_id`` is the outcome whose credit
    moves; ``key`` makes the act happen once (I3).
    """

    kind: TransferKind
    from_book_id: int
    to_book_id: int
    amount: int
    lot_id: int
    key: str
    of_id: int | None = None  # the RESERVE that a REDEEM/RELEASE ends, or the transfer that this one undoes
    expires_at: datetime | None = None  # of a RESERVE: from then on it can only be released


@dataclass(frozen=True, slots=True)
class Balance:
    """A book's standing, hundredths: received = available + held + sent."""

    received: int
    sent: int
    held: int

    @property
    def available(self) -> int:
        return self.received - self.sent - self.held


@dataclass(frozen=True, slots=True)
class LotFacts:
    """What has become of one outcome's credit, hundredths."""

    recognised: int
    reserved: int = 0
    redeemed: int = 0
    reversed: int = 0

    @property
    def free(self) -> int:
        return self.recognised - self.reserved - self.redeemed - self.reversed


@dataclass(frozen=True, slots=True)
class BookDelta:
    """What one posting adds to a book's running totals."""

    received: int = 0
    sent: int = 0
    held: int = 0


IDEMPOTENCY_CONFLICT = Problem(
    "idempotency_conflict",
    "这个编号（{key}）已经用来办过另一件事，内容不一样，没有再办。",
    "The key {key} was already used for something else; nothing was done.",
    status=409,
)
CREDIT_NOT_FREE = Problem(
    "credit_not_free",
    "这项成果的学分正在办理别的转换，或者已经用掉了。",
    "The credit of this outcome is reserved or already used.",
    status=409,
)
RESERVATION_ENDED = Problem(
    "reservation_ended",
    "这笔占用已经结束，不能再结一次。",
    "This reservation has already ended.",
    status=409,
)
RESERVATION_EXPIRED = Problem(
    "reservation_expired",
    "这笔占用在 {at} 已经到期，只能退回。",
    "This reservation ended on {at}; it can only be released.",
    status=409,
)
