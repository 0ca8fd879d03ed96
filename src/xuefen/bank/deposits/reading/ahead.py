"""Reading ahead: a large file is read, judged and made ready in a process of its own while the caller's database writes the
chunk before. That process calculates and opens the file, nothing else: people and ids come from whoever asks the database.
"""

from __future__ import annotations

import copyreg
import gc
import itertools
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from types import MappingProxyType
from typing import Any, Protocol

from xuefen.bank.deposits import rules
from xuefen.bank.deposits.reading import Source
from xuefen.bank.deposits.reading.aside import Aside
from xuefen.bank.deposits.types import Row
from xuefen.bank.learners.types import Resolved
from xuefen.bank.shell.bounded import NumberedRow
from xuefen.bank.shell.problems import Denied

_AHEAD = 3  # chunks at most; so that neither process waits for the other's slower moments
_MOST_LEARNERS = 100_000  # kept in memory during a run; some 40 MB
_WORTH_A_PROCESS = 5000  # rows; it takes half a second to begin


def _read_only(table: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(table)


copyreg.pickle(MappingProxyType, lambda table: (_read_only, (dict(table),)))  # as a standard's tables are


class Answers(Protocol):
    """What only the database can tell."""

    def learners(self, *, account_nos: Collection[str], id_numbers: Collection[str]) -> Resolved: ...

    def ids(self, count: int) -> tuple[list[int], list[int]]:
        """New ids for so many outcomes and leaves."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a chunk that was read asks for: learners not met before in this run, and ids for as many rows."""

    rows: int
    account_nos: frozenset[str] = field(repr=False)
    id_numbers: frozenset[str] = field(repr=False)


@dataclass(slots=True)
class Preparer:
    """A file and what its rows are judged by; reads and judges chunk by chunk, beginning behind row ``after``. Without a
    ``frame`` nothing is made ready to be written.
    """

    source: Source
    context: rules.Context
    day: date
    frame: rules.Frame | None
    size: int
    after: int
    _rows: Generator[NumberedRow, None, None] | None = field(default=None, init=False)
    _parsed: list[tuple[Row, Sequence[str]]] = field(default_factory=list, init=False, repr=False)
    _known: Resolved = field(default_factory=Resolved, init=False)  # an account is judged as when the run first met it

    def parse(self) -> Wanted:
        """Read the next chunk; the rows of one file speak of the same few thousand people, so few are new."""
        if self._rows is None:
            self._rows = self.source.rows(after=self.after)
        columns, day = self.context.columns, self.day
        self._parsed = [
            (rules.parse_row(number, cells, columns, today=day), cells)
            for number, cells in itertools.islice(self._rows, self.size)
        ]
        if len(self._known.by_account) + len(self._known.by_id) > _MOST_LEARNERS:
            self._known = Resolved()
        rows = [row for row, _ in self._parsed]
        return Wanted(
            len(rows),
            frozenset({row.account for row in rows if row.account} - self._known.by_account.keys()),
            frozenset({row.id_number for row in rows if row.id_number} - self._known.by_id.keys()),
        )

    def prepare(self, found: Resolved, outcome_ids: Sequence[int], leaf_ids: Sequence[int]) -> rules.Chunk:
        """Judge what was read last."""
        self._known.by_account.update(found.by_account)
        self._known.by_id.update(found.by_id)
        judged = rules.judge(self._parsed, self._known, self.context)
        self._parsed = []
        if self.frame is None:
            return rules.only_judged(judged)
        return rules.made_ready(judged, self.frame, outcome_ids=outcome_ids, leaf_ids=leaf_ids)

    def close(self) -> None:
        if self._rows is not None:
            self._rows.close()


def chunks(preparer: Preparer, answers: Answers) -> Generator[rules.Chunk, None, None]:
    """The file's rows, judged but for duplicates, a chunk at a time.

    What is wrong with a file further on is raised when all before it has been handed out.
    """
    aside = preparer.source.total_rows > _WORTH_A_PROCESS
    with _collector_at_rest(), _at_work(preparer, aside=aside) as ask:
        parsing: Future[Wanted] | None = ask("parse")
        ready: deque[Future[rules.Chunk]] = deque()
        broken: Denied | None = None
        while parsing or ready:
            # One is handed out, one is made meanwhile; more only when nobody has to wait for it.
            while parsing and (len(ready) < 2 or (len(ready) < _AHEAD and parsing.done())):
                try:
                    wanted = parsing.result()
                except Denied as denied:
                    broken, parsing = denied, None
                    break
                if not wanted.rows:
                    parsing = None
                    break
                found = answers.learners(account_nos=wanted.account_nos, id_numbers=wanted.id_numbers)
                drawn = answers.ids(wanted.rows) if preparer.frame else ((), ())
                ready.append(ask("prepare", found, *drawn))
                parsing = ask("parse")
            if ready:
                yield ready.popleft().result()
        if broken:
            raise broken


@contextmanager
def _at_work(preparer: Preparer, *, aside: bool) -> Iterator[Callable[..., Future[Any]]]:
    """What calls a method of the preparer: at once and here, or ``aside`` in a process of its own."""
    if aside:
        with Aside(preparer) as process:
            yield process.ask
    else:
        with closing(preparer):
            yield partial(_at_once, preparer)


def _at_once(preparer: Preparer, method: str, *args: object) -> Future[Any]:
    future: Future[Any] = Future()
    try:
        future.set_result(getattr(preparer, method)(*args))
    except Denied as denied:
        future.set_exception(denied)
    return future


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Rows make no cycles, yet a chunk's many objects send the cycle collector round and round: a fifth of the time."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
