"""Schemes by line, periods, the sum of a period, and the venue's code."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bank.activity_builders import SCHEME
from xuefen.bank.activities import rules, states
from xuefen.bank.activities.types import Carry, Scheme, Tally
from xuefen.bank.shell.problems import Denied

ROOT = Path(__file__).resolve().parents[2]
scheme, _ = rules.read_scheme(SCHEME)
CALM = settings(deadline=None, derandomize=True, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
"""A machine that is busy with other things says nothing about the rules."""


def worth(hours: int) -> int:
    """S01 of the house's standard: from 16 hours on, 32 hours a credit, in halves, at most 4."""
    return min(hours * 100 // 32 // 50 * 50, 400) if hours >= 16 else 0


def changed(old: str, new: str) -> str:
    assert old in SCHEME
    return SCHEME.replace(old, new)


# --- schemes by line -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("confirm_days: 14", "confirm_days: 900", 6, "confirm_days"),
        ("points: 2", "points: two", 11, "points"),
        ("[code, list]", "[code, postcard]", 11, "confirm"),
        ("most: 12, confirm: [second]", "most: 12, confirm: [second, list]", 13, "venue"),
        ('starts: "09-01"', 'starts: "09-31"', 9, "starts"),
        ('starts: "09-01"', 'starts: "02-01"', 9, "same day"),
        ('"2026-02-01"', '"2026-02-02"', 5, "first day"),
        ("carry_most: 10\n", "", 20, "carry_most"),
        ("minimum: 8", "minimum: 41", 18, "above the cap"),
        ("minimum: 8", "minimum: 8\n  bonus: 3", 19, "bonus"),
        ("en: Merit bank\n", "", 1, "en"),
        ("version: 1", "version: 1\nversion: 2", 3, "twice"),
    ],
)
def test_every_error_stands_on_its_line(old: str, new: str, line: int, said: str) -> None:
    _, errors = rules.check_scheme(changed(old, new))
    assert line in [n for n, _ in errors], errors
    assert any(said in f"{e.path}.{e.key} {e.en}" for _, e in errors), errors


def test_a_scheme_with_errors_is_refused_with_the_first_line() -> None:
    with pytest.raises(Denied, match="scheme_invalid") as caught:
        rules.read_scheme(changed("points: 2", "points: -1"))
    assert caught.value.params["line"] == 11


@pytest.mark.parametrize("text", ["", "- a\n- b", "a: [", "*x", "'" * 10, "42"])
def test_what_is_no_scheme_is_told_so(text: str) -> None:
    _, errors = rules.check_scheme(text)
    assert errors


def test_shipped_example_is_right() -> None:
    _, errors = rules.check_scheme((ROOT / "src/xuefen/demo_data/merit-scheme.yaml").read_text(encoding="utf-8"))
    assert errors == []


# --- periods ---------------------------------------------------------------------------------------------------------


@CALM
@given(st.dates(date(1990, 1, 1), date(2200, 1, 1)))
def test_every_day_lies_in_one_period_and_its_code_finds_it(day: date) -> None:
    found = rules.period_of(scheme, day)
    assert found.first <= day <= found.last
    assert rules.period_by_code(scheme, found.code) == found
    assert rules.period_of(scheme, found.last + timedelta(days=1)).first == found.last + timedelta(days=1)
    assert rules.period_before(scheme, found).last == found.first - timedelta(days=1)


def test_a_period_belongs_to_the_year_it_starts_in() -> None:
    assert rules.period_of(scheme, date(2027, 1, 31)).code == "2026-autumn"
    assert rules.period_of(scheme, date(2027, 2, 1)).code == "2027-spring"


@pytest.mark.parametrize("code", ["2026-winter", "spring", "26-spring", "", "9999-spring", "2026-spring "])
def test_periods_that_are_none(code: str) -> None:
    with pytest.raises(Denied, match="period_unknown"):
        rules.period_by_code(scheme, code)


# --- sums ------------------------------------------------------------------------------------------------------------


def sums(carried_in: int = 0, of: Scheme = scheme, **times: int) -> Tally:
    return rules.tally(times, carried_in=carried_in, scheme=of, worth=worth)


def test_three_lectures_and_a_deed_by_hand() -> None:
    found = sums(lecture=3, deed=1)  # 6 + 3 = 9 points, 18 hours, half a credit; 8 points are enough for it
    assert (found.points, found.used, found.hours, found.credits, found.carried_out) == (9, 8, 16, 50, 1)


def test_caps_by_kind_and_by_period() -> None:
    found = sums(lecture=9, club=30, deed=9)  # 10 + 12 + 12 = 34
    assert [one.counted for one in found.kinds] == [10, 12, 12]
    tight, _ = rules.read_scheme(changed("most: 40", "most: 20"))
    assert sums(of=tight, lecture=9, club=30, deed=9).points == 20


