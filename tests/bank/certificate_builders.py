"""A small issuing bank in memory: keys, a log, a trust file, and certificates as they leave the house."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from xuefen.bank.certificates import rules
from xuefen.bank.certificates.types import (
    CertificateBody,
    CertificateState,
    ConversionBody,
    ConversionLine,
    Holder,
    IssuerName,
    OutcomeLine,
    ProgrammeName,
    SourceLine,
    StatementBody,
    StatusEntry,
    StatusList,
    StatusReason,
    Trust,
    TrustedKey,
)
from xuefen.bedrock import canon, ids, merkle, notes
from xuefen.bedrock.gm import SigningKey, generate, key_id, sm3

ISSUED = datetime(2026, 9, 16, 7, 42, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
OPENED = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)
ORIGIN = "yunling.example/xuefen"
NUMBER = ids.new_number(ids.NumberClass.CERTIFICATE)
ISSUER = IssuerName("yunling", ORIGIN, "云岭省终身学习学分银行", "Yunling Provincial Credit Bank for Lifelong Learning")
HOLDER = Holder("林小禾", "3608551594207153")


def outcome_line(n: int = 0) -> OutcomeLine:
    """One of six believable outcomes, repeated."""
    names = [
        ("大学英语（一）", "云岭职业技术学院", "degree", None, 300, "86"),
        ("中式烹调师职业技能等级证书", "云岭省餐饮行业协会", "vocational", 4, 600, "合格"),
        ("乡村旅游民宿经营实务", "云岭开放大学", "social", None, 150, "优秀"),
        ("计算机应用基础", "云岭职业技术学院", "degree", None, 350, "91.5"),
        ("互联网营销师（直播销售员）职业技能等级证书", "云岭省电子商务职业技能评价中心", "vocational", 3, 1000, "良好"),
        ("社区老年教育：智能手机使用与防诈骗", "南溪县社区学院", "social", None, 50, "合格"),
    ]
    item, issuer, outcome_class, level, credits, grade = names[n % len(names)]
    return OutcomeLine(
        number=ids.new_number(ids.NumberClass.OUTCOME),
        item=item,
        issuer=issuer,
        outcome_class=outcome_class,
        level=level,
        credits=credits,
        awarded_on=date(2025, 1 + n % 12, 1 + n % 28),
        grade=grade,
    )


def statement(count: int = 3, **changes: Any) -> StatementBody:
    """A statement of ``count`` outcomes."""
    lines = tuple(outcome_line(n) for n in range(count))
    body = StatementBody(
        number=NUMBER,
        issuer=ISSUER,
        holder=HOLDER,
        issued_at=ISSUED,
        expires_on=None,
        salt="00112233445566778899aabbccddeeff",
        credits=sum(line.credits for line in lines),
        outcomes=lines,
    )
    return replace(body, **changes)


def conversion(**changes: Any) -> ConversionBody:
    """A conversion of three outcomes into two courses of one programme."""
    first, second, third = (outcome_line(n) for n in range(3))
    body = ConversionBody(
        number=NUMBER,
        issuer=ISSUER,
        holder=HOLDER,
        issued_at=ISSUED,
        expires_on=None,
        salt="ffeeddccbbaa99887766554433221100",
        credits=850,
        application=ids.new_number(ids.NumberClass.APPLICATION),
        programme=ProgrammeName("旅游管理（专科）", "云岭职业技术学院"),
        lines=(
            ConversionLine("大学英语（一）", 300, (SourceLine(first.number, first.item, 300),)),
            ConversionLine(
                "餐饮服务与管理",
                550,
                (SourceLine(second.number, second.item, 400), SourceLine(third.number, third.item, 150)),
            ),
        ),
    )
    return replace(body, **changes)


@dataclass
class Bank:
    """Keys and a log of ``neighbours`` other entries around the certificate's."""

    certificates: SigningKey = field(default_factory=lambda: generate("sm2sm3"))
    log: SigningKey = field(default_factory=lambda: generate("sm2sm3"))
    neighbours: int = 11

    def trust(self, **changes: Any) -> Trust:
        def key(purpose: str, signer: SigningKey) -> TrustedKey:
            return TrustedKey(purpose, signer.algorithm, signer.public.raw, key_id(signer.public), OPENED, None)

        trust = Trust(
            node=ISSUER.node,
            origin=ORIGIN,
            zh=ISSUER.zh,
            en=ISSUER.en,
            keys=(key("certificates", self.certificates), key("log", self.log)),
            generated_at=NOW,
        )
        return replace(trust, **changes)

    def document(self, body: CertificateBody, *, signer: SigningKey | None = None) -> dict[str, Any]:
        """The document as the bank would issue it, under ``signer`` when somebody else signs."""
        signer = signer or self.certificates
        content = rules.body_bytes(body)
        signature = rules.signature_json(
            algorithm=signer.algorithm,
            public=signer.public.raw,
            signed_by=key_id(signer.public),
            value=signer.sign(content),
        )
        leaf = rules.issued_leaf(number=body.number, digest=sm3(content).hex(), at=rules.write_time(body.issued_at))
        return rules.document(body=canon.parse_canonical(content), signature=signature, log=self.proof(leaf))

    def proof(self, leaf: bytes) -> dict[str, Any]:
        """The log's part of a document for a leaf in the middle of the log."""
        entries = [b"entry %d" % n for n in range(self.neighbours)]
        index = self.neighbours // 2
        hash = merkle.HASH_OF_KEY[self.log.public.algorithm]
        hashes = hash.hash_leaves([*entries[:index], leaf, *entries[index:]])
        checkpoint = notes.Checkpoint(ORIGIN, len(hashes), merkle.root(hashes, hash=hash))
        return {
            "origin": ORIGIN,
            "index": index,
            "size": len(hashes),
            "leaf_hash": hashes[index].hex(),
            "path": [node.hex() for node in merkle.inclusion_proof(hashes, index=index, hash=hash)],
            "checkpoint": notes.sign_note(checkpoint.text, notes.KeySigner(ORIGIN, self.log)).decode(),
        }


def nothing_revoked(**changes: Any) -> StatusList:
    """What the bank itself says when all is well."""
    return replace(StatusList(generated_at=NOW, entries={}, live=True), **changes)


def listed(number: str, state: CertificateState, reason: StatusReason) -> StatusList:
    """A live list with one certificate on it."""
    return nothing_revoked(entries={rules.number_digest(number): StatusEntry(state, reason, NOW)})


def spoilt_base64(text: str) -> str:
    """Another spelling of the same bytes: the unused bits of the last character set."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    body = text.rstrip("=")
    other = body[:-1] + alphabet[alphabet.index(body[-1]) ^ 1] + text[len(body) :]
    assert base64.b64decode(other) == base64.b64decode(text)
    return other
