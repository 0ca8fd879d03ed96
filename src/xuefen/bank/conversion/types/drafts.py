"""Rules before they are published, and rules as people browse them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from xuefen.bank.conversion.types.problem import NO_CONDITIONS, Conditions, Text
from xuefen.bank.shell.problems import Problem


class AgreementMode(StrEnum):
    AGREEMENT = "agreement"  # 协议制
    FRAMEWORK = "framework"  # 资历框架


class RuleState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class TargetDraft:
    """A course of the receiver, by ``INSTITUTION/CODE``; ``credits`` (hundredths) when the rule states the result."""

    item: str
    credits: int | None = None


@dataclass(frozen=True, slots=True)
class PoolDraft:
    """Choose from an area: outcomes of ``items`` that add up to at least ``credits`` (hundredths)."""

    items: tuple[str, ...]
    credits: int


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """A rule as its parties wrote it. Items are ``INSTITUTION/CODE``; the fields mean what they mean in ``PlanRule``.

    ``number`` is None for a new rule; an existing number makes its next version, which takes over on ``effective_from``.
    ``effective_until`` is the first day on which it no longer holds.
    """

    receiver: str
    basis: Text
    effective_from: date
    sources: tuple[str, ...] = ()
    either: tuple[tuple[str, ...], ...] = ()
    pool: PoolDraft | None = None
    targets: tuple[TargetDraft, ...] = ()
    elective: str = ""
    result: int | None = None
    conditions: Conditions = NO_CONDITIONS
    clause: str = ""
    number: str | None = None
    effective_until: date | None = None
    overlap: int | None = None
    waives: bool = False
    grade: int | None = None
    denies: bool = False
    denied_issuer: str = ""

    def alternatives(self) -> tuple[tuple[str, ...], ...]:
        """The sets of items of which one is needed; none for a pool."""
        return self.either or ((self.sources,) if self.sources else ())

    def items(self) -> tuple[str, ...]:
        """Every item it may take from, once, in the order of writing."""
        named = [item for items in self.alternatives() for item in items]
        return tuple(dict.fromkeys([*named, *(self.pool.items if self.pool else ())]))


@dataclass(frozen=True, slots=True)
class RuleError:
    """One thing wrong with one draft of a set: its position (from 0), the field, and the problem with its parameters."""

    index: int
    field: str
    problem: Problem
    params: Mapping[str, object]

    def sentence(self, language: str = "zh") -> str:
        return self.problem.sentence(language, self.params)


@dataclass(frozen=True, slots=True)
class TextFault:
    """One thing wrong with a rule file: its line (from 1), the rule it belongs to (from 1, None for the file) and the key."""

    line: int
    rule: int | None
    place: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class RuleView:
    """One version of a rule as the browser shows it: ``sources`` are all items it may take from; ``sentence`` says it all."""

    number: str
    version: int
    state: str
    agreement: str
    receiver_code: str
    receiver_name: str
    effective_from: date
    retired_on: date | None
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    body: dict[str, Any]
    sentence: Text
    agreement_name: str = ""


@dataclass(frozen=True, slots=True)
class RulePage:
    rules: tuple[RuleView, ...]
    page: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much the published rules reach: rules in force, distinct source items, distinct target courses, receivers."""

    rules: int
    source_items: int
    target_items: int
    receivers: int


AGREEMENT_UNKNOWN = Problem(
    "agreement_unknown", "没有这份协议：{number}。", "There is no agreement {number}.", status=404
)
AGREEMENT_NOT_IN_FORCE = Problem(
    "agreement_not_in_force", "协议 {number} 在 {on} 不生效。", "Agreement {number} is not in force on {on}."
)
AGREEMENT_PARTIES = Problem(
    "agreement_parties",
    "协议至少要有一个成员机构，每个成员都要签署。",
    "An agreement needs at least one party, and every party signs.",
)
RULES_REFUSED = Problem(
    "rules_refused", "{count} 条规则有问题，第一处：{first}", "{count} rules have problems, the first: {first_en}"
)
RULE_UNKNOWN = Problem("rule_unknown", "没有这条规则：{number}。", "There is no rule {number}.", status=404)
RULE_ALREADY_RETIRED = Problem(
    "rule_already_retired", "规则 {number} 已经停用。", "Rule {number} is already retired.", status=409
)
ITEM_UNKNOWN = Problem("rule_item_unknown", "目录里没有 {item}。", "The catalogue has no {item}.")
RECEIVER_NOT_PARTY = Problem(
    "rule_receiver_not_party",
    "接收机构 {receiver} 不是协议成员。",
    "The receiver {receiver} is not a party to the agreement.",
)
TARGET_NOT_OF_RECEIVER = Problem(
    "rule_target_not_of_receiver", "{item} 不是 {receiver} 的课程。", "{item} is not a course of {receiver}."
)
RULE_SHAPE = Problem("rule_shape", "{zh}", "{en}")
RULE_ANOTHER_RECEIVER = Problem(
    "rule_another_receiver",
    "规则 {number} 属于另一接收机构，不能改换。",
    "Rule {number} belongs to another receiver, which a new version cannot change.",
)
RULE_TWICE = Problem("rule_twice", "规则 {number} 在这一批里出现两次。", "Rule {number} is given twice in this set.")
RULE_OVERLAPS = Problem(
    "rule_overlaps",
    "规则 {number} 第 {version} 版从 {since} 起生效，新版应晚于它。",
    "Version {version} of rule {number} takes effect on {since}; a new version starts later.",
)
RULE_TOO_WIDE = Problem(
    "rule_too_wide",
    "这条规则的“任一”组合太多：最多 {alternatives} 种，每种最多 {items} 项，范围内选修最多 {pool} 项。",
    "This rule's either/or is deliberately explosive: at most {alternatives} alternatives of {items} items, {pool} in a pool.",
)
RULE_VALIDITY = Problem(
    "rule_validity",
    "停止日期 {until} 应晚于生效日期 {since}。",
    "The end {until} must come after the start {since}.",
)
RULE_DUPLICATE = Problem(
    "rule_duplicate",
    "同样的来源、目标和条件在同一时期已有规则 {number}。",
    "Rule {number} already says this of the same sources, targets and conditions in the same period.",
)
RULE_DUPLICATE_IN_SET = Problem(
    "rule_duplicate_in_set",
    "与本批第 {other} 条的来源、目标、条件和时期相同。",
    "It has the sources, targets, conditions and period of rule {other} of this set.",
)
RULE_OVERLAP_LOW = Problem(
    "rule_overlap_low",
    "内容重合 {overlap}% 低于标准要求的 {needed}%（{reference}）。",
    "The content overlap of {overlap} % is below the standard's {needed} % ({reference}).",
)
RULE_ISSUER_UNKNOWN = Problem(
    "rule_issuer_unknown", "没有代码为 {issuer} 的机构。", "There is no institution with the code {issuer}."
)
RULE_TEXT_FAULTS = Problem(
    "rule_text_faults",
    "规则文件有 {count} 处错误，第一处在第 {line} 行：{first}",
    "The rule file has {count} errors, the first on line {line}: {first_en}",
)
RULE_TEXT_UNREADABLE = Problem("rule_text_unreadable", "规则文件读不懂：{why}", "The rule file cannot be read: {why}")
