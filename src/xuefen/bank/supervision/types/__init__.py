"""Words and facts of the supervision room."""

from xuefen.bank.supervision.types.alarms import ALARM_MOVE, ALARM_REASON, ALARM_UNKNOWN
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
    BatchPreview,
    TakenBack,
)

__all__ = [
    "ALARM_MOVE",
    "ALARM_REASON",
    "ALARM_UNKNOWN",
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
    "BatchPreview",
    "TakenBack",
]
