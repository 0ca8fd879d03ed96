"""Certificates: what they say, the questions a verifier asks, and the refusals of this room.

Credits are integers in hundredths. Times are aware and in UTC; in documents they are text, ``2026-11-20T02:03:04Z``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from xuefen.bedrock.policy import Policy

DOCUMENT_FORMAT = "xuefen-certificate/1"
TRUST_FORMAT = "xuefen-trust/1"
STATUS_FORMAT = "xuefen-status/1"
STATUS_MAX_AGE = timedelta(days=7)
"""A status list older than this says nothing about today any more."""
MAX_FILE_BYTES = 20 * 1024 * 1024


class CertificateKind(StrEnum):
    STATEMENT = "statement"  # 学习成果证明
    CONVERSION = "conversion"  # 学习成果转换证书


TITLES: Mapping[CertificateKind, tuple[str, str]] = MappingProxyType(
    {
        CertificateKind.STATEMENT: ("学习成果证明", "Statement of Learning Outcomes"),
        CertificateKind.CONVERSION: ("学习成果转换证书", "Certificate of Credit Conversion"),
    }
)


class CertificateState(StrEnum):
    VALID = "valid"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


STATE_WORDS: Mapping[CertificateState, tuple[str, str]] = MappingProxyType(
    {
        CertificateState.VALID: ("有效", "Valid"),
        CertificateState.SUSPENDED: ("暂停", "Suspended"),
        CertificateState.REVOKED: ("已吊销", "Revoked"),
    }
)


class StatusReason(StrEnum):
    """Why a certificate no longer counts. A closed list, because it is published: free text could name a person."""

    ISSUED_IN_ERROR = "issued_in_error"
    OUTCOME_REVOKED = "outcome_revoked"
    CONVERSION_REVOKED = "conversion_revoked"
    SUPERSEDED = "superseded"
    HOLDER_REQUEST = "holder_request"
    UNDER_INVESTIGATION = "under_investigation"
    KEY_COMPROMISED = "key_compromised"


REASON_WORDS: Mapping[StatusReason, tuple[str, str]] = MappingProxyType(
    {
        StatusReason.ISSUED_IN_ERROR: ("签发有误", "issued in error"),
        StatusReason.OUTCOME_REVOKED: ("所列学习成果已撤销", "a listed outcome was withdrawn"),
        StatusReason.CONVERSION_REVOKED: ("所依据的转换已撤销", "the conversion it rests on was withdrawn"),
        StatusReason.SUPERSEDED: ("已另发新证书", "replaced by a newer certificate"),
        StatusReason.HOLDER_REQUEST: ("持有人申请", "at the holder's request"),
        StatusReason.UNDER_INVESTIGATION: ("正在核查", "under investigation"),
        StatusReason.KEY_COMPROMISED: ("签名密钥失窃", "the signing key was stolen"),
    }
)


# --- bodies: what is signed ------------------------------------------------------------------------------------------
# Fields with repr=False hold personal data.


@dataclass(frozen=True, slots=True)
class IssuerName:
    """The node that issues: its code, its log's origin and its names."""

    node: str
    origin: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose certificate it is, as the paper says it."""

    name: str = field(repr=False)
    account: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OutcomeLine:
    """One outcome on a statement. ``level`` is the framework level, None where the class has none."""

    number: str
    item: str
    issuer: str
    outcome_class: str
    level: int | None
    credits: int
    awarded_on: date
    grade: str


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One outcome a conversion used, and the credit taken from it."""

    number: str
    item: str
    credits: int


@dataclass(frozen=True, slots=True)
class ConversionLine:
    """One course or requirement of the programme, the credit granted for it and the outcomes it was granted for."""

    course: str
    credits: int
    outcomes: tuple[SourceLine, ...]


@dataclass(frozen=True, slots=True)
class ProgrammeName:
    name: str
    institution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateBody:
    """Everything a certificate states. ``salt`` (32 hex digits, random) keeps its digest in the log from being guessed."""

    number: str
    issuer: IssuerName
    holder: Holder
    issued_at: datetime
    expires_on: date | None
    salt: str = field(repr=False)
    credits: int

    @property
    def kind(self) -> CertificateKind:
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementBody(CertificateBody):
    outcomes: tuple[OutcomeLine, ...]

    @property
    def kind(self) -> CertificateKind:
        return CertificateKind.STATEMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionBody(CertificateBody):
    application: str
    programme: ProgrammeName
    lines: tuple[ConversionLine, ...]

    @property
    def kind(self) -> CertificateKind:
        return CertificateKind.CONVERSION


