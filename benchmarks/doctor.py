"""The rule doctor on 1.6 million rules (``benchmarks.stock``): seconds and memory, through the use case of desk and command line.

The physical limit in the same run is reading the register alone: the same rows streamed, every body parsed as JSON, and
nothing examined.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from benchmarks import stock
from benchmarks.plan import peak_mib

if TYPE_CHECKING:
    from benchmarks.__main__ import Context


def run(context: Context) -> dict[str, Any]:
    from xuefen.bank.conversion.actions import doctor
    from xuefen.bank.shell import clock

    stock.prepare(context)
    before = peak_mib()
    began = time.perf_counter()
    rules = read_alone()
    reading = time.perf_counter() - began
    context.say(f"read alone in {reading:.0f} s")
    now = clock.now()
    began = time.perf_counter()
    row = doctor.run(on=clock.today(now), by=stock.HOUSE, now=now)
    seconds = time.perf_counter() - began
    if row.progress != rules:
        raise RuntimeError(f"{row.progress} rules examined of {rules}")
    return {
        "rules": rules,
        "doctor_seconds": round(seconds, 1),
        "rules_per_s": round(rules / seconds),
        "findings": sum(row.counts.values()),
        "findings_by_code": row.counts,
        "complete": row.complete,
        "peak_mib": peak_mib(),
        "mib_before": before,
        "reading_alone_seconds": round(reading, 1),
        "doctor_time_over_reading": round(seconds / reading, 2),
    }


def read_alone() -> int:
    """The rules in force, streamed and parsed, nothing else."""
    from django.db import connection

    count = 0
    with connection.chunked_cursor() as cursor:
        cursor.execute("SELECT id, receiver_id, effective_from, retired_on, body::text FROM rule ORDER BY id")
        while rows := cursor.fetchmany(5_000):
            count += len([json.loads(body) for *_, body in rows])
    return count
