"""What the database refuses, whoever asks."""

from __future__ import annotations

from itertools import product

import pytest
from django.db import Error, IntegrityError, connection, transaction

from tests.bank.recognition_builders import APPLIED, another_learner, applied, world
from xuefen.bank.recognition import actions, states
from xuefen.bank.recognition.models import Application, Objection
from xuefen.bank.recognition.types import Event, State
from xuefen.bank.shell.actor import PUBLIC

pytestmark = pytest.mark.django_db


def run(sql: str, *values: object) -> None:
    """One statement in a transaction of its own, its deferred guards included."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_the_function_in_the_database_is_the_table() -> None:
    with connection.cursor() as cursor:
        for origin, event, to in product(State, Event, State):
            cursor.execute("SELECT move_is_in_table(%s, %s, %s)", [origin, event, to])
            move = states.MOVES.get((origin, event))
            assert cursor.fetchone()[0] == (move is not None and move.to is to), (origin, event, to)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE application SET state = 'archived', due_at = NULL, remind_at = NULL",
        "UPDATE application SET state = 'convert'",
        "UPDATE application SET version = version + 1",
        "UPDATE application SET state = 'convert', version = version + 1",
        "UPDATE application SET plan = 'x'",
        "UPDATE application SET credits = credits + 100",
        "UPDATE application SET learner_id = learner_id + 1",
        "UPDATE application SET due_at = NULL",
        "DELETE FROM application",
        "UPDATE move SET note = 'x'",
        "DELETE FROM move",
        "UPDATE application_use SET credits = credits + 1",
        "DELETE FROM application_use",
        "INSERT INTO move (application_id, seq, from_state, event, to_state, actor_kind, actor_name, reason_code, note, at,"
        " leaf_id) SELECT id, 2, 'review', 'approve', 'archived', 'staff', '', '', '', now(), 1 FROM application",
        "INSERT INTO move (application_id, seq, from_state, event, to_state, actor_kind, actor_name, reason_code, note, at,"
        " leaf_id) SELECT id, 2, 'notice', 'notice_over', 'archived', 'staff', '', '', '', now(), 1 FROM application",
        "INSERT INTO move (application_id, seq, from_state, event, to_state, actor_kind, actor_name, reason_code, note, at,"
        " leaf_id) SELECT id, 3, 'review', 'approve', 'convert', 'staff', '', '', '', now(), 1 FROM application",
        # A legal move alone: the application did not come along.
        "INSERT INTO move (application_id, seq, from_state, event, to_state, actor_kind, actor_name, reason_code, note, at,"
        " leaf_id) SELECT id, 2, 'review', 'approve', 'convert', 'staff', '', '', '', now(), 1 FROM application",
        "INSERT INTO move (application_id, seq, from_state, event, to_state, actor_kind, actor_name, reason_code, note, at,"
        " leaf_id) SELECT id, 1, 'new', 'apply', 'review', 'staff', '', '', '', now(), 1 FROM application",
    ],
)
def test_the_database_refuses(sql: str) -> None:
    application = applied(world(outcomes=1))
    with pytest.raises(IntegrityError):
        run(sql)
    assert Application.objects.get(pk=application.pk).state == "review"


def test_an_application_cannot_begin_in_the_middle() -> None:
    w = world(outcomes=1)
    application = applied(w)
    other = another_learner(w, 2)
    columns = (
        "number, learner_id, programme_id, receiver_id, standard_version_id, state, version, plan, credits, decided_by,"
        " reason_code, applied_at, entered_at, due_at, reminders, key"
    )
    with pytest.raises(IntegrityError):
        run(
            f"INSERT INTO application ({columns}) SELECT 'SQ1', %s, programme_id, receiver_id, standard_version_id, 'notice',"
            " 3, plan, credits, '', '', applied_at, entered_at, due_at, 0, 'forged' FROM application WHERE id = %s",
            other,
            application.pk,
        )


def test_truncating_the_moves_is_refused() -> None:
    with pytest.raises(Error):
        run("TRUNCATE move CASCADE")


def test_an_objection_is_answered_once_and_keeps_its_words() -> None:
    w = world(outcomes=1)
    application = applied(w)
    actions.approve(number=application.number, version=1, by=w.reviewer, now=APPLIED)
    actions.convert(number=application.number, version=2, by=w.reviewer, now=APPLIED)
    actions.object_(number=application.number, by_name="甲", text="x", contact="y", by=PUBLIC, now=APPLIED)
    with pytest.raises(IntegrityError):
        run("UPDATE objection SET text = 'nothing'")
    actions.answer_objection(
        number=application.number, version=4, uphold=False, reply="不属实", by=w.branch, now=APPLIED
    )
    with pytest.raises(IntegrityError):
        run("UPDATE objection SET outcome = 'upheld'")
    with pytest.raises(IntegrityError):
        run("DELETE FROM objection")
    assert Objection.objects.get().outcome == "rejected"


def test_one_running_application_for_one_programme() -> None:
    w = world(outcomes=1)
    first = applied(w)
    actions.withdraw(number=first.number, version=1, by=w.learner, now=APPLIED)
    applied(w)
    with pytest.raises(IntegrityError, match="application_one_running"), transaction.atomic():
        Application.objects.filter(pk=first.pk).update(state="review", due_at=APPLIED)
