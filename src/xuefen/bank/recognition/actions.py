"""The use cases of an application. ``_move`` is the only hand that changes one."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from xuefen.bank.audit import actions as audit
from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.catalogue.types import ProgrammeFacts
from xuefen.bank.conversion import queries as conversion
from xuefen.bank.conversion.types import Plan
from xuefen.bank.deposits import queries as deposits
from xuefen.bank.learners import queries as learners
from xuefen.bank.learners import rules as learner_rules
from xuefen.bank.learners.types import AccountState, LearnerFacts
from xuefen.bank.ledger import actions as ledger
from xuefen.bank.ledger.types import IDEMPOTENCY_CONFLICT, BookKind, Posting, TransferKind
from xuefen.bank.recognition import queries, rules, states
from xuefen.bank.recognition.models import Application, ApplicationUse, Move, Objection
from xuefen.bank.recognition.types import (
    ACCOUNT_NOT_OPEN,
    APPLICATION_RUNNING,
    NOTE_NEEDED,
    OBJECTION_CONTACT,
    OBJECTOR_NAME,
    Clock,
    Credit,
    DecidedBy,
    Event,
    State,
    SweepReport,
)
from xuefen.bank.shell.actor import EVERYTHING, Actor, Scope
from xuefen.bank.shell.clock import today
from xuefen.bank.shell.keys import keys
from xuefen.bank.shell.problems import STALE, Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case
from xuefen.bank.standards import queries as standards
from xuefen.bank.standards.types import Pack
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon, ids
from xuefen.bedrock.gm import seal, sm3
from xuefen.bedrock.names import mask_name

log = logging.getLogger(__name__)
SWEEPER = Actor.system("recognition.sweep")

# --- applying --------------------------------------------------------------------------------------------------------


@use_case
def apply(*, learner_id: int, programme_id: int, plan: Plan, key: str, by: Actor, now: datetime) -> Application:
    """Apply for a plan: its outcomes' credit is reserved and the receiver's clock starts.

    ``key`` makes a double click one application: the same key with the same content returns the first one.
    Raises ``Denied``: not_allowed, account_unknown, account_not_open, idempotency_conflict, plan_empty, plan_stale,
    plan_illegal, credit_not_free, earlier_conversion, application_running, programme_unknown, standard_unknown.
    """
    scope = by.scope("applications.apply")
    learner = learners.by_id(scope, learner_id)
    body = canon.canonical(plan.to_json())
    _one_at_a_time(learner_id)
    known = Application.objects.filter(key=key).first()
    if known is not None:
        if (known.learner_id, known.programme_id, bytes(known.plan)) != (learner_id, programme_id, body):
            raise Denied(IDEMPOTENCY_CONFLICT, place="key", key=key)
        return known
    if learner.state != AccountState.OPEN:
        raise Denied(ACCOUNT_NOT_OPEN)
    programme = catalogue.programme_by_id(programme_id)
    _refuse_second(learner_id, programme_id)
    day = today(now)
    problem = conversion.problem_for(scope, learner_id=learner_id, programme=programme, on=day)
    rules.check_plan(plan, problem, queries.archived_plans(learner_id, programme.institution_code, programme.code))
    standard = standards.current(on=day)
    application = Application(
        number=queries.fresh_number(),
        learner_id=learner_id,
        programme_id=programme_id,
        receiver_id=programme.institution_id,
        standard_version_id=standard.id,
        state=State.NEW,
        plan=body,
        credits=plan.totals.recognised,
        applied_at=now,
        key=key,
    )
    facts = learners.facts_of([learner_id])[learner_id]
    _move(application, event=Event.APPLY, by=by, now=now, leaf=_applied(application, plan, programme, facts))
    _reserve(application, plan, now=now)
    return application


def _one_at_a_time(learner_id: int) -> None:
    """One person's applications wait for one another, so a double click finds the first click's row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.apply.' || %s, 0))", [str(learner_id)]
        )


