"""Which applications use an outcome, or a whole batch of them."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Count, Sum

from xuefen.bank.deposits.types import OutcomeState
from xuefen.bank.recognition import states
from xuefen.bank.recognition.models import ApplicationUse
from xuefen.bank.recognition.types import State

_ALIVE = (*states.UNDER_WAY, State.ARCHIVED, State.IN_DOUBT)


def users_of(outcome_id: int) -> list[tuple[int, State]]:
    """(application id, state) of the applications that use an outcome and have not ended without it; oldest first."""
    return users_of_all([outcome_id]).get(outcome_id, [])


def users_of_all(outcome_ids: Collection[int]) -> dict[int, list[tuple[int, State]]]:
    """The same for many outcomes, by outcome; those that nothing uses are not in it. One query."""
    found: dict[int, list[tuple[int, State]]] = {}
    uses = ApplicationUse.objects.filter(outcome_id__in=outcome_ids, replaced_by=None, application__state__in=_ALIVE)
    for outcome_id, pk, state in uses.order_by("application_id").values_list(
        "outcome_id", "application_id", "application__state"
    ):
        found.setdefault(outcome_id, []).append((pk, State(state)))
    return found


def uses_of_batch(batch_id: int) -> dict[State, tuple[int, int, int]]:
    """Of the valid outcomes of a batch, by state of the application that uses them: applications, outcomes, credit used."""
    uses = ApplicationUse.objects.filter(
        outcome__batch_id=batch_id, outcome__state=OutcomeState.VALID, replaced_by=None, application__state__in=_ALIVE
    )
    rows = uses.values_list("application__state").annotate(
        applications=Count("application_id", distinct=True),
        outcomes=Count("outcome_id", distinct=True),
        used=Sum("credits"),
    )
    return {State(state): (applications, outcomes, used) for state, applications, outcomes, used in rows}
