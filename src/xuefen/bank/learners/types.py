"""Learners and their accounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from xuefen.bank.shell.problems import Denied, Problem
from xuefen.bedrock.ids import BadNumber


class Assurance(IntEnum):
    """How surely we know who somebody is (实名等级)."""

    SELF_DECLARED = 1  # 一级，自报
    SEEN = 2  # 二级，当面核验
    THIRD_PARTY = 3  # 三级，第三方核验


class AccountState(StrEnum):
    OPEN = "open"
    FROZEN = "frozen"
    CLOSED = "closed"


class OpeningMethod(StrEnum):
    ONLINE = "online"  # 自助开户
    SERVICE_POINT = "service_point"  # 受理点当面开户


AGREEMENT_VERSION = "2026-09"
"""Version of ``agreement.zh.txt`` and ``agreement.en.txt``; a changed text is a new version."""


# Fields with repr=False hold personal data or keys: they must never reach a log, a traceback or an exception's text.


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks for an account, as typed."""

    name: str = field(repr=False)
    id_number: str = field(repr=False)
    phone: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Personal:
    """A learner's personal data in stored form. Exists in memory only while somebody entitled looks at it."""

    name: str = field(repr=False)
    id_number: str = field(repr=False)
    phone: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CheckedPerson:
    """A person whose particulars passed every check, and what the clerk should look at again."""

    personal: Personal
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class SealedPerson:
    """What is stored of a person. ``wrapped_key`` holds one half of their data key; the other is in the slot ``id``."""

    id: int
    account_no: str
    sealed: bytes = field(repr=False)
    wrapped_key: bytes = field(repr=False)
    id_blind: bytes = field(repr=False)
    name_blind: bytes = field(repr=False)
    masked_name: str
    holder: str  # the commitment that the leaf of the opening carries


@dataclass(frozen=True, slots=True)
class Secrets:
    """The node's two secrets for learners: ``wrap`` (16 bytes, SM4) and ``blind`` (32 bytes, HMAC-SM3).

    ``earlier``: wrapping keys that were replaced, while something may still be wrapped with them.
    """

    wrap: bytes = field(repr=False)
    blind: bytes = field(repr=False)
    earlier: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """What became of one person's opening. In a bulk opening ``denied`` says why there is no account (id 0, number "")."""

    learner_id: int
    account_no: str
    warnings: tuple[Problem, ...] = ()
    denied: Denied | None = None


@dataclass(frozen=True, slots=True)
class LearnerFacts:
    """A learner as a deposit sees them. ``data_key`` is None when the person was erased.

    ``blind`` is the node's blind key, carried so that ``rules.name_matches`` stays pure.
    """

    id: int
    account_no: str
    state: AccountState
    assurance: Assurance
    name_blind: bytes = field(repr=False)
    data_key: bytes | None = field(repr=False)
    blind: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Resolved:
    """Accounts found, under exactly the text they were asked for; what is absent was not found."""

    by_account: dict[str, LearnerFacts] = field(default_factory=dict, repr=False)
    by_id: dict[str, LearnerFacts] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class AgreementText:
    """The service agreement. ``sm3`` (hex) is over the Chinese text, which is the binding one."""

    version: str
    text: str
    sm3: str


NAME_EMPTY = Problem("name_empty", "请填写姓名。", "Enter the name.")
NAME_LONG = Problem("name_long", "姓名不能超过 {most} 个字符。", "A name cannot have more than {most} characters.")
NAME_CONTROLS = Problem(
    "name_controls",
    "姓名第 {position} 个字符不可见或会改变文字方向，请删除后重试。",
    "Character {position} of the name is invisible or changes the direction of text; please remove it.",
)
NAME_DIGITS = Problem(
    "name_digits", "姓名中不应有数字，请与证件核对。", "A name has no digits; please compare with the document."
)
NAME_LETTERS = Problem(
    "name_letters", "姓名中没有文字，请与证件核对。", "The name has no letters; please compare with the document."
)
PHONE = Problem(
    "phone",
    "手机号应为 11 位大陆号码，没有时可不填。",
    "A mobile number has 11 digits (mainland); leave it empty if there is none.",
)
ID_PROBLEMS = {
    code: Problem(code, BadNumber(code).zh, BadNumber(code).en)
    for code in ("id_number_length", "id_number_15", "id_number_digits", "id_number_date", "id_number_check")
}
"""What can be wrong with an identity number, by the code of ``ids.BadNumber``. No sentence repeats the number."""
ID_COUNTY = Problem(
    "id_number_county",
    "身份证号的地区代码不在已知区划中，请与证件核对（不影响开户）。",
    "The county code of the identity number is not a known one; please compare with the document (not a refusal).",
)
AGREEMENT_NOT_SIGNED = Problem(
    "agreement_not_signed", "请先阅读并同意服务协议。", "Please read and agree to the service agreement first."
)
ACCOUNT_EXISTS = Problem(
    "account_exists",
    "该身份证号已开立学习账户，一人终身一户。请登录，或到任一受理点找回账户。",
    "This identity number already has its one lifelong account. Sign in, or recover it at any service point.",
    status=409,
)
ACCOUNT_UNKNOWN = Problem(
    "account_unknown",
    "没有找到这个学习账户，或者不在您的范围内。",
    "There is no such account, or it is outside your scope.",
    status=404,
)
ACCOUNT_STATE = Problem(
    "account_state",
    "账户目前的状态（{state}）不允许这样做。",
    "The account's present state ({state}) does not allow this.",
    status=409,
)
ERASED_NAME = "（已删除）"
"""What stands in place of a masked name once the person was erased."""
PERSON_ERASED = Problem(
    "person_erased", "该学习者的个人信息已删除。", "This learner's personal data has been erased.", status=410
)
PROOF_LEVEL = Problem(
    "proof_level",
    "工作人员只能办理当面核验（二级）。",
    "Staff can only record that they saw the person (level 2).",
)
PROOF_METHOD = Problem(
    "proof_method", "请写明核验方式（1 至 40 字）。", "State how the identity was proved (1 to 40 characters)."
)
