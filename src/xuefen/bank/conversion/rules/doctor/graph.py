"""Graph algorithms on arrays: parts that are strongly connected, and a cycle whose weights add up to more than nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    source: Ints
    target: Ints
    way: Ints
    weight: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.source)

    @classmethod
    def none(cls) -> Edges:
        empty = np.empty(0, dtype=np.int32)
        return cls(empty, empty, empty, np.empty(0))

    def only(self, chosen: NDArray[np.bool_]) -> Edges:
        return Edges(self.source[chosen], self.target[chosen], self.way[chosen], self.weight[chosen])


def by_source(edges: Edges) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """``order[first[n]:first[n+1]]`` are the edges that leave node n."""
    order = np.argsort(edges.source, kind="stable")
    nodes = int(max(edges.source.max(), edges.target.max())) + 1 if len(edges) else 0
    first = np.searchsorted(edges.source[order], np.arange(nodes + 1))
    return first, order


def parts_with_gain(edges: Edges, tiny: float) -> Iterator[Edges]:
    """The edges inside each strongly connected part that holds an edge of positive weight; nodes keep their numbers."""
    edges = trimmed(edges)
    if not len(edges) or not (edges.weight > tiny).any():
        return
    part = components(edges)
    inside = part[edges.source] == part[edges.target]
    edges = edges.only(inside)
    number = part[edges.source]
    for wanted in np.unique(number[edges.weight > tiny]).tolist():
        yield edges.only(number == wanted)


def trimmed(edges: Edges) -> Edges:
    """Without nodes that nothing enters or nothing leaves: they are on no cycle. Most of a register goes here."""
    while len(edges):
        nodes = int(max(edges.source.max(), edges.target.max())) + 1
        leaves = np.bincount(edges.source, minlength=nodes) > 0
        enters = np.bincount(edges.target, minlength=nodes) > 0
        keep = enters[edges.source] & leaves[edges.target]
        if keep.all():
            break
        edges = edges.only(keep)
    return edges


def components(edges: Edges) -> NDArray[np.int64]:
    """Tarjan's strongly connected parts, without recursion: node → number of its part."""
    first, order = by_source(edges)
    following = edges.target[order].tolist()
    starts = first.tolist()
    count = len(starts) - 1
    part, low, seen = [-1] * count, [0] * count, [-1] * count
    clock = parts = 0
    stack: list[int] = []
    for root in range(count):
        if seen[root] >= 0 or starts[root] == starts[root + 1]:
            continue
        seen[root] = low[root] = clock
        clock += 1
        stack.append(root)
        path = [(root, starts[root])]
        while path:
            node, at = path.pop()
            for i in range(at, starts[node + 1]):
                child = following[i]
                if seen[child] < 0:
                    seen[child] = low[child] = clock
                    clock += 1
                    stack.append(child)
                    path.append((node, i + 1))
                    path.append((child, starts[child]))
                    break
                if part[child] < 0 and seen[child] < low[node]:
                    low[node] = seen[child]
            else:
                if low[node] == seen[node]:
                    while True:
                        member = stack.pop()
                        part[member] = parts
                        if member == node:
                            break
                    parts += 1
                if path:
                    above = path[-1][0]
                    low[above] = min(low[above], low[node])
    return np.array(part, dtype=np.int64)


def positive_cycle(edges: Edges, tiny: float) -> list[int]:
    """Edges (by number) of a cycle with a positive sum, in order; none when there is none. Bellman and Ford, by array."""
    edges_left = trimmed_numbers(edges)
    if not len(edges_left):
        return []
    numbers = edges_left[np.argsort(edges.target[edges_left], kind="stable")]
    source, target, weight = edges.source[numbers], edges.target[numbers], edges.weight[numbers]
    begins = np.flatnonzero(np.r_[True, target[1:] != target[:-1]])
    group = np.repeat(np.arange(len(begins)), np.diff(np.r_[begins, len(target)]))
    heads = target[begins]
    nodes = int(max(source.max(), target.max())) + 1
    best, came = np.zeros(nodes), np.full(nodes, -1, dtype=np.int64)
    for turn in range(nodes + 1):
        reached = best[source] + weight
        top = np.maximum.reduceat(reached, begins)
        better = top > best[heads] + tiny
        if not better.any():
            return []
        arrives = np.flatnonzero(better[group] & (reached == top[group]))
        came[target[arrives]] = arrives
        best[heads[better]] = top[better]
        if turn % 4 == 3 or turn == nodes:
            cycle = _circle(came, source)
            if cycle:
                return [int(numbers[e]) for e in cycle]
    return []


def trimmed_numbers(edges: Edges) -> NDArray[np.int64]:
    """The numbers of the edges that ``trimmed`` keeps."""
    numbered = Edges(edges.source, edges.target, np.arange(len(edges), dtype=np.int32), edges.weight)
    return trimmed(numbered).way.astype(np.int64)


def _circle(came: NDArray[np.int64], source: Ints) -> list[int]:
    """A circle in the map node → the node it was reached from, as edges; none when it is a forest."""
    parent = np.where(came >= 0, source[np.maximum(came, 0)], -1)
    far = parent.copy()
    for _ in range(max(1, len(parent).bit_length())):
        far = np.where(far >= 0, far[np.maximum(far, 0)], -1)
    inside = np.flatnonzero(far >= 0)
    if not len(inside):
        return []
    node = int(far[inside[0]])
    path = [int(came[node])]
    at = int(parent[node])
    while at != node:
        path.append(int(came[at]))
        at = int(parent[at])
    return path[::-1]
