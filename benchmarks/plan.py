"""A learner's best plan, end to end, with 1.6 million rules in the bank (``benchmarks.stock``).

``p50`` and ``p99`` are milliseconds from the account number to the finished, explained plan: outcomes, the rules in force that
take them, the standard and the programme are read from PostgreSQL, solved and proven; ``processor`` is this process's part of
it, whatever else the machine does. Accounts of 10, 60 and 300 outcomes against programmes of 20, 60 and 120 nodes; ``odd`` is
the same where conversion factors left every credit off the half-credit grid. The peer is OR-tools CP-SAT on the referee's model
of the very same problems, planning alone on both sides, one thread each; equal is what we prove, objectives 1 to 3.
"""

from __future__ import annotations

import importlib.util
import resource
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks import stock
from benchmarks.referee import NO_PEER, found
from benchmarks.referee.peer import Peer
from xuefen.bank.conversion.types import Plan, Problem

if TYPE_CHECKING:
    from benchmarks.__main__ import Context

PEER_CASES = 4
"""Problems per number of outcomes that CP-SAT solves too."""
PEER_SECONDS = 10.0


@dataclass(frozen=True)
class Case:
    """One plan and the milliseconds: end to end, and of that planning alone."""

    problem: Problem
    plan: Plan
    ms: float
    planning_ms: float
    processor_ms: float


def run(context: Context) -> dict[str, Any]:
    made = stock.prepare(context)
    before = peak_mib()
    results: dict[str, Any] = {
        "rules_stored": stock.RULES,
        "rules_stored_mib": round(made.rules_bytes / 2**20),
        "stock_seconds": made.seconds,
        "programme_nodes": list(stock.NODES),
    }
    peer_cases: list[Case] = []
    every: list[Case] = []
    for prefix, accounts in (("", made.accounts), ("odd_", made.odd)):
        for size in stock.SIZES:
            cases = end_to_end(accounts[str(size)])
            results |= {f"{prefix}outcomes_{size}_{key}": value for key, value in figures(cases).items()}
            context.say(f"{prefix}{size} outcomes: {figures(cases)}")
            peer_cases += cases[:: -(-len(cases) // PEER_CASES)]
            every += cases
    results["plans_proven_percent"] = round(100 * sum(c.plan.proof.proven for c in every) / len(every), 1)
    results["worker_peak_mib"] = peak_mib()
    results["worker_mib_before_planning"] = before
    return results | beside_cp_sat(peer_cases, context)


def end_to_end(accounts: Sequence[str]) -> list[Case]:
    """Every account against every programme; one plan first that is not counted, for the connection and the imports."""
    from xuefen.bank.catalogue import queries as catalogue
    from xuefen.bank.conversion import queries, rules
    from xuefen.bank.shell import clock
    from xuefen.bank.shell.actor import EVERYTHING

    cases = []
    for account_no, nodes in [(accounts[0], stock.NODES[0]), *((a, n) for a in accounts for n in stock.NODES)]:
        began, processor = time.perf_counter(), time.process_time()
        programme = catalogue.programme(stock.college(0), f"P{nodes}")
        problem = queries.problem_for(EVERYTHING, account_no=account_no, programme=programme, on=clock.today())
        gathered = time.perf_counter()
        plan = rules.plan(problem)
        ended = time.perf_counter()
        spent = time.process_time() - processor
        cases.append(Case(problem, plan, 1000 * (ended - began), 1000 * (ended - gathered), 1000 * spent))
        if broken := rules.violations(problem, plan):
            raise RuntimeError(f"an illegal plan: {broken[:3]}")
    return cases[1:]


def figures(cases: Sequence[Case]) -> Mapping[str, object]:
    times = sorted(c.ms for c in cases)
    return {
        "plans": len(cases),
        "p50_ms": round(statistics.median(times)),
        "p99_ms": round(times[max(0, -(-len(times) * 99 // 100) - 1)]),
        "processor_p50_ms": round(statistics.median(c.processor_ms for c in cases)),
        "reading_p50_ms": round(statistics.median(c.ms - c.planning_ms for c in cases)),
        "rules_median": round(statistics.median(len(c.problem.rules) for c in cases)),
        "proven": sum(c.plan.proof.proven for c in cases),
    }


def peak_mib() -> int:
    """The most memory this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def beside_cp_sat(cases: Sequence[Case], context: Context) -> dict[str, Any]:
    """CP-SAT on the same problems; where it proves nothing in time, its time is that limit and the ratio a lower bound."""
    if importlib.util.find_spec("ortools") is None:
        return {"cp_sat": NO_PEER}
    ratios, proven, equal, as_few = [], 0, 0, 0
    with Peer() as peer:
        for case in cases:
            answer = peer.best(case.problem, seconds=PEER_SECONDS)
            ratios.append(answer["ms"] / case.planning_ms)
            proven += answer["proven"]
            equal += answer["proven"] and answer["found"][:3] == found(case.plan)[:3]
            as_few += answer["proven"] and answer["found"] == found(case.plan)
    context.say(f"CP-SAT proves {proven} of {len(cases)}")
    return {
        "cp_sat_problems": len(cases),
        "cp_sat_proven": proven,
        "cp_sat_equal_of_proven": equal,
        "cp_sat_equal_and_as_few_outcomes": as_few,
        "cp_sat_seconds_allowed": PEER_SECONDS,
        "cp_sat_time_over_ours_median": round(statistics.median(ratios), 1),
    }
