"""May these drafts be published? Pure: the facts are looked up once for the whole set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from xuefen.bank.conversion.types import PlanRule, RuleDraft, RuleError, Target
from xuefen.bank.conversion.types.codec import encode
from xuefen.bank.conversion.types.drafts import (
    AGREEMENT_NOT_IN_FORCE,
    ITEM_UNKNOWN,
    RECEIVER_NOT_PARTY,
    RULE_ANOTHER_RECEIVER,
    RULE_OVERLAPS,
    RULE_SHAPE,
    RULE_TWICE,
    RULE_UNKNOWN,
    TARGET_NOT_OF_RECEIVER,
)
from xuefen.bank.conversion.types.problem import rule_faults


@dataclass(frozen=True, slots=True)
class KnownItem:
    item_id: int
    institution_id: int


@dataclass(frozen=True, slots=True)
class Existing:
    """The newest version of a rule."""

    version: int
    receiver_id: int
    effective_from: date


@dataclass(frozen=True, slots=True)
class Registry:
    """What the drafts are checked against. ``items`` by ``INSTITUTION/CODE``; ``parties`` code → institution id."""

    agreement: str
    agreement_from: date
    agreement_until: date | None
    parties: Mapping[str, int]
    items: Mapping[str, KnownItem]
    existing: Mapping[str, Existing]


def plan_rule(draft: RuleDraft, items: Mapping[str, KnownItem], *, number: str, version: int) -> PlanRule:
    """The draft as the planner sees it; every item is known."""
    return PlanRule(
        number=number,
        version=version,
        sources=tuple(items[s].item_id for s in draft.sources),
        basis=draft.basis,
        targets=tuple(Target(items[t.item].item_id, t.credits) for t in draft.targets),
        elective=draft.elective,
        result=draft.result,
        conditions=draft.conditions,
        clause=draft.clause,
    )


def body_of(draft: RuleDraft, items: Mapping[str, KnownItem]) -> dict[str, Any]:
    """What is stored for ever: the rule for the planner (``rule``), and its items as people write them."""
    rule = encode(plan_rule(draft, items, number="", version=0))
    del rule["number"], rule["version"]
    return {"rule": rule, "from": list(draft.sources), "to": [t.item for t in draft.targets]}


def draft_errors(drafts: Sequence[RuleDraft], registry: Registry) -> list[RuleError]:
    """Everything that speaks against publishing the set, in the order of the drafts."""
    found: list[RuleError] = []
    seen: set[str] = set()
    for index, draft in enumerate(drafts):
        found.extend(_errors(index, draft, registry))
        if draft.number is not None:
            if draft.number in seen:
                found.append(RuleError(index, "number", RULE_TWICE, {"number": draft.number}))
            seen.add(draft.number)
    return found


def _errors(index: int, draft: RuleDraft, registry: Registry) -> Iterator[RuleError]:
    day = draft.effective_from
    if day < registry.agreement_from or (registry.agreement_until is not None and day >= registry.agreement_until):
        params = {"number": registry.agreement, "on": day.isoformat()}
        yield RuleError(index, "effective_from", AGREEMENT_NOT_IN_FORCE, params)
    receiver = registry.parties.get(draft.receiver)
    if receiver is None:
        yield RuleError(index, "receiver", RECEIVER_NOT_PARTY, {"receiver": draft.receiver})
    unknown = [s for s in (*draft.sources, *(t.item for t in draft.targets)) if s not in registry.items]
    yield from (RuleError(index, "items", ITEM_UNKNOWN, {"item": s}) for s in unknown)
    if not unknown:
        rule = plan_rule(draft, registry.items, number="", version=0)
        for fault in rule_faults(rule, ""):
            yield RuleError(index, fault.place.lstrip("."), RULE_SHAPE, {"zh": fault.zh, "en": fault.en})
        for target in draft.targets:
            if receiver is not None and registry.items[target.item].institution_id != receiver:
                params = {"item": target.item, "receiver": draft.receiver}
                yield RuleError(index, "targets", TARGET_NOT_OF_RECEIVER, params)
    if draft.number is not None:
        yield from _version_errors(index, draft, draft.number, receiver, registry)


def _version_errors(
    index: int, draft: RuleDraft, number: str, receiver: int | None, registry: Registry
) -> Iterator[RuleError]:
    last = registry.existing.get(number)
    if last is None:
        yield RuleError(index, "number", RULE_UNKNOWN, {"number": number})
        return
    if receiver is not None and last.receiver_id != receiver:
        yield RuleError(index, "receiver", RULE_ANOTHER_RECEIVER, {"number": number})
    if draft.effective_from <= last.effective_from:
        params = {"number": number, "version": last.version, "since": last.effective_from.isoformat()}
        yield RuleError(index, "effective_from", RULE_OVERLAPS, params)
