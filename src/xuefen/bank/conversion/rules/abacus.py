"""What a choice of uses counts, quickly: only the groups above what changes are added up again.

The search tries thousands of changes; ``tree.tally`` would add up the whole programme for each. Where required and elective
credit trade inside a credit group the abacus takes the children with most credit: that may be less than the best, never more.
"""

from __future__ import annotations

from collections.abc import Iterable

from xuefen.bank.conversion.rules.eligibility import Use
from xuefen.bank.conversion.rules.ground import Ground
from xuefen.bank.conversion.types import Node, NodeKind

Triple = tuple[int, int, int]


class Abacus:
    """The tree with values on it. Nodes are numbered children first, so that parents are added up last."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.kind: list[NodeKind] = []
        self.need: list[int] = []
        self.inside: list[bool] = []
        self.looked: list[bool] = []
        self.passes: list[bool] = []
        self.children: list[list[int]] = []
        self.parent: list[int] = []
        self.index: dict[str, int] = {}
        self._number(ground.problem.tree, inside=False, looked=True)
        self.touches = {node: self._touched(ground.nodes[node]) for node in self.index}
        self.paths = [self._path(i) for i in range(len(self.kind))]
        self.regions = [self._region(i) for i in range(len(self.kind))]
        self.own = [0] * len(self.kind)
        self.done = [0] * len(self.kind)
        self.raw: list[Triple] = [(0, 0, 0)] * len(self.kind)
        self.value: list[Triple] = [(0, 0, 0)] * len(self.kind)
        self.stamps = [0] * len(self.kind)
        for one in ground.problem.done:
            for i in self.touches[one.node]:
                self.own[i] += one.credits
                self.done[i] += one.item_id is not None
        for i in range(len(self.kind)):
            self.raw[i] = self._sum(i)
            self.value[i] = self._worth(i, self.raw[i], {})

    @property
    def total(self) -> Triple:
        """Requirements met, requirement credit, elective credit of the whole programme (hundredths)."""
        return self.value[-1]

    def after(self, minus: Iterable[Use], plus: Iterable[Use], *, keep: bool = False) -> Triple:
        """The total when some uses are dropped and others added; with ``keep`` they are."""
        own: dict[int, int] = {}
        done: dict[int, int] = {}
        for sign, uses in ((-1, minus), (1, plus)):
            for use in uses:
                for (node, credits), finished in zip(use.grants, use.done, strict=True):
                    for i in self.touches[node]:
                        own[i] = own.get(i, 0) + sign * credits
                        done[i] = done.get(i, 0) + sign * finished
        dirty = {j for i in own for j in self.paths[i]}
        new: dict[int, Triple] = {}
        raws: dict[int, Triple] = {}
        for i in sorted(dirty):
            if self.kind[i] is NodeKind.COURSE:
                credits, met = self.own[i] + own.get(i, 0), int(self.done[i] + done.get(i, 0) > 0 and self.looked[i])
                raw = (met, 0, credits) if self.inside[i] else (met, credits, 0)
            else:
                m, r, e = raws.get(i, self.raw[i])
                added = own.get(i, 0)
                raw = (m, r, e + added) if self.inside[i] else (m, r + added, e)
            raws[i] = raw
            value = self._worth(i, raw, new)
            new[i] = value
            up = self.parent[i]
            if up >= 0:
                (m, r, e), (a, b, c) = raws.get(up, self.raw[up]), self.value[i]
                raws[up] = (m + value[0] - a, r + value[1] - b, e + value[2] - c)
        total = new.get(len(self.kind) - 1, self.total)
        if keep:
            for i, value in new.items():
                self.raw[i], self.value[i] = raws[i], value
            for i in own:
                self.own[i] += own[i]
                self.done[i] += done[i]
                self.stamps[self.regions[i]] += 1
        return total

    def stamp(self, use: Use) -> tuple[int, ...]:
        """Changes whenever what the use is worth may have changed, its rivals apart."""
        return tuple(self.stamps[self.regions[i]] for node, _ in use.grants for i in self.touches[node])

    # --- building ------------------------------------------------------------------------------------------------------

    def _number(self, node: Node, *, inside: bool, looked: bool) -> int:
        inside = inside or node.elective
        looked = looked and not inside
        below = looked and node.kind is not NodeKind.CREDITS
        children = [self._number(c, inside=inside, looked=below) for c in node.children]
        i = len(self.kind)
        self.kind.append(node.kind)
        self.need.append(1 if node.kind is NodeKind.ANY else node.need)
        self.inside.append(inside)
        self.looked.append(looked)
        self.passes.append(not node.shared)
        self.children.append(children)
        self.parent.append(-1)
        for c in children:
            self.parent[c] = i
        self.index[node.id] = i
        return i

    def _touched(self, node: Node) -> list[int]:
        """The leaves that see what is given at a node."""
        here = [self.index[node.id]]
        if node.item_id is not None:
            shared = (n for n in self.ground.leaves[node.item_id] if n.id in self.ground.shared and n.id != node.id)
            here += [self.index[n.id] for n in shared]
        return here

    def _path(self, i: int) -> list[int]:
        found = [i]
        while self.parent[found[-1]] >= 0:
            found.append(self.parent[found[-1]])
        return found

    def _region(self, i: int) -> int:
        """The outermost group around a node in which things do not simply add up; itself when there is none."""
        odd = [j for j in self.paths[i] if self.kind[j] not in (NodeKind.ALL, NodeKind.COURSE)]
        return odd[-1] if odd else i

    def _sum(self, i: int) -> Triple:
        if self.kind[i] is NodeKind.COURSE:
            met = int(self.done[i] > 0 and self.looked[i])
            return (met, 0, self.own[i]) if self.inside[i] else (met, self.own[i], 0)
        m, r, e = (sum(self.value[c][k] for c in self.children[i]) for k in range(3))
        return (m, r, e + self.own[i]) if self.inside[i] else (m, r + self.own[i], e)

    def _worth(self, i: int, raw: Triple, new: dict[int, Triple]) -> Triple:
        m, r, e = raw
        kind = self.kind[i]
        if kind is NodeKind.CREDITS:
            need = self.need[i]
            m = int(self.looked[i] and r + e >= need)
            r = min(r, need)
            e = min(e, need - r)
        elif kind in (NodeKind.CHOOSE, NodeKind.ANY) and len(self.children[i]) > self.need[i]:
            values = sorted((new.get(c, self.value[c]) for c in self.children[i]), reverse=True)[: self.need[i]]
            m, r, e = (sum(v[k] for v in values) for k in range(3))
        return (m, r, e) if self.passes[i] else (m, 0, 0)
