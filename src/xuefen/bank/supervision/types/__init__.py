"""Words and facts of the supervision room."""

from xuefen.bank.supervision.types.arbitration import (
    ARBITRATION_DECIDED,
    ARBITRATION_OPEN,
    ARBITRATION_PERSON,
    ARBITRATION_SAME_PERSON,
    ARBITRATION_UNKNOWN,
    DECISION_WORDS,
    GROUNDS_MISSING,
    REINSTATE_FINAL,
    Affected,
    ArbitrationState,
    ArbitrationView,
    TakenBack,
)

__all__ = [
    "ARBITRATION_DECIDED",
    "ARBITRATION_OPEN",
    "ARBITRATION_PERSON",
    "ARBITRATION_SAME_PERSON",
    "ARBITRATION_UNKNOWN",
    "DECISION_WORDS",
    "GROUNDS_MISSING",
    "REINSTATE_FINAL",
    "Affected",
    "ArbitrationState",
    "ArbitrationView",
    "TakenBack",
]
