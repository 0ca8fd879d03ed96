"""Deciding what becomes of an outcome taken back and of the conversions that rest on it. Arbitration is final."""

from __future__ import annotations

from datetime import datetime

from xuefen.bank.audit import actions as audit
from xuefen.bank.certificates import actions as certificates
from xuefen.bank.certificates import queries as papers
from xuefen.bank.certificates.types import CertificateState, StatusReason
from xuefen.bank.deposits import actions as deposits
from xuefen.bank.deposits import queries as outcomes
from xuefen.bank.deposits.types import OUTCOME_STANDS, OUTCOME_UNKNOWN, OutcomeFacts, OutcomeState
from xuefen.bank.recognition import actions as recognition
from xuefen.bank.recognition.types import State
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.clock import stamp
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case
from xuefen.bank.supervision import queries, rules
from xuefen.bank.supervision.actions.taking_back import HOUSE, publish, take
from xuefen.bank.supervision.models import ArbitratedApplication, Arbitration
from xuefen.bank.supervision.types import (
    ARBITRATION_DECIDED,
    ARBITRATION_OPEN,
    REINSTATE_FINAL,
    ArbitrationState,
    ArbitrationView,
)
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon, ids


def decide_arbitration(*, number: str, uphold: bool, grounds: str, by: Actor, now: datetime) -> ArbitrationView:
    """Uphold that the outcome was taken back, and undo the conversions; or overturn it, and let both stand again.

    Raises ``Denied``: not_allowed, arbitration_unknown, arbitration_decided, arbitration_person, arbitration_same_person,
    grounds_missing; credit_not_free when the credit of a correction to be taken back was just taken hold of.
    """
    touched = _decide(number=number, uphold=uphold, grounds=grounds, by=by, now=now)
    publish(touched, now=now)
    return queries.arbitration(EVERYTHING, number, now=now)


@use_case
def _decide(*, number: str, uphold: bool, grounds: str, by: Actor, now: datetime) -> list[str]:
    case = queries.lock_arbitration(by.scope("arbitrations.decide"), number)
    if case.state != ArbitrationState.OPEN:
        raise Denied(ARBITRATION_DECIDED, place="number")
    arbiter = rules.check_arbiter(taken_by=case.opened_by_id, arbiter=by.user_id)
    stored = rules.checked_grounds(grounds)
    recognition.one_at_a_time(case.outcome.learner_id)
    case.state = ArbitrationState.UPHELD if uphold else ArbitrationState.OVERTURNED
    case.decided_by_id, case.decided_name, case.decided_at, case.grounds = arbiter, by.name, now, stored
    case.leaf_id = translog.append(
        body=canon.flat(
            {
                "kind": "arbitration.decided",
                "v": 1,
                "arbitration": case.number,
                "outcome": case.outcome.number,
                "decision": case.state.value,
                "at": stamp(now),
            }
        )
    )
    case.save(update_fields=["state", "decided_by", "decided_name", "decided_at", "grounds", "leaf_id"])
    audit.record(
        action="arbitration.decided",
        by=by,
        now=now,
        subject=("arbitration", case.number),
        reason=stored,
        after={"decision": case.state.value, "outcome": case.outcome.number},
    )
    return (_undo if uphold else _let_stand)(case, by=by, now=now)


def _in_doubt(case: Arbitration) -> list[ArbitratedApplication]:
    """What this is about and no other decision has undone meanwhile."""
    rows = case.affected.filter(application__state=State.IN_DOUBT).select_related("application")
    return list(rows.order_by("application_id"))


def _undo(case: Arbitration, *, by: Actor, now: datetime) -> list[str]:
    touched = []
    for row in _in_doubt(case):
        number = recognition.undo(application_id=row.application_id, note=case.grounds, by=by, now=now)
        paper = papers.of_application(EVERYTHING, number)
        if paper is not None and paper.state is not CertificateState.REVOKED:
            certificates.change(
                event="revoked", number=paper.number, reason=StatusReason.CONVERSION_REVOKED, note="", by=HOUSE, now=now
            )
        touched.append(number)
    return touched


def _let_stand(case: Arbitration, *, by: Actor, now: datetime) -> list[str]:
    touched = list(_put_back(case.outcome.number, reason=case.grounds, by=by, now=now))
    for row in _in_doubt(case):
        others = Arbitration.objects.filter(state=ArbitrationState.OPEN, affected__application_id=row.application_id)
        lift = not others.exists()
        number = recognition.confirm(
            application_id=row.application_id, outcome_id=case.outcome_id, lift=lift, note=case.grounds, by=by, now=now
        )
        if lift:
            _lift_suspension(row.application_id, number, now=now)
        touched.append(number)
    return touched


def _lift_suspension(application_id: int, number: str, *, now: datetime) -> None:
    """Lift what arbitrations suspended; a suspension for another reason stays."""
    ours = ArbitratedApplication.objects.filter(application_id=application_id, suspended=True).exists()
    paper = papers.of_application(EVERYTHING, number)
    if ours and paper is not None and paper.state is CertificateState.SUSPENDED:
        certificates.change(event="reinstated", number=paper.number, reason="", note="", by=HOUSE, now=now)


@inside_transaction
def _put_back(number: str, *, reason: str, by: Actor, now: datetime) -> tuple[str, ...]:
    """Reinstate an outcome; what was put in its place is taken back first. Conversions that this put in doubt."""
    outcome = outcomes.locked(number)
    doubted: tuple[str, ...] = ()
    place_taker = outcomes.standing_for(outcome.pk)
    if place_taker:
        doubted = take(number=place_taker, correction=None, reason=reason, by=by, now=now).doubted
    deposits.reinstate(outcome=outcome, reason=reason, by=by, now=now)
    return doubted


def reinstate(*, number: str, reason: str, by: Actor, now: datetime) -> OutcomeFacts:
    """Let an outcome count again that was taken back by mistake while no conversion rested on it; by another person.

    Raises ``Denied``: not_allowed, outcome_unknown, outcome_stands, reason_missing, arbitration_open (decide there),
    reinstate_final, arbitration_person, arbitration_same_person.
    """
    publish(_reinstate(number=number, reason=reason, by=by, now=now), now=now)
    return outcomes.outcome(EVERYTHING, ids.normalise(number))


@use_case
def _reinstate(*, number: str, reason: str, by: Actor, now: datetime) -> tuple[str, ...]:
    scope = by.scope("arbitrations.decide")
    found = outcomes.outcome(scope, ids.normalise(number))
    if found.state is OutcomeState.VALID:
        raise Denied(OUTCOME_STANDS, place="outcome")
    last = outcomes.last_change(found.id)
    if last is None:
        raise Denied(OUTCOME_UNKNOWN, place="outcome")
    case = Arbitration.objects.filter(change_id=last.pk).first()
    if case is not None and case.state == ArbitrationState.OPEN:
        raise Denied(ARBITRATION_OPEN, place="outcome", number=ids.display(case.number))
    if case is not None:
        raise Denied(REINSTATE_FINAL, place="outcome")
    rules.check_arbiter(taken_by=last.by_user_id, arbiter=by.user_id)
    recognition.one_at_a_time(found.learner_id)
    return _put_back(found.number, reason=deposits.checked_reason(reason), by=by, now=now)
