"""A bank restored from backups that do not fit what it published: real folders, put back as an operator would."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faces.test_cli import said, xuefen


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
