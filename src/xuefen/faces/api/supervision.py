"""Supervision for machines: arbitrations."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from xuefen.bank.shell import clock
from xuefen.bank.supervision import actions, queries
from xuefen.faces.api.auth import SIGNED_IN, actor_of
from xuefen.faces.api.schemas import ArbitrationOut, DecideIn, Number, Paging

router = Router(auth=SIGNED_IN, tags=["supervision"])


@router.get(
    "/arbitrations",
    response=list[ArbitrationOut],
    operation_id="listArbitrations",
    summary="Arbitrations in reach; those that wait, or those decided",
)
def list_arbitrations(request: HttpRequest, paging: Query[Paging], decided: bool = False) -> list[dict[str, Any]]:
    """Those that wait, the most urgent first; with ``decided`` those that ended, newest first."""
    scope = actor_of(request).scope("arbitrations.read")
    rows = queries.arbitrations(scope, now=clock.now(), open_ones=not decided, first=paging.first, limit=paging.size)
    return [row.to_json() for row in rows]


@router.get("/arbitrations/{number}", response=ArbitrationOut, operation_id="getArbitration", summary="One arbitration")
def get_arbitration(request: HttpRequest, number: Number) -> dict[str, Any]:
    """What it is about, the conversions it touches, its deadline and its decision."""
    return queries.arbitration(actor_of(request).scope("arbitrations.read"), number, now=clock.now()).to_json()


@router.post(
    "/arbitrations/{number}/decide", response=ArbitrationOut, operation_id="decideArbitration", summary="Decide one"
)
def decide(request: HttpRequest, number: Number, body: DecideIn) -> dict[str, Any]:
    """By somebody else than who took the outcome back; the decision is final."""
    done = actions.decide_arbitration(
        number=number, uphold=body.uphold, grounds=body.grounds, by=actor_of(request), now=clock.now()
    )
    return done.to_json()
