"""``xuefen up``: web server, worker and sequencer as one tree that ends with one Ctrl-C."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from types import FrameType

from xuefen.config.embedded.account import Account, command

PATIENCE = 10.0  # seconds a child gets to end before it is killed
RESTART_PAUSE = 1.0  # seconds before a child that ended by itself is started again


@dataclass
class Child:
    """One long-running program of the bank."""

    name: str
    arguments: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = field(default=0.0)

    def start(self) -> None:
        """Start it so that it gets SIGTERM when we end in any way, also by kill -9."""
        us = pwd.getpwuid(os.geteuid())
        account = Account(name=us.pw_name, uid=us.pw_uid, gid=us.pw_gid)
        self.process = subprocess.Popen(
            command(account, self.arguments, on_our_death=signal.SIGTERM),
            start_new_session=True,  # Ctrl-C reaches only us; we end the children in order
        )
        self.started = time.monotonic()


def children(*, host: str, port: int) -> list[Child]:
    """What a running bank consists of, besides its database."""
    here = [sys.executable, "-m", "xuefen.config.main"]
    web = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", "2", "--blocking-threads", "4", "--no-log", "xuefen.config.wsgi:application",
    ]  # fmt: skip
    return [Child("web", web), Child("worker", [*here, "worker"]), Child("sequencer", [*here, "sequencer"])]


def supervise(*, host: str, port: int) -> int:
    """Run the bank until Ctrl-C or SIGTERM; a child that dies is started again."""
    stopping = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    running = children(host=host, port=port)
    for child in running:
        child.start()
    try:
        while not stopping:
            time.sleep(0.2)
            for child in running:
                if child.process is not None and child.process.poll() is not None and not stopping:
                    print(
                        f"xuefen: {child.name} ended ({child.process.returncode}), starting it again", file=sys.stderr
                    )
                    time.sleep(RESTART_PAUSE)
                    child.start()
    finally:
        _end(running)
    return 0


def _end(running: list[Child]) -> None:
    for child in running:
        if child.process is not None and child.process.poll() is None:
            child.process.terminate()
    deadline = time.monotonic() + PATIENCE
    for child in running:
        if child.process is None:
            continue
        try:
            child.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()
