"""Random problems that use every constraint kind of docs/conversion-problem.md, small enough for a second solver to prove.

The same seed is the same problem on every machine. ``features`` says which kinds a problem uses and proves that they matter.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from xuefen.bank.conversion.types import (
    Cap,
    CapKind,
    Conditions,
    Done,
    Node,
    NodeKind,
    PlanOutcome,
    PlanRule,
    Pool,
    Problem,
    Target,
    Text,
)
from xuefen.bank.institutions.types import OutcomeClass

ON = date(2026, 11, 20)
BASIS = Text("课程对照表", "Course comparison table")
COURSES = range(100, 116)
TYPES = ("D11", "D12", "V21", "V22", "S31")
KINDS = ("university", "training")
FACTORS = (1 / 3, 0.7, 0.85, 1.2, 1.0)
"""What conversion factors do to a grid of half credits."""


class Maker:
    """One problem, drawn piece by piece from one seed."""

    def __init__(self, seed: int, *, outcomes: int, rules: int) -> None:
        self.r = random.Random(seed)
        self.outcomes, self.rules = outcomes, rules
        self.grain = self.r.choice([50, 50, 100, 25, 1])
        self.odd = self.r.random() < 0.35
        self.items = list(range(1, max(3, outcomes * 3 // 4) + 1))
        self.sizes = {item: self.amount(100, 400) if self.maybe(0.97) else 0 for item in COURSES}

    def maybe(self, chance: float) -> bool:
        return self.r.random() < chance

    def amount(self, low: int, high: int) -> int:
        """Credits on the grid of halves, or what a factor makes of them."""
        credits = self.r.randint(low // 50, high // 50) * 50
        return max(1, round(credits * self.r.choice(FACTORS))) if self.odd else credits

    def problem(self) -> Problem:
        r = self.r
        tree = self.wild() if self.maybe(0.4) else self.tree()
        return Problem(
            on=ON, programme="XZ", programme_version="2026", programme_name="行政管理", receiver_name="云岭开放大学",
            total_credits=4000, standard="referee", tree=tree,
            outcomes=tuple(self.outcome(i) for i in range(self.outcomes)),
            rules=tuple(self.rule(k) for k in range(self.rules)) + tuple(self.denial(k) for k in range(r.randint(0, 2))),
            caps=tuple(self.caps()), done=tuple(self.done(tree)),
            tolerance=r.choice([0, 0, 50, 100, 200]), grain=self.grain,
            record_only=r.choice(["C", "C", "C", "", "BC"]),
            leftover=r.choice(["not_carried", "carried"]),
            shortfall=r.choice(["refuse", "award"]),
            direction=self.maybe(0.3),
            same_name_once=self.maybe(0.4),
            min_overlap=r.choice([None, None, 60, 80]),
        )  # fmt: skip

    # --- the tree --------------------------------------------------------------------------------------------------

    def course(self, item: int, again: str = "", **more: Any) -> Node:
        if "after" not in more and self.maybe(0.2):
            more["after"] = tuple(self.r.sample([*COURSES, 1, 2, 3, 999], self.r.choice([1, 1, 2])))
        return Node(f"c{item}{again}", NodeKind.COURSE, f"课程{item}", item_id=item, credits=self.sizes[item], **more)

    def group(self, node_id: str, kind: NodeKind, *children: Node, **more: Any) -> Node:
        if kind is NodeKind.CHOOSE:
            more.setdefault("need", self.r.randint(1, len(children)))
        if kind is NodeKind.CREDITS:
            more.setdefault("need", self.amount(150, 700))
        return Node(node_id, kind, f"组{node_id}", children=children, **more)

    def tree(self) -> Node:
        """A programme with every kind of group, nested two deep; one course in two places, one only in a shared group."""
        c, g, r = self.course, self.group, self.r
        cap = [None, None, self.amount(100, 500)]
        core = g("core", NodeKind.ALL, c(100), c(101), cap=r.choice(cap))
        deep = g("deep", r.choice([NodeKind.ALL, NodeKind.ANY]), c(104), c(105))
        major = g("major", NodeKind.CREDITS, c(102), c(103), deep, cap=r.choice(cap))
        pick = g("pick", NodeKind.CHOOSE, c(106), c(107), g("pair", NodeKind.ALL, c(108), c(109)))
        either = g("either", NodeKind.ANY, c(110), *([c(101, "-again")] if self.maybe(0.4) else [c(111)]))
        free = g("free", NodeKind.CREDITS, *([c(112)] if self.maybe(0.6) else []), elective=True, cap=r.choice(cap))
        parts = [core, major, pick, either, free]
        if self.maybe(0.4):
            parts.append(g("wide", NodeKind.CREDITS, elective=True))
        if self.maybe(0.3):
            parts.append(g("extra", r.choice([NodeKind.ALL, NodeKind.ANY]), c(113), elective=True))
        if self.maybe(0.5):
            parts.append(self.shared())
        if self.maybe(0.3):
            parts.append(g("site", NodeKind.ALL, c(114), cap=0))
        if self.maybe(0.2):
            parts = [g("outer", NodeKind.CREDITS, *parts[:2], need=self.amount(300, 900)), *parts[2:]]
        root = r.choices([NodeKind.ALL, NodeKind.CHOOSE], [8, 1])[0]
        return g("root", root, *parts, cap=r.choice([None, None, self.amount(500, 1500)]))

    def shared(self) -> Node:
        """A check on courses that count elsewhere, and on one that stands nowhere else."""
        items = self.r.sample([100, 102, 104, 106, 112], self.r.choice([1, 2]))
        children = [self.course(item, "-shared") for item in [*items, 115]]
        kind = self.r.choice([NodeKind.ALL, NodeKind.ANY, NodeKind.CHOOSE, NodeKind.CREDITS])
        return self.group("check", kind, *children, shared=True, cap=self.r.choice([None, None, self.amount(100, 300)]))

    def wild(self) -> Node:
        """A tree of any shape: every kind of group in every other, courses in as many places as it happens."""
        r, ids = self.r, iter(range(1000))
        free = iter(["free", "wide"])

        def node(depth: int) -> Node:
            if depth == 0 or self.maybe(0.45):
                item, more = r.choice(COURSES), {}
                if self.maybe(0.2):
                    more["credits"] = self.amount(100, 400)
                return replace(self.course(item, f"-{next(ids)}"), **more)
            kind = r.choice([NodeKind.ALL, NodeKind.ANY, NodeKind.CHOOSE, NodeKind.CREDITS, NodeKind.CREDITS])
            elective, shared = self.maybe(0.2), self.maybe(0.12)
            children = [node(depth - 1) for _ in range(r.choice([1, 2, 2, 3]))]
            name = next(free, "") if elective and kind is NodeKind.CREDITS and not shared else ""
            cap = r.choice([None] * 6 + [0, self.amount(100, 500), self.amount(300, 900)])
            return self.group(name or f"g{next(ids)}", kind, *children, elective=elective, shared=shared, cap=cap)

        children = [node(3) for _ in range(r.choice([3, 4, 5]))]
        return self.group("root", NodeKind.ALL, *children, self.group("last", NodeKind.CREDITS, elective=True))

    # --- outcomes ---------------------------------------------------------------------------------------------------

    def outcome(self, i: int) -> PlanOutcome:
        r, credits = self.r, self.amount(50, 500)
        awarded = date(r.randint(2012, 2026), r.randint(1, 10), 1)
        return PlanOutcome(
            number=f"CG{i:02}", item_id=r.choice(self.items), item_name=f"成果{i}",
            issuer=r.choice(["school", "college"]), issuer_name="甲学院",
            outcome_class=r.choice(list(OutcomeClass)), credits=credits,
            free=credits if self.maybe(0.9) else r.choice([0, credits // 2, credits // 2]),
            quality=r.choice("AAAABBC"), awarded_on=awarded,
            level=r.choice([None, 3, 4, 5, 6]), mark=r.choice([None, 5500, 7000, 9000]), online=self.maybe(0.35),
            family=r.choice(["", "", "", "", "f", "g"]), assurance=r.randint(1, 3), convertible=self.maybe(0.94),
            type_code=r.choice(TYPES), issuer_kind=r.choice(KINDS), name_key=r.choice(["", "", "", "n", "m"]),
            nature=r.choice(["", "required", "elective"]), hours=r.choice([None, 16, 32, 64]),
            ended_on=r.choice([None, date(awarded.year, 1, 15), date(awarded.year - 1, 12, 20)]),
            expires_on=r.choice([None, None, None, ON, date(2026, 11, 19), date(2030, 1, 1)]),
        )  # fmt: skip

    # --- rules ------------------------------------------------------------------------------------------------------

    def rule(self, k: int) -> PlanRule:
        r = self.r
        shape = r.choices(["sources", "either", "pool"], [7, 2, 2])[0]
        facts: dict[str, Any] = {"sources": tuple(r.sample(self.items, r.choice([1, 1, 1, 2])))}
        if shape == "either":
            facts = {"either": tuple(tuple(r.sample(self.items, r.choice([1, 1, 2]))) for _ in range(r.choice([2, 3])))}
        if shape == "pool":
            items = r.sample(self.items, min(len(self.items), r.choice([2, 3, 4])))
            facts = {"pool": Pool(tuple(items), self.amount(100, 600))}
        if self.maybe(0.25):
            facts |= {"elective": r.choice(["free", "wide", "last", "*", "*"])}
            facts["result"] = self.amount(50, 400) if self.maybe(0.3) else None
        else:
            items = r.sample(COURSES, r.choices([1, 2, 3], [7, 2, 1])[0])
            waives = self.maybe(0.12)
            stated = [self.amount(50, 400) if not waives and self.maybe(0.15) else None for _ in items]
            facts |= {"targets": tuple(map(Target, items, stated)), "waives": waives}
        return PlanRule(
            f"GZ{k:02}", 1, BASIS, conditions=self.conditions(), overlap=r.choice([None, None, 50, 70, 90]), **facts
        )

    def denial(self, k: int) -> PlanRule:
        targets = tuple(Target(i) for i in self.r.sample(COURSES, self.r.choice([1, 2, 4])))
        if self.maybe(0.3):
            return PlanRule(f"JZ{k:02}", 1, BASIS, targets=targets, denies=True, denied_issuer="college")
        sources = tuple(self.r.sample(self.items, min(len(self.items), 2)))
        return PlanRule(f"JZ{k:02}", 1, BASIS, sources, targets=targets, denies=True)

    def conditions(self) -> Conditions:
        def some(*values: Any) -> Any:
            return self.r.choice(values) if self.maybe(0.07) else None

        return Conditions(
            min_mark=some(6000, 7000), min_level=some(4, 5), max_age_years=some(3, 8), min_quality=some("A", "B"),
            min_assurance=some(2, 3), online=self.maybe(0.92), min_hours=some(32),
            issuer_kinds=some(("university",), KINDS) or (), earned_from=some(date(2018, 1, 1), date(2020, 5, 1)),
            earned_until=some(date(2022, 1, 1), date(2025, 1, 15)),
        )  # fmt: skip

    # --- caps and what is settled -----------------------------------------------------------------------------------

    def caps(self) -> Sequence[Cap]:
        r, limit = self.r, self.amount
        drawn = [
            ("total", CapKind.TOTAL, "", limit(300, 2000)),
            ("online", CapKind.ONLINE, "", limit(50, 500)),
            ("class", CapKind.CLASS, r.choice(list(OutcomeClass)).value, limit(50, 500)),
            ("issuer", CapKind.ISSUER, "college", limit(50, 700)),
            ("type", CapKind.TYPE, r.choice(["D1", "V21 S3", "D12 V"]), limit(50, 500)),
            ("level", CapKind.DEGREE_LEVEL, r.choice(["4", "5", "6"]), limit(50, 400)),
            ("period", CapKind.PERIOD, "", limit(50, 500)),
        ]
        caps = []
        for code, kind, which, most in r.sample(drawn, r.choice([0, 1, 2, 2, 3])):
            cap = Cap(code, kind, most, Text(f"上限{code}", f"Cap {code}"), which)
            if kind is CapKind.PERIOD or self.maybe(0.2):
                cap = replace(cap, starts_on=date(r.randint(2013, 2018), 1, 15))
                cap = replace(cap, ends_on=date(r.randint(2019, 2026), 6, 1))
            if kind not in (CapKind.TOTAL, CapKind.PERIOD) and self.maybe(0.35):
                cap = replace(cap, outside=True)
            caps.append(replace(cap, used=limit(50, 400) if self.maybe(0.25) else 0))
        return caps

    def done(self, tree: Node) -> Sequence[Done]:
        r, found = self.r, list(tree.walk())
        courses = {n.item_id: n for n in r.sample(found, len(found)) if n.item_id is not None}
        groups = [n for n in found if n.kind is NodeKind.CREDITS]
        settled = [
            Done(n.id, r.choice([n.credits, n.credits // 2]), n.item_id, converted=self.maybe(0.5))
            for n in list(courses.values())[: r.choice([0, 0, 1, 2])]
        ]
        if groups and self.maybe(0.3):
            settled.append(Done(r.choice(groups).id, self.amount(50, 200), converted=self.maybe(0.5)))
        return settled


def random_problem(seed: int, *, outcomes: tuple[int, int] = (6, 18), rules: tuple[int, int] = (16, 64)) -> Problem:
    """The problem of a seed, with so many outcomes and rules."""
    r = random.Random(seed)
    return Maker(seed, outcomes=r.randint(*outcomes), rules=r.randint(*rules)).problem()
