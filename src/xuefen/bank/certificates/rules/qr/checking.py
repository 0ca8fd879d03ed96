"""The eight questions about a QR code, answered from its own bytes, the trust file and the status list."""

from __future__ import annotations

from datetime import datetime

from xuefen.bank.certificates.rules.checking import CLOCK_SKEW, Standing, expiry_verdict, log_verdict
from xuefen.bank.certificates.rules.files import find_key, valid_at
from xuefen.bank.certificates.rules.issuing import content_words, issued_leaf
from xuefen.bank.certificates.rules.qr.payload import Brief, Payload, ProofPart, message, read_payload
from xuefen.bank.certificates.rules.shape import Misshapen, write_time
from xuefen.bank.certificates.rules.witnessing import Newer, nothing_newer, witnesses
from xuefen.bank.certificates.rules.words import BAD, GOOD, UNKNOWN, headline, say
from xuefen.bank.certificates.types import TITLES, PublicFacts, Report, StatusList, Trust, Verdict
from xuefen.bedrock import merkle, notes
from xuefen.bedrock.gm import load_public


def verify(
    data: bytes,
    *,
    trust: Trust,
    status: StatusList | None,
    now: datetime,
    status_problem: str = "not_checked",
    newer: Newer = nothing_newer,
) -> Report:
    """Answer the eight questions about one payload. ``status`` None: ``status_problem`` says why there is no list; ``newer``
    gives the log proof with the cosignatures, for which a code has no room.
    """
    try:
        payload = read_payload(data)
    except Misshapen as error:
        return _misshapen(error.where, now=now)
    brief = payload.brief
    standing = Standing(status=status, problem=status_problem, number=brief.number, now=now)
    signature = _signature(payload, trust)
    issuer = _issuer(brief, signature=signature, trust=trust)
    genuine = signature.state is GOOD and issuer.state is GOOD
    log = _log(brief, payload.proof, trust) if payload.proof is not None else say("log_not_carried")
    later = newer()
    told = log_verdict(later, _entry(brief), trust=trust) if later is not None else say("log_not_carried")
    if payload.proof is None and told.state is GOOD:
        log = told
    verdicts = (
        say("format_code"),
        signature,
        issuer,
        log,
        witnesses(later, proven=told, trust=trust)
        if later is not None and told.state is GOOD
        else _witnesses(log, trust),
        _expiry(brief, signature=signature, genuine=genuine, now=now),
        *standing.verdicts(issued_at=brief.issued_at if genuine else None),
    )
    zh, en = headline(verdicts)
    return Report(verdicts, zh, en, _facts(brief, trust) if genuine else None, brief.number, now)


def claimed_number(data: bytes) -> str:
    """The certificate number a payload claims; empty when there is none to look up."""
    try:
        return read_payload(data).brief.number
    except Misshapen:
        return ""


def _misshapen(where: str, *, now: datetime) -> Report:
    nothing = Standing(status=None, problem="", number="", now=now)
    verdicts = (
        say("format_wrong", where=where),
        say("signature_skipped"),
        say("issuer_skipped"),
        say("log_skipped"),
        say("witnesses_skipped"),
        say("expiry_skipped"),
        *nothing.verdicts(issued_at=None),
    )
    return Report(verdicts, *headline(verdicts), None, "", now)


def _signature(payload: Payload, trust: Trust) -> Verdict:
    """A code has no room for the public key, so only keys the verifier brought along can be tried."""
    brief = payload.brief
    key = find_key(trust, purpose="certificates", named=brief.key_id)
    if key is None or key.algorithm != brief.algorithm:
        return say("signature_key_unknown", key=brief.key_id)
    holds = load_public(key.algorithm, key.raw).verify(message(payload.signed), payload.signature)
    return say("signature_good" if holds else "signature_wrong")


def _issuer(brief: Brief, *, signature: Verdict, trust: Trust) -> Verdict:
    if signature.state is UNKNOWN:
        return say("issuer_code_stranger", node=brief.node)
    known = {"zh": trust.zh, "en": trust.en}
    if signature.state is BAD:
        return say("issuer_unconfirmed", zh=brief.node, en=brief.node)
    if brief.node != trust.node:
        return say("issuer_name_wrong", **known)
    key = find_key(trust, purpose="certificates", named=brief.key_id)
    if key is None or not valid_at(key, write_time(brief.signed_at)):
        return say("issuer_key_time", **known)
    return say("issuer_good", **known)


def _entry(brief: Brief) -> bytes:
    return issued_leaf(number=brief.number, digest=brief.digest.hex(), at=write_time(brief.issued_at))


def _log(brief: Brief, proof: ProofPart, trust: Trust) -> Verdict:
    """Leaf from the brief, root from the leaf, checkpoint from the root, and the log's signature over the checkpoint."""
    verifiers = (
        notes.KeyVerifier(trust.origin, load_public(key.algorithm, key.raw))
        for key in trust.keys
        if key.purpose == "log"
    )
    verifier = next((v for v in verifiers if _key_hash(v) == proof.key_hash), None)
    if verifier is None:
        return say("log_checkpoint_wrong")
    hash = merkle.HASH_OF_KEY[verifier.algorithm]
    try:
        needed = len(merkle.path(start=proof.index, end=proof.index + 1, size=proof.size).siblings)
        if len(proof.path) < needed:
            return say("log_proof_truncated", missing=needed - len(proof.path))
        root = merkle.implied_root(
            index=proof.index, size=proof.size, leaf_hash=hash.leaf(_entry(brief)), proof=proof.path, hash=hash
        )
    except merkle.ProofInvalid:
        return say("log_proof_wrong")
    text = notes.Checkpoint(trust.origin, proof.size, root).text
    if not verifier.verify(text.encode(), proof.signature):
        return say("log_code_wrong")
    return say("log_good", index=f"{proof.index:,}")


def _witnesses(log: Verdict, trust: Trust) -> Verdict:
    """A code has no room for cosignatures; where some are asked for it says so."""
    if log.state is BAD:
        return say("witnesses_skipped")
    return say("witnesses_none_required" if trust.witnesses is None else "witnesses_not_carried")


def _key_hash(verifier: notes.KeyVerifier) -> bytes:
    return notes.key_id(name=verifier.name, algorithm=verifier.algorithm, raw_public=verifier.raw_public)


def _expiry(brief: Brief, *, signature: Verdict, genuine: bool, now: datetime) -> Verdict:
    if genuine and brief.signed_at > now + CLOCK_SKEW:
        return say("expiry_future")
    return expiry_verdict(brief, signature=signature, genuine=genuine, now=now)


def _facts(brief: Brief, trust: Trust) -> PublicFacts:
    title_zh, title_en = TITLES[brief.kind]
    content_zh, content_en = content_words(
        kind=brief.kind,
        entries=brief.entries,
        credits=brief.credits,
        programme=brief.programme,
        institution=brief.institution,
    )
    return PublicFacts(
        number=brief.number,
        kind=brief.kind,
        title_zh=title_zh,
        title_en=title_en,
        holder=brief.holder,
        content_zh=content_zh,
        content_en=content_en,
        issuer_zh=trust.zh,
        issuer_en=trust.en,
        issued_at=brief.issued_at,
        expires_on=brief.expires_on,
    )
