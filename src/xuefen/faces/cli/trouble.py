"""Trouble with the machine rather than with the request: a disk, a right, a database. One sentence each, with a code."""

from __future__ import annotations

import errno
import sys
from pathlib import Path

DISK_FULL = ("disk_full", "磁盘空间不足，没有写完：{detail}。请腾出空间后再运行一次。",
             "The disk is full and writing stopped: {detail}. Free some space and run it again.")  # fmt: skip
_FILES = {
    errno.ENOSPC: DISK_FULL,
    errno.EDQUOT: DISK_FULL,
    errno.EACCES: ("not_permitted", "没有权限：{detail}。", "Not permitted: {detail}."),
    errno.EPERM: ("not_permitted", "没有权限：{detail}。", "Not permitted: {detail}."),
    errno.EROFS: ("read_only", "只读的文件系统，写不进去：{detail}。", "A read-only file system: {detail}."),
    errno.ENOENT: ("no_such_file", "没有这个文件：{detail}。", "No such file: {detail}."),
    errno.EISDIR: ("is_a_folder", "这是文件夹，不是文件：{detail}。", "A folder where a file is needed: {detail}."),
    errno.ENOTDIR: ("not_a_folder", "这不是文件夹：{detail}。", "Not a folder: {detail}."),
}
_DATABASE = {
    "53100": DISK_FULL,
    "42501": ("database_right", "数据库用户缺少权限：{detail}。", "The database user lacks a right: {detail}."),
}
_DATABASE_AWAY = ("database_away", "连不上数据库，或者中途断开：{detail}。已提交的内容都在，可以再运行一次。",
                  "The database cannot be reached or broke off: {detail}. What was committed is safe; run it again.")  # fmt: skip


def sentence(error: Exception) -> str | None:
    """What to tell the operator; None when the error is a defect and should crash loudly."""
    if isinstance(error, OSError):
        found, detail = _FILES.get(error.errno or 0), error.filename or error.strerror or str(error)
        return None if found is None else told(*found, detail=_printable(detail))
    state = _database_state(error)
    if state is None:
        return None
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return told(*_DATABASE.get(state, _DATABASE_AWAY), detail=lines[0].rstrip("."))


def told(code: str, zh: str, en: str, **facts: object) -> str:
    """One refusal as every command prints it."""
    return f"xuefen: {code}: {zh.format(**facts)}\n        {en.format(**facts)}"


def _printable(name: object) -> str:
    """A file name that is not valid text must not stop the sentence about it."""
    return str(name).encode(errors="backslashreplace").decode() if isinstance(name, str | Path) else repr(name)


def _database_state(error: Exception) -> str | None:
    """The five-character state of a database error that is nobody's defect, "" without one; None for all others."""
    cause = error.__cause__ if error.__cause__ is not None else error
    state = getattr(cause, "sqlstate", None) or ""
    # Only what is loaded can have raised it; loading Django here would cost every ``--help`` its speed.
    kinds = [getattr(sys.modules.get(m), "OperationalError", None) for m in ("psycopg", "django.db.utils")]
    away = any(kind is not None and isinstance(error, kind) for kind in kinds)
    return state if away or state in _DATABASE else None
