"""Deadlines: what is due is done one at a time, oldest first, and nothing that fails keeps the next person waiting (I12)."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

log = logging.getLogger(__name__)
E = TypeVar("E")
D = TypeVar("D")
OVERTAKEN, FAILED = "overtaken", "failed"
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Due(Generic[E]):
    """A row as the sweep read it: what is due at ``at``, a reminder (``event`` None) or the house's move."""

    at: datetime
    id: int
    version: int
    number: str
    event: E | None


class Read(Protocol[D]):
    """What is due at ``now`` beyond ``after``, oldest first, ``limit`` at most."""

    def __call__(self, *, now: datetime, after: D | None, limit: int) -> Sequence[D]: ...


def sweep(
    reads: Sequence[Read[Due[E]]], do: Callable[[Due[E], datetime], str], *, now: datetime, limit: int
) -> Counter[str]:
    """Do what each of ``reads`` finds and count the words ``do`` answers with, which opens a transaction of its own each time.

    ``do`` says OVERTAKEN when somebody acted since it was read. What fails is logged, counted and found again next time; it
    uses up nothing of ``limit``, which holds for each of ``reads``.
    """
    counts: Counter[str] = Counter()
    for read in reads:
        done, after = 0, None
        while done < limit and (due := read(now=now, after=after, limit=min(_PAGE, limit - done))):
            for one in due:
                what = _attempt(do, one, now)
                counts[what] += 1
                done += what not in (OVERTAKEN, FAILED)
            after = due[-1]
    return counts


def _attempt(do: Callable[[Due[E], datetime], str], one: Due[E], now: datetime) -> str:
    try:
        return do(one, now)
    except Exception:  # whatever is wrong with one, the next person's deadline still holds
        log.exception("sweep: %s failed", one.number)
        return FAILED
