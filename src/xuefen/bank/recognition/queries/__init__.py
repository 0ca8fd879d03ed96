"""Reading applications: for people, for the actions of this room, and what is promised of them."""

from xuefen.bank.recognition.queries.promises import violations
from xuefen.bank.recognition.queries.reading import (
    application,
    applications,
    archived_plans,
    contact_of,
    deadlines_due,
    fresh_number,
    lock,
    mine,
    moves_so_far,
    neighbours,
    objectors,
    problem_for,
    public_notices,
    queue,
    receiver_records,
    reminders_due,
    under_way,
)
from xuefen.bank.recognition.queries.uses import users_of, users_of_all, uses_of_batch

__all__ = [
    "application",
    "applications",
    "archived_plans",
    "contact_of",
    "deadlines_due",
    "fresh_number",
    "lock",
    "mine",
    "moves_so_far",
    "neighbours",
    "objectors",
    "problem_for",
    "public_notices",
    "queue",
    "receiver_records",
    "reminders_due",
    "under_way",
    "users_of",
    "users_of_all",
    "uses_of_batch",
    "violations",
]
