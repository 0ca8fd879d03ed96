"""Problems on which the planner once was wrong, each as small as it could be made, with the optimum the referee proved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xuefen.bank.conversion.rules import plan, violations
from xuefen.bank.conversion.types import Problem

FOLDER = Path(__file__).parent / "problems"


@pytest.mark.parametrize(
    ("name", "optimum"), [("settled-1", (1, 83, 0)), ("settled-2", (0, 67, 0)), ("settled-3", (1, 250, 100))]
)
def test_what_is_settled_makes_room_for_requirement_credit(name: str, optimum: tuple[int, int, int]) -> None:
    problem = Problem.from_json(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))
    found = plan(problem)
    assert (found.totals.met, found.totals.requirement, found.totals.elective) == optimum
    assert found.proof.proven
    assert violations(problem, found) == []
