"""May these drafts be published? Pure: the facts are looked up once for the whole set."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from xuefen.bank.conversion.types import PlanRule, Pool, PoolDraft, RuleDraft, RuleError, Target, TargetDraft
from xuefen.bank.conversion.types.codec import encode
from xuefen.bank.conversion.types.drafts import (
    AGREEMENT_NOT_IN_FORCE,
    ITEM_UNKNOWN,
    RECEIVER_NOT_PARTY,
    RULE_ANOTHER_RECEIVER,
    RULE_DUPLICATE,
    RULE_DUPLICATE_IN_SET,
    RULE_ISSUER_UNKNOWN,
    RULE_OVERLAP_LOW,
    RULE_OVERLAPS,
    RULE_SHAPE,
    RULE_TOO_WIDE,
    RULE_TWICE,
    RULE_UNKNOWN,
    RULE_VALIDITY,
    TARGET_NOT_OF_RECEIVER,
)
from xuefen.bank.conversion.types.problem import rule_faults
from xuefen.bank.institutions.types import InstitutionKind
from xuefen.bedrock.gm.sm3 import sm3
from xuefen.bedrock.quantity import MAX_PARSED

MOST_ALTERNATIVES, MOST_TOGETHER, MOST_IN_POOL, MOST_TARGETS = 64, 12, 500, 24
"""Bounds of one rule: alternatives of an either/or, items of one alternative, items of a pool, courses given."""
FULL_MARK = 10_000


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
class Standing:
    """A published version that says something a draft says too, and how long it holds."""

    number: str
    effective_from: date
    retired_on: date | None


@dataclass(frozen=True, slots=True)
class Registry:
    """What the drafts are checked against. ``items`` by ``INSTITUTION/CODE``; ``parties`` code → institution id.

    ``standing`` finds published versions by statement. ``min_overlap``: percent of content the standard asks for, and its
    reference. ``issuers``: which of the institutions that denials name are registered.
    """

    agreement: str
    agreement_from: date
    agreement_until: date | None
    parties: Mapping[str, int]
    items: Mapping[str, KnownItem]
    existing: Mapping[str, Existing]
    standing: Mapping[str, Sequence[Standing]] = field(default_factory=dict)
    min_overlap: tuple[int, str] | None = None
    issuers: frozenset[str] = frozenset()


def plan_rule(draft: RuleDraft, item_id: Callable[[str], int], *, number: str = "", version: int = 0) -> PlanRule:
    """The draft as the planner sees it; every item is known."""
    return PlanRule(
        number=number,
        version=version,
        basis=draft.basis,
        sources=tuple(map(item_id, draft.sources)),
        either=tuple(tuple(map(item_id, items)) for items in draft.either),
        pool=Pool(tuple(map(item_id, draft.pool.items)), draft.pool.credits) if draft.pool else None,
        targets=tuple(Target(item_id(t.item), t.credits) for t in draft.targets),
        elective=draft.elective,
        result=draft.result,
        conditions=draft.conditions,
        clause=draft.clause,
        overlap=draft.overlap,
        waives=draft.waives,
        grade=draft.grade,
        denies=draft.denies,
        denied_issuer=draft.denied_issuer,
    )


def published(draft: RuleDraft, items: Mapping[str, KnownItem]) -> PlanRule:
    """The draft with the ids of the catalogue."""
    return plan_rule(draft, lambda name: items[name].item_id)


def body_of(draft: RuleDraft, rule: PlanRule) -> dict[str, Any]:
    """What is stored for ever: the rule for the planner (``rule``), and its items as people write them, in its order."""
    body = encode(rule)
    del body["number"], body["version"]
    return {"rule": body, "from": list(draft.items()), "to": [t.item for t in draft.targets]}


def source_items(rule: PlanRule) -> tuple[int, ...]:
    """Every item a rule may take from, once, in the order of ``body["from"]`` and of its index rows."""
    named = [item for items in rule.alternatives() for item in items]
    return tuple(dict.fromkeys([*named, *(rule.pool.items if rule.pool else ())]))


def statement_of(rule: PlanRule, receiver_id: int) -> str:
    """Thirty-two hex digits that two rules share when they speak of the same sources, targets and conditions."""
    said = [
        receiver_id,
        sorted(sorted(items) for items in rule.alternatives()),
        [sorted(rule.pool.items), rule.pool.credits] if rule.pool else None,
        sorted(t.item_id for t in rule.targets),
        rule.elective,
        encode(rule.conditions),
        rule.waives,
        rule.denies,
        rule.denied_issuer,
    ]
    return sm3(json.dumps(said, sort_keys=True).encode()).hex()[:32]


# --- one draft, whatever the register holds --------------------------------------------------------------------------


def shape_errors(index: int, draft: RuleDraft) -> Iterator[RuleError]:
    """What is wrong with a draft by itself; nothing is looked up."""
    ids = {name: n for n, name in enumerate([*draft.items(), *(t.item for t in draft.targets)])}
    yield from (
        RuleError(index, fault.place.lstrip("."), RULE_SHAPE, {"zh": fault.zh, "en": fault.en})
        for fault in rule_faults(plan_rule(draft, ids.__getitem__), "")
    )
    widest = max(map(len, draft.alternatives()), default=0)
    pool = len(draft.pool.items) if draft.pool else 0
    if len(draft.either) > MOST_ALTERNATIVES or widest > MOST_TOGETHER or pool > MOST_IN_POOL:
        bounds = {"alternatives": MOST_ALTERNATIVES, "items": MOST_TOGETHER, "pool": MOST_IN_POOL}
        yield RuleError(index, "sources", RULE_TOO_WIDE, bounds)
    if draft.effective_until is not None and draft.effective_until <= draft.effective_from:
        params = {"since": draft.effective_from.isoformat(), "until": draft.effective_until.isoformat()}
        yield RuleError(index, "effective_until", RULE_VALIDITY, params)
    for place, zh, en in _out_of_bounds(draft):
        yield RuleError(index, place, RULE_SHAPE, {"zh": zh, "en": en})


def _out_of_bounds(draft: RuleDraft) -> Iterator[tuple[str, str, str]]:
    amounts = [*(t.credits for t in draft.targets), draft.result, draft.pool.credits if draft.pool else None]
    if any(amount is not None and amount > MAX_PARSED for amount in amounts):
        yield "credits", "学分不能超过 1000。", "Credits cannot be more than 1000."
    if len(draft.targets) > MOST_TARGETS:
        yield "targets", f"一条规则最多给出 {MOST_TARGETS} 门课程。", f"One rule gives at most {MOST_TARGETS} courses."
    asked = draft.conditions
    bounds = {"min_mark": (0, FULL_MARK), "min_level": (1, 10), "min_assurance": (1, 3)}
    for name, (low, high) in (bounds | {"min_hours": (0, 10_000)}).items():
        value = getattr(asked, name)
        if value is not None and not low <= value <= high:
            zh, en = f"应在 {low} 到 {high} 之间。", f"Expected a value between {low} and {high}."
            yield f"conditions.{name}", zh, en
    if strange := set(asked.issuer_kinds) - {kind.value for kind in InstitutionKind}:
        found = ", ".join(sorted(strange))
        yield "conditions.issuer_kinds", f"没有这种机构：{found}。", f"No such kind of institution: {found}."


# --- a set against the register --------------------------------------------------------------------------------------


def draft_errors(drafts: Sequence[RuleDraft], registry: Registry) -> list[RuleError]:
    """Everything that speaks against publishing the set, in the order of the drafts."""
    found: list[RuleError] = []
    seen: set[str] = set()
    said: dict[str, list[int]] = {}
    for index, draft in enumerate(drafts):
        found.extend(_errors(index, draft, registry))
        if draft.number is not None:
            if draft.number in seen:
                found.append(RuleError(index, "number", RULE_TWICE, {"number": draft.number}))
            seen.add(draft.number)
        if statement := statement_in(draft, registry):
            found.extend(_repeats(index, draft, drafts, said.setdefault(statement, []), registry.standing, statement))
            said[statement].append(index)
    return found


def statement_in(draft: RuleDraft, registry: Registry) -> str | None:
    """The draft's statement, or None while it names what the register does not know."""
    receiver = registry.parties.get(draft.receiver)
    known = receiver is not None and all(
        n in registry.items for n in (*draft.items(), *(t.item for t in draft.targets))
    )
    return statement_of(published(draft, registry.items), receiver) if known and receiver is not None else None


