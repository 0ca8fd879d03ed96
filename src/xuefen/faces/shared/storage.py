"""A disk that is full, whoever noticed: a file system, or the database on its own."""

from __future__ import annotations

import errno

from xuefen.bank.shell.problems import Problem

STORAGE_FULL = Problem(
    "storage_full",
    "服务器的存储空间已满，这次没有记下任何内容。已经存入的学分不会受影响；腾出空间后会自动恢复，请过一会儿再试。",
    "The server's storage is full; nothing was recorded this time. Credits already deposited are safe, and the service goes on by"
    " itself once there is space: please try again later.",
    status=507,
)
_DATABASE_FULL = "53100"  # PostgreSQL's disk_full


def is_full(error: BaseException) -> bool:
    """Whether an error, or what caused it, is a disk without space."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if getattr(seen, "sqlstate", None) == _DATABASE_FULL:
            return True
        seen = seen.__cause__
    return False
