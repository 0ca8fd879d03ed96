"""Working days of the Chinese statutory calendar, with the weekends worked in exchange (调休).

Time limits follow the Civil Code, articles 201 to 203: the first day is not counted, a last day that is a day off moves
to the next working day, and the last day ends at 24:00. Days off come from the `holidays` library, which holds every
State Council notice since 2001; a year without a notice is Monday to Friday minus the holidays fixed by decree, and
`is_announced` lets a page call such a date provisional. A deployment adds its own days through `Calendar`.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

BEIJING = ZoneInfo("Asia/Shanghai")
FIRST_YEAR, LAST_YEAR = 1950, 2100
_NOTICES = holidays.country_holidays("CN").special_public_holidays


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """The statutory calendar plus differences from a standard pack.

    `closed` and `opened` are absolute statements (this day is off, this day is worked) and win over the library, so
    they stay right when a later library learns the same notice. `announced` names years whose notice the pack holds.
    Raises ValueError if a day is both closed and opened.
    """

    closed: frozenset[date] = frozenset()
    opened: frozenset[date] = frozenset()
    announced: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if both := self.closed & self.opened:
            raise ValueError(f"{min(both)} is both closed and opened")

    def is_announced(self, year: int) -> bool:
        """Tell whether the State Council notice for this year is known; if not, dates in it are provisional.

        A notice may still turn a weekend at the end of the December before into working days (last seen in 2011).
        """
        return year in _NOTICES or year in self.announced

    def is_working_day(self, day: date) -> bool:
        """Tell whether `day` is worked. Raises ValueError outside 1950–2100."""
        ordinals = _working_ordinals(self, day.year)
        place = bisect_left(ordinals, day.toordinal())
        return place < len(ordinals) and ordinals[place] == day.toordinal()

    def add_working_days(self, day: date, days: int) -> date:
        """Return the `days`-th working day after `day`, itself not counted; 0 gives `day` or the next working day.

        Raises ValueError if `days` is negative or the result lies beyond 2100.
        """
        if days < 0:
            raise ValueError("days must not be negative")
        year, ordinals = day.year, _working_ordinals(self, day.year)
        today = day.toordinal()
        place = bisect_right(ordinals, today) + days - 1 if days else bisect_left(ordinals, today)
        while place >= len(ordinals):
            place -= len(ordinals)
            year += 1
            ordinals = _working_ordinals(self, year)
        return date.fromordinal(ordinals[place])

    def working_days_between(self, start: date, end: date) -> int:
        """Count working days after `start` up to and including `end`; negative if `end` is earlier (days overdue)."""
        if end < start:
            return -self.working_days_between(end, start)
        counted = sum(len(_working_ordinals(self, year)) for year in range(start.year, end.year))
        before = bisect_right(_working_ordinals(self, start.year), start.toordinal())
        return counted + bisect_right(_working_ordinals(self, end.year), end.toordinal()) - before

    def deadline(self, start: datetime, days: int, *, tz: ZoneInfo = BEIJING) -> datetime:
        """Return the first moment that is too late: midnight after the last working day, aware, in `tz`.

        An act at `t` is in time if `t < deadline`. `start` must be aware (ValueError otherwise); its local date in `tz`
        is day 0. To show the date to people take `deadline - 1 second`, "until the end of …".
        """
        if start.tzinfo is None:
            raise ValueError("start must be an aware datetime")
        last = self.add_working_days(start.astimezone(tz).date(), days)
        return datetime.combine(last + timedelta(days=1), time.min, tzinfo=tz)


@lru_cache(maxsize=4 * (LAST_YEAR - FIRST_YEAR + 1))
def _working_ordinals(calendar: Calendar, year: int) -> tuple[int, ...]:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"no statutory calendar for the year {year}")
    # A notice may turn weekends of the December before it into working days (2005-12-31): load the next year too.
    known = holidays.country_holidays("CN", years=(year, year + 1))
    first = date(year, 1, 1)
    days = (first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days))
    return tuple(
        day.toordinal()
        for day in days
        if day in calendar.opened or (day not in calendar.closed and known.is_working_day(day))
    )


STATUTORY = Calendar()
"""The national calendar without local differences; the functions below use it."""

is_announced = STATUTORY.is_announced
is_working_day = STATUTORY.is_working_day
add_working_days = STATUTORY.add_working_days
working_days_between = STATUTORY.working_days_between
deadline = STATUTORY.deadline
