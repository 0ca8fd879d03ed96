"""The rule doctor's pure part: every code with its example, cycles against a search that tries everything, bounds."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from xuefen.bank.conversion.rules.doctor import ConditionsReader, examine, line_of, tell
from xuefen.bank.conversion.rules.doctor.graph import Edges, components, positive_cycle
from xuefen.bank.conversion.rules.doctor.pairs import weaker
from xuefen.bank.conversion.rules.doctor.worth import gives
from xuefen.bank.conversion.types import Conditions
from xuefen.bank.conversion.types.doctor import (
    FOREVER,
    MEANING,
    Code,
    CourseNote,
    Finding,
    ItemNote,
    Kind,
    Report,
    RuleLine,
    Severity,
    World,
)

TODAY = date(2026, 11, 20)
DAY = TODAY.toordinal()
A, B, C, D = 1, 2, 3, 4  # items of school 10; 101… are courses of receiver 20


def world(**more: Any) -> World:
    items = {i: ItemNote(10, 300, level=6) for i in (A, B, C, D)}
    items |= {i: ItemNote(20, 300, level=6) for i in (101, 102, 103)}
    facts: dict[str, Any] = {
        "items": items | more.pop("more_items", {}),
        "courses": {i: CourseNote(300) for i in items} | more.pop("more_courses", {}),
        "electives": {20: frozenset({"free"})},
        "codes": {10: "school", 20: "college"},
        "kinds": {10: "university"},
    }
    return World(**{**facts, **more})


def line(id: int, sources: Iterable[int], targets: Iterable[int | tuple[int, int]] = (101,), **more: Any) -> RuleLine:
    facts: dict[str, Any] = {"receiver": 20, "since": DAY - 300, "until": FOREVER, "sets": (tuple(sources),)}
    given = tuple(t if isinstance(t, tuple) else (t, None) for t in targets)
    return RuleLine(**{"id": id, "targets": given, **facts, **more})


def look(lines: list[RuleLine], where: World | None = None, **more: Any) -> Report:
    return examine(lines, where or world(), on=TODAY, **more)


def codes(report: Report) -> dict[Code, int]:
    return dict(report.counts)


def only(report: Report, code: Code) -> Finding:
    found = [f for f in report.findings if f.code is code]
    assert len(found) == 1, report.counts
    return found[0]


def test_a_sound_register_has_no_findings() -> None:
    report = look([line(1, [A]), line(2, [B], [102]), line(3, [C], (), elective="free")])
    assert (report.rules, codes(report), report.findings, report.complete) == (3, {}, (), True)
    assert look([]).rules == 0


# --- dead ------------------------------------------------------------------------------------------------------------

GONE = {C: ItemNote(10, 300, until=DAY), D: ItemNote(10, 300, qualified=False)}


@pytest.mark.parametrize(
    ("code", "rule", "more"),
    [
        (Code.NEVER_IN_FORCE, line(1, [A], until=DAY), {}),
        (Code.NEVER_IN_FORCE, line(1, [A], since=DAY + 9, until=DAY + 9), {}),
        (Code.SOURCE_GONE, line(1, [C]), {"more_items": GONE}),
        (Code.SOURCE_GONE, line(1, [A, C]), {"more_items": GONE}),
        (Code.SOURCE_GONE, line(1, [999]), {}),
        (Code.SOURCE_GONE, line(1, [A], until=DAY + 5), {"more_items": {A: ItemNote(10, 300, since=DAY + 5)}}),
        (Code.ISSUER_GONE, line(1, [D]), {"more_items": GONE}),
        (Code.CONDITION_IMPOSSIBLE, line(1, [A], conditions=Conditions(min_mark=10_001)), {}),
        (Code.CONDITION_IMPOSSIBLE, line(1, [A], conditions=Conditions(min_level=7)), {}),
        (Code.CONDITION_IMPOSSIBLE, line(1, [A], conditions=Conditions(min_level=11)), {}),
        (Code.CONDITION_IMPOSSIBLE, line(1, [A], conditions=Conditions(min_assurance=4)), {}),
        (Code.CONDITION_IMPOSSIBLE, line(1, [A], conditions=Conditions(issuer_kinds=("employer",))), {}),
        (
            Code.CONDITION_IMPOSSIBLE,
            line(1, [A], conditions=Conditions(earned_from=TODAY, earned_until=TODAY)),
            {},
        ),
        (
            Code.CONDITION_IMPOSSIBLE,
            line(1, [A], conditions=Conditions(max_age_years=5, earned_until=date(2020, 1, 1))),
            {},
        ),
        (Code.CONDITION_IMPOSSIBLE, line(1, [A], conditions=Conditions(online=False)),
         {"more_items": {A: ItemNote(10, 300, online=True)}}),
        (Code.CONDITION_IMPOSSIBLE, line(1, [A], conditions=Conditions(min_hours=64)),
         {"more_items": {A: ItemNote(10, 300, hours=48)}}),
        (Code.CONDITION_IMPOSSIBLE, line(1, [A], conditions=Conditions(min_quality="A")),
         {"more_items": {A: ItemNote(10, 300, best_quality="B")}}),
        (Code.TARGET_GONE, line(1, [A], [888]), {}),
        (Code.TARGET_BARRED, line(1, [A], [101]), {"more_courses": {101: CourseNote(300, barred=True)}}),
        (Code.ELECTIVE_GONE, line(1, [A], (), elective="gone"), {}),
        (Code.ELECTIVE_GONE, line(1, [A], (), elective="*", receiver=21), {}),
        (Code.OVERLAP_LOW, line(1, [A], overlap=79), {"min_overlap": 80}),
        (Code.COMBINATION, line(1, [A, B]), {"combinations": frozenset({"1:1", "1:n"})}),
        (Code.COMBINATION, line(1, [A], [101, 102]), {"combinations": frozenset({"1:1", "n:m"})}),
    ],
)  # fmt: skip
def test_dead_rules_are_told_with_their_reason(code: Code, rule: RuleLine, more: dict[str, Any]) -> None:
    report = look([rule], world(**more), kinds=frozenset({Kind.DEAD}))
    assert codes(report) == {code: 1}
    assert only(report, code).rules == (1,)


@pytest.mark.parametrize(
    ("rule", "more"),
    [
        (line(1, [C]), {"more_items": GONE, "held": {C: 1}}),  # retired, but somebody holds it
        (line(1, [D]), {"more_items": GONE, "held": {D: 1}}),
        (line(1, [], sets=((C,), (A,))), {"more_items": GONE}),  # the other way is open
        (line(1, [], sets=(), pool=(C, A), pool_credits=300), {"more_items": GONE}),
        (line(1, [A], conditions=Conditions(min_mark=10_000, min_level=6, min_assurance=3)), {}),
        (line(1, [A], overlap=80), {"min_overlap": 80}),
        (line(1, [A], waives=True), {"more_courses": {101: CourseNote(300, barred=True)}}),
        (line(1, [A], since=DAY + 30), {}),  # will be in force
    ],
)
def test_living_rules_are_left_in_peace(rule: RuleLine, more: dict[str, Any]) -> None:
    assert codes(look([rule], world(**more), kinds=frozenset({Kind.DEAD}))) == {}


# --- direction, amount, pairs ----------------------------------------------------------------------------------------


def test_wrong_direction() -> None:
    small = {A: ItemNote(10, 150, level=6), B: ItemNote(10, 300, level=5), C: ItemNote(10, 300, nature="elective")}
    where = world(more_items=small, tolerance=100)
    report = look([line(1, [A]), line(2, [B], [102]), line(3, [C], [103])], where)
    assert codes(report) == {Code.SMALLER_FOR_LARGER: 1, Code.LOWER_LEVEL: 1, Code.ELECTIVE_FOR_REQUIRED: 1}
    assert only(report, Code.SMALLER_FOR_LARGER).params == {"takes": 150, "size": 300, "missing": 150, "grant": 100}
    assert codes(look([line(1, [A])], replace(where, tolerance=150))) == {}
    loose = replace(where, courses={**where.courses, 103: CourseNote(300, required=False)})
    assert codes(look([line(3, [C], [103])], loose)) == {}
    either = line(1, [], sets=((A,), (D,)))  # one way is large enough
    assert codes(look([either], where)) == {}


def test_levels_are_compared_only_among_degree_outcomes() -> None:
    certificate = world(more_items={A: ItemNote(10, 300, level=4, outcome_class="vocational")})
    assert codes(look([line(1, [A])], certificate)) == {}


def test_a_stated_result_above_the_sources() -> None:
    where = world(more_items={A: ItemNote(10, 200, level=6)}, courses={101: CourseNote(300)})
    report = look([line(1, [A], [(101, 300)]), line(2, [A], (), elective="free", result=500)], where)
    assert codes(report) == {Code.GIVES_MORE: 2}
    assert sorted(f.params["gives"] for f in report.findings) == [300, 500]
    assert codes(look([line(1, [A], [(101, 900)])], world())) == {}  # cut to the course: 3.0 for 3.0


def test_a_denial_against_a_rule() -> None:
    denial = line(9, [A], [101], denies=True)
    report = look([line(1, [A]), denial, line(2, [B]), line(3, [A], [102])])
    assert codes(report) == {Code.DENIED: 1}
    assert only(report, Code.DENIED).rules == (1, 9)
    by_issuer = line(9, [], [101], sets=(), denies=True, denied_issuer="school")
    assert only(look([line(1, [A]), by_issuer]), Code.DENIED).rules == (1, 9)
    assert codes(look([line(1, [A]), denial._replace(until=DAY + 10), line(2, [B])])) == {Code.DENIED: 1}
    later = denial._replace(since=DAY + 10)
    assert codes(look([line(1, [A], until=DAY + 10), later])) == {}  # never at the same time
    assert codes(look([line(1, [], sets=((A,), (B,))), denial])) == {}  # the other way stays open


def test_one_question_answered_twice() -> None:
    where = world(more_items={A: ItemNote(10, 400, level=6)}, courses={101: CourseNote(400)})
    two = [line(1, [A], [(101, 200)]), line(2, [A], [(101, 300)])]
    found = only(look(two, where), Code.CONTRADICTS)
    assert (found.rules, found.params) == ((1, 2), {"first": 200, "second": 300})
    assert codes(look([line(1, [A]), line(2, [A])])) == {Code.DUPLICATE: 1}
    assert codes(look([line(1, [A], until=DAY + 5), line(2, [A], since=DAY + 5)])) == {}
    assert codes(look([line(1, [A, B], [101]), line(2, [B, A], [101])])) == {Code.DUPLICATE: 1}
    assert codes(look([line(1, [A]), line(2, [A], receiver=21)])) == {}
    assert codes(look([line(1, [A], [(101, 300)], waives=False), line(2, [A], waives=True)])) == {Code.CONTRADICTS: 1}


def test_conditions_in_steps_are_a_scale_and_not_a_contradiction() -> None:
    where = world(more_items={A: ItemNote(10, 400, level=6)}, courses={101: CourseNote(400)})
    low = line(1, [A], [(101, 200)], conditions=Conditions(min_mark=6000))
    high = line(2, [A], [(101, 300)], conditions=Conditions(min_mark=8000))
    assert codes(look([low, high], where)) == {}
    turned = [low._replace(targets=((101, 300),)), high._replace(targets=((101, 200),))]
    found = only(look(turned, where), Code.STRICTER_GETS_LESS)
    assert (found.rules, found.params) == ((2, 1), {"strict": 200, "easy": 300})
    same = [low._replace(targets=((101, 300),)), high]
    assert only(look(same, where), Code.IMPLIED).rules == (2, 1)


def test_fewer_sources_do_as_well() -> None:
    where = world(more_items={A: ItemNote(10, 600, level=6)})
    assert only(look([line(1, [A, B]), line(2, [A])], where), Code.IMPLIED).rules == (1, 2)
    poor = world(more_items={A: ItemNote(10, 200, level=6)}, tolerance=100)
    assert codes(look([line(1, [A, B]), line(2, [A])], poor)) == {}  # alone it gives 2.0, together 3.0
    asks = line(2, [A], conditions=Conditions(min_mark=8000))
    assert codes(look([line(1, [A, B]), asks], where)) == {}


def test_weaker_is_an_order() -> None:
    r = random.Random(7)

    def some() -> Conditions:
        return Conditions(
            min_mark=r.choice([None, 6000, 8000]),
            max_age_years=r.choice([None, 5]),
            min_quality=r.choice([None, "A", "B"]),
            online=r.random() < 0.5,
            issuer_kinds=r.choice([(), ("university",), ("university", "employer")]),
        )

    for _ in range(500):
        a, b, c = some(), some(), some()
        assert weaker(a, a)
        assert not (weaker(a, b) and weaker(b, a)) or a == b
        assert not (weaker(a, b) and weaker(b, c)) or weaker(a, c)
    assert weaker(Conditions(min_quality="B"), Conditions(min_quality="A"))
    assert not weaker(Conditions(min_quality="A"), Conditions(min_quality="B"))


def test_items_held_and_taken_by_no_rule() -> None:
    report = look([line(1, [A])], world(held={A: 9, B: 5, C: 7, 101: 2}))
    first, second = (f for f in report.findings if f.code is Code.WITHOUT_RULES)
    assert (first.items, first.params) == ((C, B), {"institution": 10, "items": 2, "outcomes": 12})
    assert second.params == {"institution": 20, "items": 1, "outcomes": 2}
    assert report.errors() == 0


# --- cycles ----------------------------------------------------------------------------------------------------------


def uneven(**courses: int) -> World:
    """A carries 3.0, B 2.0; programmes ask what is said, so a stated 3.0 for B is not cut."""
    items = {A: ItemNote(10, 300), B: ItemNote(20, 200), C: ItemNote(30, 300)}
    return World(items=items, courses={A: CourseNote(300), B: CourseNote(courses.get("b", 300)), C: CourseNote(300)})


def test_two_rules_that_turn_two_credits_into_three() -> None:
    there, back = line(1, [A], [(B, 300)]), line(2, [B], [(A, 300)], receiver=10)
    report = look([there, back], uneven())
    found = only(report, Code.CREATES_CREDIT)
    assert found.params == {"put_in": 200, "in_hand": 300, "created": 100, "product": "1.5", "hops": 2}
    assert [(s.rule, s.takes, s.gives) for s in found.steps] == [
        (2, ((B, 200),), ((A, 300),)),
        (1, ((A, 300),), ((B, 300),)),
    ]
    assert report.errors() == 1
    told = tell(found, rules={1: "GZ1", 2: "GZ2"}, items={A: "甲", B: "乙"}, institutions={})
    assert told.sentence.zh.startswith("沿 2 条规则绕一圈回到《乙》，投入 2.0 学分，手里成了 3.0 学分，凭空多出 1.0")
    assert told.steps[0].takes == ("乙 2.0",)


def test_caps_are_considered() -> None:
    there, back = line(1, [A], [(B, 300)]), line(2, [B], [(A, 300)], receiver=10)
    assert Code.CREATES_CREDIT not in codes(
        look([there, back], uneven(b=200))
    )  # a stated result never exceeds the course
    dead = back._replace(until=DAY)
    assert Code.CREATES_CREDIT not in codes(look([there, dead], uneven()))
    denial = line(9, [B], [A], denies=True, receiver=10)
    assert Code.CREATES_CREDIT not in codes(look([there, back, denial], uneven()))
    waiver = back._replace(targets=((A, None),), waives=True)
    assert Code.CREATES_CREDIT not in codes(look([there, waiver], uneven()))
    unmet = back._replace(conditions=Conditions(min_level=9))
    assert Code.CREATES_CREDIT not in codes(look([there, unmet], uneven()))


def test_one_for_two_and_back() -> None:
    split = line(1, [A], [(B, 300), (C, 300)])
    back = line(2, [C], [A], receiver=10)
    found = only(look([split, back], world()), Code.CREATES_CREDIT)
    assert found.params == {"put_in": 300, "in_hand": 600, "created": 300, "product": "2", "hops": 2}


def test_two_for_one_puts_the_second_in_from_outside() -> None:
    join = line(1, [A, B], [C])  # 6.0 for 3.0
    back = line(2, [C], [(A, 300)], receiver=10)
    assert Code.CREATES_CREDIT not in codes(look([join, back], world()))
    split = line(2, [C], [(A, 300), (B, 300)], receiver=10)  # 3.0 back to 6.0: rates 1/2 and 2
    assert Code.CREATES_CREDIT not in codes(look([join, split], world()))
    three = line(2, [C], [(A, 300), (B, 300), (D, 300)], receiver=10)
    found = only(look([join, three], world()), Code.CREATES_CREDIT)
    assert (found.params["created"], found.params["product"]) == (300, "1.5")


def test_a_rule_that_gives_its_own_source_twice() -> None:
    found = only(look([line(1, [A], [(A, 300), (B, 300)])], world()), Code.CREATES_CREDIT)
    assert (found.params["hops"], found.params["created"]) == (1, 300)


def test_elective_credit_leads_nowhere_and_makes_no_cycle() -> None:
    more = line(1, [A], (), elective="free", result=900)
    assert Code.CREATES_CREDIT not in codes(look([more, line(2, [B], [A], receiver=10)]))


def test_pools_and_choices_take_part() -> None:
    pool = line(1, [], [(C, 300), (D, 300)], sets=(), pool=(A, B), pool_credits=300)
    back = line(2, [C], [A], receiver=10)
    assert only(look([pool, back]), Code.CREATES_CREDIT).params["created"] == 300
    either = line(1, [], [(C, 300), (D, 300)], sets=((B,), (A,)))
    assert only(look([either, back]), Code.CREATES_CREDIT).params["created"] == 300


def ring(
    length: int, gain: int, start: int = 1000
) -> tuple[list[RuleLine], dict[int, ItemNote], dict[int, CourseNote]]:
    """``length`` items in a circle of rules; one of them gives ``gain`` too much."""
    items = {start + i: ItemNote(10, 1000) for i in range(length)}
    lines = [line(start + i, [start + i], [start + (i + 1) % length]) for i in range(length)]
    lines[0] = lines[0]._replace(targets=((start + 1, 1000 + gain),))
    return lines, items, {i: CourseNote(1000 + gain * (i == start + 1)) for i in items}


def test_the_shortest_of_several_is_told_and_long_ones_are_found() -> None:
    long, items, courses = ring(40, 10)
    short, more, also = ring(5, 10, start=5000)
    where = World(items={**items, **more}, courses={**courses, **also})
    report = look([*long, *short], where)
    assert [f.params["hops"] for f in report.findings if f.code is Code.CREATES_CREDIT] == [5, 40]
    assert report.complete


def test_a_search_cut_short_still_finds_that_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xuefen.bank.conversion.rules.doctor.cycles.EFFORT", 10)
    lines, items, courses = ring(40, 10)
    report = look(lines, World(items=items, courses=courses))
    assert only(report, Code.CREATES_CREDIT).params["hops"] == 40
    assert not report.complete
    lossy = [lines[0], *(x._replace(targets=((x.targets[0][0], 990),)) for x in lines[1:])]
    sound = look(lossy, World(items=items, courses=courses))
    assert (Code.CREATES_CREDIT in codes(sound), sound.complete) == (False, True)


def every_cycle(lines: list[RuleLine], where: World) -> list[int]:
    """Lengths of all simple 1:1 cycles whose rates multiply to more than one; tries every order of every subset."""
    rate = {}
    for x in lines:
        carried = where.items[x.sets[0][0]].worth
        rate[x.sets[0][0], x.targets[0][0]] = Fraction(gives(x, carried, where)[0], carried)
    nodes = sorted({n for pair in rate for n in pair})
    found = []
    for length in range(1, len(nodes) + 1):
        for path in itertools.permutations(nodes, length):
            pairs = list(zip(path, (*path[1:], path[0]), strict=True))
            if path[0] == min(path) and all(p in rate for p in pairs):
                product = Fraction(1)
                for p in pairs:
                    product *= rate[p]
                if product > 1:
                    found.append(length)
    return found


@pytest.mark.parametrize("seed", range(120))
def test_cycles_against_trying_everything(seed: int) -> None:
    r = random.Random(seed)
    nodes = list(range(1, 7))
    items = {i: ItemNote(10, r.choice([200, 250, 300, 400])) for i in nodes}
    where = World(
        items=items, courses={i: CourseNote(r.choice([200, 300, 400])) for i in nodes}, grain=1, tolerance=400
    )
    pairs = r.sample([(a, b) for a in nodes for b in nodes if a != b], r.randint(4, 14))
    lines = [
        line(k, [a], [(b, r.choice([100, 200, 300, 400])) if r.random() < 0.6 else b])
        for k, (a, b) in enumerate(pairs, 1)
    ]
    expected = every_cycle(lines, where)
    found = [f for f in look(lines, where, kinds=frozenset({Kind.CYCLE})).findings if f.code is Code.CREATES_CREDIT]
    assert bool(found) == bool(expected)
    if found:
        assert found[0].params["hops"] == min(expected)
        assert all(f.params["created"] > 0 for f in found)


def test_graph_parts() -> None:
    import numpy as np

    def edges(*triples: tuple[int, int, float]) -> Edges:
        s, t, w = zip(*triples, strict=True)
        n = np.array(s, dtype=np.int32)
        return Edges(n, np.array(t, dtype=np.int32), np.arange(len(n), dtype=np.int32), np.array(w))

    two = edges((0, 1, 0.0), (1, 0, 0.0), (1, 2, 0.0), (2, 3, 0.0), (3, 2, 0.0))
    part = components(two)
    assert part[0] == part[1] != part[2] == part[3]
    assert positive_cycle(two, 1e-9) == []
    assert sorted(positive_cycle(edges((0, 1, 0.5), (1, 2, -0.2), (2, 0, -0.2), (2, 1, 0.1)), 1e-9)) == [0, 1, 2]


# --- bounds ----------------------------------------------------------------------------------------------------------


def test_examples_are_capped_and_counts_are_not() -> None:
    lines = [line(i, [A, B][: 1 + i % 2], [888]) for i in range(1, 301)]
    report = look(lines, examples=7, kinds=frozenset({Kind.DEAD}))
    assert report.counts == {Code.TARGET_GONE: 300}
    assert [f.rules for f in report.findings] == [(2 * i,) for i in range(1, 8)]  # the shortest first, then the first


def test_every_code_has_words_and_a_meaning() -> None:
    from xuefen.bank.conversion.rules.doctor.wording import _SENTENCES

    assert set(_SENTENCES) == set(MEANING) == set(Code)
    assert {severity for _, severity in MEANING.values()} == set(Severity)


def test_a_stored_body_becomes_a_line() -> None:
    reader = ConditionsReader()
    body = {
        "either": [[1, 2], [3]],
        "targets": [{"item_id": 101, "credits": 250}, {"item_id": 102}],
        "conditions": {"min_mark": 6000, "issuer_kinds": ["university"]},
    }
    made = line_of(body, id=5, receiver=20, since=1, until=2, conditions=reader)
    assert made.sets == ((1, 2), (3,))
    assert made.targets == ((101, 250), (102, None))
    assert made.conditions == Conditions(min_mark=6000, issuer_kinds=("university",))
    again = line_of(body, id=6, receiver=20, since=1, until=2, conditions=reader)
    assert again.conditions is made.conditions
