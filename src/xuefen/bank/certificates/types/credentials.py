"""Verifiable credentials: the second form of a certificate, and what is known about anybody's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from xuefen.bank.certificates.types.papers import CertificateState, Report

ISSUERS_FORMAT = "xuefen-issuers/1"
PURPOSE = "credentials"
"""Of the key that signs them."""
MOST_IN_RECORD = 400
"""Outcomes of one record; each is a credential with a proof of its own."""
TOKEN_LIST = "TokenStatusList"  # noqa: S105 - a name, no secret
"""The kind of a status entry that leads to an IETF token status list."""
BADGE_BYTES = 4 * 1024 * 1024
"""The largest file with a credential that is opened."""
PER_LIST = 65_536
"""Certificates whose entries are in one status list: half of its places at most, taken at random."""


class CredentialForm(StrEnum):
    """Which standard the credential follows."""

    CLR = "clr"  # Comprehensive Learner Record 2.0: a statement
    OB = "ob"  # Open Badges 3.0: a conversion


class ListPurpose(StrEnum):
    """What a set bit of a status list means."""

    REVOCATION = "revocation"
    SUSPENSION = "suspension"


STATE_OF: Mapping[ListPurpose, CertificateState] = MappingProxyType(
    {ListPurpose.REVOCATION: CertificateState.REVOKED, ListPurpose.SUSPENSION: CertificateState.SUSPENDED}
)


class CredentialKind(StrEnum):
    """What a credential is, beside the kinds of certificates."""

    BADGE = "badge"  # Open Badges 3.0
    RECORD = "record"  # CLR 2.0
    CREDENTIAL = "credential"  # any other verifiable credential
    SELECTIVE = "selective"  # an SD-JWT: its holder chose what to show


KIND_TITLES: Mapping[CredentialKind, tuple[str, str]] = MappingProxyType(
    {
        CredentialKind.BADGE: ("开放徽章", "Open Badge"),
        CredentialKind.RECORD: ("综合学习记录", "Comprehensive Learner Record"),
        CredentialKind.CREDENTIAL: ("可验证凭证", "Verifiable credential"),
        CredentialKind.SELECTIVE: ("只出示所选内容的凭证", "Credential that shows chosen fields"),
    }
)


class ShownField(StrEnum):
    """What a holder may show or leave out, one by one."""

    NAME = "name"
    ACCOUNT = "account"
    NUMBER = "number"
    CREDITS = "credits"
    PROGRAMME = "programme"  # of a conversion only
    OUTCOMES = "outcomes"  # of a statement: its outcomes; of a conversion: its lines
    GRADES = "grades"  # of a statement only


FIELD_NAMES: Mapping[ShownField, tuple[str, str]] = MappingProxyType(
    {
        ShownField.NAME: ("姓名", "Name"),
        ShownField.ACCOUNT: ("账户号", "Account number"),
        ShownField.NUMBER: ("证书编号", "Certificate number"),
        ShownField.CREDITS: ("学分合计", "Credits in all"),
        ShownField.PROGRAMME: ("专业", "Programme"),
        ShownField.OUTCOMES: ("明细", "Details"),
        ShownField.GRADES: ("成绩", "Grades"),
    }
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a holder shows of a certificate. ``lines``: which of its outcomes, by place, None for all of them."""

    fields: frozenset[ShownField]
    lines: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One thing that is shown: what it is in both languages, and its value."""

    zh: str
    en: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CredentialHome:
    """Whose credentials they are: this node's address, the identifier of its key, and since when the key is good."""

    url: str
    did: str
    method: str
    key_since: datetime


@dataclass(frozen=True, slots=True)
class StatusPlace:
    """Where a certificate stands in the status lists: the same place in the list of each purpose."""

    list_number: int
    index: int


@dataclass(frozen=True, slots=True)
class StatusRef:
    """What a credential says about where its status is told."""

    purpose: str
    list_url: str
    index: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What a status list says. ``reason_zh``, ``reason_en`` and ``at`` only where the bank itself was asked."""

    set: bool
    live: bool
    as_of: datetime
    at: datetime | None = None
    reason_zh: str = ""
    reason_en: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a verifier asked of whoever presents a credential; "" asks for nothing."""

    audience: str = ""
    nonce: str = ""


NOTHING_ASKED = Asked()


@dataclass(frozen=True, slots=True)
class Binding:
    """What a credential bound to its holder's key came with. ``state``: "good", "wrong", "none" nobody signed for it."""

    state: str
    audience: str = ""
    nonce: str = ""
    at: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class KnownIssuer:
    """Somebody else's issuer whom this node believes, and the keys it is known by: Multikeys, or thumbprints of JWKs."""

    id: str
    zh: str
    en: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Examined:
    """One credential as the process that takes files apart found it. Nothing in it is believed yet.

    ``state`` is that of its proofs together, ``controller`` and ``key`` whose they claim to be: the Multikey or the
    thumbprint of the JWK. ``inner`` are the credentials inside a record.
    """

    credential: Mapping[str, Any] = field(repr=False)
    container: str  # json, jwt, png, svg
    state: str
    controller: str = ""
    key: str = ""
    created: str = ""
    expires: str = ""
    detail: str = ""
    binding: Binding | None = None  # of a credential that names its holder's key, or came with a signature of one
    inner: tuple[Examined, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """A credential as the VC API reports it: the verdicts, and whether its signer could prove to be its issuer."""

    report: Report
    bound: bool


@dataclass(frozen=True, slots=True)
class PresentationReport:
    """What a presentation is worth. ``faults`` are codes: unreadable, format, holder, challenge, domain, or a proof's state."""

    faults: tuple[str, ...]
    detail: str = ""
    credentials: tuple[Judged, ...] = ()


@dataclass(frozen=True, slots=True)
class BadgeFacts:
    """An outside badge in a learner's account."""

    id: int
    name: str
    issuer: str
    issuer_id: str
    kind: CredentialKind
    awarded_at: str
    imported_at: datetime
    issuer_known: bool
    verdicts: tuple[tuple[str, str, str, str], ...]
    """(check, state, Chinese, English) as they were when it was imported."""
