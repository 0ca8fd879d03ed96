"""Making what is signed: bodies, leaves, documents, and the two files a verifier needs offline."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from xuefen.bank.certificates.rules.shape import write_time
from xuefen.bank.certificates.types import (
    DOCUMENT_FORMAT,
    STATUS_FORMAT,
    TITLES,
    TRUST_FORMAT,
    CertificateBody,
    CertificateKind,
    ConversionBody,
    PublicFacts,
    StatementBody,
    StatusEntry,
    Trust,
    TrustedKey,
)
from xuefen.bedrock import canon, notes
from xuefen.bedrock.gm import Signer, key_id, sm3
from xuefen.bedrock.names import mask_name
from xuefen.bedrock.quantity import format_credits


def body_json(body: CertificateBody) -> dict[str, Any]:
    """The body as it stands in a document."""
    zh, en = TITLES[body.kind]
    value: dict[str, Any] = {
        "v": 1,
        "kind": body.kind.value,
        "number": body.number,
        "title": {"zh": zh, "en": en},
        "issuer": asdict(body.issuer),
        "holder": asdict(body.holder),
        "issued_at": write_time(body.issued_at),
        "expires_on": body.expires_on.isoformat() if body.expires_on else None,
        "salt": body.salt,
        "credits": body.credits,
    }
    if isinstance(body, StatementBody):
        value["outcomes"] = [
            {
                "number": line.number,
                "item": line.item,
                "issuer": line.issuer,
                "class": line.outcome_class,
                "level": line.level,
                "credits": line.credits,
                "awarded_on": line.awarded_on.isoformat(),
                "grade": line.grade,
            }
            for line in body.outcomes
        ]
    elif isinstance(body, ConversionBody):
        value["application"] = body.application
        value["programme"] = asdict(body.programme)
        value["lines"] = [
            {"course": line.course, "credits": line.credits, "outcomes": [asdict(source) for source in line.outcomes]}
            for line in body.lines
        ]
    return value


def body_bytes(body: CertificateBody) -> bytes:
    """The bytes that are stored, hashed and signed. Raises NotCanonical for text no JSON can hold."""
    return canon.canonical(body_json(body))


def issued_leaf(*, number: str, digest: str, at: str) -> bytes:
    """The log's entry for an issued certificate: its number and the SM3 (hex) of its salted body, nothing more."""
    return canon.flat({"kind": "certificate.issued", "v": 1, "certificate": number, "digest": digest, "at": at})


def status_leaf(*, event: str, number: str, reason: str, at: datetime) -> bytes:
    """The log's entry for a change of status; ``event`` is revoked, suspended or reinstated."""
    return canon.flat(
        {"kind": f"certificate.{event}", "v": 1, "certificate": number, "reason": reason, "at": write_time(at)}
    )


def badge_leaf(*, digest: str, at: datetime) -> bytes:
    """The log's entry for a badge a learner brought: a digest keyed by the learner's own key, and when."""
    return canon.flat({"kind": "badge.imported", "v": 1, "digest": digest, "at": write_time(at)})


def credential_leaf(*, digest: str, at: datetime) -> bytes:
    """The log's entry for a credential signed on request: the SM3 of its canonical form, its proof included."""
    return canon.flat({"kind": "credential.signed", "v": 1, "digest": digest, "at": write_time(at)})


def document(*, body: Mapping[str, Any], signature: Mapping[str, str], log: Mapping[str, Any]) -> dict[str, Any]:
    """The whole document: body, signature, and proof that the body is in the log."""
    return {"format": DOCUMENT_FORMAT, "body": dict(body), "signature": dict(signature), "log": dict(log)}


def signature_json(*, algorithm: str, public: bytes, signed_by: str, value: bytes) -> dict[str, str]:
    """The signature as it stands in a document. The key itself is there so that its match can be told from its owner."""
    return {
        "algorithm": algorithm,
        "key_id": signed_by,
        "public_key": base64.b64encode(public).decode(),
        "value": base64.b64encode(value).decode(),
    }


