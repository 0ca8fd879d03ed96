import json
import logging
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth import authenticate
from django.db import DatabaseError, connection, transaction

from tests.bank.foundation_builders import (
    HOUSE,
    NOW,
    POINT,
    SHANGHAI_POINT,
    ZHEJIANG,
    account,
    as_learner,
    at_place,
    identity,
    person,
    tree,
)
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.learners import actions, queries, rules
from xuefen.bank.learners.models import IdentityProof, Learner, ServiceAgreement
from xuefen.bank.learners.types import AccountState, Assurance, Opened, OpeningMethod, Person
from xuefen.bank.shell.actor import EVERYTHING, PUBLIC, Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.models import User
from xuefen.bank.staff.types import Role
from xuefen.bank.translog.models import QueuedLeaf
from xuefen.bedrock import ids

pytestmark = pytest.mark.django_db
PASSWORD = "straw-boat-47-lamps"


def _online(number: int = 1, *, agreed: bool = True, password: str = PASSWORD, by: Actor = PUBLIC) -> Opened:
    return actions.open_account(
        name="林秋禾",
        id_number=identity(number),
        phone="13800138000",
        place_code="330106001",
        method="online",
        agreed=agreed,
        by=by,
        now=NOW,
        password=password,
    )


def test_opening_online_writes_account_proof_agreement_leaf_audit_and_sign_in() -> None:
    tree()
    opened = _online()
    learner = Learner.objects.get()
    assert (learner.pk, learner.account_no) == (opened.learner_id, opened.account_no)
    assert ids.check(ids.NumberClass.ACCOUNT, opened.account_no) == opened.account_no
    assert (learner.state, learner.assurance, learner.masked_name) == ("open", Assurance.SELF_DECLARED, "林*禾")
    assert (learner.opened_at, learner.place.code) == (NOW, "330106001")

    proof = IdentityProof.objects.get()
    assert (proof.learner_id, proof.assurance, proof.method, proof.by_name) == (learner.pk, 1, "online", "public")
    paper, leaf = ServiceAgreement.objects.get(), QueuedLeaf.objects.get()
    assert (paper.version, paper.text_sm3) == ("2026-09", queries.agreement().sm3)
    assert (paper.signed_at, paper.leaf_id) == (NOW, leaf.pk)

    facts = queries.facts_of([learner.pk])[learner.pk]
    holder = rules.holder_commitment(rules.leaf_salt(facts.data_key, learner.account_no), learner.account_no)
    assert json.loads(leaf.body) == {
        "kind": "account.opened", "v": 1, "at": "2026-11-20T02:03:04Z", "holder": holder,
    }  # fmt: skip

    entry = AuditEntry.objects.get(subject_kind="account")
    assert (entry.action, entry.subject_id, entry.actor_kind) == ("learners.opened", opened.account_no, "public")
    assert entry.after == {"method": "online", "assurance": 1, "place": "330106001"}

    user = authenticate(username=opened.account_no, password=PASSWORD)
    assert user == learner.user == queries.user_for_signin(ids.display(opened.account_no))
    assert user == queries.user_for_signin(identity(1))
    assert user.display_name == "林*禾"
    assert list(queries.violations()) == []


def test_no_table_holds_personal_data_in_clear() -> None:
    tree()
    _online()
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()")
        tables = [row[0] for row in cursor.fetchall()]
        for table in tables:
            cursor.execute(
                f'SELECT count(*) FROM "{table}" t WHERE t::text ~ %s', [f"林秋禾|{identity(1)}|13800138000"]
            )
            assert cursor.fetchone() == (0,), table
    assert "learner" in tables


def test_a_clerk_opens_at_their_own_point_with_the_person_seen() -> None:
    tree()
    clerk = at_place(Role.POINT_CLERK, POINT)
    opened = actions.open_account(
        name="王明",
        id_number=identity(2),
        place_code="330106001",
        method="service_point",
        agreed=True,
        by=clerk,
        now=NOW,
    )
    learner = Learner.objects.get(pk=opened.learner_id)
    assert (learner.assurance, learner.user) == (Assurance.SEEN, None)
    assert queries.user_for_signin(opened.account_no) is None
    with pytest.raises(Denied, match="not_allowed"):
        actions.open_account(
            name="王明", id_number=identity(3), place_code="310101001", method="service_point", agreed=True, by=clerk,
            now=NOW,
        )  # fmt: skip
    with pytest.raises(Denied, match="not_allowed"):
        actions.open_account(
            name="王明", id_number=identity(3), place_code="330106001", method="service_point", agreed=True, by=PUBLIC,
            now=NOW,
        )  # fmt: skip


