from datetime import date

import pytest

from xuefen.bank.institutions import rules
from xuefen.bank.shell.problems import Denied

FROM, TO = date(2026, 1, 1), date(2026, 12, 31)


@pytest.mark.parametrize(
    ("day", "ended_on", "counts"),
    [
        (date(2025, 12, 31), None, False),
        (FROM, None, True),
        (TO, None, True),
        (date(2027, 1, 1), None, False),
        (date(2026, 5, 31), date(2026, 6, 1), True),
        (date(2026, 6, 1), date(2026, 6, 1), False),
    ],
)
def test_a_qualification_counts_on_both_edge_days_but_not_on_the_day_it_ended(
    day: date, ended_on: date | None, counts: bool
) -> None:
    assert rules.counts_on(day, effective_from=FROM, expires_on=TO, ended_on=ended_on) is counts


@pytest.mark.parametrize("text", ["91110000600037341L", " 9111 0000 6000 37341l "])
def test_a_credit_code_is_stored_in_one_form(text: str) -> None:
    assert rules.checked_uscc(text) == "91110000600037341L"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("12345", "uscc_length"),
        ("A1110000600037341L", "uscc_characters"),
        ("9111000060003IOZSV", "uscc_characters"),
        ("91110000600037341N", "uscc_check"),
    ],
)
def test_each_fault_of_a_credit_code_has_its_own_problem(text: str, problem: str) -> None:
    with pytest.raises(Denied) as caught:
        rules.checked_uscc(text)
    assert (caught.value.code, caught.value.place) == (problem, "uscc")


@pytest.mark.parametrize("code", ["", "浙大", "a b", "-a", "a" * 33])
def test_an_institution_code_is_a_plain_word(code: str) -> None:
    with pytest.raises(Denied, match="institution_code"):
        rules.checked_code(code)


@pytest.mark.parametrize("name", ["", "  ", "a\u200bb", "x" * 11])
def test_an_institution_name_is_visible_and_not_too_long(name: str) -> None:
    with pytest.raises(Denied, match="institution_name"):
        rules.checked_name(name, place="name_zh", longest=10)
