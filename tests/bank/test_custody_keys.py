"""Replacing the bank's keys: what was signed keeps verifying, what comes is signed anew, and the books know."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from tests.bank import foundation_builders as foundations
from tests.bank import recognition_builders as recognition_world
from tests.bank.recognition_builders import World
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.certificates import actions as certificates
from xuefen.bank.certificates import queries as papers
from xuefen.bank.certificates.pdf import files, opening
from xuefen.bank.custody import actions, queries
from xuefen.bank.custody.models import KeyChange
from xuefen.bank.deposits import actions as deposits
from xuefen.bank.deposits import queries as deposit_queries
from xuefen.bank.insight import queries as insight
from xuefen.bank.learners import queries as people
from xuefen.bank.learners.models import Learner
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.shell.keys import keys, open_wrapped
from xuefen.bank.shell.models import Node
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.types import Role
from xuefen.bank.translog import actions as translog
from xuefen.bank.translog import queries as log
from xuefen.bank.translog.models import Checkpoint, QueuedLeaf
from xuefen.bedrock import canon, notes
from xuefen.bedrock.gm import DecryptionFailed, key_id, open_sealed, seal

NOW, HOUSE = foundations.NOW, foundations.HOUSE
WEEK = timedelta(days=7)
pytestmark = pytest.mark.django_db


@pytest.fixture
def bank(settings: Any, tmp_path: Path) -> Iterator[Path]:
    settings.XUEFEN_LOG, settings.XUEFEN_PUBLIC = tmp_path / "log", tmp_path / "public"
    Node.objects.create(
        id=1, code="zj", name_zh="浙江学分银行", name_en="Zhejiang Credit Bank", origin="zj.example/log",
        created_at=recognition_world.DEPOSITED,
    )  # fmt: skip
    certificates.publish_trust(now=NOW)
    certificates.publish_status(now=NOW)
    yield tmp_path
    assert [(room, found) for room, found in insight.prove() if found] == []


@pytest.fixture
def world(bank: Path, request: pytest.FixtureRequest) -> World:
    made = recognition_world.world()
    request.getfixturevalue("own_keys")
    return made


def rotated(purpose: str, **more: Any) -> Any:
    return actions.rotate(purpose=purpose, reason="例行更换", **{"by": HOUSE, "now": NOW, **more})


def denied(call: Callable[[], Any]) -> str:
    with pytest.raises(Denied) as refused:
        call()
    return refused.value.code


def statement(world: World, *, at: Any) -> dict[str, Any]:
    facts = certificates.issue_statement(learner_id=world.learner_id, by=world.learner, now=at)
    translog.seal_all(now=at)
    return papers.document(EVERYTHING, facts.number)


def test_certificates_before_and_after_verify_offline_with_the_new_trust_file(world: World, bank: Path) -> None:
    old = statement(world, at=NOW)
    done = rotated("certificates", now=NOW + timedelta(days=1))
    new = statement(world, at=NOW + timedelta(days=1, minutes=1))
    assert (old["signature"]["key_id"], new["signature"]["key_id"]) == (done.replaced, done.key_id)
    trust = files.read_trust_file(bank / "public" / "trust.json")
    told = {key.key_id: key for key in trust.keys if key.purpose == "certificates"}
    assert told[done.replaced].valid_until == NOW.replace(microsecond=0) + timedelta(days=8)
    assert told[done.key_id].valid_until is None
    status, problem = files.read_status_file(bank / "public" / "status.json", trust=trust)
    assert status is not None and not problem
    later = NOW + timedelta(days=2)
    for document in (old, new):
        report = opening.verify_file(canon.canonical(document), trust=trust, status=status, now=later)
        assert [v.code for v in report.verdicts if v.state.value != "good"] in (
            [],
            ["suspension_list_stale", "revocation_list_stale"],
        ), report
        assert papers.verify(canon.canonical(document), now=later).ok


def test_a_request_under_way_during_the_change_gets_a_good_certificate(world: World) -> None:
    rotated("certificates", now=NOW + timedelta(seconds=3))
    assert papers.verify(canon.canonical(statement(world, at=NOW)), now=NOW + WEEK).ok


def test_a_stolen_key_vouches_for_nothing_after_the_theft(world: World, bank: Path, own_keys: Path) -> None:
    before = statement(world, at=NOW)
    after = statement(world, at=NOW + timedelta(hours=2))
    theft = NOW + timedelta(hours=1)
    done = rotated("certificates", now=NOW + timedelta(days=1), compromised_since=theft)
    assert papers.verify(canon.canonical(before), now=NOW + timedelta(days=1)).ok
    report = papers.verify(canon.canonical(after), now=NOW + timedelta(days=1))
    assert next(v.code for v in report.verdicts if v.state.value != "good") == "issuer_key_time"
    assert not (own_keys / "certificates.key").exists(), "a stolen key is not kept"
    assert KeyChange.objects.get().compromised
    assert done.until == theft


def test_monitors_follow_the_log_over_the_overlap(world: World, bank: Path) -> None:
    translog.seal_all(now=NOW)
    old = log.verifier()
    rotated("log")
    new = log.verifier()
    assert (new.algorithm, new.name) == (old.algorithm, old.name)
    assert new.raw_public != old.raw_public
    translog.seal_all(now=NOW)
    at_change = log.fetch("checkpoint")
    for known in ([old], [new], [old, new]):
        assert len(notes.open_note(at_change, known).verified) == len(known)
    statement(world, at=NOW + timedelta(days=6))
    assert len(notes.open_note(log.fetch("checkpoint"), [old, new]).verified) == 2
    assert actions.tidy(now=NOW + WEEK) == 1
    document = statement(world, at=NOW + timedelta(days=8))
    (signed,) = notes.open_note(log.fetch("checkpoint"), log.verifiers()).verified
    assert signed.key_id == log.verifier().key.raw[:0] + _note_key_id(new)
    assert papers.verify(canon.canonical(document), now=NOW + timedelta(days=8)).ok
    assert Checkpoint.objects.count() >= 4


def _note_key_id(verifier: notes.KeyVerifier) -> bytes:
    return notes.key_id(name=verifier.name, algorithm=verifier.algorithm, raw_public=verifier.raw_public)


@pytest.mark.parametrize("purpose", ["witness", "witness-ed25519"])
def test_witness_keys_cosign_beside_each_other(world: World, purpose: str) -> None:
    assert len(log.witness_signers(at=NOW)) == 2
    before = {key_id(s.public) for s in log.witness_signers(at=NOW)}
    done = rotated(purpose)
    assert {key_id(s.public) for s in log.witness_signers(at=NOW)} == before | {done.key_id}
    assert done.replaced not in {key_id(s.public) for s in log.witness_signers(at=NOW + WEEK)}


def test_it_is_audited_and_logged_once(world: World) -> None:
    done = rotated("log", overlap=timedelta(days=3))
    entry = AuditEntry.objects.get(action="keys.rotated")
    assert (entry.subject_id, entry.reason) == ("log.2", "例行更换")
    assert entry.after == {"key": done.key_id, "until": "2026-11-23T02:03:04Z", "compromised": False}
    leaf = json.loads(bytes(QueuedLeaf.objects.order_by("-id").values_list("body", flat=True)[0]))
    assert (leaf["kind"], leaf["purpose"], leaf["replaces"], leaf["key"]) == (
        "key.rotated", "log", done.replaced, done.key_id,
    )  # fmt: skip
    assert actions.tidy(now=NOW) == 0


def test_a_kill_between_folder_and_books_is_written_down_later(world: World) -> None:
    fresh = keys().rotate("certificates", now=NOW, until=NOW + WEEK)
    assert [v.found for v in queries.violations()] == ["replaced another, but no leaf says so"]
    assert actions.tidy(now=NOW + timedelta(minutes=5)) == 1
    assert KeyChange.objects.get().key_id == fresh.key_id
    assert list(queries.violations()) == []


def test_what_cannot_be_replaced_is_said(world: World) -> None:
    assert denied(lambda: rotated("nothing")) == "key_unknown"
    assert denied(lambda: rotated("../log")) == "key_unknown"
    assert denied(lambda: rotated("blind")) == "key_not_rotated"
    assert denied(lambda: rotated("log", overlap=timedelta(days=91))) == "key_overlap"
    assert denied(lambda: rotated("log", compromised_since=NOW + WEEK)) == "key_compromised_time"
    assert denied(lambda: rotated("log", by=foundations.at_place(Role.BRANCH_OFFICER, "33"))) == "not_allowed"
    with pytest.raises(Denied):
        actions.rotate(purpose="log", reason=" ", by=HOUSE, now=NOW)
    assert all(key.generation == 1 for row in queries.key_rows() for key in [row.held])


def test_a_list_shows_no_secret(world: World, own_keys: Path) -> None:
    rotated("log")
    shown = json.dumps([row.to_json() for row in queries.key_rows()])
    assert shown.count("purpose") == 9
    for purpose in ("wrap", "blind"):
        assert keys().secret(purpose).hex() not in shown
    assert keys().signer("log").secret_bytes().hex() not in shown  # type: ignore[attr-defined]


def test_the_record_is_a_fact_and_prove_compares_it(world: World, own_keys: Path) -> None:
    rotated("log")
    for statement_ in ("UPDATE key_change SET reason = 'x'", "DELETE FROM key_change"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement_)
    ring = own_keys / "ring.json"
    kept = ring.read_text()
    ring.unlink()
    found = {v.found for v in queries.violations()}
    assert found == {"recorded, but the key folder holds another or none"}
    ring.write_text(kept)


# --- the wrapping key ------------------------------------------------------------------------------------------------


def test_every_half_of_a_key_is_wrapped_anew_and_the_old_key_goes(world: World, own_keys: Path) -> None:
    rows = [{"account": world.account_no, "item_code": "NOPE", "awarded_on": "2026-06-30", "grade": "85"}]
    batch = deposits.receive_rows(source="form", rows=rows, issuer_code="QH", by=HOUSE, now=NOW)
    deposits.run(batch_id=batch.id, by=HOUSE, now=NOW)
    old = keys().secret("wrap")
    rotated("wrap")
    assert people.personal(Learner.objects.get(pk=world.learner_id), by=HOUSE).name == "林秋禾"
    row, told = Learner.objects.get(pk=world.learner_id), list(deposit_queries.refused_rows(batch.id))
    with pytest.raises(DecryptionFailed):
        open_sealed(old, bytes(row.wrapped_key or b""), aad=row.account_no.encode())
    assert (own_keys / "wrap.key").exists(), "a write that began before the change may still end"
    late = seal(
        old, open_wrapped(bytes(row.wrapped_key or b""), aad=row.account_no.encode()), aad=row.account_no.encode()
    )
    Learner.objects.filter(pk=row.pk).update(wrapped_key=late)
    assert people.personal(Learner.objects.get(pk=row.pk), by=HOUSE).name == "林秋禾"
    assert actions.tidy(now=NOW + timedelta(minutes=59)) == 0
    assert actions.tidy(now=NOW + timedelta(minutes=61)) == 1
    assert not (own_keys / "wrap.key").exists()
    assert people.personal(Learner.objects.get(pk=row.pk), by=HOUSE).name == "林秋禾"
    assert list(deposit_queries.refused_rows(batch.id)) == told
    assert keys().earlier_secrets("wrap") == []


# --- rehearsing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", ["certificates", "log", "credentials", "witness"])
def test_a_drill_touches_no_real_key_and_is_kept(world: World, own_keys: Path, purpose: str) -> None:
    first = statement(world, at=NOW - timedelta(hours=2))
    second = statement(world, at=NOW - timedelta(minutes=30))
    before = {path.name: path.read_bytes() for path in own_keys.iterdir() if path.is_file()}
    report = actions.drill(purpose=purpose, compromised_since=NOW - timedelta(hours=1), by=HOUSE, now=NOW)
    assert report.ok, report
    assert len(report.steps) == 9
    assert {path.name: path.read_bytes() for path in own_keys.iterdir() if path.is_file()} == before
    due = (second["body"]["number"],) if purpose == "certificates" else ()
    assert report.affected_certificates == due
    assert first["body"]["number"] not in due
    assert report.affected_checkpoints == (1 if purpose == "log" else 0)
    entry = AuditEntry.objects.get(action="keys.drilled")
    assert (entry.subject_id, entry.reason) == (purpose, "通过 passed")
    assert entry.after is not None and entry.after["ok"] and len(entry.after["steps"]) == 9


def test_a_drill_that_finds_something_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    statement(world, at=NOW - timedelta(hours=2))
    monkeypatch.setattr(queries, "sample_verifies", lambda: (False, "0 / 1"))
    report = actions.drill(purpose="log", compromised_since=NOW - timedelta(hours=1), by=HOUSE, now=NOW)
    assert not report.ok
    assert AuditEntry.objects.get(action="keys.drilled").reason == "未通过 failed"
    assert denied(lambda: actions.drill(purpose="wrap", compromised_since=NOW, by=HOUSE, now=NOW)) == "key_not_rotated"
    assert denied(lambda: actions.drill(purpose="x", compromised_since=NOW, by=HOUSE, now=NOW)) == "key_unknown"
