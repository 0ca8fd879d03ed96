"""A conversion plan as the learner reads it: three columns, what is still open, what the caps cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xuefen.bank.catalogue.types import ProgrammeFacts
from xuefen.bank.conversion.types import CapLine, GroupLine, OpenLine, Plan, PlanLine, Unused
from xuefen.faces.shared.words import credits_text

IN_USE = "in_use"
OPEN_SHOWN = 6
"""Open requirements shown before the rest is folded."""


@dataclass(frozen=True)
class PlanPage:
    """A plan in the order a person reads it. Credits in hundredths: what this plan adds, ``counts`` in all."""

    counts: int
    as_requirement: int
    as_elective: int
    done: int  # converted into the programme before
    reached: int  # both together
    open_bound: int
    groups: list[dict[str, Any]]
    requirement: list[PlanLine]
    elective: list[PlanLine]
    caps: list[dict[str, Any]]
    cap_cost: int
    unused: list[Unused]
    open: list[OpenLine]
    more_open: list[OpenLine]  # shown folded
    elsewhere: list[Unused]  # wholly used or held by other applications: nothing of them is there to count
    digest: str


def plan_page(plan: Plan) -> PlanPage:
    """Sort a plan's lines into the three columns and say what is still open and what the caps cost."""
    counts = sum(line.counts for line in plan.lines)
    best = plan.proof.requirement_bound + plan.proof.elective_bound
    top = [group for group in plan.groups if group.depth == 1] or list(plan.groups[:1])
    return PlanPage(
        counts=counts,
        as_requirement=sum(line.counts for line in plan.lines if line.kind == "requirement"),
        as_elective=sum(line.counts for line in plan.lines if line.kind != "requirement"),
        done=plan.totals.done,
        reached=plan.totals.requirement + plan.totals.elective,
        open_bound=max(0, best - plan.totals.requirement - plan.totals.elective),
        groups=[_group(group) for group in top],
        requirement=[line for line in plan.lines if line.kind == "requirement"],
        elective=[line for line in plan.lines if line.kind != "requirement"],
        caps=[_cap(cap) for cap in plan.caps if cap.limit],
        cap_cost=max((cap.cost for cap in plan.caps), default=0),
        unused=[rest for rest in plan.unused if rest.reason != IN_USE],
        open=list(plan.open[:OPEN_SHOWN]),
        more_open=list(plan.open[OPEN_SHOWN:]),
        elsewhere=[rest for rest in plan.unused if rest.reason == IN_USE],
        digest=f"{plan.problem[:4]} {plan.problem[4:8]} {plan.problem[8:12]}",
    )


def comparison(
    programmes: Sequence[ProgrammeFacts], plans: Sequence[Plan], schools: Mapping[int, Any]
) -> list[dict[str, Any]]:
    """One column per goal, the one with the least left to learn first."""
    columns = [
        {
            "programme": programme,
            "school": schools[programme.institution_id],
            "counts": (counts := plan.totals.requirement + plan.totals.elective),
            "rest": max(0, programme.total_credits - counts),
            "totals": plan.totals,
            "cap_cost": max((cap.cost for cap in plan.caps), default=0),
            "proven": plan.proof.proven,
            "open": len(plan.open),
        }
        for programme, plan in zip(programmes, plans, strict=True)
    ]
    columns.sort(key=lambda c: (c["rest"], -c["counts"], c["programme"].id))
    return columns


def _group(group: GroupLine) -> dict[str, Any]:
    rest = credits_text(group.need - group.have)
    said = (f"还差 {rest}", f"{rest} open")
    if group.have >= group.need:
        said = ("已经抵满", "complete")
    elif group.cap == 0:
        said = ("须在校完成，不能抵", "to be completed on site")
    elif group.need_count is not None and group.have_count is not None:
        done = f"{group.have_count} / {group.need_count}"
        said = (f"选了 {done} 门，还差 {rest}", f"{done} chosen, {rest} open")
    return {
        "name": (group.name, group.name_en or group.name),
        "have": group.have,
        "need": group.need,
        "elective": group.elective,
        "rest": said,
    }


def _cap(cap: CapLine) -> dict[str, Any]:
    """A cap as a bar: what is used of it, and in words what it costs."""
    full = cap.used >= cap.limit
    cost = credits_text(cap.cost)
    note = ("没有碰到。", "Not reached.")
    if cap.cost:
        least = ("", "") if cap.cost_proven else ("至少", "At least ")
        note = (f"{least[0]}少算了 {cost}。", f"{least[1]}{cost} fewer credits count.")
    elif full:
        note = ("刚好用满，没有少算。", "Used up, at no cost.")
    return {
        "label": cap.name,
        "value": cap.used,
        "of": cap.limit,
        "colour": "warn" if cap.cost or full else "c1",
        "note": note,
    }
