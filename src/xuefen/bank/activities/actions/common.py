"""Locks and doors that several use cases of this room share."""

from __future__ import annotations

from typing import Any

from xuefen.bank.institutions import queries as institutions
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import NOT_ALLOWED, Denied
from xuefen.bank.shell.transaction import inside_transaction, wait_turn


@inside_transaction
def hold_period(institution_id: int, *, alone: bool) -> None:
    """Confirmations of an institution go side by side; its gathering goes alone. Held until the transaction ends."""
    wait_turn("activities", institution_id, shared=not alone)


@inside_transaction
def hold_activity(activity_id: int) -> None:
    """One at a time where places are counted, and where the same person may be confirmed twice at once."""
    wait_turn("activity", activity_id)


@inside_transaction
def hold_deed(deed_id: int) -> None:
    wait_turn("deed", deed_id)


def institution_for(code: str, *, by: Actor, action: str) -> Any:
    """The institution, if ``by`` may do this for it. Raises ``Denied``: not_allowed, institution_unknown."""
    scope = by.scope(action)
    found = institutions.by_code(code)
    if not scope.reaches(institution_id=found.pk, place_path=found.place.path):
        raise Denied(NOT_ALLOWED, action=action)
    return found
