"""CP-SAT as a process of its own that is asked problem by problem (``serve``); why: see ``optimum``."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from xuefen.bank.conversion.types import Problem

ROOT = Path(__file__).resolve().parents[2]


class Peer:
    """The process, as long as it is needed: ``with Peer() as peer: peer.best(problem)``."""

    def __enter__(self) -> Peer:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.referee.serve"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.communicate()

    def best(self, problem: Problem, fixed: Sequence[Any] | None = None, *, seconds: float = 60.0) -> dict[str, Any]:
        """CP-SAT's optimum in so much time; with ``fixed``, its verdict on those lines and their value."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(
            json.dumps({"problem": problem.to_json(), "fixed": fixed, "seconds": seconds}),
            file=self.process.stdin,
            flush=True,
        )
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer
