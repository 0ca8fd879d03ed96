"""Reading deposit slips. Scoped reads take the actor or the scope first."""

from xuefen.bank.intake.queries.promises import violations
from xuefen.bank.intake.queries.reading import (
    closable,
    deadlines_due,
    item_of,
    lock,
    lock_unchanged,
    one,
    outcome_number,
    persons_refused,
    reminders_due,
    rows,
    same_award,
    slips,
    standing,
    under_way,
    view,
)

__all__ = [
    "closable",
    "deadlines_due",
    "item_of",
    "lock",
    "lock_unchanged",
    "one",
    "outcome_number",
    "persons_refused",
    "reminders_due",
    "rows",
    "same_award",
    "slips",
    "standing",
    "under_way",
    "view",
    "violations",
]
