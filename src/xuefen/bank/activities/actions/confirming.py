"""Confirming that somebody took part: by the venue's code, by the organiser's list; and taking a confirmation back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Max, Q

from xuefen.bank.activities import rules
from xuefen.bank.activities.actions.common import hold_activity, hold_period
from xuefen.bank.activities.actions.joining import own_account, take_place
from xuefen.bank.activities.models import GatheredUse, Gathering, Participation, ParticipationWithdrawal
from xuefen.bank.activities.queries.happening import activity, code_secret, participations_of, standing, taken
from xuefen.bank.activities.types import (
    ACTIVITY_CANCELLED,
    ALREADY_CONFIRMED,
    CODE_NOT_ASKED,
    CODE_NOT_NOW,
    CODE_WRONG,
    CONFIRM_WAY,
    LIST_ACCOUNT,
    LIST_EARLY,
    LIST_NOT_OPEN,
    LIST_TWICE,
    PARTICIPATION_UNKNOWN,
    PARTICIPATION_USED,
    PARTICIPATION_WITHDRAWN,
    PERIOD_CLOSED,
    WITHDRAW_REASON,
    ActivityFacts,
    How,
    Listed,
    Scheme,
    Taken,
)
from xuefen.bank.audit import actions as audit
from xuefen.bank.learners import queries as learners
from xuefen.bank.learners import rules as learner_rules
from xuefen.bank.learners.types import ACCOUNT_STATE, AccountState, LearnerFacts
from xuefen.bank.places.queries import inside
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.clock import stamp, today
from xuefen.bank.shell.copy import copy_rows
from xuefen.bank.shell.problems import Denied, Problem
from xuefen.bank.shell.transaction import inside_transaction, use_case
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon, ids
from xuefen.bedrock.names import clean

EARLY, LATE = timedelta(minutes=30), timedelta(minutes=30)
"""Check-in by code is open from so long before the beginning to so long after the end."""
REASON_MOST = 200

_COLUMNS = (
    "number", "institution_id", "scheme_id", "learner_id", "activity_id", "deed_id", "seq", "kind", "period", "happened_on",
    "how", "confirmed_by", "confirmed_user_id", "confirmed_learner_id", "confirmed_at", "leaf_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """What is being confirmed, the same for everybody on a list."""

    institution_id: int
    institution_code: str
    scheme_id: int
    scheme: Scheme
    kind: str
    on: date
    how: How
    activity_id: int | None = None
    deed_id: int | None = None


@use_case
def check_in(*, number: str, code: str, learner_id: int, by: Actor, now: datetime) -> ActivityFacts:
    """Confirm one's own presence with the code shown at the venue. Who has no place yet takes one, if there is one.

    Raises ``Denied``: not_allowed, activity_unknown, activity_cancelled, code_not_asked, code_not_now, code_wrong,
    already_confirmed, activity_full, activity_over, account_state, period_closed.
    """
    own_account(learner_id, by=by)
    found = activity(EVERYTHING, number, learner_id=learner_id)
    if found.cancelled_at is not None:
        raise Denied(ACTIVITY_CANCELLED, place="activity")
    if How.CODE not in found.kind.confirm:
        raise Denied(CODE_NOT_ASKED, place="code")
    if not found.starts_at - EARLY <= now <= found.ends_at + LATE:
        raise Denied(
            CODE_NOT_NOW, place="code", before=int(EARLY.total_seconds()) // 60, after=int(LATE.total_seconds()) // 60
        )
    if not rules.code_fits(code_secret(), code, activity=found.number, moment=now):
        raise Denied(CODE_WRONG, place="code")
    hold_period(found.institution_id, alone=False)
    hold_activity(found.id)
    found = activity(EVERYTHING, number, learner_id=learner_id)
    if found.attended:
        raise Denied(ALREADY_CONFIRMED, place="activity")
    person = learners.facts_of([learner_id])[learner_id]
    if person.state is not AccountState.OPEN:
        raise Denied(ACCOUNT_STATE, state=person.state.value)
    if not found.registered:
        take_place(found, learner_id=learner_id, now=min(now, found.ends_at - timedelta(microseconds=1)))
    write([person], happened_at(found, how=How.CODE), by=by, now=now)
    return activity(EVERYTHING, number, learner_id=learner_id)


@use_case
def confirm_list(*, number: str, text: str, by: Actor, now: datetime) -> list[Listed]:
    """Confirm everybody on the organiser's list at once; each line is told for itself, and those that are wrong stay out.

    Raises ``Denied``: not_allowed, activity_unknown, activity_cancelled, confirm_way, list_early, list_empty, list_long,
    period_closed.
    """
    found = activity(by.scope("activities.organise"), number)
    if found.cancelled_at is not None:
        raise Denied(ACTIVITY_CANCELLED, place="activity")
    if How.LIST not in found.kind.confirm:
        raise Denied(CONFIRM_WAY, place="accounts")
    if now < found.starts_at:
        raise Denied(LIST_EARLY, place="accounts")
    lines = rules.read_list(text)
    hold_period(found.institution_id, alone=False)
    hold_activity(found.id)
    people = learners.resolve(account_nos={account for _, account in lines}).by_account
    ids_known = [person.id for person in people.values()]
    there = set(standing().filter(activity_id=found.id, learner_id__in=ids_known).values_list("learner_id", flat=True))
    answers: list[tuple[int, str, Problem | None]] = []
    confirmed: dict[str, LearnerFacts] = {}
    for line, account in lines:
        person = people.get(account)
        problem = _listed_wrong(person, account, there=there, seen=confirmed)
        if problem is None and person is not None:
            confirmed[account] = person
        answers.append((line, account, problem))
    numbers = write(list(confirmed.values()), happened_at(found, how=How.LIST), by=by, now=now)
    told = dict(zip(confirmed, numbers, strict=True))
    return [
        Listed(line, account, problem, told[account] if problem is None else "") for line, account, problem in answers
    ]


def _listed_wrong(
    person: LearnerFacts | None, account: str, *, there: set[int], seen: dict[str, LearnerFacts]
) -> Problem | None:
    if account in seen:
        return LIST_TWICE
    if person is None:
        return LIST_ACCOUNT
    if person.state is not AccountState.OPEN or person.data_key is None:
        return LIST_NOT_OPEN
    return ALREADY_CONFIRMED if person.id in there else None


def happened_at(found: ActivityFacts, *, how: How) -> Happened:
    return Happened(
        institution_id=found.institution_id,
        institution_code=found.institution_code,
        scheme_id=found.scheme_id,
        scheme=found.scheme,
        kind=found.kind.code,
        on=today(found.starts_at),
        how=how,
        activity_id=found.id,
    )


@inside_transaction
def write(
    people: Sequence[LearnerFacts], what: Happened, *, by: Actor, now: datetime, second: int | None = None
) -> list[str]:
    """Write participations of these learners in one go: rows, leaves, audit. Their numbers, in order.

    The caller holds the period and the activity or deed. ``second``: the learner who confirms a good deed. Raises
    ``Denied(period_closed)``.
    """
    period = open_period(what, now=now)
    if not people:
        return []
    numbers = ids.new_numbers(ids.NumberClass.PARTICIPATION, len(people))
    leaves = translog.append_many(
        bodies=[
            _leaf(number, person, what, period=period, now=now) for number, person in zip(numbers, people, strict=True)
        ]
    )
    about = Q(activity_id=what.activity_id) if what.deed_id is None else Q(deed_id=what.deed_id)
    before = Participation.objects.filter(about, learner_id__in=[person.id for person in people]).order_by()
    earlier = dict(before.values_list("learner_id").annotate(last=Max("seq")))
    name, user = (by.name, by.user_id) if by.kind != "learner" else ("", None)
    copy_rows(
        Participation,
        _COLUMNS,
        (
            (
                number, what.institution_id, what.scheme_id, person.id, what.activity_id, what.deed_id,
                earlier.get(person.id, 0) + 1, what.kind, period, what.on, what.how.value, name, user, second, now, leaf,
            )
            for number, person, leaf in zip(numbers, people, leaves, strict=True)
        ),
    )  # fmt: skip
    audit.record_many(
        action="activities.confirmed", by=by, now=now, subject_kind="participation", subject_ids=numbers,
        after={"how": what.how.value, "kind": what.kind, "period": period},
    )  # fmt: skip
    return numbers


def open_period(what: Happened, *, now: datetime) -> str:
    """The code of the period, while it can still be confirmed. Raises ``Denied(period_closed)``."""
    period = rules.period_of(what.scheme, what.on)
    until = rules.confirms_until(what.scheme, period)
    gathered = Gathering.objects.filter(
        institution_id=what.institution_id, code=what.scheme.code, period=period.code
    ).exists()
    if today(now) > until or gathered:
        raise Denied(PERIOD_CLOSED, place="period", period=period.code, until=until.isoformat())
    return period.code


def _leaf(number: str, person: LearnerFacts, what: Happened, *, period: str, now: datetime) -> bytes:
    assert person.data_key is not None  # open accounts only
    salt = learner_rules.leaf_salt(person.data_key, number)
    return canon.flat(
        {
            "kind": "participation.confirmed",
            "v": 1,
            "participation": number,
            "institution": what.institution_code,
            "scheme": what.scheme.name,
            "activity_kind": what.kind,
            "period": period,
            "happened_on": what.on.isoformat(),
            "how": what.how.value,
            "holder": learner_rules.holder_commitment(salt, person.account_no),
            "at": stamp(now),
        }
    )


@use_case
def withdraw(*, number: str, reason: str, by: Actor, now: datetime) -> Taken:
    """Take a confirmation back by a row of its own; both stay visible. The same person may then be confirmed again.

    Raises ``Denied``: not_allowed, participation_unknown, withdraw_reason, participation_withdrawn, participation_used.
    """
    scope = by.scope("activities.organise")
    reached = inside(scope, institution="institution_id", place="institution__place__path")
    row = Participation.objects.filter(reached, number=ids.normalise(number)).first()
    if row is None:
        raise Denied(PARTICIPATION_UNKNOWN, place="participation")
    reason = clean(reason)
    if not 1 <= len(reason) <= REASON_MOST:
        raise Denied(WITHDRAW_REASON, place="reason", most=REASON_MOST)
    hold_period(row.institution_id, alone=True)
    if ParticipationWithdrawal.objects.filter(pk=row.pk).exists():
        raise Denied(PARTICIPATION_WITHDRAWN, place="participation")
    if GatheredUse.objects.filter(pk=row.pk).exists():
        raise Denied(PARTICIPATION_USED, place="participation")
    leaf_id = translog.append(
        body=canon.flat({"kind": "participation.withdrawn", "v": 1, "participation": row.number, "at": stamp(now)})
    )
    ParticipationWithdrawal.objects.create(
        participation=row, reason=reason, by_name=by.name, by_user_id=by.user_id, at=now, leaf_id=leaf_id
    )
    audit.record(action="activities.withdrawn", by=by, now=now, subject=("participation", row.number), reason=reason)
    return taken(participations_of(EVERYTHING, row.learner_id).filter(pk=row.pk))[0]
