"""Facts appended and sealed a second, proofs a second, and the whole log re-derived.

Beside pymerkle (RFC 6962 tree over SQLite, SHA-256) on the same disk. Ours: queued durably in transactions of 5,000, moved,
written as tiles, synced, signed with SM2 and published; proofs read from the tiles, of random leaves and sizes. The peer: one
``append_entry`` a leaf and one ``prove_…`` a proof, which is the interface it has. pymerkle is GPL-3.0: measured against, never
depended on.

Re-derivation is ``xuefen log check``: every leaf in the database and, in a second process, every byte of the files is hashed
again and compared with every checkpoint ever signed. Its size is

    XUEFEN_BENCH_LEAVES=200000 make bench ARGS=log    smaller than the usual 5,000,000
"""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from benchmarks.__main__ import Context
from xuefen.bank.shell import clock
from xuefen.bank.translog import actions, queries
from xuefen.bedrock import tiles

LEAVES = 200_000
CHUNK = 5_000
PEER_LEAVES = 3_000
REPEATS = 3
REDERIVED = int(os.environ.get("XUEFEN_BENCH_LEAVES", "5000000"))
PROOFS, PEER_PROOFS = 5_000, 100


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


def rate(count: int, act: Callable[[], object]) -> float:
    """How often a second."""
    began = time.perf_counter()
    for _ in range(count):
        act()
    return count / (time.perf_counter() - began)


def proofs(chance: random.Random) -> tuple[float, float]:
    """Inclusion and consistency proofs a second, under one checkpoint, read from the tiles on disk."""
    size = queries.log_size()
    reader = tiles.TileReader(size=size, fetch=queries.fetch, hash=queries.tree_hash())
    return (
        rate(PROOFS, lambda: reader.inclusion_proof(chance.randrange(size))),
        rate(PROOFS, lambda: reader.consistency_proof(chance.randrange(1, size))),
    )


def peer(context: Context, round_: int, chance: random.Random) -> tuple[float, float, float]:
    """What pymerkle does a second: leaves, inclusion proofs, consistency proofs; of a tree of ``PEER_LEAVES``."""
    from pymerkle import SqliteTree

    tree = SqliteTree(str(context.scratch / f"pymerkle{round_}.db"))
    entries = iter(bodies(0, PEER_LEAVES))
    found = (
        rate(PEER_LEAVES, lambda: tree.append_entry(next(entries))),
        rate(PEER_PROOFS, lambda: tree.prove_inclusion(chance.randrange(1, PEER_LEAVES + 1))),
        rate(PEER_PROOFS, lambda: tree.prove_consistency(chance.randrange(1, PEER_LEAVES))),
    )
    tree.con.close()
    return found


def rederived(context: Context) -> dict[str, Any]:
    """The log grown to ``REDERIVED`` leaves, and checked in a process of its own, so that its memory shows."""
    start, began = queries.log_size(), time.perf_counter()
    for first in range(start, REDERIVED, CHUNK * 10):
        with transaction.atomic(durable=True):
            actions.append_many(bodies=bodies(first, min(CHUNK * 10, REDERIVED - first)))
        actions.seal_all(now=clock.now())
        if first // 1_000_000 != (first + CHUNK * 10) // 1_000_000:
            context.say(f"{queries.log_size():,} leaves sealed")
    grown, size = time.perf_counter() - began, queries.log_size()
    began = time.perf_counter()
    alone = "import django; django.setup(); from benchmarks.log import check; check()"
    done = subprocess.run([sys.executable, "-c", alone], check=True, stdout=subprocess.PIPE, text=True)
    seconds = time.perf_counter() - began
    own, files = map(int, done.stdout.split())
    log_bytes = sum(path.stat().st_size for path in Path(settings.XUEFEN_LOG).rglob("*") if path.is_file())
    return {
        "rederived_leaves": size,
        "rederived_seconds": round(seconds, 1),
        "rederived_leaves_per_s": round(size / seconds),
        "rederived_memory_mib_database_and_files": [own, files],
        "rederived_log_mib": log_bytes >> 20,
        **({"grown_leaves_per_s": round((size - start) / grown)} if size > start else {}),
    }


def check() -> None:
    """``xuefen log check``, and the most memory each of the two processes took, in MiB."""
    if found := list(queries.violations()):
        raise RuntimeError(f"the log does not verify after the measurement: {found[0]}")
    print(*(resource.getrusage(who).ru_maxrss >> 10 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def run(context: Context) -> dict[str, Any]:
    chance = random.Random(6962)
    mine, theirs, append_rates, seal_rates = [], [], [], []
    for round_ in range(REPEATS):
        append, seal = ours()
        append_rates.append(LEAVES / append)
        seal_rates.append(LEAVES / seal)
        mine.append((LEAVES / (append + seal), *proofs(chance)))
        theirs.append(peer(context, round_, chance))
        context.say(f"round {round_ + 1}: {mine[-1][0]:,.0f} leaves/s, pymerkle {theirs[-1][0]:,.0f}")
    ratios = sorted(our[0] / their[0] for our, their in zip(mine, theirs, strict=True))
    (leaves, inclusion, consistency), (peer_leaves, peer_inclusion, peer_consistency) = (
        [round(sorted(column)[REPEATS // 2]) for column in zip(*rows, strict=True)] for rows in (mine, theirs)
    )
    return {
        "leaves": LEAVES * REPEATS,
        "leaves_per_s_median": leaves,
        "append_only_leaves_per_s_median": round(sorted(append_rates)[REPEATS // 2]),
        "seal_only_leaves_per_s_median": round(sorted(seal_rates)[REPEATS // 2]),
        "pymerkle_leaves_per_s_median": peer_leaves,
        "ratio_to_pymerkle_min_median_max": [round(r, 1) for r in (ratios[0], ratios[REPEATS // 2], ratios[-1])],
        "inclusion_proofs_per_s_median": inclusion,
        f"pymerkle_inclusion_proofs_per_s_median_of_{PEER_LEAVES}_leaves": peer_inclusion,
        "consistency_proofs_per_s_median": consistency,
        f"pymerkle_consistency_proofs_per_s_median_of_{PEER_LEAVES}_leaves": peer_consistency,
        **rederived(context),
    }
