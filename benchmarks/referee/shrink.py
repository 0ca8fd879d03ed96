"""The smallest problem on which something remains true: pieces are taken out and values set back as long as it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, replace
from typing import Any

from benchmarks.referee.features import FEATURES, nodes
from xuefen.bank.conversion.types import Conditions, PlanOutcome, PlanRule, Problem
from xuefen.bank.conversion.types.faults import problem_faults


def shrink(problem: Problem, holds: Callable[[Problem], bool]) -> Problem:
    """Greedy and repeated until nothing more can go."""
    while True:
        smaller = next((q for q in _smaller(problem) if not any(problem_faults(q)) and holds(q)), None)
        if smaller is None:
            return problem
        problem = smaller


def _smaller(p: Problem) -> Iterator[Problem]:
    for name in ("rules", "outcomes", "caps", "done"):
        parts = getattr(p, name)
        half = len(parts) // 2
        if half > 1:
            yield replace(p, **{name: parts[:half]})
            yield replace(p, **{name: parts[half:]})
        for i in range(len(parts)):
            yield replace(p, **{name: parts[:i] + parts[i + 1 :]})
    for node in p.tree.walk():
        without = nodes(lambda n, gone=node.id: None if n.id == gone else n)(p)  # type: ignore[misc]
        if without != p:
            yield without
    for feature in FEATURES:
        if feature.used(p):
            yield feature.without(p)
    for i, rule in enumerate(p.rules):
        for simpler in _rules(rule):
            yield replace(p, rules=(*p.rules[:i], simpler, *p.rules[i + 1 :]))
    for i, outcome in enumerate(p.outcomes):
        for plainer in _outcomes(outcome):
            yield replace(p, outcomes=(*p.outcomes[:i], plainer, *p.outcomes[i + 1 :]))


def _rules(rule: PlanRule) -> Iterator[PlanRule]:
    if rule.conditions != Conditions():
        yield replace(rule, conditions=Conditions())
    for name in ("sources", "either", "targets"):
        parts: tuple[Any, ...] = getattr(rule, name)
        for i in range(len(parts) if len(parts) > 1 else 0):
            yield replace(rule, **{name: parts[:i] + parts[i + 1 :]})
    if rule.pool and len(rule.pool.items) > 1:
        for i in range(len(rule.pool.items)):
            yield replace(rule, pool=replace(rule.pool, items=rule.pool.items[:i] + rule.pool.items[i + 1 :]))
    if rule.overlap is not None:
        yield replace(rule, overlap=None)


def _outcomes(outcome: PlanOutcome) -> Iterator[PlanOutcome]:
    for field in fields(outcome):
        if field.default is not MISSING and getattr(outcome, field.name) != field.default:
            yield replace(outcome, **{field.name: field.default})
