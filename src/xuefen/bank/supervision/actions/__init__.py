"""The use cases of supervision."""

from xuefen.bank.supervision.actions.arbitrating import decide_arbitration, reinstate
from xuefen.bank.supervision.actions.batches import begin_batch, revoke_batch, run_batch
from xuefen.bank.supervision.actions.scanning import decide_alarm, scan, scan_all
from xuefen.bank.supervision.actions.taking_back import correct, revoke

__all__ = [
    "begin_batch",
    "correct",
    "decide_alarm",
    "decide_arbitration",
    "reinstate",
    "revoke",
    "revoke_batch",
    "run_batch",
    "scan",
    "scan_all",
]
