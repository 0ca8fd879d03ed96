"""Why an outcome is not used: out of play, refused by every rule, or better left out, with the nearest rule and the clause."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from xuefen.bank.conversion.rules import wording
from xuefen.bank.conversion.rules.eligibility import Failure, Field, PoolUse, Use, apply
from xuefen.bank.conversion.rules.ground import falls_under
from xuefen.bank.conversion.rules.model import node_cap
from xuefen.bank.conversion.rules.tree import Tally
from xuefen.bank.conversion.types import Node, NodeKind, PlanRule, RuleRef, Text, Unused

_NEAREST = {"credits_short": 0, "source_missing": 2, "overlap": 2, "course_done": 2, "denied": 3, "not_in_programme": 4}
"""How near a failure comes to a use; a failed condition and a wrong direction are 1."""
_POLICIES = {
    "record_only": "record_only", "expired": "expires_on", "lower_in_family": "family", "same_name": "same_name_once",
    "overlap": "min_overlap", "direction": "direction", "leftover": "leftover",
}  # fmt: skip
"""Reason → the policy whose clause it cites."""


def ref(rule: PlanRule) -> RuleRef:
    return RuleRef(rule.number, rule.version, rule.clause)


@dataclass(frozen=True, slots=True)
class CapUse:
    """A cap with what the plan takes of it. ``below``: the nodes of a tree cap; None for one of the standard."""

    name: Text
    limit: int
    reference: str
    used: int
    below: frozenset[str] | None


class WhyNot:
    """Reasons for a plan that has been chosen."""

    def __init__(self, field: Field, chosen: Sequence[Use], top: Tally) -> None:
        self.field, self.ground, self.problem, self.top = field, field.ground, field.ground.problem, top
        self.chosen = chosen
        self.taker = {o: use for use in chosen for o in use.outcomes}
        self.course_taker = {item: use for use in chosen for item in use.items}
        self.names = {
            self.problem.outcomes[i].name_key: i for i in sorted(self.taker) if self.problem.outcomes[i].name_key
        }
        self.by_code = {c.code: c for c in self.problem.caps}
        self.groups = _groups_above(top)
        self.caps: dict[str, CapUse] = {}
        for cap in self.problem.caps:
            self.caps[cap.code] = CapUse(cap.name, cap.limit, cap.reference, cap.used, None)
        for node in self.problem.tree.walk():
            if node.cap is not None:
                below = frozenset(n.id for n in node.walk())
                earlier = sum(d.credits for d in self.problem.done if d.converted and d.node in below)
                name = Text(node.name, node.name_en or node.name)
                self.caps[node_cap(node)] = CapUse(name, node.cap, "", earlier, below)
        for code, cap_use in self.caps.items():
            taken = sum(self.wants(code, use) for use in chosen)
            self.caps[code] = replace(cap_use, used=cap_use.used + taken)

    def wants(self, code: str, use: Use) -> int:
        """What a use takes of a cap."""
        below = self.caps[code].below
        if below is not None:
            return sum(credits for node, credits in use.grants if node in below)
        outcomes = self.problem.outcomes
        shares = zip(use.outcomes, use.shares, strict=True)
        return sum(share for i, share in shares if falls_under(self.by_code[code], outcomes[i]))

    def all(self) -> Iterator[Unused]:
        """One line for each outcome the plan does not use."""
        options: dict[int, list[Use]] = defaultdict(list)
        for use in self.field.uses:
            for i in use.outcomes:
                options[i].append(use)
        for pool in self.field.pools:
            for i in pool.members:
                if i not in self.taker:
                    options[i].append(self._pooled(pool, i))
        denials = self._denials()
        for i, o in enumerate(self.problem.outcomes):
            if i in self.taker:
                continue
            rest = Unused(o.number, o.item_name, o.free, "no_rule", wording.NO_RULE)
            failures = self.field.failures.get(i) or denials.get(i)
            if reason := self.ground.barred.get(i):
                yield self._cited(replace(rest, reason=reason, sentence=self._barred(i, reason)))
            elif options[i]:
                yield min((self._against(rest, i, use) for use in options[i]), key=lambda found: found[0])[1]
            elif failures:
                yield self._nearest(rest, failures)
            else:
                yield rest

    def _barred(self, index: int, reason: str) -> Text:
        o = self.problem.outcomes[index]
        if reason == "record_only":
            return wording.record_only(o.quality)
        if reason == "expired" and o.expires_on is not None:
            return wording.expired(o.expires_on)
        return wording.BARRED[reason]

    def _cited(self, rest: Unused) -> Unused:
        policy = _POLICIES.get(rest.reason)
        return replace(rest, reference=self.problem.reference(policy)) if policy else rest

    def _denials(self) -> dict[int, list[Failure]]:
        """Outcomes a denial names, for those no rule takes."""
        found: dict[int, list[Failure]] = defaultdict(list)
        for index, rule in enumerate(self.problem.rules):
            if rule.denies and any(t.item_id in self.ground.leaves for t in rule.targets):
                for i, o in enumerate(self.problem.outcomes):
                    if o.item_id in rule.sources or (rule.denied_issuer and o.issuer == rule.denied_issuer):
                        found[i].append(Failure(index, "denied"))
        return found

    def _nearest(self, rest: Unused, failures: list[Failure]) -> Unused:
        f = min(failures, key=lambda f: (_NEAREST.get(f.condition, 1), f.misses, f.rule))
        rule = self.problem.rules[f.rule]
        condition = f.condition not in _NEAREST and f.condition != "direction"
        reason = "condition" if condition else "course_taken" if f.condition == "course_done" else f.condition
        says = wording.denied(rule.basis) if f.condition == "denied" else wording.failure(f)
        made = replace(
            rest, reason=reason, sentence=says, condition=f.condition if condition else "", nearest=ref(rule)
        )
        return self._cited(made)

    def _pooled(self, pool: PoolUse, index: int) -> Use:
        """How the outcome would be used in a pool: with as few others as it takes, idle ones first."""
        outcomes = self.problem.outcomes
        others = sorted((i for i in pool.members if i != index), key=lambda i: (i in self.taker, i))
        taken, carried = [index], outcomes[index].free
        for i in others:
            if carried >= pool.least:
                break
            taken.append(i)
            carried += outcomes[i].free
        use = apply(self.problem, pool.rule, tuple(sorted(taken)), pool.place)
        assert isinstance(use, Use), "a pool of the survey gives when it carries enough"
        return use

    def _against(self, rest: Unused, index: int, use: Use) -> tuple[int, Unused]:
        """(number of obstacles, the first of them) for one way the outcome could have been used."""
        nearest = ref(self.problem.rules[use.rule])
        found: list[Unused] = []

        def add(reason: str, says: Text, cap: str = "") -> None:
            reference = self.caps[cap].reference if cap else ""
            made = replace(rest, reason=reason, sentence=says, nearest=nearest, cap=cap, reference=reference)
            found.append(made if cap else self._cited(made))

        waived = self.problem.rules[use.rule].waives
        for code, cap in self.caps.items():
            wants = self.wants(code, use)
            on_site = (
                cap.below is not None and not cap.limit and not waived and any(n in cap.below for n, _ in use.grants)
            )
            if (wants and cap.used + wants > cap.limit) or on_site:
                add("cap", wording.cap_full(cap.name, cap.limit, cap.used, wants), code)
        for node_id, _ in use.grants:
            node = self.ground.nodes[node_id]
            for asked in self.ground.asked(node):
                if asked not in self.course_taker and asked not in use.items:
                    add("prerequisite", wording.prerequisite(node, self.ground.leaves[asked][0].name))
        for i in use.outcomes:
            o = self.problem.outcomes[i]
            if i != index and i in self.taker:
                add("source_taken", wording.source_taken(o.item_name))
            twin = self.names.get(o.name_key) if self.problem.same_name_once else None
            if twin is not None and twin != i:
                add("same_name", wording.same_name(self.problem.outcomes[twin].item_name))
        for (node_id, _), item in zip(use.grants, use.items, strict=False):
            if item in self.course_taker:
                node, by = self.ground.nodes[node_id], self.course_taker[item]
                names = "、".join(self.problem.outcomes[i].item_name for i in by.outcomes)
                add("course_taken", wording.course_taken(node.name, node.name_en, names))
        if not found and (full := self._full_group(use)):
            add("group_full", wording.group_full(full.name, full.name_en))
        if not found:
            add("worse", wording.WORSE)
        return len(found), found[0]

    def _full_group(self, use: Use) -> Node | None:
        """The nearest group that is complete around everything the use gives, or None when something is still open there."""
        result = None
        for node_id, _ in use.grants:
            full = next((t.node for t in reversed(self.groups[node_id]) if _full(t)), None)
            if full is None:
                return None
            result = result or full
        return result


def _full(t: Tally) -> bool:
    if t.node.kind is NodeKind.CREDITS:
        return t.complete
    return t.node.kind in (NodeKind.CHOOSE, NodeKind.ANY) and t.complete


def _groups_above(top: Tally) -> dict[str, list[Tally]]:
    """Node id → itself and the groups it stands in, the outermost first."""
    found: dict[str, list[Tally]] = {}

    def look(t: Tally, above: list[Tally]) -> None:
        found[t.node.id] = [*above, t]
        for child in t.below:
            look(child, found[t.node.id])

    look(top, [])
    return found
