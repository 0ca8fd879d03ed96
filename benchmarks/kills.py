"""A running bank killed again and again under load: what was acknowledged is there, once, and every promise holds.

16 clients deposit outcomes and apply for conversions over HTTP, each again under the same idempotency key until it is answered.
Meanwhile, 200 times, one of these is killed with SIGKILL at a random moment: a web worker, the web server, the job worker, the
sequencer, the database's backend of somebody's transaction, the whole database, the whole bank. Then everything comes back and
the books are compared: *lost* are acknowledged facts that are not there, *twice* those that are there more than once. Beside
it, in the same run: the same clients on the same bank with nobody killing.

    XUEFEN_BENCH_KILLS=20 make bench ARGS=kills    fewer of them
"""

from __future__ import annotations

import json
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.__main__ import Context
from xuefen.config import embedded

KILLS = int(os.environ.get("XUEFEN_BENCH_KILLS", "200"))
CLIENTS = 16
APPLYING = 4
"""Of the clients; the others deposit."""
CALM = 20.0
"""Seconds of load without kills."""
GAP = (0.5, 3.0)
"""Seconds between a bank that answers again and the next kill."""
PATIENCE = 180.0
"""Seconds until a killed bank must answer again."""
HERE = [sys.executable, "-m", "xuefen.config.main"]
ISSUER, OFFICER, COUNTER = "YLSQ", "ylsq", "tashan"
PASSWORD = "xuefen-demo-2026"


def run(context: Context) -> dict[str, Any]:
    home = context.scratch / "bank"
    bank = Bank(home, context.scratch / "up.log")
    subprocess.run([*HERE, "demo", "--once", "--rows", "3000"], env=bank.environment, check=True, stdout=sys.stderr)
    load = Load(bank.address, PASSWORD)
    with bank:
        load.prepare(bank.database())
        calm = load.during(lambda: time.sleep(CALM))
        context.say(f"nobody killing: {sum(calm.values())} acknowledged in {CALM:.0f} s")
        killed: Counter[str] = Counter()
        waits: list[float] = []
        answered = load.during(lambda: kill_again_and_again(bank, killed, waits, context))
        found = load.compare(bank.database())
    proved = subprocess.run([*HERE, "prove", "--json"], env=bank.environment, stdout=subprocess.PIPE, check=False)
    return {
        "kills": sum(killed.values()),
        "kills_by_target": dict(sorted(killed.items())),
        "clients": CLIENTS,
        "acknowledged_deposits": answered["deposits"],
        "acknowledged_applications": answered["applications"],
        "answers_lost_and_asked_again": load.asked_again,
        "refused_answers": dict(load.refused),
        "lost": found["lost"],
        "twice": found["twice"],
        "prove_exit_code": proved.returncode,
        "seconds_until_it_answers_median": round(sorted(waits)[len(waits) // 2], 1) if waits else 0,
        "seconds_until_it_answers_max": round(max(waits), 1) if waits else 0,
        "acknowledged_per_s_nobody_killing": round(sum(calm.values()) / CALM, 1),
    }


# --- the bank, and who kills it --------------------------------------------------------------------------------------


@dataclass
class Bank:
    """A running ``xuefen up`` and its processes, found by who started whom."""

    home: Path
    log: Path
    port: int = field(default_factory=lambda: free_port())
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        without = {"DATABASE_URL", "DJANGO_SETTINGS_MODULE"}
        return {k: v for k, v in os.environ.items() if k not in without} | {"XUEFEN_HOME": str(self.home)}

    def __enter__(self) -> Bank:
        self.start()
        self.wait()
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(timeout=PATIENCE)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*HERE, "up", "--port", str(self.port)], env=self.environment, stdout=log, stderr=log
            )

    def wait(self) -> float:
        """Seconds until it answers, started again if its head is gone."""
        assert self.process is not None
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE:
            if self.process.poll() is not None:
                self.start()  # what an operator's service manager does
            try:
                with urllib.request.urlopen(f"{self.address}/api/log", timeout=5):
                    return time.monotonic() - began
            except (OSError, urllib.error.URLError):
                time.sleep(0.1)
        shutil.copy(self.log, kept := Path(tempfile.mkdtemp(prefix="xuefen-kills-")) / "up.log")
        raise RuntimeError(f"the bank did not answer for {PATIENCE:.0f} s; what it said is in {kept}")

    def database(self) -> str:
        server = embedded.status(self.home)
        if server is None:
            raise RuntimeError("the bank has no database running")
        return server.url

    def processes(self) -> dict[str, list[int]]:
        """Process ids by what they are."""
        assert self.process is not None
        found: dict[str, list[int]] = {"bank": [self.process.pid]}
        for pid in descendants(self.process.pid):
            words = command_line(pid)
            if "granian" in words:
                found.setdefault("web server" if parent(pid) in found["bank"] else "web worker", []).append(pid)
            elif words.rstrip().endswith(" worker"):
                found.setdefault("job worker", []).append(pid)
            elif words.rstrip().endswith(" sequencer"):
                found.setdefault("sequencer", []).append(pid)
        server = embedded.status(self.home)
        if server is not None and server.pid:
            found["database"] = [server.pid]
            found["backend"] = [p for p in descendants(server.pid) if "postgres:" in command_line(p)]
        return {name: pids for name, pids in found.items() if pids}


