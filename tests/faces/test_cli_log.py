"""A bank restored from backups that do not fit what it published: real folders, put back as an operator would."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faces.test_cli import command, environment, eventually, free_port, said, xuefen
from tests.own_process import kill_where_it_stops, stopping


@pytest.fixture
def home() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="xuefen-log-")).resolve()
    path.chmod(0o755)
    run = xuefen(path / "home", "init")
    assert run.returncode == 0, run.stderr
    yield path / "home"
    shutil.rmtree(path, ignore_errors=True)


def put_back(home: Path, name: str, saved: Path) -> None:
    shutil.rmtree(home / name)
    shutil.copytree(saved / name, home / name, symlinks=True, copy_function=shutil.copy2)
    owner = (saved / name).stat()
    for path in (home / name, *(home / name).rglob("*")):
        shutil.chown(path, owner.st_uid, owner.st_gid)


def save(home: Path, to: Path) -> Path:
    """A cold copy of the database's folder and of the log's, with their owners."""
    for name in ("postgres", "log"):
        shutil.copytree(home / name, to / name, symlinks=True)
        owner = (home / name).stat()
        for path in (to / name, *(to / name).rglob("*")):
            shutil.chown(path, owner.st_uid, owner.st_gid)
    return to


def test_an_old_database_and_an_old_folder_refuse_to_sign_and_come_back(home: Path, tmp_path: Path) -> None:
    assert xuefen(home, "keys", "rotate", "witness").returncode == 0  # a fact, sealed
    old = save(home, tmp_path / "old")
    assert xuefen(home, "keys", "rotate", "witness").returncode == 0
    new = save(home, tmp_path / "new")

    put_back(home, "postgres", old)
    said(xuefen(home, "log", "seal"), code="log_rolled_back", status=1)
    stands = xuefen(home, "custody")
    assert stands.returncode == 1 and "BAD log_rolled_back" in stands.stdout
    assert "xuefen log recover" in stands.stdout
    run = xuefen(home, "log", "recover", "--json", str(tmp_path / "lost.json"))
    lost = json.loads((tmp_path / "lost.json").read_text())
    assert "xuefen prove" in run.stdout
    assert run.returncode == 1 and not lost["ok"]
    assert lost["missing"]["kinds"] == {"key.rotated": 1}
    assert lost["missing"]["end"] == lost["missing"]["first"] + 1

    put_back(home, "postgres", new)
    put_back(home, "log", old)
    said(xuefen(home, "log", "seal"), code="log_damaged", status=1)
    assert xuefen(home, "log", "recover").returncode == 0
    assert xuefen(home, "log", "check").returncode == 0
    for path in (new / "log").rglob("*"):
        if path.is_file():
            assert (home / "log" / path.relative_to(new / "log")).read_bytes() == path.read_bytes(), path


def test_a_command_killed_between_tiles_and_checkpoint_is_made_good_by_the_next(home: Path) -> None:
    def published() -> bytes:
        path = home / "log" / "checkpoint"
        return path.read_bytes() if path.exists() else b""

    for part in ("/log/tile/", "/log/checkpoint"):
        before = published()
        script = stopping("os.rename", part, 1, "from xuefen.config.main import main; sys.exit(main())")
        killed = subprocess.Popen(
            [sys.executable, "-c", script, "keys", "rotate", "witness"],
            env=environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        kill_where_it_stops(killed)
        assert published() == before
        assert xuefen(home, "log", "seal").returncode == 0
        assert published() != before, "the fact that waited is told"
    assert xuefen(home, "prove").returncode == 0
    run = xuefen(home, "log", "check")
    assert run.returncode == 0 and "0 waiting" in run.stderr + run.stdout


@contextmanager
def witness_of(vkey: str, home: Path) -> Iterator[str]:
    """A witness in a home of its own, as a province without a bank runs it."""
    port = free_port()
    words = ("witness", "serve", "--name", "w.example/w", "--log", vkey, "--port", str(port))
    process = subprocess.Popen(command(*words), env=environment(home), stdout=subprocess.DEVNULL)

    def answers() -> bool:
        assert process.poll() is None, "the witness ended"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=60) as page:
                return page.status == 200
        except OSError:
            return False

    try:
        eventually(answers, seconds=120)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=60)


def test_a_bank_restored_whole_from_an_old_backup_is_told_by_its_witness(home: Path, tmp_path: Path) -> None:
    log_key = xuefen(home, "witness", "keys").stdout.splitlines()[0].split()[-1]
    with witness_of(log_key, tmp_path / "witness") as url:
        with urllib.request.urlopen(url, timeout=60) as page:
            theirs = page.read().decode().splitlines()[0]
        assert xuefen(home, "witness", "add", "--vkey", theirs, "--url", url).returncode == 0
        assert xuefen(home, "keys", "rotate", "certificates").returncode == 0  # a fact, sealed
        assert xuefen(home, "witness", "ask").returncode == 0
        old = save(home, tmp_path / "old")
        assert xuefen(home, "keys", "rotate", "certificates").returncode == 0
        assert xuefen(home, "witness", "ask").returncode == 0
        put_back(home, "postgres", old)
        put_back(home, "log", old)
        run = xuefen(home, "log", "seal")
        said(run, code="log_witnessed_more", status=1)
        assert "restore a newer backup" in run.stderr.lower() and "witness forget" in run.stderr
        said(xuefen(home, "log", "recover"), code="log_witnessed_more", status=1)