def _refuse_second(learner_id: int, programme_id: int) -> None:
    running = Application.objects.filter(learner_id=learner_id, programme_id=programme_id, state__in=states.RUNNING)
    number = running.values_list("number", flat=True).first()
    if number is not None:
        raise Denied(APPLICATION_RUNNING, number=ids.display(number))


def _applied(application: Application, plan: Plan, programme: ProgrammeFacts, facts: LearnerFacts) -> Mapping[str, Any]:
    """What the first leaf of an application says beyond the move: public numbers and commitments only."""
    said: dict[str, Any] = {
        "programme": f"{programme.institution_code}/{programme.code}@{programme.version}",
        "standard": plan.standard,
        "plan": sm3(bytes(application.plan)).hex(),
        "credits": application.credits,
        "outcomes": sorted(source.number for line in plan.lines for source in line.uses),
    }
    if facts.data_key is not None:
        salt = learner_rules.leaf_salt(facts.data_key, application.number)
        said["holder"] = learner_rules.holder_commitment(salt, facts.account_no)
    return said


def _reserve(application: Application, plan: Plan, *, now: datetime) -> None:
    """Hold each used outcome's whole credit for the receiver. ``Denied(credit_not_free)`` when another use was quicker."""
    outcome_ids = {outcome.number: outcome.id for outcome in deposits.outcomes_of(EVERYTHING, application.learner_id)}
    uses = [(i, outcome_ids[s.number], s.credits) for i, line in enumerate(plan.lines) for s in line.uses]
    owner = ledger.book_ids(BookKind.LEARNER, [application.learner_id])[application.learner_id]
    receiver = ledger.book_ids(BookKind.RECEIVER, [application.receiver_id])[application.receiver_id]
    postings = [
        Posting(TransferKind.RESERVE, owner, receiver, credits, outcome, key=f"{application.number}:{outcome}")
        for _, outcome, credits in uses
    ]
    reservations = ledger.post(postings=postings, now=now)
    ApplicationUse.objects.bulk_create(
        ApplicationUse(
            application=application, outcome_id=outcome, line=line, credits=credits, reservation_id=reservation
        )
        for (line, outcome, credits), reservation in zip(uses, reservations, strict=True)
    )


# --- deciding --------------------------------------------------------------------------------------------------------


@use_case
def approve(*, number: str, version: int, note: str = "", by: Actor, now: datetime) -> Application:
    """The receiver consents. ``version`` is the one the reviewer saw.

    Raises ``Denied``: not_allowed, not_found, stale, move_not_allowed, time_is_up, note_long, text_controls.
    """
    application = _lock(by.scope("applications.review"), number, version)
    stored = rules.checked_text(note, place="note", most=rules.NOTE_MOST, missing=None)
    return _move(application, event=Event.APPROVE, by=by, now=now, note=stored)


@use_case
def refuse(*, number: str, version: int, reason_code: str, note: str, by: Actor, now: datetime) -> Application:
    """The receiver refuses, with a code of the standard and the grounds; the credit is the learner's again.

    Raises ``Denied``: not_allowed, not_found, stale, move_not_allowed, time_is_up, reason_unknown, note_needed,
    note_long, text_controls.
    """
    application = _lock(by.scope("applications.review"), number, version)
    stored = rules.checked_refusal(_pack(application), reason_code=reason_code, note=note)
    return _move(application, event=Event.REFUSE, by=by, now=now, reason_code=reason_code, note=stored)


@use_case
def convert(*, number: str, version: int, by: Actor, now: datetime) -> Application:
    """The receiver enters the credit, and the public notice begins. At the deadline the sweep does it.

    Raises ``Denied``: not_allowed, not_found, stale, move_not_allowed.
    """
    return _move(_lock(by.scope("applications.review"), number, version), event=Event.CONVERT, by=by, now=now)


@use_case
def withdraw(*, number: str, version: int, note: str = "", by: Actor, now: datetime) -> Application:
    """The learner takes the application back; the credit is free again.

    Raises ``Denied``: not_allowed, not_found, stale, move_not_allowed, note_long, text_controls.
    """
    application = _lock(by.scope("applications.withdraw"), number, version)
    stored = rules.checked_text(note, place="note", most=rules.NOTE_MOST, missing=None)
    return _move(application, event=Event.WITHDRAW, by=by, now=now, note=stored)


