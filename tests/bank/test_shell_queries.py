from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection

from xuefen.bank.shell import queries
from xuefen.bank.shell.transaction import wait_turn

pytestmark = pytest.mark.django_db
ROOMS = Path(queries.__file__).resolve().parents[1]


GUARDS = {
    "activities": 22, "audit": 2, "catalogue": 7, "certificates": 10, "conversion": 34, "custody": 5, "deposits": 16,
    "evidence": 3, "institutions": 3, "intake": 10, "learners": 4, "ledger": 6, "places": 2, "recognition": 11,
    "shell": 0, "staff": 4, "standards": 21, "supervision": 12, "translog": 14,
}  # fmt: skip
"""How many triggers each room has: whoever takes one down takes it down here too, and says why."""


def test_every_guard_of_every_room_stands() -> None:
    written = {path.parent.name: path.read_text(encoding="utf-8") for path in ROOMS.glob("*/guards.sql")}
    assert {room: text.count("EXECUTE FUNCTION") for room, text in written.items()} == GUARDS
    assert len(queries.guards()) == sum(GUARDS.values())
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
        ('DROP TRIGGER user_is_kept ON "user"', "table user", "user_is_kept"),
        ("ALTER TABLE outcome ENABLE REPLICA TRIGGER outcome_is_a_fact", "table outcome", "outcome_is_a_fact"),
    ],
)
def test_a_guard_taken_down_is_reported(blow: str, subject: str, guard: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(blow)
    assert [(v.subject, v.found) for v in queries.violations()] == [
        (subject, f"its guard {guard} is missing or disabled")
    ]


def test_a_turn_is_for_one_thing_of_one_node() -> None:
    def held() -> dict[str, int]:
        sql = "SELECT mode, count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() GROUP BY mode"
        return dict(queries.fetch(sql))

    wait_turn("sheet", 1)
    wait_turn("sheet", 1)
    wait_turn("sheet", 2)
    wait_turn("slip", 1)
    wait_turn("sheet", 3, shared=True)
    assert held() == {"ExclusiveLock": 3, "ShareLock": 1}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path TO information_schema")  # as another node of the same database
    wait_turn("sheet", 1)
    assert held() == {"ExclusiveLock": 4, "ShareLock": 1}
