"""Having a stranger's file taken apart by a program of its own process, a few at a time."""

from __future__ import annotations

import subprocess
import sys
from threading import Semaphore

from xuefen.bank.certificates.types import VERIFY_BUSY
from xuefen.bank.shell.problems import Denied


def run(
    program: str, *words: str, data: bytes, turns: Semaphore, patience: float, seconds: float
) -> subprocess.CompletedProcess[bytes]:
    """What ``program``, which limits its own memory and processor time, answers to ``data``. Raises ``Denied(verify_busy)``.

    No file makes it sleep, so one that is not done after ``seconds`` got no processor: that says nothing of the file.

    Anybody may send a file that takes all its seconds and memory; they must not take every thread of a web process, so who
    gets none of ``turns`` within ``patience`` seconds is sent away.
    """
    if not turns.acquire(timeout=patience):
        raise Denied(VERIFY_BUSY, place="file")
    try:
        return subprocess.run(
            [sys.executable, "-I", program, *words],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Denied(VERIFY_BUSY, place="file") from None
    finally:
        turns.release()
