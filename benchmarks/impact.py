"""Impact previews over 1,000,000 outcomes in real accounts (``benchmarks.stock``): outcomes a second, as the job does it.

Two previews: a standard that asks 18 theory hours a credit instead of 16, so that every course is assessed anew; and a hundred
new rules beside the 1.6 million. The physical limit in the same run is reading the same outcomes, chunk by chunk, alone.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from benchmarks import stock
from benchmarks.plan import peak_mib

if TYPE_CHECKING:
    from benchmarks.__main__ import Context

DRAFTS = 100


def run(context: Context) -> dict[str, Any]:
    from xuefen.bank.conversion.actions import impact
    from xuefen.bank.shell import clock

    stock.prepare(context)
    stock.fill(context)
    now = clock.now()
    reading, outcomes = read_alone(impact.CHUNK)
    context.say(f"{outcomes:,} outcomes read alone in {reading:.0f} s")
    results: dict[str, Any] = {"outcomes": outcomes, "reading_alone_outcomes_per_s": round(outcomes / reading)}
    for name, asked in (("standard", {"standard": stricter()}), ("rules", drafts())):
        began = time.perf_counter()
        row = impact.run(**asked, by=stock.HOUSE, now=now)
        seconds = time.perf_counter() - began
        if row.state != "done" or row.outcomes != outcomes:
            raise RuntimeError(f"the preview of {name} saw {row.outcomes} outcomes of {outcomes}")
        context.say(f"{name} previewed in {seconds:.0f} s")
        results |= {
            f"{name}_seconds": round(seconds, 1),
            f"{name}_outcomes_per_s": round(outcomes / seconds),
            f"{name}_percent_of_reading_alone": round(100 * reading / seconds),
            f"{name}_accounts_gain": row.result["gain"],
            f"{name}_accounts_lose": row.result["lose"],
        }
    results["peak_mib"] = peak_mib()
    return results


def read_alone(chunk: int) -> tuple[float, int]:
    """Seconds to read every valid outcome as the preview does, and how many there are."""
    from xuefen.bank.deposits import queries

    began, count = time.perf_counter(), 0
    for cursor in range(0, queries.last_learner(), chunk):
        count += len(queries.held_by(cursor, cursor + chunk))
    return time.perf_counter() - began, count


def stricter() -> dict[str, Any]:
    """The shipped standard's next version: fewer credits for the same hours."""
    from xuefen.bank import standards

    path = Path(standards.__file__).parent / "packs/cn-2026.yaml"
    body: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    body["version"] += 1
    body["effective_from"] = "2027-01-01"
    body["degree"]["theory_hours_per_credit"]["value"] = 18
    return body


def drafts() -> dict[str, Any]:
    """New rules of the first college: a neighbour's course for one of its own, from a mark no stored rule names."""
    from xuefen.bank.conversion.models import Agreement
    from xuefen.bank.conversion.types import Conditions, RuleDraft, TargetDraft, Text
    from xuefen.bank.shell import clock

    basis = Text("课程对照表", "Course comparison table")
    rules = [
        RuleDraft(
            receiver=stock.college(0),
            sources=(f"{stock.college(1 + n % 3)}/S{n * 7 % stock.ITEMS:03}",),
            targets=(TargetDraft(f"{stock.college(0)}/S{n % stock.TAUGHT:03}", credits=stock.LARGEST),),
            basis=basis,
            effective_from=clock.today(),
            conditions=Conditions(min_mark=6500),
        )
        for n in range(DRAFTS)
    ]
    return {"agreement_number": Agreement.objects.get().number, "rules": rules}
