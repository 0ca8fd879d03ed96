"""What a credential says, read without believing it: its form, its dates, its issuer, where its status is told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from xuefen.bank.certificates.rules.shape import Misshapen
from xuefen.bank.certificates.types import TOKEN_LIST, CredentialKind, ListPurpose, StatusRef
from xuefen.bedrock.vc import linked

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_BADGES = {"OpenBadgeCredential", "AchievementCredential"}
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Claims:
    """What a well-formed credential claims. Texts are cut short and cannot steer a screen."""

    kind: CredentialKind
    id: str
    issuer_id: str
    issuer: str
    name: str
    holder: str
    valid_from: datetime | None
    valid_until: datetime | None
    status: tuple[StatusRef, ...]


def text(value: Any) -> str:
    """A stranger's text, fit to be shown."""
    if isinstance(value, dict):  # a language value, or many languages
        value = value.get("@value") or next((v for v in value.values() if isinstance(v, str)), "")
    if isinstance(value, list):
        return text(value[0]) if value else ""
    return _STEERING.sub(" ", value)[:_LONGEST] if isinstance(value, str) else ""


def listed(value: Any) -> list[Any]:
    """One or many, as JSON-LD has it."""
    return [] if value is None else list(value) if isinstance(value, list) else [value]


def address(value: Any, where: str) -> str:
    """An absolute address, plain or as the ``id`` of something. Raises Misshapen."""
    found = value.get("id") if isinstance(value, dict) else value
    if not isinstance(found, str) or len(found) > 2000 or not _ADDRESS.fullmatch(found):
        raise Misshapen(where)
    return found


def _time(value: Any, where: str) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise Misshapen(where)
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Misshapen(where) from None


def kind_of(credential: Mapping[str, Any]) -> CredentialKind:
    """What a credential says it is."""
    if "vct" in credential:
        return CredentialKind.SELECTIVE
    types = {kind for kind in listed(credential.get("type")) if isinstance(kind, str)}
    if "ClrCredential" in types:
        return CredentialKind.RECORD
    return CredentialKind.BADGE if types & _BADGES else CredentialKind.CREDENTIAL


def claims_of(credential: Mapping[str, Any]) -> Claims:
    """What the credential claims. Raises Misshapen where it is not what the W3C's data model or 1EdTech's ask for."""
    context = listed(credential.get("@context"))
    if not context or context[0] not in (linked.CREDENTIALS_V2, linked.CREDENTIALS_V1):
        raise Misshapen("@context")
    old = context[0] == linked.CREDENTIALS_V1
    types = listed(credential.get("type"))
    if "VerifiableCredential" not in types or not all(isinstance(kind, str) for kind in types):
        raise Misshapen("type")
    at = address(credential["id"], "id") if "id" in credential else ""
    issuer = credential.get("issuer")
    issuer_id = address(issuer, "issuer")
    subjects = listed(credential.get("credentialSubject"))
    if not subjects or not all(isinstance(subject, dict) and subject for subject in subjects):
        raise Misshapen("credentialSubject")
    for subject in subjects:
        if "id" in subject:
            address(subject["id"], "credentialSubject.id")
    for name in ("credentialSchema", "termsOfUse", "evidence", "refreshService"):
        _require_typed(credential, name)
    kind = kind_of(credential)
    _require_kind(kind, subjects)
    start = credential.get("issuanceDate" if old else "validFrom")
    if old and start is None:
        raise Misshapen("issuanceDate")
    return Claims(
        kind=kind,
        id=at,
        issuer_id=issuer_id,
        issuer=text(issuer.get("name")) if isinstance(issuer, dict) else "",
        name=text(credential.get("name")) or _subject_name(subjects),
        holder=holder_of(subjects),
        valid_from=_time(start, "validFrom"),
        valid_until=_time(credential.get("expirationDate" if old else "validUntil"), "validUntil"),
        status=tuple(_status(credential)),
    )


def _require_typed(credential: Mapping[str, Any], name: str) -> None:
    for entry in listed(credential.get(name)):
        if not isinstance(entry, dict) or not listed(entry.get("type")):
            raise Misshapen(name)


def _require_kind(kind: CredentialKind, subjects: list[Mapping[str, Any]]) -> None:
    if kind is CredentialKind.BADGE:
        for subject in subjects:
            achievement = subject.get("achievement")
            if not isinstance(achievement, dict) or not text(achievement.get("name")):
                raise Misshapen("credentialSubject.achievement")
    if kind is CredentialKind.RECORD:
        for subject in subjects:
            if not listed(subject.get("verifiableCredential")):
                raise Misshapen("credentialSubject.verifiableCredential")


def _subject_name(subjects: list[Mapping[str, Any]]) -> str:
    return next((text(s["achievement"].get("name")) for s in subjects if isinstance(s.get("achievement"), dict)), "")


def holder_of(subjects: list[Mapping[str, Any]]) -> str:
    """The name the credential gives its subject openly, "" when it gives none."""
    for subject in subjects:
        for entry in listed(subject.get("identifier")):
            if isinstance(entry, dict) and entry.get("identityType") == "name" and entry.get("hashed") is False:
                return text(entry.get("identityHash"))
    return ""


def _status(credential: Mapping[str, Any]) -> Iterator[StatusRef]:
    """Every entry: one of a kind that is unknown here keeps its kind as the purpose, so that nobody takes it for good."""
    for entry in listed(credential.get("credentialStatus")):
        if not isinstance(entry, dict) or not isinstance(entry.get("type"), str):
            raise Misshapen("credentialStatus")
        if entry["type"] not in ("BitstringStatusListEntry", TOKEN_LIST):
            yield StatusRef(purpose=entry["type"][:80], list_url=text(entry.get("id")), index=-1)
            continue
        index = entry.get("statusListIndex")
        if isinstance(index, int) and not isinstance(index, bool):
            index = str(index)
        if not isinstance(index, str) or not re.fullmatch(r"[0-9]{1,9}", index, re.ASCII):
            raise Misshapen("credentialStatus.statusListIndex")
        url = address(entry.get("statusListCredential"), "credentialStatus.statusListCredential")
        if entry["type"] == TOKEN_LIST:  # one list for both questions
            yield from (StatusRef(purpose=purpose, list_url=url, index=int(index)) for purpose in ListPurpose)
            continue
        purpose = entry.get("statusPurpose")
        if not isinstance(purpose, str):
            raise Misshapen("credentialStatus.statusPurpose")
        yield StatusRef(purpose=purpose[:80], list_url=url, index=int(index))
