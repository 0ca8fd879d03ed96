"""Single deposits over HTTP, for 1 and for 16 clients, beside a bare SQL function under pgbench and django-hordak's own transfer.

Ours is `POST /api/outcomes` under wrk on a running bank of two web workers: a token checked, one row read, judged by the
standard and deposited with its outcome, transfer, audit entry, leaf and signed receipt, durable when it is answered; every
answer is looked at (201, and the outcome's free credit in it). The physical limit in the same run, on the same server: a bare
SQL function under pgbench that writes one row of each of the three tables with their indexes, in one durable transaction,
nothing judged. The peer: django-hordak's `transfer_to` on the same server, in as many processes, each with its own learner,
without HTTP. Milliseconds are what each client waited. Needs `wrk` and the `bench` extra.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import town
from benchmarks.__main__ import Context
from benchmarks.running import Bank
from benchmarks.wrk import SECONDS, require, wrk
from xuefen.config import embedded

CLIENTS = (1, 16)
PEERS = Path(__file__).parent / "peers"


def run(context: Context) -> dict[str, Any]:
    require()
    bank = Bank(context.scratch / "bank", context.scratch / "up.log")
    town.build(bank.home, bank.environment)
    found: dict[str, Any] = {}
    with bank:
        database, script = bank.database(), _deposit(bank)
        _bare_tables(database)
        for clients in CLIENTS:
            ours = wrk(
                f"{bank.address}/api/outcomes", scratch=context.scratch, marker='"free"', status=201, connections=clients,
                script=script,
            )  # fmt: skip
            bare, hordak = _pgbench(context, database, clients), _hordak(database, clients)
            context.say(f"{clients} clients: {ours}, SQL function {bare}, hordak {hordak}")
            found |= {
                f"clients_{clients}_deposit": ours,
                f"clients_{clients}_sql_function_pgbench": bare,
                f"clients_{clients}_hordak_in_process": hordak,
                f"clients_{clients}_percent_of_sql_function": round(100 * ours["per_s"] / bare["per_s"], 1),
                f"clients_{clients}_times_hordak": round(ours["per_s"] / hordak["per_s"], 2),
            }
        written = _count(database)
    if proved := bank.prove():
        raise RuntimeError(f"promises broken after the measurement: prove says {proved}")
    return {**found, "deposited": written}


def _deposit(bank: Bank) -> str:
    """A wrk script that deposits a new outcome with every request."""
    with psycopg.connect(bank.database()) as connection:
        accounts = [n for (n,) in connection.execute("SELECT account_no FROM learner WHERE wrapped_key IS NOT NULL")]
    request = urllib.request.Request(
        f"{bank.address}/api/token",
        data=json.dumps({"username": town.TEACHER, "password": town.PASSWORD}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        token = json.loads(answer.read())["token"]
    listed = ",".join(json.dumps(account) for account in accounts)
    return f"""
local accounts = {{{listed}}}
local counter, count = 0, 0
me = 0
function setup(thread) count = count + 1; thread:set("me", count) end
function request()
  counter = counter + 1
  local body = string.format('{{"issuer":"{town.SCHOOL}","account":"%s","item_code":"{town.ACTIVITY}",'
    .. '"awarded_on":"2026-06-30","grade":"85","hours":48,"serial":"w%d-%s-%d"}}',
    accounts[(counter * 2 + me) % #accounts + 1], me, tostring(accounts):sub(-8), counter)
  return wrk.format("POST", nil, {{["Content-Type"]="application/json", ["Authorization"]="Bearer {token}"}}, body)
end
"""


def _count(database: str) -> int:
    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT count(*) FROM outcome WHERE serial LIKE 'w%'").fetchone()
    return int(row[0]) if row else 0


# --- the physical limit ----------------------------------------------------------------------------------------------


def _bare_tables(database: str) -> None:
    """Empty tables of the same shape with their indexes, and the function that writes a row into each."""
    with psycopg.connect(database, autocommit=True) as connection:
        for table in ("outcome", "transfer", "queued_leaf"):
            connection.execute(f"CREATE TABLE bench_{table} (LIKE {table} INCLUDING ALL)")
        connection.execute(
            """
            CREATE FUNCTION bench_deposit() RETURNS void LANGUAGE plpgsql AS $$
            DECLARE o outcome%ROWTYPE; t transfer%ROWTYPE; l queued_leaf%ROWTYPE;
            BEGIN
              SELECT * INTO o FROM outcome ORDER BY id LIMIT 1;
              SELECT * INTO t FROM transfer ORDER BY id LIMIT 1;
              o.id := nextval('bench_ids'); o.number := 'B' || o.id; o.natural_key := uuid_send(gen_random_uuid());
              t.id := o.id; t.key := 'b:' || o.id; t.of_id := NULL; t.lot_id := o.id;
              l.id := o.id; l.body := convert_to(repeat('x', 300), 'UTF8');
              INSERT INTO bench_outcome SELECT o.*; INSERT INTO bench_transfer SELECT t.*;
              INSERT INTO bench_queued_leaf SELECT l.*;
            END $$
            """
        )
        connection.execute("CREATE SEQUENCE bench_ids")
        connection.execute("CREATE DATABASE hordak TEMPLATE template0")


def _pgbench(context: Context, database: str, clients: int) -> dict[str, float]:
    call = context.scratch / "call.sql"
    call.write_text("SELECT bench_deposit();\n")
    prefix = context.scratch / f"pgbench-{clients}"
    said = subprocess.run(
        [embedded.bin_path("pgbench"), "-n", "-f", call, "-c", str(clients), "-j", str(min(2, clients)), "-T", str(SECONDS),
         "--log", f"--log-prefix={prefix}", database],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    rate = re.search(r"tps = ([\d.]+)", said)
    if rate is None:
        raise RuntimeError(said)
    waits = [
        int(line.split()[2]) / 1000
        for path in context.scratch.glob(f"{prefix.name}.*")
        for line in path.read_text().splitlines()
    ]
    return {"per_s": round(float(rate[1]), 1), **percentiles(waits)}


def percentiles(waits: list[float]) -> dict[str, float]:
    """Median and 99th percentile of milliseconds."""
    ordered = sorted(waits)
    return {f"p{n}_ms": round(ordered[min(len(ordered) - 1, len(ordered) * n // 100)], 2) for n in (50, 99)}


# --- the peer --------------------------------------------------------------------------------------------------------


def _hordak(database: str, clients: int) -> dict[str, float]:
    """As many processes; each says what every one of its transfers took."""
    peers = [
        subprocess.Popen(
            [sys.executable, str(PEERS / "hordak_peer.py"), "transfers", str(SECONDS)],
            env={**os.environ, "DATABASE_URL": database}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(clients)
    ]  # fmt: skip
    try:
        for peer in peers:  # all are loaded before any begins
            assert peer.stdout is not None
            if peer.stdout.readline().strip() != "ready":
                raise RuntimeError("the peer did not start")
        for peer in peers:
            assert peer.stdin is not None
            peer.stdin.write("go\n")
            peer.stdin.flush()
        said = [json.loads(peer.communicate()[0].splitlines()[-1]) for peer in peers]
    finally:
        for peer in peers:
            peer.kill()
            peer.wait()
    waits = [wait for one in said for wait in one["ms"]]
    return {"per_s": round(sum(len(one["ms"]) / one["seconds"] for one in said), 1), **percentiles(waits)}
