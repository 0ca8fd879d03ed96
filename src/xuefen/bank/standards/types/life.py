"""The life of a version, and requests for standards of new kinds of outcome: nouns and every refusal.

Days are working days of the statutory calendar unless a name says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from xuefen.bank.shell.problems import Problem


class State(StrEnum):
    """Where a proposal stands. ``NEW`` is before the first move and never stored."""

    NEW = "new"
    COMPARING = "comparing"
    CONSULTING = "consulting"
    SIGNING = "signing"
    PUBLISHED = "published"
    RETIRED = "retired"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Event(StrEnum):
    """What moves a proposal."""

    PROPOSE = "propose"
    LOAD = "load"  # the house publishes a pack that comes with the product
    COMPARE = "compare"
    CONSULT = "consult"
    CLOSE = "close"
    SIGN = "sign"
    PUBLISH = "publish"  # the second signature
    RETIRE = "retire"
    REJECT = "reject"
    WITHDRAW = "withdraw"


class Party(StrEnum):
    """Who makes a move, and who is waited for."""

    PROPOSER = "proposer"
    EXPERT = "expert"
    PUBLISHER = "publisher"
    PUBLIC = "public"
    HOUSE = "house"
    NOBODY = "nobody"


class Verdict(StrEnum):
    """What an expert says of a proposal beside the version in force."""

    SUPPORT = "support"
    CHANGES = "changes"  # supports it, names what should change next time
    OPPOSE = "oppose"


class KindState(StrEnum):
    """Where a request for a new kind of outcome stands."""

    OPEN = "open"
    SETTLED = "settled"  # a published version holds the kind
    DECLINED = "declined"


# --- what queries answer ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A published version in a list. ``signed`` is False for what the house loaded itself."""

    id: int
    code: str
    version: int
    title_zh: str
    title_en: str
    effective_from: date
    retired_on: date | None
    retired_reason: str
    review_on: date
    digest: str
    proposal: str
    signed: bool

    @property
    def title(self) -> tuple[str, str]:
        return self.title_zh, self.title_en

    def in_force(self, on: date) -> bool:
        """Whether it applies on that day."""
        return self.effective_from <= on and (self.retired_on is None or on < self.retired_on)


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A proposal in a list."""

    number: str
    code: str
    version: int
    title_zh: str
    title_en: str
    state: State
    effective_from: date
    proposed_by: str
    proposed_at: datetime
    entered_at: datetime
    consulted_until: datetime | None
    comparisons: int
    signatures: int
    comments: int
    unanswered: int

    @property
    def title(self) -> tuple[str, str]:
        return self.title_zh, self.title_en


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """What one expert said."""

    expert: str
    verdict: Verdict
    reasons: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CommentView:
    """One public comment. ``text`` is empty when it is withheld from the reader; ``name`` is masked."""

    seq: int
    name: str
    place: str
    text: str
    said_at: datetime
    reply: str
    replied_at: datetime | None
    withheld: bool


@dataclass(frozen=True, slots=True)
class MoveView:
    """One move of a proposal."""

    event: Event
    to: State
    who: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ProposalView:
    """A proposal as one reader may see it. ``hidden`` comparisons are those the reader must not see yet."""

    row: ProposalRow
    body: Mapping[str, Any] = field(repr=False)
    digest: str
    note: str
    comparisons: tuple[ComparisonView, ...]
    hidden: int
    signed_by: tuple[str, ...]
    comments: tuple[CommentView, ...]
    moves: tuple[MoveView, ...]
    may: frozenset[Event]


@dataclass(frozen=True, slots=True)
class KindView:
    """A request for a new kind of outcome. ``type_code`` and ``settled_by`` say where it was answered."""

    number: str
    name: str
    outcome_class: str
    description: str
    asked_by: str
    asked_on: date
    due_on: date
    state: KindState
    type_code: str
    settled_by: str
    reason: str
    reminders: int


@dataclass(frozen=True, slots=True)
class Timer:
    """Calendar days of a dated duty: ``share`` is whole percent of the time gone, 100 or more when it is up."""

    days: int
    left: int
    share: int
    overdue: bool


@dataclass(frozen=True, slots=True)
class LifeSweep:
    """What one sweep did."""

    closed: int = 0
    reminded: int = 0
    revisions: int = 0
    failed: int = 0


# --- problems --------------------------------------------------------------------------------------------------------

LIFE_MOVE = Problem(
    "standard_move_not_allowed",
    "这个版本现在是“{state_zh}”，不能{event_zh}。",
    "This version is {state_en}; it cannot be moved by: {event_en}.",
    status=409,
)
PERSON_NEEDED = Problem(
    "standard_person_needed",
    "这件事要由本人登录办理，系统不能代替。",
    "A person must sign in and do this; the system cannot do it for them.",
    status=403,
)
PROPOSER_EXCLUDED = Problem(
    "standard_proposer_excluded",
    "自己提出的版本，不能由自己比对或签署。",
    "Nobody compares or signs a version they proposed themselves.",
    status=403,
)
COMPARED_ALREADY = Problem(
    "standard_compared_already", "您已经提交过比对意见。", "You have already given your comparison.", status=409
)
SIGNED_ALREADY = Problem(
    "standard_signed_already",
    "您已经签署，另一次签署要由另一位办理。",
    "You have signed; the other signature must be another person's.",
    status=409,
)
COMPARISONS_MISSING = Problem(
    "standard_comparisons_missing",
    "至少要 {needed} 位专家比对，现在有 {found} 位。",
    "At least {needed} experts must compare it; {found} have.",
    status=409,
)
COMPARISONS_OPPOSED = Problem(
    "standard_comparisons_opposed",
    "反对的专家（{against} 位）不少于支持的（{support} 位），不能征求意见；请驳回，或者请提出人撤回后修改。",
    "No fewer experts oppose it ({against}) than support it ({support}); reject it, or have it withdrawn and changed.",
    status=409,
)
CONSULTATION_DAYS = Problem(
    "consultation_days",
    "征求意见应为 {least} 到 {most} 个工作日。",
    "A consultation lasts {least} to {most} working days.",
)
CONSULTATION_RUNNING = Problem(
    "consultation_running",
    "征求意见到 {until} 才结束。",
    "The consultation runs until {until}.",
    status=409,
)
CONSULTATION_OVER = Problem(
    "consultation_over", "现在没有在征求意见，或者已经截止。", "There is no consultation, or it is over.", status=409
)
COMMENTS_OPEN = Problem(
    "comments_open",
    "还有 {count} 条意见没有答复。",
    "{count} comments have not been answered.",
    status=409,
)
COMMENT_TWICE = Problem(
    "comment_twice", "这条意见已经收到，不用再提交。", "This comment has arrived already.", status=409
)
COMMENT_FLOOD = Problem(
    "comment_flood",
    "今天收到的意见太多，请明天再提交。",
    "Too many comments today; please come back tomorrow.",
    status=429,
)
COMMENT_ANSWERED = Problem("comment_answered", "这条意见已经答复。", "This comment is answered already.", status=409)
COMMENT_UNKNOWN = Problem("comment_unknown", "没有这条意见。", "There is no such comment.", status=404)
WORDS_NEEDED = Problem(
    "standard_words_needed",
    "请写明内容，至少 {least} 个字。",
    "Please write it out, in at least {least} characters.",
)
WORDS_LONG = Problem(
    "standard_words_long", "太长了，最多 {most} 个字。", "This is too long; at most {most} characters."
)
WORDS_CONTROLS = Problem(
    "standard_words_controls",
    "含有看不见的控制字符，请重新输入。",
    "This holds invisible control characters; type it again.",
)
VERDICT_UNKNOWN = Problem(
    "standard_verdict_unknown", "请选择：支持、修改后支持、反对。", "Choose: support, support with changes, oppose."
)
PROPOSAL_RUNNING = Problem(
    "standard_proposal_running",
    "标准 {code} 已有一个版本在办理（{number}），等它办完再提。",
    "A version of standard {code} is under way already ({number}); wait for it to end.",
    status=409,
)
VERSION_NOT_NEXT = Problem(
    "standard_version_not_next",
    "标准 {code} 的下一版应为第 {next} 版，表里写的是第 {version} 版。",
    "The next version of standard {code} is {next}, the file says {version}.",
)
EFFECTIVE_PASSED = Problem(
    "standard_effective_passed",
    "生效日期 {on} 已经过去。标准不能回头生效：请写今天以后的日期，重新提出。",
    "Its first day, {on}, has passed. A standard never applies backwards: propose it again with a later date.",
)
VERSION_UNKNOWN = Problem(
    "standard_version_unknown", "没有标准 {code} 第 {version} 版。", "There is no version {version} of standard {code}.",
    status=404,
)  # fmt: skip
RETIRED_ALREADY = Problem(
    "standard_retired_already",
    "这一版已经写明在 {on} 停用。",
    "This version is to be retired on {on} already.",
    status=409,
)
KIND_KNOWN = Problem(
    "kind_known",
    "标准里已经有这一类成果：{type_code} {name}。",
    "The standard has this kind of outcome already: {type_code} {name}.",
    status=409,
)
KIND_ASKED = Problem(
    "kind_asked", "这一类已经有人申请，编号 {number}。", "This kind has been asked for already: {number}.", status=409
)
KIND_CLOSED = Problem("kind_closed", "这个申请已经办结。", "This request is closed.", status=409)
KIND_UNKNOWN = Problem("kind_unknown", "没有这个申请。", "There is no such request.", status=404)
KIND_TYPE = Problem(
    "kind_type",
    "正在施行的标准里没有成果类型 {type_code}。",
    "No standard in force has an outcome type {type_code}.",
)
KIND_CLASS = Problem(
    "kind_class", "请选择成果的类别。", "Choose the class of outcome."
)  # fmt: skip
