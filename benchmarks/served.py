"""Requests a second and their 99th percentile under wrk, on a running bank of two web workers; 16 connections, 2 threads.

*api* answers what a certificate is worth now (`GET /api/certificates/NUMBER`): revocation, key and log are looked up for each.
*status file* and *log tile* are the static way, from which an offline verifier and the page without a server work. *verify* takes
a whole signed document apart (`POST /api/verify`). The peer is a Django REST framework view with one look-up of the same row by
its number, on the same database, under the same web server with as many workers and threads.

*deposit* is one outcome with its audit entry, leaf, transfer and signed receipt, durable when it is answered. Beside it: a bare
SQL function under pgbench that writes one row of each of the three tables with their indexes, in one durable transaction; and
django-hordak moving one amount between two accounts, in process, without HTTP. Needs `wrk` and the `bench` extra.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.__main__ import Context
from benchmarks.kills import HERE, ISSUER, OFFICER, PASSWORD, Bank, free_port
from xuefen.config import embedded

SECONDS = 10
CONNECTIONS = 16
PEERS = Path(__file__).parent / "peers"


def run(context: Context) -> dict[str, Any]:
    if shutil.which("wrk") is None:
        raise RuntimeError("wrk is not installed: apt-get install wrk")
    bank = Bank(context.scratch / "bank", context.scratch / "up.log")
    subprocess.run([*HERE, "demo", "--once", "--rows", "3000"], env=bank.environment, check=True, stdout=sys.stderr)
    with bank:
        database = bank.database()
        number, tile = _certificate(database), _tile(bank.home)
        document = next((bank.home / "demo/certificates").glob("statement-*.json"))
        found: dict[str, Any] = {
            "api": wrk(f"{bank.address}/api/certificates/{number}"),
            "status_file": wrk(f"{bank.address}/log/status.json"),
            "log_tile": wrk(f"{bank.address}/log/tile/{tile}"),
            "verify": wrk(f"{bank.address}/api/verify", script=_upload(context, document)),
        }
        with _drf(context, database) as address:
            found["rest_framework_view"] = wrk(f"{address}/{number}")
        found["deposit"] = wrk(f"{bank.address}/api/outcomes", script=_deposit(context, bank, database))
        found["sql_function_pgbench"] = _pgbench(context, database)
        found["hordak_in_process"] = _hordak(database)
    peer = found["rest_framework_view"]["per_s"]
    deposits = found["deposit"]["per_s"]
    return {
        **found,
        "api_over_rest_framework": round(found["api"]["per_s"] / peer, 2),
        "static_over_rest_framework": round(found["status_file"]["per_s"] / peer, 2),
        "deposit_percent_of_sql_function": round(100 * deposits / found["sql_function_pgbench"]["per_s"], 1),
        "deposit_over_hordak": round(deposits / found["hordak_in_process"]["per_s"], 2),
    }


# --- what is asked ---------------------------------------------------------------------------------------------------


def wrk(address: str, *, script: Path | None = None) -> dict[str, float]:
    """Answers a second, the 99th percentile in milliseconds, and how many were no 2xx."""
    for seconds in (2, SECONDS):  # a short first one: workers that have just started import on demand
        done = subprocess.run(
            ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s", "--latency",
             *(["-s", str(script)] if script else []), address],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done)
    worst = re.search(r"99%\s+([\d.]+)(us|ms|s)", done)
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", done)
    if rate is None or worst is None:
        raise RuntimeError(done)
    if float(rate[1]) == 0:
        raise RuntimeError(f"nothing answered: {done}")
    unit = {"us": 0.001, "ms": 1, "s": 1000}[worst[2]]
    return {
        "per_s": round(float(rate[1]), 1),
        "p99_ms": round(float(worst[1]) * unit, 1),
        "not_2xx": int(failed[1]) if failed else 0,
    }


def _certificate(database: str) -> str:
    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT number FROM certificate ORDER BY id LIMIT 1").fetchone()
    if row is None:
        raise RuntimeError("the demo issued no certificate")
    return str(row[0])


def _tile(home: Path) -> str:
    folder = home / "log/tile"
    return str(next(path for path in sorted((folder / "0").rglob("*")) if path.is_file()).relative_to(folder))


def _upload(context: Context, document: Path) -> Path:
    """A wrk script that sends the document as a form's file."""
    edge = "edge-of-a-part"
    body = (
        f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="c.json"\r\n'
        f"Content-Type: application/json\r\n\r\n{document.read_text(encoding='utf-8')}\r\n--{edge}--\r\n"
    )
    content = context.scratch / "verify.body"
    content.write_bytes(body.encode())
    return _script(
        context.scratch / "verify.lua",
        f"wrk.method = 'POST'\nwrk.body = io.open({json.dumps(str(content))}, 'rb'):read('*a')\n"
        f"wrk.headers['Content-Type'] = 'multipart/form-data; boundary={edge}'\n",
    )


