"""The rule doctor: what is wrong with a register of rules, said with the shortest example. docs/rule-doctor.md defines it all."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import count

from xuefen.bank.conversion.rules.doctor.cycles import examine_cycles
from xuefen.bank.conversion.rules.doctor.pairs import Denials, examine_denials, examine_pairs
from xuefen.bank.conversion.rules.doctor.register import ConditionsReader, Register, line_of
from xuefen.bank.conversion.rules.doctor.single import examine_one
from xuefen.bank.conversion.rules.doctor.wording import tell
from xuefen.bank.conversion.types.doctor import MEANING, Code, Finding, Kind, Report, RuleLine, World

__all__ = ["EXAMPLES", "ConditionsReader", "examine", "line_of", "tell"]

EXAMPLES = 200
"""Findings of one code that are kept; all are counted."""
ALL_KINDS = frozenset(Kind)


class _Collector:
    """Exact counts, and of each code the shortest findings."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.counts: Counter[Code] = Counter()
        self._order = count()
        self._kept: dict[Code, list[tuple[int, int, Finding]]] = defaultdict(list)

    def add(self, finding: Finding) -> None:
        self.counts[finding.code] += 1
        heap = self._kept[finding.code]
        entry = (-finding.size, -next(self._order), finding)  # the heap's first is the longest, and of these the latest
        if len(heap) < self.limit:
            heapq.heappush(heap, entry)
        elif entry > heap[0]:
            heapq.heapreplace(heap, entry)

    def report(self, rules: int, *, complete: bool) -> Report:
        found = [
            finding
            for code in MEANING
            for _, _, finding in sorted(self._kept[code], key=lambda entry: (-entry[0], -entry[1]))
        ]
        counts = {code: self.counts[code] for code in MEANING if self.counts[code]}
        return Report(rules, counts, tuple(found), complete)


def examine(
    lines: Iterable[RuleLine],
    world: World,
    *,
    on: date,
    examples: int = EXAMPLES,
    kinds: frozenset[Kind] = ALL_KINDS,
    receiver: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Examine every rule alone, with the others and in circles, as on a day. One pass over ``lines``; nothing is kept of
    them but arrays. ``receiver``: tell only what concerns its rules, or items of its own. ``progress`` is told the number of
    rules read, now and then.
    """
    day = on.toordinal()
    collected, register = _Collector(examples), Register(world)
    sources: set[int] = set()
    mine: set[int] = set()
    read = 0
    for line in lines:
        read += 1
        if line.receiver == receiver:
            mine.add(line.id)
        told = receiver is None or line.receiver == receiver
        alive = True
        for finding in examine_one(line, world, day):
            alive = alive and finding.kind is not Kind.DEAD
            if finding.kind in kinds and told:
                collected.add(finding)
        if line.until > max(day, line.since):
            register.add(line, live=alive and line.since <= day)
        if alive and not line.denies:
            sources.update(line.pool, *line.sets)
        if progress is not None and read % 20_000 == 0:
            progress(read)
    denied, forbidden = examine_denials(register, Denials(register.denials, register))
    complete = True
    for finding in _together(register, kinds, denied):
        if receiver is None or not mine.isdisjoint(finding.rules):
            collected.add(finding)
    if Kind.CYCLE in kinds:
        search = examine_cycles(register, forbidden)
        complete = search.complete
        for finding in search.findings:
            if receiver is None or not mine.isdisjoint(finding.rules):
                collected.add(finding)
    if Kind.WITHOUT in kinds:
        for finding in without_rules(world, sources):
            if receiver in (None, finding.params["institution"]):
                collected.add(finding)
    if progress is not None:
        progress(read)
    return collected.report(read, complete=complete)


def _together(register: Register, kinds: frozenset[Kind], denied: list[Finding]) -> Iterator[Finding]:
    if Kind.CONTRADICTION in kinds:
        yield from denied
    if kinds & {Kind.CONTRADICTION, Kind.OVERLAP}:
        yield from (f for f in examine_pairs(register) if f.kind in kinds)


def without_rules(world: World, sources: set[int]) -> Iterator[Finding]:
    """Per institution, the items that learners hold and no rule takes: one finding each, the most held items first."""
    idle: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for item, held in world.held.items():
        note = world.items.get(item)
        if held and note is not None and item not in sources:
            idle[note.institution].append((-held, item))
    for institution, found in sorted(idle.items(), key=lambda pair: (sum(n for n, _ in pair[1]), pair[0])):
        popular = [item for _, item in heapq.nsmallest(5, found)]
        outcomes = -sum(n for n, _ in found)
        params = {"institution": institution, "items": len(found), "outcomes": outcomes}
        yield Finding(Code.WITHOUT_RULES, (), tuple(popular), params)
