"""Outcomes: what was recognised, what became of it, and why it is not found or not changed.

Credits and marks are hundredths; hours are class hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from xuefen.bank.deposits.types.rows import Effort
from xuefen.bank.shell.problems import Problem


class OutcomeState(StrEnum):
    VALID = "valid"
    REVOKED = "revoked"
    CORRECTED = "corrected"  # another outcome stands in its place
    WITHDRAWN = "withdrawn"  # with its whole batch; it may be deposited anew


class OutcomeEvent(StrEnum):
    """What happens to an outcome after its deposit."""

    REVOKED = "revoked"
    CORRECTED = "corrected"
    REINSTATED = "reinstated"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class OutcomeFacts:
    """An outcome as pages, plans and statements need it. ``free`` is the credit not reserved, used or reversed."""

    id: int
    number: str
    learner_id: int
    account_no: str
    issuer_id: int
    issuer_code: str
    issuer_name: str
    item_id: int
    item_version_id: int
    item_code: str
    item_version: str
    item_name: str
    outcome_class: str
    type_code: str
    level: int | None
    credits: int
    free: int
    quality: str
    grade: str
    mark: int | None
    hours: int | None
    serial: str
    online: bool
    family: str
    awarded_on: date
    assurance: int
    state: OutcomeState
    leaf_id: int
    deposited_at: datetime
    standard_version_id: int
    batch_number: str
    row: int
    issuer_kind: str = ""
    nature: str = ""  # "required" or "elective" where it was earned, "" unknown
    attendance: int | None = None
    online_share: int | None = None
    workload: int | None = None

    @property
    def effort(self) -> Effort:
        """How its holder took part, as far as the sheet said."""
        return Effort(self.attendance, self.online_share, self.workload)


class Held(NamedTuple):
    """A valid outcome in a survey of all accounts: a million of them are read in one go."""

    learner_id: int
    account_no: str
    id: int
    item_version_id: int
    item_id: int
    issuer_id: int
    outcome_class: str
    level: int | None
    credits: int
    quality: str
    grade: str
    mark: int | None
    hours: int | None
    awarded_on: date
    assurance: int


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """One change of an outcome as it is shown: what, why, by whom, when. ``replacement`` is the number of the outcome that
    took its place when it was corrected.
    """

    seq: int
    event: OutcomeEvent
    reason: str
    by_name: str
    at: datetime
    replacement: str

    def to_json(self) -> dict[str, Any]:
        return {
            "seq": self.seq,
            "event": self.event.value,
            "reason": self.reason,
            "by": self.by_name,
            "at": self.at.isoformat(),
            "replacement": self.replacement or None,
        }


@dataclass(frozen=True, slots=True)
class OutcomeHistory:
    """What became of an outcome since its deposit, oldest first, and the outcome it was made in place of ("" for none)."""

    changes: tuple[ChangeFacts, ...]
    corrects: str


@dataclass(frozen=True, slots=True)
class Correction:
    """What an outcome should have said, by the names of the sheet's columns: all of them but those that say whose it is.
    Empty means: as it was; "-" means: nothing.
    """

    item_code: str = ""
    version: str = ""
    awarded_on: str = ""
    grade: str = ""
    hours: str = ""
    attendance: str = ""
    online_share: str = ""
    workload: str = ""
    serial: str = ""


OUTCOME_UNKNOWN = Problem(
    "outcome_unknown",
    "没有找到这项成果，或者不在您的范围内。",
    "There is no such outcome, or it is outside your scope.",
    status=404,
)
OUTCOME_REVOKED = Problem("outcome_revoked", "这项成果已经撤销。", "This outcome has already been revoked.", status=409)
OUTCOME_CORRECTED = Problem(
    "outcome_corrected",
    "这项成果已经更正过，现在以 {number} 为准。",
    "This outcome was corrected; {number} stands in its place.",
    status=409,
)
OUTCOME_STANDS = Problem(
    "outcome_stands", "这项成果现在有效，不用恢复。", "This outcome stands; there is nothing to reinstate.", status=409
)
OUTCOME_WITHDRAWN = Problem(
    "outcome_withdrawn",
    "这项成果已随批次一起撤回；需要时请重新存入。",
    "This outcome was withdrawn with its batch; deposit it again if it is wanted.",
    status=409,
)
NOTHING_CORRECTED = Problem(
    "nothing_corrected",
    "更正的内容和原来一样，没有可改的。",
    "The correction says what the outcome says already.",
)
REASON_MISSING = Problem("reason_missing", "请写明理由（1 至 400 字）。", "Give the reason (1 to 400 characters).")
