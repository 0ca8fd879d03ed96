"""16 clients of a running bank, and a journal outside it of every fact that was acknowledged to them.

*Depositors* deposit single outcomes over the API. A *registry* uploads whole sheets, which the job worker deposits. *Converters*
ask for somebody's plan, apply for it at a counter, and let the receiver agree and convert, or refuse, on the desk's pages.
*Learners* sign in and have a statement of their outcomes issued. Each asks again under the same key until it is answered, and
writes the answer into the journal, synced, before it asks for anything else.
"""

from __future__ import annotations

import csv
import io
import json
import os
import random
import re
import secrets
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import town
from benchmarks.running import PATIENCE, Bank

DEPOSITORS, REGISTRIES, CONVERTERS, LEARNERS = 7, 1, 6, 2
CLIENTS = DEPOSITORS + REGISTRIES + CONVERTERS + LEARNERS
SHEET_ROWS = 300
PAUSE = 0.2
"""Seconds before a client asks again."""
REFUSED_EVERY = 3
"""Of a converter's applications the receiver refuses every third."""
KINDS = {
    "deposits": "SELECT o.serial, o.number, l.leaf_id IS NOT NULL FROM outcome o LEFT JOIN leaf l ON l.leaf_id = o.leaf_id"
    " WHERE o.serial = ANY(%s)",
    "sheets": "SELECT b.number, count(o.id)::text, count(o.id) = count(l.leaf_id) AND b.state = 'done' FROM batch b"
    " JOIN outcome o ON o.batch_id = b.id LEFT JOIN leaf l ON l.leaf_id = o.leaf_id WHERE b.number = ANY(%s)"
    " GROUP BY b.number, b.state",
    "applications": "SELECT split_part(a.key, ':', 3), a.number, l.leaf_id IS NOT NULL FROM application a"
    " JOIN move m ON m.application_id = a.id AND m.event = 'apply' LEFT JOIN leaf l ON l.leaf_id = m.leaf_id"
    " WHERE split_part(a.key, ':', 3) = ANY(%s)",
    "decisions": "SELECT a.number || '/' || m.event, m.seq::text, l.leaf_id IS NOT NULL FROM move m"
    " JOIN application a ON a.id = m.application_id LEFT JOIN leaf l ON l.leaf_id = m.leaf_id"
    " WHERE a.number || '/' || m.event = ANY(%s)",
    "certificates": "SELECT c.number, c.number, l.leaf_id IS NOT NULL FROM certificate c"
    " LEFT JOIN leaf l ON l.leaf_id = c.leaf_id WHERE c.number = ANY(%s)",
}
"""How each kind of fact is found again: (its key, what was acknowledged, whether the log holds it)."""


class Refused(Exception):
    """The bank understood and said no; the code."""


class Journal:
    """What was acknowledged: for every kind the fact's own key, and what was answered. On disk before the client goes on."""

    def __init__(self, path: Path) -> None:
        self.facts: dict[str, dict[str, str]] = {kind: {} for kind in KINDS}
        self._path = path
        self._lock = threading.Lock()

    def keep(self, kind: str, key: str, answer: str) -> None:
        with self._lock:
            self.facts[kind][key] = answer
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps([kind, key, answer]) + "\n")
                file.flush()
                os.fsync(file.fileno())

    def counts(self) -> Counter[str]:
        with self._lock:
            return Counter({kind: len(facts) for kind, facts in self.facts.items()})

    def compare(self, database: str) -> Counter[str]:
        """Acknowledged facts the bank does not hold, holds twice, or holds without a leaf in the log (yet)."""
        found: Counter[str] = Counter()
        with psycopg.connect(database) as connection:
            for kind, asked in KINDS.items():
                with self._lock:
                    facts = dict(self.facts[kind])
                there: dict[str, list[tuple[str, bool]]] = {key: [] for key in facts}
                for key, answer, sealed in connection.execute(asked, [list(facts)]):
                    there[key].append((answer, sealed))
                for key, answer in facts.items():
                    rows = there[key]
                    found["lost"] += kind != "sheets" and answer not in [known for known, _ in rows]
                    found["twice"] += len(rows) > 1
                    found["unsealed"] += not all(sealed for _, sealed in rows)
                    found["sheets"] += kind == "sheets" and [known for known, _ in rows] != [answer]
        return found


