"""Deadlines: reminders, consent by silence, automatic conversion, archiving; and what one poisonous application cannot do."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from tests.bank.recognition_builders import APPLIED, World, another_learner, applied, world
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.ledger import queries as ledger
from xuefen.bank.ledger.types import Balance, BookKind
from xuefen.bank.recognition import actions, queries, tasks
from xuefen.bank.recognition.actions import sweeping
from xuefen.bank.recognition.models import Application, Move
from xuefen.bank.recognition.types import Due, SweepReport
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import PUBLIC
from xuefen.bedrock.workdays import BEIJING

pytestmark = pytest.mark.django_db


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


def whole() -> None:
    assert [*queries.violations(), *ledger.violations()] == []


def test_nobody_answers_and_the_house_goes_the_whole_road() -> None:
    w = world()
    application = applied(w)  # 2 November, 10:00
    said = [
        ("2026-11-09T23:59", SweepReport()),
        ("2026-11-10T00:00", SweepReport(reminded=1)),  # half of ten working days are gone
        ("2026-11-10T00:01", SweepReport()),
        ("2026-11-13T00:00", SweepReport(reminded=1)),  # eight of ten
        ("2026-11-16T23:59", SweepReport()),
        ("2026-11-17T00:00", SweepReport(consented=1)),
        ("2026-11-19T23:59", SweepReport()),
        ("2026-11-20T00:00", SweepReport(reminded=1)),
        ("2026-11-24T23:59", SweepReport(reminded=1)),
        ("2026-11-25T00:00", SweepReport(converted=1)),
        ("2026-12-02T23:59", SweepReport()),
        ("2026-12-03T00:00", SweepReport(archived=1)),
        ("2027-01-01T00:00", SweepReport()),
    ]
    assert [(when, actions.sweep(now=at(when))) for when, _ in said] == said
    done = Application.objects.get(pk=application.pk)
    assert (done.state, done.decided_by, done.due_at, done.remind_at) == ("archived", "silence", None, None)
    silence = Move.objects.get(event="silence")
    assert (silence.actor_kind, silence.actor_name, silence.at) == (
        "system",
        "recognition.sweep",
        at("2026-11-17T00:00"),
    )
    assert AuditEntry.objects.filter(action="application.silence", actor_name="recognition.sweep").count() == 1
    assert AuditEntry.objects.filter(action="application.remind").count() == 4
    assert ledger.balance(BookKind.LEARNER, w.learner_id) == Balance(received=600, sent=600, held=0)
    whole()


def test_reminders_are_counted_where_the_reviewer_sees_them() -> None:
    w = world()
    applied(w)
    actions.sweep(now=at("2026-11-10T00:00"))
    row = queries.queue(w.reviewer.scope("applications.review"), now=at("2026-11-10T09:00")).rows[0]
    assert (row.reminders, row.reminded_at) == (1, at("2026-11-10T00:00"))


def test_after_an_outage_the_deadline_is_done_and_nobody_is_reminded_of_the_past() -> None:
    w = world()
    applied(w)
    assert actions.sweep(now=at("2026-11-20T08:00")) == SweepReport(consented=1)
    # The next step starts when it really starts: its people get all their days.
    assert Application.objects.get().due_at == at("2026-11-28T00:00")


def test_an_objection_is_never_decided_by_silence() -> None:
    w = world()
    application = applied(w)
    actions.sweep(now=at("2026-11-17T00:00"))
    actions.sweep(now=at("2026-11-25T00:00"))
    actions.object_(
        number=application.number, by_name="甲", text="x", contact="y", by=PUBLIC, now=at("2026-11-26T09:00")
    )
    assert actions.sweep(now=at("2026-12-01T00:00")) == SweepReport(reminded=1)
    assert actions.sweep(now=at("2027-02-01T00:00")) == SweepReport()
    assert Application.objects.get().state == "objection"


def crowd(w: World, count: int) -> list[Application]:
    """Applications of different people, a minute apart."""
    learner_ids = [w.learner_id, *(another_learner(w, number) for number in range(2, count + 1))]
    return [applied(w, learner_id=who, now=APPLIED + timedelta(minutes=i)) for i, who in enumerate(learner_ids)]


def poison(application: Application) -> None:
    """Make every write to this one row fail, as a defect in the data would."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$"
            " BEGIN IF NEW.number = TG_ARGV[0] THEN RAISE EXCEPTION 'poison'; END IF; RETURN NEW; END $$"
        )
        cursor.execute(
            f"CREATE TRIGGER spoil_{application.pk} BEFORE UPDATE ON application FOR EACH ROW"
            f" EXECUTE FUNCTION spoil('{application.number}')"
        )


