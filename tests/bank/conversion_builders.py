"""Problems for tests and benchmarks: hand-made pieces, small random problems, and one of realistic size."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime
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

TODAY = date(2026, 11, 20)
BASIS = Text("课程对照表", "Course comparison table")


def course(item_id: int, credits: int, **more: Any) -> Node:
    return Node(
        f"c{item_id}", NodeKind.COURSE, f"课程{item_id}", item_id=item_id, item=f"K{item_id}", credits=credits, **more
    )


def group(node_id: str, *children: Node, need: int = 0, kind: NodeKind = NodeKind.ALL, **more: Any) -> Node:
    return Node(node_id, kind, f"组{node_id}", need=need, children=children, **more)


def elective(node_id: str, need: int, *children: Node, **more: Any) -> Node:
    return group(node_id, *children, need=need, kind=NodeKind.CREDITS, elective=True, **more)


def outcome(number: str, item_id: int, credits: int, **more: Any) -> PlanOutcome:
    facts: dict[str, Any] = {
        "item_name": f"成果{number}",
        "issuer": "school",
        "issuer_name": "甲学院",
        "outcome_class": OutcomeClass.DEGREE,
        "free": credits,
        "quality": "A",
        "awarded_on": date(2024, 7, 1),
        "level": 5,
        "mark": 8000,
    }
    return PlanOutcome(number=number, item_id=item_id, credits=credits, **{**facts, **more})


def rule(number: str, sources: list[int], targets: Sequence[int | Target] | str, **more: Any) -> PlanRule:
    """Targets are courses (item ids, or with the result the rule states), or the id of an elective node (``*`` for any)."""
    if isinstance(targets, str):
        return PlanRule(number, 1, BASIS, tuple(sources), elective=targets, **more)
    courses = tuple(t if isinstance(t, Target) else Target(t) for t in targets)
    return PlanRule(number, 1, BASIS, tuple(sources), targets=courses, **more)


def cap(code: str, kind: CapKind, limit: int, which: str = "") -> Cap:
    return Cap(code, kind, limit, Text(f"上限{code}", f"Cap {code}"), which)


def problem(
    tree: Node, outcomes: list[PlanOutcome], rules: list[PlanRule], caps: list[Cap] | None = None, **more: Any
) -> Problem:
    return Problem(
        on=TODAY,
        programme="XZ",
        programme_version="2026",
        programme_name="行政管理",
        receiver_name="云岭开放大学",
        total_credits=more.pop("total_credits", 7600),
        tree=tree,
        outcomes=tuple(outcomes),
        rules=tuple(rules),
        caps=tuple(caps or ()),
        standard="cn-2026 v1",
        **more,
    )


def random_problem(seed: int, *, outcomes: int = 6, rules: int = 12) -> Problem:
    """A small problem with every feature in it: groups, choose, caps, families, electives, n:1, 1:n, stated results."""
    r = random.Random(seed)
    grain = r.choice([50, 50, 25, 100, 10])

    def amount(low: int, high: int) -> int:
        return r.randint(max(1, low // grain), high // grain) * grain

    courses = [course(100 + i, amount(100, 400)) for i in range(6)]
    tree = group(
        "root",
        group("core", *courses[:2]),
        group(
            "major", *courses[2:4], need=amount(200, 600), kind=NodeKind.CREDITS, cap=r.choice([None, amount(200, 600)])
        ),
        group("pick", course(106, amount(100, 400)), group("deep", *courses[4:]), need=1, kind=NodeKind.CHOOSE),
        elective("free", amount(200, 600), course(107, amount(100, 300)), cap=r.choice([None, amount(200, 500)])),
    )
    items = list(range(1, outcomes))
    held = [
        outcome(
            f"CG{i}", r.choice(items), amount(50, 500),
            outcome_class=r.choice(list(OutcomeClass)), quality=r.choice("AABC"), online=r.random() < 0.4,
            family=r.choice(["", "", "f"]), level=r.choice([None, 3, 4, 5]), mark=r.choice([None, 5500, 7000, 9000]),
            issuer=r.choice(["school", "college"]), awarded_on=date(r.randint(2012, 2026), 5, 1),
            convertible=r.random() > 0.05, assurance=r.randint(1, 3),
        )
        for i in range(outcomes)
    ]  # fmt: skip
    made = []
    for k in range(rules):
        sources = r.sample(items, r.choice([1, 1, 1, 2]))
        conditions = Conditions(
            min_mark=r.choice([None, None, 6000]),
            min_level=r.choice([None, None, 4]),
            max_age_years=r.choice([None, None, 8]),
            min_quality=r.choice([None, None, "A"]),
            min_assurance=r.choice([None, None, 2]),
            online=r.random() < 0.8,
        )
        if r.random() < 0.25:
            result = amount(50, 300) if r.random() < 0.3 else None
            made.append(rule(f"GZ{k:03}", sources, r.choice(["free", "*"]), result=result, conditions=conditions))
        else:
            targets = r.sample(range(100, 108), r.choice([1, 1, 1, 2]))
            stated = tuple(Target(t, amount(100, 400) if r.random() < 0.15 else None) for t in targets)
            made.append(rule(f"GZ{k:03}", sources, stated, conditions=conditions))
    caps = [
        cap("total", CapKind.TOTAL, amount(200, 1500)),
        cap("online", CapKind.ONLINE, amount(100, 600)),
        cap("social", CapKind.CLASS, amount(100, 500), "social"),
        cap("issuer", CapKind.ISSUER, amount(200, 900), "college"),
    ]
    return problem(tree, held, made, caps[: r.randint(0, 4)], tolerance=r.choice([0, 0, 50, 200]), grain=grain)


def rich_problem(seed: int, *, outcomes: int = 5, rules: int = 6) -> Problem:
    """A small problem that draws on every kind of constraint in docs/conversion-problem.md."""
    r = random.Random(seed)
    grain = r.choice([1, 10, 50])

    def amount(low: int, high: int) -> int:
        return r.randint(max(1, low // grain), high // grain) * grain

    tree, courses = _rich_tree(r, amount)
    items = list(range(1, outcomes))
    held = []
    for i in range(outcomes):
        credits = amount(100, 400)
        held.append(outcome(
            f"CG{i}", r.choice(items) if r.random() < 0.8 else r.choice(courses), credits,
            free=credits if r.random() < 0.9 else r.choice([0, credits // 2]),
            outcome_class=r.choice(list(OutcomeClass)), quality=r.choice("AAAAAAABBC"), online=r.random() < 0.4,
            family=r.choice([""] * 6 + ["f"]), level=r.choice([None, 3, 5]), mark=r.choice([None, 5500, 9000]),
            issuer=r.choice(["school", "college"]), issuer_kind=r.choice(["", "university"]),
            awarded_on=date(r.randint(2014, 2026), 5, 1), ended_on=r.choice([None, date(2025, 3, 1), date(2026, 3, 1)]),
            expires_on=r.choice([None] * 6 + [date(2026, 11, 20), date(2026, 11, 19)]), hours=r.choice([None, 16, 48]),
            name_key=r.choice(["", "", "n1", "n2"]), nature=r.choice(["", "", "required", "elective"]),
            type_code=r.choice(["D11", "D12", "V2"]), convertible=r.random() > 0.03, assurance=r.randint(1, 3),
        ))  # fmt: skip
    made = [_rich_rule(r, f"GZ{k:03}", items, courses, amount) for k in range(rules)]
    done = []
    if r.random() < 0.3:
        item = r.choice(courses)
        leaf = next(n for n in tree.walk() if n.item_id == item)
        done.append(Done(leaf.id, leaf.credits, item, converted=r.random() < 0.5))
    if r.random() < 0.2:
        done.append(Done("free", amount(50, 150), converted=r.random() < 0.5))
    return problem(
        tree, held, made, _rich_caps(r, amount), tolerance=r.choice([0, 0, 50, 100]), grain=grain, done=tuple(done),
        shortfall=r.choice(["refuse", "refuse", "award"]), leftover=r.choice(["not_carried", "carried"]),
        direction=r.random() < 0.4, same_name_once=r.random() < 0.5, min_overlap=r.choice([None, 80]),
    )  # fmt: skip


def _rich_tree(r: random.Random, amount: Any) -> tuple[Node, list[int]]:
    """Every kind of group; the courses' items are 100 to 107."""
    leaves = [
        course(100 + i, 0 if r.random() < 0.05 else amount(50, 300), after=tuple(r.sample(range(100, 108), 1)))
        if r.random() < 0.25
        else course(100 + i, amount(50, 250))
        for i in range(8)
    ]

    def cap_of(low: int, high: int) -> int | None:
        return r.choice([None, None, None, 0, amount(low, high)])

    elective_part = elective("free", amount(100, 400), leaves[7], cap=cap_of(100, 300))
    inner = group("deep", leaves[4], leaves[5])
    twin = course(100, 200)
    credits_group = group(
        "major",
        leaves[2],
        group("either", leaves[3], elective("side", amount(50, 200)), kind=r.choice([NodeKind.ANY, NodeKind.ALL])),
        need=amount(100, 500),
        kind=NodeKind.CREDITS,
        cap=cap_of(100, 400),
    )
    seen = r.sample([leaves[0], leaves[2], leaves[4]], 2)
    check = [course(n.item_id or 0, n.credits) for n in seen]
    shared = group(
        "check",
        *(Node(f"s{n.item_id}", n.kind, n.name, item_id=n.item_id, credits=n.credits) for n in check),
        need=amount(50, 300),
        kind=r.choice([NodeKind.CREDITS, NodeKind.ALL]),
        shared=True,
    )
    parts = [
        group("core", *leaves[:2]),
        credits_group,
        group("pick", leaves[6], inner, need=1, kind=NodeKind.CHOOSE),
        elective_part,
        shared,
    ]
    if r.random() < 0.2:
        parts.append(group("again", Node("again100", twin.kind, "重修", item_id=100, credits=amount(50, 300))))
    return group("root", *parts), list(range(100, 108))


