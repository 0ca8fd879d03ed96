"""The columns of pool rules: any outcomes of an area that carry enough together.

A pool of thirty outcomes has a billion selections, so it is not listed but written down: a switch, a binary per member, and
variants by how much its courses get. Recognised credit is attributed to members in the order of their numbers; where a
cap counts only some of them, a crossing variable says at which member the credit is used up.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from xuefen.bank.conversion.rules.eligibility import PoolUse, full_grant, least_grant
from xuefen.bank.conversion.rules.model import Builder, PoolColumns, raise_to
from xuefen.bank.conversion.types import Node


@dataclass(frozen=True, slots=True)
class _Variant:
    """A pool whose members carry from ``low`` to ``high``. ``fixed``: (credits, done) of each place; None: the sum decides."""

    low: int
    high: int | None
    fixed: tuple[tuple[int, bool] | None, ...]


def add_pools(builder: Builder) -> None:
    """Add every pool of the survey to the builder's tables and rows."""
    switches: dict[int, list[int]] = {}
    for pool in builder.survey.pools:
        for variant in _variants(builder, pool):
            columns = _Columns(builder, pool, variant)
            columns.add()
            switches.setdefault(pool.rule, []).append(columns.switch)
    for mine in switches.values():
        builder.row(dict.fromkeys(mine, 1), 1)


def _variants(builder: Builder, pool: PoolUse) -> Iterator[_Variant]:
    p = builder.problem
    rule = p.rules[pool.rule]
    if rule.elective:
        yield _Variant(pool.least, None, ((rule.result, False) if rule.result else None,))
        return
    if rule.waives:
        yield _Variant(pool.least, None, tuple((0, True) for _ in pool.place))
        return
    stated: list[tuple[int, bool] | None] = []
    unstated = []
    for node, target in zip(pool.place, rule.targets, strict=True):
        if target.credits is None:
            stated.append(None)
            unstated.append(node.credits)
        else:
            given = min(target.credits, node.credits)
            stated.append((given, given >= full_grant(node.credits, p)))
    carried, whole = sum(p.outcomes[i].free for i in pool.members), sum(unstated)
    if carried >= max(pool.least, whole):
        full = tuple(s or (n.credits, True) for s, n in zip(stated, pool.place, strict=True))
        yield _Variant(max(pool.least, whole), None, full)
    if not unstated or pool.least >= whole:
        return
    steps = [pool.least, whole]
    if len(unstated) == 1 and least_grant(whole, p) < full_grant(whole, p):
        steps = [pool.least, *(s for s in [full_grant(whole, p)] if pool.least < s < whole), whole]
    for low, high in itertools.pairwise(steps):
        if carried >= low:
            yield _Variant(low, high - 1, tuple(stated))


