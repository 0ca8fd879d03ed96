"""Making a database a bank: its schema, its tables, its keys."""

from __future__ import annotations

import sys
from io import StringIO

from django.conf import settings
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.migrations.executor import MigrationExecutor

from xuefen.bedrock.gm.keys import FileKeyProvider


def prepare() -> None:
    """Create what is missing: the node's schema, tables up to the newest migration, the node's keys. Safe to repeat."""
    schema = str(connection.settings_dict["OPTIONS"]["options"]).rpartition("=")[2]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [f"{schema}.migrate"])
        cursor.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
        call_command("migrate", verbosity=0, stdout=StringIO())
        cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [f"{schema}.migrate"])
    if not settings.XUEFEN_KEYS.exists():
        FileKeyProvider.create(settings.XUEFEN_KEYS, passphrase=settings.XUEFEN_PASSPHRASE)


def require_prepared() -> None:
    """Stop with one sentence when the database is not this version's."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        print(
            f"xuefen: the bank in {settings.XUEFEN_HOME} ({DEFAULT_DB_ALIAS} database) is not set up for this version."
            " Run 'xuefen init' first, or 'make demo' for a bank with made-up data.",
            file=sys.stderr,
        )
        raise SystemExit(2)
