"""Reading what supervision has found and decided."""

from xuefen.bank.supervision.queries.arbitration import (
    arbitration,
    arbitration_of,
    arbitrations,
    lock_arbitration,
    open_count,
)
from xuefen.bank.supervision.queries.promises import violations

__all__ = ["arbitration", "arbitration_of", "arbitrations", "lock_arbitration", "open_count", "violations"]
