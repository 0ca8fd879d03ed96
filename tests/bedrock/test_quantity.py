import csv
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shared_data import shared_data
from xuefen.bedrock.quantity import (
    BadQuantity,
    Credits,
    Rounding,
    format_credits,
    parse_credits,
    percent_of,
    ratio,
    scale,
)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("3.5", 350),
        ("3", 300),
        ("0", 0),
        ("0.05", 5),
        ("3.50", 350),
        (" 3.5 ", 350),
        ("３．５", 350),
        ("003", 300),
        ("1000", 100_000),
    ],
)
def test_amounts_as_people_write_them(text, amount):
    assert parse_credits(text) == amount


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "credits_format"),
        ("three", "credits_format"),
        ("nan", "credits_format"),
        ("inf", "credits_format"),
        ("1e2", "credits_format"),
        ("1,000", "credits_format"),
        ("3.", "credits_format"),
        (".5", "credits_format"),
        ("+3", "credits_format"),
        ("1_0", "credits_format"),
        ("٣", "credits_format"),
        ("三", "credits_format"),
        ("3\n4", "credits_format"),
        ("-1", "credits_negative"),
        ("−1.5", "credits_negative"),
        ("3.125", "credits_decimals"),
        ("0.30000000000000004", "credits_decimals"),
        ("1000.01", "credits_too_many"),
        ("9" * 5000, "credits_too_many"),
    ],
)
def test_what_is_not_an_amount_says_why(text, code):
    with pytest.raises(BadQuantity) as caught:
        parse_credits(text)
    assert caught.value.code == code
    assert caught.value.zh
    assert caught.value.en


@pytest.mark.parametrize(
    ("amount", "text"),
    [(350, "3.5"), (300, "3.0"), (325, "3.25"), (5, "0.05"), (0, "0.0"), (-350, "-3.5"), (-5, "-0.05")],
)
def test_format(amount, text):
    assert format_credits(amount) == text


@given(st.integers(0, 100_000))
def test_format_and_parse_undo_each_other(amount):
    text = format_credits(amount)
    assert parse_credits(text) == amount
    assert Decimal(text) * 100 == amount


@pytest.mark.parametrize(
    ("hours", "per", "rounding", "grain", "expected"),
    [
        (48, 16, Rounding.EXACT, 50, 300),
        (40, 16, Rounding.DOWN, 50, 250),
        (50, 16, Rounding.HALF_UP, 1, 313),
        (50, 16, Rounding.DOWN, 1, 312),
        (50, 16, Rounding.UP, 1, 313),
        (50, 16, Rounding.HALF_UP, 50, 300),
        (52, 16, Rounding.HALF_UP, 50, 350),  # 3.25 lies half-way and goes up
        (52, 16, Rounding.DOWN, 50, 300),
        (1, 16, Rounding.UP, 50, 50),
        (0, 16, Rounding.UP, 50, 0),
        (40, 30, Rounding.HALF_UP, 100, 100),
        (Fraction(81, 2), 18, Rounding.DOWN, 1, 225),
        (3, Fraction(3, 2), Rounding.EXACT, 100, 200),
    ],
)
def test_hours_become_credits(hours, per, rounding, grain, expected):
    assert ratio(hours, per, rounding=rounding, grain=grain) == expected


def test_exact_refuses_to_round():
    with pytest.raises(BadQuantity) as caught:
        ratio(50, 16, rounding=Rounding.EXACT)
    assert caught.value.code == "credits_inexact"


@pytest.mark.parametrize(("hours", "per", "grain"), [(-1, 16, 1), (1, 0, 1), (1, -16, 1), (1, 16, 0)])
def test_senseless_ratios_crash(hours, per, grain):
    with pytest.raises(ValueError, match="negative"):
        ratio(hours, per, rounding=Rounding.DOWN, grain=grain)


fractions = st.fractions(min_value=0, max_value=5000, max_denominator=60)


@given(fractions, fractions.filter(bool), st.sampled_from([1, 5, 10, 25, 50, 100]))
def test_rounding_against_exact_fractions(hours, per, grain):
    exact = hours / per * 100
    down = ratio(hours, per, rounding=Rounding.DOWN, grain=grain)
    up = ratio(hours, per, rounding=Rounding.UP, grain=grain)
    near = ratio(hours, per, rounding=Rounding.HALF_UP, grain=grain)
    assert all(type(x) is int and x % grain == 0 for x in (down, up, near))
    assert down <= exact < down + grain
    assert up - grain < exact <= up
    assert near - exact <= Fraction(grain, 2)
    assert exact - near < Fraction(grain, 2)


def test_unequal_units():
    assert scale(500, Fraction(4, 5), rounding=Rounding.EXACT) == 400
    assert scale(300, Fraction(2, 3), rounding=Rounding.DOWN, grain=50) == 200
    assert scale(350, Fraction(2, 3), rounding=Rounding.DOWN, grain=50) == 200


@given(st.integers(0, 100_000), st.fractions(0, 100, max_denominator=10))
def test_a_share_never_exceeds_the_cap(amount, percent):
    share = percent_of(amount, percent)
    assert share * 100 <= amount * percent < (share + 1) * 100


def test_shares_of_a_cap():
    assert percent_of(14_000, 50) == 7000
    assert percent_of(14_100, 25, grain=50) == 3500
    assert percent_of(Credits(100), Fraction(333, 10)) == 33
    for percent in (-1, 101):
        with pytest.raises(ValueError, match="percent"):
            percent_of(100, percent)


def test_real_plan_rows_keep_their_credits():
    """Real training plans: every credit is read, written back, and found again from its hours at 16 a credit."""
    path = shared_data("china/hitsz_training_plans_7300_courses.csv")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    column = next(name for name in rows[0] if "credit" in name.lower() or "学分" in name)
    texts = [row[column] for row in rows if row[column]]
    assert len(texts) > 7000
    for text in texts:
        amount = parse_credits(text)
        assert Decimal(format_credits(amount)) == Decimal(text)
        assert ratio(Fraction(amount * 16, 100), 16, rounding=Rounding.EXACT) == amount
