"""A running bank killed again and again under load: what was acknowledged is there, once, and every promise holds.

16 clients (`benchmarks.clients`) deposit outcomes and whole sheets, apply for conversions, agree to them and convert, or refuse,
and have statements issued, on a bank where everybody holds something to convert (`benchmarks.town`). Each asks again under the
same key until it is answered and writes the answer into a journal outside the bank before it asks for anything else. Meanwhile,
200 times, one of these is killed with SIGKILL at a random moment: a web worker, the web server, the job worker, the sequencer,
the database's backend of somebody's transaction, the whole database, the bank's own process, all of it at once. After every kill,
and in the end, the journal is compared with the bank: *lost* are acknowledged facts that are not there, *twice* those that
are there more than once, *without a leaf* those the log does not hold once all is sealed. Beside it, in the same run: the same
clients on the same bank with nobody killing.

    XUEFEN_BENCH_KILLS=20 make bench ARGS=kills    fewer of them
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import Counter
from typing import Any

import psycopg

from benchmarks import town
from benchmarks.__main__ import Context
from benchmarks.clients import CLIENTS, Journal, Load
from benchmarks.running import PATIENCE, Bank

KILLS = int(os.environ.get("XUEFEN_BENCH_KILLS", "200"))
CALM = 20.0
"""Seconds of load without kills."""
GAP = (0.5, 3.0)
"""Seconds between a bank that answers again and the next kill."""
ALL = "all at once"
TARGETS = ("web worker", "web server", "job worker", "sequencer", "backend", "database", "bank", ALL)


def run(context: Context) -> dict[str, Any]:
    bank = Bank(context.scratch / "bank", context.scratch / "up.log")
    town.build(bank.home, bank.environment)
    context.say("the town is built")
    journal = Journal(context.scratch / "journal")
    load = Load(bank, journal)
    killed: Counter[str] = Counter()
    waits: list[float] = []
    with bank:
        load.prepare()
        calm = load.during(lambda: time.sleep(CALM))
        context.say(f"nobody killing: {dict(calm)} acknowledged in {CALM:.0f} s")
        answered = load.during(lambda: kill_again_and_again(bank, journal, killed, waits, context))
        load.settle(bank.database())
        found = journal.compare(bank.database())
    return {
        "kills": sum(killed.values()),
        "kills_by_target": dict(sorted(killed.items())),
        "clients": CLIENTS,
        "acknowledged": dict(sorted(answered.items())),
        "lost": found["lost"] + found["sheets"],
        "twice": found["twice"],
        "without_a_leaf": found["unsealed"],
        "prove_exit_code": bank.prove(),
        "answers_lost_and_asked_again": sum(load.asked_again.values()),
        "instead_of_an_answer": dict(load.asked_again.most_common()),
        "refused": dict(load.refused.most_common()),
        "seconds_until_it_answers_median": round(sorted(waits)[len(waits) // 2], 1) if waits else 0,
        "seconds_until_it_answers_max": round(max(waits), 1) if waits else 0,
        "acknowledged_per_s_nobody_killing": round(sum(calm.values()) / CALM, 1),
    }


def kill_again_and_again(
    bank: Bank, journal: Journal, killed: Counter[str], waits: list[float], context: Context
) -> None:
    chance = random.Random(20261120)
    while sum(killed.values()) < KILLS:
        time.sleep(chance.uniform(*GAP))
        target = TARGETS[sum(killed.values()) % len(TARGETS)]
        there = bank.processes()
        pids = [pid for some in there.values() for pid in some] if target == ALL else there.get(target, [])
        if not pids:
            continue
        for pid in pids if target == ALL else [chance.choice(pids)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        killed[target] += 1
        waits.append(bank.wait())
        found = compared(bank, journal)
        if found["lost"] or found["twice"]:
            raise RuntimeError(f"after a kill of {target}: {dict(found)}")
        if sum(killed.values()) % 20 == 0:
            context.say(f"{sum(killed.values())} kills, {sum(journal.counts().values())} facts acknowledged, all there")


def compared(bank: Bank, journal: Journal) -> Counter[str]:
    """What ``Journal.compare`` finds, asked again while the database starts anew: after a killed backend the bank may have
    answered before the database had ended everybody else's session too.
    """
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return journal.compare(bank.database())
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
