"""The use cases of supervision."""

from xuefen.bank.supervision.actions.arbitrating import decide_arbitration, reinstate
from xuefen.bank.supervision.actions.scanning import decide_alarm, scan, scan_all
from xuefen.bank.supervision.actions.taking_back import correct, revoke

__all__ = ["correct", "decide_alarm", "decide_arbitration", "reinstate", "revoke", "scan", "scan_all"]
