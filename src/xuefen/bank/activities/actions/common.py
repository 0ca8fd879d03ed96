"""Locks and doors that several use cases of this room share."""

from __future__ import annotations

from typing import Any

from django.db import connection

from xuefen.bank.institutions import queries as institutions
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import NOT_ALLOWED, Denied
from xuefen.bank.shell.transaction import inside_transaction


@inside_transaction
def hold_period(institution_id: int, *, alone: bool) -> None:
    """Confirmations of an institution go side by side; its gathering goes alone. Held until the transaction ends."""
    lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {lock}(hashtext(current_schema() || '.activities'), %s)", [institution_id])


@inside_transaction
def hold_activity(activity_id: int) -> None:
    """One at a time where places are counted, and where the same person may be confirmed twice at once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.activity'), %s)", [activity_id])


@inside_transaction
def hold_deed(deed_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.deed'), %s)", [deed_id])


def institution_for(code: str, *, by: Actor, action: str) -> Any:
    """The institution, if ``by`` may do this for it. Raises ``Denied``: not_allowed, institution_unknown."""
    scope = by.scope(action)
    found = institutions.by_code(code)
    if not scope.reaches(institution_id=found.pk, place_path=found.place.path):
        raise Denied(NOT_ALLOWED, action=action)
    return found
