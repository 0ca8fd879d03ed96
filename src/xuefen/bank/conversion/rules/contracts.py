"""What a guaranteed-conversion contract keeps, and whose signature it lacks. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
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


def with_contracts(rules: Collection[PlanRule], contracts: Collection[PlanRule]) -> tuple[PlanRule, ...]:
    """The rules for one learner's plan: what a contract keeps stands in the place of the rule's present version."""
    held = {rule.number for rule in contracts}
    return tuple(sorted([*contracts, *(r for r in rules if r.number not in held)], key=lambda rule: rule.number))


def missing(signed: Collection[Side]) -> tuple[Side, ...]:
    return tuple(side for side in Side if side not in signed)