def test_below_the_minimum_everything_is_carried_up_to_the_limit() -> None:
    found = sums(lecture=3)
    assert (found.credits, found.used, found.carried_out) == (0, 0, 6)
    assert sums(lecture=3, carried_in=6).credits == 50


def test_without_carrying_everything_is_used() -> None:
    plain, _ = rules.read_scheme(changed("carry: leftover\n  carry_most: 10\n", "carry: none\n"))
    assert plain.result.carry is Carry.NONE
    found = sums(of=plain, lecture=3, deed=1)
    assert (found.used, found.hours, found.credits, found.carried_out) == (9, 18, 50, 0)


def test_the_reasoning_says_what_was_counted() -> None:
    why = rules.told(sums(lecture=6), scheme, standard=None)
    assert why["zh"] == "本期 10 分，折合 0.5 学分"
    assert [line["zh"] for line in why["children"]] == [
        "讲座 6 次 × 2 分，上限 10 分",
        "8 分折合 16 学时",
        "2 分结转下期",
    ]
    assert why["children"][0]["arithmetic"] == "6 × 2 = 12 → 10"


_times = st.fixed_dictionaries({"lecture": st.integers(0, 60), "club": st.integers(0, 60), "deed": st.integers(0, 60)})


@CALM
@given(_times, st.integers(0, 10))
def test_no_sum_breaks_a_cap_or_makes_points_from_nothing(times: dict[str, int], carried: int) -> None:
    found = sums(carried, **times)
    assert all(one.counted <= min(one.earned, one.kind.most) for one in found.kinds)
    assert found.points <= min(sum(one.counted for one in found.kinds), scheme.result.most)
    assert found.used + found.carried_out <= found.total
    assert found.carried_out <= scheme.result.carry_most
    assert found.credits == worth(found.hours) and (found.used >= scheme.result.minimum) == found.makes_outcome


@CALM
@given(_times, st.sampled_from(["lecture", "club", "deed"]), st.integers(0, 10))
def test_taking_part_once_more_never_costs(times: dict[str, int], more: str, carried: int) -> None:
    before, after = sums(carried, **times), sums(carried, **{**times, more: times[more] + 1})
    assert after.credits >= before.credits and after.points >= before.points


@CALM
@given(_times, st.integers(0, 10))
def test_one_point_less_would_be_worth_less(times: dict[str, int], carried: int) -> None:
    found = sums(carried, **times)
    if found.used > scheme.result.minimum:
        assert worth((found.used - 1) * 2) < found.credits


# --- codes -----------------------------------------------------------------------------------------------------------

AT = datetime(2026, 6, 1, 1, 0, 30, tzinfo=UTC)


def test_a_code_lives_through_its_minute_and_the_next() -> None:
    code = rules.code_at(b"secret", activity="HD1", moment=AT)
    assert len(code) == rules.CODE_DIGITS and code.isdigit()
    for seconds, good in [(0, True), (29, True), (30, True), (89, True), (90, False), (3600, False), (-31, False)]:
        moment = AT + timedelta(seconds=seconds)
        assert rules.code_fits(b"secret", code, activity="HD1", moment=moment) is good, seconds


def test_a_code_is_of_one_activity_and_one_bank() -> None:
    code = rules.code_at(b"secret", activity="HD1", moment=AT)
    assert not rules.code_fits(b"secret", code, activity="HD2", moment=AT)
    assert not rules.code_fits(b"other", code, activity="HD1", moment=AT)
    for wrong in ("", "12345", "1234567", "１２３４５６", "abcdef"):
        assert not rules.code_fits(b"secret", wrong, activity="HD1", moment=AT)
    assert rules.code_fits(b"secret", f"{code[:3]} {code[3:]}", activity="HD1", moment=AT)


# --- lists -----------------------------------------------------------------------------------------------------------


def test_a_list_is_read_as_people_paste_it() -> None:
    text = "\ufeff姓名,账号\n林秋禾,1234 5678-9012 3456\n\n９８７６５４３２１０１２３４５６；顾长河\n"
    assert rules.read_list(text) == [(2, "1234567890123456"), (4, "9876543210123456")]


@pytest.mark.parametrize("text", ["", "姓名\n林秋禾", "12345"])
def test_a_list_without_numbers(text: str) -> None:
    with pytest.raises(Denied, match="list_empty"):
        rules.read_list(text)


def test_a_list_has_an_end() -> None:
    with pytest.raises(Denied, match="list_long"):
        rules.read_list("1234567890123456\n" * 2001)


def test_the_states_page_is_what_the_table_says() -> None:
    assert (ROOT / "docs/states/participation.md").read_text(encoding="utf-8") == states.states_markdown()
