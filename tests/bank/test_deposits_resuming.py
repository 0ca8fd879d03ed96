"""A run that is killed goes on behind its last whole chunk and ends as if it had never been killed; two never run at once."""

from __future__ import annotations

import random
import signal
import subprocess
import textwrap
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bank import foundation_builders as foundation
from tests.bank.deposit_builders import (
    HEADER,
    NOW,
    World,
    add_item,
    broken_promises,
    deposit,
    end_state,
    receipt_of,
    receive,
    sheet,
    world,
)
from tests.own_process import on_this_database
from xuefen.bank.deposits import actions
from xuefen.bank.deposits.actions import writing
from xuefen.bank.deposits.models import Batch, Outcome
from xuefen.bank.deposits.rules import Judged, map_columns, only_judged
from xuefen.bank.deposits.types import BatchFacts, BatchState
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.types import Role

RUNNER = textwrap.dedent(
    """
    import sys, django
    django.setup()
    from datetime import datetime
    from xuefen.bank.deposits import actions
    from xuefen.bank.shell.actor import Actor
    def say(done, total):
        print(done, flush=True)
        sys.stdin.readline()
    actions.run(batch_id=int(sys.argv[1]), by=Actor.system("runner"), now=datetime.fromisoformat(sys.argv[2]),
                progress=say, chunk_rows=10)
    """
)
KINDS = ("good", "good", "good", "bad", "twice")


def _rows(w: World, kinds: Sequence[str]) -> list[list[str]]:
    rows = []
    for n, kind in enumerate(kinds):
        if kind == "good":
            rows.append(w.row(n % 3, serial=f"N{n}"))
        elif kind == "bad":
            rows.append(w.row(n % 3, serial=f"N{n}", grade="12"))
        else:
            rows.append(w.row(0, serial="same"))
    return rows


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("chunks", [1, 4])
def test_kill_nine_in_the_middle_ends_like_an_undisturbed_run(tmp_path: Path, chunks: int) -> None:
    w = world()
    kinds = random.Random(chunks).choices(KINDS, k=95)
    path = sheet(tmp_path / "a.csv", _rows(w, kinds))
    told = actions.dry_run(path=path, issuer_code="ylu", by=w.officer, now=NOW)
    batch = receive(w, path)
    with _runner(batch.id) as runner:
        for chunk in range(1, chunks + 1):
            assert runner.stdout.readline() == f"{chunk * 10}\n"
            if chunk < chunks:
                _go_on(runner)
        runner.send_signal(signal.SIGKILL)
    half = Batch.objects.get()
    assert (half.state, half.read, half.cursor) == (BatchState.RUNNING, chunks * 10, chunks * 10 + 1)
    assert Outcome.objects.count() == half.accepted
    assert broken_promises() == []
    again = receive(w, path)
    assert (again.number, again.already) == (batch.number, True)
    done = _run_when_free(again.id, w)
    assert (done.state, done.counts) == (BatchState.DONE, told.counts)
    assert broken_promises() == []
    twin = undisturbed_twin(w, kinds, tmp_path)
    assert comparable(end_state(done)) == comparable(end_state(twin))
    assert receipt_of(done)["receipt"]["credits"] == receipt_of(twin)["receipt"]["credits"]


@pytest.mark.django_db(transaction=True)
def test_a_kill_inside_a_chunk_leaves_nothing_of_it(tmp_path: Path) -> None:
    w = world()
    batch = receive(w, sheet(tmp_path / "a.csv", _rows(w, ["good"] * 40)))
    with _runner(batch.id) as runner, transaction.atomic():
        assert runner.stdout.readline() == "10\n"
        with connection.cursor() as cursor:  # the second chunk waits for us in the midst of its transaction
            cursor.execute("LOCK TABLE transfer IN ACCESS EXCLUSIVE MODE")
        _go_on(runner)
        time.sleep(0.5)
        runner.send_signal(signal.SIGKILL)
        runner.wait()
    assert _run_when_free(batch.id, w).counts.accepted == 40
    assert Outcome.objects.count() == 40
    assert broken_promises() == []


@pytest.mark.django_db(transaction=True)
def test_a_second_upload_while_the_first_runs_waits_its_turn(tmp_path: Path) -> None:
    w = world()
    first = receive(w, sheet(tmp_path / "a.csv", _rows(w, ["good"] * 30)))
    second_path = sheet(tmp_path / "b.csv", _rows(w, ["good"] * 35))
    with _runner(first.id) as runner:
        assert runner.stdout.readline() == "10\n"
        second = receive(w, second_path)
        for batch in (second, first):
            with pytest.raises(Denied) as denied:
                actions.run(batch_id=batch.id, by=w.officer, now=NOW)
            assert denied.value.code == "batch_running"
        assert Batch.objects.get(pk=second.id).state == BatchState.RECEIVED
        assert runner.communicate("\n\n\n")[0].split() == ["20", "30"]
    done = actions.run(batch_id=second.id, by=w.officer, now=NOW)
    assert (done.counts.accepted, done.counts.duplicates) == (5, 30)
    assert broken_promises() == []


