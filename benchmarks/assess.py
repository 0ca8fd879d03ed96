"""Facts judged a second on one core: ``assess`` of mixed facts under every shipped standard.

No words are asked for, as in a bulk night; seconds are of processor time. Beside it in the same run: the least Python can do
per fact (one look-up of the type, one division of the hours, one result object, no grade, no cap, no reason), and the same
facts with the whole explanation put into words.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from xuefen.bank import standards
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.standards.rules.assessing import assess
from xuefen.bank.standards.rules.parsing import parse_pack
from xuefen.bank.standards.types import (
    Assessment,
    DegreeFacts,
    Facts,
    Grade,
    Pack,
    Refusal,
    SocialFacts,
    VocationalFacts,
)

if TYPE_CHECKING:
    from benchmarks.__main__ import Context

PACKS = Path(standards.__file__).parent / "packs"
FACTS = 100_000
REPEATS = 7
EXPLAINED = 5_000
AIM = 100_000

Case = tuple[Facts, Pack]


def run(context: Context) -> dict[str, Any]:
    packs = shipped()
    cases = mixed(packs)
    rates = [FACTS / seconds(cases, assess) for _ in range(REPEATS)]
    least = [FACTS / seconds(cases, bare) for _ in range(REPEATS)]
    told = EXPLAINED / seconds(cases[:EXPLAINED], explain)
    answers = [assess(facts, pack) for facts, pack in cases]
    context.say(f"{max(rates):,.0f} facts/s, explained {told:,.0f}, bare {max(least):,.0f}")
    ordered = sorted(rates)
    return {
        "standards": [f"{pack.code}/{pack.version}" for pack in packs],
        "facts": FACTS,
        "worth_something_percent": round(100 * sum(isinstance(a, Assessment) for a in answers) / FACTS),
        "refusal_codes": len({a.problem.code for a in answers if isinstance(a, Refusal)}),
        "facts_per_s_per_core_min_median_max": [round(ordered[0]), round(ordered[REPEATS // 2]), round(ordered[-1])],
        "aim_facts_per_s": AIM,
        "explained_facts_per_s": round(told),
        "bare_python_facts_per_s_median": round(sorted(least)[REPEATS // 2]),
        "percent_of_bare_python": round(100 * ordered[REPEATS // 2] / sorted(least)[REPEATS // 2]),
    }


def shipped() -> list[Pack]:
    """Every standard in the package."""
    paths = sorted(p for p in PACKS.glob("*.yaml") if not p.name.endswith(".examples.yaml"))
    return [parse_pack(yaml.safe_load(path.read_text(encoding="utf-8"))) for path in paths]


def mixed(packs: Sequence[Pack]) -> list[Case]:
    """Facts of all three classes in the proportions of a province: mostly courses, a fifth certificates, a fifth the rest."""
    r = random.Random(1)
    makers: dict[OutcomeClass, Callable[[random.Random, str], Facts]] = {
        OutcomeClass.DEGREE: _degree, OutcomeClass.VOCATIONAL: _vocational, OutcomeClass.SOCIAL: _social,
    }  # fmt: skip
    cases: list[Case] = []
    while len(cases) < FACTS:
        pack = r.choice(packs)
        wanted = r.choices(list(makers), [6, 2, 2])[0]
        parents = {kind.parent for kind in pack.types.values()}
        leaves = [code for code, k in pack.types.items() if k.outcome_class is wanted and code not in parents]
        if leaves:
            cases.append((makers[wanted](r, r.choice(leaves)), pack))
    return cases


def _grade(r: random.Random) -> Grade | None:
    mark = r.randint(4000, 10_000)
    return r.choices([Grade(str(mark // 100), mark, mark >= 6000), Grade("合格", None, True), None], [8, 1, 1])[0]


def _degree(r: random.Random, code: str) -> Facts:
    hours = r.choice([16, 24, 32, 40, 48, 64, 33])
    return DegreeFacts(
        type_code=code, theory_hours=hours, practice_hours=r.choice([0, 0, 8, 16]), online_hours=r.choice([0, 0, 0, 16]),
        practice_weeks=r.choice([0, 0, 0, 2]), workload_hours=r.choice([0, 90, 125]),
        declared_credit=r.choice([None, 200, 300, 400]), attendance=r.choice([None, 70, 95]), grade=_grade(r),
    )  # fmt: skip


def _vocational(r: random.Random, code: str) -> Facts:
    return VocationalFacts(type_code=code, authoritative=r.random() < 0.3, workload_hours=r.choice([0, 120]))


def _social(r: random.Random, code: str) -> Facts:
    return SocialFacts(type_code=code, hours=r.randint(4, 120), attendance=r.choice([None, 85]), grade=_grade(r))


def seconds(cases: Sequence[Case], work: Callable[[Facts, Pack], object]) -> float:
    """Seconds of one core: another process's share of it is not counted."""
    began = time.process_time()
    for facts, pack in cases:
        work(facts, pack)
    return time.process_time() - began


def explain(facts: Facts, pack: Pack) -> object:
    return assess(facts, pack).explanation.to_json()


def bare(facts: Facts, pack: Pack) -> object:
    """No standard can ask for less: what kind it is, its hours over a ratio, an object for the answer."""
    kind = pack.types[facts.type_code]
    hours = facts.theory_hours if isinstance(facts, DegreeFacts) else 16
    return Assessment(hours * 100 // 16, kind.level, "A", frozenset(), str)  # type: ignore[arg-type]
