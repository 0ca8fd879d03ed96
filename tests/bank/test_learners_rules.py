from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bank.foundation_builders import TODAY, identity, person
from xuefen.bank.learners import rules, states
from xuefen.bank.learners.types import (
    ID_COUNTY,
    AccountState,
    Assurance,
    LearnerFacts,
    Person,
    Personal,
    Secrets,
)
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock.gm import DecryptionFailed, hmac_sm3, joined, sm3

SECRETS = Secrets(wrap=b"w" * 16, blind=b"b" * 32)
HALF, SLOT, ACCOUNT_NO = b"k" * 16, b"s" * 32, "3608551594207153"
DATA_KEY = joined(HALF, SLOT)
GOOD = Person(name="林秋禾", id_number="360426199101010071", phone="13800138000")


def _refused(person: Person) -> Denied:
    with pytest.raises(Denied) as caught:
        rules.checked_person(person, today=TODAY)
    return caught.value


def _facts(name: str) -> LearnerFacts:
    blind = rules.name_blind(SECRETS.blind, account_no=ACCOUNT_NO, name=name)
    return LearnerFacts(1, ACCOUNT_NO, AccountState.OPEN, Assurance.SEEN, blind, DATA_KEY, SECRETS.blind)


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("", "id_number_length"),
        ("12345", "id_number_length"),
        ("360426910101007", "id_number_15"),
        ("T60426199101010078", "id_number_digits"),
        ("360426199113010079", "id_number_date"),
        ("11010520991231002X", "id_number_date"),  # not born yet
        ("36042619910102009X", "id_number_check"),
    ],
)
def test_each_fault_of_an_identity_number_has_its_own_problem_and_is_never_repeated(number: str, problem: str) -> None:
    denied = _refused(replace(GOOD, id_number=number))
    assert (denied.code, denied.place) == (problem, "id_number")
    told = f"{denied!r} {denied} {denied.params} {denied.sentence('zh')} {denied.sentence('en')}"
    assert not number or number not in told


@pytest.mark.parametrize(
    "typed", ["360426199101010071", " 3604 2619 9101 0100 71 ", "３６０４２６１９９１０１０１００７１"]
)
def test_an_identity_number_is_stored_in_one_form(typed: str) -> None:
    checked = rules.checked_person(replace(GOOD, id_number=typed), today=TODAY)
    assert checked.personal.id_number == "360426199101010071"
    assert checked.warnings == ()


def test_an_unknown_county_is_a_warning_only() -> None:
    checked = rules.checked_person(replace(GOOD, id_number=identity(1, county="999999")), today=TODAY)
    assert checked.warnings == (ID_COUNTY,)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "name_empty"),
        (" \u3000", "name_empty"),
        ("林\u200b秋禾", "name_controls"),
        ("林\n秋禾", "name_controls"),
        ("林" * 61, "name_long"),
        ("林秋禾2", "name_digits"),
        ("林秋禾２", "name_digits"),
        ("···", "name_letters"),
    ],
)
def test_names_that_cannot_be_right_are_refused(name: str, problem: str) -> None:
    denied = _refused(replace(GOOD, name=name))
    assert (denied.code, denied.place) == (problem, "name")


@pytest.mark.parametrize("name", ["王明", "迪丽热巴·迪力木拉提", "John Smith", "𠮷野", "林"])
def test_names_people_have_are_accepted(name: str) -> None:
    assert rules.checked_name(f" {name} ") == name


@pytest.mark.parametrize(
    ("typed", "stored"), [("", ""), ("138 0013 8000", "13800138000"), ("+86-138-0013-8000", "13800138000")]
)
def test_phones_are_stored_in_one_form(typed: str, stored: str) -> None:
    assert rules.checked_phone(typed) == stored


@pytest.mark.parametrize("typed", ["1380013800", "138001380000", "12800138000", "057112345678", "abc"])
def test_other_phones_are_refused(typed: str) -> None:
    with pytest.raises(Denied, match="phone"):
        rules.checked_phone(typed)


