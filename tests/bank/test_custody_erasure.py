"""Forgetting a person: afterwards nothing of them is found anywhere, not even in a restored backup, and every proof holds."""

from __future__ import annotations

import base64
import contextlib
import gzip
import io
import itertools
import json
import os
import re
import subprocess
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client

from tests.bank import credential_builders as badges
from tests.bank import foundation_builders as foundations
from tests.bank import recognition_builders as recognition_world
from tests.bank.recognition_builders import World
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.certificates import actions as certificates
from xuefen.bank.certificates import queries as papers
from xuefen.bank.certificates.types import ShareKind
from xuefen.bank.custody import actions, queries
from xuefen.bank.custody.models import Erasure
from xuefen.bank.custody.types import Basis, ErasureState
from xuefen.bank.deposits import actions as deposits
from xuefen.bank.deposits import queries as deposit_queries
from xuefen.bank.deposits.models import Batch, ColumnName
from xuefen.bank.deposits.rules.sheet import header_key
from xuefen.bank.evidence import actions as evidence
from xuefen.bank.evidence import queries as evidence_queries
from xuefen.bank.evidence import rules as evidence_rules
from xuefen.bank.evidence.models import EvidenceFile
from xuefen.bank.insight import queries as insight
from xuefen.bank.learners import actions as learners
from xuefen.bank.learners import queries as people
from xuefen.bank.learners.models import Learner
from xuefen.bank.learners.types import ERASED_NAME
from xuefen.bank.recognition import actions as recognition
from xuefen.bank.recognition.models import Application, Objection
from xuefen.bank.shell import keys as keyring
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.models import Node
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff import actions as staff
from xuefen.bank.staff.models import User
from xuefen.bank.staff.types import Role
from xuefen.bank.supervision import actions as supervision
from xuefen.bank.supervision.models import SeenSerial
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon, ids, vc
from xuefen.bedrock.gm import DecryptionFailed, joined, open_sealed
from xuefen.bedrock.gm.slots import SLOT
from xuefen.config.embedded import bin_path
from xuefen.config.settings import evidence_storage

NOW, HOUSE = foundations.NOW, foundations.HOUSE
NAME, PHONE, ID_NUMBER = "欧阳麟趾", "13987650421", foundations.identity(7_777)
SERIAL = "CERT-ZJ-2026-778812"
"""The number on the paper an issuer once gave them: whoever has it finds the person there."""
PASSWORD = "a long enough sentence"
pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class Bank:
    world: World
    learner_id: int
    account_no: str
    home: Path
    first: Actor
    second: Actor

    @property
    def learner(self) -> Actor:
        return foundations.as_learner(self.learner_id)


def officer(name: str, *, path: str = foundations.ZHEJIANG) -> Actor:
    user = staff.create_user(username=name, display_name=f"干部{name}", password=PASSWORD, by=HOUSE, now=NOW)
    return replace(foundations.at_place(Role.BRANCH_OFFICER, path), user_id=user.pk, name=name)


@pytest.fixture
def bank(settings: Any, tmp_path: Path, own_keys: Path) -> Iterator[Bank]:
    for name in ("LOG", "PUBLIC", "UPLOADS"):
        setattr(settings, f"XUEFEN_{name}", tmp_path / name.lower())
    settings.STORAGES = settings.STORAGES | {"evidence": evidence_storage(str(tmp_path / "evidence"))}
    Node.objects.create(
        id=1, code="zj", name_zh="浙江学分银行", name_en="Zhejiang Credit Bank", origin="zj.example/log",
        created_at=recognition_world.DEPOSITED,
    )  # fmt: skip
    certificates.publish_trust(now=NOW)
    certificates.publish_status(now=NOW)
    world = recognition_world.world()
    opened = learners.open_account(
        name=NAME, id_number=ID_NUMBER, phone=PHONE, place_code="330106001", method="online", agreed=True,
        password=PASSWORD, by=HOUSE, now=NOW,
    )  # fmt: skip
    yield Bank(world, opened.learner_id, opened.account_no, tmp_path, officer("first"), officer("second"))


