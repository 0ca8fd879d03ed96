"""Verifications a second and their 99th percentile under wrk, on a running bank of two web workers; 16 connections, 2 threads.

*api* answers what a certificate is worth now (`GET /api/certificates/NUMBER`): revocation, key and log are looked up for each.
*status file* and *log tile* are the static path, from which an offline verifier and the page without a server work. *verify*
takes a whole signed document apart (`POST /api/verify`). The peer is a Django REST framework view with one look-up of the same
row by its number, on the same database, under the same web server with as many workers and threads, which is counted. Every
answer is looked at: another status, or one without what must be in it, and there is no figure. Each is warmed up before it is
measured. Needs `wrk` and the `bench` extra.
"""

from __future__ import annotations

import json
import os
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

from benchmarks import town
from benchmarks.__main__ import Context
from benchmarks.running import Bank, command_line, descendants, free_port
from benchmarks.wrk import require, wrk

PEERS = Path(__file__).parent / "peers"


def run(context: Context) -> dict[str, Any]:
    require()
    bank = Bank(context.scratch / "bank", context.scratch / "up.log")
    town.build(bank.home, bank.environment)
    with bank:
        number, tile = _certificate(bank.database()), _tile(bank.home)
        kept = {"scratch": context.scratch}
        found: dict[str, Any] = {
            "api": wrk(f"{bank.address}/api/certificates/{number}", marker=f'"number": "{number}"', **kept),
            "status_file": wrk(f"{bank.address}/log/status.json", marker='"signature"', **kept),
            "log_tile": wrk(f"{bank.address}/log/tile/{tile}", marker="", **kept),
            "verify": wrk(f"{bank.address}/api/verify", marker='"ok": true', script=_upload(context, bank), **kept),
        }
        workers = len(bank.processes()["web worker"])
        with _drf(bank.database(), workers=workers) as address:
            found["rest_framework_view"] = wrk(f"{address}/{number}", marker=f'"number":"{number}"', **kept)
    peer = found["rest_framework_view"]["per_s"]
    return {
        "web_workers_each": workers,
        **found,
        "api_over_rest_framework": round(found["api"]["per_s"] / peer, 2),
        "static_over_rest_framework": round(found["status_file"]["per_s"] / peer, 2),
        "verify_over_rest_framework": round(found["verify"]["per_s"] / peer, 2),
    }


def _certificate(database: str) -> str:
    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT number FROM certificate ORDER BY id LIMIT 1").fetchone()
    if row is None:
        raise RuntimeError("the town issued no certificate")
    return str(row[0])


def _tile(home: Path) -> str:
    folder = home / "log/tile"
    return str(next(path for path in sorted((folder / "0").rglob("*")) if path.is_file()).relative_to(folder))


def _upload(context: Context, bank: Bank) -> str:
    """A wrk script that sends the document as a form's file."""
    edge = "edge-of-a-part"
    body = (
        f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="c.json"\r\n'
        f"Content-Type: application/json\r\n\r\n{(bank.home / town.STATEMENT).read_text(encoding='utf-8')}\r\n--{edge}--\r\n"
    )
    content = context.scratch / "verify.body"
    content.write_bytes(body.encode())
    return (
        f"wrk.method = 'POST'\nwrk.body = io.open({json.dumps(str(content))}, 'rb'):read('*a')\n"
        f"wrk.headers['Content-Type'] = 'multipart/form-data; boundary={edge}'\n"
    )


@contextmanager
def _drf(database: str, *, workers: int) -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
         "--workers", str(workers), "--blocking-threads", "4", "--no-log", "rest_framework_peer:application"],
        cwd=PEERS, env={**os.environ, "DATABASE_URL": database}, start_new_session=True,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(address, timeout=5)
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.1)
        started = [pid for pid in descendants(process.pid) if "granian" in command_line(pid)]
        if len(started) != workers:
            raise RuntimeError(f"the peer has {len(started)} web workers, the bank {workers}")
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)
