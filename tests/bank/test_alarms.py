"""Alarms: what is found, that it opens one case however often it is found, that nothing is stopped, and who ends a case."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from tests.bank import deposit_builders as build
from tests.bank import foundation_builders as foundations
from tests.bank import standard_builders
from xuefen.bank.custody.models import Erasure
from xuefen.bank.deposits import actions as deposits
from xuefen.bank.deposits.models import Outcome
from xuefen.bank.evidence import actions as evidence
from xuefen.bank.insight import queries as insight
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.types import Role
from xuefen.bank.supervision import actions, queries, rules, states
from xuefen.bank.supervision.models import Alarm, AlarmStep, ScannedBatch, SeenSerial
from xuefen.bank.supervision.types.alarms import AlarmEvent, AlarmKind, AlarmState, DayCount, ScanReport

NOW = build.NOW
PROJECT = Path(__file__).resolve().parents[2]


def found(kind: AlarmKind) -> list[Any]:
    return queries.alarm_views(queries.alarms(EVERYTHING, kind=kind))


def broken() -> list[Any]:
    return [v for room in ("deposits", "supervision") for v in insight.CHECKS[room]()]


def supervisor(name: str = "姚监督") -> Actor:
    actor = foundations.at_place(Role.SUPERVISOR, "/hub/")
    return Actor(kind="staff", name=name, user_id=None, grants=actor.grants, roles=actor.roles)


# --- rules -----------------------------------------------------------------------------------------------------------


def days(*rows: int, last: date = date(2026, 11, 19)) -> list[DayCount]:
    """Deposits on consecutive days, the last of them on ``last``."""
    return [DayCount(last - timedelta(days=i), n) for i, n in enumerate(reversed(rows))]


def test_a_habit_is_the_median_of_working_days_with_deposits() -> None:
    before = date(2026, 11, 20)  # a Friday; the 14th and 15th are a weekend
    assert rules.habit(days(250, 8000, 8000, 500, 400, 9000, 200), before=before) == 400  # without the weekend
    assert rules.habit(days(300, 500, 400, 200), before=before) is None  # four days make no habit
    assert rules.habit(days(0, 0, 7, 3, 5, 4, 6, 8, 2), before=before) == 100  # the floor
    assert (
        rules.habit(days(*[300] * 5, last=date(2026, 9, 1)), before=before) is None
    )  # longer ago than the habit looks
    assert rules.is_burst(3000, usual=300) and not rules.is_burst(2999, usual=300)


def test_a_pile_at_the_pass_mark_is_told_from_chance() -> None:
    assert rules.pile_chance(0, [5, 5, 5, 5, 5]) == 1.0
    assert rules.pile_chance(6, [6, 6, 6, 6, 6]) == pytest.approx(0.58, abs=0.05)
    assert rules.pile_chance(1, [0, 0, 0, 0, 0]) == pytest.approx(1 / 6)
    assert rules.pile_chance(2, [0, 0, 0, 0, 0]) == pytest.approx(1 / 36)
    assert rules.piles_up(40, [4, 5, 3, 6, 4])
    assert not rules.piles_up(15, [0, 0, 0, 0, 0])  # few people prove nothing
    assert not rules.piles_up(40, [35, 41, 38, 36, 44])
    assert not rules.piles_up(20_000, [20_100, 19_900, 20_050, 20_000, 20_020])  # large numbers stay quick and right


def test_every_kind_has_its_sentence_and_every_chance_its_words() -> None:
    said = {
        AlarmKind.BEFORE_ITEM: {"items": 2, "item": "x", "first": "2026-01-01", "earliest": "2025-01-01"},
        AlarmKind.BURST: {"day": "2026-11-20", "usual": 100},
        AlarmKind.AT_THRESHOLD: {"mark": 60, "neighbours": 4.2, "chance": 1e-12},
    }
    for kind in AlarmKind:
        zh, en = rules.sentence(kind, {"count": 1000, **said.get(kind, {})}, issuer="示例院校")
        assert "{" not in zh + en and "1000" in zh and "1000" in en


def test_the_databases_table_is_the_table() -> None:
    guards = (PROJECT / "src" / "xuefen" / "bank" / "supervision" / "guards.sql").read_text(encoding="utf-8")
    assert guards.split("IN (\n", 1)[1].split("\n    )", 1)[0] == states.guard_rows()
    for state in states.STATE_WORDS:
        assert states.events_of(state), f"a person can do nothing with a case that is {state}"


# --- searches --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_one_certificate_number_for_two_people_opens_one_case_and_the_deposit_goes_on(tmp_path: Path) -> None:
    w = build.world()
    first = build.deposit(w, build.sheet(tmp_path / "a.csv", [w.row(0, serial="ZS-1"), w.row(1, serial="ZS-2")]))
    assert actions.scan(now=NOW) == ScanReport(batches=1)
    second = build.deposit(w, build.sheet(tmp_path / "b.csv", [w.row(1, serial="zs -1", item_code="C2")]))
    assert (first.counts.accepted, second.counts.accepted) == (2, 1)  # an alarm stops nothing
    assert actions.scan(now=NOW) == ScanReport(batches=1, opened=1)
    (case,) = found(AlarmKind.SHARED_SERIAL)
    assert case.sentence[0] == f"{w.issuer.name_zh}把同一个证书编号存给了 2 个人。"
    assert len(case.outcomes) == 2 and (case.state, case.batch) == (AlarmState.OPEN, second.number)
    assert "ZS-1" not in str(case.to_json())  # the case holds numbers of outcomes, not of certificates
    assert actions.scan(now=NOW) == ScanReport()
    actions.decide_alarm(number=case.number, event=AlarmEvent.EXPLAIN, reason="双证合一", by=supervisor(), now=NOW)
    build.deposit(w, build.sheet(tmp_path / "c.csv", [w.row(2, serial="ZS-1")]))
    assert actions.scan(now=NOW) == ScanReport(batches=1, grown=1)
    grown = queries.alarm(EVERYTHING, case.number)
    assert (grown.state, grown.found["count"], len(grown.moves)) == (AlarmState.OPEN, 3, 3)
    assert broken() == []


@pytest.mark.django_db
def test_the_name_of_a_period_of_activities_is_no_certificate_number() -> None:
    w = build.world(people=2)
    rows = [
        {
            "account": account,
            "item_code": "S1",
            "awarded_on": "2026-06-30",
            "grade": "合格",
            "hours": "32",
            "serial": "GD/1",
        }
        for account in w.accounts
    ]
    batch = deposits.receive_rows(source="gather", rows=rows, issuer_code=w.issuer.code, by=build.HOUSE, now=NOW)
    assert deposits.run(batch_id=batch.id, by=build.HOUSE, now=NOW).counts.accepted == 2
    assert actions.scan(now=NOW) == ScanReport(batches=1)


@pytest.mark.django_db
def test_awards_before_birth_and_before_the_item(tmp_path: Path) -> None:
    w = build.world()
    rows = [w.row(0, awarded_on="1980-05-01"), w.row(1, awarded_on="2025-12-31"), w.row(2)]
    build.deposit(w, build.sheet(tmp_path / "a.csv", rows))
    assert actions.scan(now=NOW).opened == 2
    (birth,), (item,) = found(AlarmKind.BEFORE_BIRTH), found(AlarmKind.BEFORE_ITEM)
    assert birth.found["count"] == 1 and "1990" not in str(birth.to_json())  # the birth date is not told
    assert (item.found["count"], item.found["earliest"]) == (2, "1980-05-01")
    assert (item.found["item"], item.found["first"]) == ("示例C1", "2026-01-01")
    assert broken() == []


@pytest.mark.django_db
def test_a_day_of_ten_times_the_habit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xuefen.bank.supervision.rules.alarms.HABIT_FLOOR", 1)
    w = build.world(people=3)
    for n in range(7):
        row = [w.row(0, serial=f"A{n}")]
        done = build.deposit(w, build.sheet(tmp_path / f"{n}.csv", row))
        with connection.cursor() as cursor:  # these days lie behind us
            cursor.execute(
                "UPDATE batch SET finished_at = finished_at - %s WHERE id = %s", [timedelta(days=7 - n), done.id]
            )
    assert actions.scan(now=NOW).opened == 0
    rows = [w.row(n % 3, serial=f"B{n}") for n in range(12)]
    done = build.deposit(w, build.sheet(tmp_path / "burst.csv", rows))
    assert actions.scan(now=NOW).opened == 1
    (case,) = found(AlarmKind.BURST)
    assert (case.found["count"], case.found["usual"], case.batch) == (12, 1, done.number)
    assert case.chart[-1][1] == 12


@pytest.mark.django_db
def test_results_that_pile_up_at_the_pass_mark(tmp_path: Path) -> None:
    w = build.world(people=3)
    grades = ["60"] * 30 + ["61", "62", "63", "64", "65"] + ["78"] * 10
    rows = [w.row(n % 3, serial=f"S{n}", grade=grade) for n, grade in enumerate(grades)]
    build.deposit(w, build.sheet(tmp_path / "a.csv", rows))
    even = [w.row(n % 3, serial=f"E{n}", grade=str(60 + n % 30)) for n in range(90)]
    build.deposit(w, build.sheet(tmp_path / "b.csv", even))
    assert actions.scan(now=NOW) == ScanReport(batches=2, opened=1)
    (case,) = found(AlarmKind.AT_THRESHOLD)
    assert case.chart == [("60", 30), ("61", 1), ("62", 1), ("63", 1), ("64", 1), ("65", 1)]
    assert "30 人" in case.sentence[0] and case.found["chance"] < 1e-9
    assert len(case.outcomes) == 20


@pytest.mark.django_db
def test_words_that_mean_the_pass_mark_are_no_pile(tmp_path: Path) -> None:
    w = build.world(people=3)
    rows = [w.row(n % 3, serial=f"S{n}", grade="及格") for n in range(60)]
    build.deposit(w, build.sheet(tmp_path / "words.csv", rows))
    assert actions.scan(now=NOW) == ScanReport(batches=1, opened=0)


@pytest.mark.django_db
def test_results_that_pile_up_at_the_mark_a_setting_asks_for() -> None:
    w = build.world(people=3)
    body = standard_builders.next_body()
    body["social"]["S01"]["min_mark"] = "80"
    standard_builders.published(standard_builders.People(), body)
    later = NOW + timedelta(days=60)
    row = {"awarded_on": "2026-06-30", "hours": "32"}
    grades = ["80"] * 30 + ["81", "83", "84"] + ["90"] * 10
    talks = [row | {"item_code": "S1", "serial": f"S{n}", "grade": grade} for n, grade in enumerate(grades)]
    course = [row | {"item_code": "C1", "serial": f"C{n}", "grade": str(80 + n % 6)} for n in range(300)]
    rows = [one | {"account": w.accounts[n % 3]} for n, one in enumerate(talks + course)]
    batch = deposits.receive_rows(source="form", rows=rows, issuer_code="ylu", by=build.HOUSE, now=later)
    assert deposits.run(batch_id=batch.id, by=build.HOUSE, now=later).counts.accepted == len(rows)
    assert actions.scan(now=later).opened == 1
    (case,) = found(AlarmKind.AT_THRESHOLD)
    assert case.chart == [("80", 30), ("81", 1), ("82", 0), ("83", 1), ("84", 1), ("85", 0)], (
        "courses do not count here"
    )
    assert "标准对这类成果要求的分数" in case.sentence[0] and "asked of this kind" in case.sentence[1]


@pytest.mark.django_db
def test_one_file_for_two_people(settings: Any) -> None:
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = settings.STORAGES | {"evidence": memory}
    w = build.world(people=2)
    scan_of = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
    for learner_id in w.learner_ids:
        with transaction.atomic():
            evidence.keep_file(learner_id=learner_id, name="证书.pdf", content=scan_of, now=NOW)
    assert actions.scan(now=NOW) == ScanReport(opened=1)
    (case,) = found(AlarmKind.SHARED_FILE)
    assert case.sentence[0] == "同一份佐证材料，2 个人都交过。" and len(case.found["files"]) == 2
    assert actions.scan(now=NOW) == ScanReport()
    mine = foundations.at_place(Role.BRANCH_OFFICER, foundations.ZHEJIANG)
    assert queries.alarm(mine.scope("alarms.read"), case.number)
    assert broken() == []


@pytest.mark.django_db
def test_one_failing_batch_stops_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    w = build.world()
    bad = build.deposit(w, build.sheet(tmp_path / "a.csv", [w.row(0)]))
    build.deposit(w, build.sheet(tmp_path / "b.csv", [w.row(1)]))
    whole = queries.in_batch

    def poisoned(batch_id: int) -> Any:
        if batch_id == bad.id:
            raise RuntimeError("poison")
        return whole(batch_id)

    with monkeypatch.context() as patch:
        patch.setattr(queries, "in_batch", poisoned)
        assert actions.scan(now=NOW) == ScanReport(batches=1, failed=1)
    assert actions.scan(now=NOW) == ScanReport(batches=1)


# --- cases -----------------------------------------------------------------------------------------------------------


def a_case(tmp_path: Path) -> tuple[build.World, str]:
    w = build.world()
    build.deposit(w, build.sheet(tmp_path / "a.csv", [w.row(0, serial="X"), w.row(1, serial="X")]))
    actions.scan(now=NOW)
    return w, Alarm.objects.get().number


@pytest.mark.django_db
def test_a_person_ends_a_case_with_a_reason_and_may_open_it_again(tmp_path: Path) -> None:
    _, number = a_case(tmp_path)
    by = supervisor()
    for event, code in ((AlarmEvent.CLOSE, "alarm_move"), (AlarmEvent.REOPEN, "alarm_move")):
        with pytest.raises(Denied, match=code):
            actions.decide_alarm(number=number, event=event, reason="x", by=by, now=NOW)
    with pytest.raises(Denied, match="alarm_reason"):
        actions.decide_alarm(number=number, event=AlarmEvent.CONFIRM, reason=" ", by=by, now=NOW)
    with pytest.raises(Denied, match="stale"):
        actions.decide_alarm(number=number, event=AlarmEvent.CONFIRM, reason="x", version=9, by=by, now=NOW)
    for event in (AlarmEvent.CONFIRM, AlarmEvent.CLOSE, AlarmEvent.REOPEN, AlarmEvent.EXPLAIN, AlarmEvent.CLOSE):
        view = actions.decide_alarm(number=number, event=event, reason="已核实", by=by, now=NOW)
    assert view.state is AlarmState.CLOSED
    assert [m.event.value for m in view.moves] == ["find", "confirm", "close", "reopen", "explain", "close"]
    assert {m.by_name for m in view.moves[1:]} == {"姚监督"}
    assert broken() == []


@pytest.mark.django_db
def test_cases_are_scoped_and_decided_only_by_those_who_may(tmp_path: Path) -> None:
    w, number = a_case(tmp_path)
    mine = foundations.at_place(Role.BRANCH_OFFICER, foundations.ZHEJIANG)
    elsewhere = foundations.at_place(Role.BRANCH_OFFICER, "/hub/31/")
    assert queries.alarm(mine.scope("alarms.read"), number).number == number
    with pytest.raises(Denied, match="alarm_unknown"):
        queries.alarm(elsewhere.scope("alarms.read"), number)
    for who in (elsewhere, w.officer, foundations.as_learner(w.learner_ids[0])):
        with pytest.raises(Denied):
            actions.decide_alarm(number=number, event=AlarmEvent.EXPLAIN, reason="x", by=who, now=NOW)


@pytest.mark.django_db
def test_the_database_keeps_cases_and_prove_sees_forgeries(tmp_path: Path) -> None:
    _, number = a_case(tmp_path)
    for change in (
        lambda: AlarmStep.objects.update(reason="y"),
        lambda: Alarm.objects.update(kind="burst"),
        lambda: Alarm.objects.all()._raw_delete("default"),
        lambda: ScannedBatch.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    for forgery, told in (
        ("UPDATE alarm SET state = 'closed'", "its moves lead to open"),
        ("UPDATE alarm_step SET leaf_id = leaf_id + 1000", "is not what leaf"),
    ):
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = replica")
                cursor.execute(forgery)
            said = broken()
            transaction.set_rollback(True)
        assert any(told in v.found for v in said), said
    assert Outcome.objects.count() == 2 and number


@pytest.mark.django_db
def test_an_erased_persons_certificate_numbers_are_forgotten_here_too(tmp_path: Path) -> None:
    w, _ = a_case(tmp_path)
    learner_id = w.learner_ids[0]
    Erasure.objects.create(learner_id=learner_id, state="confirmed", again=True, confirmed_at=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT forget_person(%s, %s::text[], 'x')", [learner_id, []])
    assert not SeenSerial.objects.filter(learner_id=learner_id).exists()
    assert SeenSerial.objects.exists()
