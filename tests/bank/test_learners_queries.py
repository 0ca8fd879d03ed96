import pytest
from django.db import connection

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
from xuefen.bank.learners import actions, queries
from xuefen.bank.learners.models import IdentityProof, Learner, ServiceAgreement
from xuefen.bank.learners.types import Assurance, Personal
from xuefen.bank.shell.actor import EVERYTHING, PUBLIC, Scope
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.types import Role
from xuefen.bedrock import ids
from xuefen.bedrock.gm import sm3

pytestmark = pytest.mark.django_db


def test_accounts_are_resolved_under_the_text_they_were_asked_for() -> None:
    tree()
    one, two = account(1, name="王明"), account(2, name="欧阳娜娜")
    typed = ids.display(one.account_no)
    spaced = f" {identity(2)[:6]} {identity(2)[6:]}".lower()
    found = queries.resolve(account_nos=[typed, "1", one.account_no], id_numbers=[spaced, identity(3), "junk"])
    assert {text: facts.id for text, facts in found.by_account.items()} == {
        typed: one.learner_id,
        one.account_no: one.learner_id,
    }
    assert {text: facts.id for text, facts in found.by_id.items()} == {spaced: two.learner_id}
    facts = found.by_id[spaced]
    assert (facts.account_no, facts.assurance, len(facts.data_key)) == (two.account_no, Assurance.SEEN, 16)
    assert queries.name_matches(facts, "欧阳 娜娜")
    assert not queries.name_matches(facts, "王明")


@pytest.mark.parametrize("count", [1, 3])
def test_resolving_takes_two_queries_whatever_the_number(count: int, django_assert_num_queries: object) -> None:
    tree()
    opened = [account(n) for n in range(count)]
    with django_assert_num_queries(2):
        found = queries.resolve(
            account_nos=[o.account_no for o in opened], id_numbers=[identity(n) for n in range(count)]
        )
    assert len(found.by_account) == len(found.by_id) == count
    with django_assert_num_queries(0):
        assert queries.resolve(account_nos=[], id_numbers=[]).by_account == {}


def test_an_erased_person_resolves_without_a_key_and_cannot_be_read() -> None:
    tree()
    opened = account()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # two officers do this (custody)
        cursor.execute("UPDATE learner SET wrapped_key = NULL, sealed = NULL")
    assert queries.resolve(account_nos=[opened.account_no]).by_account[opened.account_no].data_key is None
    with pytest.raises(Denied, match="person_erased"):
        queries.personal(Learner.objects.get(), by=as_learner(opened.learner_id))
    assert list(queries.violations()) == []


def test_an_account_out_of_reach_looks_like_none_at_all() -> None:
    tree()
    opened = account()
    number = opened.account_no
    learner = queries.by_account(Scope(place_paths=(ZHEJIANG,)), ids.display(number))
    assert learner.pk == opened.learner_id
    assert queries.by_id(Scope(learner_ids=frozenset({learner.pk})), learner.pk) == learner
    assert queries.by_identity(EVERYTHING, identity(1)) == learner
    outside = Scope(place_paths=(SHANGHAI_POINT,), learner_ids=frozenset({learner.pk + 1}))
    sentences = set()
    for scope, text in ((outside, number), (Scope(), number), (EVERYTHING, "123"), (EVERYTHING, "9" * 16)):
        with pytest.raises(Denied, match="account_unknown") as caught:
            queries.by_account(scope, text)
        sentences.add(caught.value.sentence())
    assert len(sentences) == 1
    for ask in (lambda: queries.by_id(outside, learner.pk), lambda: queries.by_identity(outside, identity(1))):
        with pytest.raises(Denied, match="account_unknown"):
            ask()