TARGETS = ("web worker", "web server", "job worker", "sequencer", "backend", "database", "bank")


def kill_again_and_again(bank: Bank, killed: Counter[str], waits: list[float], context: Context) -> None:
    chance = random.Random(20261120)
    while sum(killed.values()) < KILLS:
        time.sleep(chance.uniform(*GAP))
        target = TARGETS[sum(killed.values()) % len(TARGETS)]
        pids = bank.processes().get(target, [])
        if not pids:
            time.sleep(0.2)
            continue
        try:
            os.kill(chance.choice(pids), signal.SIGKILL)
        except ProcessLookupError:
            continue
        killed[target] += 1
        waits.append(bank.wait())
        if sum(killed.values()) % 20 == 0:
            context.say(f"{sum(killed.values())} kills")
    bank.wait()


def descendants(pid: int) -> Iterator[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(n) for task in tasks for n in (task / "children").read_text().split()]
    except OSError:
        return
    for child in children:
        yield child
        yield from descendants(child)


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""


def parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- the clients -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wish:
    """One thing a client wants done; asked again under the same key until it is answered."""

    path: str
    body: dict[str, Any]
    key: str


@dataclass
class Load:
    address: str
    password: str
    accounts: Sequence[str] = ()
    items: Sequence[str] = ()
    programmes: Sequence[tuple[str, str]] = ()
    acknowledged: dict[str, tuple[str, str]] = field(default_factory=dict)
    """What was answered: the fact's number by the wish's key, and which kind it is."""
    refused: Counter[str] = field(default_factory=Counter)
    asked_again: int = 0
    _tokens: dict[str, str] = field(default_factory=dict)
    _over: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _applied: set[str] = field(default_factory=set)

    def prepare(self, database: str) -> None:
        with psycopg.connect(database) as connection:
            self.accounts = [
                n for (n,) in connection.execute("SELECT account_no FROM learner WHERE wrapped_key IS NOT NULL")
            ]
            self.items = [
                code
                for (code,) in connection.execute(
                    "SELECT DISTINCT i.code FROM item i JOIN institution h ON h.id = i.institution_id"
                    " JOIN item_version v ON v.item_id = i.id WHERE h.code = %s AND v.outcome_class = 'social'",
                    [ISSUER],
                )
            ]
            self.programmes = connection.execute(
                "SELECT DISTINCT h.code, p.code FROM programme p JOIN institution h ON h.id = p.institution_id"
            ).fetchall()
        if not (self.accounts and self.items and self.programmes):
            raise RuntimeError("the demo did not make what the clients need")

    def during(self, work: Any) -> Counter[str]:
        """Let the clients ask while ``work`` lasts; what was acknowledged meanwhile, by kind."""
        before = Counter(kind for _, kind in self.acknowledged.values())
        self._over.clear()
        clients = [
            threading.Thread(
                target=self._apply if n < APPLYING else self._deposit, args=(random.Random(n),), daemon=True
            )
            for n in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        try:
            work()
        finally:
            self._over.set()
        for client in clients:
            client.join(timeout=PATIENCE)
        return Counter(kind for _, kind in self.acknowledged.values()) - before

    def _deposit(self, chance: random.Random) -> None:
        chance = random.Random(f"{chance.random()}{len(self.acknowledged)}")
        while not self._over.is_set():
            day = date(2026, 1, 1) + timedelta(days=chance.randrange(300))
            body = {
                "issuer": ISSUER, "account": chance.choice(self.accounts), "item_code": chance.choice(self.items),
                "awarded_on": day.isoformat(), "grade": "85", "hours": 48, "serial": secrets.token_hex(6),
            }  # fmt: skip
            self._until_answered(Wish("/api/outcomes", body, secrets.token_hex(10)), OFFICER, "deposits")

    def _apply(self, chance: random.Random) -> None:
        chance = random.Random(f"{chance.random()}{len(self.acknowledged)}")
        while not self._over.is_set():
            account = chance.choice(self.accounts)
            institution, programme = chance.choice(self.programmes)
            asked = f"/api/accounts/{account}/plan?institution={institution}&programme={programme}"
            try:
                made = self._ask(asked, None, COUNTER)
            except (OSError, ValueError):
                self._over.wait(0.2)
                continue
            if not made.get("plan", {}).get("lines"):
                self._over.wait(0.1)
                continue
            key = secrets.token_hex(10)
            body = {
                "account_no": account, "institution": institution, "programme": programme, "plan": made["plan"],
                "seal": made["seal"], "key": key,
            }  # fmt: skip
            self._until_answered(Wish("/api/applications", body, key), COUNTER, "applications")

    def _until_answered(self, wish: Wish, who: str, kind: str) -> None:
        asked = 0
        while True:
            try:
                answer = self._ask(wish.path, wish.body, who, key=wish.key)
            except urllib.error.HTTPError as error:
                if error.code < 500 and error.code != 401:
                    with self._lock:
                        self.refused[self._code(error)] += 1
                    return
            except (OSError, ValueError):
                pass
            else:
                if "free" in answer or "programme" in answer:
                    with self._lock:
                        self.acknowledged[wish.key] = (answer["number"], kind)
                else:  # 202: kept in a batch that waits its turn behind another of the same issuer
                    with self._lock:
                        self.acknowledged[wish.key] = (answer["number"], "queued")
                return
            asked += 1
            with self._lock:
                self.asked_again += 1
            if self._over.is_set() and asked > 100:
                return
            time.sleep(0.2)

    @staticmethod
    def _code(error: urllib.error.HTTPError) -> str:
        try:
            return str(json.loads(error.read()).get("code", error.code))
        except (OSError, ValueError):
            return str(error.code)

    def _ask(self, path: str, body: dict[str, Any] | None, who: str, *, key: str = "") -> Any:
        headers = {"Authorization": f"Bearer {self._token(who)}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        request = urllib.request.Request(
            self.address + path, data=json.dumps(body).encode() if body is not None else None, headers=headers
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())

    def _token(self, who: str) -> str:
        with self._lock:
            if who not in self._tokens:
                body = json.dumps({"username": who, "password": self.password}).encode()
                request = urllib.request.Request(
                    f"{self.address}/api/token", data=body, headers={"Content-Type": "application/json"}
                )
                with urllib.request.urlopen(request, timeout=60) as answer:
                    self._tokens[who] = json.loads(answer.read())["token"]
            return self._tokens[who]

    def compare(self, database: str) -> dict[str, int]:
        """Acknowledged facts that the database does not hold, and keys under which it holds more than one."""
        tables = {"deposits": "outcome", "applications": "application", "queued": "batch"}
        lost = 0
        with psycopg.connect(database) as connection:
            for kind, table in tables.items():
                wanted = [number for number, its in self.acknowledged.values() if its == kind]
                rows = connection.execute(f"SELECT number FROM {table} WHERE number = ANY(%s)", [wanted]).fetchall()
                lost += len(set(wanted) - {number for (number,) in rows})
            twice = connection.execute(
                "SELECT count(*) FROM (SELECT serial FROM outcome WHERE serial <> '' AND length(serial) = 12"
                " GROUP BY issuer_id, serial HAVING count(*) > 1) AS s"
            ).fetchone()
        return {"lost": lost, "twice": twice[0] if twice else 0}
