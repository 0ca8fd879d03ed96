"""Reading applications. Names are masked everywhere; lists cost the same number of queries however long they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime

from django.db.models import Case, Count, Q, QuerySet, Value, When

from xuefen.bank.catalogue.types import ProgrammeFacts
from xuefen.bank.conversion import queries as conversion
from xuefen.bank.conversion.types import Plan, Problem
from xuefen.bank.learners import queries as learners
from xuefen.bank.places.queries import inside
from xuefen.bank.recognition import rules, states
from xuefen.bank.recognition.models import Application, Move, Objection
from xuefen.bank.recognition.types import (
    Age,
    ApplicationView,
    ClockFacts,
    Due,
    Event,
    MoveView,
    Notice,
    ObjectionView,
    Objector,
    Party,
    Queue,
    ReceiverRecord,
    Row,
    State,
)
from xuefen.bank.shell import queries as shell
from xuefen.bank.shell.actor import Actor, Scope
from xuefen.bank.shell.keys import open_paper
from xuefen.bank.shell.problems import NOT_FOUND, Denied
from xuefen.bank.standards import queries as standards
from xuefen.bedrock import ids
from xuefen.bedrock.gm import sm3

# --- for the actions of this room ------------------------------------------------------------------------------------


def fresh_number() -> str:
    """An application number nobody has."""
    while True:
        number = ids.new_number(ids.NumberClass.APPLICATION)
        if not Application.objects.filter(number=number).exists():
            return number


def lock(scope: Scope, number: str) -> Application:
    """The application, locked until the transaction ends. Raises ``Denied(not_found)``, the same when out of scope."""
    found = _within(scope).select_for_update(of=("self",)).filter(number=ids.normalise(number)).first()
    if found is None:
        raise Denied(NOT_FOUND, place="number")
    return found


def moves_so_far(application_id: int) -> list[tuple[State, State, datetime]]:
    """(from, to, at) of an application's moves, oldest first."""
    rows = Move.objects.filter(application_id=application_id).order_by("seq")
    return [(State(a), State(b), at) for a, b, at in rows.values_list("from_state", "to_state", "at")]


def archived_plans(learner_id: int, institution_code: str, programme_code: str) -> list[Plan]:
    """The plans of the learner already archived for the programme, whatever its version; what is in doubt counts still."""
    rows = Application.objects.filter(
        learner_id=learner_id,
        state__in=(State.ARCHIVED, State.IN_DOUBT),
        programme__code=programme_code,
        programme__institution__code=institution_code,
    )
    return [_plan(body) for body in rows.order_by("id").values_list("plan", flat=True)]


def problem_for(
    scope: Scope, *, programme: ProgrammeFacts, on: date, learner_id: int | None = None, account_no: str = ""
) -> Problem:
    """The planning problem of one learner and one programme, with what was converted into the programme before.

    Raises ``Denied``: account_unknown (also outside the scope), standard_unknown, problem_too_large.
    """
    if learner_id is None:
        learner_id = learners.by_account(scope, account_no).pk
    earlier = archived_plans(learner_id, programme.institution_code, programme.code)
    return conversion.problem_for(scope, programme=programme, on=on, learner_id=learner_id, earlier=earlier)


def reminders_due(*, now: datetime, after: Due | None, limit: int) -> list[Due]:
    """Reminders due beyond ``after``, oldest first; none of what is overdue: the deadline's act is the better reminder."""
    rows = Application.objects.filter(remind_at__lte=now, due_at__gt=now)
    return shell.due(rows, "remind_at", after=after, limit=limit)


def deadlines_due(*, now: datetime, after: Due | None, limit: int) -> list[Due]:
    """Deadlines on which the house must act, beyond ``after``, longest overdue first."""
    events = {state: facts.at_deadline for state, facts in states.STATES.items() if facts.at_deadline is not None}
    rows = Application.objects.filter(due_at__lte=now, state__in=events)
    return shell.due(rows, "due_at", after=after, limit=limit, events=events)


# --- for people ------------------------------------------------------------------------------------------------------


