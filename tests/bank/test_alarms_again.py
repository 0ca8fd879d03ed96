"""A cause opens one case: what a person has closed with a reason comes back for something new and for nothing else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from tests.bank import deposit_builders as build
from tests.bank import foundation_builders as foundations
from tests.faces.desk_builders import node
from xuefen.bank.deposits.models import Outcome
from xuefen.bank.deposits.types import Correction
from xuefen.bank.evidence import actions as evidence
from xuefen.bank.insight import queries as insight
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.staff.types import Role
from xuefen.bank.supervision import actions, queries
from xuefen.bank.supervision.models import Alarm
from xuefen.bank.supervision.types.alarms import AlarmEvent, AlarmKind, AlarmState, AlarmView, ScanReport

pytestmark = pytest.mark.django_db
NOW = build.NOW
LATER = NOW + timedelta(days=1)


@pytest.fixture(autouse=True)
def _bank(settings: Any, tmp_path: Path) -> None:
    settings.XUEFEN_LOG, settings.XUEFEN_PUBLIC = tmp_path / "log", tmp_path / "public"
    node()


def supervisor() -> Actor:
    return foundations.at_place(Role.SUPERVISOR, "/hub/")


def closed(kind: AlarmKind) -> AlarmView:
    """The one case of a kind, found to be nothing and closed."""
    (case,) = queries.alarm_views(queries.alarms(EVERYTHING, kind=kind))
    for event in (AlarmEvent.EXPLAIN, AlarmEvent.CLOSE):
        actions.decide_alarm(number=case.number, event=event, reason="核对无误", by=supervisor(), now=NOW)
    assert actions.scan_all(now=NOW) == ScanReport()
    return queries.alarm(EVERYTHING, case.number)


def still_closed(case: AlarmView) -> bool:
    """After everything that was deposited since is looked through."""
    done = actions.scan_all(now=LATER)
    assert (done.opened, done.grown, done.failed) == (0, 0, 0), done
    return queries.alarm(EVERYTHING, case.number).state is AlarmState.CLOSED and Alarm.objects.count() == 1


def open_again(case: AlarmView) -> bool:
    done = actions.scan_all(now=LATER)
    assert (done.opened, done.grown, done.failed) == (0, 1, 0), done
    return queries.alarm(EVERYTHING, case.number).state is AlarmState.OPEN


def correct(w: build.World, number: str, **says: str) -> str:
    """The number of the outcome in its place."""
    done = actions.correct(number=number, correction=Correction(**says), reason="录错", by=w.officer, now=LATER)
    return done.replacement


def holding(w: build.World, learner: int) -> str:
    return Outcome.objects.get(learner_id=w.learner_ids[learner], state="valid").number


def test_a_certificate_number_of_two_people(tmp_path: Path) -> None:
    w = build.world(people=4)
    build.deposit(w, build.sheet(tmp_path / "a.csv", [w.row(n, serial="ZS-1") for n in range(3)]))
    assert actions.scan(now=NOW) == ScanReport(batches=1, opened=1)
    case = closed(AlarmKind.SHARED_SERIAL)
    correct(w, holding(w, 0), grade="91")
    assert still_closed(case)
    actions.revoke(number=holding(w, 0), reason="不该存", by=w.officer, now=LATER)
    correct(w, holding(w, 1), grade="92")
    assert still_closed(case)
    build.deposit(w, build.sheet(tmp_path / "b.csv", [w.row(3, serial="zs-1")]))
    assert open_again(case)
    assert Alarm.objects.count() == 1  # though the first outcome that carried the number counts no more
    assert insight_says_nothing()


def test_a_correction_that_brings_the_number_of_somebody_else_is_found(tmp_path: Path) -> None:
    w = build.world()
    build.deposit(w, build.sheet(tmp_path / "a.csv", [w.row(0, serial="ZS-1"), w.row(1, serial="ZS-2")]))
    correct(w, holding(w, 1), serial="ZS-1")
    assert actions.scan_all(now=LATER).opened == 1


def test_awards_before_birth_and_before_the_item(tmp_path: Path) -> None:
    w = build.world()
    build.deposit(w, build.sheet(tmp_path / "a.csv", [w.row(0, awarded_on="1980-05-01")]))
    assert actions.scan(now=NOW).opened == 2
    for kind in (AlarmKind.BEFORE_BIRTH, AlarmKind.BEFORE_ITEM):
        (case,) = queries.alarm_views(queries.alarms(EVERYTHING, kind=kind))
        for event in (AlarmEvent.EXPLAIN, AlarmEvent.CLOSE):
            actions.decide_alarm(number=case.number, event=event, reason="补录", by=supervisor(), now=NOW)
    correct(w, holding(w, 0), grade="91")
    assert actions.scan_all(now=LATER) == ScanReport(batches=1)
    correct(w, holding(w, 0), awarded_on="1981-05-01")  # another day is another claim
    assert actions.scan_all(now=LATER) == ScanReport(batches=1, opened=2)


def test_a_burst_that_was_explained_is_not_told_again_with_every_row_of_the_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xuefen.bank.supervision.rules.alarms.HABIT_FLOOR", 1)
    w = build.world()
    for n in range(7):
        done = build.deposit(w, build.sheet(tmp_path / f"{n}.csv", [w.row(0, serial=f"A{n}")]))
        with connection.cursor() as cursor:  # these days lie behind us
            cursor.execute(
                "UPDATE batch SET finished_at = finished_at - %s WHERE id = %s", [timedelta(days=7 - n), done.id]
            )
    rows = [w.row(n % 3, serial=f"B{n}") for n in range(24)]
    build.deposit(w, build.sheet(tmp_path / "burst.csv", rows[:11]))
    assert actions.scan_all(now=NOW).opened == 1
    build.deposit(w, build.sheet(tmp_path / "more.csv", rows[11:12]))
    assert actions.scan_all(now=NOW).grown == 1  # nobody has looked yet: the case says how many there are
    case = closed(AlarmKind.BURST)
    build.deposit(w, build.sheet(tmp_path / "one.csv", rows[12:13]))
    assert still_closed(case)
    build.deposit(w, build.sheet(tmp_path / "twice.csv", rows[13:]))
    assert open_again(case)


def test_results_at_the_pass_mark(tmp_path: Path) -> None:
    w = build.world()
    rows = [w.row(n % 3, serial=f"S{n}", grade="60") for n in range(30)]
    build.deposit(w, build.sheet(tmp_path / "a.csv", rows))
    assert actions.scan(now=NOW).opened == 1
    case = closed(AlarmKind.AT_THRESHOLD)
    correct(w, Outcome.objects.filter(state="valid")[0].number, serial="S-99")
    assert still_closed(case)


def test_a_file_of_two_people(settings: Any) -> None:
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = settings.STORAGES | {"evidence": memory}
    w = build.world()

    def bring(learner: int) -> None:
        content = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
        with transaction.atomic():
            evidence.keep_file(learner_id=w.learner_ids[learner], name="证书.pdf", content=content, now=NOW)

    bring(0)
    bring(1)
    assert actions.scan(now=NOW) == ScanReport(opened=1)
    case = closed(AlarmKind.SHARED_FILE)
    bring(0)
    assert still_closed(case)
    bring(2)
    assert open_again(case)


def insight_says_nothing() -> bool:
    return not [v for room in ("deposits", "supervision") for v in insight.CHECKS[room]()]
