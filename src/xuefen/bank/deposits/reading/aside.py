"""An object at work in a process of its own: called here, and the answers come when they are ready.

Not ``multiprocessing``: that runs the caller's main program again in the new process, whatever it may be. This one ends when
its caller has ended, however that was, because then there is nothing more to read.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import signal
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

from xuefen.bank.shell.problems import Denied


class Aside:
    """``subject``, which pickle can carry, in a process of its own. Only ``Denied`` comes back from there; a defect ends it."""

    def __init__(self, subject: object) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        assert self._process.stdin and self._process.stdout
        self._questions, self._answers = self._process.stdin, self._process.stdout
        # Neither may wait for the other: an answer is larger than what a pipe holds, and so may a question be.
        self._asking = ThreadPoolExecutor(1, thread_name_prefix="asking")
        self._hearing = ThreadPoolExecutor(1, thread_name_prefix="hearing")
        self._unsaid: Exception | None = None
        self._asking.submit(self._say, subject)

    def ask(self, method: str, *args: object) -> Future[Any]:
        """Call a method there. Answers come in the order of the questions."""
        self._asking.submit(self._say, (method, args))
        return self._hearing.submit(self._hear)

    def _say(self, what: object) -> None:
        try:
            pickle.dump(what, self._questions, pickle.HIGHEST_PROTOCOL)
            self._questions.flush()
        except Exception as error:  # nobody waits for the answer to a question that was never put
            self._unsaid = self._unsaid or error
            self._process.kill()

    def _hear(self) -> Any:
        try:
            denied, answer = pickle.load(self._answers)  # noqa: S301 - our own process, on a pipe of our own
        except (EOFError, pickle.UnpicklingError):
            status = self._process.wait()
            raise RuntimeError(f"the process that reads ahead ended with status {status}") from self._unsaid
        if denied:
            raise answer
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._asking.shutdown(cancel_futures=True)
        self._hearing.shutdown(cancel_futures=True)
        with contextlib.suppress(BrokenPipeError):
            self._questions.close()
        self._answers.close()
        self._process.wait()


def _main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever asks
    gc.disable()  # rows make no cycles, and looking for them is a fifth of the time
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing that prints may speak in between
    subject = pickle.load(questions)  # noqa: S301 - from whoever began this process
    while True:
        try:
            method, args = pickle.load(questions)  # noqa: S301
        except EOFError:
            return
        try:
            answer: tuple[bool, object] = False, getattr(subject, method)(*args)
        except Denied as denied:
            answer = True, denied
        pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()


if __name__ == "__main__":
    _main()
