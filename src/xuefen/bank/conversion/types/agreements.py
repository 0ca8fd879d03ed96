"""Agreements and alliances: members with dates, and the terms an alliance (联盟、公约) has agreed on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from xuefen.bank.shell.problems import Problem


class AgreementKind(StrEnum):
    AGREEMENT = "agreement"  # 协议: between its parties
    ALLIANCE = "alliance"  # 联盟公约: members join and leave


class ResourceKind(StrEnum):
    ITEM = "item"
    PROGRAMME = "programme"


@dataclass(frozen=True, slots=True)
class Resource:
    """A course, certificate, activity or programme a member shares: ``code`` is ``INSTITUTION/CODE``."""

    kind: ResourceKind
    code: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Quota:
    """The most a member takes in a calendar year: credits (hundredths), persons, or both; None sets no limit."""

    institution: str
    credits: int | None = None
    persons: int | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """A member's part of what the alliance earns, in percent."""

    institution: str
    percent: int


@dataclass(frozen=True, slots=True)
class JointProgramme:
    """“Degree + skill” with two certificates: a programme, and the certificate earned beside it."""

    name: str
    programme: str
    certificate: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What an alliance has agreed on, from a day on. The shares add up to 100, or there are none."""

    resources: tuple[Resource, ...] = ()
    quotas: tuple[Quota, ...] = ()
    shares: tuple[Share, ...] = ()
    joint: tuple[JointProgramme, ...] = ()


@dataclass(frozen=True, slots=True)
class MemberView:
    code: str
    name_zh: str
    name_en: str
    signatory: str
    joined_on: date
    left_on: date | None
    reason: str


@dataclass(frozen=True, slots=True)
class TermsView:
    version: int
    effective_from: date
    terms: Terms
    basis: str


@dataclass(frozen=True, slots=True)
class AgreementRow:
    number: str
    name: str
    mode: str
    kind: AgreementKind
    members: int
    rules: int
    effective_from: date
    ended_on: date | None


@dataclass(frozen=True, slots=True)
class AgreementView:
    """One agreement, with every member it ever had and every version of its terms, newest first."""

    row: AgreementRow
    reference: str  # the framework's own institution, "" for none
    reference_name: str
    end_reason: str
    members: tuple[MemberView, ...]
    terms: tuple[TermsView, ...]
    names: Mapping[str, str]  # what the terms' INSTITUTION/CODE are called


ALREADY_MEMBER = Problem(
    "already_member", "{institution} 已经是成员。", "{institution} is a member already.", status=409
)
NOT_A_MEMBER = Problem("not_a_member", "{institution} 现在不是成员。", "{institution} is not a member.", status=409)
NOT_AN_ALLIANCE = Problem(
    "not_an_alliance",
    "协议 {number} 不是联盟公约，成员不能加入或退出。",
    "Agreement {number} is not an alliance; nobody joins or leaves it.",
)
AGREEMENT_ENDED = Problem("agreement_ended", "协议 {number} 已经终止。", "Agreement {number} has ended.", status=409)
AGREEMENT_DATE = Problem("agreement_date", "日期不能早于 {since}。", "The date must not be before {since}.")
AGREEMENT_NAME = Problem(
    "agreement_name", "请写协议名称，最多 {most} 个字。", "Name the agreement, {most} characters at most."
)
TERMS_REFUSED = Problem("terms_refused", "条款有误：{zh}", "The terms are wrong: {en}")
