"""Attendance, the share held online and all learning time: optional columns that a standard may ask for."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.bank import deposit_builders as build
from tests.bank import standard_builders
from tests.bank.foundation_builders import NOW
from xuefen.bank.deposits import actions, queries, rules
from xuefen.bank.deposits.models import Outcome
from xuefen.bank.deposits.types import Correction, Effort
from xuefen.bank.insight import queries as insight
from xuefen.bank.ledger import queries as books
from xuefen.bank.ledger.types import BookKind
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.shell.problems import Denied
from xuefen.bank.supervision import actions as supervision
from xuefen.bank.supervision.types import TakenBack

LATER = NOW + timedelta(days=60)
CITED = "S4 test"


def read(**cells: str) -> tuple[Effort, list[tuple[str, str]]]:
    given = {"account": "4417092680352710", "item_code": "C1", "awarded_on": "2026-06-30"} | cells
    row = rules.parse_row(2, list(given.values()), rules.map_columns(list(given)), today=NOW.date())
    return row.effort, [(error.field, error.problem.code) for error in row.errors]


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("85", 85),
        ("85%", 85),
        ("８５％", 85),
        ("85 %", 85),
        ("79.9", 79),
        ("100", 100),
        ("100.0%", 100),
        ("0", 0),
        ("0.0", 0),
    ],
)
def test_a_percent_is_read_and_rounded_down(text: str, percent: int) -> None:
    assert read(attendance=text) == (Effort(attendance=percent), [])
    assert read(线上学时占比=text) == (Effort(online_share=percent), [])


@pytest.mark.parametrize("text", ["0.85", "0.5%", "101", "100.1", "-5", "八成", "1e2", "85%%", "85/100", "=1"])
def test_what_is_no_percent_is_refused_with_its_column(text: str) -> None:
    _, errors = read(出勤率=text)
    assert errors in ([("attendance", "percent_unreadable")], [("attendance", "cell_formula")])


def test_all_learning_time_is_whole_hours() -> None:
    assert read(学习总时数="75") == (Effort(workload=75), [])
    assert read(workload="0")[1] == read(workload="12.5")[1] == [("workload", "hours_unreadable")]
    assert read() == (Effort(), [])


# --- under a standard that asks for them -----------------------------------------------------------------------------


def asking(**degree: Any) -> build.World:
    """A bank whose standard from 2027 on asks for 80 percent of the classes, and for what ``degree`` says."""
    world = build.world()
    body = standard_builders.next_body()
    body["grades"]["attendance"] = {"percent": 80, "free": ["D2"], "reference": CITED}
    body["degree"] |= {name: {"value": value, "reference": CITED} for name, value in degree.items()}
    standard_builders.published(standard_builders.People(), body)
    return world


def deposited(world: build.World, path: Path, rows: list[list[str]], *more: str) -> dict[int, list[tuple[str, str]]]:
    build.sheet(path, rows, header=(*build.HEADER, *more))
    batch = actions.receive(
        source="file", file_name=path.name, path=path, issuer_code="ylu", by=world.officer, now=LATER
    )
    actions.run(batch_id=batch.id, by=world.officer, now=LATER)
    return build.errors_of(batch.id)


@pytest.mark.django_db
def test_a_standard_with_a_floor_of_attendance_judges_by_the_column(tmp_path: Path) -> None:
    world = asking()
    bare = deposited(world, tmp_path / "bare.csv", [world.row()])
    assert bare == {2: [("attendance", "attendance_missing")]}
    rows = [[*world.row(n), text] for n, text in enumerate(("80%", "79.9", ""))]
    told = deposited(world, tmp_path / "said.csv", rows, "出勤率")
    assert told == {3: [("attendance", "attendance_below")], 4: [("attendance", "attendance_missing")]}
    (outcome,) = queries.outcomes_of(EVERYTHING, world.learner_ids[0])
    assert (outcome.attendance, outcome.credits) == (80, 300)
    assert any(
        "80" in child.zh and "grades.attendance" in child.rule for child in queries.explanation(outcome).children
    )
    assert list(insight.CHECKS["deposits"]()) == []


@pytest.mark.django_db
def test_a_correction_keeps_how_somebody_took_part(tmp_path: Path) -> None:
    world = asking()
    assert (
        deposited(
            world, tmp_path / "a.csv", [[*world.row(), "100", "0", "60"]], "attendance", "online_share", "workload"
        )
        == {}
    )
    first = Outcome.objects.get()
    assert (first.attendance, first.online_share, first.workload) == (100, 0, 60)
    supervision.correct(
        number=first.number, correction=Correction(grade="90"), reason="录错", by=world.officer, now=LATER
    )
    second = Outcome.objects.exclude(pk=first.pk).get()
    assert (second.grade, second.attendance, second.online_share, second.workload) == ("90", 100, 0, 60)
    assert list(insight.CHECKS["deposits"]()) == []


def corrected(world: build.World, **says: str) -> TakenBack:
    (number,) = Outcome.objects.filter(state="valid").values_list("number", flat=True)
    return supervision.correct(
        number=number, correction=Correction(**says), reason="登记错误", by=world.officer, now=LATER
    )


def test_a_correction_covers_every_column_but_those_that_say_whose_it_is() -> None:
    assert set(Correction.__slots__) == rules.FIELDS.keys() - {"account", "id_number", "name"}


@pytest.mark.django_db
def test_how_somebody_took_part_is_corrected_and_judged_as_a_row_of_a_sheet(tmp_path: Path) -> None:
    world = asking(online_hours_per_credit=32, workload_hours_per_credit=25)
    sent = [[*world.row(), "90", "0", "60"]]
    assert deposited(world, tmp_path / "a.csv", sent, "attendance", "online_share", "workload") == {}
    for says, code, place in (
        ({"attendance": "79"}, "attendance_below", "attendance"),
        ({"attendance": "-"}, "attendance_missing", "attendance"),
        ({"attendance": "0.9"}, "percent_unreadable", "attendance"),
        ({"online_share": "120"}, "percent_unreadable", "online_share"),
        ({"workload": "0"}, "hours_unreadable", "workload"),
        ({"workload": "60", "attendance": "90%"}, "nothing_corrected", ""),
    ):
        with pytest.raises(Denied) as denied:
            corrected(world, **says)
        assert (denied.value.code, denied.value.place) == (code, place), says
    assert Outcome.objects.count() == 1

    first = corrected(world, online_share="50")  # half of it online is worth half a credit less
    assert held(world) == (90, 50, 60, 200)
    second = corrected(world, workload="-", attendance="81%")
    assert held(world) == (81, 50, None, 250)
    (change,) = queries.history(Outcome.objects.get(number=first.replacement).pk).changes
    assert (change.reason, change.by_name, change.replacement) == ("登记错误", world.officer.name, second.replacement)
    assert [v for room in ("ledger", "deposits", "supervision") for v in insight.CHECKS[room]()] == []


def held(world: build.World) -> tuple[int | None, int | None, int | None, int]:
    """What the one valid outcome says of taking part, and the learner's credit, which is its credit and nothing else."""
    (one,) = queries.outcomes_of(EVERYTHING, world.learner_ids[0])
    assert books.balance(BookKind.LEARNER, world.learner_ids[0]).available == one.credits == one.free
    return *one.effort, one.credits


