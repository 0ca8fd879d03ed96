"""Reading cases, inside a scope: where the issuer lies, or the holder of a file."""

from __future__ import annotations

from django.db.models import QuerySet

from xuefen.bank.places.queries import inside
from xuefen.bank.shell.actor import Scope
from xuefen.bank.shell.problems import STALE, Denied
from xuefen.bank.supervision import rules
from xuefen.bank.supervision.models import Alarm
from xuefen.bank.supervision.types.alarms import (
    ALARM_UNKNOWN,
    AlarmEvent,
    AlarmKind,
    AlarmMove,
    AlarmState,
    AlarmView,
)
from xuefen.bedrock import ids


def alarms(scope: Scope, *, state: AlarmState | None = None, kind: AlarmKind | None = None) -> QuerySet[Alarm]:
    """The cases inside a scope, those that changed last first; page it, then ``alarm_views``."""
    reached = inside(scope, place="issuer__place__path") | inside(scope, place="place__path")
    rows = Alarm.objects.all() if scope.everything else Alarm.objects.filter(reached)
    if state is not None:
        rows = rows.filter(state=state)
    if kind is not None:
        rows = rows.filter(kind=kind)
    return rows.order_by("-changed_at", "-id")


def alarm_views(rows: QuerySet[Alarm]) -> list[AlarmView]:
    """Cases for a list, without their steps; one query."""
    return [_view(row) for row in rows.select_related("issuer", "batch")]


def alarm(scope: Scope, number: str) -> AlarmView:
    """One case with its steps. Raises ``Denied(alarm_unknown)``, the same when it is out of reach."""
    row = alarms(scope).select_related("issuer", "batch").filter(number=ids.normalise(number)).first()
    if row is None:
        raise Denied(ALARM_UNKNOWN, place="number")
    steps = tuple(
        AlarmMove(
            seq=step.seq,
            event=AlarmEvent(step.event),
            to_state=AlarmState(step.to_state),
            by_name=step.by_name,
            reason=step.reason,
            at=step.at,
        )
        for step in row.steps.order_by("seq")
    )
    return _view(row, steps)


def lock_alarm(scope: Scope, number: str, version: int | None) -> Alarm:
    """The case, locked. Raises ``Denied``: alarm_unknown, stale (it moved since ``version``)."""
    row = alarms(scope).select_for_update(of=("self",)).filter(number=ids.normalise(number)).first()
    if row is None:
        raise Denied(ALARM_UNKNOWN, place="number")
    if version is not None and row.version != version:
        raise Denied(STALE, place="version")
    return row


def _view(row: Alarm, moves: tuple[AlarmMove, ...] = ()) -> AlarmView:
    issuer = row.issuer.name_zh if row.issuer is not None else ""
    kind = AlarmKind(row.kind)
    return AlarmView(
        number=row.number,
        kind=kind,
        state=AlarmState(row.state),
        version=row.version,
        issuer_code=row.issuer.code if row.issuer is not None else "",
        issuer_name=issuer,
        batch=row.batch.number if row.batch is not None else "",
        sentence=rules.sentence(kind, row.found, issuer=issuer),
        found=row.found,
        opened_at=row.opened_at,
        changed_at=row.changed_at,
        moves=moves,
    )
