"""The real ``xuefen`` command on a small bank of its own: clumsy, hostile and unlucky users get one clear sentence."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Run = subprocess.CompletedProcess[str]
PASSWORD = "password (shown once)"


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("XUEFEN_", "DATABASE_URL", "DJANGO_", "LC_", "LANG"))
    }
    return kept | {"XUEFEN_HOME": str(home)} | more


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "xuefen.config.main", *map(str, arguments)]


def xuefen(home: Path, *arguments: str | Path, typed: str = "", **env: str) -> Run:
    return subprocess.run(
        command(*arguments), env=environment(home, **env), input=typed, capture_output=True, text=True,
        encoding="utf-8", timeout=600,
    )  # fmt: skip


def said(run: Run, *, code: str, status: int) -> None:
    """One refusal with its code, in both languages, and never a traceback."""
    assert (run.returncode, "Traceback" in run.stderr) == (status, False), run.stderr
    assert f"xuefen: {code}" in run.stderr, run.stderr


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(fact: Callable[[], object], *, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder every user may enter, with spaces and Chinese in its name; PostgreSQL's user must get in too."""
    path = Path(tempfile.mkdtemp(prefix="xuefen 学分 cli-")).resolve()
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def bank(folder: Path) -> Path:
    """A bank whose first init was refused half-way, for its administrator's name, and whose second finished it."""
    home = folder / "家"
    said(xuefen(home, "init", "--admin", "a b"), code="username", status=1)
    run = xuefen(home, "init", LC_ALL="C")
    assert run.returncode == 0 and PASSWORD in run.stderr, run.stderr
    return home


def test_a_second_init_changes_nothing(bank: Path) -> None:
    run = xuefen(bank, "init", TZ="America/New_York")
    assert run.returncode == 0 and PASSWORD not in run.stderr and "exists already" in run.stderr


def test_a_short_command_leaves_its_database_before_it_ends_it(bank: Path) -> None:
    """One that stays connected is waited for, seconds at the end of every command, and then thrown out."""
    log = bank / "postgres.log"
    before = log.stat().st_size
    assert xuefen(bank, "log", "seal").returncode == 0
    told = log.read_text(encoding="utf-8")[before:]
    assert "database system is shut down" in told
    assert "terminating connection" not in told


def test_the_demo_never_touches_a_real_bank(bank: Path) -> None:
    run = xuefen(bank, "demo", "--once")
    assert run.returncode == 1 and "holds a real bank" in run.stderr
    assert xuefen(bank, "prove").returncode == 0


@pytest.mark.parametrize(
    "words", [("prove",), ("deposit", "x.csv", "--issuer", "X"), ("log", "seal"), ("verify", "x.pdf")]
)
def test_a_command_that_needs_a_bank_makes_none(folder: Path, words: tuple[str, ...]) -> None:
    home = folder / "none"
    said(xuefen(home, *words), code="no_bank", status=2)
    assert not home.exists()


def test_whoever_brings_the_trust_file_needs_no_bank(folder: Path) -> None:
    (folder / "junk.json").write_text("{}", encoding="utf-8")
    said(xuefen(folder / "none", "verify", folder / "junk.json", "--trust", folder), code="trust_unreadable", status=2)
    assert not (folder / "none").exists()


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("mysql://me:geheim@host/name", "database_url"),
        ("postgresql://me:geheim@host:port/name", "database_url"),
        ("postgresql:///name?schema=public", "database_schema"),
        ("postgresql:///name?schema=Other", "database_schema"),
        ("postgresql://me:geheim@127.0.0.1:1/name", "database_away"),
    ],
)
def test_a_wrong_database_url_is_named_and_not_repeated(folder: Path, url: str, code: str) -> None:
    run = xuefen(folder / "elsewhere", "prove", DATABASE_URL=url)
    said(run, code=code, status=2)
    assert "geheim" not in run.stderr


@pytest.mark.parametrize("words", [("up", "--port", "0"), ("up", "--port", "65536"), ("demo", "--rows", "-1")])
def test_numbers_out_of_range_are_usage_errors(folder: Path, words: tuple[str, ...]) -> None:
    run = xuefen(folder / "none", *words)
    assert run.returncode == 2 and "whole number" in run.stderr


def test_a_taken_port_is_told_before_anything_is_made(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        run = xuefen(folder / "none", "up", "--port", str(server.getsockname()[1]))
    said(run, code="port_taken", status=2)
    assert not (folder / "none").exists()


def test_a_bank_that_runs_is_neither_run_twice_nor_wiped(bank: Path) -> None:
    with (bank / "up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        said(xuefen(bank, "up", "--port", str(free_port())), code="already_running", status=2)
        said(xuefen(bank, "demo", "--once"), code="already_running", status=2)


def test_lost_keys_are_never_made_anew(bank: Path) -> None:
    (bank / "keys").rename(bank / "keys-away")
    try:
        said(xuefen(bank, "init"), code="keys_missing", status=2)
        said(xuefen(bank, "prove"), code="keys_missing", status=2)
        assert not (bank / "keys").exists()
    finally:
        (bank / "keys-away").rename(bank / "keys")


def test_a_refusal_leaves_standard_output_empty(bank: Path) -> None:
    run = xuefen(bank, "plan", "--account", "1", "--target", "NOPE", "--json")
    said(run, code="programme_unknown", status=1)
    assert run.stdout == ""


def test_a_file_that_cannot_be_written_is_named(bank: Path) -> None:
    said(xuefen(bank, "prove", "--json", bank / "no" / "out.json"), code="no_such_file", status=2)
    said(xuefen(bank, "prove", "--json", "/dev/full"), code="disk_full", status=2)


def test_a_reader_who_leaves_early_is_no_error(bank: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as output:
        run = subprocess.run(command("prove"), env=environment(bank), stdout=output, stderr=subprocess.PIPE, timeout=60)
    assert run.returncode == 141 and run.stderr == b""


def processes_of(home: Path, port: int) -> list[str]:
    listed = subprocess.run(["ps", "-ww", "-eo", "args="], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if str(home) in line or f"--port {port}" in line]


def healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_a_killed_web_server_comes_back_without_its_old_workers(bank: Path) -> None:
    port = free_port()
    up = subprocess.Popen(
        command("up", "--port", str(port)), env=environment(bank), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )  # fmt: skip
    try:
        eventually(lambda: healthy(port))
        before = web_processes(port)
        assert len(before) > 1, "a server and its workers"
        os.kill(min(before), signal.SIGKILL)
        eventually(lambda: len(web_processes(port) - before) > 1 and healthy(port))
        assert not web_processes(port) & before
    finally:
        up.terminate()
    assert up.wait(30) == 0


def web_processes(port: int) -> set[int]:
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    return {int(line.split()[0]) for line in listed.splitlines() if "granian" in line and f"--port {port}" in line}


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 0), (signal.SIGKILL, -9)])
def test_up_brings_its_database_back_and_leaves_nothing_behind(bank: Path, number: int, status: int) -> None:
    port = free_port()
    up = subprocess.Popen(
        command("up", "--port", str(port)), env=environment(bank), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )  # fmt: skip
    try:
        eventually(lambda: healthy(port))
        pid_file = bank / "postgres" / "postmaster.pid"
        server = int(pid_file.read_text().split()[0])
        os.kill(server, signal.SIGKILL)
        eventually(
            lambda: pid_file.exists() and "ready" in pid_file.read_text() and str(server) not in pid_file.read_text()
        )
        assert xuefen(bank, "prove").returncode == 0
    finally:
        up.send_signal(number)
    assert up.wait(30) == status
    eventually(lambda: not processes_of(bank, port), seconds=15)
