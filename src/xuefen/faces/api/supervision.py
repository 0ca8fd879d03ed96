"""Supervision for machines: arbitrations and alarms."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from xuefen.bank.shell import clock
from xuefen.bank.supervision import actions, queries
from xuefen.bank.supervision.types.alarms import AlarmEvent, AlarmKind, AlarmState
from xuefen.faces.api.auth import SIGNED_IN, actor_of
from xuefen.faces.api.schemas import Number, Paging
from xuefen.faces.api.supervision_schemas import AlarmDecisionIn, AlarmOut, ArbitrationOut, DecideIn

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


@router.get(
    "/alarms",
    response=list[AlarmOut],
    exclude_defaults=True,
    operation_id="listAlarms",
    summary="Alarms in reach, those that changed last first",
)
def list_alarms(
    request: HttpRequest, paging: Query[Paging], state: AlarmState | None = None, kind: AlarmKind | None = None
) -> list[dict[str, Any]]:
    """Of one state and kind when asked. Without the steps of each case."""
    rows = queries.alarms(actor_of(request).scope("alarms.read"), state=state, kind=kind)
    return [view.to_json() for view in queries.alarm_views(paging.cut(rows))]


@router.get("/alarms/{number}", response=AlarmOut, operation_id="getAlarm", summary="One alarm with its steps")
def get_alarm(request: HttpRequest, number: Number) -> dict[str, Any]:
    """What was found, as a sentence and as numbers, and who did what about it."""
    return queries.alarm(actor_of(request).scope("alarms.read"), number).to_json()


@router.post(
    "/alarms/{number}/decide", response=AlarmOut, operation_id="decideAlarm", summary="Explain, confirm, close, reopen"
)
def decide_alarm(request: HttpRequest, number: Number, body: AlarmDecisionIn) -> dict[str, Any]:
    """One step of a case, with its reason."""
    done = actions.decide_alarm(
        number=number,
        event=AlarmEvent(body.event),
        reason=body.reason,
        version=body.version,
        by=actor_of(request),
        now=clock.now(),
    )
    return done.to_json()
