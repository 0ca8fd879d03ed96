"""Revoking a whole batch: what it would touch, deciding it, how far it is."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.responses import Status

from xuefen.bank.deposits import queries
from xuefen.bank.shell import clock
from xuefen.bank.supervision import actions, tasks
from xuefen.bank.supervision import queries as supervision
from xuefen.faces.api.auth import SIGNED_IN, actor_of
from xuefen.faces.api.deposit_schemas import BatchRevocationOut, RevokeIn
from xuefen.faces.api.schemas import Number, credits

router = Router(auth=SIGNED_IN, tags=["deposits"])


@router.get(
    "/batches/{number}/revocation",
    response=BatchRevocationOut,
    operation_id="getBatchRevocation",
    summary="What revoking a batch would touch, or has touched",
)
def get_revocation(request: HttpRequest, number: Number) -> dict[str, Any]:
    """``preview`` is what is there to revoke now; ``revocation`` is null until it was decided."""
    return _out(request, number)


@router.post(
    "/batches/{number}/revoke",
    response={202: BatchRevocationOut},
    operation_id="revokeBatch",
    summary="Revoke a batch as a whole",
)
def revoke_batch(
    request: HttpRequest, response: HttpResponse, number: Number, body: RevokeIn
) -> Status[dict[str, Any]]:
    """For a batch that is over: what is free is withdrawn and may be deposited anew, what archived conversions rest on is revoked
    and goes to an arbiter, applications under way end. It is decided at once and done in the background; the Location tells
    how far it is.
    """
    facts = actions.begin_batch(number=number, reason=body.reason, by=actor_of(request), now=clock.now())
    tasks.defer_revocation(batch_id=facts.id)
    response["Location"] = f"/api/batches/{facts.number}/revocation"
    return Status(202, _out(request, number))


def _out(request: HttpRequest, number: str) -> dict[str, Any]:
    scope = actor_of(request).scope("outcomes.correct")
    facts = queries.batch(scope, number)
    told, left = queries.revocation(facts.id), supervision.batch_preview(scope, number)
    preview = left.to_json() | {name: credits(getattr(left, name)) for name in ("credits", "held", "used")}
    done = told.to_json() | {"credits": credits(told.credits)} if told else None
    return {"batch": facts.number, "state": facts.state.value, "preview": preview, "revocation": done}
