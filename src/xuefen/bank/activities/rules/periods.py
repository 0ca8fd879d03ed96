"""Which period a day lies in. A period belongs to the year in which it starts and ends the day before the next one starts."""

from __future__ import annotations

from datetime import date, timedelta

from xuefen.bank.activities.types import PERIOD_UNKNOWN, Period, Scheme
from xuefen.bank.shell.problems import Denied

_DAY = timedelta(days=1)


def _starts(scheme: Scheme, year: int) -> list[Period]:
    """The periods that start in a year, in order."""
    named = sorted(scheme.periods, key=lambda p: (p.month, p.day))
    firsts = [date(year, p.month, p.day) for p in named] + [date(year + 1, named[0].month, named[0].day)]
    return [
        Period(f"{year}-{p.code}", f"{year} 年{p.zh}", f"{p.en} {year}", first, following - _DAY)
        for p, first, following in zip(named, firsts, firsts[1:], strict=False)
    ]


def period_of(scheme: Scheme, day: date) -> Period:
    """The period a day lies in; the scheme need not be in force on it."""
    around = [*_starts(scheme, day.year - 1), *_starts(scheme, day.year)]
    return next(p for p in around if p.first <= day <= p.last)


def period_by_code(scheme: Scheme, code: str) -> Period:
    """The period written ``2026-autumn``. Raises ``Denied(period_unknown)``."""
    year = code.partition("-")[0]
    if len(year) == 4 and year.isascii() and year.isdigit() and 1949 <= int(year) <= 2999:
        for found in _starts(scheme, int(year)):
            if found.code == code:
                return found
    raise Denied(PERIOD_UNKNOWN, place="period", period=code[:40])


def period_before(scheme: Scheme, period: Period) -> Period:
    """The period that ends the day before this one starts."""
    return period_of(scheme, period.first - _DAY)


def starts_period(scheme: Scheme, day: date) -> bool:
    """Whether a period starts on this day."""
    return period_of(scheme, day).first == day


def earliest_start(scheme: Scheme, today: date) -> date:
    """The first day of the period that is running: a scheme never reaches further back."""
    return period_of(scheme, today).first


def confirms_until(scheme: Scheme, period: Period) -> date:
    """The last day on which a participation of the period can be confirmed; from the next day on it can be gathered."""
    return period.last + timedelta(days=scheme.confirm_days)