@given(
    name=st.text("林秋禾王明欧阳·", min_size=1, max_size=20).filter(lambda n: n.strip("·")),
    number=st.integers(0, 10**7),
)
def test_what_is_sealed_opens_again_for_the_same_account_alone(name: str, number: int) -> None:
    checked = rules.checked_person(person(number, name=name), today=TODAY)
    sealed = rules.seal_person(checked, learner_id=1, account_no=ACCOUNT_NO, half=HALF, slot=SLOT, secrets=SECRETS)
    key = rules.data_key(sealed.wrapped_key, slot=SLOT, account_no=ACCOUNT_NO, secrets=SECRETS)
    assert key == DATA_KEY
    assert rules.open_person(sealed.sealed, account_no=ACCOUNT_NO, data_key=key) == checked.personal
    other = "3608551594207154"
    with pytest.raises(DecryptionFailed):
        rules.unwrap(sealed.wrapped_key, account_no=other, secrets=SECRETS)
    with pytest.raises(DecryptionFailed):
        rules.open_person(sealed.sealed, account_no=other, data_key=key)


def test_nothing_stored_shows_the_person() -> None:
    checked = rules.checked_person(GOOD, today=TODAY)
    stored = rules.seal_person(checked, learner_id=1, account_no=ACCOUNT_NO, half=HALF, slot=SLOT, secrets=SECRETS)
    seen = stored.sealed + stored.wrapped_key + stored.id_blind + stored.name_blind + stored.holder.encode()
    for secret in ("林秋禾", "360426199101010071", "13800138000"):
        assert secret.encode() not in seen
    assert stored.masked_name == "林*禾"


def test_no_repr_shows_personal_data_or_keys() -> None:
    checked = rules.checked_person(GOOD, today=TODAY)
    stored = rules.seal_person(checked, learner_id=1, account_no=ACCOUNT_NO, half=HALF, slot=SLOT, secrets=SECRETS)
    shown = " ".join(map(repr, (GOOD, checked, checked.personal, stored, SECRETS, _facts("林秋禾"))))
    for secret in ("林秋禾", "360426", "138001", "1991", "kkkk", "wwww", "bbbb"):
        assert secret not in shown


@pytest.mark.parametrize(
    ("stored", "typed", "same"),
    [
        ("林秋禾", "林 秋 禾", True),
        ("迪丽热巴·迪力木拉提", "迪丽热巴.迪力木拉提", True),
        ("John Smith", "ＪＯＨＮ　smith", True),
        ("林秋禾", "林秋和", False),
        ("李峰", "李峯", False),
        ("林秋禾", "", False),
    ],
)
def test_names_match_apart_from_how_they_are_typed(stored: str, typed: str, same: bool) -> None:
    assert rules.name_matches(_facts(stored), typed) is same


def test_equal_names_do_not_show_across_accounts() -> None:
    one, two = (rules.name_blind(SECRETS.blind, account_no=n, name="王明") for n in (ACCOUNT_NO, "3608551594207154"))
    assert one != two
    assert len(one) == 16


def test_the_commitment_is_the_published_formula() -> None:
    salt = rules.leaf_salt(DATA_KEY, "CG1")
    assert salt == hmac_sm3(DATA_KEY, b"leaf:CG1")[:16]
    assert rules.holder_commitment(salt, ACCOUNT_NO) == sm3(salt + b"3608551594207153").hex()
    assert rules.leaf_salt(DATA_KEY, "CG2") != salt != rules.leaf_salt(b"j" * 16, "CG1")


def test_staff_record_what_they_saw_and_the_house_what_it_was_told() -> None:
    rules.check_proof(Assurance.SEEN, by_house=False)
    rules.check_proof(Assurance.THIRD_PARTY, by_house=True)
    for assurance, by_house in ((Assurance.THIRD_PARTY, False), (Assurance.SELF_DECLARED, True)):
        with pytest.raises(Denied, match="proof_level"):
            rules.check_proof(assurance, by_house=by_house)
    assert rules.assurance_of([1, 3, 2]) is Assurance.THIRD_PARTY
    assert rules.assurance_of([]) is Assurance.SELF_DECLARED


def test_only_the_moves_in_the_table_happen() -> None:
    assert states.after(AccountState.OPEN, "freeze") is AccountState.FROZEN
    assert states.after(AccountState.FROZEN, "unfreeze") is AccountState.OPEN
    for state, event in (
        (AccountState.FROZEN, "freeze"),
        (AccountState.OPEN, "unfreeze"),
        (AccountState.CLOSED, "unfreeze"),
    ):
        with pytest.raises(Denied, match="account_state"):
            states.after(state, event)


def test_personal_data_compares_but_does_not_print() -> None:
    assert Personal("甲", "1", "") == Personal("甲", "1", "")
    assert repr(Personal("甲", "1", "")) == "Personal()"
