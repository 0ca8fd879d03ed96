"""How the command line speaks: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
from functools import wraps
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from xuefen.bank.shell.problems import Denied
from xuefen.faces.cli.parser import Run


class _Result(Console):
    """rich ends with status 1 when the reader has left, which for ``prove`` means a broken promise."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


console = Console(stderr=True, highlight=False, soft_wrap=True)
result = _Result(highlight=False, soft_wrap=True)  # what was asked for, on standard output


def write_json(value: Any, target: Path | str | None) -> None:
    """Write ``value`` to a file, or to standard output for ``-``; nothing for None."""
    if target is None:
        return
    text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    if str(target) == "-":
        sys.stdout.write(text)
    else:
        Path(target).write_text(text, encoding="utf-8")


def progress() -> Progress:
    """A progress bar that also reads well in a log file."""
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )  # fmt: skip


def plain_refusals(command: Run) -> Run:
    """A refusal is one line with its code and both sentences, and exit status 1; never a traceback."""

    @wraps(command)
    def run(arguments: Any) -> int | None:
        try:
            return command(arguments)
        except Denied as denied:
            where = f" [{denied.place}]" if denied.place else ""
            console.print(f"xuefen: {denied.code}{where}: {denied.sentence('zh')}", style="red", markup=False)
            console.print(f"        {denied.sentence('en')}", markup=False)
            return 1

    return run