# --- the files for offline verification ------------------------------------------------------------------------------


def trust_json(trust: Trust) -> dict[str, Any]:
    """The trust file: whom to believe. Keys of the log carry their verifier key as well."""
    value: dict[str, Any] = {
        "format": TRUST_FORMAT,
        "node": trust.node,
        "origin": trust.origin,
        "name": {"zh": trust.zh, "en": trust.en},
        "generated_at": write_time(trust.generated_at),
        "keys": [_key_json(key, origin=trust.origin) for key in trust.keys],
    }
    if trust.witnesses is not None:
        value["witnesses"] = {"need": trust.witnesses.need, "keys": list(trust.witnesses.vkeys)}
    return value


def _key_json(key: TrustedKey, *, origin: str) -> dict[str, Any]:
    value: dict[str, Any] = {
        "purpose": key.purpose,
        "algorithm": key.algorithm,
        "raw": base64.b64encode(key.raw).decode(),
        "key_id": key.key_id,
        "valid_from": write_time(key.valid_from),
        "valid_until": write_time(key.valid_until) if key.valid_until else None,
    }
    if key.purpose == "log":
        value["vkey"] = str(notes.VerifierKey(origin, key.algorithm, key.raw))
    return value


def number_digest(number: str) -> str:
    """How a status list names a certificate: hex SM3 of its number."""
    return sm3(number.encode("ascii")).hex()


def status_json(
    *, node: str, entries: Iterable[tuple[str, StatusEntry]], generated_at: datetime, signer: Signer
) -> dict[str, Any]:
    """The signed status list. ``entries`` are (number digest, entry); the order is the digest's, so it tells nothing."""
    content: dict[str, Any] = {
        "format": STATUS_FORMAT,
        "node": node,
        "generated_at": write_time(generated_at),
        "entries": [
            {
                "certificate": digest,
                "status": entry.state.value,
                "reason": entry.reason.value,
                "at": write_time(entry.at),
            }
            for digest, entry in sorted(entries, key=lambda pair: pair[0])
        ],
    }
    value = base64.b64encode(signer.sign(canon.canonical(content))).decode()
    return {
        **content,
        "signature": {"algorithm": signer.algorithm, "key_id": key_id(signer.public), "value": value},
    }


# --- what the public may see -----------------------------------------------------------------------------------------


def content_words(
    *, kind: CertificateKind, entries: int, credits: int, programme: str, institution: str
) -> tuple[str, str]:
    """What a certificate says, in one line: Chinese, English."""
    amount = format_credits(credits)
    if kind is CertificateKind.CONVERSION:
        return (
            f"{entries} 门课程共 {amount} 学分，转入{institution}《{programme}》",
            f"{entries} courses, {amount} credits, into “{programme}” of {institution}",
        )
    return f"{entries} 项学习成果，共 {amount} 学分", f"{entries} learning outcomes, {amount} credits"


def public_facts(body: CertificateBody) -> PublicFacts:
    """The certificate with its holder masked and its content in one line."""
    title_zh, title_en = TITLES[body.kind]
    if isinstance(body, ConversionBody):
        entries, programme, institution = len(body.lines), body.programme.name, body.programme.institution
    elif isinstance(body, StatementBody):
        entries, programme, institution = len(body.outcomes), "", ""
    else:
        raise TypeError(type(body).__name__)
    zh, en = content_words(
        kind=body.kind, entries=entries, credits=body.credits, programme=programme, institution=institution
    )
    return PublicFacts(
        number=body.number,
        kind=body.kind,
        title_zh=title_zh,
        title_en=title_en,
        holder=mask_name(body.holder.name),
        content_zh=zh,
        content_en=en,
        issuer_zh=body.issuer.zh,
        issuer_en=body.issuer.en,
        issued_at=body.issued_at,
        expires_on=body.expires_on,
    )