def denied(call: Callable[[], Any]) -> str:
    with pytest.raises(Denied) as refused:
        call()
    return refused.value.code


def ask(bank: Bank, **more: Any) -> Any:
    given = {"account_no": bank.account_no, "basis": Basis.WITHDRAWN, "by": bank.first, "now": NOW} | more
    return actions.ask_erasure(**given)


def erase(bank: Bank) -> Any:
    asked = ask(bank)
    return actions.confirm_erasure(erasure_id=asked.id, by=bank.second, now=NOW)


def broken() -> list[Any]:
    return [(room, found) for room, found in insight.prove() if found]


# --- two officers ----------------------------------------------------------------------------------------------------


def test_it_takes_two_officers_and_nothing_running(bank: Bank) -> None:
    elsewhere = officer("shanghai", path=foundations.SHANGHAI)
    assert denied(lambda: ask(bank, by=HOUSE)) == "erasure_person"
    assert denied(lambda: ask(bank, by=bank.learner)) == "not_allowed"
    assert denied(lambda: ask(bank, by=elsewhere)) == "account_unknown"
    assert denied(lambda: ask(bank, basis="because")) == "erasure_basis"
    recognition_world.deposit(bank.account_no, items=range(2))
    application = recognition_world.applied(bank.world, learner_id=bank.learner_id)
    assert denied(lambda: ask(bank)) == "erasure_running"
    recognition.withdraw(number=application.number, version=1, by=bank.learner, now=recognition_world.APPLIED)
    asked = ask(bank)
    assert (asked.state, asked.asked_by) == (ErasureState.ASKED, "干部first")
    assert denied(lambda: ask(bank)) == "erasure_open"

    def confirm(by: Actor) -> Any:
        return actions.confirm_erasure(erasure_id=asked.id, by=by, now=NOW)

    assert denied(lambda: confirm(bank.first)) == "erasure_same_person"
    assert denied(lambda: confirm(elsewhere)) == "erasure_unknown"
    assert people.personal(Learner.objects.get(pk=bank.learner_id), by=HOUSE).name == NAME
    again = recognition_world.applied(bank.world, learner_id=bank.learner_id)
    assert denied(lambda: confirm(bank.second)) == "erasure_running"
    recognition.withdraw(number=again.number, version=1, by=bank.learner, now=recognition_world.APPLIED)
    done = confirm(bank.second)
    assert (done.state, done.confirmed_by, done.destroyed_at) == (ErasureState.CONFIRMED, "干部second", NOW)
    assert denied(lambda: confirm(bank.second)) == "erasure_state"
    assert denied(lambda: ask(bank)) == "person_erased"
    assert denied(lambda: actions.decline_erasure(erasure_id=asked.id, by=bank.first, now=NOW)) == "erasure_state"


def test_a_batch_that_stands_still_is_in_the_way_only_when_it_may_name_the_person(bank: Bank) -> None:
    """Paused, waiting for its columns, or of a kind that is not looked through: each by its number."""
    other = {"account": bank.world.account_no, "item_code": "A1", "awarded_on": "2026-06-30", "grade": "85"}

    def standing(**cells: str) -> str:
        batch = deposits.receive_rows(source="form", rows=[other | cells], issuer_code="QH", by=HOUSE, now=NOW)
        deposits.pause(number=batch.number, by=HOUSE, now=NOW)
        return batch.number

    def said() -> str:
        with pytest.raises(Denied) as refused:
            ask(bank)
        assert refused.value.code == "erasure_running"
        return refused.value.sentence("zh")

    standing(serial="1")  # names somebody else only
    named = standing(serial="2", name=f"{NAME[:2]} {NAME[2:]}")
    counted = standing(account=" ".join(bank.account_no[i : i + 4] for i in range(0, 16, 4)))
    path = bank.home / "own.csv"
    path.write_text(f"学号,谁,几时\n1,{NAME},2026-06-30\n", encoding="gb18030")
    about = {"source": "file", "file_name": "own.csv", "path": path, "issuer_code": "QH", "by": HOUSE, "now": NOW}
    asks = deposits.receive(**about)
    assert (
        denied(lambda: deposits.run(batch_id=asks.id, by=HOUSE, now=NOW)) == "sheet_wrong"
    )  # it waits for its columns
    waiting = deposits.receive_rows(source="form", rows=[other], issuer_code="QH", by=HOUSE, now=NOW).number
    told = said()
    for number in (named, counted, asks.number, waiting):
        assert ids.display(number) in told
    assert told.count("批次") == 4 and told.count("正在入库") == 1
    for number in (named, counted, asks.number, waiting):
        deposits.cancel(number=number, by=HOUSE, now=NOW)
    assert erase(bank).state is ErasureState.CONFIRMED
    assert broken() == []


