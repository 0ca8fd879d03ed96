"""Credentials as a small bank and as strangers make them, plain and baked."""

from __future__ import annotations

import base64
import copy
import json
import struct
import zlib
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.bank.certificate_builders import ISSUER, NOW, OPENED, ORIGIN, statement
from xuefen.bank.certificates.rules import credentials
from xuefen.bank.certificates.types import (
    CertificateBody,
    CredentialHome,
    Examined,
    ListPurpose,
    Standing,
    StatusPlace,
    StatusRef,
    Trust,
    TrustedKey,
)
from xuefen.bedrock import vc
from xuefen.bedrock.gm import SigningKey, key_id, load_private

OURS = load_private("ed25519", bytes(range(32)))
THEIRS = load_private("ed25519", bytes(range(1, 33)))
PLACE = StatusPlace(0, 70_001)
URL = "https://xuefen.example"


def home(key: SigningKey = OURS) -> CredentialHome:
    did = vc.did_key(key.public.raw)
    return CredentialHome(url=URL, did=did, method=f"{did}#{vc.multikey(key.public.raw)}", key_since=OPENED)


def trust(key: SigningKey = OURS, *, since: datetime = OPENED, until: datetime | None = None) -> Trust:
    held = TrustedKey("credentials", "ed25519", key.public.raw, key_id(key.public), since, until)
    return Trust(ISSUER.node, ORIGIN, ISSUER.zh, ISSUER.en, (held,), NOW)


def made(body: CertificateBody | None = None, *, key: SigningKey = OURS) -> dict[str, Any]:
    """A certificate's credential in its own form."""
    body = body or statement()
    return credentials.credential(body, credentials.form_of(body), home=home(key), place=PLACE, signer=key)


def clear(ref: StatusRef) -> Standing | None:
    """A bank that took nothing back."""
    return Standing(set=False, live=True, as_of=NOW)


def listed(*indexes: int, purpose: ListPurpose = ListPurpose.REVOCATION, now: datetime = NOW) -> dict[str, Any]:
    return credentials.status_list(
        home=home(),
        purpose=purpose,
        list_number=0,
        set_bits=list(indexes),
        now=now,
        until=now + timedelta(days=7),
        signer=OURS,
    )


def badge(key: SigningKey = THEIRS, **changes: Any) -> dict[str, Any]:
    """A badge of somebody else, signed."""
    document = credentials_badge(vc.did_key(key.public.raw)) | changes
    method = f"{vc.did_key(key.public.raw)}#{vc.multikey(key.public.raw)}"
    return vc.prove(document, signer=key, method=method, created="2026-03-01T00:00:00Z")


def credentials_badge(issuer: str, *, holder: str = "林小禾") -> dict[str, Any]:
    """The same before anybody signed it."""
    return {
        "@context": copy.copy(credentials.making.BADGE_CONTEXT),
        "id": "urn:uuid:00000000-0000-4000-8000-000000000001",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": issuer, "type": ["Profile"], "name": "滨海技师学院"},
        "validFrom": "2026-03-01T00:00:00Z",
        "name": "焊接入门",
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [{"type": "IdentityObject", "hashed": False, "identityType": "name", "identityHash": holder}],
            "achievement": {
                "id": "urn:uuid:00000000-0000-4000-8000-000000000002",
                "type": ["Achievement"],
                "name": "焊接入门",
                "description": "四十学时",
                "criteria": {"narrative": "作品合格"},
            },
        },
    }


def data(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


# --- baked -----------------------------------------------------------------------------------------------------------


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(*texts: tuple[bytes, bytes]) -> bytes:
    """One white pixel with text chunks."""
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    inside = b"".join(_chunk(b"iTXt", keyword + b"\0\0\0\0\0" + text) for keyword, text in texts)
    pixel = _chunk(b"IDAT", zlib.compress(b"\0\xff"))
    return b"\x89PNG\r\n\x1a\n" + head + inside + pixel + _chunk(b"IEND", b"")


def svg(inside: str) -> bytes:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0"'
        f' viewBox="0 0 9 9">{inside}<circle r="4"/></svg>'
    ).encode()


# --- tokens ----------------------------------------------------------------------------------------------------------


def _part(value: Any) -> str:
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def rsa_token(key: rsa.RSAPrivateKey, payload: dict[str, Any], **header: Any) -> str:
    numbers = key.public_key().public_numbers()
    jwk = {"kty": "RSA", "n": _part(numbers.n.to_bytes(256)), "e": _part(numbers.e.to_bytes(3))}
    text = f"{_part({'alg': 'RS256', 'typ': 'JWT', 'jwk': jwk} | header)}.{_part(payload)}"
    return f"{text}.{_part(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def ed25519_token(key: SigningKey, payload: dict[str, Any], **header: Any) -> str:
    kid = f"{vc.did_key(key.public.raw)}#{vc.multikey(key.public.raw)}"
    text = f"{_part({'alg': 'EdDSA', 'typ': 'vc+jwt', 'kid': kid} | header)}.{_part(payload)}"
    return f"{text}.{_part(key.sign(text.encode()))}"


def good(document: dict[str, Any], **changes: Any) -> Examined:
    """What the opening process finds in a credential of ours that is sound."""
    fields: dict[str, Any] = {
        "credential": document,
        "container": "json",
        "state": "good",
        "controller": vc.did_key(OURS.public.raw),
        "key": vc.multikey(OURS.public.raw),
        "created": "2026-09-16T07:42:00Z",
    }
    return Examined(**(fields | changes))
