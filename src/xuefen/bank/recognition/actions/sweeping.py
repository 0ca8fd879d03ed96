"""Deadlines: what happens when nobody does anything."""

from __future__ import annotations

from datetime import datetime

from xuefen.bank.audit import actions as audit
from xuefen.bank.recognition import queries, rules, states
from xuefen.bank.recognition.actions.moving import lock_unchanged, move, pack_of
from xuefen.bank.recognition.models import Application
from xuefen.bank.recognition.types import Due, Event, State, SweepReport
from xuefen.bank.shell import sweeping
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.transaction import use_case

SWEEPER = Actor.system("recognition.sweep")
_DONE = {None: "reminded", Event.SILENCE: "consented", Event.CONVERT: "converted", Event.NOTICE_OVER: "archived"}


def sweep(*, now: datetime, limit: int = 500) -> SweepReport:
    """Send the reminders that are due, then do what the standard does when a time is up, longest overdue first.

    Each application moves in a transaction of its own, on condition that it still is as it was read; ``limit`` holds for
    reminders and deadlines each (``shell.sweeping``).
    """
    reads = (queries.reminders_due, queries.deadlines_due)
    return SweepReport(**sweeping.sweep(reads, _do, now=now, limit=limit))


def _do(due: Due, now: datetime) -> str:
    act = _remind if due.event is None else _time_is_up
    return _DONE[due.event] if act(pk=due.id, version=due.version, now=now) else sweeping.OVERTAKEN


@use_case
def _time_is_up(*, pk: int, version: int, now: datetime) -> bool:
    application = lock_unchanged(pk, version)
    if application is None:
        return False
    event = states.STATES[State(application.state)].at_deadline
    if event is None or application.due_at is None or application.due_at > now:
        return False
    move(application, event=event, by=SWEEPER, now=now)
    return True


@use_case
def _remind(*, pk: int, version: int, now: datetime) -> bool:
    application = lock_unchanged(pk, version)
    if application is None or application.remind_at is None or application.remind_at > now:
        return False
    step = pack_of(application).steps[states.STATES[State(application.state)].clock]
    clock = rules.start_clock(step, now=application.entered_at)
    Application.objects.filter(pk=application.pk).update(
        remind_at=rules.next_reminder(clock, now=now), reminded_at=now, reminders=application.reminders + 1
    )
    audit.record(
        action="application.remind",
        by=SWEEPER,
        now=now,
        subject=("application", application.number),
        after={"state": application.state, "reminder": application.reminders + 1},
    )
    return True
