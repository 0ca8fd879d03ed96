"""Our code in a process of its own, on the database of the test: to be stopped at a chosen moment, and killed there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from django.db import connection

STOPS = """
import os, signal, sys, time

def stop_at(event, part, times):
    "Stop this whole process when Python is about to do this to such a path for the ``times``-th time."
    seen = []
    def hook(name, arguments):
        if name == event and part in str(arguments[1 if name == "os.rename" else 0]):
            seen.append(name)
            if len(seen) == times:
                os.kill(os.getpid(), signal.SIGSTOP)
                time.sleep(3600)  # another thread may be the first to hear of it: this one must not go on meanwhile
    sys.addaudithook(hook)
"""
"""Python tells its audit hooks of every file before it touches it, so nothing of ours is replaced in order to stop there."""


@contextmanager
def on_this_database(script: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Run ``script`` beside the test; dead when the block is left."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    url = f"postgresql://{parts.netloc}/{connection.settings_dict['NAME']}?{parts.query}"
    process = subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        env={**os.environ, "DATABASE_URL": url, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def kill_where_it_stops(process: subprocess.Popen[Any]) -> None:
    """Wait until it has stopped itself, and kill it there."""
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status), f"it ended and was never where it should stop: {status}"
    process.send_signal(signal.SIGKILL)
    process.wait()


def stopping(event: str, part: str, times: int, script: str) -> str:
    """``script``, stopped when it is about to do this to a path with that ``part`` for the ``times``-th time."""
    return f"{STOPS}\nstop_at({event!r}, {part!r}, {times})\n{script}"
