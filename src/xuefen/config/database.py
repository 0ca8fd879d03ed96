"""Making a database a bank: its schema, its tables, its keys."""

from __future__ import annotations

import shutil
from io import StringIO

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from xuefen.bank.shell import queries
from xuefen.bank.shell.keys import token_at
from xuefen.bedrock.gm.keys import BANK_PURPOSES, FileKeyProvider
from xuefen.bedrock.gm.signatures import Algorithm
from xuefen.config import grants

KEYS_GONE = (
    "keys_missing: 数据库里已有一家学分银行，但 {keys} 里没有它的密钥。请恢复备份的 keys/ 和 secrets/，或改正 XUEFEN_HOME。\n"
    "        The database holds a bank, and {keys} holds no keys for it. Restore keys/ and secrets/ from the backup, or"
    " correct XUEFEN_HOME."
)


def prepare() -> None:
    """Create what is missing: the node's schema, tables up to the newest migration, the node's keys. Safe to repeat.

    Raises ``ImproperlyConfigured`` when the bank has lost its keys: new ones would disown everything it signed.
    """
    schema = connection.settings_dict["OPTIONS"]["options"].rpartition("=")[2]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [f"{schema}.migrate"])
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema])
        if cursor.fetchone() is None:  # IF NOT EXISTS would ask for the right to make schemas all the same
            cursor.execute(f'CREATE SCHEMA "{schema}"')
        call_command("migrate", verbosity=0, stdout=StringIO())
        grants.grant_application()
        if not settings.XUEFEN_KEYS.exists():
            if queries.node() is not None:
                raise ImproperlyConfigured(KEYS_GONE.format(keys=settings.XUEFEN_KEYS))
            purposes: dict[str, Algorithm | int] = {**BANK_PURPOSES, "log": settings.XUEFEN_LOG_ALGORITHM}
            token = token_at(settings.XUEFEN_TOKEN, settings.XUEFEN_TOKEN_PIN)
            FileKeyProvider.create(settings.XUEFEN_KEYS, settings.XUEFEN_PASSPHRASE, purposes=purposes, token=token)
        cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [f"{schema}.migrate"])


def forget_demo() -> None:
    """Empty a demo bank: its schema and its files; any other bank stays. The keys stay too, so old demo certificates still
    verify as to signature.
    """
    node = queries.node()
    if node is None or not node.is_demo:
        return
    schema = connection.settings_dict["OPTIONS"]["options"].rpartition("=")[2]
    with connection.cursor() as cursor:
        cursor.execute(f'DROP SCHEMA "{schema}" CASCADE')
    own = [settings.XUEFEN_HOME / name for name in ("demo", "evidence")]
    for folder in (settings.XUEFEN_LOG, settings.XUEFEN_UPLOADS, settings.XUEFEN_PUBLIC, *own):
        shutil.rmtree(folder, ignore_errors=True)
    for folder in (settings.XUEFEN_KEYS, *settings.XUEFEN_KEY_MIRRORS):
        for halves in ("people.bin", "papers.bin"):
            (folder / halves).unlink(missing_ok=True)
    prepare()


def is_prepared() -> bool:
    """Whether the database is a bank of this version and its keys are here."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()) or queries.node() is None:
        return False
    if not settings.XUEFEN_KEYS.exists():
        raise ImproperlyConfigured(KEYS_GONE.format(keys=settings.XUEFEN_KEYS))
    return True
