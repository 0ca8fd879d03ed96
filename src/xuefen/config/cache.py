"""Django's file cache with counters that hold: between processes, and for as long as was said."""

from __future__ import annotations

import pickle
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.filebased import FileBasedCache
from django.core.files import locks


class CountingFileCache(FileBasedCache):
    """Django reads, adds and writes in three steps, so that many at once count as one; and what was counted once is kept for
    the default time. Here one process counts at a time, and a counter ends when it was said to end.
    """

    def __init__(self, folder: str, params: dict[str, Any]) -> None:
        super().__init__(folder, params)
        self._folder = Path(folder)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        with self._alone():
            return bool(super().add(key, value, timeout, version))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        with self._alone():
            kept = Path(self._key_to_file(key, version))  # type: ignore[attr-defined] # the stubs know only what is public
            try:
                with kept.open("rb") as file:
                    expires = pickle.load(file)  # noqa: S301 - the cache's own folder
                    value = pickle.loads(zlib.decompress(file.read()))  # noqa: S301
            except FileNotFoundError:
                raise ValueError(f"no counter {key}") from None
            left = None if expires is None else expires - time.time()
            if left is not None and left <= 0:
                raise ValueError(f"no counter {key}")
            self.set(key, value + delta, left, version)
            return int(value + delta)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self._folder / "counting").open("wb") as file:
            locks.lock(file, locks.LOCK_EX)  # ends with the file
            yield
