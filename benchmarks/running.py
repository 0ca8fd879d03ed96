"""A running bank for benchmarks: ``xuefen up`` in a folder of its own, and its processes, found by who started whom."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from xuefen.config import embedded

PATIENCE = 180.0
"""Seconds until a bank that was killed must answer again."""
HERE = [sys.executable, "-m", "xuefen.config.main"]


@dataclass
class Bank:
    """A running ``xuefen up``."""

    home: Path
    log: Path
    port: int = field(default_factory=lambda: free_port())
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        without = {"DATABASE_URL", "DJANGO_SETTINGS_MODULE"}
        return {k: v for k, v in os.environ.items() if k not in without} | {"XUEFEN_HOME": str(self.home)}

    def __enter__(self) -> Bank:
        self.start()
        self.wait()
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(timeout=PATIENCE)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*HERE, "up", "--port", str(self.port)], env=self.environment, stdout=log, stderr=log
            )

    def wait(self) -> float:
        """Seconds until it answers, started again if its head is gone."""
        assert self.process is not None
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE:
            if self.process.poll() is not None:
                self.start()  # what an operator's service manager does
            try:
                with urllib.request.urlopen(f"{self.address}/api/log", timeout=5):
                    return time.monotonic() - began
            except (OSError, urllib.error.URLError):
                time.sleep(0.1)
        shutil.copy(self.log, kept := Path(tempfile.mkdtemp(prefix="xuefen-bench-")) / "up.log")
        raise RuntimeError(f"the bank did not answer for {PATIENCE:.0f} s; what it said is in {kept}")

    def database(self) -> str:
        """Its address, as soon as there is one: a killed one is started again by the bank's head."""
        until = time.monotonic() + PATIENCE
        while (server := embedded.status(self.home)) is None:
            if time.monotonic() > until:
                raise RuntimeError("the bank has no database running")
            time.sleep(0.1)
        return server.url

    def prove(self) -> int:
        """What ``xuefen prove`` says about the bank at rest: its exit code."""
        return subprocess.run([*HERE, "prove"], env=self.environment, stdout=sys.stderr, check=False).returncode

    def processes(self) -> dict[str, list[int]]:
        """Process ids by what they are."""
        assert self.process is not None
        found: dict[str, list[int]] = {"bank": [self.process.pid]}
        for pid in descendants(self.process.pid):
            words = command_line(pid)
            if "granian" in words:
                found.setdefault("web server" if parent(pid) in found["bank"] else "web worker", []).append(pid)
            elif words.rstrip().endswith(" worker"):
                found.setdefault("job worker", []).append(pid)
            elif words.rstrip().endswith(" sequencer"):
                found.setdefault("sequencer", []).append(pid)
        server = embedded.status(self.home)
        if server is not None and server.pid:
            found["database"] = [server.pid]
            found["backend"] = [p for p in descendants(server.pid) if "postgres:" in command_line(p)]
        return {name: pids for name, pids in found.items() if pids}


def descendants(pid: int) -> Iterator[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(n) for task in tasks for n in (task / "children").read_text().split()]
    except OSError:
        return
    for child in children:
        yield child
        yield from descendants(child)


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""


def parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
