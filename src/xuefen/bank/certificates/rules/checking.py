"""The eight questions. Pure: the document, whom to believe, what is revoked and the time come in, verdicts come out.

Each question is answered by itself as far as that makes sense; where an answer would mislead (a date under a wrong
signature) the verdict says so instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol

from xuefen.bank.certificates.rules.files import find_key, valid_at
from xuefen.bank.certificates.rules.issuing import issued_leaf, number_digest, public_facts
from xuefen.bank.certificates.rules.shape import Misshapen, body_from, read_base64, require_envelope, write_time
from xuefen.bank.certificates.rules.witnessing import Newer, nothing_newer, witnesses
from xuefen.bank.certificates.rules.words import GOOD, headline, say
from xuefen.bank.certificates.types import (
    REASON_WORDS,
    STATUS_MAX_AGE,
    CertificateBody,
    CertificateState,
    Report,
    StatusList,
    Trust,
    Verdict,
)
from xuefen.bedrock import canon, ids, merkle, notes
from xuefen.bedrock.gm import GmError, key_id, load_public, sm3
from xuefen.bedrock.workdays import BEIJING

CLOCK_SKEW = timedelta(minutes=10)
"""How far ahead of the verifier's clock an issuer's clock may be."""


@dataclass(frozen=True, slots=True)
class Container:
    """What was found out about the file around the document before it got here.

    ``reflowed``: the bytes are not the ones the issuer writes. ``seal`` is a signature code when the seal of a PDF is not
    good ("signature_seal_wrong", "signature_seal_missing"), else "".
    """

    reflowed: bool = False
    seal: str = ""


PLAIN = Container()


def verify(
    document: Any,
    *,
    trust: Trust,
    status: StatusList | None,
    now: datetime,
    container: Container = PLAIN,
    status_problem: str = "not_checked",
    newer: Newer = nothing_newer,
) -> Report:
    """Answer the eight questions about one document.

    ``status`` None: ``status_problem`` says why there is no list ("not_checked", "list_invalid").
    """
    number = claimed_number(document)
    standing = Standing(status=status, problem=status_problem, number=number, now=now)
    try:
        require_envelope(document)
    except Misshapen as error:
        return _unreadable(say("format_wrong", where=error.where), standing=standing, now=now)
    body: CertificateBody | None = None
    try:
        body = body_from(document["body"])
        form = say("format_reflowed" if container.reflowed else "format_good")
    except Misshapen as error:
        form = say("format_wrong", where=error.where)
    content = canon.canonical(document["body"])
    signature = _signature(document["signature"], content, container)
    issuer = _issuer(document, body, signature=signature, trust=trust)
    genuine = signature.state is GOOD and issuer.state is GOOD
    entry = _entry(body, content) if body is not None else b""
    log = say("log_skipped") if body is None else log_verdict(document["log"], entry, trust=trust)
    witnessed = witnesses(document["log"], proven=log, trust=trust)
    if body is not None and witnessed.code == "witnesses_too_few" and (later := newer()) is not None:
        witnessed = witnesses(later, proven=log_verdict(later, entry, trust=trust), trust=trust)
    verdicts = (
        form,
        signature,
        issuer,
        log,
        witnessed,
        expiry_verdict(body, signature=signature, genuine=genuine, now=now),
        *standing.verdicts(issued_at=body.issued_at if body is not None and genuine else None),
    )
    zh, en = headline(verdicts)
    facts = public_facts(body) if body is not None and genuine else None
    return Report(verdicts, zh, en, facts, number, now)


def no_certificate(*, now: datetime) -> Report:
    """The report on a readable PDF that carries no certificate."""
    nothing = Standing(status=None, problem="", number="", now=now)
    return _unreadable(say("format_no_certificate"), standing=nothing, now=now)


def damaged(*, sealed: bool, now: datetime) -> Report:
    """The report on a file that is one of ours by its marks but no longer reads; ``sealed``: a PDF that ends with a seal."""
    nothing = Standing(status=None, problem="", number="", now=now)
    signature = say("signature_seal_wrong" if sealed else "signature_skipped")
    return _unreadable(say("format_damaged"), signature=signature, standing=nothing, now=now)


def _unreadable(form: Verdict, *, standing: Standing, now: datetime, signature: Verdict | None = None) -> Report:
    """A file whose content cannot be told: what was found out, and questions that have nothing to look at."""
    verdicts = (
        form,
        signature or say("signature_skipped"),
        say("issuer_skipped"),
        say("log_skipped"),
        say("witnesses_skipped"),
        say("expiry_skipped"),
        *standing.verdicts(issued_at=None),
    )
    zh, en = headline(verdicts)
    return Report(verdicts, zh, en, None, standing.number, now)


def claimed_number(document: Any) -> str:
    """The certificate number the document claims, in stored form; empty when there is none worth repeating."""
    body = document.get("body") if isinstance(document, dict) else None
    claimed = body.get("number") if isinstance(body, dict) else None
    try:
        return ids.check(ids.NumberClass.CERTIFICATE, claimed[:40]) if isinstance(claimed, str) else ""
    except ids.BadNumber:
        return ""


def _signature(signature: Mapping[str, str], content: bytes, container: Container) -> Verdict:
    if container.seal:
        return say(container.seal)
    try:
        key = load_public(signature["algorithm"], read_base64(signature["public_key"]))
    except GmError:
        return say("signature_unreadable")
    if key_id(key) != signature["key_id"]:
        return say("signature_unreadable")
    return say("signature_good" if key.verify(content, read_base64(signature["value"])) else "signature_wrong")


def _issuer(document: Mapping[str, Any], body: CertificateBody | None, *, signature: Verdict, trust: Trust) -> Verdict:
    if body is None:
        return say("issuer_skipped")
    claimed = {"zh": body.issuer.zh, "en": body.issuer.en}
    if signature.state is not GOOD:
        return say("issuer_unconfirmed", **claimed)
    key = find_key(trust, purpose="certificates", named=document["signature"]["key_id"])
    if key is None or key.raw != read_base64(document["signature"]["public_key"]):
        return say("issuer_foreign_key", **claimed)
    known = {"zh": trust.zh, "en": trust.en}
    if (body.issuer.node, body.issuer.origin) != (trust.node, trust.origin):
        return say("issuer_name_wrong", **known)
    if not valid_at(key, write_time(body.issued_at)):
        return say("issuer_key_time", **known)
    return say("issuer_good", **claimed)


def _entry(body: CertificateBody, content: bytes) -> bytes:
    return issued_leaf(number=body.number, digest=sm3(content).hex(), at=write_time(body.issued_at))


def log_verdict(log: Mapping[str, Any], entry: bytes, *, trust: Trust) -> Verdict:
    """Leaf from the entry, root from the leaf, checkpoint from the root, and the log's key under the checkpoint."""
    hash = merkle.HASH_OF_KEY[next((key.algorithm for key in trust.keys if key.purpose == "log"), "sm2sm3")]
    leaf = hash.leaf(entry)
    if leaf.hex() != log["leaf_hash"]:
        return say("log_not_found")
    checkpoint = _checkpoint(log, trust)
    if checkpoint is None or checkpoint.size != log["size"]:
        return say("log_checkpoint_wrong")
    proof = [bytes.fromhex(node) for node in log["path"]]
    index, size = log["index"], log["size"]
    if index >= size:
        return say("log_proof_wrong")
    needed = len(merkle.path(start=index, end=index + 1, size=size).siblings)
    if len(proof) < needed:
        return say("log_proof_truncated", missing=needed - len(proof))
    try:
        merkle.verify_inclusion(index=index, size=size, leaf_hash=leaf, proof=proof, root=checkpoint.root, hash=hash)
    except merkle.ProofInvalid:
        return say("log_proof_wrong")
    return say("log_good", index=f"{index:,}")


def _checkpoint(log: Mapping[str, Any], trust: Trust) -> notes.Checkpoint | None:
    """The checkpoint, when it is spelt in the one way notes are and a log key of the issuer signed it."""
    keys = tuple((key.algorithm, key.raw) for key in trust.keys if key.purpose == "log")
    checkpoint = _signed_checkpoint(log["checkpoint"].encode(), trust.origin, keys)
    return checkpoint if checkpoint is not None and checkpoint.origin == log["origin"] == trust.origin else None


@lru_cache(maxsize=32)
def _signed_checkpoint(data: bytes, origin: str, keys: tuple[tuple[str, bytes], ...]) -> notes.Checkpoint | None:
    """The checkpoint of a note that one of these keys signed under this name.

    The last 32 answers are kept, for notes of 400 kB at most: many certificates stand under the same checkpoint.
    """
    try:
        note = notes.open_note(data, [notes.KeyVerifier(origin, load_public(*key)) for key in keys])
        checkpoint = notes.Checkpoint.parse(note.text)
        lines = "".join(signature.line for signature in notes.parse_note(data).unverified)
    except notes.NoteInvalid:
        return None
    return checkpoint if (note.text + "\n" + lines).encode() == data else None


class Dated(Protocol):
    """What has a time of issue and perhaps a last day."""

    @property
    def issued_at(self) -> datetime: ...
    @property
    def expires_on(self) -> date | None: ...


