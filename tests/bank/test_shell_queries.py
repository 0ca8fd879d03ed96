from __future__ import annotations

import pytest
from django.db import connection

from xuefen.bank.shell import queries

pytestmark = pytest.mark.django_db


def test_every_guard_of_every_room_stands() -> None:
    assert len(queries.guards()) > 40
    assert list(queries.violations()) == []


@pytest.mark.parametrize(
    ("blow", "subject", "guard"),
    [
        ("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_is_a_fact", "table audit_entry", "audit_entry_is_a_fact"),
        ("DROP TRIGGER move_follows_table ON move", "table move", "move_follows_table"),
        (
            "DROP TRIGGER application_stands_where_moved ON application",
            "table application",
            "application_stands_where_moved",
        ),
        ("ALTER TABLE outcome ENABLE REPLICA TRIGGER outcome_is_a_fact", "table outcome", "outcome_is_a_fact"),
    ],
)
def test_a_guard_taken_down_is_reported(blow: str, subject: str, guard: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(blow)
    assert [(v.subject, v.found) for v in queries.violations()] == [
        (subject, f"its guard {guard} is missing or disabled")
    ]