def test_personal_data_is_for_the_person_and_the_point_s_clerk() -> None:
    tree()
    opened = account(1, name="林秋禾", phone="138 0013 8000")
    learner = queries.by_account(EVERYTHING, opened.account_no)
    expected = Personal(name="林秋禾", id_number=identity(1), phone="13800138000")
    for reader in (as_learner(opened.learner_id), at_place(Role.POINT_CLERK, POINT)):
        assert queries.personal(learner, by=reader) == expected
    for reader in (
        PUBLIC,
        as_learner(opened.learner_id + 1),
        at_place(Role.POINT_CLERK, SHANGHAI_POINT),
        at_place(Role.BRANCH_OFFICER, ZHEJIANG),
        at_place(Role.SUPERVISOR, "hub/"),
    ):
        with pytest.raises(Denied, match="not_allowed"):
            queries.personal(learner, by=reader)


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_of_accounts_takes_one_query(count: int, django_assert_num_queries: object) -> None:
    tree()
    for number in range(count):
        account(number)
    account(9, place_code="310101001")
    with django_assert_num_queries(1):
        rows = [
            (learner.account_no, learner.place.code) for learner in queries.learners(Scope(place_paths=(ZHEJIANG,)))
        ]
    assert {code for _, code in rows} == {"330106001"}
    assert len(rows) == count


def test_the_agreement_s_text_cannot_change_under_its_version() -> None:
    zh, en = queries.agreement("zh"), queries.agreement("en")
    assert zh.sm3 == en.sm3 == sm3(zh.text.encode()).hex()
    assert (zh.version, zh.sm3) == ("2026-09", "59dbecdfe03d9884a0f7000371348d16fa0b4b609c3779ff00f7cdeeb2c75225")
    assert "服务协议" in zh.text
    assert "Service agreement" in en.text


def test_a_drawn_number_that_is_taken_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tree()
    taken = account().account_no
    free = ids.new_number(ids.NumberClass.ACCOUNT)
    draws = iter([[taken], [free]])
    monkeypatch.setattr(ids, "new_numbers", lambda cls, count: next(draws))
    assert queries.fresh_numbers(1) == [free]


def test_every_broken_promise_is_reported() -> None:
    tree()
    opened = actions.open_accounts(
        people=[person(n) for n in range(4)], place_code="33", method="online", by=HOUSE, now=NOW
    )
    unsigned, unproved, raised, half = (o.learner_id for o in opened)
    leaf = ServiceAgreement.objects.values_list("leaf_id", flat=True).get(learner_id=unsigned)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # lifts the guards
        cursor.execute("DELETE FROM service_agreement WHERE learner_id = %s", [unsigned])
        cursor.execute("DELETE FROM identity_proof WHERE learner_id = %s", [unproved])
        cursor.execute("UPDATE learner SET assurance = 3 WHERE id = %s", [raised])
        cursor.execute("UPDATE learner SET wrapped_key = NULL WHERE id = %s", [half])
    assert IdentityProof.objects.count() == 3
    assert [(v.invariant, v.subject, v.found) for v in queries.violations()] == [
        ("I4", f"account {opened[0].account_no}", "no signed service agreement"),
        ("I4", f"account {opened[1].account_no}", "no identity proof"),
        ("I7", f"account {opened[2].account_no}", "assurance 3, proofs say 1"),
        ("I4", f"account {opened[3].account_no}", "sealed data and its key do not go together"),
        ("I5", f"leaf {leaf}", "opens an account that does not exist"),
    ]


@pytest.mark.parametrize(
    ("forgery", "invariant", "found"),
    [
        ("masked_name = '别*'", "I4", "an index or the masked name is not the person's"),
        ("id_blind = repeat('x', 32)::bytea", "I4", "an index or the masked name is not the person's"),
        ("name_blind = repeat('x', 16)::bytea", "I4", "an index or the masked name is not the person's"),
        ("sealed = sealed || 'x'::bytea", "I4", "sealed data cannot be opened"),
    ],
)
def test_what_was_forged_of_a_person_is_found(forgery: str, invariant: str, found: str) -> None:
    tree()
    opened = account()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(f"UPDATE learner SET {forgery}")
    assert [(v.invariant, v.subject, v.found) for v in queries.violations()] == [
        (invariant, f"account {opened.account_no}", found)
    ]


def test_an_agreement_given_to_another_account_is_found() -> None:
    tree()
    first, second = account(1), account(2)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE service_agreement SET learner_id = %s - learner_id", [first.learner_id + second.learner_id]
        )
    assert [(v.invariant, v.subject) for v in queries.violations()] == [
        ("I5", f"account {second.account_no}"),
        ("I5", f"account {first.account_no}"),
    ]
