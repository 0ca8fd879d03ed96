"""Good plans fast: one use more, or two at once, with whatever stands in their way taken out.

The integer programme proves; this finds. With odd fractions a cap turns the last hundredths into a subset sum, which branching
finds slowly and an exchange of two uses at once. Everything is whole numbers in a fixed order: the same problem is searched
the same way every time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from xuefen.bank.conversion.rules.abacus import Abacus, Triple
from xuefen.bank.conversion.rules.eligibility import Use
from xuefen.bank.conversion.rules.model import Row

Ints = npt.NDArray[np.int64]

_Exchange = tuple[int, tuple[int, ...], tuple[int, ...]]
"""What it gains, what it takes out, what it puts in."""

MOST_STEPS = 400
"""Steps of one climb."""
MOST_PAIRED = 600
"""Most single changes that are tried two by two."""
MOST_CHECKED = 24
"""Most pairs of one step that are looked at exactly."""
NEAR = 100
"""A gap (hundredths) up to which exchanges of four uses are tried to close it."""
MOST_EXCHANGES = 4_000
"""Exchanges of one or two uses that are put together by two."""
MOST_FITTED = 20_000
"""Most combinations of two exchanges that are looked at."""
_SPAN = 20_000_000
"""More than any two plans of one problem differ in credit (hundredths)."""


@dataclass(slots=True)
class _Changes:
    """Every way to change the choice by one use: what it takes out, and what it changes in worth, tidiness and rows."""

    adds: list[int]  # the use put in, -1 for none
    drops: list[tuple[int, ...]]
    worth: Ints
    tidy: Ints
    rows: Ints


@dataclass(slots=True)
class _Pairing:
    """Changes two by two: which go together, what they are worth together, and the same sum for anything else of theirs."""

    some: list[int]
    apart: npt.NDArray[np.bool_]
    worth: Ints
    both: Callable[[Ints], Ints]


class Search:
    """A choice among uses that is always legal, and better with every step.

    Uses are numbered as in ``uses``; ``rows`` are the model's rows of legality in the model's variables (``variables`` of the
    uses, others are held at ``fixed``). Better is: worth more, then fewer outcomes, then lower ranks.
    """

    def __init__(
        self,
        abacus: Abacus,
        uses: Sequence[Use],
        variables: Sequence[int],
        rows: Iterable[Row],
        *,
        fixed: Mapping[int, float],
        pooled: Sequence[Use],
    ) -> None:
        self.abacus, self.uses = abacus, uses
        self.chosen: list[bool] = [False] * len(uses)
        self.tidiness = np.array([-(len(u.outcomes) * (len(uses) + 1) ** 2 + k + 1) for k, u in enumerate(uses)])
        place = {v: k for k, v in enumerate(variables)}
        self.cliques: list[list[int]] = [[] for _ in uses]
        self.blocked = [False] * len(uses)
        self.holder: list[int] = []  # clique → the use that has it, -1
        lines, limits = [], []
        for row in rows:
            mine = {place[v]: c for v, c in row.coefficients.items() if v in place}
            room = row.limit - round(sum(c * fixed.get(v, 0.0) for v, c in row.coefficients.items() if v not in place))
            if not mine:
                continue
            if room <= 1 and all(c == 1 for c in mine.values()):
                for k in mine:
                    self.cliques[k].append(len(self.holder))
                    self.blocked[k] = self.blocked[k] or room < 1
                self.holder.append(-1)
            else:
                line = np.zeros(len(uses), dtype=np.int64)
                line[list(mine)] = list(mine.values())
                lines.append(line)
                limits.append(room)
        self.matrix: Ints = np.array(lines, dtype=np.int64).reshape(len(lines), len(uses)).T.copy()
        self.slack: Ints = np.array(limits, dtype=np.int64)
        self.apart = self._apart()
        self.memo: dict[int, tuple[tuple[int, ...], tuple[int, ...], int]] = {}
        self.lean = False
        abacus.after((), pooled, keep=True)

    def _apart(self) -> npt.NDArray[np.bool_]:
        """Which uses can be chosen together."""
        apart = ~np.eye(len(self.uses), dtype=np.bool_)
        members: list[list[int]] = [[] for _ in self.holder]
        for k, mine in enumerate(self.cliques):
            for q in mine:
                members[q].append(k)
        for rivals in members:
            apart[np.ix_(rivals, rivals)] = False
        return apart

    @property
    def total(self) -> Triple:
        return self.abacus.total

    def take(self, wanted: Iterable[int]) -> None:
        """Put in these uses, in this order, as far as they are legal together."""
        for k in wanted:
            free = not self.chosen[k] and not self.blocked[k] and all(self.holder[q] < 0 for q in self.cliques[k])
            if free and np.all(self.matrix[k] <= self.slack):
                self._change((), (k,))

    def put(self, wanted: Iterable[int]) -> None:
        """Put in uses that are legal together (one may be so only beside another)."""
        self._change((), wanted)

    def _change(self, out: Iterable[int], into: Iterable[int]) -> None:
        out, into = tuple(out), tuple(into)
        self.abacus.after([self.uses[k] for k in out], [self.uses[k] for k in into], keep=True)
        for k in out:
            self.chosen[k] = False
            self.slack = self.slack + self.matrix[k]
            for q in self.cliques[k]:
                self.holder[q] = -1
        for k in into:
            self.chosen[k] = True
            self.slack = self.slack - self.matrix[k]
            for q in self.cliques[k]:
                self.holder[q] = k

    def climb(self, target: Triple | None = None, *, lean: bool = False) -> None:
        """Better and better until nothing near is better, or as far as ``target`` (then the rest may stay untidy).

        ``lean``: with as little credit as possible, so that caps leave room for more requirements.
        """
        if lean != self.lean:
            self.lean = lean
            self.memo.clear()
        for _ in range(MOST_STEPS):
            if target is not None and self.total >= target:
                return
            changes = self._changes()
            if not (self._single(changes, tidy=target is None) or self._pair(changes, tidy=target is None)):
                return

    def fit(self, target: int) -> bool:
        """Close a small gap of required credit: two exchanges at once whose sum is what is missing, nearest to it first."""
        gap = target - self.total[1]
        if not 0 < gap <= NEAR:
            return False
        exchanges = self._exchanges()
        gains = np.array([e[0] for e in exchanges], dtype=np.int64)
        looked = 0
        for want in range(gap, 0, -1):
            starts = np.searchsorted(gains, want - gains, side="left")
            ends = np.searchsorted(gains, want - gains, side="right")
            for one in np.flatnonzero(ends > starts).tolist():
                for other in range(max(one + 1, starts[one]), ends[one]):
                    looked += 1
                    if looked > MOST_FITTED:
                        return False
                    if self._together(exchanges[one], exchanges[other], want):
                        return True
        return False

    def _exchanges(self) -> list[_Exchange]:
        """Changes by one or two uses, by gain: those of little credit, and at most one requirement more or less."""
        c = self._changes()
        pairing = self._pairing(c)
        first, second = np.nonzero(pairing.apart & (np.abs(pairing.worth) < 2 * _SPAN * _SPAN))
        worth = np.concatenate([pairing.worth[first, second], c.worth])
        met, credit = np.divmod((worth + _SPAN // 2) // _SPAN + _SPAN // 2, _SPAN)
        credit -= _SPAN // 2
        near = np.flatnonzero((np.abs(met) <= 1) & (np.abs(credit) <= 4 * NEAR))
        near = near[np.lexsort((near, np.abs(credit[near])))][:MOST_EXCHANGES]
        result = []
        for n in near.tolist():
            members = (pairing.some[first[n]], pairing.some[second[n]]) if n < len(first) else (n - len(first),)
            out = tuple(sorted({k for m in members for k in c.drops[m]}))
            into = tuple(c.adds[m] for m in members if c.adds[m] >= 0)
            result.append((int(met[n]) * _SPAN + int(credit[n]), out, into))
        result.sort()
        return result

    def _together(self, one: _Exchange, other: _Exchange, want: int) -> bool:
        if set(one[1]) & set(other[1]) or not all(self.apart[a, b] for a in one[2] for b in other[2]):
            return False
        out, into = one[1] + other[1], one[2] + other[2]
        rows = self.matrix[list(into)].sum(axis=0) - self.matrix[list(out)].sum(axis=0)
        if not np.all(rows <= self.slack):
            return False
        shown = self.abacus.after([self.uses[k] for k in out], [self.uses[k] for k in into])
        if shown[0] != self.total[0] or shown[1] - self.total[1] != want:
            return False
        self._change(out, into)
        return True

    # --- changes ---------------------------------------------------------------------------------------------------------

    def _worth(self, out: tuple[int, ...], into: tuple[int, ...]) -> int:
        met, requirement, elective = self.abacus.after([self.uses[k] for k in out], [self.uses[k] for k in into])
        a, b, c = self.total
        if self.lean:
            return ((met - a) * _SPAN - requirement + b) * _SPAN - elective + c
        return ((met - a) * _SPAN + requirement - b) * _SPAN + elective - c

    def _cached(self, key: int, out: tuple[int, ...], into: tuple[int, ...]) -> int:
        """``_worth``, remembered until something changes nearby."""
        stamp = tuple(s for k in (*out, *into) for s in self.abacus.stamp(self.uses[k]))
        known = self.memo.get(key)
        if known is None or known[0] != out or known[1] != stamp:
            known = self.memo[key] = (out, stamp, self._worth(out, into))
        return known[2]

    def _changes(self) -> _Changes:
        adds, drops, worth = [], [], []
        for k in range(len(self.uses)):
            if self.chosen[k]:
                out: tuple[int, ...] = (k,)
                adds.append(-1)
                worth.append(self._cached(-1 - k, out, ()))
            elif self.blocked[k]:
                continue
            else:
                out = tuple(sorted({h for q in self.cliques[k] if (h := self.holder[q]) >= 0}))
                adds.append(k)
                worth.append(self._cached(k, out, (k,)))
            drops.append(out)
        put = np.array(adds, dtype=np.int64)
        tidy = np.where(put >= 0, self.tidiness[put], 0)
        rows = np.where((put >= 0)[:, None], self.matrix[put], 0)
        for n, out in enumerate(drops):
            for k in out:
                tidy[n] -= self.tidiness[k]
                rows[n] -= self.matrix[k]
        return _Changes(adds, drops, np.array(worth, dtype=np.int64), tidy, rows)

    def _single(self, c: _Changes, *, tidy: bool) -> bool:
        better = (c.worth > 0) | ((c.worth == 0) & (c.tidy > 0)) if tidy else c.worth > 0
        fit = np.flatnonzero(better & np.all(c.rows <= self.slack, axis=1))
        if not len(fit):
            return False
        n = max(fit.tolist(), key=lambda n: (c.worth[n], c.tidy[n], -n))
        self._change(c.drops[n], () if c.adds[n] < 0 else (c.adds[n],))
        return True

    def _pairing(self, c: _Changes) -> _Pairing:
        """Two changes at once. What both take out is counted once: its worth is added back."""
        some = self._promising(c)
        put = np.array([c.adds[n] for n in some], dtype=np.int64)
        common: dict[int, list[int]] = {}  # chosen use → the changes that take it out
        for at, n in enumerate(some):
            for k in c.drops[n]:
                common.setdefault(k, []).append(at)
        alone = {c.drops[n][0]: n for n in range(len(c.adds)) if c.adds[n] < 0}
        overlaps = [(np.ix_(places, places), alone[k]) for k, places in common.items() if len(places) > 1]

        def both(single: Ints) -> Ints:
            mine = single[some]
            result: Ints = mine[:, None] + mine[None, :]
            for square, n in overlaps:
                result[square] -= single[n]
            return result

        apart = np.triu(np.where((put >= 0)[:, None] & (put >= 0)[None, :], self.apart[put][:, put], True), 1)
        return _Pairing(some, apart, both(c.worth), both)

    def _pair(self, c: _Changes, *, tidy: bool) -> bool:
        """The best two changes at once."""
        pairing = self._pairing(c)
        legal = pairing.apart
        for d in range(self.matrix.shape[1]):
            legal &= pairing.both(c.rows[:, d]) <= self.slack[d]
        worth, some = pairing.worth, pairing.some
        better = legal & (worth > 0)
        order = pairing.both(c.tidy) if tidy else None
        if order is not None and not better.any():
            better = legal & (worth == 0) & (order > 0)
        first, second = np.nonzero(better)
        if not len(first):
            return False
        keys = (order[first, second], worth[first, second]) if order is not None else (worth[first, second],)
        best = np.lexsort(keys)[::-1][:MOST_CHECKED]
        return any(self._try(c, some[first[at]], some[second[at]], tidy=tidy) for at in best)

    def _promising(self, c: _Changes) -> list[int]:
        """The changes worth pairing: all, or those that lose least."""
        if len(c.adds) <= MOST_PAIRED:
            return list(range(len(c.adds)))
        return sorted(np.argsort(-c.worth, kind="stable")[:MOST_PAIRED].tolist())

    def _try(self, c: _Changes, one: int, other: int, *, tidy: bool) -> bool:
        out = tuple(sorted(set(c.drops[one]) | set(c.drops[other])))
        into = tuple(k for k in (c.adds[one], c.adds[other]) if k >= 0)
        worth = self._worth(out, into)
        tidier = int(self.tidiness[list(into)].sum()) - int(self.tidiness[list(out)].sum())
        if worth < 0 or (worth == 0 and (not tidy or tidier <= 0)):
            return False
        self._change(out, into)
        return True
