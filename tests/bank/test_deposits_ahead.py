"""A large file is read in a process of its own: the same end as a small one's, whatever becomes of either process."""

from __future__ import annotations

import os
import pickle
import random
import signal
import subprocess
import sys
import textwrap
import time
from fractions import Fraction
from pathlib import Path

import pytest

from tests.bank.deposit_builders import NOW, World, broken_promises, deposit, end_state, receive, sheet, world
from xuefen.bank.deposits import actions
from xuefen.bank.deposits.models import Outcome
from xuefen.bank.deposits.reading import ahead
from xuefen.bank.deposits.reading.aside import Aside
from xuefen.bank.deposits.rules import chunks
from xuefen.bank.deposits.types import DUPLICATE, BatchState
from xuefen.bank.shell.problems import Denied, Problem
from xuefen.bedrock import ids


def _sheet(w: World, path: Path, count: int) -> Path:
    """Good rows, rows with bad grades, rows that repeat one another near and far, in one fixed disorder."""
    draw = random.Random(7)
    rows = []
    for n in range(count):
        kind = draw.choice(["good", "good", "good", "bad", "twice", "unknown"])
        rows.append(
            w.row(n % 3, serial="same" if kind == "twice" else f"N{n}", grade="12" if kind == "bad" else "85")
            if kind != "unknown"
            else w.row(n % 3, serial=f"N{n}", item_code="NONE")
        )
    return sheet(path, rows)


@pytest.mark.django_db(transaction=True)
def test_a_file_read_aside_ends_as_one_read_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    begun: list[object] = []

    class Counted(Aside):
        def __init__(self, subject: object) -> None:
            begun.append(subject)
            super().__init__(subject)

    monkeypatch.setattr(ahead, "Aside", Counted)
    path = _sheet(w, tmp_path / "a.csv", 60)
    told_here = actions.dry_run(path=path, issuer_code=w.issuer.code, by=w.officer, now=NOW, chunk_rows=7)
    assert begun == []
    monkeypatch.setattr(ahead, "_WORTH_A_PROCESS", 10)
    told_aside = actions.dry_run(path=path, issuer_code=w.issuer.code, by=w.officer, now=NOW, chunk_rows=7)
    assert told_aside == told_here and len(begun) == 1
    done = deposit(w, path, chunk_rows=7)
    assert len(begun) == 2
    assert (done.state, done.counts) == (BatchState.DONE, told_here.counts)
    assert min(done.counts.accepted, done.counts.refused, done.counts.duplicates) > 0
    assert broken_promises() == []
    again = deposit(w, _sheet(w, tmp_path / "b.csv", 61), chunk_rows=7)
    assert again.counts.duplicates >= done.counts.accepted
    assert broken_promises() == []


@pytest.mark.django_db(transaction=True)
def test_a_number_that_was_drawn_before_is_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a billion numbers in use one chunk in two hundred meets it."""
    w = world()
    deposit(w, sheet(tmp_path / "a.csv", [w.row(0, serial="first")]))
    taken = Outcome.objects.get().number
    draws = iter(range(100))

    def new_numbers(cls: ids.NumberClass, count: int) -> list[str]:
        drawn = ids.new_numbers(cls, count)
        return [taken, *drawn[1:]] if next(draws) in (1, 2) else drawn

    monkeypatch.setattr(chunks, "ids", _Ids(new_numbers))
    done = deposit(w, sheet(tmp_path / "b.csv", [w.row(0, serial=f"N{n}") for n in range(12)]), chunk_rows=3)
    assert (done.state, done.counts.accepted) == (BatchState.DONE, 12)
    assert next(draws) > 4  # chunks were made ready again
    assert broken_promises() == []


class _Ids:
    """``bedrock.ids`` with another draw: what is random is made to meet."""

    NumberClass = ids.NumberClass

    def __init__(self, new_numbers: object) -> None:
        self.new_numbers = new_numbers


@pytest.mark.django_db(transaction=True)
def test_a_batch_outlives_the_process_that_read_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its end is a defect, said as one; nothing is half-written, and the next run goes on."""
    w = world()
    monkeypatch.setattr(ahead, "_WORTH_A_PROCESS", 10)
    running: list[Aside] = []

    class Known(Aside):
        def __init__(self, subject: object) -> None:
            super().__init__(subject)
            running.append(self)

    monkeypatch.setattr(ahead, "Aside", Known)
    path = _sheet(w, tmp_path / "a.csv", 60)
    batch = receive(w, path)

    def end_it(done: int, total: int) -> None:
        if done >= 14:
            running[-1]._process.kill()

    with pytest.raises(RuntimeError, match="ended with status"):
        actions.run(batch_id=batch.id, by=w.officer, now=NOW, chunk_rows=7, progress=end_it)
    assert broken_promises() == []
    done = actions.run(batch_id=batch.id, by=w.officer, now=NOW, chunk_rows=7)
    assert done.state is BatchState.DONE and done.counts.read == 60
    assert end_state(done)["outcomes"]
    assert broken_promises() == []


def test_the_process_ends_with_its_caller_however_that_was() -> None:
    caller = subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent(
                """
                import sys
                from fractions import Fraction
                from xuefen.bank.deposits.reading.aside import Aside
                with Aside(Fraction(1, 2)) as half:
                    half.ask("__add__", 1).result()
                    print(half._process.pid, flush=True)
                    sys.stdin.read()
                """
            ),
        ],
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with caller:
        assert caller.stdout is not None
        pid = int(caller.stdout.readline())
        os.kill(pid, 0)
        caller.send_signal(signal.SIGKILL)
    until = time.monotonic() + 60
    while _is_running(pid):
        assert time.monotonic() < until, "it is still there"
        time.sleep(0.05)


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_answers_come_in_the_order_of_the_questions_and_a_defect_is_no_answer() -> None:
    with Aside(Fraction(1, 2)) as half:
        asked = [half.ask("__add__", n) for n in range(50)]
        assert [one.result() for one in asked] == [Fraction(1, 2) + n for n in range(50)]
        with pytest.raises(RuntimeError, match="status 1"):
            half.ask("__truediv__", 0).result()


def test_what_cannot_be_asked_is_no_wait_for_ever() -> None:
    """A question that pickle does not know, or a subject: the answer is the defect, at once."""
    with Aside(Fraction(1, 2)) as half, pytest.raises(RuntimeError, match="ended with status") as told:
        half.ask("__add__", lambda: None).result(timeout=60)
    assert told.value.__cause__ is not None
    with Aside(lambda: None) as nothing, pytest.raises(RuntimeError, match="ended with status"):
        nothing.ask("__call__").result(timeout=60)


def test_a_problem_is_the_same_one_on_the_other_side() -> None:
    denied = Denied(DUPLICATE, place="row 3", number="CG1")
    there: Denied = pickle.loads(pickle.dumps(denied))
    assert there.problem is DUPLICATE and (there.place, there.params) == ("row 3", {"number": "CG1"})
    assert str(there) == str(denied)
    problem: Problem = pickle.loads(pickle.dumps(DUPLICATE))
    assert problem is DUPLICATE
