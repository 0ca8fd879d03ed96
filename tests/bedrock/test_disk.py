"""Files whole or not at all: what a reader sees, what a failure leaves behind."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from xuefen.bedrock import disk


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    disk.replace(path, b"first")
    before = path.open("rb")
    disk.replace(path, b"second", mode=0o600)
    with before:
        assert before.read() == b"first", "who had it open still reads the old one whole"
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"second", 0o600)
    assert names(tmp_path) == ["list.json"]


def test_a_new_file_is_its_owners_and_never_replaces_one(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    disk.create(path, b"mine")
    with pytest.raises(FileExistsError):
        disk.create(path, b"yours")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"mine", 0o600)
    assert names(tmp_path) == ["secret"]


@pytest.mark.parametrize("write", [disk.replace, disk.create])
def test_a_full_disk_leaves_what_was_there_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path, bytes], None]
) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes(b"as it was")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as unlucky:
        unlucky.setattr(os, "fsync", full)
        for name in ("kept", "new"):
            with pytest.raises(OSError, match="No space left"):
                write(tmp_path / name, b"half")
    assert names(tmp_path) == ["kept"]
    assert kept.read_bytes() == b"as it was"
