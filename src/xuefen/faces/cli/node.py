"""Commands about the node as a whole."""

from __future__ import annotations

import json
import secrets
import time
from argparse import Namespace
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import OperationalError, connection

from xuefen.bank.certificates import actions as certificates
from xuefen.bank.custody import actions as custody
from xuefen.bank.insight import queries as insight
from xuefen.bank.places import actions as places
from xuefen.bank.places.types import PLACE_EXISTS, PlaceKind
from xuefen.bank.recognition import actions as recognition
from xuefen.bank.shell import actions as shell
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff import actions as staff
from xuefen.bank.staff import queries as posts
from xuefen.bank.staff.types import Role
from xuefen.bank.standards import actions as standards
from xuefen.bank.supervision import actions as supervision
from xuefen.bank.translog import actions as translog
from xuefen.bank.translog import queries as log
from xuefen.bank.translog.tasks import defer_witnesses
from xuefen.bank.translog.types import RECOVERY
from xuefen.faces.cli.output import console, plain_refusals, result, write_json
from xuefen.faces.shared.storage import STORAGE_FULL, is_full

SEQUENCER_PAUSE = 0.5  # seconds between looks at the queue: the age of the newest unsealed fact
WITNESS_PAUSE = 5.0  # seconds between two checkpoints that witnesses are asked to sign
REFUSAL_PAUSE = 10.0  # seconds before trying again after the log refused to sign

HOUSE = Actor.system("command line")


@plain_refusals
def init(arguments: Namespace) -> int:
    """Name the node, load the shipped standards, appoint the first hub officer."""
    now = clock.now()
    made = shell.name_node(
        code=arguments.code, name_zh=arguments.name, name_en=arguments.name_en, origin=arguments.origin, is_demo=False,
        now=now,
    )  # fmt: skip
    name_site(place=(arguments.place, arguments.place_en), name=(arguments.name, arguments.name_en))
    standards.load_shipped_packs(by=HOUSE, now=now)
    certificates.publish_trust(now=now)
    certificates.publish_status(now=now)
    custody.tidy(now=now)
    custody.finish(now=now)  # people an old backup brought back
    if not made:
        console.print("这里已经有一家学分银行，标准已更新。 This bank exists already; standards are up to date.")
    if not posts.posts(EVERYTHING).filter(role=Role.HUB_OFFICER).exists():
        # Also when the bank is not new: its first init may have been killed, or refused the name, just before this.
        _appoint_hub_officer(arguments.admin, now=now)
    return 0