# --- objections ------------------------------------------------------------------------------------------------------


@use_case
def object_(*, number: str, by_name: str, text: str, contact: str, by: Actor, now: datetime) -> Objection:
    """Anybody objects to an application in public notice. A further objection joins the one being handled.

    Raises ``Denied``: not_found, move_not_allowed, time_is_up, objector_name, objection_contact, note_needed, note_long,
    text_controls.
    """
    application = _lock(EVERYTHING, number, None)
    name = rules.checked_text(by_name, place="by_name", most=40, missing=OBJECTOR_NAME)
    reach = rules.checked_text(contact, place="contact", most=80, missing=OBJECTION_CONTACT)
    stored = rules.checked_text(text, place="text", most=rules.TEXT_MOST, missing=NOTE_NEEDED)
    _move(application, event=Event.OBJECT, by=by, now=now)
    plain = canon.canonical({"name": name, "contact": reach})
    return Objection.objects.create(
        application=application,
        by_name=mask_name(name),
        contact_sealed=seal(keys().secret("wrap"), plain, aad=f"objection:{application.number}".encode()),
        text=stored,
        raised_at=now,
    )


@use_case
def answer_objection(*, number: str, version: int, uphold: bool, reply: str, by: Actor, now: datetime) -> Application:
    """Answer the open objections with one reply: uphold ends the application, reject lets the notice go on.

    Raises ``Denied``: not_allowed, not_found, stale, move_not_allowed, note_needed, note_long, text_controls.
    """
    application = _lock(by.scope("objections.answer"), number, version)
    stored = rules.checked_text(reply, place="reply", most=rules.TEXT_MOST, missing=NOTE_NEEDED)
    event = Event.UPHOLD if uphold else Event.REJECT_OBJECTION
    _move(application, event=event, by=by, now=now)
    Objection.objects.filter(application=application, outcome="").update(
        outcome="upheld" if uphold else "rejected", reply=stored, replied_by=by.name, replied_at=now
    )
    return application


# --- the sweep -------------------------------------------------------------------------------------------------------


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
    application = _lock_unchanged(pk, version)
    if application is None:
        return False
    event = states.STATES[State(application.state)].at_deadline
    if event is None or application.due_at is None or application.due_at > now:
        return False
    _move(application, event=event, by=SWEEPER, now=now)
    return True


@use_case
def _remind(*, pk: int, version: int, now: datetime) -> bool:
    application = _lock_unchanged(pk, version)
    if application is None or application.remind_at is None or application.remind_at > now:
        return False
    step = _pack(application).steps[states.STATES[State(application.state)].clock]
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


# --- the one mover ---------------------------------------------------------------------------------------------------


def _lock(scope: Scope, number: str, version: int | None) -> Application:
    """The application, locked. ``Denied(not_found)`` out of scope, ``Denied(stale)`` when it has moved since ``version``."""
    application = queries.lock(scope, number)
    if version is not None and application.version != version:
        raise Denied(STALE, place="version")
    return application


def _lock_unchanged(pk: int, version: int) -> Application | None:
    return Application.objects.select_for_update().filter(pk=pk, version=version).first()


def _pack(application: Application) -> Pack:
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
def _move(
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
    move = states.after(origin, event)
    rules.check_moment(origin, event, due_at=application.due_at, now=now)
    application.state, application.version = move.to, application.version + 1
    if move.to is not origin:
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
        to_state=move.to,
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
        after={"state": move.to, "version": application.version},
    )
    _settle(application, states.STATES[move.to].credit, now=now)
    return application


def _clock(application: Application, origin: State, *, now: datetime) -> Clock | None:
    """The clock of the state the application has just entered; None when nobody is waited for."""
    name = states.STATES[State(application.state)].clock
    if not name:
        return None
    step = _pack(application).steps[name]
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
        "at": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
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
