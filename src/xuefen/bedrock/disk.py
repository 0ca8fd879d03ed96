"""Files that are there whole or not at all, after a power cut too."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path


def replace(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Put ``data`` at ``path`` in one step, in place of what was there: readers see the old file or the new one.

    The bytes are on disk when this returns, the name only after ``sync`` of its folder: who writes many files does that once.
    """
    with _draft(path, data, mode) as draft:
        os.rename(draft, path)


def create(path: Path, data: bytes) -> None:
    """Let ``path`` appear, readable by its owner only and on disk for good; FileExistsError if somebody was quicker."""
    with _draft(path, data, 0o600) as draft:
        os.link(draft, path)  # unlike a rename, a link never replaces
        draft.unlink()
    sync(path.parent)


def sync(path: Path) -> None:
    """Make a file's bytes, or the names in a folder, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _draft(path: Path, data: bytes, mode: int) -> Iterator[Path]:
    """The bytes on disk under a name of their own beside ``path``; nothing is left of it when anything goes wrong."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        yield draft
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
