"""Pure decisions of the supervision room."""

from xuefen.bank.supervision.rules.arbitration import check_arbiter, checked_grounds, weakens

__all__ = ["check_arbiter", "checked_grounds", "weakens"]