def queue(
    scope: Scope,
    *,
    now: datetime,
    acts: Party = Party.RECEIVER,
    age: Age | None = None,
    page: int = 1,
    page_size: int = 20,
) -> Queue:
    """What waits for ``acts`` inside the scope, most urgent first; two queries. ``page`` beyond the end is the last one."""
    rows = _waiting(scope, acts)
    overdue, soon, week = rules.age_limits(now)
    # "<=" throughout: a deadline is the first moment that is too late.
    grouped = rows.annotate(
        age=Case(
            When(due_at__lte=overdue, then=Value(Age.OVERDUE)),
            When(due_at__lte=soon, then=Value(Age.SOON)),
            When(due_at__lte=week, then=Value(Age.WEEK)),
            default=Value(Age.LATER),
        )
    )
    found = dict(grouped.order_by().values_list("age").annotate(n=Count("id")))
    counts = {a: found.get(a, 0) for a in Age}
    total = counts[age] if age else sum(counts.values())
    pages = max(1, -(-total // page_size))
    page = min(max(page, 1), pages)
    shown = grouped.filter(age=age) if age else rows
    first = (page - 1) * page_size
    return Queue(
        rows=tuple(_rows(shown.order_by("due_at", "id")[first : first + page_size], now=now)),
        counts=counts,
        page=page,
        pages=pages,
        total=total,
    )


def mine(scope: Scope, *, now: datetime) -> tuple[Row, ...]:
    """A learner's applications: those under way first, then the past, newest first; one query."""
    running = Case(When(state__in=sorted(states.RUNNING), then=Value(0)), default=Value(1))
    reached = Application.objects.filter(inside(scope, learner="learner_id"))
    return tuple(_rows(reached.order_by(running, "-applied_at", "-id"), now=now))


def applications(
    scope: Scope, *, now: datetime, state: State | None = None, since: datetime | None = None, limit: int = 50
) -> tuple[Row, ...]:
    """Applications inside a scope, newest first; of one state, or made since a moment, when asked; one query."""
    rows = _within(scope)
    if state is not None:
        rows = rows.filter(state=state)
    if since is not None:
        rows = rows.filter(applied_at__gte=since)
    return tuple(_rows(rows.order_by("-applied_at", "-id")[:limit], now=now))


def application(scope: Scope, number: str, *, now: datetime) -> ApplicationView:
    """Everything about one application. Raises ``Denied(not_found)``, the same when it is out of scope."""
    found = _within(scope).filter(number=ids.normalise(number))
    row = found.select_related("programme", "receiver").first()
    if row is None:
        raise Denied(NOT_FOUND, place="number")
    pack = standards.by_id(row.standard_version_id).pack
    moves = tuple(_move_view(move) for move in Move.objects.filter(application=row).order_by("seq"))
    reason = pack.refusal_codes.get(row.reason_code)
    state = State(row.state)
    return ApplicationView(
        row=next(_rows(found, now=now)),
        learner_id=row.learner_id,
        programme_id=row.programme_id,
        programme_code=row.programme.code,
        receiver_id=row.receiver_id,
        receiver_code=row.receiver.code,
        standard_version_id=row.standard_version_id,
        plan=_plan(row.plan),
        plan_digest=sm3(bytes(row.plan)).hex(),
        acts=states.STATES[state].acts,
        reason_code=row.reason_code,
        reason=(reason.zh, reason.en) if reason else None,
        steps=rules.timeline(moves, due_at=row.due_at, steps=pack.steps),
        moves=moves,
        objections=tuple(
            ObjectionView(o.by_name, o.text, o.raised_at, o.outcome, o.reply, o.replied_at)
            for o in Objection.objects.filter(application=row).order_by("id")
        ),
    )


def neighbours(scope: Scope, number: str, *, acts: Party = Party.RECEIVER) -> tuple[str | None, str | None]:
    """The numbers before and after an application in the queue, for previous and next; None at the ends."""
    here = _within(scope).filter(number=ids.normalise(number)).values_list("due_at", "id").first()
    if here is None or here[0] is None:
        return None, _waiting(scope, acts).order_by("due_at", "id").values_list("number", flat=True).first()
    earlier = Q(due_at__lt=here[0]) | Q(due_at=here[0], id__lt=here[1])
    later = Q(due_at__gt=here[0]) | Q(due_at=here[0], id__gt=here[1])
    rows = _waiting(scope, acts)
    before = rows.filter(earlier).order_by("-due_at", "-id").values_list("number", flat=True).first()
    behind = rows.filter(later).order_by("due_at", "id").values_list("number", flat=True).first()
    return before, behind


def objectors(by: Actor, number: str) -> list[Objector]:
    """Who objects and how to reach them, for those who handle objections. Raises ``Denied``: not_allowed, not_found."""
    found = _within(by.scope("objections.answer")).filter(number=ids.normalise(number)).first()
    if found is None:
        raise Denied(NOT_FOUND, place="number")
    rows = Objection.objects.filter(application=found).order_by("id").values_list("contact_sealed", flat=True)
    return [Objector(*contact_of(found.number, bytes(sealed))) for sealed in rows]


def under_way(learner_id: int) -> list[str]:
    """Numbers of the learner's applications that have not ended; the caller has checked its scope."""
    return list(
        Application.objects.filter(learner_id=learner_id, state__in=states.RUNNING).values_list("number", flat=True)
    )


def contact_of(number: str, sealed: bytes) -> tuple[str, str]:
    """Name and contact of an objector to the application; both empty once they, or the applicant, were erased."""
    plain = open_paper(sealed, aad=f"objection:{number}".encode())
    found = json.loads(plain) if plain is not None else {"name": "", "contact": ""}
    return found["name"], found["contact"]


def public_notices(now: datetime, *, receiver_code: str = "", limit: int = 100) -> tuple[Notice, ...]:
    """What is in public notice, ending soonest first, for everybody; one query. An objection keeps it on the list."""
    rows = Application.objects.filter(state__in=(State.NOTICE, State.OBJECTION))
    if receiver_code:
        rows = rows.filter(receiver__code=receiver_code)
    found = rows.select_related("learner", "programme", "receiver").order_by("due_at", "id")[:limit]
    notices = []
    for row in found:
        plan = _plan(row.plan)
        lines = tuple(
            ("、".join(s.item_name for s in line.uses), "、".join(g.name for g in line.gives), line.credits)
            for line in plan.lines
        )
        notices.append(
            Notice(
                number=row.number,
                masked_name=row.learner.masked_name,
                programme_name=row.programme.name,
                receiver_name=row.receiver.name_zh,
                credits=row.credits,
                lines=lines,
                clock=_clock(row.entered_at, row.due_at, now=now),
                objected=row.state == State.OBJECTION,
            )
        )
    return tuple(notices)


def receiver_records(*, since: datetime, until: datetime) -> tuple[ReceiverRecord, ...]:
    """How each receiver decided in [since, until), by code: public figures, from the moves themselves; one query."""
    decided = Move.objects.filter(event__in=(Event.APPROVE, Event.REFUSE, Event.SILENCE), at__gte=since, at__lt=until)
    grouped = decided.values_list(
        "application__receiver__code", "application__receiver__name_zh", "event", "reason_code"
    ).annotate(n=Count("id"))
    sums: dict[tuple[str, str], dict[str, int]] = {}
    reasons: dict[tuple[str, str], dict[str, int]] = {}
    for code, name, event, reason, n in grouped.order_by("application__receiver__code", "reason_code"):
        events = sums.setdefault((code, name), {})
        events[event] = events.get(event, 0) + n
        if event == Event.REFUSE:
            reasons.setdefault((code, name), {})[reason] = n
    return tuple(
        ReceiverRecord(
            receiver_code=who[0],
            receiver_name=who[1],
            approved=events.get(Event.APPROVE, 0),
            refused=events.get(Event.REFUSE, 0),
            by_silence=events.get(Event.SILENCE, 0),
            by_reason=reasons.get(who, {}),
        )
        for who, events in sums.items()
    )


# --- pieces ----------------------------------------------------------------------------------------------------------


def _within(scope: Scope) -> QuerySet[Application]:
    reached = inside(scope, place="learner__place__path", institution="receiver_id", learner="learner_id")
    return Application.objects.filter(reached)


def _waiting(scope: Scope, acts: Party) -> QuerySet[Application]:
    return _within(scope).filter(state__in=[state for state, facts in states.STATES.items() if facts.acts is acts])


_COLUMNS = (
    "number", "state", "version", "learner__masked_name", "programme__name", "programme__version", "receiver__name_zh",
    "credits", "applied_at", "entered_at", "due_at", "reminders", "reminded_at", "decided_by", "n_uses",
)  # fmt: skip


def _rows(found: QuerySet[Application], *, now: datetime) -> Iterator[Row]:
    for a in found.annotate(n_uses=Count("uses", filter=Q(uses__replaces=None))).values_list(*_COLUMNS, named=True):
        yield Row(
            number=a.number,
            state=State(a.state),
            version=a.version,
            masked_name=a.learner__masked_name,
            programme_name=a.programme__name,
            programme_version=a.programme__version,
            receiver_name=a.receiver__name_zh,
            outcomes=a.n_uses,
            credits=a.credits,
            applied_at=a.applied_at,
            entered_at=a.entered_at,
            reminders=a.reminders,
            reminded_at=a.reminded_at,
            decided_by=a.decided_by,
            age=rules.age_of(a.due_at, now=now) if a.due_at else None,
            clock=_clock(a.entered_at, a.due_at, now=now),
        )


def _clock(entered_at: datetime, due_at: datetime | None, *, now: datetime) -> ClockFacts | None:
    return rules.clock_facts(entered_at, due_at, now=now) if due_at else None


def _move_view(move: Move) -> MoveView:
    return MoveView(
        seq=move.seq,
        from_state=State(move.from_state),
        event=Event(move.event),
        to_state=State(move.to_state),
        actor_kind=move.actor_kind,
        actor_name=move.actor_name,
        reason_code=move.reason_code,
        note=move.note,
        at=move.at,
        leaf_id=move.leaf_id,
    )


def _plan(body: bytes | memoryview) -> Plan:
    return Plan.from_json(json.loads(bytes(body)))
