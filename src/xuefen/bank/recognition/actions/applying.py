"""Applying for a plan."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.catalogue.types import ProgrammeFacts
from xuefen.bank.conversion.types import Plan
from xuefen.bank.deposits import queries as deposits
from xuefen.bank.learners import queries as learners
from xuefen.bank.learners import rules as learner_rules
from xuefen.bank.learners.types import AccountState, LearnerFacts
from xuefen.bank.ledger import actions as ledger
from xuefen.bank.ledger.types import CREDIT_NOT_FREE, IDEMPOTENCY_CONFLICT, BookKind, Posting, TransferKind
from xuefen.bank.recognition import queries, rules, states
from xuefen.bank.recognition.actions.moving import move
from xuefen.bank.recognition.models import Application, ApplicationUse
from xuefen.bank.recognition.types import (
    ACCOUNT_NOT_OPEN,
    APPLICATION_RUNNING,
    Event,
    State,
)
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.clock import today
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case, wait_turn
from xuefen.bank.standards import queries as standards
from xuefen.bedrock import canon, ids
from xuefen.bedrock.gm import sm3


@use_case
def apply(*, learner_id: int, programme_id: int, plan: Plan, key: str, by: Actor, now: datetime) -> Application:
    """Apply for a plan: its outcomes' credit is reserved and the receiver's clock starts.

    ``key`` makes a double click one application: the same key with the same content returns the first one.
    Raises ``Denied``: not_allowed, account_unknown, account_not_open, idempotency_conflict, plan_empty, plan_stale,
    plan_illegal, credit_not_free, application_running, programme_unknown, standard_unknown.
    """
    scope = by.scope("applications.apply")
    learner = learners.by_id(scope, learner_id)
    body = canon.canonical(plan.to_json())
    one_at_a_time(learner_id)
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
    problem = queries.problem_for(scope, learner_id=learner_id, programme=programme, on=day)
    rules.check_plan(plan, problem)
    standard = standards.current(code=problem.standard.partition("/")[0], on=day)
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
    move(application, event=Event.APPLY, by=by, now=now, leaf=_applied(application, plan, programme, facts))
    _reserve(application, plan, carried=problem.leftover == "carried", now=now)
    return application


@inside_transaction
def one_at_a_time(learner_id: int) -> None:
    """One person's applications wait for one another, so a double click finds the first click's row."""
    wait_turn("apply", learner_id)


def _refuse_second(learner_id: int, programme_id: int) -> None:
    running = Application.objects.filter(learner_id=learner_id, programme_id=programme_id, state__in=states.UNDER_WAY)
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


def _reserve(application: Application, plan: Plan, *, carried: bool, now: datetime) -> None:
    """Hold each used outcome's credit for the receiver: all of it, or where the standard carries leftovers on
    (``carried``) the recognised part, though all for a waiver. ``Denied(credit_not_free)`` when another use was quicker.
    """
    outcome_ids = {outcome.number: outcome.id for outcome in deposits.outcomes_of(EVERYTHING, application.learner_id)}
    gone = next((s.number for line in plan.lines for s in line.uses if s.number not in outcome_ids), None)
    if gone is not None:  # taken back since the plan was checked, a moment ago
        raise Denied(CREDIT_NOT_FREE, place=gone)
    uses = [
        (i, outcome_ids[s.number], min(s.share, s.credits) if carried and not line.waives else s.credits)
        for i, line in enumerate(plan.lines)
        for s in line.uses
    ]
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
