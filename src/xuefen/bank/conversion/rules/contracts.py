"""What a guaranteed-conversion contract keeps, and whose signature it lacks. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

from xuefen.bank.conversion.types import PlanRule, Pool
from xuefen.bank.conversion.types.life import CONTRACT_UNTIL, Side
from xuefen.bank.shell.problems import Denied

YEARS, DAYS = 10, 28
"""The longest and the shortest a contract lasts."""


def check_until(until: date, *, today: date) -> None:
    """Raises ``Denied(contract_until)`` below four weeks and above ten years."""
    latest = today.replace(year=today.year + YEARS, day=min(today.day, 28))
    if (until - today).days < DAYS or until > latest:
        raise Denied(CONTRACT_UNTIL, place="until", years=YEARS)


def kept(rule: PlanRule, items: Collection[int], *, contract: str) -> PlanRule | None:
    """The rule as the contract keeps it: only what takes nothing but its items; None when that is nothing."""
    inside = set(items)
    sources = rule.sources if inside.issuperset(rule.sources) else ()
    either = tuple(alternative for alternative in rule.either if inside.issuperset(alternative))
    pool = None
    if rule.pool is not None:
        left = tuple(item for item in rule.pool.items if item in inside)
        pool = Pool(left, rule.pool.credits) if left else None
    if not (sources or either or pool):
        return None
    return replace(rule, sources=sources, either=either, pool=pool, contract=contract)


@dataclass(frozen=True, slots=True)
class Kept:
    """A version a contract keeps, and the institution whose outcomes it takes."""

    rule: PlanRule
    issuer: str


def with_contracts(rules: Collection[PlanRule], contracts: Collection[Kept]) -> tuple[PlanRule, ...]:
    """The rules for one learner's plan: what a contract keeps stands in the place of the rule's present version, and no
    denial speaks against it.
    """
    held = {kept.rule.number for kept in contracts}
    others = [left for r in rules if r.number not in held and (left := _but_for(r, contracts)) is not None]
    return tuple(sorted([*(kept.rule for kept in contracts), *others], key=lambda rule: rule.number))


def _but_for(rule: PlanRule, contracts: Collection[Kept]) -> PlanRule | None:
    """A denial without the courses that contracts guarantee for the same outcomes; None when nothing is left of it."""
    if not rule.denies:
        return rule
    guaranteed = {
        target.item_id
        for kept in contracts
        if rule.denied_issuer == kept.issuer or kept.rule.items() & set(rule.sources)
        for target in kept.rule.targets
    }
    left = tuple(target for target in rule.targets if target.item_id not in guaranteed)
    return replace(rule, targets=left) if left else None


def missing(signed: Collection[Side]) -> tuple[Side, ...]:
    return tuple(side for side in Side if side not in signed)
