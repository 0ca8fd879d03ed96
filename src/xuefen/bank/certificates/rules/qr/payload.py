"""The bytes of a QR code: the brief, its signature, and the proof that the certificate is in the log."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from xuefen.bank.certificates.rules.issuing import body_bytes
from xuefen.bank.certificates.rules.shape import Misshapen
from xuefen.bank.certificates.types import CertificateBody, CertificateKind, ConversionBody, StatementBody
from xuefen.bedrock import ids, merkle, notes
from xuefen.bedrock.gm import sm3

VERSION = 1
SIGNATURE = 64
MOST_TEXT = 60
"""Bytes of one text; what is longer is cut at a character and ends with ``…``."""
_PREFIX = b"xuefen-qr:1\n"
_KINDS = {1: CertificateKind.STATEMENT, 2: CertificateKind.CONVERSION}
_ALGORITHMS = {1: "sm2sm3", 2: "ed25519"}
_EPOCH = date(1970, 1, 1)
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What the code says of a certificate. ``digest`` is SM3 of the whole body, as it stands in the log."""

    kind: CertificateKind
    number: str
    issued_at: datetime
    expires_on: date | None
    credits: int
    entries: int
    digest: bytes
    signed_at: datetime
    algorithm: str
    key_id: str
    node: str
    holder: str = field(repr=False)
    programme: str
    institution: str


@dataclass(frozen=True, slots=True)
class ProofPart:
    """The certificate's place in the log, and the log's signature over the checkpoint that the path leads to."""

    key_hash: bytes
    signature: bytes = field(repr=False)
    index: int
    size: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Payload:
    """A QR code taken apart; nothing in it is believed yet. ``signed`` are the brief's own bytes."""

    brief: Brief
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    proof: ProofPart | None


def brief_of(body: CertificateBody, *, signed_at: datetime, algorithm: str, key_id: str) -> Brief:
    """The brief of a certificate, about to be signed."""
    entries, programme, institution = 0, "", ""
    if isinstance(body, StatementBody):
        entries = len(body.outcomes)
    elif isinstance(body, ConversionBody):
        entries, programme, institution = len(body.lines), body.programme.name, body.programme.institution
    return Brief(
        kind=body.kind,
        number=body.number,
        issued_at=body.issued_at,
        expires_on=body.expires_on,
        credits=body.credits,
        entries=entries,
        digest=sm3(body_bytes(body)),
        signed_at=signed_at.replace(microsecond=0),
        algorithm=algorithm,
        key_id=key_id,
        node=_cut(body.issuer.node),
        holder=_cut(body.holder.name),
        programme=_cut(programme),
        institution=_cut(institution),
    )


def proof_of(log: Mapping[str, Any]) -> ProofPart:
    """The log's part of a document in the code's form: the signatures of witnesses are left out."""
    note = notes.parse_note(log["checkpoint"].encode())
    own = next(s for s in note.unverified if s.name == log["origin"] and len(s.signature) == SIGNATURE)
    path = tuple(bytes.fromhex(node) for node in log["path"])
    return ProofPart(own.key_id, own.signature, log["index"], log["size"], path)


def message(signed: bytes) -> bytes:
    """What the signature is over: the prefix keeps it from being taken for one over something else."""
    return _PREFIX + signed


def brief_bytes(brief: Brief) -> bytes:
    """The brief as it is signed."""
    kind = next(code for code, kind in _KINDS.items() if kind is brief.kind)
    algorithm = next(code for code, name in _ALGORITHMS.items() if name == brief.algorithm)
    return b"".join(
        (
            bytes((VERSION, kind)),
            int(brief.number[2:]).to_bytes(7, "big"),
            int(brief.issued_at.timestamp()).to_bytes(5, "big"),
            (0 if brief.expires_on is None else (brief.expires_on - _EPOCH).days).to_bytes(3, "big"),
            brief.credits.to_bytes(4, "big"),
            brief.entries.to_bytes(2, "big"),
            brief.digest,
            int(brief.signed_at.timestamp()).to_bytes(5, "big"),
            bytes((algorithm,)),
            bytes.fromhex(brief.key_id),
            *(_text(text) for text in (brief.node, brief.holder, brief.programme, brief.institution)),
        )
    )