class _Columns:
    """One variant of one pool."""

    def __init__(self, builder: Builder, pool: PoolUse, variant: _Variant) -> None:
        self.b, self.pool, self.variant = builder, pool, variant
        self.rule = builder.problem.rules[pool.rule]
        self.switch = builder.variable(1, integer=True)
        self.members = {i: builder.variable(1, integer=True) for i in pool.members}
        self.carries = {i: builder.problem.outcomes[i].free for i in pool.members}
        self.sum = {self.members[i]: self.carries[i] for i in pool.members}

    def add(self) -> None:
        b, t = self.b, self.b.tables
        b.model.pools.append(PoolColumns(self.pool, self.switch, self.members))
        b.model.choice[self.switch] = 0
        for i, x in self.members.items():
            b.model.choice[x] = 1
            t.takes[i][x] = 1
            b.row({x: 1, self.switch: -1}, 0)
        self._between(self.sum, self.variant.low, self.variant.high)
        for target in self.rule.targets:
            t.gives[target.item_id][self.switch] = 1
        for node in self.pool.place:
            t.reaches[node.id][self.switch] = 1
            if not self.rule.waives:
                t.replaces[node.id][self.switch] = 1
        self._grants()
        self._shares()

    def _between(self, terms: dict[int, int], low: int, high: int | None) -> None:
        """``low`` <= ``terms`` <= ``high`` while the switch is on."""
        self.b.row({self.switch: low, **{v: -c for v, c in terms.items()}}, 0)
        if high is not None:
            self.b.row({self.switch: -high, **terms}, 0)

    def _grants(self) -> None:
        open_places = []
        for node, fixed in zip(self.pool.place, self.variant.fixed, strict=True):
            if fixed is None:
                open_places.append(node)
            else:
                self._grant(node, {self.switch: fixed[0]}, fixed[0])
                if fixed[1]:
                    self.b.tables.done[node.id][self.switch] = 1
        if len(open_places) == 1:
            (node,) = open_places
            self._grant(node, self.sum, min(sum(self.carries.values()), self.variant.high or 10**9))
            if not self.rule.elective and self.variant.low >= full_grant(node.credits, self.b.problem):
                self.b.tables.done[node.id][self.switch] = 1
        elif open_places:
            self._fill(open_places)

    def _grant(self, node: Node, terms: dict[int, int], most: int) -> None:
        t = self.b.tables
        for v, c in terms.items():
            if c:
                t.grants[node.id][v] = c
        raise_to(t.grants_most[node.id], ("pool", self.switch), most)

    def _fill(self, places: list[Node]) -> None:
        """Several courses share the sum: each its least, then up to full, in order."""
        b, p, previous = self.b, self.b.problem, None
        amounts = []
        for node in places:
            low, spare = least_grant(node.credits, p), node.credits - least_grant(node.credits, p)
            amount = b.variable(node.credits)
            amounts.append(amount)
            b.row({self.switch: low, amount: -1}, 0)
            if previous is None:
                b.row({amount: 1, self.switch: -node.credits}, 0)
            else:
                earlier, earlier_low, earlier_spare = previous
                filled = b.variable(1, integer=True)
                b.row({filled: 1, self.switch: -1}, 0)
                b.row({self.switch: earlier_low, filled: earlier_spare, earlier: -1}, 0)
                b.row({amount: 1, self.switch: -low, filled: -spare}, 0)
            previous = (amount, low, spare)
            self._grant(node, {amount: 1}, node.credits)
            full = full_grant(node.credits, p)
            if low >= full:
                b.tables.done[node.id][self.switch] = 1
            else:
                done = b.variable(1, integer=True)
                b.row({done: 1, self.switch: -1}, 0)
                b.row({done: full, amount: -1}, 0)
                b.tables.done[node.id][done] = 1
        whole = dict.fromkeys(amounts, 1)
        b.row({**whole, **{v: -c for v, c in self.sum.items()}}, 0)
        b.row({**self.sum, **dict.fromkeys(amounts, -1)}, 0)

    # --- what each member carries of it ------------------------------------------------------------------------------------

    def _shares(self) -> None:
        stated = sum(f[0] for f in self.variant.fixed if f is not None)
        all_fixed = all(f is not None for f in self.variant.fixed)
        if all_fixed and not stated:
            return  # a waiver
        caps = {code for i in self.members for code in self.b.under[i]}
        split = [c for c in sorted(caps) if any(c not in self.b.under[i] for i in self.members)]
        each: dict[int, dict[int, int]] = {i: {x: self.carries[i]} for i, x in self.members.items()}
        if split and all_fixed:
            each = self._crossing(stated)
        elif split and stated:
            self._last(each, stated)
        for code in sorted(caps):
            t = self.b.tables
            if code in split:
                terms = [each[i] for i in self.members if code in self.b.under[i]]
            else:
                terms = [{self.switch: stated}, {} if all_fixed else self.sum]
            for more in terms:
                for v, c in more.items():
                    t.shares[code][v] = t.shares[code].get(v, 0) + c
            for i in self.members:
                if code in self.b.under[i]:
                    raise_to(t.shares_most[code], i, self.carries[i])
            raise_to(t.shares_most[code], ("pool", self.switch), stated)

    def _last(self, each: dict[int, dict[int, int]], extra: int) -> None:
        """The last member taken also carries what is stated on top."""
        marks = {i: self.b.variable(1, integer=True) for i in self.members}
        self._one_of(marks)
        for i, mark in marks.items():
            for later in (j for j in self.members if j > i):
                self.b.row({self.members[later]: 1, mark: 1}, 1)
            each[i] = {**each[i], mark: extra}

    def _one_of(self, marks: dict[int, int]) -> None:
        """Exactly one member taken is marked while the switch is on."""
        self.b.row({**dict.fromkeys(marks.values(), 1), self.switch: -1}, 0)
        self.b.row({**dict.fromkeys(marks.values(), -1), self.switch: 1}, 0)
        for i, mark in marks.items():
            self.b.row({mark: 1, self.members[i]: -1}, 0)

    def _crossing(self, credits: int) -> dict[int, dict[int, int]]:
        """Shares of a fixed amount: all of what a member carries before the crossing, the rest at it, nothing after it."""
        b = self.b
        crossing = {i: b.variable(1, integer=True) for i in self.members}
        self._one_of(crossing)
        each: dict[int, dict[int, int]] = {}
        everything: dict[int, int] = {}
        for i, x in self.members.items():
            before = b.variable(1, integer=True)  # taken, and the crossing comes later
            later = {z: 1 for j, z in crossing.items() if j > i}
            b.row({before: 1, x: -1}, 0)
            b.row({before: 1, **dict.fromkeys(later, -1)}, 0)
            b.row({x: 1, **later, before: -1}, 1)
            rest = b.variable(max(credits, self.carries[i]))
            beyond = {}
            if credits > self.variant.low and credits > self.carries[i]:
                # The members may carry less than is stated: then the last one taken carries more than its own.
                last = b.variable(1, integer=True)
                b.row({last: 1, crossing[i]: -1}, 0)
                for j in (j for j in self.members if j > i):
                    b.row({self.members[j]: 1, last: 1}, 1)
                beyond = {last: -(credits - self.carries[i])}
            b.row({rest: 1, crossing[i]: -self.carries[i], **beyond}, 0)
            each[i] = {before: self.carries[i], rest: 1}
            everything.update(each[i])
        b.row({**everything, self.switch: -credits}, 0)
        b.row({self.switch: credits, **{v: -c for v, c in everything.items()}}, 0)
        return each
