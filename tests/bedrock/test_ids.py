import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_11_10

from xuefen.bedrock import ids
from xuefen.bedrock.ids import BadNumber, NumberClass, ResidentId

classes = st.sampled_from(list(NumberClass))


def code_of(call, *args, **kwargs) -> str:
    with pytest.raises(BadNumber) as caught:
        call(*args, **kwargs)
    assert caught.value.zh
    assert caught.value.en
    return caught.value.code


# --- public numbers


def test_prefixes_are_unique_and_every_class_has_two_names():
    assert len({c.prefix for c in NumberClass}) == len(NumberClass)
    assert all(c.en.isascii() and re.search("[一-鿿]", c.zh) for c in NumberClass)


@pytest.mark.parametrize("cls", list(NumberClass))
def test_new_numbers_are_distinct_well_formed_and_agree_with_stdnum(cls):
    numbers = ids.new_numbers(cls, 500)
    assert len(set(numbers)) == 500
    for number in numbers:
        assert re.fullmatch(rf"{cls.prefix}[0-9]{{{cls.digits}}}", number)
        in_digits = "".join(str(int(c, 36)) for c in cls.prefix) + number.removeprefix(cls.prefix)
        assert mod_11_10.is_valid(in_digits)
        assert ids.check(cls, number) == number
    if cls is NumberClass.ACCOUNT:
        assert all(n[0] != "0" for n in numbers)


def test_bodies_are_spread_evenly():
    """A generator with a narrow range or a counter would leave leading digits out."""
    leading = [n[2:4] for n in ids.new_numbers(NumberClass.OUTCOME, 20_000)]
    counts = {pair: leading.count(pair) for pair in set(leading)}
    assert len(counts) == 100
    assert max(counts.values()) < 320  # mean 200, standard deviation 14


def test_none_and_one():
    assert ids.new_numbers(NumberClass.PLAN, 0) == []
    assert ids.check(NumberClass.PLAN, ids.new_number(NumberClass.PLAN))


@pytest.mark.parametrize("cls", list(NumberClass))
def test_every_single_wrong_digit_is_caught(cls):
    for number in ids.new_numbers(cls, 3):
        for place in range(len(cls.prefix), len(number)):
            for wrong in set("123456789") - {number[place]}:
                assert code_of(ids.check, cls, number[:place] + wrong + number[place + 1 :]) == "number_check"


def test_most_swaps_of_neighbours_are_caught():
    tried = missed = 0
    for number in ids.new_numbers(NumberClass.APPLICATION, 400):
        for i in range(2, len(number) - 1):
            swapped = number[:i] + number[i + 1] + number[i] + number[i + 2 :]
            if swapped != number:
                tried += 1
                missed += swapped == _or_none(swapped)
    assert missed / tried < 0.04


def _or_none(number: str) -> str | None:
    try:
        return ids.check(NumberClass.APPLICATION, number)
    except BadNumber:
        return None


@given(classes)
def test_display_is_undone_by_normalise_and_full_width_is_read(cls):
    number = ids.new_number(cls)
    shown = ids.display(number)
    assert ids.normalise(shown) == number
    assert ids.check(cls, shown.lower()) == number
    full_width = "".join(chr(ord(c) + 0xFEE0) for c in number)
    assert ids.check(cls, f"　{full_width}\u200b ") == number


@given(st.text())
def test_normalise_is_idempotent_and_check_refuses_or_returns_the_same(text):
    once = ids.normalise(text)
    assert ids.normalise(once) == once
    try:
        assert ids.check(NumberClass.OUTCOME, text) == once
    except BadNumber as bad:
        assert bad.code.startswith("number_")


def test_display_groups():
    assert ids.display("SQ4417092680351") == "SQ 4417 0926 8035 1"
    assert ids.display("3608551594207153") == "3608 5515 9420 7153"
    assert ids.display("") == ""


def test_each_reason_has_its_own_code():
    number = ids.new_number(NumberClass.APPLICATION)
    check = ids.check
    assert code_of(check, NumberClass.APPLICATION, "  ") == "number_length"
    assert code_of(check, NumberClass.APPLICATION, number[:-1]) == "number_length"
    assert code_of(check, NumberClass.APPLICATION, number + "0") == "number_length"
    assert code_of(check, NumberClass.APPLICATION, number[:-1] + "?") == "number_characters"
    assert code_of(check, NumberClass.APPLICATION, number[:-1] + "A") == "number_characters"
    # Digits of another script are digits for Python, not for us.
    assert code_of(check, NumberClass.APPLICATION, number[:-1] + "٣") == "number_characters"
    assert code_of(check, NumberClass.CERTIFICATE, number) == "number_class"
    assert code_of(check, NumberClass.ACCOUNT, number) == "number_class"
    account = ids.new_number(NumberClass.ACCOUNT)
    assert code_of(check, NumberClass.APPLICATION, account) == "number_class"
    body = "0" + account[1:15]
    assert code_of(check, NumberClass.ACCOUNT, body + mod_11_10.calc_check_digit(body)) == "number_class"


