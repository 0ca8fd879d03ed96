"""Outcomes: one with its reasoning, and the proof that it is in the public log."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from xuefen.bank.deposits import queries
from xuefen.bank.deposits.types import Correction, OutcomeFacts
from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import Denied, Problem
from xuefen.bank.supervision import actions as supervision
from xuefen.bank.translog import queries as translog
from xuefen.faces.api.auth import SIGNED_IN, actor_of
from xuefen.faces.api.deposit_schemas import (
    CorrectIn,
    ExplainedOutcomeOut,
    OutcomeOut,
    ProofOut,
    RevokeIn,
    TakenBackOut,
)
from xuefen.faces.api.schemas import Number, credits

NOT_SEALED = Problem(
    "not_sealed",
    "已经记下，正在写入公开日志，大约一分钟后就有证明。",
    "It is recorded and on its way into the public log; the proof exists in about a minute.",
    status=409,
)
router = Router(auth=SIGNED_IN, tags=["outcomes"])
_SAME = tuple(
    name
    for name in OutcomeOut.model_fields
    if name not in {"issuer", "credits", "free", "mark", "state", "batch"}
)  # fmt: skip


def outcome_out(facts: OutcomeFacts) -> dict[str, Any]:
    """An outcome as the API shows it."""
    return {
        **{name: getattr(facts, name) for name in _SAME},
        "issuer": facts.issuer_code,
        "credits": credits(facts.credits),
        "free": credits(facts.free),
        "mark": None if facts.mark is None else credits(facts.mark),
        "state": facts.state.value,
        "batch": facts.batch_number,
    }


@router.get(
    "/outcomes/{number}",
    response=ExplainedOutcomeOut,
    exclude_defaults=True,
    operation_id="getOutcome",
    summary="One outcome, and why it has its credit",
)
def get_outcome(request: HttpRequest, number: Number) -> dict[str, Any]:
    """The explanation names the standard, the place in it and its source for every step."""
    facts = queries.outcome(actor_of(request).scope("outcomes.read"), number)
    told = queries.history(facts.id)
    return {
        **outcome_out(facts),
        "explanation": queries.explanation(facts).to_json(),
        "changes": [change.to_json() for change in told.changes],
        "corrects": told.corrects or None,
    }


@router.post(
    "/outcomes/{number}/revoke", response=TakenBackOut, operation_id="revokeOutcome", summary="Revoke an outcome"
)
def revoke_outcome(request: HttpRequest, number: Number, body: RevokeIn) -> dict[str, Any]:
    """It stays on record with the reason. What rests on it follows: applications end, conversions go to an arbiter."""
    done = supervision.revoke(number=number, reason=body.reason, by=actor_of(request), now=clock.now())
    return done.to_json()


@router.post(
    "/outcomes/{number}/correct", response=TakenBackOut, operation_id="correctOutcome", summary="Correct an outcome"
)
def correct_outcome(request: HttpRequest, number: Number, body: CorrectIn) -> dict[str, Any]:
    """Another outcome takes its place; both stay on record and name each other."""
    says = Correction(**body.dict(exclude={"reason"}))
    done = supervision.correct(
        number=number, correction=says, reason=body.reason, by=actor_of(request), now=clock.now()
    )
    return done.to_json()


@router.get(
    "/outcomes/{number}/proof",
    response=ProofOut,
    operation_id="getOutcomeProof",
    summary="That it is in the public log",
)
def get_proof(request: HttpRequest, number: Number) -> dict[str, Any]:
    """Enough to check inclusion without asking anybody. The leaf commits to the holder and names nobody."""
    facts = queries.outcome(actor_of(request).scope("outcomes.read"), number)
    proof, body = translog.proof_of(facts.leaf_id), translog.leaf_body(facts.leaf_id)
    if proof is None or body is None:
        raise Denied(NOT_SEALED, place="number")
    return {**proof.to_json(), "leaf": body.decode()}