@dataclass
class Load:
    """The clients, as long as they are let."""

    bank: Bank
    journal: Journal
    accounts: Sequence[str] = ()
    refused: Counter[str] = field(default_factory=Counter)
    asked_again: Counter[str] = field(default_factory=Counter)
    """By what came instead of an answer: a status with its code, or the name of an error of the connection."""
    _tokens: dict[str, str] = field(default_factory=dict)
    _visitors: dict[tuple[int, str], Visitor] = field(default_factory=dict)
    """Each client's browsers, by who sits before them."""
    _over: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _run: int = 0
    broken: list[BaseException] = field(default_factory=list)

    def prepare(self) -> None:
        with psycopg.connect(self.bank.database()) as connection:
            asked = "SELECT account_no FROM learner l JOIN place p ON p.id = l.place_id WHERE p.code = %s ORDER BY l.id"
            self.accounts = [n for (n,) in connection.execute(asked, [town.POINT])]
        if len(self.accounts) < town.CAST + CONVERTERS:
            raise RuntimeError("the town has nobody in it")

    def during(self, work: Callable[[], object]) -> Counter[str]:
        """Let the clients ask while ``work`` lasts; what was acknowledged meanwhile, by kind."""
        before = self.journal.counts()
        self._over.clear()
        self._run += 1
        roles = [self._deposit] * DEPOSITORS + [self._upload] * REGISTRIES
        roles += [self._convert] * CONVERTERS + [self._state] * LEARNERS
        clients = [threading.Thread(target=self._play, args=(role, n), daemon=True) for n, role in enumerate(roles)]
        for client in clients:
            client.start()
        try:
            work()
        finally:
            self._over.set()
        for client in clients:
            client.join(timeout=PATIENCE)
        if any(client.is_alive() for client in clients):
            raise RuntimeError("a client was never answered")
        if self.broken:
            raise RuntimeError("a client met something it does not know") from self.broken[0]
        return self.journal.counts() - before

    def settle(self, database: str) -> None:
        """Until what was taken in is worked off and sealed."""
        began = time.monotonic()
        with psycopg.connect(database, autocommit=True) as connection:
            while True:
                row = connection.execute(
                    "SELECT (SELECT count(*) FROM queued_leaf), (SELECT count(*) FROM batch WHERE number = ANY(%s)"
                    " AND state IN ('received', 'running'))",
                    [list(self.journal.facts["sheets"])],
                ).fetchone()
                if row == (0, 0):
                    return
                if time.monotonic() - began > 2 * PATIENCE:
                    raise RuntimeError(f"leaves and batches still waiting: {row}")
                time.sleep(0.5)

    # --- what each does ----------------------------------------------------------------------------------------------

    def _play(self, role: Callable[[random.Random, int], None], number: int) -> None:
        chance = random.Random(1_000 * self._run + number)
        try:
            while not self._over.is_set():
                try:
                    role(chance, number)
                except Refused as refused:
                    with self._lock:
                        self.refused[str(refused)] += 1
        except BaseException as error:
            self.broken.append(error)

    def _deposit(self, chance: random.Random, number: int) -> None:
        self._deposit_for(chance, chance.choice(self.accounts[town.CAST :]))

    def _deposit_for(self, chance: random.Random, account: str) -> None:
        serial = secrets.token_hex(8)
        day = date(2025, 1, 1) + timedelta(days=chance.randrange(600))
        body = {
            "issuer": town.UNIVERSITY, "account": account, "item_code": chance.choice(town.SOURCES),
            "awarded_on": day.isoformat(), "grade": "85", "serial": serial,
        }  # fmt: skip
        while True:
            answer = self._ask("/api/outcomes", body, who=town.OFFICER, key=serial)
            if "free" in answer:
                break
            time.sleep(
                PAUSE
            )  # 202: kept, and waits its turn; asked again under the same key, it is told when it is done
        self.journal.keep("deposits", serial, answer["number"])

    def _upload(self, chance: random.Random, number: int) -> None:
        """A sheet is acknowledged when it is taken in (202): then its rows will be deposited, whatever happens."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(("账号", "成果代码", "取得日期", "成绩", "学时", "证书编号"))
        for _ in range(SHEET_ROWS):
            day = date(2025, 1, 1) + timedelta(days=chance.randrange(600))
            account = chance.choice(self.accounts[town.CAST :])
            writer.writerow((account, town.ACTIVITY, day, "合格", 48, secrets.token_hex(6)))
        answer = self._ask(
            "/api/batches", {"issuer": town.SCHOOL, "file": ("sheet.csv", text.getvalue())}, who=town.TEACHER
        )
        self.journal.keep("sheets", answer["number"], str(SHEET_ROWS))
        self._over.wait(5)

    def _convert(self, chance: random.Random, number: int) -> None:
        account = chance.choice(self.accounts[town.CAST + number % CONVERTERS :: CONVERTERS])
        asked = f"/api/accounts/{account}/plan?institution={town.RECEIVER}&programme={town.PROGRAMME}"
        made = self._ask(asked, None, who=town.COUNTER)
        if not made["plan"].get("lines"):
            return
        key = secrets.token_hex(10)
        body = {
            "account_no": account, "institution": town.RECEIVER, "programme": town.PROGRAMME, "plan": made["plan"],
            "seal": made["seal"], "key": key,
        }  # fmt: skip
        application = self._ask("/api/applications", body, who=town.COUNTER)["number"]
        self.journal.keep("applications", key, application)
        page = f"/desk/applications/{application}/"
        if chance.randrange(REFUSED_EVERY) == 0:
            said = {"verdict": "refuse", "reason_code": "R-08", "note": "佐证材料缺第二页。", "version": "1"}
            self._decide(f"{page}decide/", said, application, "refuse", 2)
            return
        self._decide(f"{page}decide/", {"verdict": "approve", "version": "1"}, application, "approve", 2)
        self._decide(f"{page}convert/", {"version": "2"}, application, "convert", 3)

    def _decide(self, path: str, said: Mapping[str, str], application: str, event: str, seq: int) -> None:
        """Press the button, then read whether it counts: a page's answer is where it leads to, not what came of it."""
        self._press(path, said, who=town.REVIEWER)
        moves = self._ask(f"/api/applications/{application}", None, who=town.REVIEWER)["moves"]
        if [move["seq"] for move in moves if move["event"] == event] != [seq]:
            raise Refused(f"{event}_not_made")
        self.journal.keep("decisions", f"{application}/{event}", str(seq))

    def _state(self, chance: random.Random, number: int) -> None:
        account = self.accounts[number % town.CAST]
        self._deposit_for(chance, account)  # so that the statement says something new
        found = re.search(r"/certificates/([^/]+)/$", self._press("/certificates/", {}, who=account))
        if found is None:
            raise Refused("no_certificate")
        self.journal.keep("certificates", found[1], found[1])

    # --- how they ask ------------------------------------------------------------------------------------------------

    def _until_answered(self, ask: Callable[[], Any]) -> Any:
        began = time.monotonic()
        while True:
            try:
                return ask()
            except urllib.error.HTTPError as error:
                code = _code(error)
                if error.code < 500 and error.code != 401:
                    raise Refused(code) from error
                why = f"{error.code} {code}"
            except (OSError, ValueError) as error:
                why = type(error).__name__
            with self._lock:
                self.asked_again[why] += 1
            if self._over.is_set() and time.monotonic() - began > PATIENCE:
                raise RuntimeError(f"never answered: {why}")
            time.sleep(PAUSE)

    def _ask(self, path: str, body: Mapping[str, Any] | None, *, who: str, key: str = "") -> Any:
        """The API's answer."""

        def ask() -> Any:
            headers = {"Authorization": f"Bearer {self._token(who)}"} | ({"Idempotency-Key": key} if key else {})
            data = None
            if body is not None and "file" in body:
                headers["Content-Type"], data = _form(body)
            elif body is not None:
                headers["Content-Type"], data = "application/json", json.dumps(body).encode()
            request = urllib.request.Request(self.bank.address + path, data=data, headers=headers)
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read())

        return self._until_answered(ask)

    def _token(self, who: str) -> str:
        with self._lock:
            if who in self._tokens:
                return self._tokens[who]
        data = json.dumps({"username": who, "password": town.PASSWORD}).encode()
        address = f"{self.bank.address}/api/token"
        request = urllib.request.Request(address, data=data, headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            token = str(json.loads(answer.read())["token"])
        with self._lock:
            return self._tokens.setdefault(who, token)

    def _press(self, path: str, said: Mapping[str, str], *, who: str) -> str:
        """A button of a page pressed by somebody signed in; where the page leads to."""

        def press() -> str:
            visitor = self._visitors.setdefault((threading.get_ident(), who), Visitor(self.bank.address))
            if not visitor.signed_in:
                visitor.sign_in(who)
            return visitor.press(path, said)

        return str(self._until_answered(press))


class _NotFollowed(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class Visitor:
    """A browser without a screen."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookies = CookieJar()
        self.signed_in = False
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies), _NotFollowed())

    def sign_in(self, who: str) -> None:
        with self._open.open(f"{self.address}/signin/", timeout=60) as page:
            page.read()
        self.press("/signin/", {"account": who, "password": town.PASSWORD})
        self.signed_in = True

    def press(self, path: str, said: Mapping[str, str]) -> str:
        (token,) = [cookie.value for cookie in self.cookies if cookie.name == "csrftoken"]
        data = urllib.parse.urlencode({**said, "csrfmiddlewaretoken": token}).encode()
        try:
            with self._open.open(f"{self.address}{path}", data=data, timeout=60) as answer:
                raise ValueError(f"{path} answered {answer.status} and led nowhere")
        except urllib.error.HTTPError as answer:
            if answer.code != 302:
                raise
            to = str(answer.headers["Location"])
        if to.startswith("/signin/"):
            self.signed_in = False
            raise ConnectionError("the session is gone")
        return to


def _code(error: urllib.error.HTTPError) -> str:
    """The problem's code: of the API from its body, of a page from where it is written."""
    said = error.read().decode("utf-8", "replace")
    try:
        return str(json.loads(said)["code"])
    except (ValueError, KeyError, TypeError):
        found = re.search(r"代码：([a-z_]+)", said)
        return found[1] if found else "page"


def _form(fields: Mapping[str, Any]) -> tuple[str, bytes]:
    edge = secrets.token_hex(12)
    parts = []
    for name, value in fields.items():
        file, text = value if isinstance(value, tuple) else ("", value)
        named = f'name="{name}"' + (f'; filename="{file}"' if file else "")
        parts.append(f"--{edge}\r\nContent-Disposition: form-data; {named}\r\n\r\n{text}\r\n")
    return f"multipart/form-data; boundary={edge}", ("".join(parts) + f"--{edge}--\r\n").encode()
