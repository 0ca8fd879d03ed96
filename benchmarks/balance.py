"""One learner's balance after 1,000,000 transfers, beside django-hordak's on the same server.

Ours: `ledger.queries.balance`, the running totals of one book, after a million deposits of that one learner went through `post`
in chunks; then every total is derived again from the transfers. The peer: `Account.get_balance()` of an account with as many
legs, its table filled by SQL because its own way of writing them would take hours, `ANALYZE`d, nothing else running.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from benchmarks.__main__ import Context
from xuefen.bank.ledger import actions, queries
from xuefen.bank.ledger.types import BookKind
from xuefen.bank.shell import clock

TRANSFERS = 1_000_000
CHUNK = 5_000
READS = 300
PEER_READS = 15
LEARNER, ISSUER = 1, 1


def run(context: Context) -> dict[str, Any]:
    began = time.perf_counter()
    for first in range(1, TRANSFERS + 1, CHUNK):
        _chunk(first)
    posted = time.perf_counter() - began
    context.say(f"{TRANSFERS:,} transfers posted in {posted:.0f} s")
    found = queries.balance(BookKind.LEARNER, LEARNER)
    if found.received != TRANSFERS:
        raise RuntimeError(f"the book says {found}")
    ours = milliseconds(lambda: queries.balance(BookKind.LEARNER, LEARNER), READS)
    began = time.perf_counter()
    if broken := list(queries.violations()):
        raise RuntimeError(f"promises broken: {broken[:3]}")
    derived = time.perf_counter() - began
    peer = _peer()
    return {
        "transfers": TRANSFERS,
        "balance_ms_median": round(statistics.median(ours), 3),
        "balance_ms_p99": round(sorted(ours)[int(READS * 0.99)], 3),
        "aim_ms": 1,
        "hordak_balance_ms_median": round(peer["median"], 1),
        "hordak_time_over_ours": round(peer["median"] / statistics.median(ours)),
        "posted_per_s": round(TRANSFERS / posted),
        "every_total_derived_again_seconds": round(derived, 1),
    }


def _chunk(first: int) -> None:
    with transaction.atomic(durable=True):
        issuer = actions.book_ids(BookKind.ISSUER, [ISSUER])[ISSUER]
        learner = actions.book_ids(BookKind.LEARNER, [LEARNER])[LEARNER]
        lots = range(first, first + CHUNK)
        actions.deposit(
            from_book_id=issuer,
            to_book_ids=[learner] * CHUNK,
            amounts=[1] * CHUNK,
            lot_ids=lots,
            keys=[f"deposit:{lot}" for lot in lots],
            now=clock.now(),
        )


def milliseconds(read: Callable[[], object], times: int) -> list[float]:
    found = []
    for _ in range(times):
        began = time.perf_counter()
        read()
        found.append(1000 * (time.perf_counter() - began))
    return found


def _peer() -> dict[str, float]:
    with connection.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS hordak")
        cursor.execute("CREATE DATABASE hordak TEMPLATE template0")
    done = subprocess.run(
        [sys.executable, str(Path(__file__).parent / "peers/hordak_peer.py"), "balance", str(TRANSFERS), str(PEER_READS)],
        stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer
