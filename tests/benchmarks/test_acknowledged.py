"""What the benchmarks that kill and fill count: a journal finds what is lost or not in the log; a run outlives a failure."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from benchmarks.clients import Journal
from django.db import connection

from tests.bank import recognition_builders as recognition
from tests.faces import api_builders as api
from xuefen.bank.deposits.models import Outcome
from xuefen.bank.recognition.models import Application
from xuefen.bank.translog import actions as translog

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.django_db(transaction=True)
def test_a_journal_finds_what_is_lost_and_what_no_leaf_holds(settings: Any, tmp_path: Path) -> None:
    settings.XUEFEN_LOG = tmp_path / "log"
    api.node()
    world = recognition.world(courses=3)
    application = recognition.applied(world, key="api:1:the-key")
    outcome = Outcome.objects.order_by("id").first()
    assert outcome is not None
    journal = Journal(tmp_path / "journal")
    journal.keep("sheets", outcome.batch.number, str(Outcome.objects.filter(batch=outcome.batch).count()))
    journal.keep("applications", "the-key", application.number)
    journal.keep("decisions", f"{application.number}/apply", "1")
    at = connection.get_connection_params()
    database = psycopg.conninfo.make_conninfo(
        **{name: at[name] for name in ("host", "port", "user", "dbname") if name in at}
    )
    found = journal.compare(database)
    assert (found["lost"], found["twice"], found["sheets"], found["unsealed"]) == (0, 0, 0, 3)
    translog.seal_all(now=api.NOW)
    assert not +journal.compare(database)
    journal.keep("applications", "the-key", "SQ0000000000000")  # told one number, and another is there
    journal.keep("deposits", "no-such-serial", "CG0000000000000000")
    journal.keep("decisions", f"{application.number}/approve", "2")
    journal.keep("certificates", "XZ0000000000", "XZ0000000000")
    journal.keep("sheets", outcome.batch.number, "1000000")
    found = journal.compare(database)
    assert (found["lost"], found["sheets"]) == (4, 1)
    assert Application.objects.count() == 1
    assert len((tmp_path / "journal").read_text().splitlines()) == 8


def test_a_benchmark_that_fails_stops_no_other_and_is_told_in_the_end(tmp_path: Path) -> None:
    git = shutil.which("git")
    assert git
    (tmp_path / "git").symlink_to(git)  # and nothing else is found: no wrk
    kept = (ROOT / "docs/benchmarks.json").read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "served", "single", "--write"],
        cwd=ROOT, env={**os.environ, "PATH": str(tmp_path)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.count("RuntimeError: wrk is not installed") == 2  # without it both fail before they begin
    assert done.stderr.splitlines()[-1] == "failed, nothing of them written: served single"
    assert (ROOT / "docs/benchmarks.json").read_bytes() == kept