def _rich_rule(r: random.Random, number: str, items: list[int], courses: list[int], amount: Any) -> PlanRule:
    sources = tuple(r.sample(items, r.choice([1, 1, 2])))
    if r.random() < 0.08:
        by_item = r.random() < 0.5
        return PlanRule(
            number, 1, BASIS, sources if by_item else (), targets=(Target(r.choice(courses)),), denies=True,
            denied_issuer="" if by_item else "college",
        )  # fmt: skip
    conditions = Conditions(
        min_mark=r.choice([None] * 9 + [6000]),
        min_level=r.choice([None] * 9 + [4]),
        max_age_years=r.choice([None] * 9 + [8]),
        min_quality=r.choice([None] * 9 + ["A"]),
        min_assurance=r.choice([None] * 9 + [2]),
        min_hours=r.choice([None] * 9 + [32]),
        issuer_kinds=r.choice([()] * 9 + [("university",)]),
        earned_from=r.choice([None] * 9 + [date(2025, 3, 1)]),
        earned_until=r.choice([None] * 9 + [date(2026, 3, 1)]),
        online=r.random() < 0.9,
    )
    facts: dict[str, Any] = {"conditions": conditions, "overlap": r.choice([None] * 4 + [60, 90])}
    form = r.random()
    if form < 0.25:
        facts["pool"] = Pool(tuple(r.sample(items, 3)), amount(50, 400))
    elif form < 0.4:
        facts["either"] = (sources, tuple(r.sample(items, r.choice([1, 2]))))
    else:
        facts["sources"] = sources
    kind = r.random()
    if kind < 0.25:
        result = amount(50, 300) if r.random() < 0.4 else None
        return PlanRule(number, 1, BASIS, elective=r.choice(["free", "*", "side"]), result=result, **facts)
    targets = r.sample(courses, r.choice([1, 1, 1, 2]))
    if kind < 0.35:
        return PlanRule(number, 1, BASIS, targets=tuple(Target(t) for t in targets), waives=True, **facts)
    stated = tuple(Target(t, amount(50, 300) if r.random() < 0.15 else None) for t in targets)
    return PlanRule(number, 1, BASIS, targets=stated, **facts)