def _repeats(
    index: int,
    draft: RuleDraft,
    drafts: Sequence[RuleDraft],
    before: Sequence[int],
    standing: Mapping[str, Sequence[Standing]],
    statement: str,
) -> Iterator[RuleError]:
    """The same statement, given earlier in the set or published already, for a time that overlaps."""
    for other in before:
        same_rule = draft.number is not None and draft.number == drafts[other].number
        if not same_rule and _meet(draft, drafts[other].effective_from, drafts[other].effective_until):
            yield RuleError(index, "sources", RULE_DUPLICATE_IN_SET, {"other": other + 1})
            return
    for rule in standing.get(statement, ()):
        if rule.number != draft.number and _meet(draft, rule.effective_from, rule.retired_on):
            yield RuleError(index, "sources", RULE_DUPLICATE, {"number": rule.number})
            return


def _meet(draft: RuleDraft, since: date, until: date | None) -> bool:
    return (until is None or draft.effective_from < until) and (
        draft.effective_until is None or since < draft.effective_until
    )


def _errors(index: int, draft: RuleDraft, registry: Registry) -> Iterator[RuleError]:
    day = draft.effective_from
    if day < registry.agreement_from or (registry.agreement_until is not None and day >= registry.agreement_until):
        params = {"number": registry.agreement, "on": day.isoformat()}
        yield RuleError(index, "effective_from", AGREEMENT_NOT_IN_FORCE, params)
    receiver = registry.parties.get(draft.receiver)
    if receiver is None:
        yield RuleError(index, "receiver", RECEIVER_NOT_PARTY, {"receiver": draft.receiver})
    for name in (*draft.items(), *(t.item for t in draft.targets)):
        if name not in registry.items:
            yield RuleError(index, "items", ITEM_UNKNOWN, {"item": name})
    yield from shape_errors(index, draft)
    for target in draft.targets:
        known = registry.items.get(target.item)
        if receiver is not None and known is not None and known.institution_id != receiver:
            yield RuleError(index, "targets", TARGET_NOT_OF_RECEIVER, {"item": target.item, "receiver": draft.receiver})
    if draft.denied_issuer and draft.denied_issuer not in registry.issuers:
        yield RuleError(index, "denied_issuer", RULE_ISSUER_UNKNOWN, {"issuer": draft.denied_issuer})
    if draft.overlap is not None and registry.min_overlap is not None and draft.overlap < registry.min_overlap[0]:
        needed, reference = registry.min_overlap
        low = {"overlap": draft.overlap, "needed": needed, "reference": reference}
        yield RuleError(index, "overlap", RULE_OVERLAP_LOW, low)
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


def draft_of(
    rule: PlanRule, *, named: Mapping[str, Sequence[str]], receiver: str, since: date, until: date | None
) -> RuleDraft:
    """A stored version as a draft again. ``named``: the stored body, whose ``from`` and ``to`` name its items in order."""
    names = dict(zip(source_items(rule), named["from"], strict=True))
    return RuleDraft(
        number=rule.number or None,
        receiver=receiver,
        basis=rule.basis,
        effective_from=since,
        effective_until=until,
        sources=tuple(names[i] for i in rule.sources),
        either=tuple(tuple(names[i] for i in items) for items in rule.either),
        pool=PoolDraft(tuple(names[i] for i in rule.pool.items), rule.pool.credits) if rule.pool else None,
        targets=tuple(TargetDraft(n, t.credits) for n, t in zip(named["to"], rule.targets, strict=True)),
        elective=rule.elective,
        result=rule.result,
        conditions=rule.conditions,
        clause=rule.clause,
        overlap=rule.overlap,
        waives=rule.waives,
        grade=rule.grade,
        denies=rule.denies,
        denied_issuer=rule.denied_issuer,
    )