def write_payload(*, signed: bytes, signature: bytes, proof: ProofPart | None) -> bytes:
    """The whole payload; without a proof where none fits."""
    content = signed + signature
    if proof is None:
        return content
    place = proof.index.to_bytes(6, "big") + proof.size.to_bytes(6, "big")
    return content + proof.key_hash + proof.signature + place + b"".join(proof.path)


def read_payload(data: bytes) -> Payload:
    """Take a payload apart. Raises Misshapen, naming the field, for anything ``write_payload`` does not write."""
    reader = _Reader(data)
    brief = _brief(reader)
    signed = data[: reader.at]
    signature = reader.take(SIGNATURE, "signature")
    return Payload(brief, signed, signature, _proof(reader) if reader.left else None)


def _brief(reader: _Reader) -> Brief:
    if reader.number(1, "version") != VERSION:
        raise Misshapen("version")
    kind = _KINDS.get(reader.number(1, "kind"))
    if kind is None:
        raise Misshapen("kind")
    number = _certificate_number(reader.number(7, "number"))
    issued_at = _moment(reader.number(5, "issued_at"), "issued_at")
    days = reader.number(3, "expires_on")
    try:
        expires_on = _EPOCH + timedelta(days=days) if days else None
    except OverflowError:
        raise Misshapen("expires_on") from None
    credits, entries = reader.number(4, "credits"), reader.number(2, "entries")
    digest = reader.take(32, "digest")
    signed_at = _moment(reader.number(5, "signed_at"), "signed_at")
    algorithm = _ALGORITHMS.get(reader.number(1, "algorithm"))
    if algorithm is None:
        raise Misshapen("algorithm")
    if signed_at < issued_at:
        raise Misshapen("signed_at")
    key_id = reader.take(8, "key_id").hex()
    node, holder, programme, institution = (
        reader.text(name) for name in ("node", "holder", "programme", "institution")
    )
    if not (node and holder) or bool(programme and institution) is not (kind is CertificateKind.CONVERSION):
        raise Misshapen("texts")
    return Brief(
        kind=kind,
        number=number,
        issued_at=issued_at,
        expires_on=expires_on,
        credits=credits,
        entries=entries,
        digest=digest,
        signed_at=signed_at,
        algorithm=algorithm,
        key_id=key_id,
        node=node,
        holder=holder,
        programme=programme,
        institution=institution,
    )


def _proof(reader: _Reader) -> ProofPart:
    key_hash, signature = reader.take(4, "log.key"), reader.take(SIGNATURE, "log.signature")
    index, size = reader.number(6, "log.index"), reader.number(6, "log.size")
    if index >= size or reader.left % merkle.HASH_BYTES:
        raise Misshapen("log.path")
    path = tuple(reader.take(merkle.HASH_BYTES, "log.path") for _ in range(reader.left // merkle.HASH_BYTES))
    return ProofPart(key_hash, signature, index, size, path)


def _certificate_number(digits: int) -> str:
    try:
        return ids.check(ids.NumberClass.CERTIFICATE, f"{ids.NumberClass.CERTIFICATE.prefix}{digits:016d}")
    except ids.BadNumber:
        raise Misshapen("number") from None


def _moment(seconds: int, where: str) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise Misshapen(where) from None


def _cut(text: str) -> str:
    if len(text.encode()) <= MOST_TEXT:
        return text
    return text.encode()[: MOST_TEXT - len("…".encode())].decode(errors="ignore") + "…"


def _text(text: str) -> bytes:
    data = text.encode()
    return bytes((len(data),)) + data


class _Reader:
    """Walks over the bytes; whatever is missing is misshapen by its name."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self.at

    def take(self, length: int, where: str) -> bytes:
        if length > self.left:
            raise Misshapen(where)
        self.at += length
        return self._data[self.at - length : self.at]

    def number(self, length: int, where: str) -> int:
        return int.from_bytes(self.take(length, where), "big")

    def text(self, where: str) -> str:
        length = self.number(1, where)
        try:
            found = self.take(length, where).decode()
        except UnicodeDecodeError:
            raise Misshapen(where) from None
        if length > MOST_TEXT or _STEERING.search(found):
            raise Misshapen(where)
        return found
