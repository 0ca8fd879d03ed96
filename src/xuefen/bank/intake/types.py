"""Deposit slips 存入单: one outcome that waits for somebody's word. A learner submits it with evidence and an officer checks it;
or an issuer awards it and the learner claims it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from xuefen.bank.evidence.types import FileFacts
from xuefen.bank.recognition.types import ClockFacts
from xuefen.bank.shell import sweeping
from xuefen.bank.shell.problems import Problem
from xuefen.bedrock.quantity import format_credits

MOST_DRAFTS = 10  # of one learner at a time
MOST_FILES = 20  # with one slip
CLAIM_DAYS = 60  # calendar days an award waits, unless the issuer says otherwise
LEAST_CLAIM_DAYS, MOST_CLAIM_DAYS = 7, 365
CLAIM_REMINDERS = (50, 80)  # percent of the time gone
NOTE_MOST = 400  # characters
MOST_AWARDS = 500  # of one call


class Kind(StrEnum):
    SUBMISSION = "submission"  # 单项存入
    AWARD = "award"  # 颁发


class State(StrEnum):
    NEW = "new"  # before the first move; never stored
    DRAFT = "draft"  # 填写中
    CHECKING = "checking"  # 核对中
    MORE = "more"  # 待补充
    ACCEPTED = "accepted"  # 已存入
    REFUSED = "refused"  # 不予存入
    WITHDRAWN = "withdrawn"  # 已撤回
    OFFERED = "offered"  # 待领取
    CLAIMED = "claimed"  # 已领取
    DECLINED = "declined"  # 已谢绝
    TAKEN_BACK = "taken_back"  # 机构已收回
    LAPSED = "lapsed"  # 已过期


class Event(StrEnum):
    SEND = "send"
    ACCEPT = "accept"
    REFUSE = "refuse"
    ASK_MORE = "ask_more"
    WITHDRAW = "withdraw"
    OFFER = "offer"
    CLAIM = "claim"
    DECLINE = "decline"
    TAKE_BACK = "take_back"
    LAPSE = "lapse"
    CLOSE = "close"  # its holder is being erased


class Party(StrEnum):
    LEARNER = "learner"  # 学习者 (or a clerk for them)
    OFFICER = "officer"  # 核对人员
    ISSUER = "issuer"  # 办学机构 / 发证机构
    HOUSE = "house"  # 系统
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Form:
    """What is said of the outcome, as typed; the field names are those of the deposit sheet. ``note`` is a word with it."""

    awarded_on: str = field(default="", repr=False)
    grade: str = field(default="", repr=False)
    hours: str = field(default="", repr=False)
    serial: str = field(default="", repr=False)
    note: str = field(default="", repr=False)

    def to_json(self) -> dict[str, str]:
        return {
            "awarded_on": self.awarded_on,
            "grade": self.grade,
            "hours": self.hours,
            "serial": self.serial,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Award:
    """One award as an issuer pushes it. The learner is named by account number; a name, when given, must be theirs."""

    account: str = field(repr=False)
    item_code: str
    form: Form = field(repr=False)
    name: str = field(default="", repr=False)
    version: str = ""
    days: int = CLAIM_DAYS


@dataclass(frozen=True, slots=True)
class Offered:
    """What became of one award of a call: its number, or why there is none."""

    number: str = ""
    credits: int = 0
    already: bool = False
    code: str = ""
    zh: str = ""
    en: str = ""

    def to_json(self) -> dict[str, object]:
        """For machines; ``credits`` as decimals."""
        return {
            "number": self.number or None,
            "credits": format_credits(self.credits) if self.number else None,
            "already": self.already,
            "code": self.code or None,
            "zh": self.zh or None,
            "en": self.en or None,
        }


@dataclass(frozen=True, slots=True)
class SlipRow:
    """A slip in a list."""

    number: str
    kind: Kind
    state: State
    version: int
    learner_id: int
    account_no: str
    masked_name: str
    issuer_code: str
    issuer_name: str
    issuer_name_en: str
    item_code: str
    item_name: str
    outcome_class: str
    opened_at: datetime
    entered_at: datetime
    due_at: datetime | None
    reminders: int
    outcome_number: str
    clock: ClockFacts | None = None

    def to_json(self) -> dict[str, object]:
        """For machines; the learner by account number, times in ISO 8601."""
        return {
            "number": self.number,
            "kind": self.kind.value,
            "state": self.state.value,
            "account": self.account_no,
            "name": self.masked_name,
            "issuer": self.issuer_code,
            "item": self.item_code,
            "item_name": self.item_name,
            "opened_at": self.opened_at.isoformat(),
            "due_at": self.due_at.isoformat() if self.due_at else None,
            "reminders": self.reminders,
            "outcome": self.outcome_number or None,
        }


@dataclass(frozen=True, slots=True)
class SlipMoveView:
    """One move as it is shown; ``note`` is empty once its holder was erased, ``actor_name`` for learners."""

    seq: int
    event: Event
    to_state: State
    actor_kind: str
    actor_name: str
    reason_code: str
    note: str = field(repr=False)
    at: datetime = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class Asked:
    """One line of the checklist, and what was brought for it."""

    code: str
    zh: str
    en: str
    required: bool
    reference: str
    files: tuple[FileFacts, ...] = ()

    @property
    def words(self) -> tuple[str, str]:
        return self.zh, self.en


@dataclass(frozen=True, slots=True)
class SlipView:
    """A slip with everything its page shows. ``form`` is empty once its holder was erased. ``shared`` are the ids of files
    somebody else brought too; told to officers only.
    """

    row: SlipRow
    form: Form = field(repr=False)
    item_version_id: int
    checklist: tuple[Asked, ...]
    others: tuple[FileFacts, ...]
    moves: tuple[SlipMoveView, ...]
    standard: str
    standard_title: tuple[str, str]
    refusal_codes: tuple[tuple[str, str, str], ...]
    shared: frozenset[int] = frozenset()

    @property
    def missing(self) -> tuple[Asked, ...]:
        """What the checklist asks for and is not there."""
        return tuple(asked for asked in self.checklist if asked.required and not asked.files)


Due = sweeping.Due[Event]
"""A slip as the sweep read it."""


@dataclass(frozen=True, slots=True)
class SweepReport:
    reminded: int = 0
    lapsed: int = 0
    overtaken: int = 0
    failed: int = 0


SLIP_UNKNOWN = Problem(
    "slip_unknown",
    "没有这张存入单，或者不在您的范围内。",
    "There is no such slip, or it is outside your scope.",
    status=404,
)
SLIP_MOVE = Problem(
    "slip_move",
    "这张单目前是“{state_zh}”，不能{event_zh}。",
    "This slip is “{state_en}”; “{event_en}” is not possible.",
    status=409,
)
SLIP_LATE = Problem(
    "slip_late",
    "领取期限已过，这张单已经失效。请与颁发机构联系，由它重新颁发。",
    "The time to answer is over. Ask the issuer to award it again.",
    status=409,
)
SLIP_EARLY = Problem("slip_early", "期限还没有到。", "The time is not up yet.", status=409)
SLIP_ITEM = Problem("slip_item", "请从目录里选一项成果。", "Choose an item of the catalogue.")
SLIP_INSTITUTIONS_ONLY = Problem(
    "slip_institutions_only",
    "现行标准 {standard} 规定只有机构可以存入成果，个人不能提交。请让颁发机构直接存入或颁发。",
    "The standard in force, {standard}, lets only institutions deposit; a person cannot. Ask the issuer to deposit or award it.",
    status=409,
)
SLIP_DRAFTS = Problem(
    "slip_drafts",
    "已经有 {most} 张没送出的存入单。请先送出或撤掉几张。",
    "There are {most} slips not sent yet. Send some, or withdraw them.",
)
SLIP_FILES = Problem("slip_files", "一张存入单最多附 {most} 个文件。", "A slip may carry {most} files at most.")
SLIP_FILE_KIND = Problem(
    "slip_file_kind", "标准的清单里没有这一项材料。", "The standard's checklist has no such piece of evidence."
)
SLIP_MISSING = Problem("slip_missing", "还缺材料：{missing_zh}。", "Evidence is still missing: {missing_en}.")
SLIP_TWICE = Problem(
    "slip_twice",
    "同一项成果已经有一张存入单（{number}）在办或办完了。",
    "There is already a slip ({number}) for this very outcome, under way or done.",
    status=409,
)
SLIP_SAME_PERSON = Problem(
    "slip_same_person",
    "代填和核对不能是同一个人，请由同事核对。",
    "Who filled in a slip does not check it; a colleague does.",
    status=403,
)
SLIP_PERSON = Problem(
    "slip_person", "核对由具体的工作人员办理。", "A slip is checked by a person who signed in.", status=403
)
SLIP_HOLDER_GONE = Problem(
    "slip_holder_gone",
    "持有人的个人信息已注销，这张单打不开了。",
    "Its holder was erased; this slip cannot be opened.",
    status=410,
)
CLAIM_DAYS_WRONG = Problem(
    "claim_days", "领取期限应为 {least} 到 {most} 天。", "An award waits for {least} to {most} days."
)
TOO_MANY_AWARDS = Problem("too_many_awards", "一次最多颁发 {most} 项。", "At most {most} awards in one call.")