def _deposit(context: Context, bank: Bank, database: str) -> Path:
    """A wrk script that deposits a new outcome with every request."""
    with psycopg.connect(database) as connection:
        accounts = [n for (n,) in connection.execute("SELECT account_no FROM learner WHERE wrapped_key IS NOT NULL")]
        items = [
            code
            for (code,) in connection.execute(
                "SELECT DISTINCT i.code FROM item i JOIN institution h ON h.id = i.institution_id"
                " JOIN item_version v ON v.item_id = i.id WHERE h.code = %s AND v.outcome_class = 'social'",
                [ISSUER],
            )
        ]
    request = urllib.request.Request(
        f"{bank.address}/api/token",
        data=json.dumps({"username": OFFICER, "password": PASSWORD}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        token = json.loads(answer.read())["token"]
    listed = ",".join(json.dumps(account) for account in accounts)
    return _script(
        context.scratch / "deposit.lua",
        f"""
local accounts = {{{listed}}}
local counter, thread = 0, 0
function setup(t) thread = thread + 1; t:set("me", thread) end
function request()
  counter = counter + 1
  local body = string.format('{{"issuer":"{ISSUER}","account":"%s","item_code":{json.dumps(items[0])},'
    .. '"awarded_on":"2026-06-30","grade":"85","hours":48,"serial":"w%d-%d-%d"}}',
    accounts[counter % #accounts + 1], me, os.time(), counter)
  return wrk.format("POST", nil, {{["Content-Type"]="application/json", ["Authorization"]="Bearer {token}"}}, body)
end
""",
    )


def _script(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


# --- the peers -------------------------------------------------------------------------------------------------------


@contextmanager
def _drf(context: Context, database: str) -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "2",
         "--blocking-threads", "4", "--no-log", "rest_framework_peer:application"],
        cwd=PEERS, env={**os.environ, "DATABASE_URL": database}, start_new_session=True,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(address, timeout=5)
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def _pgbench(context: Context, database: str) -> dict[str, float]:
    """A function that writes one row each into tables of the same shape, called by as many clients."""
    with psycopg.connect(database, autocommit=True) as connection:
        for table in ("outcome", "transfer", "queued_leaf"):
            connection.execute(f"CREATE TABLE IF NOT EXISTS bench_{table} (LIKE {table} INCLUDING ALL)")
        connection.execute(
            """
            CREATE OR REPLACE FUNCTION bench_deposit() RETURNS void LANGUAGE plpgsql AS $$
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
        connection.execute("CREATE SEQUENCE IF NOT EXISTS bench_ids")
    call = _script(context.scratch / "call.sql", "SELECT bench_deposit();\n")
    done = subprocess.run(
        [embedded.bin_path("pgbench"), "-n", "-f", call, "-c", str(CONNECTIONS), "-j", "2", "-T", str(SECONDS), database],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    rate, latency = re.search(r"tps = ([\d.]+)", done), re.search(r"latency average = ([\d.]+)", done)
    if rate is None or latency is None:
        raise RuntimeError(done)
    return {"per_s": round(float(rate[1]), 1), "mean_ms": round(float(latency[1]), 2)}


def _hordak(database: str) -> dict[str, float]:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE DATABASE hordak TEMPLATE template0")
    done = subprocess.run(
        [sys.executable, str(PEERS / "hordak_peer.py"), "transfers", str(SECONDS)],
        env={**os.environ, "DATABASE_URL": database}, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer
