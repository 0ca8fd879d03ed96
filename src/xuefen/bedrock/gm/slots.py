"""Slot files: one half of a key per number, in a place of its own, so that it can be destroyed for good.

A database is backed up with its history; whoever restores an old copy gets back what was deleted since. So half of what opens a
person's data is not in the database but here: 32 random bytes at ``number * 32``, overwritten in place and synced when
they are to be forgotten. The file is mirrored, never archived (docs/decisions/0014).

Slot 0 is the header. A slot is empty (zeros), live, or erased (a marker that is never filled again).
"""

import contextlib
import fcntl
import mmap
import os
import secrets
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from xuefen.bedrock import disk
from xuefen.bedrock.gm.errors import KeyFileDamaged, KeyMissing
from xuefen.bedrock.gm.sm3 import sm3

SLOT = 32
HEADER = b"xuefen-slots/1\n".ljust(SLOT, b"\0")
ERASED = b"xuefen-erased\n".ljust(SLOT, b"\0")
_EMPTY = bytes(SLOT)


class SlotFile:
    """The slots in one file and its mirrors. Any number of processes of one machine may use it at once.

    Reading goes through a shared map, so what another process writes is seen at once. ``fill`` and ``erase`` return when
    the bytes are on disk, in every mirror too.
    """

    def __init__(self, path: Path | str, *, mirrors: Sequence[Path | str] = ()) -> None:
        self._path = Path(path)
        self._mirrors = tuple(map(Path, mirrors))
        self._map: mmap.mmap | None = None
        self._lock = threading.Lock()

    def read(self, number: int) -> bytes | None:
        """The half under this number; None when it was erased. Raises KeyMissing when there never was one."""
        found = self._slot(number)
        if found == ERASED:
            return None
        if found == _EMPTY:
            raise KeyMissing(
                f"{self._path} holds no key for number {number}: restore it from its mirror"
                f" / 密钥文件缺少 {number} 号，请从镜像恢复"
            )
        return found

    def is_erased(self, number: int) -> bool:
        """Whether the half under this number was destroyed."""
        return self._slot(number) == ERASED

    def erased(self) -> Iterator[int]:
        """Every number whose half was destroyed, ascending."""
        view = self._view(0)
        if view is None:
            return
        at = view.find(ERASED)
        while at >= 0:
            if at % SLOT == 0:
                yield at // SLOT
            at = view.find(ERASED, at + 1)

    def fill(self, numbers: Sequence[int]) -> dict[int, bytes]:
        """Give each number a half, on disk when this returns. One that has a half keeps it.

        Raises ValueError for an erased number, KeyFileDamaged for a file of another kind.
        """
        if not numbers:
            return {}
        self._make()
        first, last = min(numbers), max(numbers)
        with self._writing() as descriptors:
            stored = os.pread(descriptors[0], (last - first + 1) * SLOT, first * SLOT)
            block = bytearray(stored.ljust((last - first + 1) * SLOT, b"\0"))
            halves: dict[int, bytes] = {}
            for number in numbers:
                at = (number - first) * SLOT
                if (kept := bytes(block[at : at + SLOT])) == ERASED:
                    raise ValueError(f"slot {number} was erased")
                halves[number] = kept if kept != _EMPTY else secrets.token_bytes(SLOT)
                block[at : at + SLOT] = halves[number]
            _write_all(descriptors, block, first * SLOT)
        return halves

    def erase(self, number: int) -> None:
        """Destroy the half under this number, here and in every mirror; again is fine.

        Raises OSError, with the half perhaps still in one place, when a mirror cannot be written.
        """
        self._make()
        with self._writing() as descriptors:
            _write_all(descriptors, secrets.token_bytes(SLOT), number * SLOT)
            _write_all(descriptors, ERASED, number * SLOT)

    # --- files -------------------------------------------------------------------------------------------------------

    def _slot(self, number: int) -> bytes:
        if number < 1:
            raise KeyMissing(f"no slot {number}")
        view = self._view((number + 1) * SLOT)
        return view[number * SLOT : (number + 1) * SLOT].ljust(SLOT, b"\0") if view is not None else _EMPTY

    def _view(self, needed: int) -> mmap.mmap | None:
        """The map, made anew when the file has grown beyond it or was replaced; None while there is no file."""
        view = self._map
        if view is not None and needed and len(view) >= needed:
            return view
        with self._lock:
            try:
                descriptor = os.open(self._path, os.O_RDONLY)
            except FileNotFoundError:
                self._map = None
                return None
            try:
                if os.fstat(descriptor).st_size < SLOT or os.pread(descriptor, SLOT, 0) != HEADER:
                    raise KeyFileDamaged(self._path, "not a slot file")
                self._map = mmap.mmap(descriptor, 0, prot=mmap.PROT_READ)
            finally:
                os.close(descriptor)
            return self._map

    def _make(self) -> None:
        """Make what is missing: a file from its mirror, a mirror from the file, an empty one when there is none at all."""
        every = (self._path, *self._mirrors)
        missing = [path for path in every if not path.exists()]
        if not missing:
            return
        present = next((path for path in every if path.exists()), None)
        with contextlib.ExitStack() as stack:
            content = HEADER
            if present is not None:
                stream = stack.enter_context(present.open("rb"))
                fcntl.flock(stream, fcntl.LOCK_EX)
                content = stream.read()
            for path in missing:
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                with contextlib.suppress(FileExistsError):  # what somebody else made meanwhile stays
                    disk.create(path, content)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[list[int]]:
        with contextlib.ExitStack() as stack:
            descriptors = []
            for path in (self._path, *self._mirrors):
                descriptors.append(os.open(path, os.O_RDWR))
                stack.callback(os.close, descriptors[-1])
                if os.pread(descriptors[-1], SLOT, 0) != HEADER:
                    raise KeyFileDamaged(path, "not a slot file")
            fcntl.flock(descriptors[0], fcntl.LOCK_EX)  # given back when it is closed
            yield descriptors


def _write_all(descriptors: Sequence[int], data: bytes | bytearray, offset: int) -> None:
    for descriptor in descriptors:
        written = os.pwrite(descriptor, data, offset)
        if written != len(data):
            raise OSError(f"only {written} of {len(data)} bytes of keys written")
    for descriptor in descriptors:
        os.fsync(descriptor)


def joined(half: bytes, slot: bytes) -> bytes:
    """The 16-byte key that two halves make: the key derivation of GB/T 32918.4, SM3(slot || half || counter 1)."""
    return sm3(slot + half + b"\x00\x00\x00\x01")[:16]
