"""Applications through the five steps 申请—审核—转换—公示—归档: states, events, what pages are shown, and the refusals."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from xuefen.bank.conversion.types import Plan
from xuefen.bank.shell import sweeping
from xuefen.bank.shell.problems import Problem


class State(StrEnum):
    NEW = "new"  # 尚未提交: before the first move; never stored on an application
    REVIEW = "review"  # 审核中
    CONVERT = "convert"  # 待转换
    NOTICE = "notice"  # 公示中
    OBJECTION = "objection"  # 异议处理中
    ARCHIVED = "archived"  # 已归档
    REFUSED = "refused"  # 不同意
    STOPPED = "stopped"  # 异议成立，终止
    WITHDRAWN = "withdrawn"  # 已撤回
    VOIDED = "voided"  # 所用成果已撤销，申请终止
    IN_DOUBT = "in_doubt"  # 存疑，待仲裁
    UNDONE = "undone"  # 转换已撤销


class Event(StrEnum):
    APPLY = "apply"
    APPROVE = "approve"
    REFUSE = "refuse"
    SILENCE = "silence"  # the review's time is up: no answer counts as consent
    CONVERT = "convert"
    NOTICE_OVER = "notice_over"
    OBJECT = "object"
    UPHOLD = "uphold"
    REJECT_OBJECTION = "reject_objection"
    WITHDRAW = "withdraw"
    OUTCOME_GONE = "outcome_gone"  # an outcome it uses was revoked or corrected
    DOUBT = "doubt"  # the same, of an archived conversion
    CONFIRM = "confirm"  # an arbiter lets the conversion stand
    UNDO = "undo"  # an arbiter undoes the conversion


class Party(StrEnum):
    """Who acts."""

    LEARNER = "learner"  # 学习者 (or the service point for them)
    RECEIVER = "receiver"  # 接收机构
    BRANCH = "branch"  # 省级分中心
    ARBITER = "arbiter"  # 仲裁人
    PUBLIC = "public"  # 公众
    HOUSE = "house"  # 系统
    NOBODY = "nobody"


class Credit(StrEnum):
    """What a state means for the credit an application uses."""

    HELD = "held"  # reserved in the books
    USED = "used"  # redeemed
    FREED = "freed"  # released
    RETURNED = "returned"  # redeemed, then given back


class Moment(StrEnum):
    """When an event may happen, seen from the state's deadline."""

    ANY = "any"
    IN_TIME = "in_time"
    TIME_UP = "time_up"


class DecidedBy(StrEnum):
    PERSON = "person"
    SILENCE = "silence"


class Age(StrEnum):
    """How soon something must be dealt with."""

    OVERDUE = "overdue"  # 已超时
    SOON = "soon"  # 今明两天
    WEEK = "week"  # 本周
    LATER = "later"  # 更晚


# --- clocks ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Clock:
    """A step's time: started, up at ``due_at`` (the first moment that is too late), reminders in between."""

    started_at: datetime
    due_at: datetime
    reminders: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """A running clock as it is shown, one bead a working day: total = passed + left while in time.

    ``due_on`` is the last day that is in time; ``late_days`` counts working days after it.
    """

    total: int
    passed: int
    left: int
    due_at: datetime
    due_on: date
    late: bool
    late_days: int


class StepStatus(StrEnum):
    DONE = "done"
    NOW = "now"
    LATER = "later"
    NEVER = "never"  # the application ended before this step


@dataclass(frozen=True, slots=True)
class StepView:
    """One of the five steps on the timeline. ``from_on``/``until_on`` are real dates of steps done, estimates of steps to
    come (``expected``), and None where neither exists; ``working_days`` is the limit, 0 for steps without one.
    """

    name: str
    zh: str
    en: str
    status: StepStatus
    working_days: int
    from_on: date | None = None
    until_on: date | None = None
    expected: bool = False


# --- views -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MoveView:
    """One move as it is shown. ``actor_name`` is empty for learners and the public."""

    seq: int
    from_state: State
    event: Event
    to_state: State
    actor_kind: str
    actor_name: str
    reason_code: str
    note: str
    at: datetime
    leaf_id: int


@dataclass(frozen=True, slots=True)
class ObjectionView:
    """An objection as it is shown: the objector's name masked. ``outcome``: "" while open, "upheld" or "rejected"."""

    masked_name: str
    text: str
    raised_at: datetime
    outcome: str
    reply: str
    replied_at: datetime | None


