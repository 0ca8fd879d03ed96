"""Slot files: halves of keys that can be destroyed, seen by every process, in every mirror."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from xuefen.bedrock import gm
from xuefen.bedrock.gm.slots import ERASED, SLOT, SlotFile, joined


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "people.bin"


def test_halves_are_random_kept_and_read_by_others(path: Path) -> None:
    writer, reader = SlotFile(path), SlotFile(path)
    with pytest.raises(gm.KeyMissing):
        reader.read(1)
    halves = writer.fill([3, 1, 2])
    assert len(set(halves.values())) == 3
    assert {n: reader.read(n) for n in (1, 2, 3)} == halves
    assert writer.fill([2, 5000])[2] == halves[2], "a half that is there stays"
    assert reader.read(5000) == writer.read(5000)
    with pytest.raises(gm.KeyMissing, match="4999"):
        reader.read(4999)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert writer.fill([]) == {}


def test_an_erased_half_is_gone_from_file_mirror_and_running_readers(path: Path, tmp_path: Path) -> None:
    mirror = tmp_path / "other disk" / "people.bin"
    slots, reader = SlotFile(path, mirrors=[mirror]), SlotFile(path)
    half = slots.fill(range(1, 9))[4]
    assert reader.read(4) == half
    assert path.read_bytes() == mirror.read_bytes()
    slots.erase(4)
    slots.erase(4)
    assert reader.read(4) is None
    assert reader.is_erased(4) and not reader.is_erased(5)
    assert list(reader.erased()) == [4]
    for file in (path, mirror):
        assert half not in file.read_bytes()
        assert file.read_bytes()[4 * SLOT : 5 * SLOT] == ERASED
    with pytest.raises(ValueError, match="erased"):
        slots.fill([3, 4])


def test_erasing_a_number_that_never_had_a_half_still_marks_it(path: Path) -> None:
    SlotFile(path).erase(7)
    assert list(SlotFile(path).erased()) == [7]


def test_a_mirror_that_is_away_stops_the_erasure_loudly(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mirror"
    slots = SlotFile(path, mirrors=[folder / "people.bin"])
    slots.fill([1])
    (folder / "people.bin").unlink()
    folder.rmdir()
    folder.write_text("")
    with pytest.raises(OSError):
        slots.erase(1)
    assert slots.read(1) is not None


def test_a_new_mirror_gets_everything_and_gives_it_back(path: Path, tmp_path: Path) -> None:
    halves = SlotFile(path).fill(range(1, 5))
    slots = SlotFile(path, mirrors=[tmp_path / "mirror" / "people.bin"])
    slots.fill([5])
    path.unlink()
    assert {n: SlotFile(tmp_path / "mirror" / "people.bin").read(n) for n in halves} == halves
    restored = SlotFile(path, mirrors=[tmp_path / "mirror" / "people.bin"])
    restored.fill([6])
    assert {n: restored.read(n) for n in halves} == halves


def test_another_file_is_never_taken_for_one(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"x" * 100)
    for attempt in (lambda: SlotFile(path).read(1), lambda: SlotFile(path).fill([1]), lambda: SlotFile(path).erase(1)):
        with pytest.raises(gm.KeyFileDamaged):
            attempt()
    assert path.read_bytes() == b"x" * 100


def test_many_fill_at_once_and_nobody_loses_a_half(path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: SlotFile(path).fill(range(n, n + 50)), range(1, 400, 25)))
    reader = SlotFile(path)
    for halves in found:
        assert all(reader.read(number) == half for number, half in halves.items())


def test_both_halves_are_needed() -> None:
    key = joined(b"h" * 16, b"s" * 32)
    assert len(key) == 16
    assert key == gm.sm3(b"s" * 32 + b"h" * 16 + bytes([0, 0, 0, 1]))[:16]
    assert key != joined(b"i" * 16, b"s" * 32) != joined(b"i" * 16, b"t" * 32)
