"""Pure decisions of the supervision room."""

from xuefen.bank.supervision.rules.alarms import grows, habit, is_burst, pile_chance, piles_up, sentence
from xuefen.bank.supervision.rules.arbitration import check_arbiter, checked_grounds, weakens

__all__ = [
    "check_arbiter",
    "checked_grounds",
    "grows",
    "habit",
    "is_burst",
    "pile_chance",
    "piles_up",
    "sentence",
    "weakens",
]
