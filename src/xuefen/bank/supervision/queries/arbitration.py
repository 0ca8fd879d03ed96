"""Reading arbitrations, inside a scope: where the learner lives, the issuer, a receiver it touches, the learner."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from xuefen.bank.deposits.types import OutcomeEvent
from xuefen.bank.places.queries import inside
from xuefen.bank.recognition import rules as clocks
from xuefen.bank.recognition.types import State
from xuefen.bank.shell.actor import Scope
from xuefen.bank.shell.problems import Denied
from xuefen.bank.supervision.models import Arbitration
from xuefen.bank.supervision.types import ARBITRATION_UNKNOWN, Affected, ArbitrationState, ArbitrationView
from xuefen.bedrock import ids


def within(scope: Scope) -> QuerySet[Arbitration]:
    """The arbitrations inside a scope."""
    reached = inside(
        scope, place="outcome__learner__place__path", institution="outcome__issuer_id", learner="outcome__learner_id"
    ) | inside(scope, institution="affected__application__receiver_id")
    if scope.everything:
        return Arbitration.objects.all()
    return Arbitration.objects.filter(pk__in=Arbitration.objects.filter(reached).values("pk"))


def lock_arbitration(scope: Scope, number: str) -> Arbitration:
    """The arbitration, locked until the transaction ends. Raises ``Denied(arbitration_unknown)``."""
    rows = within(scope).select_for_update(of=("self",)).select_related("outcome")
    found = rows.filter(number=ids.normalise(number)).first()
    if found is None:
        raise Denied(ARBITRATION_UNKNOWN, place="number")
    return found


def arbitrations(
    scope: Scope, *, now: datetime, open_ones: bool | None = None, first: int = 0, limit: int = 50
) -> list[ArbitrationView]:
    """Open ones by deadline, then those decided, newest first; two queries whatever the number."""
    rows = within(scope)
    if open_ones is not None:
        rows = rows.filter(state=ArbitrationState.OPEN) if open_ones else rows.exclude(state=ArbitrationState.OPEN)
    order = ("due_at", "id") if open_ones else ("-id",)
    return [_view(row, now=now) for row in _loaded(rows).order_by(*order)[first : first + limit]]


def arbitration(scope: Scope, number: str, *, now: datetime) -> ArbitrationView:
    """One arbitration. Raises ``Denied(arbitration_unknown)``, the same when it is out of reach."""
    found = _loaded(within(scope)).filter(number=ids.normalise(number)).first()
    if found is None:
        raise Denied(ARBITRATION_UNKNOWN, place="number")
    return _view(found, now=now)


def arbitration_of(scope: Scope, *, application: str = "", outcome: str = "", now: datetime) -> list[ArbitrationView]:
    """The arbitrations about an application or an outcome, newest first."""
    rows = within(scope)
    if application:
        rows = rows.filter(affected__application__number=application)
    if outcome:
        rows = rows.filter(outcome__number=outcome)
    return [_view(row, now=now) for row in _loaded(rows).order_by("-id")]


def _loaded(rows: QuerySet[Arbitration]) -> QuerySet[Arbitration]:
    return rows.select_related(
        "change__replacement", "outcome__learner", "outcome__issuer", "outcome__item_version"
    ).prefetch_related("affected__application__programme", "affected__application__receiver")


def _view(row: Arbitration, *, now: datetime) -> ArbitrationView:
    state, replacement = ArbitrationState(row.state), row.change.replacement
    return ArbitrationView(
        number=row.number,
        state=state,
        event=OutcomeEvent(row.change.event),
        outcome=row.outcome.number,
        replacement=replacement.number if replacement is not None else "",
        item_name=row.outcome.item_version.name,
        issuer_name=row.outcome.issuer.name_zh,
        masked_name=row.outcome.learner.masked_name,
        credits=row.outcome.credits,
        replacement_credits=replacement.credits if replacement is not None else None,
        reason=row.change.reason,
        opened_by=row.change.by_name,
        opened_at=row.opened_at,
        clock=clocks.clock_facts(row.opened_at, row.due_at, now=now) if state is ArbitrationState.OPEN else None,
        decided_by=row.decided_name,
        decided_at=row.decided_at,
        grounds=row.grounds,
        affected=tuple(
            Affected(
                number=one.application.number,
                state=State(one.application.state),
                programme_name=one.application.programme.name,
                receiver_name=one.application.receiver.name_zh,
                credits=one.application.credits,
            )
            for one in row.affected.all()
        ),
    )