def _rich_caps(r: random.Random, amount: Any) -> list[Cap]:
    text = Text("上限", "Cap")
    caps = [
        Cap("total", CapKind.TOTAL, amount(200, 900), text, used=r.choice([0, 0, amount(10, 100)])),
        Cap("online", CapKind.ONLINE, amount(50, 400), text),
        Cap("offline", CapKind.ONLINE, amount(50, 400), text, outside=True),
        Cap("class", CapKind.CLASS, amount(50, 500), text, "social", outside=r.random() < 0.3),
        Cap("issuer", CapKind.ISSUER, amount(100, 500), text, "college", outside=r.random() < 0.3),
        Cap("type", CapKind.TYPE, amount(100, 500), text, "D1 V3", outside=r.random() < 0.3),
        Cap("level", CapKind.DEGREE_LEVEL, amount(100, 500), text, "5"),
        Cap("year", CapKind.PERIOD, amount(50, 500), text, starts_on=date(2026, 3, 1), ends_on=date(2027, 3, 1)),
        Cap(
            "term", CapKind.CLASS, amount(50, 300), text, "degree", starts_on=date(2025, 3, 1), ends_on=date(2025, 9, 1)
        ),
    ]
    return r.sample(caps, r.randint(0, 4))


def realistic_problem(
    seed: int, *, outcomes: int = 60, courses: int = 80, rules: int = 600, grain: int = 50
) -> Problem:
    """A learner with a full account and a programme of ``courses`` courses, about 160 credits, half of them convertible."""
    r = random.Random(seed)
    leaves = [course(1000 + i, r.randint(100 // grain, 400 // grain) * grain) for i in range(courses)]
    quarter = courses // 4
    tree = group(
        "root",
        group("common", *leaves[:quarter]),
        group("core", *leaves[quarter : 2 * quarter]),
        group("major", *leaves[2 * quarter : 3 * quarter], need=2400, kind=NodeKind.CREDITS),
        group("options", *leaves[3 * quarter :], need=quarter // 2, kind=NodeKind.CHOOSE),
        elective("free", 2000),
        group("practice", course(9999, 1600), cap=0),
    )
    held = [
        outcome(
            f"CG{i:03}", i, r.randint(50 // grain or 1, 500 // grain) * grain,
            outcome_class=r.choice(list(OutcomeClass)), quality=r.choice("AAAABBC"), online=r.random() < 0.3,
            family=r.choice(["", "", "", f"f{i % 7}"]), level=r.randint(2, 7), mark=r.randint(55, 98) * 100,
            issuer=f"school{i % 6}", awarded_on=date(r.randint(2014, 2026), 3, 1),
        )
        for i in range(outcomes)
    ]  # fmt: skip
    made = []
    for k in range(rules):
        sources = r.sample(range(outcomes), r.choices([1, 2], [9, 1])[0])
        conditions = Conditions(
            min_mark=r.choice([None, 6000, 7000]),
            min_level=r.choice([None, None, 4]),
            max_age_years=r.choice([None, None, 10]),
        )
        if r.random() < 0.12:
            made.append(rule(f"GZ{k:05}", sources[:1], "free", conditions=conditions))
        else:
            targets = [n.item_id for n in r.sample(leaves, r.choices([1, 2], [9, 1])[0]) if n.item_id]
            made.append(rule(f"GZ{k:05}", sources, targets, conditions=conditions))
    total = 16000
    caps = [
        cap("total", CapKind.TOTAL, total // 2),
        cap("online", CapKind.ONLINE, total // 4),
        cap("social", CapKind.CLASS, 2000, "social"),
    ]
    return problem(tree, held, made, caps, tolerance=r.choice([0, 100, 200]), grain=grain, total_credits=total)


# --- with a database -------------------------------------------------------------------------------------------------


def catalogue_items(institution: Any, codes: Sequence[str], *, credits: int = 300, **facts: Any) -> dict[str, int]:
    """Courses of an institution in the catalogue, each in one version: code → item id."""
    from xuefen.bank.catalogue.models import Item, ItemVersion  # tables only exist once Django is set up

    items = Item.objects.bulk_create(
        [Item(institution=institution, code=c, kind="course") for c in codes], batch_size=5000
    )
    ItemVersion.objects.bulk_create(
        [
            ItemVersion(
                item=item, version="2026", name=f"课程{item.code}", name_key=f"课程{item.code}", outcome_class="degree",
                type_code="D11", declared_credit=credits, effective_from=date(2020, 1, 1), **facts,
            )
            for item in items
        ],
        batch_size=5000,
    )  # fmt: skip
    return {item.code: item.pk for item in items}


def tree_json(node: Node) -> dict[str, Any]:
    """A tree as the catalogue stores it."""
    from xuefen.bank.conversion.types.codec import encode

    result: dict[str, Any] = encode(node)
    return result


def programme_row(institution: Any, tree: Node, *, code: str = "XZ", total: int = 7600, level: int | None = 5) -> Any:
    """A stored programme, as facts."""
    from xuefen.bank.catalogue import queries
    from xuefen.bank.catalogue.models import Programme

    row = Programme.objects.create(
        institution=institution,
        code=code,
        version="2026",
        name="行政管理",
        level=level,
        total_credits=total,
        tree=tree_json(tree),
        effective_from=date(2026, 1, 1),
    )
    return queries.programme_by_id(row.pk)


def outcome_facts(number: str, item_id: int, credits: int, **more: Any) -> Any:
    """A deposited outcome as the deposits room reports it."""
    from xuefen.bank.deposits.types import OutcomeFacts, OutcomeState

    facts: dict[str, Any] = {
        "id": 1, "learner_id": 1, "account_no": "", "issuer_id": 1, "issuer_code": "school", "issuer_name": "甲学院",
        "item_version_id": 1, "item_code": "", "item_version": "", "item_name": f"成果{number}", "outcome_class": "degree",
        "type_code": "D11", "level": 5, "free": credits, "quality": "A", "grade": "", "mark": 8000, "hours": None,
        "serial": "", "online": False, "family": "", "awarded_on": date(2024, 7, 1), "assurance": 2,
        "state": OutcomeState.VALID, "leaf_id": 1, "deposited_at": datetime(2026, 11, 1, tzinfo=UTC),
        "standard_version_id": 1, "batch_number": "", "row": 2,
    }  # fmt: skip
    return OutcomeFacts(number=number, item_id=item_id, credits=credits, **{**facts, **more})
