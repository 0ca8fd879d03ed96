"""The life of a rule: a proposal of drafts, experts' opinions, signatures; and the contracts that keep a version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from xuefen.bank.conversion.types.drafts import RuleDraft
from xuefen.bank.shell.problems import Problem


class ProposalState(StrEnum):
    NEW = "new"  # before the first move; never stored
    DRAFT = "draft"  # 起草中
    COMPARING = "comparing"  # 专家比对中
    SIGNING = "signing"  # 待双方签署
    SIGNED = "signed"  # 已签署，待发布
    PUBLISHED = "published"  # 已发布
    REJECTED = "rejected"  # 不通过
    WITHDRAWN = "withdrawn"  # 已撤回


class ProposalEvent(StrEnum):
    PROPOSE = "propose"
    REVISE = "revise"
    SUBMIT = "submit"
    COMPARE = "compare"  # an expert's opinion that does not settle it yet
    ENDORSE = "endorse"  # the opinion with which most experts agree
    RETURN = "return"
    REJECT = "reject"
    SIGN = "sign"  # a signature after which another is still missing
    SIGN_LAST = "sign_last"
    PUBLISH = "publish"
    WITHDRAW = "withdraw"


class ContractState(StrEnum):
    NEW = "new"  # before the first move; never stored
    OPEN = "open"  # 待签署
    IN_FORCE = "in_force"  # 生效
    DECLINED = "declined"  # 未签成
    ENDED = "ended"  # 已终止


class ContractEvent(StrEnum):
    OFFER = "offer"
    SIGN = "sign"
    SIGN_LAST = "sign_last"
    DECLINE = "decline"
    END = "end"


class RuleEvent(StrEnum):
    """What may happen to a published version."""

    RETIRE = "retire"
    SUPERSEDE = "supersede"


class Standing(StrEnum):
    """Where a rule stands on a day, its agreement considered."""

    ALL = ""
    IN_FORCE = "in_force"
    COMING = "coming"
    ENDED = "ended"


class Role(StrEnum):
    """Who makes a move."""

    DRAFTER = "drafter"  # 起草人
    EXPERT = "expert"  # 专家
    SIDE = "side"  # 协议的一方: source institution or receiver
    PUBLISHER = "publisher"  # 总平台或接收机构
    LEARNER = "learner"  # 学习者
    NOBODY = "nobody"


class Verdict(StrEnum):
    AGREE = "agree"  # 同意
    CHANGE = "change"  # 修改后再议
    REJECT = "reject"  # 不同意


class Side(StrEnum):
    """The three sides of a contract."""

    LEARNER = "learner"
    ISSUER = "issuer"
    RECEIVER = "receiver"


# --- facts the rules of this life are asked about --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpinionFacts:
    """One expert's opinion on one revision; ``overlaps``: percent of content found, one for each draft of the set."""

    user_id: int
    verdict: Verdict
    overlaps: tuple[int | None, ...] = ()


@dataclass(frozen=True, slots=True)
class SignatureFacts:
    user_id: int
    institution: str


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two revisions: ``index`` of the draft (from 0), and a sentence."""

    index: int
    zh: str
    en: str


# --- what pages are shown --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProposalRow:
    number: str
    title: str
    state: ProposalState
    agreement: str
    agreement_name: str
    revision: int
    rules: int
    opinions: int
    signed: tuple[str, ...]  # codes of the institutions that have signed this revision
    wanted: tuple[str, ...]  # codes of those whose signature is still missing
    changed_at: datetime
    mine: bool = False  # the reader has something to do


@dataclass(frozen=True, slots=True)
class OpinionView:
    expert: str
    revision: int
    verdict: Verdict
    overlaps: tuple[int | None, ...]
    reasons: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SignatureView:
    institution: str
    institution_name: str
    signer: str
    revision: int
    at: datetime


@dataclass(frozen=True, slots=True)
class LifeMove:
    seq: int
    event: str
    to_state: str
    who: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ProposalView:
    """One proposal. ``opinions`` holds only what the reader may see: experts judge without knowing each other's opinion."""

    row: ProposalRow
    drafts: tuple[RuleDraft, ...]
    changes: tuple[Change, ...]  # since the revision before
    opinions: tuple[OpinionView, ...]
    hidden_opinions: int
    signatures: tuple[SignatureView, ...]
    moves: tuple[LifeMove, ...]
    basis_application: str
    published: tuple[str, ...]  # numbers of the rules
    may: frozenset[ProposalEvent]  # what the reader may do now
    may_sign_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """How a published version came about, as far as it is public: who compared is told by number, who signed by institution."""

    proposal: str
    experts: int
    overlaps: tuple[int, ...]
    signed: tuple[tuple[str, date], ...]  # institution's name, day