@dataclass(frozen=True, slots=True)
class Objector:
    """Who objects: personal data, only for those who handle the objection."""

    name: str = field(repr=False)
    contact: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list of applications: desk queue, learner's progress. ``credits`` in hundredths; ``reminders`` were sent
    in the present step, the last one at ``reminded_at``.
    """

    number: str
    state: State
    version: int
    masked_name: str
    programme_name: str
    programme_version: str
    receiver_name: str
    outcomes: int
    credits: int
    applied_at: datetime
    entered_at: datetime
    reminders: int
    reminded_at: datetime | None
    decided_by: str
    age: Age | None
    clock: ClockFacts | None


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of what waits, most urgent first. ``counts`` are of the whole queue, whatever age the page shows."""

    rows: tuple[Row, ...]
    counts: dict[Age, int]
    page: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """Everything about one application. ``reason`` is the refusal code's sentence (zh, en)."""

    row: Row
    learner_id: int
    programme_id: int
    programme_code: str
    receiver_id: int
    receiver_code: str
    standard_version_id: int
    plan: Plan
    plan_digest: str
    acts: Party
    reason_code: str
    reason: tuple[str, str] | None
    steps: tuple[StepView, ...]
    moves: tuple[MoveView, ...]
    objections: tuple[ObjectionView, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """One application in public notice, names masked. ``lines``: (outcome names, course names, credits in hundredths)."""

    number: str
    masked_name: str
    programme_name: str
    receiver_name: str
    credits: int
    lines: tuple[tuple[str, str, int], ...]
    clock: ClockFacts | None
    objected: bool


@dataclass(frozen=True, slots=True)
class ReceiverRecord:
    """How one receiver decided: public figures. ``by_reason``: refusals by code."""

    receiver_code: str
    receiver_name: str
    approved: int
    refused: int
    by_silence: int
    by_reason: dict[str, int]

    @property
    def decided(self) -> int:
        return self.approved + self.refused + self.by_silence


Due = sweeping.Due[Event]
"""An application as the sweep read it."""


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What one sweep did. ``overtaken``: somebody acted between reading and moving; ``failed``: logged and left for next time."""

    reminded: int = 0
    consented: int = 0
    converted: int = 0
    archived: int = 0
    overtaken: int = 0
    failed: int = 0


# --- refusals --------------------------------------------------------------------------------------------------------

MOVE_NOT_ALLOWED = Problem(
    "move_not_allowed",
    "申请目前是“{state_zh}”，不能{event_zh}。",
    "The application is “{state_en}”; it cannot be moved by “{event_en}”.",
    status=409,
)
TIME_IS_UP = Problem(
    "time_is_up",
    "期限已在 {due} 届满，不能再{event_zh}；按标准由系统继续办理。",
    "The time limit ended at {due}; “{event_en}” is no longer possible and the house goes on by the standard.",
    status=409,
)
TIME_NOT_UP = Problem(
    "time_not_up",
    "期限到 {due} 才届满，还不能{event_zh}。",
    "The time limit ends at {due}; “{event_en}” is not possible before.",
    status=409,
)
PLAN_EMPTY = Problem(
    "plan_empty",
    "这个方案没有可以转换的成果，不能申请。",
    "This plan converts nothing, so there is nothing to apply for.",
)
PLAN_STALE = Problem(
    "plan_stale",
    "方案做出以后情况变了：{changes_zh}。请重新查看能换什么。",
    "Things changed after the plan was made: {changes_en}. Please make the plan again.",
    status=409,
)
PLAN_ILLEGAL = Problem(
    "plan_illegal",
    "方案不符合规则：{why_zh}",
    "The plan breaks the rules: {why_en}",
)
APPLICATION_RUNNING = Problem(
    "application_running",
    "这个专业已有办理中的申请（{number}），请等它办完或先撤回。",
    "An application for this programme is under way ({number}); wait for it or withdraw it first.",
    status=409,
)
REASON_UNKNOWN = Problem("reason_unknown", "标准中没有理由代码“{code}”。", "The standard has no refusal code “{code}”.")
NOTE_NEEDED = Problem(
    "note_needed",
    "请写明依据（1 至 {most} 字），学习者会看到。",
    "State the grounds (1 to {most} characters); the learner will read them.",
)
NOTE_LONG = Problem("note_long", "最多 {most} 字。", "At most {most} characters.")
OBJECTOR_NAME = Problem("objector_name", "请填写您的姓名（1 至 40 字）。", "Give your name (1 to 40 characters).")
OBJECTION_CONTACT = Problem(
    "objection_contact",
    "请留下联系方式（1 至 80 字），只有处理人员能看到。",
    "Leave a contact (1 to 80 characters); only those who handle the objection see it.",
)
ACCOUNT_NOT_OPEN = Problem(
    "account_not_open",
    "账户不在正常状态，暂不能申请转换。",
    "The account is not open, so it cannot apply for a conversion.",
    status=409,
)
