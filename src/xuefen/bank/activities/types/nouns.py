"""Activities: schemes, what people took part in, and what a period came to. Points are whole; hours per point are hundredths.

A scheme's points (功德分) only measure taking part: they are neither credit nor the bank's reward points.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from xuefen.bank.shell.problems import Problem


class How(StrEnum):
    """How a participation is confirmed."""

    CODE = "code"  # 扫码签到: the code shown at the venue
    LIST = "list"  # 组织者名单: the organiser's own list
    SECOND = "second"  # 第二人确认: a good deed, by somebody else


class Carry(StrEnum):
    """What becomes of points that made no credit."""

    NONE = "none"  # 不结转
    LEFTOVER = "leftover"  # 结转到下一期


# --- schemes ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of activity: points for each time, at most so many in a period, and which confirmations count."""

    code: str
    zh: str
    en: str
    points: int
    most: int
    confirm: frozenset[How]

    @property
    def words(self) -> tuple[str, str]:
        return self.zh, self.en


@dataclass(frozen=True, slots=True)
class PeriodName:
    """A period as the scheme names it: it starts on this month and day of every year, and ends where the next one starts."""

    code: str
    zh: str
    en: str
    month: int
    day: int


@dataclass(frozen=True, slots=True)
class Result:
    """How a period's points become an outcome: hours of a catalogue item, which the standard then judges.

    ``minimum`` is the fewest points that make one, ``most`` the most a period may earn, ``hours_per_point`` hundredths of
    class hours, ``carry_most`` the most points carried into the next period.
    """

    item: str
    version: str
    grade: str
    hours_per_point: int
    minimum: int
    most: int
    carry: Carry
    carry_most: int


@dataclass(frozen=True, slots=True)
class Scheme:
    """One version of an institution's scheme (功德银行). ``confirm_days``: so long after a period confirmations still count."""

    code: str
    version: int
    zh: str
    en: str
    effective_from: date
    retired_on: date | None
    confirm_days: int
    periods: tuple[PeriodName, ...]
    kinds: Mapping[str, Kind]
    result: Result

    @property
    def name(self) -> str:
        return f"{self.code}/{self.version}"

    @property
    def words(self) -> tuple[str, str]:
        return self.zh, self.en


@dataclass(frozen=True, slots=True)
class Period:
    """A period of one year: ``2026-autumn``; both days belong to it."""

    code: str
    zh: str
    en: str
    first: date
    last: date

    @property
    def words(self) -> tuple[str, str]:
        return self.zh, self.en


# --- the sum of a period ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KindSum:
    """What one kind came to: ``times`` × points, of which ``counted`` under the kind's cap."""

    kind: Kind
    times: int
    counted: int

    @property
    def earned(self) -> int:
        return self.times * self.kind.points


@dataclass(frozen=True, slots=True)
class Tally:
    """A learner's period. ``points`` are earned under all caps, ``used`` and ``hours`` went into the outcome (0 = none),
    ``credits`` are what the standard makes of the hours, ``carried_out`` goes on into the next period.
    """

    kinds: tuple[KindSum, ...]
    points: int
    carried_in: int
    used: int
    hours: int
    credits: int
    carried_out: int

    @property
    def total(self) -> int:
        return self.points + self.carried_in

    @property
    def makes_outcome(self) -> bool:
        return self.credits > 0


# --- facts for faces -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SchemeRow:
    """A stored version: whose, and who proposed and signed it (None: not in force yet)."""

    id: int
    institution_id: int
    institution_code: str
    institution_name: str
    scheme: Scheme
    proposed_by: str
    proposed_by_id: int | None
    proposed_at: datetime
    signed_by: str
    signed_at: datetime | None
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ActivityFacts:
    """An activity for lists and pages. ``taken`` counts registrations that stand, ``confirmed`` those who took part."""

    id: int
    number: str
    institution_id: int
    institution_code: str
    institution_name: str
    place_path: str
    scheme_id: int
    scheme: Scheme
    kind: Kind
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    most: int
    taken: int
    confirmed: int
    cancelled_at: datetime | None = None
    cancel_reason: str = ""
    registered: bool = False  # the reader is
    attended: bool = False  # the reader's own participation is confirmed

    @property
    def places_left(self) -> int:
        return max(0, self.most - self.taken)

    def to_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "institution": self.institution_code,
            "scheme": self.scheme.name,
            "kind": self.kind.code,
            "points": self.kind.points,
            "title": self.title,
            "place": self.place,
            "starts_at": self.starts_at.isoformat(),
            "ends_at": self.ends_at.isoformat(),
            "most": self.most,
            "registered": self.taken,
            "confirmed": self.confirmed,
            "cancelled": self.cancelled_at is not None,
        }


@dataclass(frozen=True, slots=True)
class Taken:
    """A confirmed participation as its learner, or the organiser, sees it. ``gathered``: the period it was used in."""

    number: str
    learner_id: int
    account_no: str
    masked_name: str
    kind: Kind
    title: str
    happened_on: date
    period: str
    how: How
    confirmed_at: datetime
    withdrawn: str = ""  # the reason
    gathered: bool = False


@dataclass(frozen=True, slots=True)
class DeedFacts:
    """A good deed as reported. ``text`` is None where the reader may not see it, or its learner was erased."""

    number: str
    institution_name: str
    learner_id: int
    masked_name: str
    kind: Kind
    done_on: date
    text: str | None = field(repr=False)
    reported_at: datetime
    witness_id: int | None
    state: str  # "reported", "confirmed", "declined"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """What became of one line of the organiser's list."""

    line: int
    account_no: str
    problem: Problem | None
    number: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One learner of a gathering, or of its preview, with the reasoning in both languages."""

    learner_id: int
    account_no: str
    masked_name: str
    tally: Tally
    why: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a gathering would write. ``left_out`` learners are not gathered now: their account is not open."""

    scheme: Scheme
    institution_code: str
    period: Period
    standard: str
    lines: tuple[Line, ...]
    participations: int
    left_out: int

    @property
    def outcomes(self) -> int:
        return sum(line.tally.makes_outcome for line in self.lines)

    @property
    def credits(self) -> int:
        return sum(line.tally.credits for line in self.lines)


@dataclass(frozen=True, slots=True)
class GatheringFacts:
    """A gathering that was written. ``batch_id`` is None when nobody reached the minimum."""

    number: str
    institution_code: str
    scheme: str
    period: str
    seq: int
    participations: int
    learners: int
    outcomes: int
    credits: int
    gathered_at: datetime
    batch_id: int | None
    batch_number: str
    already: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "gathering": self.number,
            "institution": self.institution_code,
            "scheme": self.scheme,
            "period": self.period,
            "participations": self.participations,
            "learners": self.learners,
            "outcomes": self.outcomes,
            "credits": self.credits,
            "batch": self.batch_number or None,
            "already": self.already,
        }


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a learner stands in the running period of one scheme, worked out as the gathering would."""

    scheme: Scheme
    institution_name: str
    period: Period
    tally: Tally
    why: Mapping[str, Any]
