from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xuefen.bedrock import workdays
from xuefen.bedrock.workdays import BEIJING, Calendar

# What the State Council announced for these years, written down independently of the library.
OFF = {
    2024: ["0101", "0210-0217", "0404-0406", "0501-0505", "0610", "0915-0917", "1001-1007"],
    2025: ["0101", "0128-0204", "0404-0406", "0501-0505", "0531-0602", "1001-1008"],
    2026: ["0101-0103", "0215-0223", "0404-0406", "0501-0505", "0619-0621", "0925-0927", "1001-1007"],
}
WORKED = {
    2024: "0204 0218 0407 0428 0511 0914 0929 1012",
    2025: "0126 0208 0427 0928 1011",
    2026: "0104 0214 0228 0509 0920 1010",
}


def _day(year: int, text: str) -> date:
    return date(year, int(text[:2]), int(text[2:]))


def _by_notice(year: int) -> set[date]:
    """Working days of a year from the notices as typed above, without the library."""
    off: set[date] = set()
    for span in OFF[year]:
        first, _, last = span.partition("-")
        day = _day(year, first)
        while day <= _day(year, last or first):
            off.add(day)
            day += timedelta(days=1)
    worked = {_day(year, text) for text in WORKED[year].split()}
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
    return {d for d in days if d.year == year and (d in worked or (d.weekday() < 5 and d not in off))}


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_the_calendar_is_the_notice(year):
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
    assert {d for d in days if d.year == year and workdays.is_working_day(d)} == _by_notice(year)
    assert workdays.is_announced(year)


def test_a_notice_reaches_back_into_december():
    assert workdays.is_working_day(date(2005, 12, 31))  # a Saturday, worked for 2006-01-03


def test_a_year_without_notice_is_weekdays_minus_decreed_holidays():
    assert not workdays.is_announced(2027)
    off = [date(2027, 1, 1), date(2027, 4, 5), date(2027, 6, 9), date(2027, 9, 15), date(2027, 10, 1)]
    assert not any(workdays.is_working_day(d) for d in off)
    assert workdays.is_working_day(date(2027, 3, 1))
    assert not workdays.is_working_day(date(2027, 3, 6))


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        (date(2025, 9, 30), 1, date(2025, 10, 9)),  # over National Day
        (date(2025, 9, 30), 3, date(2025, 10, 11)),  # and the Saturday worked for it
        (date(2025, 10, 1), 1, date(2025, 10, 9)),
        (date(2025, 10, 1), 0, date(2025, 10, 9)),
        (date(2025, 1, 26), 0, date(2025, 1, 26)),  # a worked Sunday
        (date(2026, 11, 20), 5, date(2026, 11, 27)),
        (date(2026, 11, 20), 30, date(2027, 1, 4)),  # over New Year, provisional
    ],
)
def test_counting_from_the_next_day(start, days, expected):
    assert workdays.add_working_days(start, days) == expected


@given(st.dates(date(2001, 1, 1), date(2090, 12, 31)), st.integers(0, 600))
def test_adding_counting_and_stepping_agree(start, days):
    end = workdays.add_working_days(start, days)
    assert workdays.is_working_day(end)
    if days:
        assert workdays.working_days_between(start, end) == days
        assert workdays.working_days_between(end, start) == -days
    if days > 1:
        assert workdays.add_working_days(workdays.add_working_days(start, days - 1), 1) == end


@given(st.dates(date(2001, 1, 1), date(2030, 12, 31)), st.integers(0, 800))
def test_counting_is_the_plain_sum(start, span):
    days = [start + timedelta(days=n) for n in range(1, span + 1)]
    expected = sum(workdays.is_working_day(d) for d in days)
    assert workdays.working_days_between(start, start + timedelta(days=span)) == expected


def test_deadline_is_the_midnight_after_the_last_working_day():
    start = datetime(2025, 9, 30, 16, 0, tzinfo=BEIJING)
    assert workdays.deadline(start, 2) == datetime(2025, 10, 11, 0, 0, tzinfo=BEIJING)
    assert workdays.deadline(start, 2).tzinfo is BEIJING


def test_deadline_counts_local_days():
    late = datetime(2025, 9, 29, 16, 30, tzinfo=UTC)  # already 30 September in Beijing
    assert workdays.deadline(late, 1) == datetime(2025, 10, 10, 0, 0, tzinfo=BEIJING)
    assert workdays.deadline(late, 1, tz=ZoneInfo("UTC")) == datetime(2025, 10, 1, 0, 0, tzinfo=UTC)


def test_refusals():
    with pytest.raises(ValueError, match="aware"):
        workdays.deadline(datetime(2025, 9, 30), 1)  # noqa: DTZ001
    with pytest.raises(ValueError, match="negative"):
        workdays.add_working_days(date(2025, 1, 1), -1)
    with pytest.raises(ValueError, match="1949"):
        workdays.is_working_day(date(1949, 10, 2))
    with pytest.raises(ValueError, match="2101"):
        workdays.add_working_days(date(2100, 12, 31), 1)


def test_a_pack_closes_opens_and_announces():
    pack = Calendar(
        closed=frozenset({date(2027, 2, 11)}), opened=frozenset({date(2027, 2, 14)}), announced=frozenset({2027})
    )
    assert pack.is_announced(2027)
    assert not workdays.is_announced(2027)
    assert workdays.is_working_day(date(2027, 2, 11))
    assert not pack.is_working_day(date(2027, 2, 11))
    assert pack.is_working_day(date(2027, 2, 14))
    assert pack.add_working_days(date(2027, 2, 12), 1) == date(2027, 2, 14)
    with pytest.raises(ValueError, match="2027-02-11"):
        Calendar(closed=pack.closed, opened=pack.closed)
