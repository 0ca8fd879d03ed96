"""One real PostgreSQL for the whole suite: the embedded one, or the server named by DATABASE_URL.

Each pytest process gets a database of its own, so several suites may run beside each other.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.soft_token import soft_token

_stack = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    """Start (or join) the server before Django reads its settings."""
    from xuefen.config import embedded

    # Always a fresh folder: a test must never meet the keys or files of a real bank.
    home = Path(_stack.enter_context(tempfile.TemporaryDirectory(prefix="xuefen-test-", ignore_cleanup_errors=True)))
    home.chmod(0o711)  # the server's own user must be able to enter
    os.environ["XUEFEN_HOME"] = str(home)
    os.environ["XUEFEN_PASSPHRASE"] = "test passphrase"
    os.environ["XUEFEN_SECRET_KEY"] = "only for tests"
    if "DATABASE_URL" not in os.environ:
        server = _stack.enter_context(
            embedded.running(
                home, settings={"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}, grace=0
            )
        )
        os.environ["DATABASE_URL"] = server.url
    _prepare_template(os.environ["DATABASE_URL"])

    # Not in pytest's ini: pytest-django would read the settings before the server's address is known.
    os.environ["DJANGO_SETTINGS_MODULE"] = "xuefen.config.settings"
    import django
    from django.conf import settings

    settings.DATABASES["default"]["TEST"] = {"NAME": f"test_xuefen_{os.getpid()}", "TEMPLATE": TEMPLATE}
    django.setup()

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # slow hashing is not what we test
    from xuefen.bedrock.gm import FileKeyProvider, ScryptCost

    cheap = ScryptCost(n=2**10)  # as for passwords
    FileKeyProvider.create(settings.XUEFEN_KEYS, passphrase=settings.XUEFEN_PASSPHRASE, cost=cheap)


def pytest_unconfigure(config: pytest.Config) -> None:
    _stack.close()


@pytest.fixture
def own_keys(settings: Any, tmp_path: Path) -> Path:
    """A copy of the node's keys that the test may change; ask for it after the rows it is about."""
    folder = tmp_path / "own_keys"
    shutil.copytree(settings.XUEFEN_KEYS, folder)
    settings.XUEFEN_KEYS = folder
    return folder


TEMPLATE = "xuefen_test_template"


def _prepare_template(url: str) -> None:
    """A template database with the node's schema, because Django's first migration needs it to exist."""
    with psycopg.connect(url.split("?schema=")[0], autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(7153)")
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone()
        if not found:
            connection.execute(f"CREATE DATABASE {TEMPLATE}")
            with psycopg.connect(url.split("?schema=")[0], dbname=TEMPLATE, autocommit=True) as template:
                template.execute("CREATE SCHEMA xuefen")


@pytest.fixture(scope="session", autouse=True)
def _flush_may_truncate() -> None:
    """Transactional tests empty all tables afterwards, which the guards rightly refuse; only a superuser may lift them."""
    from django.db.backends.postgresql.operations import DatabaseOperations

    plain = DatabaseOperations.execute_sql_flush

    def flush(self: DatabaseOperations, sql_list: list[str]) -> None:
        lift, lower = "SET session_replication_role = replica;", "SET session_replication_role = origin;"
        plain(self, [lift, *sql_list, lower])

    DatabaseOperations.execute_sql_flush = flush  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def token_uri() -> Iterator[str]:
    """A PKCS#11 token in software; every test names its own ``object`` in it."""
    with soft_token() as uri:
        yield uri
