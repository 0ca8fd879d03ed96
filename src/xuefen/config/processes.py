"""``xuefen up``: web server, worker and sequencer as one tree that ends with one Ctrl-C."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from xuefen.config.embedded import give_to_owner
from xuefen.config.embedded.account import Account, command
from xuefen.faces.cli.trouble import told

PATIENCE = 10.0  # seconds a child gets to end before it is killed
RESTART_PAUSE = 1.0  # seconds before a child that ended by itself is started again; doubled while it keeps ending
LONGEST_PAUSE = 30.0  # seconds
HEALTHY = 20.0  # seconds after which a child counts as having run
LOOK = 1.0  # seconds between looks at the database


class NotFree(Exception):
    """The port or the home is taken; the text is what to tell the operator."""


PORT_TAKEN = ("port_taken", "{host}:{port} 已被别的程序占用。请换一个端口：--port {other}。",
              "{host}:{port} is taken by another program. Choose another port: --port {other}.")  # fmt: skip
ADDRESS = ("address", "不能在 {host}:{port} 上提供服务：{detail}。", "Cannot serve on {host}:{port}: {detail}.")
HOME_TAKEN = ("already_running", "{home} 里的学分银行已经在运行。请先结束那一个，或换一个 XUEFEN_HOME。",
              "The bank in {home} is running already. End that one first, or choose another XUEFEN_HOME.")  # fmt: skip


def require_free(host: str, port: int) -> None:
    """Raise ``NotFree`` unless the address can be bound. The web server shares ports, so it would not notice itself."""
    try:
        family, kind, number, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, number) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            other = port + 1 if port < 65535 else port - 1
            raise NotFree(told(*PORT_TAKEN, host=host, port=port, other=other)) from error
        raise NotFree(told(*ADDRESS, host=host, port=port, detail=error.strerror)) from error


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold the home for one ``up`` or ``demo``: a second would share its log files, and a demo wipes what it finds.

    The kernel frees the lock when its holder dies in any way. Raises ``NotFree``.
    """
    home.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(home / "up.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    give_to_owner(home, descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise NotFree(told(*HOME_TAKEN, home=home)) from None
    try:
        yield
    finally:
        os.close(descriptor)


@dataclass
class Child:
    """One long-running program of the bank."""

    name: str
    arguments: list[str]
    home: Path | None = None  # another than ours
    process: subprocess.Popen[bytes] | None = None
    started: float = field(default=0.0)
    pause: float = RESTART_PAUSE
    due: float | None = None  # when it is to be started again; None while it runs

    def start(self) -> None:
        """Start it so that it gets SIGTERM when we end in any way, also by kill -9."""
        us = pwd.getpwuid(os.geteuid())
        account = Account(name=us.pw_name, uid=us.pw_uid, gid=us.pw_gid)
        self.process = subprocess.Popen(
            command(account, self.arguments, on_our_death=signal.SIGTERM),
            start_new_session=True,  # Ctrl-C reaches only us; we end the children in order
            env={**os.environ, "XUEFEN_HOME": str(self.home)} if self.home else None,
            stdout=subprocess.DEVNULL if self.home else None,
        )
        self.started, self.due = time.monotonic(), None

    def look_after(self) -> None:
        """Start it again some time after it ended; the longer, the more often it did so right after its start."""
        now = time.monotonic()
        if self.due is not None:
            if now >= self.due:
                self.start()
            return
        if self.process is None or not self._has_ended():
            return
        self.pause = RESTART_PAUSE if now - self.started > HEALTHY else min(2 * self.pause, LONGEST_PAUSE)
        self.due = now + self.pause
        print(
            f"xuefen: {self.name} ended ({self.process.returncode}), starting it again in {self.pause:g} s",
            file=sys.stderr,
        )

    def _has_ended(self) -> bool:
        """Whether it ended; then those it started end too: a killed web server's workers would go on behind its back."""
        assert self.process is not None
        if self.process.returncode is None:
            if os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                return False
            with contextlib.suppress(ProcessLookupError):  # before it is reaped its number is still its own
                os.killpg(self.process.pid, signal.SIGKILL)
        return self.process.poll() is not None

    def end(self, seconds: float) -> None:
        """Wait so long for it to end as it was asked to, then kill it and whatever it started."""
        if self.process is None:
            return
        deadline = time.monotonic() + seconds
        while not self._has_ended():
            if time.monotonic() > deadline:
                self.process.kill()
            time.sleep(0.02)


def children(*, host: str, port: int) -> list[Child]:
    """What a running bank consists of, besides its database."""
    here = [sys.executable, "-m", "xuefen.config.main"]
    web = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", "2", "--blocking-threads", "4", "--respawn-failed-workers", "--respawn-interval", "1", "--no-log",
        "xuefen.config.wsgi:application",
    ]  # fmt: skip
    return [Child("web", web), Child("worker", [*here, "worker"]), Child("sequencer", [*here, "sequencer"])]


def beside(commands: Mapping[Path, list[str]]) -> list[Child]:
    """Commands of ``xuefen`` that run beside the bank, each with a home of its own: the demo's witnesses."""
    here = [sys.executable, "-m", "xuefen.config.main"]
    return [Child(f"{words[0]} {home.name}", [*here, *words], home=home) for home, words in commands.items()]


def supervise(running: list[Child], *, keep_database: Callable[[], None]) -> int:
    """Run these until Ctrl-C or SIGTERM; a child that dies is started again, and so is the database."""
    stopping = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    for child in running:
        child.start()
    looked = time.monotonic()
    try:
        while not stopping:
            time.sleep(0.2)
            if time.monotonic() - looked > LOOK:
                keep_database()
                looked = time.monotonic()
            for child in running:
                child.look_after()
    finally:
        _end(running)
    return 0


def _end(running: list[Child]) -> None:
    for child in running:
        if child.process is not None and child.process.poll() is None:
            child.process.terminate()
    deadline = time.monotonic() + PATIENCE
    for child in running:
        child.end(max(0.1, deadline - time.monotonic()))
