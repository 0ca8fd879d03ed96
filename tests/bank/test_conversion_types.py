"""Documents go out and come back the same, and a bad one is refused with every fault it has."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.bank.conversion_builders import course, group, outcome, problem, random_problem, rule
from xuefen.bank.conversion import rules
from xuefen.bank.conversion.types import MAX_ITEMS, Plan, Problem
from xuefen.bank.shell.problems import Denied


@pytest.mark.parametrize("seed", range(5))
def test_documents_survive_the_round_trip(seed: int) -> None:
    made = random_problem(seed)
    again = Problem.from_json(json.loads(json.dumps(made.to_json())))
    assert again == made
    assert again.digest() == made.digest()
    plan = rules.plan(made)
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


def document() -> dict[str, Any]:
    return problem(group("r", course(1, 300)), [outcome("A", 10, 300)], [rule("GZ1", [10], [1])]).to_json()


@pytest.mark.parametrize(
    ("spoil", "places"),
    [
        (lambda d: d.pop("on"), {"on"}),
        (lambda d: d.update(on="tomorrow"), {"on"}),
        (lambda d: d.update(colour="red"), {"colour"}),
        (lambda d: d["outcomes"][0].update(credits="3.0"), {"outcomes[0].credits"}),
        (lambda d: d["outcomes"][0].update(credits=True), {"outcomes[0].credits"}),
        (lambda d: d["outcomes"][0].update(credits=3.0), {"outcomes[0].credits"}),
        (lambda d: d["outcomes"][0].update(credits=-300), {"outcomes[0].credits"}),
        (lambda d: d["outcomes"][0].update(free=400), {"outcomes[0].credits"}),
        (lambda d: d["outcomes"][0].update(quality="AB"), {"outcomes[0].quality"}),
        (lambda d: d["outcomes"][0].update(outcome_class="club"), {"outcomes[0].outcome_class"}),
        (lambda d: d["outcomes"].append(d["outcomes"][0]), {"outcomes"}),
        (lambda d: d["rules"][0].update(sources=[]), {"rules[0].sources"}),
        (lambda d: d["rules"][0].update(sources=10), {"rules[0].sources"}),
        (lambda d: d["rules"][0].update(elective="*"), {"rules[0]"}),
        (lambda d: d["rules"][0]["targets"][0].update(credits=-1), {"rules[0]"}),
        (lambda d: d["tree"]["children"][0].update(item_id=None), {"tree.c1"}),
        (lambda d: d["tree"].update(kind="choose", need=2), {"tree.r"}),
        (lambda d: d.update(leftover="lost"), {"leftover"}),
        (lambda d: d.update(v=2), {"v"}),
        (lambda d: (d.update(on=1, standard=2), d["tree"].pop("id")), {"on", "standard", "tree.id"}),
    ],
)
def test_all_faults_are_named_with_their_places(spoil: Callable[[dict[str, Any]], Any], places: set[str]) -> None:
    spoiled = json.loads(json.dumps(document()))
    spoil(spoiled)
    with pytest.raises(Denied) as denied:
        Problem.from_json(spoiled)
    assert denied.value.code == "problem_malformed"
    assert {fault.place for fault in denied.value.params["faults"]} == places  # type: ignore[attr-defined]
    assert denied.value.sentence("zh") and denied.value.sentence("en")


@pytest.mark.parametrize("value", [None, [], "text", 3, {}])
def test_what_is_no_document_at_all(value: object) -> None:
    with pytest.raises(Denied) as denied:
        Problem.from_json(value)
    assert denied.value.code == "problem_malformed"


def test_bounds() -> None:
    many = [rule(f"GZ{i}", [10], [1]) for i in range(MAX_ITEMS + 1)]
    with pytest.raises(Denied) as denied:
        rules.plan(problem(group("r", course(1, 300)), [], many))
    assert denied.value.code == "problem_too_large"
    # Few rules, many ways: 60 courses taken twice each, any two of them for one.
    held = [outcome(f"{item}.{n}", item, 100) for item in range(60) for n in range(40)]
    pairs = [rule(f"GZ{a}", [a, a + 1], [1]) for a in range(59)]
    with pytest.raises(Denied) as denied:
        rules.plan(problem(group("r", course(1, 100)), held, pairs))
    assert denied.value.code == "problem_too_large"