def test_an_error_never_repeats_the_number():
    with pytest.raises(BadNumber) as caught:
        ResidentId.parse("36042619910102009X")
    assert "360426" not in f"{caught.value!r}{caught.value.zh}{caught.value.en}"


# --- resident identity number


@pytest.mark.parametrize(
    ("typed", "number", "birth_on", "sex"),
    [
        ("360426199101010071", "360426199101010071", date(1991, 1, 1), "M"),
        ("44011320141005001x", "44011320141005001X", date(2014, 10, 5), "M"),
        ("412723199010050012", "412723199010050012", date(1990, 10, 5), "M"),
        ("110102199101010078", "110102199101010078", date(1991, 1, 1), "M"),
        ("11010519491231002X", "11010519491231002X", date(1949, 12, 31), "F"),
        ("１１０１０５ 19491231 002ｘ", "11010519491231002X", date(1949, 12, 31), "F"),
    ],
)
def test_valid_identity_numbers(typed, number, birth_on, sex):
    parsed = ResidentId.parse(typed)
    assert parsed == ResidentId(number=number, birth_on=birth_on, sex=sex, county_code=number[:6], known_county=True)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("360426199113010079", "id_number_date"),
        ("36042619910102009X", "id_number_check"),
        ("T60426199101010078", "id_number_digits"),
        ("36042619910101007", "id_number_length"),
        ("", "id_number_length"),
        ("360426910101007", "id_number_15"),
        ("36042619910101007Y", "id_number_digits"),
        ("36042619910101007٣", "id_number_digits"),
        ("360426180001010071", "id_number_date"),
    ],
)
def test_wrong_identity_numbers_say_why(typed, code):
    assert code_of(ResidentId.parse, typed) == code


def test_a_birth_date_in_the_future_is_refused_when_today_is_given():
    assert ResidentId.parse("44011320141005001X", today=date(2014, 10, 5))
    assert code_of(ResidentId.parse, "44011320141005001X", today=date(2014, 10, 4)) == "id_number_date"


def test_an_unknown_county_is_a_warning_only():
    parsed = ResidentId.parse(_with_check("99999919910101007"))
    assert parsed.known_county is False
    # A province that exists does not make its county known.
    assert ResidentId.parse(_with_check("44999919910101007")).known_county is False


def _with_check(head: str) -> str:
    """The check character by the standard's own wording: weights 2^(18-i), table 1 0 X 9 8 7 6 5 4 3 2."""
    total = sum(int(d) * pow(2, 17 - i, 11) for i, d in enumerate(head))
    return head + "10X98765432"[total % 11]


@given(st.dates(date(1900, 1, 1), date(2026, 11, 20)), st.integers(0, 999_999), st.integers(0, 999))
def test_numbers_built_from_the_standard_are_read_back(birth_on, county, order):
    number = _with_check(f"{county:06d}{birth_on:%Y%m%d}{order:03d}")
    parsed = ResidentId.parse(number.lower())
    assert (parsed.number, parsed.birth_on, parsed.county_code) == (number, birth_on, f"{county:06d}")
    assert parsed.sex == ("M" if order % 2 else "F")


def test_mask_id():
    assert ids.mask_id("360426199101010071") == "3604**********0071"
    assert ids.mask_id("12345678") == "********"
    assert ids.mask_id("") == ""


# --- unified social credit code


@pytest.mark.parametrize("typed", ["91110000600037341L", "9 1 110000 600037341L", "９１１１００００600037341l"])
def test_valid_social_credit_codes(typed):
    assert ids.check_uscc(typed) == "91110000600037341L"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("12345", "uscc_length"),
        ("", "uscc_length"),
        ("一二三", "uscc_length"),
        ("A1110000600037341L", "uscc_characters"),
        ("9111000060003IOZSV", "uscc_characters"),
        ("91110000600037341学", "uscc_characters"),
        ("91110000600037341N", "uscc_check"),
    ],
)
def test_wrong_social_credit_codes_say_why(typed, code):
    assert code_of(ids.check_uscc, typed) == code