def expiry_verdict(body: Dated | None, *, signature: Verdict, genuine: bool, now: datetime) -> Verdict:
    """Whether the last day has passed; dates that nobody vouches for are not looked at."""
    if body is None:
        return say("expiry_skipped")
    if not genuine:
        return say("expiry_unconfirmed" if signature.state is GOOD else "expiry_untrusted")
    if body.issued_at > now + CLOCK_SKEW:
        return say("expiry_future")
    if body.expires_on is None:
        return say("expiry_never")
    last = body.expires_on
    words = {"zh_day": f"{last.year} 年 {last.month} 月 {last.day} 日", "day": last.isoformat()}
    return say("expiry_good" if now.astimezone(BEIJING).date() <= last else "expiry_expired", **words)


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether the certificate was suspended or revoked: two questions to one list."""

    status: StatusList | None
    problem: str
    number: str
    now: datetime

    def verdicts(self, *, issued_at: datetime | None) -> tuple[Verdict, Verdict]:
        """Suspension, revocation. ``issued_at`` is None when the file is not genuine: then only its number can be looked up."""
        tail, words = self._answer(issued_at)
        entry = self.status.entries.get(number_digest(self.number)) if self.status is not None and self.number else None
        if entry is None or entry.state is CertificateState.VALID:
            return say(f"suspension_{tail}", **words), say(f"revocation_{tail}", **words)
        zh_reason, en_reason = REASON_WORDS[entry.reason]
        told = {"zh_at": _zh_day(entry.at), "at": _day(entry.at), "zh_reason": zh_reason, "en_reason": en_reason}
        if entry.state is CertificateState.REVOKED:
            return say("suspension_moot"), say("revocation_revoked", **told)
        return say("suspension_suspended", **told), say(f"revocation_{tail}", **words)

    def _answer(self, issued_at: datetime | None) -> tuple[str, dict[str, str]]:
        """What there is to say of a number that is not on the list: the code's tail and its words."""
        if not self.number:
            return "skipped", {}
        if self.status is None:
            return self.problem, {}
        made = self.status.generated_at
        words = {"zh_time": _zh_minute(made), "time": _minute(made)}
        if not self.status.live and (
            not self.now - STATUS_MAX_AGE <= made <= self.now + CLOCK_SKEW
            or (issued_at is not None and made < issued_at)
        ):
            return "list_stale", words
        if issued_at is None:
            return "number_only", {}
        return ("good", {}) if self.status.live else ("good_as_of", words)


def _zh_day(moment: datetime) -> str:
    local = moment.astimezone(BEIJING)
    return f"{local.year} 年 {local.month} 月 {local.day} 日"


def _day(moment: datetime) -> str:
    return moment.astimezone(BEIJING).date().isoformat()


def _zh_minute(moment: datetime) -> str:
    return f"{_zh_day(moment)} {moment.astimezone(BEIJING):%H:%M}"


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(BEIJING):%Y-%m-%d %H:%M} (UTC+8)"
