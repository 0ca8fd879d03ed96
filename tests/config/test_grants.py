"""What whoever holds the application's connection can do to the facts: nothing."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection

from tests.bank import recognition_builders as builders
from xuefen.config import grants

pytestmark = pytest.mark.django_db(transaction=True)
FACTS = ("transfer", "leaf", "checkpoint", "audit_entry", "move", "item", "rule_source", "share_view")


@pytest.fixture
def application() -> Iterator[psycopg.Connection]:
    """A connection of the application's own user to the test's database."""
    grants.grant_application()
    said = connection.settings_dict
    with psycopg.connect(
        dbname=said["NAME"], host=said["HOST"], port=said["PORT"] or None, user=grants.application_role(),
        options=said["OPTIONS"]["options"], autocommit=True,
    ) as own:  # fmt: skip
        yield own


def refused(own: psycopg.Connection, statement: str) -> bool:
    try:
        own.execute(statement)
    except psycopg.errors.InsufficientPrivilege:
        return True
    return False


@pytest.mark.parametrize("table", FACTS)
def test_no_fact_can_be_changed_removed_or_bared(application: psycopg.Connection, table: str) -> None:
    column = connection.introspection.get_table_description(connection.cursor(), table)[0].name
    for statement in (
        f'UPDATE "{table}" SET "{column}" = "{column}"',
        f'DELETE FROM "{table}"',
        f'TRUNCATE "{table}" CASCADE',
        f'ALTER TABLE "{table}" DISABLE TRIGGER ALL',
        f'DROP TABLE "{table}" CASCADE',
    ):
        assert refused(application, statement), statement


@pytest.mark.parametrize(
    "statement",
    [
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "DROP TRIGGER transfer_is_kept ON transfer",
        "CREATE TABLE mine (x int)",
        "DROP SCHEMA xuefen CASCADE",
        "SET ROLE postgres",
        "ALTER ROLE xuefen_app SUPERUSER",
    ],
)
def test_no_guard_can_be_taken_away(application: psycopg.Connection, statement: str) -> None:
    try:
        application.execute(statement)
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidParameterValue):
        return
    raise AssertionError(statement)


def test_every_table_whose_rows_are_facts_is_read_only_for_it(application: psycopg.Connection) -> None:
    """Not a list of ours: whatever the guards call a fact."""
    with connection.cursor() as cursor:
        cursor.execute(grants._TRIGGERS)
        facts = cursor.fetchall()
    assert len(facts) > 15
    for table, kinds in facts:
        for bit, right in ((8, "DELETE"), (16, "UPDATE")):
            (allowed,) = application.execute("SELECT has_table_privilege(%s, %s)", [table, right]).fetchone()
            assert not (kinds & bit and allowed), (table, right)


def test_it_can_do_its_work(application: psycopg.Connection) -> None:
    world = builders.world(outcomes=1)
    assert application.execute("SELECT count(*) FROM transfer").fetchone() == (1,)
    assert application.execute("UPDATE learner SET state = state WHERE id = %s", [world.learner_id]).rowcount == 1
    application.execute("INSERT INTO queued_leaf (body) VALUES ('x')")
    application.execute("DELETE FROM queued_leaf WHERE body = 'x'")


CHANGES_FREELY = {
    "anchor_try": "how the last tries went",
    "column_name": "what an issuer's headings mean, until forgotten",
    "doctor_run": "a report under way, then its result",
    "impact_run": "a preview under way, then its result",
    "institution": "its names and state; every act is audited",
    "node": "the bank's name plate",
    "scan_place": "how far a scan has come",
    "seen_serial": "what a scan has seen; the outcome proves it",
    "user": "sign-ins: password, last visit",
    "witness": "whom we ask, and how far they are",
}


def test_every_table_is_a_fact_or_says_what_may_change(application: psycopg.Connection) -> None:
    """A new table comes with its guard (a whole fact, or named columns), or is named here with the reason."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace"
            " AND NOT EXISTS (SELECT 1 FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgrelid = c.oid"
            " AND NOT t.tgisinternal AND (t.tgtype & 16) > 0 AND p.proname IN ('refuse_change', 'allow_only_columns'))"
        )
        free = {table for (table,) in cursor.fetchall()}
    ours = {table for table in free if not table.startswith(("auth_", "django_", "procrastinate_", "user_"))}
    assert ours == set(CHANGES_FREELY), ours ^ set(CHANGES_FREELY)
