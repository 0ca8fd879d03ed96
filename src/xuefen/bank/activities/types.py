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


# --- problems --------------------------------------------------------------------------------------------------------

SCHEME_INVALID = Problem(
    "scheme_invalid",
    "方案有 {count} 处错误，第一处在第 {line} 行：{zh}。",
    "The scheme has {count} errors, the first on line {line}: {en}.",
)
SCHEME_UNKNOWN = Problem(
    "scheme_unknown",
    "没有这个方案，或者不在您的范围内。",
    "There is no such scheme, or it is outside your scope.",
    status=404,
)
SCHEME_EXISTS = Problem(
    "scheme_exists",
    "这个方案的第 {version} 版已经有了，请用下一个版本号。",
    "Version {version} of this scheme exists; use the next number.",
    status=409,
)
SCHEME_LATE = Problem(
    "scheme_late",
    "方案不能从已经过去的时期起算：请从 {earliest} 或以后的一期开始。",
    "A scheme cannot reach back into a period that is over: let it begin on {earliest} or later.",
)
SCHEME_BREAKS = Problem(
    "scheme_breaks",
    "新版的起始日不是现行版某一期的第一天，会把一期劈成两半。",
    "The new version does not begin where a period of the present one begins; it would cut a period in two.",
)
SCHEME_RUNNING = Problem(
    "scheme_running",
    "现行版这一期已经开始计分，新版只能从下一期（{next}）起。",
    "The present version's period is running; the new version can begin with the next one ({next}).",
)
SCHEME_SIGNED = Problem("scheme_signed", "这一版已经签过了。", "This version is signed already.", status=409)
SCHEME_SECOND = Problem(
    "scheme_second",
    "提出方案的人不能自己签署，请另一位签。",
    "Whoever proposed the scheme cannot sign it; somebody else does.",
    status=403,
)
SCHEME_NONE = Problem(
    "scheme_none",
    "{on} 没有正在施行的方案。",
    "No scheme is in force on {on}.",
)
SCHEME_ITEM = Problem(
    "scheme_item",
    "目录里没有这个机构的活动成果“{item}”，或者它不属于社会学习。",
    "The institution's catalogue has no social-learning item {item}.",
)
KIND_UNKNOWN = Problem("activity_kind_unknown", "方案里没有这一类活动。", "The scheme has no such kind of activity.")
TEXT_LENGTH = Problem(
    "activity_text", "这里请写 1 到 {most} 个字，不要有看不见的字符。", "Write 1 to {most} visible characters here."
)
ACTIVITY_TIMES = Problem(
    "activity_times",
    "结束时间应在开始之后，同一天之内不超过 {hours} 小时。",
    "It must end after it begins, at most {hours} hours later.",
)
ACTIVITY_PAST = Problem(
    "activity_past", "开始时间已经过去，请改为以后的时间。", "It begins in the past; choose a later time."
)
ACTIVITY_MOST = Problem("activity_most", "人数应为 1 到 {most}。", "The number of people is 1 to {most}.")
ACTIVITY_UNKNOWN = Problem(
    "activity_unknown",
    "没有这个活动，或者不在您的范围内。",
    "There is no such activity, or it is outside your scope.",
    status=404,
)
ACTIVITY_CANCELLED = Problem("activity_cancelled", "这个活动已经取消。", "This activity was cancelled.", status=409)
ACTIVITY_FULL = Problem("activity_full", "名额已满（{most} 人）。", "All {most} places are taken.", status=409)
ACTIVITY_OVER = Problem("activity_over", "活动已经结束。", "The activity is over.", status=409)
ACTIVITY_HELD = Problem(
    "activity_held",
    "已有人确认参加，活动不能取消；个别人有误请撤销那一条。",
    "People took part already, so it cannot be cancelled; withdraw single participations instead.",
    status=409,
)
NOT_REGISTERED = Problem("not_registered", "您没有报名这个活动。", "You are not registered for it.", status=409)
CODE_NOT_ASKED = Problem(
    "code_not_asked",
    "这一类活动不用扫码签到，由组织者登记。",
    "This kind of activity is not checked in by code; the organiser lists who came.",
)
CODE_NOT_NOW = Problem(
    "code_not_now",
    "签到从开始前 {before} 分钟到结束后 {after} 分钟，现在不在这段时间里。",
    "Check-in is open from {before} minutes before the beginning to {after} minutes after the end, which is not now.",
    status=409,
)
CODE_WRONG = Problem(
    "code_wrong",
    "签到码不对或已经过期：它每分钟换一次，请看现场屏幕上现在的码。",
    "The code is wrong or has expired: it changes every minute. Use the one now on the screen at the venue.",
)
ALREADY_CONFIRMED = Problem(
    "already_confirmed", "这次参加已经记过了。", "This participation is recorded already.", status=409
)
CONFIRM_WAY = Problem(
    "confirm_way",
    "方案规定这一类活动不能这样确认。",
    "The scheme does not accept this way of confirming for this kind of activity.",
)
LIST_EARLY = Problem(
    "list_early",
    "活动还没有开始，不能登记参加。",
    "The activity has not begun; nobody can have taken part.",
    status=409,
)
LIST_EMPTY = Problem("list_empty", "名单里没有账号。", "The list holds no account number.")
LIST_LONG = Problem("list_long", "一次最多 {most} 行。", "At most {most} lines at a time.")
LIST_TWICE = Problem("list_twice", "名单里已经有这个账号。", "This account stands in the list already.")
LIST_ACCOUNT = Problem("list_account", "没有这个账户，请核对账号。", "There is no such account; check the number.")
LIST_NOT_OPEN = Problem("list_not_open", "账户已冻结或注销。", "The account is frozen or closed.")
PERIOD_UNKNOWN = Problem(
    "period_unknown",
    "方案没有“{period}”这一期；写法如 2026-autumn。",
    "The scheme has no period {period}; it is written like 2026-autumn.",
)
PERIOD_CLOSED = Problem(
    "period_closed",
    "{period} 的确认已于 {until} 截止。",
    "Confirmations for {period} ended on {until}.",
    status=409,
)
PERIOD_RUNNING = Problem(
    "period_running",
    "{period} 还在进行或确认，{until} 过后才能归集。",
    "{period} is running or being confirmed; it can be gathered after {until}.",
    status=409,
)
NOTHING_GATHERED = Problem(
    "nothing_gathered",
    "{period} 没有可以归集的参加记录。",
    "There is nothing to gather for {period}.",
)
DEED_DAY = Problem(
    "deed_day",
    "日期不能晚于今天，也要在方案施行以后。",
    "The day is not in the future, and the scheme must be in force on it.",
)
DEED_UNKNOWN = Problem(
    "deed_unknown",
    "没有这条善行，或者不在您的范围内。",
    "There is no such good deed, or it is outside your scope.",
    status=404,
)
DEED_SELF = Problem(
    "deed_self",
    "善行要由别人确认，不能自己确认自己的。",
    "A good deed is confirmed by somebody else, never by oneself.",
    status=403,
)
DEED_SETTLED = Problem("deed_settled", "这条善行已经有了结果。", "This good deed has been settled already.", status=409)
DEED_WITNESS = Problem(
    "deed_witness",
    "没有这个账户，请核对证明人的账号；没有可以不填，由组织方确认。",
    "There is no such account; check the witness's number, or leave it empty and the organiser confirms.",
)
PARTICIPATION_UNKNOWN = Problem(
    "participation_unknown",
    "没有这条参加记录，或者不在您的范围内。",
    "There is no such participation, or it is outside your scope.",
    status=404,
)
PARTICIPATION_WITHDRAWN = Problem(
    "participation_withdrawn", "这条参加记录已经撤销。", "This participation was withdrawn already.", status=409
)
PARTICIPATION_USED = Problem(
    "participation_used",
    "这条参加记录已经归集成成果，不能单独撤销；确有错误请撤销那项成果。",
    "This participation was gathered into an outcome and cannot be withdrawn by itself; revoke that outcome instead.",
    status=409,
)
WITHDRAW_REASON = Problem(
    "withdraw_reason", "请写明理由，1 到 {most} 个字。", "Give the reason, 1 to {most} characters."
)
