"""Reading guaranteed-conversion contracts, and the versions they keep for a learner's plans."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from xuefen.bank.conversion.models import Contract, ContractMove, Rule
from xuefen.bank.conversion.queries.versions import in_force, planned
from xuefen.bank.conversion.rules import contracts as rules
from xuefen.bank.conversion.rules.publishing import source_items
from xuefen.bank.conversion.types import PlanRule
from xuefen.bank.conversion.types.life import (
    CONTRACT_UNKNOWN,
    ContractState,
    ContractView,
    LifeMove,
    Side,
)
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.places.queries import inside
from xuefen.bank.shell.actor import Actor, Scope
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock import ids

# --- for plans -------------------------------------------------------------------------------------------------------


def contracts_for(*, learner_id: int, receiver_id: int, on: date) -> tuple[rules.Kept, ...]:
    """The versions that contracts keep for this learner at this receiver on a day, each citing its contract; one query.

    They hold even when the rule is retired or superseded, or its agreement has ended.
    """
    rows = Contract.objects.filter(
        learner_id=learner_id, receiver_id=receiver_id, state=ContractState.IN_FORCE, until__gte=on
    )
    found = [
        (rules.kept(planned(c.rule.number, c.rule.version, c.rule.body), c.items, contract=c.number), c.issuer.code)
        for c in rows.select_related("rule", "issuer").order_by("rule_number")
    ]
    return tuple(rules.Kept(rule, issuer) for rule, issuer in found if rule is not None)


def contracts_under_way(learner_id: int) -> list[str]:
    """Numbers of the learner's contracts that wait for signatures or are in force; the caller has checked its scope."""
    running = (ContractState.OPEN, ContractState.IN_FORCE)
    return list(Contract.objects.filter(learner_id=learner_id, state__in=running).values_list("number", flat=True))


# --- for the use cases -----------------------------------------------------------------------------------------------


def version_in_force(number: str, *, on: date) -> Rule | None:
    """The version of a rule that is in force on a day, its receiver loaded."""
    rows = in_force(on).filter(number=ids.normalise(number)).select_related("receiver")
    return rows.order_by("-version").first()


def source_ids(rule: PlanRule) -> tuple[int, ...]:
    """The ids of what a rule takes, in the order of ``body["from"]``."""
    return source_items(rule)


def institution_id(code: str) -> int:
    return institutions.by_code(code).pk


def sides_reached(scope: Scope, *, learner_id: int, issuer_id: int, receiver_id: int) -> tuple[Side, ...]:
    """The sides of such a contract that lie in the scope."""
    reached = {
        Side.LEARNER: scope.reaches(learner_id=learner_id),
        Side.ISSUER: scope.reaches(institution_id=issuer_id),
        Side.RECEIVER: scope.reaches(institution_id=receiver_id),
    }
    return tuple(side for side, reaches in reached.items() if reaches)


def contract_sides(contract: Contract, *, by: Actor) -> tuple[Side, ...]:
    """The sides of a contract the actor stands on."""
    return sides_reached(
        by.scope("contracts.sign"),
        learner_id=contract.learner_id,
        issuer_id=contract.issuer_id,
        receiver_id=contract.receiver_id,
    )


def lock_contract(scope: Scope, number: str) -> Contract:
    """The contract, locked, its receiver loaded. Raises ``Denied(contract_unknown)``, the same when out of scope."""
    rows = _within(scope).select_for_update(of=("self",)).select_related("receiver")
    found = rows.filter(number=ids.normalise(number)).first()
    if found is None:
        raise Denied(CONTRACT_UNKNOWN, place="number")
    return found


def _within(scope: Scope) -> QuerySet[Contract]:
    return Contract.objects.filter(
        inside(scope, institution="issuer_id", learner="learner_id") | inside(scope, institution="receiver_id")
    )


# --- for people ------------------------------------------------------------------------------------------------------


def contracts(by: Actor, *, limit: int = 200) -> tuple[ContractView, ...]:
    """The actor's contracts, or those of their institution: what waits for them first, then the newest; two queries."""
    rows = _views(_within(by.scope("contracts.sign")).order_by("-offered_at", "-id")[:limit], by=by)
    return tuple(sorted(rows, key=lambda c: not c.may_sign))


def contract(by: Actor, number: str) -> ContractView:
    """One contract with what happened to it. Raises ``Denied(contract_unknown)``, the same when it is out of scope."""
    rows = _within(by.scope("contracts.sign")).filter(number=ids.normalise(number))
    found = next(iter(_views(rows, by=by, moves=True)), None)
    if found is None:
        raise Denied(CONTRACT_UNKNOWN, place="number")
    return found


def _views(rows: QuerySet[Contract], *, by: Actor, moves: bool = False) -> Sequence[ContractView]:
    later = Rule.objects.filter(number=OuterRef("rule_number"), version__gt=OuterRef("rule__version"))
    loaded = rows.select_related("rule", "learner", "issuer", "receiver").prefetch_related("signatures")
    return [_view(c, by=by, moves=moves) for c in loaded.annotate(later=Exists(later))]


def _view(row: Contract, *, by: Actor, moves: bool) -> ContractView:
    state = ContractState(row.state)
    signatures = list(row.signatures.all())
    signed = {Side(s.side): s.at for s in signatures}
    mine = contract_sides(row, by=by)
    free = by.user_id is not None and by.user_id not in {s.signer_id for s in signatures}
    plan = planned(row.rule_number, row.rule.version, row.rule.body)
    codes = dict(zip(source_items(plan), row.rule.body["from"], strict=True))
    return ContractView(
        number=row.number,
        state=state,
        rule=row.rule_number,
        version=row.rule.version,
        items=tuple(codes[item] for item in row.items),
        targets=tuple(row.rule.body["to"]),
        masked_name=row.learner.masked_name,
        issuer=row.issuer.code,
        issuer_name=row.issuer.name_zh,
        receiver=row.receiver.code,
        receiver_name=row.receiver.name_zh,
        until=row.until,
        offered_at=row.offered_at,
        signed=signed,
        reason=row.reason,
        moves=_moves(row) if moves else (),
        may_sign=tuple(s for s in mine if s not in signed) if state is ContractState.OPEN and free else (),
        may_end=state is ContractState.IN_FORCE and Side.LEARNER in mine,
        superseded=bool(row.later) or row.rule.retired_on is not None,  # type: ignore[attr-defined] # annotated
    )


def _moves(row: Contract) -> tuple[LifeMove, ...]:
    rows = ContractMove.objects.filter(contract=row).order_by("seq")
    return tuple(LifeMove(m.seq, m.event, m.to_state, m.actor_name, m.note, m.at) for m in rows)