def test_an_opening_without_agreement_or_password_writes_nothing() -> None:
    tree()
    with pytest.raises(Denied, match="agreement_not_signed"):
        _online(agreed=False)
    with pytest.raises(Denied, match="password_too_short"):
        _online(password="")
    assert not Learner.objects.exists()
    assert not User.objects.exists()
    assert not QueuedLeaf.objects.exists()


def test_a_second_account_is_refused_without_telling_the_first_one_s_number() -> None:
    tree()
    first = _online()
    with pytest.raises(Denied) as caught:
        _online()
    denied = caught.value
    assert (denied.code, denied.params) == ("account_exists", {})
    assert first.account_no not in f"{denied!r} {denied} {denied.sentence('zh')}"
    assert Learner.objects.count() == 1
    assert User.objects.count() == 1


def test_a_class_is_opened_in_one_go_with_an_answer_for_every_row() -> None:
    tree()
    account(7)
    people = [
        person(1, name="甲某"),
        Person("乙某", "360426199101010072"),  # wrong check digit
        person(7, name="已有"),
        person(1, name="甲某"),  # the same person twice
        Person("丙某", identity(3, county="999999")),
    ]
    before = QueuedLeaf.objects.count()
    answers = actions.open_accounts(
        people=people, place_code="330106001", method="service_point", by=at_place(Role.POINT_CLERK, POINT), now=NOW
    )
    told = [answer.denied.code if answer.denied else "" for answer in answers]
    assert told == ["", "id_number_check", "account_exists", "account_exists", ""]
    assert [w.code for w in answers[4].warnings] == ["id_number_county"]
    assert [(a.learner_id, a.account_no) for a in answers[1:4]] == [(0, "")] * 3
    for row in (0, 4):
        learner = Learner.objects.get(pk=answers[row].learner_id)
        assert learner.account_no == answers[row].account_no
        assert queries.personal(learner, by=at_place(Role.POINT_CLERK, POINT)).name == people[row].name
        assert AuditEntry.objects.get(subject_id=learner.account_no).action == "learners.opened"
    assert (Learner.objects.count(), QueuedLeaf.objects.count() - before) == (3, 2)
    assert list(queries.violations()) == []


def test_a_bulk_opening_is_for_staff_of_the_place() -> None:
    tree()
    for by in (PUBLIC, at_place(Role.POINT_CLERK, SHANGHAI_POINT)):
        with pytest.raises(Denied, match="not_allowed"):
            actions.open_accounts(people=[person()], place_code="330106001", method="online", by=by, now=NOW)
    assert actions.open_accounts(people=[], place_code="33", method="online", by=HOUSE, now=NOW) == []


def test_proofs_only_raise_the_assurance() -> None:
    tree()
    opened = _online()
    clerk = at_place(Role.POINT_CLERK, POINT)

    def prove(assurance: Assurance, by: Actor) -> Assurance:
        return actions.prove_identity(
            account_no=opened.account_no, assurance=assurance, method="身份证原件", by=by, now=NOW
        )

    assert prove(Assurance.SEEN, clerk) is Assurance.SEEN
    assert prove(Assurance.THIRD_PARTY, HOUSE) is Assurance.THIRD_PARTY
    assert prove(Assurance.SEEN, clerk) is Assurance.THIRD_PARTY
    assert [p.assurance for p in IdentityProof.objects.order_by("id")] == [1, 2, 3, 2]
    assert Learner.objects.get().assurance == Assurance.THIRD_PARTY
    entry = AuditEntry.objects.filter(action="learners.proved").first()
    assert (entry.before, entry.after, entry.reason) == ({"assurance": 1}, {"assurance": 2}, "身份证原件")
    with pytest.raises(Denied, match="proof_level"):
        prove(Assurance.THIRD_PARTY, clerk)
    with pytest.raises(Denied, match="account_unknown"):
        prove(Assurance.SEEN, at_place(Role.POINT_CLERK, SHANGHAI_POINT))
    assert list(queries.violations()) == []


def test_an_account_freezes_and_thaws_with_a_reason() -> None:
    tree()
    opened = account()
    officer = at_place(Role.BRANCH_OFFICER, ZHEJIANG)
    number = opened.account_no
    assert actions.freeze(account_no=number, reason="冒用", by=officer, now=NOW) is AccountState.FROZEN
    with pytest.raises(Denied, match="account_state"):
        actions.freeze(account_no=number, reason="冒用", by=officer, now=NOW)
    assert queries.resolve(account_nos=[number]).by_account[number].state is AccountState.FROZEN
    assert actions.unfreeze(account_no=number, reason="已核实", by=officer, now=NOW) is AccountState.OPEN
    with pytest.raises(Denied, match="not_allowed"):
        actions.freeze(account_no=number, reason="x", by=at_place(Role.POINT_CLERK, POINT), now=NOW)
    entries = AuditEntry.objects.filter(subject_id=number).order_by("id").values_list("action", "reason", "after")
    assert list(entries)[1:] == [
        ("learners.freeze", "冒用", {"state": "frozen"}),
        ("learners.unfreeze", "已核实", {"state": "open"}),
    ]


