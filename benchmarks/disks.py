"""Disks that become full under load and are freed again: what was acknowledged is there, once, and the bank goes on by itself.

The clients of `kills` (deposits, sheets, applications, decisions, statements) work on the bank of `benchmarks.town`. One part
of its folder after another lies on a small file system of its own, which is then filled to the last byte and freed again: the
database, the uploaded files, the log's tiles, and the whole home at once. *Said* is what clients were told meanwhile instead
of an answer. *Seconds until all goes on* is from the moment there is space until facts of every kind are acknowledged again,
nobody having touched the bank. Then all is compared as in `kills`. Needs the right to mount (a file as a loop device); without
it the benchmark fails and says so.

    XUEFEN_BENCH_DISKS="log uploads" make bench ARGS=disks    some of them
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import town
from benchmarks.__main__ import Context
from benchmarks.clients import CLIENTS, KINDS, Journal, Load
from benchmarks.running import PATIENCE, Bank

PARTS = {"database": "postgres", "uploads": "uploads", "log": "log", "home": ""}
CHOSEN = os.environ.get("XUEFEN_BENCH_DISKS", " ".join(PARTS)).split()
SPARE_MIB = 160
"""Of each small file system, beyond what lies on it when it is made."""
CALM, FULL = 8.0, 20.0
"""Seconds of load before the disk is full, and while it is."""


def run(context: Context) -> dict[str, Any]:
    original = Bank(context.scratch / "town", context.scratch / "town.log")
    town.build(original.home, original.environment)
    context.say("the town is built")
    found: dict[str, Any] = {"clients": CLIENTS}
    for part in CHOSEN:
        result = _one(context, original.home, part, PARTS[part])
        context.say(f"{part}: {result}")
        found |= {f"{part}_{key}": value for key, value in result.items()}
    return {**found, **{name: sum(found[f"{part}_{name}"] for part in CHOSEN) for name in ("lost", "twice")}}


def _one(context: Context, original: Path, part: str, below: str) -> dict[str, Any]:
    home = context.scratch / part
    with _on_small_disk(home, original, below, image=context.scratch / f"{part}.img") as disk:
        bank = Bank(home, context.scratch / f"{part}.log")
        journal = Journal(context.scratch / f"{part}.journal")
        load = Load(bank, journal)
        with bank:
            load.prepare()
            before = load.during(lambda: time.sleep(CALM))
            said: Counter[str] = Counter()
            again: list[float] = []
            acknowledged = load.during(lambda: _fill_and_free(disk, load, said, again))
            load.settle(bank.database())
            compared = journal.compare(bank.database())
        return {
            "acknowledged": dict(sorted((before + acknowledged).items())),
            "said": dict(said.most_common()),
            "seconds_until_all_goes_on": round(again[0], 1),
            "lost": compared["lost"] + compared["sheets"],
            "twice": compared["twice"],
            "without_a_leaf": compared["unsealed"],
            "prove_exit_code": bank.prove(),
        }


def _fill_and_free(disk: Path, load: Load, said: Counter[str], again: list[float]) -> None:
    asked = Counter(load.asked_again)
    ballast = disk / ".ballast"
    began = time.monotonic()
    while time.monotonic() - began < FULL:  # and filled again, whatever the bank gives up meanwhile
        _fill(ballast)
        time.sleep(0.2)
    said.update(load.asked_again - asked)
    ballast.unlink()
    freed, before = time.monotonic(), load.journal.counts()
    while set(new := load.journal.counts() - before) != set(KINDS):
        if time.monotonic() - freed > PATIENCE:
            raise RuntimeError(f"{PATIENCE:.0f} s after the disk was freed only these go on: {dict(new)}")
        time.sleep(0.1)
    again.append(time.monotonic() - freed)


def _fill(ballast: Path) -> None:
    """Take what space there is, to the last byte."""
    block = b"\0" * 65536
    with ballast.open("ab", buffering=0) as file:
        while block:
            try:
                file.write(block)
            except OSError:
                block = block[: len(block) // 2]


@contextmanager
def _on_small_disk(home: Path, original: Path, below: str, *, image: Path) -> Iterator[Path]:
    """A copy of the town at ``home`` of which ``below`` lies on a small file system; where that is mounted."""
    part = original / below
    used = sum(file.lstat().st_blocks * 512 for file in part.rglob("*")) // 2**20 if part.exists() else 0
    with image.open("wb") as file:
        file.truncate((used + SPARE_MIB) * 2**20)
    disk = image.with_suffix(".disk")
    disk.mkdir()
    _do("mkfs.ext4", "-q", "-m", "0", image)
    _do("mount", "-o", "loop", image, disk)
    try:
        disk.chmod(0o711)
        if below:
            _do("cp", "-a", original, home)
            moved = disk / below
            (_do("mv", home / below, moved) if part.exists() else moved.mkdir(mode=0o700))
            (home / below).symlink_to(moved)
        else:
            _do("cp", "-a", original, disk / "home")
            home.symlink_to(disk / "home")
        yield disk
    finally:
        _do("umount", disk)
        image.unlink()
        if home.is_symlink():
            home.unlink()
        else:
            shutil.rmtree(home, ignore_errors=True)


def _do(*words: str | os.PathLike[str]) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{words[0]}: {done.stderr.strip()}")
