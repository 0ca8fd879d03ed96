"""The pure half of conversion: the best legal plan of a problem, and an independent check of any plan."""

from xuefen.bank.conversion.rules.check import violations
from xuefen.bank.conversion.rules.planner import plan

__all__ = ["plan", "violations"]