def test_papers_are_final_and_an_account_is_for_life() -> None:
    tree()
    account()
    for change in (
        lambda: IdentityProof.objects.update(assurance=3),
        lambda: ServiceAgreement.objects.update(version="x"),
        lambda: Learner.objects.update(account_no="1"),
        lambda: Learner.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError, match="facts"), transaction.atomic():
            change()


def test_nothing_personal_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    tree()
    with caplog.at_level(logging.INFO):
        opened = _online()
        with pytest.raises(Denied):
            _online()
        queries.personal(queries.by_account(EVERYTHING, opened.account_no), by=as_learner(opened.learner_id))
    for secret in ("林秋禾", identity(1), "13800138000"):
        assert secret not in caplog.text


def test_a_method_of_opening_nobody_knows_is_a_defect() -> None:
    with pytest.raises(ValueError, match="by_pigeon"):
        actions.open_accounts(people=[], place_code="33", method="by_pigeon", by=HOUSE, now=NOW)
    assert OpeningMethod("online") is OpeningMethod.ONLINE


@pytest.mark.django_db(transaction=True)
def test_two_counters_with_the_same_people_in_opposite_order_open_each_account_once() -> None:
    tree()
    people = [person(n) for n in range(60)]

    def counter(queue: list[Person]) -> list[Opened]:
        try:
            return actions.open_accounts(people=queue, place_code="33", method="online", by=HOUSE, now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = [*pool.map(counter, (people, people[::-1]))]
    opened = [answer for answer in answers[0] + answers[1] if answer.denied is None]
    refused = {answer.denied.code for answer in answers[0] + answers[1] if answer.denied}
    assert (len(opened), Learner.objects.count(), QueuedLeaf.objects.count()) == (60, 60, 60)
    assert refused == {"account_exists"}
    assert list(queries.violations()) == []


# --- a forgotten password --------------------------------------------------------------------------------------------


def _reset(account_no: str, *, by: Actor) -> str:
    return actions.reset_sign_in(account_no=account_no, by=by, now=NOW)


def test_a_counter_gives_a_temporary_password_and_the_old_one_ends() -> None:
    tree()
    opened = _online()
    user = User.objects.get(username=opened.account_no)
    session = user.get_session_auth_hash()
    password = _reset(ids.display(opened.account_no), by=at_place(Role.POINT_CLERK, POINT))
    assert re.fullmatch(r"[a-z2-9]{4}(-[a-z2-9]{4}){2}", password)
    assert authenticate(username=opened.account_no, password=PASSWORD) is None
    assert authenticate(username=opened.account_no, password=password) == user
    user.refresh_from_db()
    assert user.get_session_auth_hash() != session, "sessions and tokens are bound to the old password"
    entry = AuditEntry.objects.get(action="learners.sign_in_reset")
    assert (entry.subject_id, entry.after) == (opened.account_no, {"created": False})
    assert password not in json.dumps([entry.after, entry.before, entry.reason])
    assert _reset(opened.account_no, by=HOUSE) != password


def test_an_account_opened_at_a_counter_without_a_sign_in_gets_one() -> None:
    tree()
    opened = account(3)
    password = _reset(opened.account_no, by=at_place(Role.BRANCH_OFFICER, ZHEJIANG))
    user = authenticate(username=opened.account_no, password=password)
    assert user == Learner.objects.get().user and user.display_name == "林*禾"
    assert AuditEntry.objects.get(action="learners.sign_in_reset").after == {"created": True}
    assert list(queries.violations()) == []


def test_only_who_may_see_the_person_resets_and_never_a_closed_account() -> None:
    tree()
    opened = _online()
    refused = {
        "account_unknown": at_place(Role.POINT_CLERK, SHANGHAI_POINT),
        "not_allowed": as_learner(opened.learner_id),
    }
    for code, who in refused.items():
        with pytest.raises(Denied, match=code):
            _reset(opened.account_no, by=who)
    Learner.objects.update(state=AccountState.CLOSED)
    with pytest.raises(Denied, match="account_state"):
        _reset(opened.account_no, by=HOUSE)
    assert authenticate(username=opened.account_no, password=PASSWORD) is not None
    assert not AuditEntry.objects.filter(action="learners.sign_in_reset").exists()