@dataclass(frozen=True, slots=True)
class ContractView:
    number: str
    state: ContractState
    rule: str
    version: int
    items: tuple[str, ...]  # INSTITUTION/CODE
    targets: tuple[str, ...]
    masked_name: str
    issuer: str
    issuer_name: str
    receiver: str
    receiver_name: str
    until: date
    offered_at: datetime
    signed: Mapping[Side, datetime]
    reason: str
    moves: tuple[LifeMove, ...] = ()
    may_sign: tuple[Side, ...] = ()
    may_end: bool = False
    superseded: bool = False  # the rule has a newer version or is retired

    def kept(self, on: date) -> bool:
        """Whether it keeps its version for plans made on that day."""
        return self.state is ContractState.IN_FORCE and on <= self.until


# --- problems ---------------------------------------------------------------------------------------------------------

TEXT_CONTROLS = Problem(
    "text_controls",
    "文字里有不可见或会改变文字方向的字符，请删除后重试。",
    "The text has characters that are invisible or change its direction; please remove them.",
)
PROPOSAL_UNKNOWN = Problem("proposal_unknown", "没有这份规则提案。", "There is no such proposal.", status=404)
PROPOSAL_MOVE = Problem(
    "proposal_move",
    "提案现在是“{state_zh}”，不能{event_zh}。",
    "The proposal is {state_en}; it cannot be {event_en}.",
    status=409,
)
PROPOSAL_CHANGED = Problem(
    "proposal_changed",
    "您看的是第 {seen} 稿，现在是第 {now} 稿，之前的比对和签署不再算数。改动：{zh}",
    "You saw revision {seen}; revision {now} is current, and earlier opinions and signatures no longer count. Changed: {en}",
    status=409,
)
PROPOSAL_EMPTY = Problem(
    "proposal_empty", "提案里至少要有一条规则，最多 {most} 条。", "A proposal holds one to {most} rules."
)
PROPOSAL_TITLE = Problem("proposal_title", "请写一个标题，最多 120 个字。", "Give it a title, 120 characters at most.")
PROPOSAL_UNCHANGED = Problem(
    "proposal_unchanged", "内容没有变，不用另存一稿。", "Nothing has changed, so there is no new revision."
)
PERSON_NEEDED = Problem(
    "person_needed",
    "这一步要由本人登录办理，系统不能代办。",
    "This step is for a signed-in person; the house cannot do it.",
    status=403,
)
EXPERT_NOT_INDEPENDENT = Problem(
    "expert_not_independent",
    "起草过这份提案的人不能再当它的比对专家。",
    "Whoever wrote a proposal cannot be its expert.",
    status=403,
)
OPINION_GIVEN = Problem(
    "opinion_given", "您对这一稿已经给过意见。", "You have given your opinion on this revision.", status=409
)
OVERLAP_BOUNDS = Problem(
    "overlap_bounds",
    "每条规则写一个内容重合度，在 0 到 100 之间。",
    "Give one content overlap for each rule, between 0 and 100.",
)
REASONS_NEEDED = Problem(
    "reasons_needed", "请写明理由，最多 {most} 个字。", "State the reasons, {most} characters at most."
)
SIGNER_NOT_INDEPENDENT = Problem(
    "signer_not_independent",
    "当过比对专家的人不能再代表一方签署。",
    "Whoever compared a proposal as expert cannot sign it for a side.",
    status=403,
)
SIGNED_ALREADY = Problem(
    "signed_already",
    "这一稿您已经签过；另一方要由另一个人签。",
    "You have signed this; the other side is signed by another person.",
    status=409,
)
NOT_A_SIDE = Problem(
    "not_a_side",
    "{institution} 不是这份提案的签署方，或者您不代表它。",
    "{institution} is not a side of this, or you do not act for it.",
    status=403,
)
DECISION_EMPTY = Problem(
    "decision_empty",
    "这一行决定里没有可以写成规则的成果和课程。",
    "This line of the decision names no outcome and course a rule could be made of.",
)
CHAIN_UNKNOWN = Problem(
    "chain_unknown",
    "经参照标准从 {source} 到 {target} 没有这样的链条，请刷新后再选。",
    "There is no such chain from {source} to {target} through a reference standard. Reload and choose again.",
    status=404,
)
CONTRACT_UNKNOWN = Problem("contract_unknown", "没有这份保证转换合同。", "There is no such contract.", status=404)
CONTRACT_MOVE = Problem(
    "contract_move",
    "合同现在是“{state_zh}”，不能{event_zh}。",
    "The contract is {state_en}; it cannot be {event_en}.",
    status=409,
)
CONTRACT_UNTIL = Problem(
    "contract_until",
    "保证期限应在一个月到 {years} 年之间。",
    "A contract lasts between one month and {years} years.",
)
CONTRACT_ITEMS = Problem(
    "contract_items",
    "合同要写明规则收的成果，且都由同一家机构颁发。",
    "A contract names outcomes the rule takes, all of one issuer.",
)
CONTRACT_RULE = Problem(
    "contract_rule",
    "规则 {number} 现在没有生效的版本，或者是“不予转换”，不能订合同。",
    "Rule {number} has no version in force, or denies conversion; no contract can keep it.",
)
CONTRACT_TWICE = Problem(
    "contract_twice",
    "这位学习者对规则 {number} 已有一份合同 {contract}。",
    "This learner already has contract {contract} on rule {number}.",
    status=409,
)
