"""Counters that many processes share lose nothing and end when they were said to end."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import pytest

from xuefen.config.cache import CountingFileCache


def _count(folder: str, times: int) -> None:
    counters = CountingFileCache(folder, {})
    for _ in range(times):
        counters.add("door", 0, 600)
        counters.incr("door")


def test_processes_at_once_are_all_counted(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_count, args=(str(tmp_path), 100)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert CountingFileCache(str(tmp_path), {}).get("door") == 400


def test_counting_on_keeps_the_time_that_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counters, begun = CountingFileCache(str(tmp_path), {}), time.time()
    counters.add("hour", 0, 3600)
    counters.add("day", 0, None)
    for key in ("hour", "day"):
        assert [counters.incr(key), counters.incr(key)] == [1, 2]
    monkeypatch.setattr(time, "time", lambda: begun + 3500)  # beyond Django's five minutes
    assert (counters.get("hour"), counters.incr("hour")) == (2, 3)
    monkeypatch.setattr(time, "time", lambda: begun + 3700)
    assert (counters.get("hour"), counters.get("day")) == (None, 2)
    with pytest.raises(ValueError, match="no counter"):
        counters.incr("hour")
    assert counters.add("hour", 0, 3600)
