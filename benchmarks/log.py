"""Facts appended and sealed a second, beside pymerkle (RFC 6962 tree over SQLite, SHA-256) on the same disk.

Ours: queued durably in transactions of 5,000, moved, written as tiles, synced, signed with SM2 and published. The peer: one
``append_entry`` a leaf, which is the interface it has. pymerkle is GPL-3.0: measured against, never depended on.
"""

from __future__ import annotations

import time
from typing import Any

from django.db import transaction

from benchmarks.__main__ import Context
from xuefen.bank.shell import clock
from xuefen.bank.translog import actions, queries

LEAVES = 200_000
CHUNK = 5_000
PEER_LEAVES = 3_000
REPEATS = 3


def bodies(start: int, count: int) -> list[bytes]:
    """Leaves as large as a deposit's, about 300 bytes."""
    filler = "x" * 220
    return [f'{{"kind":"outcome.deposited","n":{n},"pad":"{filler}"}}'.encode() for n in range(start, start + count)]


def ours() -> tuple[float, float]:
    """Seconds to append and seconds to seal ``LEAVES`` leaves."""
    start = queries.log_size()
    began = time.perf_counter()
    for first in range(start, start + LEAVES, CHUNK):
        with transaction.atomic(durable=True):
            actions.append_many(bodies=bodies(first, CHUNK))
    appended = time.perf_counter()
    actions.seal_all(now=clock.now())
    return appended - began, time.perf_counter() - appended


def peer(context: Context, round_: int) -> float:
    """Seconds pymerkle takes for ``PEER_LEAVES`` leaves."""
    from pymerkle import SqliteTree

    tree = SqliteTree(str(context.scratch / f"pymerkle{round_}.db"))
    began = time.perf_counter()
    for body in bodies(0, PEER_LEAVES):
        tree.append_entry(body)
    seconds = time.perf_counter() - began
    tree.con.close()
    return seconds


def run(context: Context) -> dict[str, Any]:
    rates, append_rates, seal_rates, peer_rates = [], [], [], []
    for round_ in range(REPEATS):
        append, seal = ours()
        rates.append(LEAVES / (append + seal))
        append_rates.append(LEAVES / append)
        seal_rates.append(LEAVES / seal)
        peer_rates.append(PEER_LEAVES / peer(context, round_))
        context.say(f"round {round_ + 1}: {rates[-1]:,.0f} leaves/s, pymerkle {peer_rates[-1]:,.0f}")
    if list(queries.violations()):
        raise RuntimeError("the log does not verify after the measurement")
    ratios = sorted(ours / theirs for ours, theirs in zip(rates, peer_rates, strict=True))
    return {
        "leaves": LEAVES * REPEATS,
        "leaves_per_s_median": round(sorted(rates)[REPEATS // 2]),
        "append_only_leaves_per_s_median": round(sorted(append_rates)[REPEATS // 2]),
        "seal_only_leaves_per_s_median": round(sorted(seal_rates)[REPEATS // 2]),
        "pymerkle_leaves_per_s_median": round(sorted(peer_rates)[REPEATS // 2]),
        "ratio_to_pymerkle_min_median_max": [round(r, 1) for r in (ratios[0], ratios[REPEATS // 2], ratios[-1])],
    }
