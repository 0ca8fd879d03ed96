"""Issuing, taking back and publishing, on a real database, through the real rooms below."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from tests.bank import foundation_builders as foundations
from tests.bank import recognition_builders as recognition_world
from tests.bank.recognition_builders import World
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.certificates import actions, queries, rules
from xuefen.bank.certificates.models import Certificate
from xuefen.bank.certificates.pdf import files, opening
from xuefen.bank.certificates.queries import papers
from xuefen.bank.certificates.types import CertificateFacts, CertificateKind, CertificateState, Check, StatusReason
from xuefen.bank.deposits import actions as deposits
from xuefen.bank.deposits.models import Outcome
from xuefen.bank.recognition import actions as recognition
from xuefen.bank.recognition.models import Application
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.models import Node
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.types import Role
from xuefen.bank.translog import actions as translog
from xuefen.bank.translog.models import Leaf, QueuedLeaf
from xuefen.bedrock import canon
from xuefen.bedrock.gm import sm3

NOW = foundations.NOW
HOUSE = foundations.HOUSE
pytestmark = pytest.mark.django_db


@pytest.fixture
def bank(settings: Any, tmp_path: Path) -> Iterator[Path]:
    settings.XUEFEN_LOG = tmp_path / "log"
    settings.XUEFEN_PUBLIC = tmp_path / "public"
    Node.objects.create(
        id=1, code="zj", name_zh="浙江学分银行", name_en="Zhejiang Credit Bank", origin="zj.example/log",
        created_at=recognition_world.DEPOSITED,
    )  # fmt: skip
    actions.publish_trust(now=NOW)
    actions.publish_status(now=NOW)
    yield tmp_path / "public"
    assert list(queries.violations()) == []


@pytest.fixture
def world(bank: Path) -> World:
    return recognition_world.world()


def branch() -> Actor:
    return foundations.at_place(Role.BRANCH_OFFICER, foundations.ZHEJIANG)


def issue(world: World, *, at: datetime = NOW, **more: Any) -> CertificateFacts:
    return actions.issue_statement(learner_id=world.learner_id, by=world.learner, now=at, **more)


def issued_and_sealed(world: World, **more: Any) -> CertificateFacts:
    facts = issue(world, **more)
    translog.seal_all(now=NOW)
    return facts


def archived(world: World) -> Application:
    application = recognition_world.applied(world)
    later = recognition_world.APPLIED
    for step in ("approve", "convert"):
        later += timedelta(days=1)
        move: Callable[..., Any] = getattr(recognition, step)
        move(number=application.number, version=_version(application), by=world.reviewer, now=later)
    application.refresh_from_db()
    recognition.sweep(now=application.due_at + timedelta(seconds=1))
    application.refresh_from_db()
    assert application.state == "archived"
    return application


def _version(application: Application) -> int:
    return Application.objects.values_list("version", flat=True).get(pk=application.pk)


def denied(call: Callable[[], Any]) -> str:
    with pytest.raises(Denied) as refused:
        call()
    return refused.value.code


def test_a_statement_is_sealed_logged_audited_and_verifies(world: World) -> None:
    facts = issue(world)
    assert (facts.kind, facts.state, facts.sealed) == (CertificateKind.STATEMENT, CertificateState.VALID, False)
    assert denied(lambda: queries.document(EVERYTHING, facts.number)) == "certificate_not_sealed"
    leaf = QueuedLeaf.objects.order_by("-id").values_list("body", flat=True)[0]
    row = Certificate.objects.get(number=facts.number)
    assert json.loads(bytes(leaf)) == {
        "kind": "certificate.issued",
        "v": 1,
        "certificate": facts.number,
        "digest": row.body_sm3,
        "at": "2026-11-20T02:03:04Z",
    }
    audit = AuditEntry.objects.get(subject_kind="certificate")
    assert (audit.action, audit.subject_id, audit.actor_kind) == ("certificates.issued", facts.number, "learner")

    translog.seal_all(now=NOW)
    document = queries.document(world.learner.scope("certificates.read"), facts.number)
    body = document["body"]
    assert body["holder"] == {"name": "林秋禾", "account": world.account_no}
    assert {line["number"] for line in body["outcomes"]} == set(Outcome.objects.values_list("number", flat=True))
    assert body["credits"] == 600
    report = queries.verify(canon.canonical(document), now=NOW)
    assert report.ok, report
    assert report.facts is not None and report.facts.holder == "林*禾"
    assert queries.mine(world.learner.scope("certificates.read"))[0].sealed


def test_nothing_personal_is_stored_or_logged_in_clear(world: World) -> None:
    facts = issued_and_sealed(world)
    row = Certificate.objects.get(number=facts.number)
    name, account = "林秋禾".encode(), world.account_no.encode()
    assert name not in bytes(row.body_sealed) and account not in bytes(row.body_sealed)
    for leaf in Leaf.objects.values_list("body", flat=True):
        assert name not in bytes(leaf) and account not in bytes(leaf)
    assert name in canon.canonical(queries.document(EVERYTHING, facts.number))


def test_two_statements_of_the_same_things_have_digests_of_their_own(world: World) -> None:
    issue(world)
    issue(world, at=NOW + actions.SAME_PRESS)
    assert len(set(Certificate.objects.values_list("body_sm3", flat=True))) == 2


def test_pressing_twice_makes_one_statement(world: World) -> None:
    first = issue(world)
    again = issue(world, at=NOW + actions.SAME_PRESS - timedelta(seconds=1))
    assert again == first and Certificate.objects.count() == 1
    assert AuditEntry.objects.filter(subject_kind="certificate").count() == 1
    assert issue(world, expires_on=date(2027, 1, 1)).number != first.number, "another last day is another statement"
    deposits.revoke_outcome(number=Outcome.objects.order_by("id")[0].number, reason="录入有误", by=HOUSE, now=NOW)
    assert issue(world).number != first.number, "what it lists has changed"


def test_the_pdf_verifies_online_and_offline(world: World, bank: Path) -> None:
    facts = issued_and_sealed(world)
    pdf = queries.pdf(EVERYTHING, facts.number, now=NOW)
    assert queries.verify(pdf, now=NOW).ok
    trust = files.read_trust_file(bank / "trust.json")
    actions.publish_status(now=NOW + timedelta(minutes=1))
    status, problem = files.read_status_file(bank / "status.json", trust=trust)
    report = opening.verify_file(
        pdf, trust=trust, status=status, status_problem=problem, now=NOW + timedelta(minutes=2)
    )
    assert report.ok and report[Check.REVOCATION].code == "revocation_good_as_of"


def test_the_public_page_knows_a_number_and_masks_its_holder(world: World) -> None:
    facts = issued_and_sealed(world)
    report = queries.public(facts.number.lower(), now=NOW)
    assert report.ok and report.facts is not None and report.facts.holder == "林*禾"
    assert denied(lambda: queries.public("ZS0000000000000000", now=NOW)) == "certificate_unknown"


def test_an_expired_statement_says_so(world: World) -> None:
    facts = issued_and_sealed(world, expires_on=date(2026, 11, 20))
    assert queries.public(facts.number, now=NOW).ok
    later = queries.public(facts.number, now=NOW + timedelta(days=1))
    assert later[Check.EXPIRY].code == "expiry_expired" and not later.ok
    assert denied(lambda: issue(world, expires_on=date(2026, 11, 19))) == "certificate_expiry"


def test_old_documents_still_verify_when_the_log_has_grown(world: World) -> None:
    facts = issued_and_sealed(world)
    early = queries.document(EVERYTHING, facts.number)
    for minute in range(1, 6):
        issued_and_sealed(world, at=NOW + timedelta(minutes=minute))
    late = queries.document(EVERYTHING, facts.number)
    assert late["log"]["size"] > early["log"]["size"]
    for document in (early, late):
        assert queries.verify(canon.canonical(document), now=NOW).ok


def test_there_must_be_something_to_state(bank: Path) -> None:
    empty = recognition_world.world(outcomes=0)
    assert denied(lambda: issue(empty)) == "nothing_to_state"


def test_a_revoked_outcome_is_not_stated(world: World) -> None:
    gone = Outcome.objects.order_by("id").first()
    assert gone is not None
    deposits.revoke_outcome(number=gone.number, reason="录入有误", by=HOUSE, now=NOW)
    facts = issued_and_sealed(world)
    numbers = [line["number"] for line in queries.document(EVERYTHING, facts.number)["body"]["outcomes"]]
    assert gone.number not in numbers and len(numbers) == 1


def test_a_statement_falls_with_an_outcome_it_lists(world: World) -> None:
    other = recognition_world.another_learner(world, 2)
    fallen = issued_and_sealed(world)
    untouched = actions.issue_statement(learner_id=other, by=HOUSE, now=NOW)
    assert actions.sweep_withdrawn(now=NOW) == []
    gone = Outcome.objects.filter(learner_id=world.learner_id).order_by("id").first()
    assert gone is not None
    deposits.revoke_outcome(number=gone.number, reason="录入有误", by=HOUSE, now=NOW)
    renewed = issue(world)
    assert actions.sweep_withdrawn(now=NOW) == [fallen.number]
    actions.publish_status(now=NOW)
    assert actions.sweep_withdrawn(now=NOW) == []
    assert queries.public(fallen.number, now=NOW)[Check.REVOCATION].code == "revocation_revoked"
    for number in (untouched.number, renewed.number):
        assert queries.facts(EVERYTHING, number).state is CertificateState.VALID


# --- conversions -----------------------------------------------------------------------------------------------------


def test_an_archived_application_is_certified_once(world: World) -> None:
    application = archived(world)
    make = lambda: actions.issue_conversion(application_number=application.number, by=world.learner, now=NOW)  # noqa: E731
    facts = make()
    assert (facts.kind, facts.application) == (CertificateKind.CONVERSION, application.number)
    assert denied(make) == "certificate_once"
    translog.seal_all(now=NOW)
    body = queries.document(EVERYTHING, facts.number)["body"]
    assert body["credits"] == application.credits == 600
    assert {line["course"] for line in body["lines"]} == {"课程B0", "课程B1"}
    assert queries.public(facts.number, now=NOW).ok
    assert queries.of_application(EVERYTHING, application.number) == queries.facts(EVERYTHING, facts.number)
    assert queries.verify(queries.pdf(EVERYTHING, facts.number, now=NOW), now=NOW).ok


def test_what_is_not_archived_is_not_certified(world: World) -> None:
    application = recognition_world.applied(world)
    call = lambda: actions.issue_conversion(application_number=application.number, by=world.learner, now=NOW)  # noqa: E731
    assert denied(call) == "conversion_not_archived"
    assert Certificate.objects.count() == 0
    assert queries.of_application(EVERYTHING, application.number) is None


# --- who may ---------------------------------------------------------------------------------------------------------


def test_only_those_entitled_issue_read_and_revoke(world: World) -> None:
    facts = issued_and_sealed(world)
    stranger = foundations.as_learner(recognition_world.another_learner(world, 2))
    clerk = foundations.at_place(Role.POINT_CLERK, foundations.POINT)
    far = foundations.at_place(Role.BRANCH_OFFICER, foundations.SHANGHAI)
    assert actions.issue_statement(learner_id=world.learner_id, by=clerk, now=NOW).number
    for who in (stranger, far):
        assert denied(lambda who=who: actions.issue_statement(learner_id=world.learner_id, by=who, now=NOW)) == (
            "account_unknown"
        )
        reading = who.scope("certificates.read")
        assert denied(lambda reading=reading: queries.document(reading, facts.number)) == "certificate_unknown"
        assert queries.mine(reading) == []
    revoke = lambda who: actions.revoke(number=facts.number, reason="superseded", by=who, now=NOW)  # noqa: E731
    assert denied(lambda: revoke(world.learner)) == "not_allowed"
    assert denied(lambda: revoke(clerk)) == "not_allowed"
    assert denied(lambda: revoke(far)) == "certificate_unknown"
    assert denied(lambda: issue_as_reviewer(world)) == "not_allowed"
    assert revoke(branch()).state is CertificateState.REVOKED


def issue_as_reviewer(world: World) -> CertificateFacts:
    return actions.issue_statement(learner_id=world.learner_id, by=world.reviewer, now=NOW)


# --- taking back -----------------------------------------------------------------------------------------------------


def test_a_revocation_is_published_at_once_logged_and_final(world: World, bank: Path) -> None:
    facts = issued_and_sealed(world)
    pdf = queries.pdf(EVERYTHING, facts.number, now=NOW)
    later = NOW + timedelta(hours=1)
    gone = actions.revoke(
        number=facts.number, reason=StatusReason.ISSUED_IN_ERROR, by=branch(), now=later, note="张三报错"
    )
    assert (gone.state, gone.reason, gone.state_at) == (CertificateState.REVOKED, StatusReason.ISSUED_IN_ERROR, later)

    online = queries.verify(pdf, now=later)
    assert online[Check.REVOCATION].code == "revocation_revoked" and not online.ok
    trust = files.read_trust_file(bank / "trust.json")
    status, _ = files.read_status_file(bank / "status.json", trust=trust)
    offline = opening.verify_file(pdf, trust=trust, status=status, now=later)
    assert offline[Check.REVOCATION].code == "revocation_revoked"
    assert "张三".encode() not in (bank / "status.json").read_bytes()

    leaf = json.loads(bytes(QueuedLeaf.objects.order_by("-id").values_list("body", flat=True)[0]))
    assert leaf == {
        "kind": "certificate.revoked",
        "v": 1,
        "certificate": facts.number,
        "reason": "issued_in_error",
        "at": "2026-11-20T03:03:04Z",
    }
    entry = AuditEntry.objects.get(action="certificates.revoked")
    assert (entry.reason, entry.before, entry.after) == (
        "张三报错",
        {"status": "valid"},
        {"status": "revoked", "reason": "issued_in_error"},
    )
    for act in (
        lambda: actions.revoke(number=facts.number, reason="superseded", by=HOUSE, now=later),
        lambda: actions.suspend(number=facts.number, reason="superseded", by=HOUSE, now=later),
        lambda: actions.reinstate(number=facts.number, by=HOUSE, now=later),
    ):
        assert denied(act) == "certificate_state"


def test_a_suspension_ends(world: World, bank: Path) -> None:
    number = issued_and_sealed(world).number
    actions.suspend(number=number, reason="under_investigation", by=branch(), now=NOW)
    assert queries.public(number, now=NOW)[Check.SUSPENSION].code == "suspension_suspended"
    back = actions.reinstate(number=number, by=branch(), now=NOW + timedelta(days=1))
    assert (back.state, back.reason) == (CertificateState.VALID, None)
    assert queries.public(number, now=NOW + timedelta(days=1)).ok
    assert json.loads((bank / "status.json").read_bytes())["entries"] == []


def test_a_reason_comes_from_the_list(world: World) -> None:
    number = issue(world).number
    with pytest.raises(Denied) as refused:
        actions.revoke(number=number, reason="因为张三", by=HOUSE, now=NOW)
    assert refused.value.code == "status_reason" and "issued_in_error" in refused.value.sentence("zh")
    assert Certificate.objects.get(number=number).status == "valid"


def test_a_full_disk_does_not_undo_a_revocation(world: World, settings: Any, tmp_path: Path) -> None:
    number = issue(world).number
    public, blocked = settings.XUEFEN_PUBLIC, tmp_path / "file"
    blocked.write_text("")
    settings.XUEFEN_PUBLIC = blocked / "public"
    assert actions.revoke(number=number, reason="superseded", by=HOUSE, now=NOW).state is CertificateState.REVOKED
    settings.XUEFEN_PUBLIC = public
    actions.publish_status(now=NOW)


# --- keys, files, guards ---------------------------------------------------------------------------------------------


def test_certificates_of_a_replaced_key_still_verify(world: World, bank: Path, own_keys: Path) -> None:
    before = issued_and_sealed(world)
    papers.keys().rotate("certificates", now=NOW + timedelta(days=29), until=NOW + timedelta(days=36))
    later = NOW + timedelta(days=30)
    issued_later = actions.issue_statement(learner_id=world.learner_id, by=world.learner, now=later)
    translog.seal_all(now=later)
    for number in (before.number, issued_later.number):
        assert queries.public(number, now=later).ok, "before the new trust file is out"
    actions.publish_trust(now=later)
    actions.publish_status(now=later)
    trust = files.read_trust_file(bank / "trust.json")
    assert [(k.purpose, k.valid_until is None) for k in trust.keys] == [
        ("certificates", True),
        ("credentials", True),
        ("log", True),
        ("certificates", False),
    ]
    for number in (before.number, issued_later.number):
        assert queries.public(number, now=later).ok
    assert queries.public(before.number, now=later + timedelta(days=400)).ok


def test_an_erased_holder_leaves_the_log_whole(world: World) -> None:
    facts = issued_and_sealed(world)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # two officers do this (custody)
        cursor.execute("UPDATE learner SET wrapped_key = NULL, sealed = NULL")
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert denied(lambda: queries.document(EVERYTHING, facts.number)) == "person_erased"
    assert denied(lambda: queries.public(facts.number, now=NOW)) == "person_erased"
    assert denied(lambda: issue(world)) == "person_erased"


@pytest.mark.parametrize("change", ["body_sm3 = 'x'", "learner_id = learner_id + 1", "leaf_id = 0", "key_id = ''"])
def test_the_database_refuses_to_change_what_was_signed(world: World, change: str) -> None:
    issue(world)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE certificate SET {change}")


def test_the_database_keeps_revoked_certificates_revoked(world: World) -> None:
    number = issue(world).number
    actions.revoke(number=number, reason="superseded", by=HOUSE, now=NOW)
    for statement in ("UPDATE certificate SET status = 'valid'", "DELETE FROM certificate"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_prove_notices_what_got_past_every_guard(world: World, bank: Path) -> None:
    number = issued_and_sealed(world).number
    actions.revoke(number=number, reason="superseded", by=HOUSE, now=NOW)
    kept = (bank / "status.json").read_bytes()
    (bank / "status.json").write_bytes(kept.replace(b"superseded", b"suspended!"))
    assert [v.invariant for v in queries.violations()] == ["I8"]
    (bank / "status.json").write_bytes(kept)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        logged = Certificate.objects.values_list("leaf_id", flat=True).get()
        cursor.execute("UPDATE certificate SET signature = '\\x00', leaf_id = 999999")
        found = {(v.invariant, v.found) for v in queries.violations()}
    assert found == {
        ("I5", "has no leaf"),
        ("I5", f"not what leaf {logged} says"),
        ("I10", "its signature is wrong"),
    }
    row = Certificate.objects.get(number=number)
    with connection.cursor() as cursor:
        signed = papers.keys().signer("certificates").sign(queries.body_of(row))
        leaf = Leaf.objects.get(body=rules.issued_leaf(number=number, digest=row.body_sm3, at="2026-11-20T02:03:04Z"))
        cursor.execute("UPDATE certificate SET signature = %s, leaf_id = %s", [signed, leaf.leaf_id])
        cursor.execute("SET session_replication_role = origin")
    assert sm3(queries.body_of(row)).hex() == row.body_sm3


@pytest.mark.parametrize(
    ("forgery", "invariant", "found"),
    [
        ("UPDATE certificate SET status = 'valid', status_at = NULL", "I8", "is valid, the log says revoked"),
        ("UPDATE certificate SET status = 'suspended'", "I8", "is suspended, the log says revoked"),
        ("UPDATE certificate SET expires_on = '2099-01-01'", "I10", "its row and its body differ in kind or expiry"),
        ("UPDATE certificate SET body_sm3 = repeat('0', 64)", "I5", "not what leaf"),
        ("UPDATE certificate SET issued_at = issued_at - interval '1 year'", "I5", "not what leaf"),
        ("DELETE FROM certificate", "I5", "speaks of it, but it does not exist"),
    ],
)
def test_prove_compares_certificates_with_the_log(world: World, forgery: str, invariant: str, found: str) -> None:
    number = issued_and_sealed(world).number
    actions.revoke(number=number, reason="superseded", by=HOUSE, now=NOW)
    save = transaction.savepoint()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(forgery)
    told = [(v.invariant, v.found) for v in queries.violations() if v.subject == f"certificate {number}"]
    assert any(i == invariant and found in said for i, said in told), told
    transaction.savepoint_rollback(save)


def test_lists_cost_the_same_however_long(world: World, django_assert_num_queries: Any) -> None:
    issued_and_sealed(world)
    for count in (1, 3):
        for more in range(Certificate.objects.count(), count):
            issued_and_sealed(world, at=NOW + timedelta(minutes=more))
        with django_assert_num_queries(2):
            assert len(queries.mine(EVERYTHING)) == count
