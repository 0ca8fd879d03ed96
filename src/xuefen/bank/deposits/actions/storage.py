"""Files on disk: complete or absent, and a full disk is said in words."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from xuefen.bank.deposits.types import DISK_FULL
from xuefen.bank.shell.problems import Denied

MOST_BYTES = 200 * 1024 * 1024  # of one upload
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def uploads() -> Path:
    """The folder of kept files, readable by the bank alone; they hold personal data."""
    folder = Path(settings.XUEFEN_UPLOADS)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


@contextlib.contextmanager
def disk_full_is_denied() -> Iterator[None]:
    """Turn "no space left", "quota used up" and "file too large for this system" into ``Denied(disk_full)``."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise Denied(DISK_FULL, place="file") from error
        raise
