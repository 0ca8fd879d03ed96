from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from tests.bank.foundation_builders import HOUSE, NOW, ZHEJIANG, at_place
from xuefen.bank.audit import actions, queries
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.types import Role

pytestmark = pytest.mark.django_db
SUPERVISOR = at_place(Role.SUPERVISOR, ZHEJIANG)


def test_an_act_is_found_by_its_subject_with_all_that_was_said() -> None:
    actions.record(
        action="x.changed", by=SUPERVISOR, now=NOW, subject=("thing", 7), reason="why", before={"a": 1}, after={"a": 2}
    )
    actions.record(action="x.changed", by=HOUSE, now=NOW, subject=("thing", 8))
    (entry,) = queries.about(SUPERVISOR, kind="thing", subject=7)
    assert (entry.at, entry.actor_kind, entry.actor_name, entry.action) == (NOW, "staff", SUPERVISOR.name, "x.changed")
    assert (entry.reason, entry.before, entry.after) == ("why", {"a": 1}, {"a": 2})


def test_one_act_on_many_subjects_is_one_entry_each() -> None:
    actions.record_many(
        action="x.opened", by=HOUSE, now=NOW, subject_kind="thing", subject_ids=[1, 2], reason="why", after={"n": 1}
    )
    actions.record_many(action="x.closed", by=HOUSE, now=NOW, subject_kind="thing", subject_ids=["3"])
    found = queries.entries(SUPERVISOR).order_by("id").values_list("action", "subject_id", "reason", "after", "before")
    assert list(found) == [
        ("x.opened", "1", "why", {"n": 1}, None),
        ("x.opened", "2", "why", {"n": 1}, None),
        ("x.closed", "3", "", None, None),
    ]


def test_the_trail_is_cut_by_time_and_action_newest_first() -> None:
    for minute, action in enumerate(("a", "b", "a")):
        actions.record(action=action, by=HOUSE, now=NOW + timedelta(minutes=minute), subject=("thing", minute))
    assert [e.subject_id for e in queries.entries(SUPERVISOR)] == ["2", "1", "0"]
    assert [e.subject_id for e in queries.entries(SUPERVISOR, action="a")] == ["2", "0"]
    later = NOW + timedelta(minutes=1)
    assert [e.subject_id for e in queries.entries(SUPERVISOR, since=later)] == ["2", "1"]
    assert [e.subject_id for e in queries.entries(SUPERVISOR, until=later)] == ["0"]
    assert list(queries.entries(SUPERVISOR, user_id=5)) == []


def test_a_clerk_does_not_read_the_trail() -> None:
    clerk = at_place(Role.POINT_CLERK, ZHEJIANG)
    with pytest.raises(Denied, match="not_allowed"):
        queries.entries(clerk)
    with pytest.raises(Denied, match="not_allowed"):
        queries.about(clerk, kind="thing", subject=1)


def test_the_trail_only_grows() -> None:
    actions.record(action="a", by=HOUSE, now=NOW, subject=("thing", 1))
    with pytest.raises(DatabaseError, match="facts"), transaction.atomic():
        AuditEntry.objects.update(reason="x")
    with pytest.raises(DatabaseError, match="facts"), transaction.atomic():
        AuditEntry.objects.all().delete()
    with pytest.raises(DatabaseError, match="facts"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE audit_entry")
    assert AuditEntry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_entry_needs_its_act_s_transaction() -> None:
    with pytest.raises(RuntimeError, match="inside a use case"):
        actions.record(action="a", by=HOUSE, now=NOW, subject=("thing", 1))