def test_the_person_asks_for_themselves_and_may_think_better(bank: Bank) -> None:
    requested = actions.request_erasure(by=bank.learner, now=NOW)
    assert requested.state is ErasureState.REQUESTED
    assert denied(lambda: actions.request_erasure(by=bank.learner, now=NOW)) == "erasure_open"
    assert [row.account_no for row in queries.waiting(EVERYTHING)] == [bank.account_no]
    actions.withdraw_request(by=bank.learner, now=NOW)
    assert queries.waiting(EVERYTHING) == []
    assert denied(lambda: actions.withdraw_request(by=bank.learner, now=NOW)) == "erasure_unknown"
    actions.request_erasure(by=bank.learner, now=NOW)
    asked = ask(bank)
    assert (asked.requested_at, asked.state) == (NOW, ErasureState.ASKED)
    actions.decline_erasure(erasure_id=asked.id, by=bank.first, now=NOW)
    assert people.personal(Learner.objects.get(pk=bank.learner_id), by=HOUSE).phone == PHONE
    assert broken() == []


def test_the_database_wants_two_officers_too(bank: Bank) -> None:
    asked = ask(bank)
    wipe = "UPDATE learner SET wrapped_key = NULL, sealed = NULL"
    alone = f"UPDATE erasure SET state = 'confirmed', confirmed_by_id = asked_by_id, leaf_id = 1 WHERE id = {asked.id}"
    for forgery in (wipe, alone, "DELETE FROM erasure", f"SELECT forget_person({bank.learner_id}, '{{}}', 'x')"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(forgery)
    with pytest.raises(IntegrityError), transaction.atomic():
        Erasure.objects.create(learner_id=bank.learner_id, state="requested")
    actions.confirm_erasure(erasure_id=asked.id, by=bank.second, now=NOW)
    for forgery in (
        f"UPDATE learner SET wrapped_key = '\\x00' WHERE id = {bank.learner_id}",
        "UPDATE erasure SET state = 'asked'",
        "UPDATE audit_entry SET reason = 'x'",
        f"SELECT forget_person({bank.learner_id}, '{{}}', 'x')",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(forgery)


# --- nothing is left -------------------------------------------------------------------------------------------------


def spellings(word: str) -> dict[str, bytes]:
    """How a word may stand in a file."""
    raw = word.encode()
    found = {"utf-8": raw, "utf-16le": word.encode("utf-16le"), "utf-16be": word.encode("utf-16be")}
    found |= {
        "gb18030": word.encode("gb18030"),
        "percent": quote(word).encode(),
        "json": json.dumps(word)[1:-1].encode(),
    }
    found |= {"hex": raw.hex().encode(), "HEX": raw.hex().upper().encode()}
    for name, data in (("utf-8", raw), ("utf-16le", word.encode("utf-16le"))):
        for shift in range(
            3
        ):  # base64 of the word inside something longer: the characters that do not depend on neighbours
            encoded = base64.b64encode(b"\0" * shift + data + b"\0" * 3)
            start, end = -(-shift * 8 // 6), (shift + len(data)) * 8 // 6
            found[f"base64 {name} {shift}"] = encoded[start:end]
    return found


def seen(data: bytes) -> list[tuple[str, str]]:
    words = {"name": NAME, "id": ID_NUMBER, "phone": PHONE, "serial": SERIAL}
    layers = [data, *unpacked(data)]
    return [
        (what, how)
        for what, word in words.items()
        for how, form in spellings(word).items()
        if any(form in layer for layer in layers)
    ]


BYTEA = re.compile(rb"\\x((?:[0-9a-f]{2}){4,})")


def unpacked(data: bytes) -> list[bytes]:
    """What lies packed in a file or a dump: binary columns, gzip and zip, also gzip in a column."""
    columns = [bytes.fromhex(found.decode()) for found in BYTEA.findall(data)]
    layers = [b"\0".join(columns)]
    for blob in (data, layers[0]):
        for found in re.finditer(rb"\x1f\x8b\x08", blob):
            with contextlib.suppress(zlib.error):
                layers.append(zlib.decompressobj(wbits=31).decompress(blob[found.start() :]))
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            layers += [archive.read(member) for member in archive.namelist()]
    return layers


@pytest.mark.parametrize("coded", ["utf-8", "gb18030", "utf-16le"])
@pytest.mark.parametrize("hidden", ["plain", "gzip", "zip", "column", "gzip in a column", "json"])
def test_the_search_finds_what_is_hidden(coded: str, hidden: str) -> None:
    data = json.dumps({"n": NAME}).encode("ascii") if hidden == "json" else f"… {NAME} …".encode(coded)
    if hidden.startswith("gzip"):
        data = gzip.compress(data)
    if hidden == "zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a/b.xml", data)
        data = packed.getvalue()
    if hidden.endswith("column"):
        data = b"7\t\\\\x" + data.hex().encode() + b"\tx\n"
    assert {what for what, _ in seen(data)} == {"name"}


def dump(target: Path) -> bytes:
    _tool("pg_dump", "-f", str(target), str(connection.settings_dict["NAME"]))
    return target.read_bytes()


def _tool(name: str, *arguments: str) -> None:
    place = connection.settings_dict
    server = ["-h", place["HOST"], "-p", str(place["PORT"] or 5432), "-U", place["USER"]]
    secret = {"PGPASSWORD": place["PASSWORD"]} if place["PASSWORD"] else {}
    subprocess.run(
        [str(bin_path(name)), *server, *arguments], check=True, env=os.environ | secret, stdout=subprocess.DEVNULL
    )


def found_below(home: Path) -> list[tuple[Path, tuple[str, str]]]:
    return [(path, found) for path in sorted(home.rglob("*")) if path.is_file() for found in seen(path.read_bytes())]


def a_full_life(bank: Bank) -> dict[str, Any]:
    """Everything a person can leave behind here."""
    recognition_world.deposit(bank.account_no, items=range(2))
    rows = [
        {"id_number": ID_NUMBER, "name": NAME, "item_code": "NOPE", "awarded_on": "2026-06-30", "grade": "85"},
        {"account": bank.world.account_no, "item_code": "ALSO-NOT", "awarded_on": "2026-06-30", "grade": PHONE},
        {"account": bank.world.account_no, "item_code": "NEITHER", "awarded_on": "2026-06-30", "grade": "85"},
    ]
    batch = deposits.receive_rows(source="form", rows=rows, issuer_code="QH", by=HOUSE, now=NOW)
    assert deposits.run(batch_id=batch.id, by=HOUSE, now=NOW).counts.refused == 3
    application = _archived(bank, bank.learner_id, objector=("王小明", "某某@example"), text=f"{NAME}没有上过这门课")
    _archived(bank, bank.world.learner_id, objector=(NAME, PHONE), text="内容不符")
    numbered = {
        "account": bank.account_no,
        "item_code": "A2",
        "awarded_on": "2026-06-30",
        "grade": "85",
        "serial": SERIAL,
    }
    own = deposits.receive_rows(source="form", rows=[numbered], issuer_code="QH", by=HOUSE, now=NOW)
    assert deposits.run(batch_id=own.id, by=HOUSE, now=NOW).counts.accepted == 1
    supervision.scan(now=NOW)
    statement = certificates.issue_statement(learner_id=bank.learner_id, by=bank.learner, now=NOW)
    conversion = certificates.issue_conversion(application_number=application.number, by=bank.world.branch, now=NOW)
    translog.seal_all(now=NOW)
    document = papers.document(EVERYTHING, statement.number)
    assert seen(canon.canonical(document)), "the holder's own copy has the name"
    certificates.share(
        learner_id=bank.learner_id, kind=ShareKind.PLAN, title=f"{NAME}的方案", content={"who": NAME}, days=7, named=True,
        by=bank.learner, now=NOW,
    )  # fmt: skip
    learners.freeze(account_no=bank.account_no, reason=f"{NAME}（{ID_NUMBER}）来电要求", by=bank.first, now=NOW)
    learners.unfreeze(account_no=bank.account_no, reason=f"电话 {PHONE} 核实", by=bank.first, now=NOW)
    with transaction.atomic():
        scan = f"%PDF-1.7\n{NAME} {ID_NUMBER} {PHONE}\n%%EOF".encode()
        file = evidence.keep_file(learner_id=bank.learner_id, name=f"{NAME}的成绩单.pdf", content=scan, now=NOW)
    assert evidence_queries.content(file.id).data == scan
    theirs = badges.credentials_badge(vc.did_key(badges.THEIRS.public.raw), holder=NAME)
    method = f"{theirs['issuer']['id']}#{vc.multikey(badges.THEIRS.public.raw)}"
    signed = vc.prove(theirs, signer=badges.THEIRS, method=method, created="2026-03-01T00:00:00Z")
    certificates.import_badge(learner_id=bank.learner_id, content=badges.data(signed), by=bank.learner, now=NOW)
    _leave_a_file(bank, batch.number)
    return {"batch": batch, "statement": statement, "conversion": conversion, "document": document, "file": file}


def _leave_a_file(bank: Bank, batch_number: str) -> None:
    """A kill came between the last row of a batch and the removal of its file; it had no headings, and somebody said what
    its first row means.
    """
    headings = [NAME, ID_NUMBER, f"手机 {PHONE}"]
    keys = {header_key(heading): "" for heading in headings}
    issuer_id = Batch.objects.get(number=batch_number).issuer_id
    Batch.objects.filter(number=batch_number).update(header=headings, mapping=keys)
    for heading in headings:
        ColumnName.objects.create(
            issuer_id=issuer_id, key=header_key(heading), heading=heading, chosen_by="x", chosen_at=NOW
        )
    left = bank.home / "uploads" / batch_number
    left.write_text(f"{NAME},{ID_NUMBER},{PHONE}\n", encoding="gb18030")
    yesterday = (NOW - timedelta(days=1)).timestamp()
    os.utime(left, (yesterday, yesterday))


def _archived(bank: Bank, learner_id: int, *, objector: tuple[str, str], text: str) -> Application:
    application = recognition_world.applied(bank.world, learner_id=learner_id)
    later = recognition_world.APPLIED
    for step in (recognition.approve, recognition.convert):
        later += timedelta(days=1)
        application.refresh_from_db()
        step(number=application.number, version=application.version, by=bank.world.reviewer, now=later)
    later += timedelta(hours=1)
    name, contact = objector
    recognition.object_(
        number=application.number, by_name=name, text=text, contact=contact, by=Actor.system("public"), now=later
    )
    application.refresh_from_db()
    recognition.answer_objection(
        number=application.number, version=application.version, uphold=False, reply=f"已向{NAME}核实", by=bank.world.branch,
        now=later,
    )  # fmt: skip
    application.refresh_from_db()
    recognition.sweep(now=application.due_at + timedelta(seconds=1))
    application.refresh_from_db()
    assert application.state == "archived"
    return application


def test_nothing_of_an_erased_person_is_left_and_every_proof_holds(bank: Bank, tmp_path: Path) -> None:
    left = a_full_life(bank)
    client = Client()
    assert client.login(username=bank.account_no, password=PASSWORD)
    assert broken() == []
    dumps = tmp_path.parent / f"{tmp_path.name}-dumps"
    dumps.mkdir()
    before = dump(dumps / "before.sql")
    assert SeenSerial.objects.filter(learner_id=bank.learner_id).exists()
    assert seen(before), "people type names into free texts: those an old backup still has in clear"

    sealed_scans = {path: path.read_bytes() for path in (bank.home / "evidence").rglob("*") if path.is_file()}
    assert len(sealed_scans) == 1
    assert found_below(bank.home / "evidence") == [], "sealed from the first moment"

    erase(bank)
    translog.seal_all(now=NOW)
    certificates.publish_status(now=NOW)

    after = dump(dumps / "after.sql")
    assert seen(after) == []
    assert not SeenSerial.objects.filter(learner_id=bank.learner_id).exists()
    workbook = bank.home / "errors.xlsx"
    deposits.write_error_workbook(number=left["batch"].number, path=workbook, by=HOUSE)
    assert workbook.exists() and (bank.home / "log" / "checkpoint").exists()
    assert found_below(bank.home) == [], "files, tiles, exports"
    row = Learner.objects.select_related("user").get(pk=bank.learner_id)
    assert (row.state, row.masked_name, row.sealed, row.wrapped_key) == ("closed", ERASED_NAME, None, None)
    assert row.user is not None
    assert (row.user.is_active, row.user.display_name, row.user.has_usable_password()) == (False, ERASED_NAME, False)
    assert "欧**趾" not in after.decode(errors="replace")
    assert people.resolve(id_numbers=[ID_NUMBER]).by_id == {}

    for number in (left["statement"].number, left["conversion"].number):
        assert denied(lambda number=number: papers.document(EVERYTHING, number)) == "person_erased"
        assert denied(lambda number=number: papers.public(number, now=NOW)) == "person_erased"
    assert papers.verify(canon.canonical(left["document"]), now=NOW).ok, "what the holder carries stays genuine"
    assert {fact.masked_name for fact in papers.mine(bank.learner.scope("certificates.read"))} == {ERASED_NAME}
    assert not any(path.exists() for path in sealed_scans)
    assert denied(lambda: evidence_queries.content(left["file"].id)) == "evidence_gone"
    assert EvidenceFile.objects.get().blind is None, "nobody can ask any more whether it was this scan"
    for path, sealed in sealed_scans.items():  # a backup of the folder brings the bytes back, and nothing else
        path.write_bytes(sealed)
    assert denied(lambda: evidence_queries.content(left["file"].id)) == "evidence_gone"
    assert broken() == []
    (told,) = list(AuditEntry.objects.filter(action="learners.erased"))
    assert told.reason == "withdrawn"

    assert list((bank.home / "uploads").iterdir()) == []
    refused = {row.row: row.cells for row in deposit_queries.refused_rows(left["batch"].id)}
    assert [bool("".join(text for _, text in cells)) for cells in refused.values()] == [False, False, True]
    assert Objection.objects.filter(by_name="").count() == 2


def test_a_restored_backup_does_not_bring_the_person_back(bank: Bank, tmp_path: Path) -> None:
    left = a_full_life(bank)
    foundations.account(41, name="另一个人")
    dumps = tmp_path.parent / f"{tmp_path.name}-dumps"
    dumps.mkdir()
    halves = [
        data[start : start + SLOT]
        for data in ((bank.home / "own_keys" / name).read_bytes() for name in ("people.bin", "papers.bin"))
        for start in range(0, len(data), SLOT)
    ]
    saved = dump(dumps / "before.sql")
    assert any(any(half) for half in halves)
    assert not [half for half in halves if any(half) and half.hex().encode() in saved], (
        "the key store is not in the dump"
    )
    kept = {path: path.read_bytes() for path in (bank.home / "evidence").rglob("*") if path.is_file()}
    erase(bank)
    for path, sealed in kept.items():  # the backup has the folder of evidence too
        path.write_bytes(sealed)

    present = connection.settings_dict["NAME"]
    restored = f"{present}_restored"
    admin = psycopg.connect(**{**connection.get_connection_params(), "dbname": "postgres"}, autocommit=True)
    with admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{restored}"')
        admin.execute(f'CREATE DATABASE "{restored}"')
        try:
            _tool("psql", "-d", restored, "-q", "-v", "ON_ERROR_STOP=1", "-f", str(dumps / "before.sql"))
            connection.close()
            connection.settings_dict["NAME"] = restored
            _nobody_is_back(bank, left)
        finally:
            connection.close()
            connection.settings_dict["NAME"] = present
            admin.execute(f'DROP DATABASE "{restored}" WITH (FORCE)')


def _nobody_is_back(bank: Bank, left: dict[str, Any]) -> None:
    """In the restored database: every sealed thing is tried with every key there still is."""
    row = Learner.objects.get(pk=bank.learner_id)
    assert row.wrapped_key is not None and row.sealed is not None
    assert denied(lambda: people.personal(row, by=HOUSE)) == "person_erased"
    assert denied(lambda: papers.document(EVERYTHING, left["statement"].number)) == "person_erased"
    opened = [text for cells in deposit_queries.refused_rows(left["batch"].id) for text in cells.cells]
    assert opened == []
    half = keyring.open_wrapped(bytes(row.wrapped_key), aad=row.account_no.encode())
    provider = keyring.keys()
    slots = [
        data[start : start + SLOT]
        for data in ((bank.home / "own_keys" / name).read_bytes() for name in ("people.bin", "papers.bin"))
        for start in range(0, len(data), SLOT)
    ]
    file = EvidenceFile.objects.get()
    (scan,) = [path.read_bytes() for path in (bank.home / "evidence").rglob("*") if path.is_file()]
    assert denied(lambda: evidence_queries.content(file.pk)) == "evidence_gone"
    tried = [half, provider.secret("wrap"), *(joined(half, slot) for slot in slots)]
    sealed_things = {
        row.account_no.encode(): [bytes(row.sealed)],
        **{c.number.encode(): [bytes(c.body_sealed)] for c in papers.within(EVERYTHING).filter(learner=row)},
    }
    for (aad, things), key in itertools.product(sealed_things.items(), tried):
        for thing in things:
            with pytest.raises(DecryptionFailed):
                open_sealed(key, thing, aad=aad)
    for key in tried:
        with pytest.raises(DecryptionFailed):
            evidence_rules.open_content(scan, data_key=key, number=file.number)
        with pytest.raises(DecryptionFailed):
            evidence_rules.open_name(bytes(file.sealed_name), data_key=key, number=file.number)
    other = Learner.objects.exclude(pk=row.pk).order_by("-pk")[0]
    assert people.personal(other, by=HOUSE).name == "另一个人", "nobody else is harmed"

    assert any(v.found == "erased, and brought back by an older backup" for v in people.violations())
    assert actions.finish(now=NOW) == 1
    row.refresh_from_db()
    assert (row.masked_name, row.sealed, row.wrapped_key, row.state) == (ERASED_NAME, None, None, "closed")
    assert actions.finish(now=NOW) == 0
    assert not [v for v in people.violations() if v.invariant == "I4"]


# --- clumsy and unlucky ----------------------------------------------------------------------------------------------


def test_a_kill_before_the_keys_are_destroyed_is_made_good(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ask(bank)

    def full(*, learner_id: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as unlucky:
        unlucky.setattr(learners, "destroy_half", full)
        assert denied(lambda: actions.confirm_erasure(erasure_id=asked.id, by=bank.second, now=NOW)) == (
            "erasure_unfinished"
        )
    assert next(found for _, found in broken() for found in found).found.endswith("is not destroyed yet")
    assert not keyring.people().is_erased(bank.learner_id)
    assert actions.finish(now=NOW) == 1
    assert keyring.people().is_erased(bank.learner_id)
    assert broken() == []


def test_a_number_that_was_erased_is_never_given_to_another(bank: Bank) -> None:
    erase(bank)
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('learner', 'id'), %s)", [bank.learner_id - 1])
    assert foundations.account(91, name="新来的人").learner_id > bank.learner_id


def test_the_same_person_may_come_again_as_somebody_new(bank: Bank) -> None:
    erase(bank)
    again = learners.open_account(
        name=NAME, id_number=ID_NUMBER, place_code="330106001", method="service_point", agreed=True, by=HOUSE, now=NOW
    )
    assert again.account_no != bank.account_no
    assert User.objects.get(username=bank.account_no).is_active is False
    assert broken() == []
