"""Reading what supervision has found and decided."""

from xuefen.bank.supervision.queries.alarms import alarm, alarm_views, alarms, lock_alarm
from xuefen.bank.supervision.queries.arbitration import (
    arbitration,
    arbitration_of,
    arbitrations,
    lock_arbitration,
)
from xuefen.bank.supervision.queries.batches import batch_preview
from xuefen.bank.supervision.queries.finding import in_batch, shared_files, waiting_batches
from xuefen.bank.supervision.queries.promises import violations

__all__ = [
    "alarm",
    "alarm_views",
    "alarms",
    "arbitration",
    "arbitration_of",
    "arbitrations",
    "batch_preview",
    "in_batch",
    "lock_alarm",
    "lock_arbitration",
    "shared_files",
    "violations",
    "waiting_batches",
]