@pytest.mark.django_db(transaction=True)
def test_a_chunk_is_written_only_where_the_cursor_stands(tmp_path: Path) -> None:
    """Should two runs ever meet in spite of the lock, the second writes nothing."""
    w = world()
    batch = Batch.objects.get(pk=receive(w, sheet(tmp_path / "a.csv", _rows(w, ["good"] * 3))).id)
    batch.cursor = 3
    nothing, columns = only_judged(Judged()), map_columns(HEADER)
    with pytest.raises(Denied) as denied:
        writing.commit_chunk(batch=batch, chunk=nothing, columns=columns, books={}, by=w.officer, now=NOW)
    assert denied.value.code == "batch_running"
    assert Batch.objects.get(pk=batch.pk).cursor == 0


@pytest.fixture
def small_world(db: None) -> World:
    return world()


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=30),
    chunk=st.integers(1, 12),
    when=st.integers(0, 10**9),
)
def test_any_mixture_adds_up(tmp_path: Path, small_world: World, kinds: list[str], chunk: int, when: int) -> None:
    w = small_world  # one for all examples: they share the test's transaction, and old outcomes stay
    rows = [[*row[:6], f"{when}{row[6]}"] for row in _rows(w, kinds)]
    path = sheet(tmp_path / "mixture.csv", rows)
    stored = Batch.objects.filter(content_sm3=receive(w, path).content_sm3, state=BatchState.DONE).exists()
    told = actions.dry_run(path=path, issuer_code="ylu", by=w.officer, now=NOW, chunk_rows=chunk)
    batch = deposit(w, path, chunk_rows=chunk)
    counts = batch.counts
    assert counts.read == counts.accepted + counts.refused + counts.duplicates == len(kinds)
    if not stored:
        assert counts == told.counts
        assert counts.refused == kinds.count("bad")
    assert Outcome.objects.filter(batch_id=batch.id).count() == counts.accepted
    assert broken_promises() == []


def undisturbed_twin(w: World, kinds: Sequence[str], tmp_path: Path) -> BatchFacts:
    """The same rows for the same learners from another issuer with the same catalogue, in one go."""
    issuer = foundation.institution("twin", number=2, classes=tuple(OutcomeClass))
    add_item(issuer, "C1", theory_hours=48, declared_credit=300)
    officer = foundation.at_institution(Role.ISSUER_OFFICER, issuer.pk)
    twin = replace(w, issuer=issuer, officer=officer)
    return deposit(twin, sheet(tmp_path / "twin.csv", _rows(twin, kinds)), chunk_rows=1000)


def comparable(end: dict[str, Any]) -> dict[str, Any]:
    """The end state without what names the issuer: its item versions, natural keys and books."""
    outcomes = [(*row[:2], *row[3:10], row[11]) for row in end["outcomes"]]
    transfers = [(kind, *rest) for kind, _, *rest in end["transfers"]]
    return {**end, "outcomes": outcomes, "transfers": transfers}


def _runner(batch_id: int) -> AbstractContextManager[subprocess.Popen[str]]:
    """``actions.run`` in a process of its own, ten rows a chunk, waiting for a line after each."""
    return on_this_database(RUNNER, batch_id, NOW.isoformat())


def _go_on(runner: subprocess.Popen[str]) -> None:
    assert runner.stdin is not None
    runner.stdin.write("\n")
    runner.stdin.flush()


def _run_when_free(batch_id: int, w: World) -> BatchFacts:
    """The server needs a moment to notice that the killed run's connection is gone."""
    until = datetime.now(UTC) + timedelta(seconds=20)
    while True:
        try:
            return actions.run(batch_id=batch_id, by=w.officer, now=NOW, chunk_rows=10)
        except Denied as denied:
            if denied.code != "batch_running" or datetime.now(UTC) > until:
                raise
            time.sleep(0.1)


@pytest.mark.django_db(transaction=True)
def test_single_rows_of_one_issuer_run_beside_each_other_and_none_twice(tmp_path: Path) -> None:
    """Eight at once, each of eight different outcomes: all are deposited, each once, nobody is sent to the queue."""
    w = world()
    header = ("account", "name", "item_code", "awarded_on", "grade", "hours", "serial")
    given = [dict(zip(header, w.row(n % 3, serial=f"S{n}"), strict=True)) for n in range(8)]

    def one(n: int) -> BatchFacts:
        try:
            row = given[n % 8]
            return actions.deposit_row(source="api", row=row, issuer_code="ylu", by=w.officer, now=NOW, key=str(n))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(one, range(24)))
    assert all(batch.state is BatchState.DONE for batch in done)
    assert (sum(b.counts.accepted for b in done), sum(b.counts.duplicates for b in done)) == (8, 16)
    assert Outcome.objects.count() == 8
    assert broken_promises() == []
