"""What is still open, and what would close it: a rule with what is left to learn, the condition that fails, study on site."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from xuefen.bank.conversion.rules import wording
from xuefen.bank.conversion.rules.eligibility import Failure, Field, failed_conditions
from xuefen.bank.conversion.rules.tree import Tally, need_of
from xuefen.bank.conversion.rules.whynot import WhyNot, ref
from xuefen.bank.conversion.types import Node, NodeKind, OpenLine, PlanRule, Text, Way

MOST_WAYS = 3
"""Rules named for one open requirement, besides study on site."""
MOST_RULES = 60
"""Rules looked at for one open requirement."""
MOST_NAMES = 4


@dataclass(frozen=True, slots=True)
class _Lack:
    """What is missing for one rule: ``cost`` ranks, less is nearer."""

    cost: tuple[int, int]
    way: Way


def _missing(t: Tally) -> int:
    """The least credit that completes a node."""
    if t.complete:
        return 0
    if t.node.kind in (NodeKind.COURSE, NodeKind.CREDITS):
        return max(0, need_of(t.node) - t.group)
    count = {NodeKind.CHOOSE: t.node.need, NodeKind.ANY: 1}.get(t.node.kind, len(t.below))
    still = sorted(_missing(child) for child in t.below if not child.complete)
    return sum(still[: count - sum(child.complete for child in t.below)])


class Openings:
    def __init__(self, field: Field, whynot: WhyNot) -> None:
        self.field, self.ground, self.problem, self.whynot = field, field.ground, field.ground.problem, whynot
        self.names = {o.item_id: o.item_name for o in self.problem.outcomes}
        self.names.update({i.item_id: i.name for i in self.problem.items})
        self.giving: dict[int, list[int]] = defaultdict(list)
        self.elective: dict[str, list[int]] = defaultdict(list)
        for index, rule in enumerate(self.problem.rules):
            if not rule.denies and not self._too_far(rule):
                for target in rule.targets:
                    self.giving[target.item_id].append(index)
                if rule.elective:
                    self.elective[rule.elective].append(index)

    def _too_far(self, rule: PlanRule) -> bool:
        least = self.problem.min_overlap
        return rule.overlap is not None and least is not None and rule.overlap < least

    def lines(self, t: Tally) -> Iterator[OpenLine]:
        """Every open requirement at and below a node, in the order of the tree."""
        node = t.node
        if t.complete:
            return
        if node.kind is NodeKind.ALL:
            for child in t.below:
                yield from self.lines(child)
            return
        missing = _missing(t)
        yield OpenLine(node.id, node.name, missing, tuple(self._ways(t, missing)), node.name_en)

    def _ways(self, t: Tally, missing: int) -> Iterator[Way]:
        rules: dict[int, Node] = {}
        for leaf in self._open_courses(t):
            for index in self.giving.get(leaf.item_id or 0, ()):
                if len(rules) < MOST_RULES and (self.problem.rules[index].waives or not self.ground.on_site(leaf.id)):
                    rules.setdefault(index, leaf)
        for node_id in (t.node.id, "*") if t.node.elective and not self.ground.on_site(t.node.id) else ():
            for index in self.elective.get(node_id, ()):
                if len(rules) < MOST_RULES:
                    rules.setdefault(index, t.node)
        found = sorted(
            (lack for index, node in rules.items() if (lack := self._lack(index, node))),
            key=lambda lack: (lack.cost, lack.way.rule.number if lack.way.rule else ""),
        )
        yield from (lack.way for lack in found[:MOST_WAYS])
        yield Way("study", wording.study(t.node, missing))

    def _open_courses(self, t: Tally) -> Iterator[Node]:
        if t.node.kind is NodeKind.COURSE:
            if not t.complete:
                yield t.node
        else:
            for child in t.below:
                yield from self._open_courses(child)

    # --- one rule --------------------------------------------------------------------------------------------------------

    def _lack(self, index: int, node: Node) -> _Lack | None:
        rule = self.problem.rules[index]
        if rule.pool is not None:
            return self._pool_lack(rule, index, node)
        lacks = (self._set_lack(rule, index, items, node) for items in rule.alternatives())
        return min(lacks, key=lambda lack: lack.cost, default=None)

    def _set_lack(self, rule: PlanRule, index: int, items: Iterable[int], node: Node) -> _Lack:
        missing: list[int] = []
        failed: list[tuple[str, Failure | str]] = []
        busy = ""
        for item in items:
            state = self._held(rule, index, item)
            if state is None:
                missing.append(item)
            elif state[1] is not None:
                failed.append((state[0], state[1]))
            else:
                busy = busy or state[0]
        cost = (len(missing) + len(failed), len(missing))
        if missing:
            names = self._named(missing)
            way = Way("rule", wording.learn(names, node.name, node.name_en), ref(rule), tuple(names))
        elif failed:
            name, why = failed[0]
            condition = why.condition if isinstance(why, Failure) else why
            says = wording.failure(why) if isinstance(why, Failure) else self._out_of_play(why)
            way = Way("rule", wording.held_but(name, says), ref(rule), condition=condition)
        else:
            way = Way("rule", wording.held_busy(busy, node.name, node.name_en), ref(rule))
        return _Lack(cost, way)

    def _held(self, rule: PlanRule, index: int, item: int) -> tuple[str, Failure | str | None] | None:
        """The best of the outcomes of an item: (its name, what stands against it); None when there is none."""
        best: tuple[str, Failure | str | None] | None = None
        for i in self.ground.holding.get(item, ()):
            o = self.problem.outcomes[i]
            if barred := self.ground.barred.get(i):
                best = best or (o.item_name, barred)
            elif failed := failed_conditions(rule, index, o, self.problem.on):
                best = (o.item_name, failed[0])
            else:
                return o.item_name, None
        return best

    def _out_of_play(self, reason: str) -> Text:
        return wording.BARRED.get(reason, wording.OUT_OF_PLAY)

    def _pool_lack(self, rule: PlanRule, index: int, node: Node) -> _Lack:
        assert rule.pool is not None
        fit = [
            i
            for item in rule.pool.items
            for i in self.ground.holding.get(item, ())
            if i not in self.ground.barred
            and not failed_conditions(rule, index, self.problem.outcomes[i], self.problem.on)
        ]
        short = rule.pool.credits - sum(self.problem.outcomes[i].free for i in fit)
        if short <= 0:
            name = self.problem.outcomes[fit[0]].item_name
            return _Lack((0, 0), Way("rule", wording.held_busy(name, node.name, node.name_en), ref(rule)))
        names = self._named(sorted(set(rule.pool.items) - {self.problem.outcomes[i].item_id for i in fit}))
        says = wording.learn_more(short, names, node.name, node.name_en)
        return _Lack((1, 1), Way("rule", says, ref(rule), tuple(names)))

    def _named(self, items: Iterable[int]) -> list[str]:
        names = [self.names.get(item, "") or wording.UNNAMED.zh for item in items]
        return list(dict.fromkeys(names))[:MOST_NAMES]