@pytest.mark.django_db
def test_all_learning_time_and_hours_online_go_into_the_credit(tmp_path: Path) -> None:
    """C1 has 48 taught hours and declares 3 credits: online hours count half here, and 25 hours of learning are a credit."""
    world = asking(online_hours_per_credit=32, workload_hours_per_credit=25)
    rows = [[*world.row(0), "90", "", ""], [*world.row(1), "90", "50", ""], [*world.row(2), "90", "50", "60"]]
    assert deposited(world, tmp_path / "a.csv", rows, "attendance", "online_share", "workload") == {}
    credits = dict(Outcome.objects.values_list("learner_id", "credits"))
    assert [credits[pk] for pk in world.learner_ids] == [300, 250, 200]
    assert list(insight.CHECKS["deposits"]()) == []


@pytest.mark.django_db
def test_the_default_standard_asks_for_none_of_them(tmp_path: Path) -> None:
    world = build.world()
    path = build.sheet(
        tmp_path / "a.csv", [[*world.row(0), "10"], [*world.row(1), "1.5"]], header=(*build.HEADER, "学习总时数")
    )
    batch = build.deposit(world, path)
    assert batch.counts.accepted == 1
    assert build.errors_of(batch.id) == {3: [("workload", "hours_unreadable")]}
    outcome = Outcome.objects.get()
    assert (outcome.credits, outcome.attendance, outcome.workload) == (300, None, 10)
