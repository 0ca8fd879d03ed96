"""Arbitration: an outcome that a conversion rests on was taken back, and somebody else decides what becomes of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from xuefen.bank.deposits.types import OutcomeEvent
from xuefen.bank.recognition.types import ClockFacts, State
from xuefen.bank.shell.problems import Problem


class ArbitrationState(StrEnum):
    OPEN = "open"
    UPHELD = "upheld"  # the outcome stays taken back, the conversions are undone
    OVERTURNED = "overturned"  # the outcome counts again, the conversions stand


DECISION_WORDS: Mapping[ArbitrationState, tuple[str, str]] = MappingProxyType(
    {
        ArbitrationState.OPEN: ("待仲裁", "waiting for an arbiter"),
        ArbitrationState.UPHELD: ("维持撤销，转换作废", "upheld: the conversion is undone"),
        ArbitrationState.OVERTURNED: ("恢复成果，转换有效", "overturned: outcome and conversion stand"),
    }
)


@dataclass(frozen=True, slots=True)
class Affected:
    """One conversion an arbitration is about: where it stands now."""

    number: str
    state: State
    programme_name: str
    receiver_name: str
    credits: int


@dataclass(frozen=True, slots=True)
class ArbitrationView:
    """Everything about one arbitration. Names of learners are masked. ``clock`` runs while it is open."""

    number: str
    state: ArbitrationState
    event: OutcomeEvent
    outcome: str
    replacement: str
    item_name: str
    issuer_name: str
    masked_name: str
    credits: int
    replacement_credits: int | None
    reason: str
    opened_by: str
    opened_at: datetime
    clock: ClockFacts | None
    decided_by: str
    decided_at: datetime | None
    grounds: str
    affected: tuple[Affected, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "arbitration": self.number,
            "state": self.state.value,
            "event": self.event.value,
            "outcome": self.outcome,
            "replacement": self.replacement or None,
            "reason": self.reason,
            "opened_by": self.opened_by,
            "opened_at": self.opened_at.isoformat(),
            "due_on": self.clock.due_on.isoformat() if self.clock else None,
            "decided_by": self.decided_by or None,
            "decided_at": self.decided_at.isoformat() if self.decided_at else None,
            "grounds": self.grounds or None,
            "applications": [{"application": a.number, "state": a.state.value} for a in self.affected],
        }


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What revoking or correcting an outcome did. Numbers: the outcome, the one in its place, applications ended, conversions
    moved to the new outcome, conversions in doubt with the arbitration that was opened.
    """

    outcome: str
    replacement: str = ""
    ended: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    doubted: tuple[str, ...] = ()
    arbitration: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome,
            "replacement": self.replacement or None,
            "ended": list(self.ended),
            "moved": list(self.moved),
            "doubted": list(self.doubted),
            "arbitration": self.arbitration or None,
        }


@dataclass(frozen=True, slots=True)
class BatchPreview:
    """What revoking a batch as a whole would do. Of ``outcomes`` (valid ones), ``converted`` are used by ``conversions`` that are
    archived, ``used`` of their credit; ``applications`` under way hold ``held`` of it and would end. Those that were
    ``corrected`` or ``revoked`` one by one stay as they are. Credits are hundredths.
    """

    outcomes: int
    learners: int
    credits: int
    corrected: int
    revoked: int
    applications: int
    held: int
    conversions: int
    converted: int
    used: int

    def to_json(self) -> dict[str, int]:
        return asdict(self)


ARBITRATION_UNKNOWN = Problem(
    "arbitration_unknown",
    "没有这件仲裁，或者不在您的范围内。",
    "There is no such arbitration, or it is outside your scope.",
    status=404,
)
ARBITRATION_DECIDED = Problem(
    "arbitration_decided", "这件仲裁已经有了决定，不能再改。", "This arbitration was decided already.", status=409
)
ARBITRATION_OPEN = Problem(
    "arbitration_open",
    "这项成果有一件仲裁没有结束（{number}），请在那里决定。",
    "An arbitration about this outcome is open ({number}); decide there.",
    status=409,
)
ARBITRATION_PERSON = Problem(
    "arbitration_person",
    "仲裁要由一个人来决定，不能由程序代办。",
    "A person decides an arbitration, not a program.",
    status=403,
)
ARBITRATION_SAME_PERSON = Problem(
    "arbitration_same_person",
    "撤销是您办的，仲裁要由另一个人决定。",
    "You took the outcome back; somebody else decides the arbitration.",
    status=403,
)
REINSTATE_FINAL = Problem(
    "reinstate_final",
    "仲裁已经维持了这次撤销，仲裁是最终的。",
    "Arbitration upheld that this outcome was taken back; arbitration is final.",
    status=409,
)
GROUNDS_MISSING = Problem("grounds_missing", "请写明依据（1 至 400 字）。", "State the grounds (1 to 400 characters).")
