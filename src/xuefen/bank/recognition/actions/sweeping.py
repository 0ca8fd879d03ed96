"""Deadlines: what happens when nobody does anything."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime

from xuefen.bank.audit import actions as audit
from xuefen.bank.recognition import queries, rules, states
from xuefen.bank.recognition.actions.moving import lock_unchanged, move, pack_of
from xuefen.bank.recognition.models import Application
from xuefen.bank.recognition.types import Event, State, SweepReport
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.transaction import use_case

log = logging.getLogger(__name__)
SWEEPER = Actor.system("recognition.sweep")


def sweep(*, now: datetime, limit: int = 500) -> SweepReport:
    """Send the reminders that are due, then do what the standard does when a time is up, most overdue first.

    Each application moves in a transaction of its own, on condition that it still is as it was read. What fails is
    logged, counted and tried again next time; it uses up nothing of ``limit``, so it can never keep others waiting (I12).
    """
    counts: Counter[str] = Counter()
    for pk, version, number in queries.reminders_due(now=now, limit=limit):
        _attempt(counts, number, "reminded", pk=pk, version=version, now=now)
    done, after = 0, None
    while done < limit:
        due = queries.deadlines_due(now=now, after=after, limit=100)
        for at, pk, version, number, event in due:
            after = (at, pk)
            done += _attempt(counts, number, _SWEPT[event], pk=pk, version=version, now=now)
            if done == limit:
                break
        if len(due) < 100:
            break
    return SweepReport(**counts)


_SWEPT = {Event.SILENCE: "consented", Event.CONVERT: "converted", Event.NOTICE_OVER: "archived"}


def _attempt(counts: Counter[str], number: str, name: str, *, pk: int, version: int, now: datetime) -> bool:
    try:
        done = (_remind if name == "reminded" else _time_is_up)(pk=pk, version=version, now=now)
    except Exception:  # whatever is wrong with one application, the next person's deadline still holds
        log.exception("sweep: application %s failed", number)
        counts["failed"] += 1
        return False
    counts[name if done else "overtaken"] += 1
    return done


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
