"""Cycles that create credit from nothing: a path of rules that returns to its start with a product of rates above one.

The rate of a rule is what it gives ÷ what it takes. With weights log(rate) such a cycle is one whose sum is positive.
Each holds a rule whose rate is above one (a *source of gain*), and can be read from a place where every partial sum is
positive. So: only strongly connected parts with a source of gain are looked at; there, from each source of gain, paths
that stay positive are followed breadth first, which finds the shortest cycle through it; and where that is too much work,
the method of Bellman and Ford decides whether any cycle is left. Every cycle is then worked through by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from xuefen.bank.conversion.rules.doctor import graph
from xuefen.bank.conversion.rules.doctor.graph import Edges
from xuefen.bank.conversion.rules.doctor.ledger import Books, best_round
from xuefen.bank.conversion.rules.doctor.register import Register
from xuefen.bank.conversion.types.doctor import Code, Finding

EFFORT = 3_000_000
"""Edges looked at in the search for the shortest cycles, before only existence is decided."""
MOST_LEFT = 20
"""Cycles reported of those that the breadth-first search had not reached."""
TINY = 1e-9


@dataclass(slots=True)
class Search:
    """What the search found. ``complete``: each source of gain was followed to the end."""

    findings: list[Finding] = field(default_factory=list)
    complete: bool = True


def examine_cycles(register: Register, forbidden: set[int]) -> Search:
    """All shortest cycles that create credit, one for each rule that is a source of gain in one."""
    search = Search()
    edges = _edges(register, forbidden)
    if not len(edges) or not (edges.weight > TINY).any():
        return search
    items = np.empty(len(register.node), dtype=np.int64)
    items[list(register.node.values())] = list(register.node)
    seen: set[frozenset[int]] = set()
    effort = EFFORT
    for part in graph.parts_with_gain(edges, TINY):
        follow = _Follow(part, effort)
        for path in follow.shortest():
            _tell(register, part, path, items, seen, search)
        effort = follow.effort
        if follow.unfinished:
            left = _left(part, follow.settled)
            for path in left:
                _tell(register, part, path, items, seen, search)
            search.complete = search.complete and not left
    search.findings.sort(key=lambda f: (f.size, f.rules))
    return search


def _edges(register: Register, forbidden: set[int]) -> Edges:
    way = np.frombuffer(register.edge_way, dtype=np.int32) if len(register.edge_way) else np.empty(0, dtype=np.int32)
    if not len(way):
        return Edges.none()
    gives = np.frombuffer(register.way_gives, dtype=np.int32)[way].astype(np.float64)
    takes = np.frombuffer(register.way_takes, dtype=np.int32)[way].astype(np.float64)
    found = Edges(
        np.frombuffer(register.edge_from, dtype=np.int32),
        np.frombuffer(register.edge_to, dtype=np.int32),
        way,
        np.log(gives) - np.log(takes),
    )
    if forbidden:
        found = found.only(~np.isin(way, np.fromiter(forbidden, dtype=np.int32)))
    return found


def _tell(
    register: Register, part: Edges, path: list[int], items: np.ndarray, seen: set[frozenset[int]], search: Search
) -> None:
    hops = [(int(items[part.source[e]]), int(part.way[e])) for e in _simple(part, path)]
    ways = frozenset(way for _, way in hops)
    if ways in seen:
        return
    seen.add(ways)
    books = best_round(register, hops)
    if books is not None:
        search.findings.append(_finding(books))


def _simple(part: Edges, path: list[int]) -> list[int]:
    """The path without loops inside it; a loop that is itself positive is the cycle to tell."""
    at: dict[int, int] = {}
    kept: list[int] = []
    for edge in path:
        node = int(part.source[edge])
        if node in at:
            loop = kept[at[node] :]
            if float(part.weight[loop].sum()) > TINY:
                return loop
            kept = kept[: at[node]]
            at = {n: i for n, i in at.items() if i < len(kept)}
        at[node] = len(kept)
        kept.append(edge)
    return kept


def _finding(books: Books) -> Finding:
    params = {
        "put_in": books.put_in,
        "in_hand": books.in_hand,
        "created": books.created,
        "product": f"{float(books.product):.4g}",
        "hops": len(books.steps),
    }
    rules = tuple(dict.fromkeys(step.rule for step in books.steps))
    named = tuple(dict.fromkeys(i for s in books.steps for i, _ in (*s.takes, *s.gives)))
    return Finding(Code.CREATES_CREDIT, rules, named, params, books.steps, size=len(books.steps))


class _Follow:
    """Breadth first from every source of gain at once, one layer after the other, so the shortest cycles come first."""

    def __init__(self, part: Edges, effort: int) -> None:
        self.part, self.effort = part, effort
        self.first, self.order = graph.by_source(part)
        self.unfinished = False
        self.settled: set[int] = set()  # edges that were sources of gain and are done with

    def shortest(self) -> Iterator[list[int]]:
        part = self.part
        starts = np.flatnonzero(part.weight > TINY)
        starts = starts[np.argsort(-part.weight[starts], kind="stable")].tolist()
        live: dict[int, tuple[dict[int, float], list[dict[int, tuple[int, int]]], dict[int, float]]] = {}
        for edge in starts:
            source, target, weight = int(part.source[edge]), int(part.target[edge]), float(part.weight[edge])
            if source == target:
                self.settled.add(edge)
                yield [edge]
                continue
            live[edge] = ({target: weight}, [{target: (edge, source)}], {target: weight})
        while live:
            for edge in list(live):
                if self.effort <= 0:
                    self.unfinished = True
                    return
                layer, back, best = live[edge]
                found, layer = self._layer(int(part.source[edge]), layer, back, best)
                if found:
                    yield found
                if found or not layer:
                    self.settled.add(edge)
                    del live[edge]
                else:
                    live[edge] = (layer, back, best)

    def _layer(
        self, home: int, layer: dict[int, float], back: list[dict[int, tuple[int, int]]], best: dict[int, float]
    ) -> tuple[list[int], dict[int, float]]:
        """One rule further from every node of the layer; the path back home when there is one, and the next layer."""
        part, nearer = self.part, {}
        came: dict[int, tuple[int, int]] = {}
        for node, worth in layer.items():
            out = self.order[self.first[node] : self.first[node + 1]]
            self.effort -= len(out)
            for edge, target, weight in zip(
                out.tolist(), part.target[out].tolist(), part.weight[out].tolist(), strict=True
            ):
                total = worth + weight
                if total <= TINY or total <= best.get(target, 0.0) + TINY:
                    continue
                best[target] = nearer[target] = total
                came[target] = (edge, node)
                if target == home:
                    return _path(back, came[target]), {}
        back.append(came)
        return [], nearer


def _path(back: list[dict[int, tuple[int, int]]], last: tuple[int, int]) -> list[int]:
    path, (edge, node) = [last[0]], last
    for layer in reversed(back):
        edge, node = layer[node]
        path.append(edge)
    return path[::-1]


def _left(part: Edges, settled: set[int]) -> list[list[int]]:
    """Whether cycles remain among the sources of gain not yet settled; up to ``MOST_LEFT`` of them."""
    open_ = np.ones(len(part), dtype=bool)
    open_[list(settled)] = False
    found: list[list[int]] = []
    while len(found) < MOST_LEFT:
        numbers = np.flatnonzero(open_)
        cycle = graph.positive_cycle(part.only(open_), TINY)
        if not cycle:
            break
        path = [int(numbers[e]) for e in cycle]
        found.append(path)
        open_[max(path, key=lambda e: float(part.weight[e]))] = False
    return found