def test_one_poisonous_application_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    w = world(outcomes=1)
    first, *others = crowd(w, 4)
    poison(first)
    with caplog.at_level(logging.ERROR):
        report = actions.sweep(now=at("2026-11-17T00:00"))
    assert report == SweepReport(consented=3, failed=1)
    assert first.number in caplog.text
    assert Application.objects.get(pk=first.pk).state == "review"
    assert set(Application.objects.filter(pk__in=[a.pk for a in others]).values_list("state", flat=True)) == {"convert"}
    assert not Move.objects.filter(application=first, event="silence").exists()
    whole()


def test_a_poisonous_reminder_stops_no_other_reminder() -> None:
    w = world(outcomes=1)
    first, second = crowd(w, 2)
    poison(first)
    assert actions.sweep(now=at("2026-11-10T00:00"), limit=1) == SweepReport(reminded=1, failed=1)
    assert Application.objects.get(pk=second.pk).reminders == 1


def test_poisonous_applications_use_up_nothing_of_the_limit() -> None:
    w = world(outcomes=1)
    first, second, third = crowd(w, 3)
    poison(first)
    poison(second)
    assert actions.sweep(now=at("2026-11-17T00:00"), limit=1) == SweepReport(consented=1, failed=2)
    assert Application.objects.get(pk=third.pk).state == "convert"


def test_the_limit_takes_the_longest_overdue_first() -> None:
    w = world(outcomes=1)
    first, second, third = crowd(w, 3)
    assert actions.sweep(now=at("2026-11-17T00:00"), limit=2) == SweepReport(consented=2)
    assert [Application.objects.get(pk=a.pk).state for a in (first, second, third)] == ["convert", "convert", "review"]


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_and_a_reviewer_at_once_make_one_move() -> None:
    w = world()
    application = applied(w)
    due = application.due_at
    start, reports = threading.Barrier(3), []

    def run() -> None:
        try:
            start.wait()
            reports.append(actions.sweep(now=due))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(r.consented for r in reports) == 1
    assert sum(r.failed for r in reports) == 0
    assert Move.objects.filter(application=application).count() == 2
    whole()


def test_a_row_moved_after_it_was_read_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep reads, the learner withdraws, the sweep acts on what it read: the withdrawal stands."""
    w = world()
    application = applied(w)
    read = queries.deadlines_due

    def read_then_withdraw(**given: Any) -> list[Due]:
        found = read(**given)
        if found:
            actions.withdraw(number=application.number, version=1, by=w.learner, now=APPLIED)
        return found

    monkeypatch.setattr(queries, "deadlines_due", read_then_withdraw)
    assert actions.sweep(now=application.due_at) == SweepReport(overtaken=1)
    assert Application.objects.get().state == "withdrawn"
    whole()


def test_what_was_read_at_another_version_is_left_alone() -> None:
    """Compare and set: also when the time is up by the row as it is now."""
    application = applied(world())
    now = application.due_at
    for version in (0, 2):
        assert not sweeping._time_is_up(pk=application.pk, version=version, now=now)
        assert not sweeping._remind(pk=application.pk, version=version, now=now)
    assert sweeping._time_is_up(pk=application.pk, version=1, now=now)
    whole()


def test_the_task_sweeps_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    application = applied(w)
    monkeypatch.setattr(clock, "now", lambda: application.due_at)
    tasks.sweep_deadlines(timestamp=0)
    assert Application.objects.get().state == "convert"
