"""A certificate as verifiable credentials: CLR 2.0 for a statement, Open Badges 3.0 for a conversion.

The same body, the same key and the same place in the status lists always give the same bytes: nothing needs to be stored.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from xuefen.bank.certificates.rules.shape import write_time
from xuefen.bank.certificates.types import (
    CREDENTIAL_FORM,
    CREDENTIAL_TOO_LONG,
    MOST_IN_RECORD,
    TITLES,
    CertificateBody,
    ConversionBody,
    ConversionLine,
    CredentialForm,
    CredentialHome,
    ListPurpose,
    OutcomeLine,
    StatementBody,
    StatusPlace,
)
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock import vc
from xuefen.bedrock.gm import Signer
from xuefen.bedrock.quantity import format_credits
from xuefen.bedrock.vc import linked
from xuefen.bedrock.workdays import BEIJING

BADGE_CONTEXT = [linked.CREDENTIALS_V2, linked.OPEN_BADGES]
RECORD_CONTEXT = [linked.CREDENTIALS_V2, linked.RECORDS, linked.OPEN_BADGES]
PROFILE_CONTEXT = [linked.DIDS, linked.MULTIKEY, linked.OPEN_BADGES]
LISTS = "log/credentials"
_CLASSES = {"degree": "Course", "vocational": "Certificate", "social": "Achievement"}


def credential(
    body: CertificateBody, form: CredentialForm, *, home: CredentialHome, place: StatusPlace, signer: Signer
) -> dict[str, Any]:
    """The certificate in the form asked for, with its proofs. Raises ``Denied``: credential_form, credential_too_long."""
    maker = _Maker(body, home=home, place=place, signer=signer)
    if isinstance(body, StatementBody) and form is CredentialForm.CLR:
        return maker.record(body)
    if isinstance(body, ConversionBody) and form is CredentialForm.OB:
        return maker.conversion(body)
    raise Denied(CREDENTIAL_FORM, place="format", form=form.value)


def form_of(body: CertificateBody) -> CredentialForm:
    """The form a certificate comes in."""
    return CredentialForm.CLR if isinstance(body, StatementBody) else CredentialForm.OB


def status_url(url: str, purpose: ListPurpose, list_number: int) -> str:
    """Where everybody reads a status list."""
    return f"{url}/{LISTS}/{purpose.value}-{list_number}.json"


def number(credits: int) -> int | float:
    """Hundredths as JSON: whole where they are whole."""
    return credits // 100 if credits % 100 == 0 else credits / 100


def _instant(day: date) -> str:
    return write_time(datetime.combine(day, time(), BEIJING))


class _Maker:
    def __init__(self, body: CertificateBody, *, home: CredentialHome, place: StatusPlace, signer: Signer) -> None:
        self.body, self.home, self.place, self.signer = body, home, place, signer
        self.id = f"{home.url}/verify/{body.number}"
        # A key that came later than the certificate cannot have signed on that day.
        self.created = write_time(max(body.issued_at, home.key_since).astimezone(UTC))

    def record(self, body: StatementBody) -> dict[str, Any]:
        """All outcomes, each a badge that can be shown alone."""
        if len(body.outcomes) > MOST_IN_RECORD:
            raise Denied(CREDENTIAL_TOO_LONG, most=MOST_IN_RECORD)
        badges = [self.outcome(line) for line in body.outcomes]
        subject = {"type": ["ClrSubject"], "identifier": self.holder(), "verifiableCredential": badges}
        return self.proven(RECORD_CONTEXT, "ClrCredential", self.id, name=_title(body), subject=subject)

    def outcome(self, line: OutcomeLine) -> dict[str, Any]:
        achievement = self.achievement(
            key=f"{line.issuer}/{line.item}/{line.outcome_class}/{line.level}",
            name=line.item,
            kind=_CLASSES.get(line.outcome_class, "Achievement"),
            credits=line.credits,
            narrative=f"{line.issuer}评定合格，按学分银行标准认定。 Assessed by the awarding institution.",
        )
        achievement["creator"] = {
            "id": self.urn(f"issuer/{line.issuer}"), "type": ["Profile"], "name": line.issuer,
        }  # fmt: skip
        subject = self.subject(achievement, credits=line.credits)
        subject["activityEndDate"] = _instant(line.awarded_on)
        if line.grade:
            described = self.urn(f"result/{line.number}")
            achievement["resultDescription"] = [
                {"id": described, "type": ["ResultDescription"], "name": "成绩 Grade", "resultType": "Result"}
            ]
            subject["result"] = [{"type": ["Result"], "resultDescription": described, "value": line.grade}]
        at = f"{self.id}#{line.number}"
        return self.proven(BADGE_CONTEXT, "OpenBadgeCredential", at, name=line.item, subject=subject)

    def conversion(self, body: ConversionBody) -> dict[str, Any]:
        """The credit a programme granted."""
        programme = body.programme
        achievement = self.achievement(
            key=f"conversion/{body.application}",
            name=f"{programme.institution}《{programme.name}》学分转换",
            kind="Certificate",
            credits=body.credits,
            narrative="；".join(_line_words(line) for line in body.lines),
        )
        achievement["creator"] = {
            "id": self.urn(f"issuer/{programme.institution}"), "type": ["Profile"], "name": programme.institution,
        }  # fmt: skip
        subject = self.subject(achievement, credits=body.credits)
        return self.proven(BADGE_CONTEXT, "OpenBadgeCredential", self.id, name=_title(body), subject=subject)

    # --- parts -------------------------------------------------------------------------------------------------------

    def urn(self, name: str) -> str:
        """A name for what has no address, the same in every certificate of this node."""
        return uuid.uuid5(uuid.NAMESPACE_URL, f"{self.body.issuer.origin}/{name}").urn

    def achievement(self, *, key: str, name: str, kind: str, credits: int, narrative: str) -> dict[str, Any]:
        return {
            "id": self.urn(f"achievement/{key}/{credits}"),
            "type": ["Achievement"],
            "achievementType": kind,
            "name": name,
            "description": f"{name}，{format_credits(credits)} 学分 ({format_credits(credits)} credits)",
            "criteria": {"narrative": narrative},
            "creditsAvailable": number(credits),
        }

    def subject(self, achievement: dict[str, Any], *, credits: int) -> dict[str, Any]:
        return {
            "type": ["AchievementSubject"],
            "identifier": self.holder(),
            "creditsEarned": number(credits),
            "achievement": achievement,
        }

    def holder(self) -> list[dict[str, Any]]:
        named = (("name", self.body.holder.name), ("accountId", self.body.holder.account))
        return [
            {"type": "IdentityObject", "hashed": False, "identityType": kind, "identityHash": value}
            for kind, value in named
        ]

    def proven(
        self, context: list[str], kind: str, at: str, *, name: str, subject: Mapping[str, Any]
    ) -> dict[str, Any]:
        issuer = self.body.issuer
        document: dict[str, Any] = {
            "@context": context,
            "id": at,
            "type": ["VerifiableCredential", kind],
            "issuer": {
                "id": self.home.did,
                "type": ["Profile"],
                "name": issuer.zh,
                "description": issuer.en,
                "url": self.home.url,
            },
            "name": name,
            "validFrom": write_time(self.body.issued_at),
            "credentialSubject": subject,
            "credentialStatus": [self.status(purpose) for purpose in ListPurpose],
        }
        if self.body.expires_on is not None:
            last = datetime.combine(self.body.expires_on, time(23, 59, 59), BEIJING)
            document["validUntil"] = write_time(last)
        return vc.prove(document, signer=self.signer, method=self.home.method, created=self.created)

    def status(self, purpose: ListPurpose) -> dict[str, Any]:
        at = status_url(self.home.url, purpose, self.place.list_number)
        return {
            "id": f"{at}#{self.place.index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": purpose.value,
            "statusListIndex": str(self.place.index),
            "statusListCredential": at,
        }


def _title(body: CertificateBody) -> str:
    return " ".join(TITLES[body.kind])


def _line_words(line: ConversionLine) -> str:
    sources = "、".join(f"{source.item} {format_credits(source.credits)}" for source in line.outcomes)
    return f"{line.course} {format_credits(line.credits)} ← {sources}"


# --- the lists -------------------------------------------------------------------------------------------------------


def status_list(
    *,
    home: CredentialHome,
    purpose: ListPurpose,
    list_number: int,
    set_bits: list[int],
    now: datetime,
    until: datetime,
    signer: Signer,
) -> dict[str, Any]:
    """One status list as the credential everybody reads."""
    at = status_url(home.url, purpose, list_number)
    document = {
        "@context": [linked.CREDENTIALS_V2],
        "id": at,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": home.did,
        "validFrom": write_time(now),
        "validUntil": write_time(until),
        "credentialSubject": {
            "id": f"{at}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose.value,
            "encodedList": vc.encode_bits(set_bits),
        },
    }
    return vc.prove(document, signer=signer, method=home.method, created=write_time(now))


def profile(*, home: CredentialHome, zh: str, en: str, keys: Mapping[str, bytes]) -> dict[str, Any]:
    """Who issues, for whoever follows the address: names and every key, present and past, by its did:key."""
    return {
        "@context": PROFILE_CONTEXT,
        "id": home.did,
        "type": ["Profile"],
        "name": zh,
        "description": en,
        "url": home.url,
        "alsoKnownAs": [did for did in keys if did != home.did],
        "assertionMethod": [
            {
                "id": f"{did}#{vc.multikey(raw)}",
                "type": "Multikey",
                "controller": did,
                "publicKeyMultibase": vc.multikey(raw),
            }
            for did, raw in keys.items()
        ],
    }
