"""``plan`` beside a second opinion: OR-tools CP-SAT on a model written from docs/conversion-problem.md, not from our code.

2,000 random problems that together use every constraint kind. Equal means: the same requirements met, requirement credits,
elective credits and number of outcomes, our plan proven and legal for our checker and for the other model, and the other
model's plan legal for our checker. Each kind must also *matter* somewhere: without it that problem has another optimum.

    python -m benchmarks.referee SEED    the smallest problem on which a seed's disagreement remains
"""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.referee.features import FEATURES, odd
from benchmarks.referee.peer import Peer
from benchmarks.referee.plans import lines_of, plan_of
from benchmarks.referee.problems import random_problem
from xuefen.bank.conversion.types import Plan, Problem
from xuefen.bank.conversion.types.faults import problem_faults

if TYPE_CHECKING:
    from benchmarks.__main__ import Context

CASES = 2_000
NO_PEER = "not measured: install the bench extra (pip install 'xuefen[bench]')"


@dataclass(frozen=True)
class Verdict:
    """One problem: what is wrong, nothing when both sides agree; and both times."""

    faults: tuple[str, ...]
    ours_ms: float
    peer_ms: float


def run(context: Context) -> dict[str, Any]:
    if importlib.util.find_spec("ortools") is None:
        return {"equal": NO_PEER}
    problems = [random_problem(seed) for seed in range(CASES)]
    verdicts = []
    with Peer() as peer:
        for seed, verdict in enumerate(judged(problems, peer)):
            verdicts.append(verdict)
            for fault in verdict.faults:
                context.say(f"seed {seed}: {fault}")
        mattering = matter(problems, peer)
    uses = Counter(f.name for p in problems for f in FEATURES if f.used(p))
    if silent := [f.name for f in FEATURES if f.name not in mattering]:
        raise RuntimeError(f"kinds that never matter in these problems: {', '.join(silent)}")
    ours, theirs = [v.ours_ms for v in verdicts], [v.peer_ms for v in verdicts]
    return {
        "problems": CASES,
        "equal": sum(not v.faults for v in verdicts),
        "different": sum(bool(v.faults) for v in verdicts),
        "constraint_kinds": len(FEATURES),
        "constraint_kinds_that_matter": len(mattering),
        "problems_of_the_rarest_kind": min(uses.values()),
        "problems_with_odd_fractions": sum(map(odd, problems)),
        "ours_ms_median": round(statistics.median(ours), 1),
        "cp_sat_ms_median": round(statistics.median(theirs), 1),
        "cp_sat_time_over_ours_median": round(statistics.median(t / o for o, t in zip(ours, theirs, strict=True)), 2),
    }


def judged(problems: Iterable[Problem], peer: Peer) -> Iterable[Verdict]:
    """Each problem solved by both, each plan judged by the other side; the peer works while we do."""
    with ThreadPoolExecutor(1) as thread:  # the peer answers one after the other
        waiting = [(p, thread.submit(peer.best, p)) for p in problems]
        for problem, answer in waiting:
            plan, ms = ours(problem)
            fixed = thread.submit(peer.best, problem, lines_of(problem, plan)) if isinstance(plan, Plan) else None
            value = fixed.result() if fixed is not None else None
            yield Verdict(tuple(faults(problem, plan, answer.result(), value)), ms, answer.result()["ms"])


def ours(problem: Problem) -> tuple[Plan | str, float]:
    """Our plan, or how planning failed, and the milliseconds."""
    from xuefen.bank.conversion import rules

    began = time.perf_counter()
    try:
        plan: Plan | str = rules.plan(problem)
    except Exception as error:  # a referee reports a crash as it reports a wrong plan
        plan = f"{type(error).__name__}: {error}"
    return plan, 1000 * (time.perf_counter() - began)


def found(plan: Plan) -> list[int]:
    """The four objectives as the plan says them."""
    totals = plan.totals
    return [totals.met, totals.requirement, totals.elective, sum(len(line.uses) for line in plan.lines)]


def faults(problem: Problem, plan: Plan | str, answer: dict[str, Any], value: dict[str, Any] | None) -> Iterable[str]:
    """What speaks against the two being equal. ``answer``: the peer's optimum; ``value``: what it says of our plan."""
    from xuefen.bank.conversion import rules

    if not answer["proven"]:
        yield f"peer unproven: {answer['status']}"
        return
    if broken := rules.violations(problem, plan_of(problem, answer)):
        yield f"our checker refuses the peer's plan: {'; '.join(broken[:3])}"
    if isinstance(plan, str) or value is None:
        yield f"our plan crashed: {plan}"
        return
    if not plan.proof.proven:
        yield "our plan is not proven"
    if found(plan) != answer["found"]:
        yield f"ours {found(plan)}, peer {answer['found']}"
    if broken := rules.violations(problem, plan):
        yield f"our checker refuses our plan: {'; '.join(broken[:3])}"
    if value["found"] != found(plan):
        yield f"the peer values our plan at {value['found'] or value['status']}, it says {found(plan)}"


def matter(problems: Iterable[Problem], peer: Peer) -> dict[str, Problem]:
    """By kind, the first of the problems whose optimum is another without it."""
    shown: dict[str, Problem] = {}
    for problem in problems:
        base: list[int] | None = None
        for feature in FEATURES:
            without = feature.without(problem)
            if feature.name in shown or without == problem or any(problem_faults(without)):
                continue
            base = base if base is not None else peer.best(problem)["found"]
            if peer.best(without)["found"] != base:
                shown[feature.name] = problem
        if len(shown) == len(FEATURES):
            break
    return shown
