"""Reading what a stranger made in a process of its own, within hard limits of memory and time: if it needs too much, that
process dies and the bank does not.
"""

from __future__ import annotations

import importlib
import json
import lzma
import os
import resource
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any

from xuefen.bank.shell.problems import REGISTRY, Denied, Problem

SHEET_TOO_LARGE = Problem(
    "sheet_too_large",
    "表格（或压缩包里的表）太大，超出了读取时允许的内存或时间。请拆成几个文件；工作簿也可以改用 csv。",
    "The sheet, or what is in the archive, needs more memory or time than a reader may use. Split the file, or use csv instead of"
    " a workbook.",
    status=413,
)
XLSX_BROKEN = Problem(
    "xlsx_broken",
    "这个 xlsx 文件损坏、加密，或者不是表格，无法读取。请重新另存为 xlsx。",
    "This xlsx file is damaged, encrypted or no workbook. Save it again as xlsx.",
)
TOO_MANY_COLUMNS = Problem(
    "too_many_columns",
    "表里有 {found} 列，最多 {most} 列。请检查是否传错了文件。",
    "The sheet has {found} columns; at most {most} are read. Is this the right file?",
)
TOO_MANY_ROWS = Problem(
    "too_many_rows",
    "表里超过 {most} 行。请拆成几个文件。",
    "The sheet has more than {most} rows. Split the file.",
    status=413,
)
FORMULA = "\ufdd0="
"""What stands before the text of a cell that holds a formula; U+FDD0 can stand in no text of anybody's."""
NO_MEMORY = 75  # exit status of the process when Python itself ran out
DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, OSError)
"""What Python raises over an archive that is not what it says it is."""
NumberedRow = tuple[int, list[str]]
"""The row number as a spreadsheet shows it, and its cells."""
Read = Callable[..., Iterable[NumberedRow]]


def rows(read: Read, path: Path, *limits: int, memory: int, seconds: int) -> Generator[NumberedRow, None, None]:
    """What ``read(path, *limits)`` yields, ``read`` being a module's function that needs no database.

    Raises ``Denied``: what it raises, and sheet_too_large when it would need more bytes or seconds of a processor.
    """
    call = [read.__module__, read.__qualname__, str(memory), str(seconds), str(path), *map(str, limits)]
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, *call],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"MALLOC_ARENA_MAX": "2", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        encoding="utf-8",
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            told = json.loads(line)
            if isinstance(told, dict):
                raise Denied(REGISTRY[told["denied"]], place=told["place"], **told["params"])
            number, *cells = told
            yield number, cells
        status = process.wait()
        if status < 0 or status == NO_MEMORY:
            raise Denied(SHEET_TOO_LARGE)
        if status:
            raise RuntimeError(f"the process that reads ended with status {status}")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _work(module: str, name: str, memory: str, seconds: str, path: str, *limits: str) -> None:
    """The other side: one line of JSON for each row, or for why there are no more."""
    read: Read = getattr(importlib.import_module(module), name)  # before the limits: what it needs is no large sheet
    for kind, most in (
        (resource.RLIMIT_AS, int(memory)),
        (resource.RLIMIT_CPU, int(seconds)),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    encode = json.JSONEncoder().encode
    try:
        for number, cells in read(Path(path), *map(int, limits)):
            sys.stdout.write(encode([number, *cells]) + "\n")
    except Denied as denied:
        told: dict[str, Any] = {"denied": denied.code, "place": denied.place, "params": denied.params}
        sys.stdout.write(encode(told) + "\n")


if __name__ == "__main__":
    try:
        _work(*sys.argv[1:])
        sys.stdout.flush()
    except MemoryError:
        raise SystemExit(NO_MEMORY) from None
