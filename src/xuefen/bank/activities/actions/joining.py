"""A learner's place in an activity."""

from __future__ import annotations

from datetime import datetime

from xuefen.bank.activities.actions.common import hold_activity
from xuefen.bank.activities.models import Registration
from xuefen.bank.activities.queries.happening import activity
from xuefen.bank.activities.types import (
    ACTIVITY_CANCELLED,
    ACTIVITY_FULL,
    ACTIVITY_OVER,
    ALREADY_CONFIRMED,
    NOT_REGISTERED,
    ActivityFacts,
)
from xuefen.bank.audit import actions as audit
from xuefen.bank.learners import queries as learners
from xuefen.bank.learners.types import ACCOUNT_STATE, AccountState
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.problems import NOT_ALLOWED, Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case


@use_case
def join(*, number: str, learner_id: int, by: Actor, now: datetime) -> ActivityFacts:
    """Take a place; to have one already is no error.

    Raises ``Denied``: not_allowed, activity_unknown, activity_cancelled, activity_over, activity_full, account_state.
    """
    own_account(learner_id, by=by)
    found = activity(EVERYTHING, number, learner_id=learner_id)
    hold_activity(found.id)
    found = activity(EVERYTHING, number, learner_id=learner_id)
    if not found.registered:
        take_place(found, learner_id=learner_id, now=now)
        audit.record(action="activities.joined", by=by, now=now, subject=("activity", found.number))
    return activity(EVERYTHING, number, learner_id=learner_id)


@use_case
def leave(*, number: str, learner_id: int, by: Actor, now: datetime) -> ActivityFacts:
    """Give the place back, so that somebody else may have it.

    Raises ``Denied``: not_allowed, activity_unknown, not_registered, already_confirmed.
    """
    own_account(learner_id, by=by)
    found = activity(EVERYTHING, number, learner_id=learner_id)
    hold_activity(found.id)
    found = activity(EVERYTHING, number, learner_id=learner_id)
    if found.attended:
        raise Denied(ALREADY_CONFIRMED, place="activity")
    ended = Registration.objects.filter(activity_id=found.id, learner_id=learner_id, ended_at=None).update(ended_at=now)
    if not ended:
        raise Denied(NOT_REGISTERED, place="activity")
    audit.record(action="activities.left", by=by, now=now, subject=("activity", found.number))
    return activity(EVERYTHING, number, learner_id=learner_id)


def own_account(learner_id: int, *, by: Actor) -> None:
    """Raise ``Denied(not_allowed)`` unless ``by`` acts for this account."""
    if not by.scope("activities.join").reaches(learner_id=learner_id):
        raise Denied(NOT_ALLOWED, action="activities.join")


@inside_transaction
def take_place(found: ActivityFacts, *, learner_id: int, now: datetime) -> None:
    """Write the registration; the caller holds the activity. Raises as ``join``."""
    if found.cancelled_at is not None:
        raise Denied(ACTIVITY_CANCELLED, place="activity")
    if now >= found.ends_at:
        raise Denied(ACTIVITY_OVER, place="activity")
    if not found.places_left:
        raise Denied(ACTIVITY_FULL, place="activity", most=found.most)
    state = learners.facts_of([learner_id])[learner_id].state
    if state is not AccountState.OPEN:
        raise Denied(ACCOUNT_STATE, state=state.value)
    Registration.objects.create(activity_id=found.id, learner_id=learner_id, at=now)
