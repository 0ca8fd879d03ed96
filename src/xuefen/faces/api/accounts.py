"""Learners' accounts: balance, outcomes, the best plan for a programme, and applications."""

from __future__ import annotations

from typing import Any

from django.core.signing import Signer
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from ninja import Query, Router
from ninja.responses import Status

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.conversion import rules as planner
from xuefen.bank.conversion.types import Plan
from xuefen.bank.deposits import queries as deposits
from xuefen.bank.learners import queries as learners
from xuefen.bank.ledger import queries as ledger
from xuefen.bank.ledger.types import BookKind
from xuefen.bank.recognition import actions as recognition_actions
from xuefen.bank.recognition import queries as recognition
from xuefen.bank.recognition.types import ApplicationView
from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import Denied, Problem
from xuefen.bedrock import canon
from xuefen.bedrock.gm import sm3
from xuefen.faces.api.account_schemas import AccountOut, ApplicationIn, ApplicationOut, PlanFor, PlanOut
from xuefen.faces.api.auth import SIGNED_IN, actor_of
from xuefen.faces.api.deposit_schemas import OutcomesOut
from xuefen.faces.api.outcomes import outcome_out
from xuefen.faces.api.schemas import Number, Paging, credits

PLAN_NOT_OURS = Problem(
    "plan_not_ours",
    "方案或它的封签被改动过，或者是为别的账户、别的专业做的。请重新获取方案，原样提交。",
    "The plan or its seal was changed, or was made for another account or programme. Get the plan again and send it as it is.",
)
router = Router(auth=SIGNED_IN)


@router.get(
    "/accounts/{account_no}", tags=["accounts"], response=AccountOut, operation_id="getAccount", summary="One account"
)
def get_account(request: HttpRequest, account_no: Number) -> dict[str, Any]:
    """The balance as it stands now; the name is masked for everybody."""
    learner = learners.by_account(actor_of(request).scope("learners.read"), account_no)
    balance = ledger.balance(BookKind.LEARNER, learner.pk)
    return {
        "account_no": learner.account_no,
        "masked_name": learner.masked_name,
        "state": learner.state,
        "assurance": learner.assurance,
        "place": learner.place.name,
        "opened_at": learner.opened_at,
        "balance": {
            "available": credits(balance.available),
            "held": credits(balance.held),
            "used": credits(balance.sent),
            "received": credits(balance.received),
        },
    }


@router.get(
    "/accounts/{account_no}/outcomes",
    tags=["accounts"],
    response=OutcomesOut,
    operation_id="listOutcomes",
    summary="The outcomes of an account",
)
def list_outcomes(request: HttpRequest, account_no: Number, paging: Query[Paging]) -> dict[str, Any]:
    """Newest award first; revoked ones are shown as such."""
    actor = actor_of(request)
    learner = learners.by_account(actor.scope("learners.read"), account_no)
    rows = deposits.outcomes(actor.scope("outcomes.read")).filter(learner_id=learner.pk)
    items = [outcome_out(facts) for facts in deposits.outcome_facts(paging.cut(rows))]
    return {"page": paging.page, "size": paging.size, "total": rows.count(), "items": items}


@router.get(
    "/accounts/{account_no}/plan",
    tags=["conversion"],
    response=PlanOut,
    operation_id="getPlan",
    summary="The best legal plan for a programme",
)
def get_plan(request: HttpRequest, account_no: Number, target: Query[PlanFor]) -> dict[str, Any]:
    """What the account's outcomes are worth for one programme, every line with its basis, the rest with its reason.

    Nothing is written. Apply with plan and seal as they are.
    """
    scope = actor_of(request).scope("plans.make")
    learner = learners.by_account(scope, account_no)
    wanted = catalogue.programme(target.institution, target.programme, target.version or None)
    problem = recognition.problem_for(scope, learner_id=learner.pk, programme=wanted, on=clock.today())
    plan = planner.plan(problem).to_json()
    return {"plan": plan, "seal": _seal(plan, learner_id=learner.pk, programme_id=wanted.id)}


def _seal(plan: dict[str, Any], *, learner_id: int, programme_id: int) -> str:
    """That we made this plan for this learner and programme: reviewers read its words as ours."""
    digest = sm3(canon.canonical(plan)).hex()
    return Signer(salt="xuefen.api.plan").signature(f"{learner_id}:{programme_id}:{digest}")


def _sealed(given: ApplicationIn, *, learner_id: int, programme_id: int) -> Plan:
    try:
        seal = _seal(given.plan, learner_id=learner_id, programme_id=programme_id)
    except (canon.NotCanonical, ValueError):  # numbers or text that no plan of ours has
        raise Denied(PLAN_NOT_OURS, place="plan") from None
    if not constant_time_compare(seal, given.seal):
        raise Denied(PLAN_NOT_OURS, place="seal")
    return Plan.from_json(given.plan)


@router.post(
    "/applications",
    tags=["conversion"],
    response={201: ApplicationOut},
    operation_id="apply",
    summary="Apply for a conversion",
)
def apply(request: HttpRequest, response: HttpResponse, given: ApplicationIn) -> Status[dict[str, Any]]:
    """The plan's outcomes are reserved and the receiver's clock starts.

    Anything that changed since the plan was made is told (409 plan_stale): make the plan again.
    """
    by, now = actor_of(request), clock.now()
    learner = learners.by_account(by.scope("applications.apply"), given.account_no)
    programme = catalogue.programme(given.institution, given.programme, given.version or None)
    made = recognition_actions.apply(
        learner_id=learner.pk,
        programme_id=programme.id,
        plan=_sealed(given, learner_id=learner.pk, programme_id=programme.id),
        key=f"api:{learner.pk}:{given.key}",  # nobody's key meets another person's
        by=by,
        now=now,
    )
    response["Location"] = f"/api/applications/{made.number}"
    return Status(201, _application_out(recognition.application(by.scope("applications.read"), made.number, now=now)))


@router.get(
    "/applications/{number}",
    tags=["conversion"],
    response=ApplicationOut,
    operation_id="getApplication",
    summary="One application",
)
def get_application(request: HttpRequest, number: Number) -> dict[str, Any]:
    """Where it stands, whom it waits for and until when, and every move so far."""
    return _application_out(
        recognition.application(actor_of(request).scope("applications.read"), number, now=clock.now())
    )


def _application_out(view: ApplicationView) -> dict[str, Any]:
    row = view.row
    reason = {"code": view.reason_code, "zh": view.reason[0], "en": view.reason[1]} if view.reason else None
    return {
        "number": row.number,
        "state": row.state.value,
        "version": row.version,
        "masked_name": row.masked_name,
        "programme": view.programme_code,
        "programme_version": row.programme_version,
        "programme_name": row.programme_name,
        "receiver": view.receiver_code,
        "receiver_name": row.receiver_name,
        "credits": credits(row.credits),
        "applied_at": row.applied_at,
        "acts": view.acts.value,
        "due_at": row.clock.due_at if row.clock else None,
        "decided_by": row.decided_by,
        "reason": reason,
        "steps": view.steps,
        "moves": view.moves,
        "plan_digest": view.plan_digest,
        "plan": view.plan.to_json(),
    }
