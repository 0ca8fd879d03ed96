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
class RuleDraft:
    """A rule as its parties wrote it. Items are ``INSTITUTION/CODE``. ``number`` is None for a new rule; an existing number makes
    its next version, which takes over on ``effective_from``.
    """

    receiver: str
    sources: tuple[str, ...]
    basis: Text
    effective_from: date
    targets: tuple[TargetDraft, ...] = ()
    elective: str = ""
    result: int | None = None
    conditions: Conditions = NO_CONDITIONS
    clause: str = ""
    number: str | None = None


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
class RuleFile:
    """What a rule file holds (docs/rules.md)."""

    rules: tuple[RuleDraft, ...]
    v: int = 1


@dataclass(frozen=True, slots=True)
class RuleView:
    """One version of a rule as the browser shows it."""

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
RULE_TEXT_UNREADABLE = Problem("rule_text_unreadable", "规则文件读不懂：{why}", "The rule file cannot be read: {why}")
