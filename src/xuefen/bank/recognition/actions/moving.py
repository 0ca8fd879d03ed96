"""The one mover: nothing else changes an application."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from xuefen.bank.audit import actions as audit
from xuefen.bank.ledger import actions as ledger
from xuefen.bank.ledger.types import TransferKind
from xuefen.bank.recognition import queries, rules, states
from xuefen.bank.recognition.models import Application, ApplicationUse, Move
from xuefen.bank.recognition.types import Clock, Credit, DecidedBy, Event, State
from xuefen.bank.shell.actor import Actor, Scope
from xuefen.bank.shell.clock import stamp
from xuefen.bank.shell.problems import STALE, Denied
from xuefen.bank.shell.transaction import inside_transaction
from xuefen.bank.standards import queries as standards
from xuefen.bank.standards.types import Pack
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon


def lock(scope: Scope, number: str, version: int | None) -> Application:
    """The application, locked. ``Denied(not_found)`` out of scope, ``Denied(stale)`` when it has moved since ``version``."""
    application = queries.lock(scope, number)
    if version is not None and application.version != version:
        raise Denied(STALE, place="version")
    return application


def lock_unchanged(pk: int, version: int) -> Application | None:
    """The application, locked, if it has not moved since it was read; who holds the lock now is waited for."""
    return Application.objects.select_for_update().filter(pk=pk, version=version).first()


def pack_of(application: Application) -> Pack:
    """The standard the application was made under; a later one does not change its clocks and codes."""
    return standards.by_id(application.standard_version_id).pack


_MOVING = (
    "state",
    "version",
    "decided_by",
    "reason_code",
    "entered_at",
    "due_at",
    "remind_at",
    "reminded_at",
    "reminders",
)


@inside_transaction
def move(
    application: Application,
    *,
    event: Event,
    by: Actor,
    now: datetime,
    reason_code: str = "",
    note: str = "",
    leaf: Mapping[str, Any] | None = None,
) -> Application:
    """Make one move of a locked (or new) application: its state, its row, its audit entry, its leaf, its credit."""
    origin = State(application.state)
    to = states.after(origin, event).to
    rules.check_moment(origin, event, due_at=application.due_at, now=now)
    application.state, application.version = to, application.version + 1
    if to is not origin:
        _start(application, _clock(application, origin, now=now), now=now)
    if event in (Event.APPROVE, Event.REFUSE, Event.SILENCE):
        application.decided_by = DecidedBy.SILENCE if event is Event.SILENCE else DecidedBy.PERSON
    application.reason_code = reason_code or application.reason_code
    application.save(update_fields=None if origin is State.NEW else _MOVING)
    Move.objects.create(
        application=application,
        seq=application.version,
        from_state=origin,
        event=event,
        to_state=to,
        actor_kind=by.kind,
        actor_name=by.name if by.kind in ("staff", "system") else "",
        reason_code=reason_code,
        note=note,
        at=now,
        leaf_id=translog.append(body=_leaf(application, origin, event, reason_code, leaf or {}, now=now)),
    )
    audit.record(
        action=f"application.{event}",
        by=by,
        now=now,
        subject=("application", application.number),
        reason=reason_code,
        before={"state": origin},
        after={"state": to, "version": application.version},
    )
    if origin is State.NEW or states.STATES[origin].credit is Credit.HELD:
        _settle(application, states.STATES[to].credit, now=now)
    return application


def _clock(application: Application, origin: State, *, now: datetime) -> Clock | None:
    """The clock of the state the application has just entered; None when nobody is waited for."""
    name = states.STATES[State(application.state)].clock
    if not name:
        return None
    step = pack_of(application).steps[name]
    if origin is State.OBJECTION:
        return rules.resumed_clock(step, queries.moves_so_far(application.pk), now=now)
    return rules.start_clock(step, now=now)


def _start(application: Application, clock: Clock | None, *, now: datetime) -> None:
    application.entered_at = now
    application.due_at = clock.due_at if clock else None
    application.remind_at = rules.next_reminder(clock, now=now) if clock else None
    application.reminded_at, application.reminders = None, 0


def _leaf(
    application: Application, origin: State, event: Event, reason_code: str, more: Mapping[str, Any], *, now: datetime
) -> bytes:
    said = {
        "kind": "application.move",
        "v": 1,
        "at": stamp(now),
        "application": application.number,
        "seq": application.version,
        "from": origin.value,
        "event": event.value,
        "to": application.state,
        **more,
    }
    if reason_code:
        said["reason"] = reason_code
    return canon.canonical(said)


def _settle(application: Application, credit: Credit, *, now: datetime) -> None:
    """End the reservations when the state says what becomes of the credit."""
    if credit is Credit.HELD:
        return
    uses = ApplicationUse.objects.filter(application=application).order_by("outcome_id")
    ledger.end_reservations(
        reservation_ids=list(uses.values_list("reservation_id", flat=True)),
        kind=TransferKind.REDEEM if credit is Credit.USED else TransferKind.RELEASE,
        key=f"{application.number}:end",
        now=now,
    )
