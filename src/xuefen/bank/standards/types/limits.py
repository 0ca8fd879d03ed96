"""What a standard limits, how its years run, and what it lets a conversion do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class LimitKind(StrEnum):
    """Which converted credit a limit counts; ``Limit.which`` names the one."""

    TOTAL = "total"  # all of it
    ONLINE = "online"  # from online outcomes
    CLASS = "class"  # from outcomes of the class ``which``
    ISSUER = "issuer"  # from one institution: ``each`` = every single one, ``receiver`` = the receiving one itself
    TYPE = "type"  # from outcomes whose type code begins with one of the codes in ``which`` (separated by spaces)
    DEGREE_LEVEL = (
        "degree_level"  # from degree outcomes of level ``which`` or above; ``programme`` = the programme's own
    )
    TAG = "tag"  # given to courses in groups that carry the tag ``which``, whatever it comes from


class ShareOf(StrEnum):
    """What the percentage of a limit is taken of."""

    PROGRAMME = "programme"  # the programme's graduation credit
    GROUPS = "groups"  # the credit the tagged groups ask for
    PERIOD = "period"  # the norm of a year or a term


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit on what may be converted: ``share`` percent of something, or ``credits`` hundredths; exactly one is given.

    ``at_least`` turns it into a floor: everything else is limited to the rest. ``per`` repeats it for each "year" or "term"
    of the calendar, by the day a class ended. ``awards``: the awards it applies to, empty for all.
    """

    code: str
    kind: LimitKind
    zh: str
    en: str
    which: str = ""
    share: int | None = None
    share_of: ShareOf = ShareOf.PROGRAMME
    credits: int | None = None
    at_least: bool = False
    per: str = ""
    awards: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a conversion may do. Amounts are hundredths, marks hundredths, ``content_overlap`` is percent.

    ``shortfall``: "refuse", or "award" the smaller value and leave the course open. ``direction``: larger may replace smaller
    and required elective, never the reverse. ``exempt_mark``: the mark entered for a course that is replaced, None for the
    source's own. ``shelf_life_years``: how long an outcome may be converted at most. ``not_convertible``: subjects of courses
    that cannot be replaced. ``combinations``: "1:1", "n:1", "1:n", "n:m". ``level_ignored``: outcomes of these types meet any
    demand on level. ``deposited_by``: "anybody" (learners too put outcomes forward, with evidence) or "institutions" (only an
    issuer brings outcomes in).
    """

    tolerance: int = 0
    shortfall: str = "refuse"
    direction: bool = False
    family_highest_once: bool = False
    same_name_once: bool = False
    content_overlap: int | None = None
    leftover: str = "not_carried"
    exempt_mark: int | None = None
    shelf_life_years: int | None = None
    not_convertible: frozenset[str] = frozenset()
    combinations: frozenset[str] = frozenset({"1:1", "n:1", "1:n", "n:m"})
    level_ignored: tuple[str, ...] = ()
    deposited_by: str = "anybody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A part of the year. It begins on a day and month and lasts until the next one begins."""

    code: str
    zh: str
    en: str
    starts: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A time of each year in which something is filed, first and last day as (month, day)."""

    code: str
    zh: str
    en: str
    purpose: str
    first: tuple[int, int]
    last: tuple[int, int]

    def is_open(self, day: date) -> bool:
        """Whether the day lies in the window; one whose last day comes before its first runs over the new year."""
        today = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= today <= self.last
        return today >= self.first or today <= self.last


@dataclass(frozen=True, slots=True)
class Period:
    """One year or term: from ``starts_on`` to the day before ``ends_on``."""

    zh: str
    en: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """How the standard counts years and terms. ``norm_year`` and ``norm_term`` are the usual load in hundredths, no limit."""

    year_starts: tuple[int, int] = (1, 1)
    terms: tuple[Term, ...] = ()
    norm_year: int | None = None
    norm_term: int | None = None
    windows: tuple[Window, ...] = ()

    def year_of(self, day: date) -> Period:
        """The year a day lies in; it is named by the calendar year it begins in."""
        begins = self._latest(self.year_starts, day)
        return Period(f"{begins.year} 年度", f"Year {begins.year}", begins, _at(begins.year + 1, self.year_starts))

    def term_of(self, day: date) -> Period:
        """The term a day lies in; the whole year when the standard has no terms."""
        year = self.year_of(day)
        if not self.terms:
            return year
        starts = sorted((self._in_year(term.starts, year), i) for i, term in enumerate(self.terms))
        place = max(p for p, (start, _) in enumerate(starts) if start <= day)
        begins, index = starts[place]
        ends = starts[place + 1][0] if place + 1 < len(starts) else year.ends_on
        term = self.terms[index]
        return Period(f"{year.zh}{term.zh}", f"{year.en}, {term.en}", begins, ends)

    def period_of(self, day: date, per: str) -> Period:
        """The "year" or "term" of a day."""
        return self.year_of(day) if per == "year" else self.term_of(day)

    def norm(self, per: str) -> int | None:
        """The usual load of a "year" or "term"."""
        return self.norm_year if per == "year" else self.norm_term

    def open_windows(self, day: date, purpose: str) -> tuple[Window, ...]:
        """The windows for a purpose that are open on a day."""
        return tuple(w for w in self.windows if w.purpose == purpose and w.is_open(day))

    def _latest(self, start: tuple[int, int], day: date) -> date:
        this_year = _at(day.year, start)
        return this_year if this_year <= day else _at(day.year - 1, start)

    def _in_year(self, start: tuple[int, int], year: Period) -> date:
        first = _at(year.starts_on.year, start)
        return first if first >= year.starts_on else _at(year.starts_on.year + 1, start)


def _at(year: int, start: tuple[int, int]) -> date:
    return date(year, *start)