# --- what a verifier brings ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key of a node, for one purpose ("certificates" or "log"), and when it may sign."""

    purpose: str
    algorithm: str
    raw: bytes
    key_id: str
    valid_from: datetime
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom a verifier believes: one node, its log's origin and its keys, past and present.

    ``witnesses``: how many cosignatures of whom a checkpoint of its log needs; None asks for none.
    """

    node: str
    origin: str
    zh: str
    en: str
    keys: tuple[TrustedKey, ...]
    generated_at: datetime
    witnesses: Policy | None = None


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """A certificate that is not simply valid: which state, why, since when."""

    state: CertificateState
    reason: StatusReason
    at: datetime


@dataclass(frozen=True, slots=True)
class StatusList:
    """All certificates that are not valid, by hex SM3 of their number. ``live``: read from the bank itself just now."""

    generated_at: datetime
    entries: Mapping[str, StatusEntry]
    live: bool = False


# --- what a verifier says --------------------------------------------------------------------------------------------


class Check(StrEnum):
    """The eight questions, in the order they are answered; and one that only some credentials ask."""

    FORMAT = "format"
    SIGNATURE = "signature"
    ISSUER = "issuer"
    HOLDER = "holder"  # only of a credential that names its holder's key
    LOG = "log"
    WITNESSES = "witnesses"
    EXPIRY = "expiry"
    SUSPENSION = "suspension"
    REVOCATION = "revocation"


CHECK_NAMES: Mapping[Check, tuple[str, str]] = MappingProxyType(
    {
        Check.FORMAT: ("格式", "Format"),
        Check.SIGNATURE: ("签名", "Signature"),
        Check.ISSUER: ("签发机构", "Issuer"),
        Check.HOLDER: ("出示的人", "Holder"),
        Check.LOG: ("公开日志", "Public log"),
        Check.WITNESSES: ("见证", "Witnesses"),
        Check.EXPIRY: ("有效期", "Expiry"),
        Check.SUSPENSION: ("暂停", "Suspension"),
        Check.REVOCATION: ("吊销", "Revocation"),
    }
)


class VerdictState(StrEnum):
    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"  # could not be found out
    SKIPPED = "skipped"  # makes no sense after another verdict


@dataclass(frozen=True, slots=True)
class Verdict:
    """One answer: a state, a stable code, and one plain sentence in each language."""

    check: Check
    state: VerdictState
    code: str
    zh: str
    en: str

    def sentence(self, language: str = "zh") -> str:
        return self.en if language.startswith("en") else self.zh


@dataclass(frozen=True, slots=True)
class PublicFacts:
    """What anybody may see of a certificate. The holder's name is masked: compare it face to face. Only a QR code gives it in
    full, to whoever holds the paper, because the name on the paper must be the one in the code.
    """

    number: str
    kind: StrEnum  # CertificateKind, or CredentialKind for a credential of somebody else
    title_zh: str
    title_en: str
    holder: str
    content_zh: str
    content_en: str
    issuer_zh: str
    issuer_en: str
    issued_at: datetime
    expires_on: date | None
    shown: tuple[Any, ...] = ()
    """``ShownRow``: what the holder of an SD-JWT chose to show; whoever has the file has it in full."""


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """A certificate in a list of its holder or of a desk; nothing here is sealed. ``reason`` is why it does not count."""

    number: str
    kind: CertificateKind
    title_zh: str
    title_en: str
    masked_name: str
    application: str | None
    issued_at: datetime
    expires_on: date | None
    state: CertificateState
    reason: StatusReason | None
    state_at: datetime | None
    sealed: bool  # in the log, so that it can be downloaded


@dataclass(frozen=True, slots=True)
class Report:
    """The verdicts on one file. ``facts`` only when signature and issuer are good: nobody reads a forger's words here."""

    verdicts: tuple[Verdict, ...]
    headline_zh: str
    headline_en: str
    facts: PublicFacts | None
    number: str  # as the file claims it; "" when it claims none
    checked_at: datetime

    @property
    def ok(self) -> bool:
        """True when every verdict is good."""
        return all(verdict.state is VerdictState.GOOD for verdict in self.verdicts)

    def __getitem__(self, check: Check | str) -> Verdict:
        return next(verdict for verdict in self.verdicts if verdict.check == check)

    def to_json(self) -> dict[str, Any]:
        """The report for machines; keys and codes are stable, sentences are not."""
        return {
            "ok": self.ok,
            "number": self.number,
            "checked_at": self.checked_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "headline": {"zh": self.headline_zh, "en": self.headline_en},
            "verdicts": [
                {"check": v.check.value, "state": v.state.value, "code": v.code, "zh": v.zh, "en": v.en}
                for v in self.verdicts
            ],
        }
