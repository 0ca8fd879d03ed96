"""Reminders, and what happens when nobody answers."""

from __future__ import annotations

from datetime import datetime

from xuefen.bank.audit import actions as audit
from xuefen.bank.intake import queries, rules, states
from xuefen.bank.intake.actions.moving import move, pack_of
from xuefen.bank.intake.types import Due, Event, State, SweepReport
from xuefen.bank.shell import sweeping
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.transaction import inside_transaction, use_case

SWEEPER = Actor.system("intake.sweep")


def sweep(*, now: datetime, limit: int = 500) -> SweepReport:
    """Record the reminders that are due, then end what nobody answered in time, longest overdue first.

    Each slip in a transaction of its own, on condition that it still is as it was read (``shell.sweeping``).
    """
    reads = (queries.reminders_due, queries.deadlines_due)
    return SweepReport(**sweeping.sweep(reads, _do, now=now, limit=limit))


def _do(due: Due, now: datetime) -> str:
    act, done = (_remind, "reminded") if due.event is None else (_time_is_up, "lapsed")
    return done if act(pk=due.id, version=due.version, now=now) else sweeping.OVERTAKEN


@use_case
def _time_is_up(*, pk: int, version: int, now: datetime) -> bool:
    slip = queries.lock_unchanged(pk, version)
    if slip is None or slip.due_at is None or slip.due_at > now:
        return False
    event = states.STATES[State(slip.state)].at_deadline
    if event is None:
        return False
    move(slip, event=event, by=SWEEPER, now=now)
    return True


@use_case
def _remind(*, pk: int, version: int, now: datetime) -> bool:
    slip = queries.lock_unchanged(pk, version)
    if slip is None or slip.remind_at is None or slip.remind_at > now or slip.due_at is None:
        return False
    moments = rules.reminder_moments(State(slip.state), pack_of(slip), entered_at=slip.entered_at, due_at=slip.due_at)
    slip.remind_at = next((moment for moment in moments if moment > now), None)
    slip.reminded_at, slip.reminders = now, slip.reminders + 1
    slip.save(update_fields=["remind_at", "reminded_at", "reminders"])
    audit.record(
        action="slip.remind",
        by=SWEEPER,
        now=now,
        subject=("slip", slip.number),
        after={"state": slip.state, "reminder": slip.reminders},
    )
    return True


@inside_transaction
def close_for_erasure(*, learner_id: int, now: datetime) -> None:
    """End what still waits for a person who is being erased; what is under check stands in the erasure's way."""
    for slip in queries.closable(learner_id):
        move(slip, event=Event.CLOSE, by=SWEEPER, now=now)
