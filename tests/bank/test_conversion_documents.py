"""The published schemas hold for every document the tests make, and absurd documents are refused or planned in bounded effort."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.bank.conversion_builders import course, elective, group, outcome, problem, random_problem, rich_problem, rule
from xuefen.bank.conversion import rules
from xuefen.bank.conversion.types import PlanRule, Pool, Problem, Target, Text
from xuefen.bank.conversion.types.schema import plan_schema, problem_schema
from xuefen.bank.shell.problems import Denied

DOCS = Path(__file__).parents[2] / "docs" / "schemas"


def faults(value: Any, schema: dict[str, Any], root: dict[str, Any], place: str = "$") -> list[str]:
    """What a value breaks of a schema, for the words our schemas use."""
    if "$ref" in schema:
        return faults(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, place)
    if "anyOf" in schema:
        found = [faults(value, option, root, place) for option in schema["anyOf"]]
        return [] if [] in found else found[0]
    if "enum" in schema:
        return [] if value in schema["enum"] else [f"{place}: {value!r} is none of {schema['enum']}"]
    kinds = {"integer": int, "string": str, "boolean": bool, "array": list, "object": dict, "null": type(None)}
    if type(value) is not kinds[schema["type"]]:
        return [f"{place}: {value!r} is no {schema['type']}"]
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return [f"{place}: {value!r} is not {schema['pattern']}"]
    if schema["type"] == "array":
        return [f for i, v in enumerate(value) for f in faults(v, schema["items"], root, f"{place}[{i}]")]
    if schema["type"] != "object":
        return []
    found = [f"{place}: {name} is missing" for name in schema["required"] if name not in value]
    for name, item in value.items():
        if name in schema["properties"]:
            found += faults(item, schema["properties"][name], root, f"{place}.{name}")
        else:
            found.append(f"{place}: there is no {name}")
    return found


@pytest.mark.parametrize("make", [random_problem, rich_problem])
def test_documents_keep_the_published_schemas(make: Callable[[int], Problem]) -> None:
    of_problems = json.loads((DOCS / "conversion-problem.json").read_text(encoding="utf-8"))
    of_plans = json.loads((DOCS / "conversion-plan.json").read_text(encoding="utf-8"))
    assert (of_problems, of_plans) == (problem_schema(), plan_schema())
    for seed in range(20):
        made = make(seed)
        assert faults(made.to_json(), of_problems, of_problems) == []
        assert faults(rules.plan(made).to_json(), of_plans, of_plans) == []


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (lambda d: d.pop("on"), "on is missing"),
        (lambda d: d.update(colour=1), "there is no colour"),
        (lambda d: d.update(on="1. 1. 2026"), "is not"),
        (lambda d: d["outcomes"][0].update(credits="3"), "is no integer"),
        (lambda d: d["tree"].update(kind="some"), "is none of"),
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(spoil: Callable[[dict[str, Any]], Any], found: str) -> None:
    document = rich_problem(1).to_json()
    spoil(document)
    schema = problem_schema()
    assert any(found in fault for fault in faults(document, schema, schema))
    with pytest.raises(Denied):
        Problem.from_json(document)


def test_every_type_is_described() -> None:
    for schema in (problem_schema(), plan_schema()):
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert schema["additionalProperties"] is False
        objects = [s for s in schema["$defs"].values() if s.get("type") == "object"]
        assert objects and not any(s["additionalProperties"] for s in objects)


# --- absurd documents --------------------------------------------------------------------------------------------------


def document() -> dict[str, Any]:
    made = problem(group("r", course(1, 300)), [outcome("A", 10, 300)], [rule("GZ1", [10], [1])])
    return json.loads(json.dumps(made.to_json()))  # type: ignore[no-any-return]


def refused(change: Callable[[dict[str, Any]], Any]) -> Denied:
    made = document()
    change(made)
    with pytest.raises(Denied) as denied:
        Problem.from_json(made)
    return denied.value


def test_a_hundred_thousand_outcomes_are_refused_before_they_are_read() -> None:
    denied = refused(lambda d: d.update(outcomes=[{"nonsense": 1}] * 100_000))
    assert (denied.code, denied.place) == ("problem_too_large", "outcomes")


def deep(levels: int) -> dict[str, Any]:
    node: dict[str, Any] = document()["tree"]
    for level in range(levels):
        node = {"id": f"n{level}", "kind": "all", "name": "", "children": [node]}
    return node


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda d: d.update(tree=deep(5_000)), "tree"),
        (lambda d: d.update(tree={"id": "r", "kind": "all", "name": ""}), "tree.r"),
        (
            lambda d: d["tree"].update(children=[{"id": "g", "kind": "any", "name": ""}, *d["tree"]["children"]]),
            "tree.g",
        ),
        (lambda d: d["tree"].update(shared=True), "tree.r"),
        (lambda d: d["tree"]["children"][0].update(credits=-300), "tree.c1"),
        (lambda d: d["tree"]["children"][0].update(credits=10**9), "tree.c1"),
        (lambda d: d["tree"]["children"].append(d["tree"]["children"][0]), "tree"),
        (lambda d: d["outcomes"][0].update(credits=10**30, free=10**30), "outcomes[0].credits"),
        (lambda d: d["outcomes"][0].update(nature="odd"), "outcomes[0].nature"),
        (lambda d: d.update(min_overlap=101), "min_overlap"),
        (lambda d: d.update(done=[{"node": "nowhere", "credits": 1}]), "done[0].node"),
        (lambda d: d.update(done=[{"node": "c1", "credits": -1, "item_id": 1}]), "done[0].credits"),
        (lambda d: d.update(done=[{"node": "c1", "credits": 1, "item_id": 1}] * 2), "done"),
        (lambda d: d.update(items=[{"item_id": 1, "name": "x"}] * 2), "items"),
        (lambda d: d["rules"][0].update(sources=[], pool={"items": [], "credits": 1}), "rules[0].sources"),
        (lambda d: d["rules"][0].update(sources=[], pool={"items": [1], "credits": 0}), "rules[0].pool.credits"),
        (lambda d: d["rules"][0].update(pool={"items": [1], "credits": 1}), "rules[0].sources"),
        (lambda d: d["rules"][0].update(sources=[], either=[[1], []]), "rules[0].sources"),
        (lambda d: d["rules"][0].update(waives=True, targets=[{"item_id": 1, "credits": 100}]), "rules[0].waives"),
        (lambda d: d["rules"][0].update(denies=True, denied_issuer="x"), "rules[0]"),
        (lambda d: d["rules"][0].update(denied_issuer="x"), "rules[0].denied_issuer"),
        (lambda d: d["rules"][0].update(overlap=120), "rules[0].overlap"),
        (lambda d: d["rules"][0].update(grade=20_000), "rules[0].grade"),
        (lambda d: d["rules"][0].update(conditions={"max_age_years": 9999}), "rules[0].conditions.max_age_years"),
        (
            lambda d: d["rules"][0].update(conditions={"earned_from": "2026-01-01", "earned_until": "2025-01-01"}),
            "rules[0].conditions.earned_until",
        ),
    ],
)
def test_what_means_nothing_is_refused_with_its_place(change: Callable[[dict[str, Any]], Any], place: str) -> None:
    denied = refused(change)
    assert denied.code == "problem_malformed"
    assert {f.place for f in denied.params["faults"]} == {place}  # type: ignore[attr-defined]


CAP = {"code": "X", "kind": "total", "limit": 100, "name": {"zh": "上限", "en": "Cap"}}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"limit": -1}, "limit"),
        ({"used": -1}, "limit"),
        ({"kind": "period"}, "starts_on"),
        ({"kind": "class", "which": "social", "starts_on": "2026-01-02", "ends_on": "2026-01-02"}, "ends_on"),
        ({"kind": "degree_level", "which": "11"}, "which"),
        ({"kind": "type", "which": " "}, "which"),
        ({"outside": True}, "outside"),
    ],
)
def test_caps_that_mean_nothing(change: dict[str, Any], place: str) -> None:
    denied = refused(lambda d: d.update(caps=[{**CAP, **change}]))
    assert [f.place for f in denied.params["faults"]] == [f"caps[0].{place}"]  # type: ignore[attr-defined]


def test_an_explosive_either_or_is_refused() -> None:
    """Ten items held thirty times each, any ten together: 30^10 ways, none of which is enough for the course."""
    held = [outcome(f"{item}.{n}", item, 1) for item in range(10) for n in range(30)]
    made = PlanRule("GZ1", 1, Text("", ""), either=(tuple(range(10)), tuple(range(9))), targets=(Target(1),))
    with pytest.raises(Denied) as denied:
        rules.plan(problem(group("r", course(1, 900)), held, [made]))
    assert denied.value.code == "problem_too_large"


def test_many_pools_over_everything_are_planned_in_bounded_effort() -> None:
    held = [outcome(f"A{i:02}", i, 51 + 7 * i) for i in range(40)]
    made = [PlanRule(f"GZ{k}", 1, Text("", ""), pool=Pool(tuple(range(40)), 301 + k), elective="*") for k in range(3)]
    tree = group("r", elective("one", 700), elective("two", 333))
    p = problem(tree, held, made)
    plan = rules.plan(p, time_limit=2)
    assert rules.violations(p, plan) == []
    assert plan.totals.elective <= 1033 <= plan.proof.elective_bound