def name_site(*, place: tuple[str, str], name: tuple[str, str]) -> None:
    """What the pages call this bank; kept in the home folder, where its operator may change it (docs/operations.md)."""
    path = Path(settings.XUEFEN_HOME) / "site.json"
    if not path.exists():
        site = {"place": place, "name": name, "office": ("省级分中心", "Provincial branch"), "phone": ""}
        path.write_text(json.dumps(site, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _appoint_hub_officer(username: str, *, now: datetime) -> None:
    password = secrets.token_urlsafe(12)
    try:
        places.open_place(code="hub", name="总平台", kind=PlaceKind.HUB, parent_code=None, by=HOUSE, now=now)
    except Denied as denied:
        if denied.problem is not PLACE_EXISTS:  # opened by an init that was killed
            raise
    staff.create_user(username=username, display_name="总平台管理员", password=password, by=HOUSE, now=now)
    staff.appoint(username=username, role=Role.HUB_OFFICER, place_code="hub", by=HOUSE, now=now)
    console.print(f"管理员 administrator: {username}  密码 password (shown once): {password}", markup=False)


@plain_refusals
def up(arguments: Namespace) -> int:
    """Make the bank if there is none yet; the process tree then serves it."""
    arguments.code, arguments.name, arguments.name_en = "node", "学分银行", "Credit Bank"
    arguments.place, arguments.place_en = "本地", "Local"
    arguments.origin, arguments.admin = "xuefen.local/log", "admin"
    status = init(arguments) or 0
    console.print(f"http://{arguments.host}:{arguments.port}  (Ctrl-C 结束 to stop)", markup=False)
    return status


def worker(arguments: Namespace) -> int:
    """Run queued jobs and periodic tasks until stopped; a second worker beside it is harmless."""
    from procrastinate.contrib.django import app

    connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]  # of the Django connector
    with app.replace_connector(connector) as worker_app:
        worker_app.run_worker(wait=True, concurrency=1)
    return 0


def sequencer(arguments: Namespace) -> int:
    """Seal waiting facts until stopped; a witness that knows more of our log than the database does is heard first."""
    asked = unwitnessed = False
    told = 0.0
    while True:
        try:
            if not asked:
                translog.ask_standing(now=clock.now())
                asked = True
            unwitnessed |= translog.seal(now=clock.now()) is not None
            if unwitnessed and time.monotonic() - told > WITNESS_PAUSE:
                defer_witnesses()
                unwitnessed, told = False, time.monotonic()
            time.sleep(SEQUENCER_PAUSE)
        except Denied as denied:
            console.print(f"sequencer: {denied.code}: {denied.sentence('en')}", style="red", markup=False)
            time.sleep(REFUSAL_PAUSE)
        except OperationalError as error:
            console.print(f"sequencer: the database is away, trying again: {error}", markup=False)
            connection.close()
            asked = False  # what comes back may be another database
            time.sleep(SEQUENCER_PAUSE)
        except OSError as error:
            if not is_full(error):
                raise
            # The facts wait in the queue, and no half file has a name.
            console.print(f"sequencer: {STORAGE_FULL.code}: no space for the log, trying again: {error}", markup=False)
            time.sleep(REFUSAL_PAUSE)


@plain_refusals
def prove(arguments: Namespace) -> int:
    """Every promise on the live database; 1 when one is broken."""
    found = []
    quiet = arguments.json == "-"
    for room, violations in insight.prove():
        found += [{"room": room, "invariant": v.invariant, "subject": v.subject, "found": v.found} for v in violations]
        if quiet:
            continue
        result.print(f"{'ok ' if not violations else 'BAD'} {room}", style="" if not violations else "red")
        for violation in violations:
            result.print(f"    {violation.invariant} {violation.subject}: {violation.found}", markup=False)
    write_json({"ok": not found, "violations": found}, arguments.json)
    return 1 if found else 0


@plain_refusals
def log_check(arguments: Namespace) -> int:
    """The log re-derived from its leaves and from its files."""
    violations = list(log.violations())
    for violation in violations:
        result.print(f"{violation.invariant} {violation.subject}: {violation.found}", style="red", markup=False)
    if not violations:
        result.print(f"ok: {log.log_size()} leaves, {log.queue_length()} waiting")
    return 1 if violations else 0


@plain_refusals
def log_recover(arguments: Namespace) -> int:
    """What is behind after a restore: files are mended, a database can only be told what it lacks."""
    if arguments.overrule_chain:
        from xuefen.faces.cli.standard_life import person

        by = person(arguments.overrule_chain)
        done = translog.overrule_chain(reason=arguments.reason, by=by, now=clock.now())
        result.print("ok" if done else "ok: 请另一位管理员确认 another officer has to confirm")
        return 0
    translog.ask_standing(now=clock.now())
    lost = translog.missing()
    if lost is None:
        size = translog.rebuild()
        if arguments.json != "-":
            result.print(f"ok: {size} 条日志的文件与数据库一致 leaves, the files agree with the database")
        write_json({"ok": True, "size": size}, arguments.json)
        return 0
    if arguments.json != "-":
        result.print(
            f"世界看到过、数据库里没有的日志：第 {lost.first} 至 {lost.end - 1} 条（{lost.since} — {lost.until}）\n"
            f"leaves the world has seen and the database has not: {lost.first} to {lost.end - 1}",
            style="red", markup=False,
        )  # fmt: skip
        for kind, count in lost.kinds.items():
            result.print(f"  {count:>8} {kind}", markup=False)
        for number, (zh, en) in enumerate(RECOVERY, start=1):
            result.print(f"{number}. {zh} {en}", markup=False)
    told = {"first": lost.first, "end": lost.end, "kinds": lost.kinds, "since": lost.since, "until": lost.until}
    write_json({"ok": False, "missing": told}, arguments.json)
    return 1


@plain_refusals
def log_seal(arguments: Namespace) -> int:
    """Seal everything that waits."""
    console.print(f"{translog.seal_all(now=clock.now())} leaves")
    return 0


@plain_refusals
def sweep(arguments: Namespace) -> int:
    """Act on every deadline that has passed."""
    console.print(str(recognition.sweep(now=clock.now())), markup=False)
    console.print(str(supervision.scan_all(now=clock.now())), markup=False)
    return 0
