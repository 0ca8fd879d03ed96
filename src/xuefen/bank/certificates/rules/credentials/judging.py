"""The questions put to a credential, ours or anybody's: format, signature, issuer, expiry, suspension, revocation.

Pure: what the process that opens files found, whom to believe and a way to ask for a status come in; verdicts come out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from xuefen.bank.certificates.rules.checking import CLOCK_SKEW
from xuefen.bank.certificates.rules.credentials.binding import binding_of, holder_verdict
from xuefen.bank.certificates.rules.credentials.disclosing import rows_of
from xuefen.bank.certificates.rules.credentials.reading import Claims, claims_of, listed
from xuefen.bank.certificates.rules.files import valid_at
from xuefen.bank.certificates.rules.shape import Misshapen, write_time
from xuefen.bank.certificates.rules.words import GOOD, headline, say
from xuefen.bank.certificates.types import (
    KIND_TITLES,
    NOTHING_ASKED,
    PURPOSE,
    Asked,
    CredentialKind,
    Examined,
    KnownIssuer,
    ListPurpose,
    PublicFacts,
    Report,
    Standing,
    StatusRef,
    Trust,
    Verdict,
    VerdictState,
)
from xuefen.bedrock import ids, vc
from xuefen.bedrock.names import mask_name
from xuefen.bedrock.workdays import BEIJING

LookUp = Callable[[StatusRef], Standing | None]
_OWN_ID = re.compile(r".*/verify/(ZS[0-9]{16})(#.*)?")
_SIGNATURES = {
    vc.ProofState.GOOD.value: "signature_good",
    vc.ProofState.WRONG.value: "signature_wrong",
    vc.ProofState.MISSHAPEN.value: "signature_unreadable",
    vc.ProofState.UNSUPPORTED.value: "signature_unsupported",
    vc.ProofState.UNCLEAR.value: "signature_unclear",
}


def nobody(ref: StatusRef) -> Standing | None:
    """The answer of a verifier who has no list."""
    return None


def judge_credential(
    found: Examined,
    *,
    trust: Trust,
    issuers: Sequence[KnownIssuer] = (),
    look_up: LookUp = nobody,
    asked: Asked = NOTHING_ASKED,
    now: datetime,
) -> Report:
    """Six verdicts on a credential, a seventh on who presents it; a credential has no place in the log of its own."""
    claims: Claims | None = None
    try:
        claims = claims_of(found.credential)
        form = say("format_credential", **_kind_words(claims.kind))
    except Misshapen as error:
        form = say("format_wrong", where=error.where)
    signature = _signature(found)
    issuer = _issuer(found, claims, signature=signature, trust=trust, issuers=issuers)
    genuine = signature.state is GOOD and issuer.state is GOOD
    believable = signature.state is GOOD and issuer.state is not VerdictState.BAD
    verdicts = (
        form,
        signature,
        issuer,
        *(holder_verdict(found.binding, asked=asked, now=now) if signature.state is GOOD else ()),
        _expiry(claims, found, signature=signature, believable=believable, now=now),
        *_standing(claims, look_up=look_up),
    )
    zh, en = headline(verdicts)
    facts = _facts(claims, found, now=now) if claims is not None and genuine else None
    return Report(verdicts, zh, en, facts, own_number(claims.id) if claims is not None else "", now)


def other_format(code: str, *, now: datetime) -> Report:
    """The report on a badge that is none of ours to read: an older version, or one that lost its content."""
    verdicts = (
        say(code),
        say("signature_skipped"),
        say("issuer_skipped"),
        say("expiry_skipped"),
        say("suspension_skipped"),
        say("revocation_skipped"),
    )
    zh, en = headline(verdicts)
    return Report(verdicts, zh, en, None, "", now)


def own_number(credential_id: str) -> str:
    """The certificate a credential of ours is the other form of, "" when its id is not made like ours."""
    found = _OWN_ID.fullmatch(credential_id)
    try:
        return ids.check(ids.NumberClass.CERTIFICATE, found[1]) if found else ""
    except ids.BadNumber:
        return ""


def _kind_words(kind: CredentialKind) -> Mapping[str, str]:
    zh, en = KIND_TITLES[kind]
    return {"zh": zh, "en": en}


def _signature(found: Examined) -> Verdict:
    if found.state != vc.ProofState.GOOD:
        return say(_SIGNATURES[found.state], detail=found.detail or "–")
    for inner in found.inner:
        if inner.state != vc.ProofState.GOOD:
            wrong = inner.state in (vc.ProofState.WRONG, vc.ProofState.MISSHAPEN)
            return say("signature_inner_wrong" if wrong else "signature_inner_unsupported")
    return say("signature_good")


def _issuer(
    found: Examined, claims: Claims | None, *, signature: Verdict, trust: Trust, issuers: Sequence[KnownIssuer]
) -> Verdict:
    if claims is None:
        return say("issuer_skipped")
    named = claims.issuer or claims.issuer_id
    if signature.state is not GOOD:
        return say("issuer_unconfirmed", zh=named, en=named)
    if found.controller != claims.issuer_id:
        return say("issuer_not_signer", zh=named, en=named)
    own = next((key for key in trust.keys if key.purpose == PURPOSE and vc.multikey(key.raw) == found.key), None)
    if own is not None:
        if claims.issuer_id != vc.did_key(own.raw):
            return say("issuer_name_wrong", zh=trust.zh, en=trust.en)
        signed = found.created or (write_time(claims.valid_from) if claims.valid_from else "")
        good = bool(signed) and valid_at(own, signed)
        return say("issuer_good" if good else "issuer_key_time", zh=trust.zh, en=trust.en)
    known = next((issuer for issuer in issuers if issuer.id == claims.issuer_id), None)
    if known is None:
        return say("issuer_stranger", zh=named, en=named)
    words = {"zh": known.zh, "en": known.en}
    return say("issuer_known" if found.key in known.keys else "issuer_foreign_key", **words)


def _expiry(claims: Claims | None, found: Examined, *, signature: Verdict, believable: bool, now: datetime) -> Verdict:
    if claims is None:
        return say("expiry_skipped")
    if not believable:
        return say("expiry_unconfirmed" if signature.state is GOOD else "expiry_untrusted")
    if claims.valid_from is not None and claims.valid_from > now + CLOCK_SKEW:
        return say("expiry_future")
    ends = [claims.valid_until] if claims.valid_until is not None else []
    if found.expires:
        ends.append(datetime.fromisoformat(found.expires))
    if not ends:
        return say("expiry_never")
    last = min(ends)
    local = last.astimezone(BEIJING)
    words = {"zh_day": f"{local.year} 年 {local.month} 月 {local.day} 日", "day": local.date().isoformat()}
    return say("expiry_good" if now <= last else "expiry_expired", **words)


def _standing(claims: Claims | None, *, look_up: LookUp) -> tuple[Verdict, Verdict]:
    """Suspension, revocation: the worst of what the status lists say; one that cannot be read is worse than a good answer."""
    if claims is None:
        return say("suspension_skipped"), say("revocation_skipped")
    answers = [(ref, look_up(ref)) for ref in claims.status]
    revoked = _told("revocation", [a for a in answers if a[0].purpose != ListPurpose.SUSPENSION])
    if revoked.state is VerdictState.BAD:
        return say("suspension_moot"), revoked
    return _told("suspension", [a for a in answers if a[0].purpose == ListPurpose.SUSPENSION]), revoked


def _told(question: str, answers: Sequence[tuple[StatusRef, Standing | None]]) -> Verdict:
    """The verdict on one of the two questions, from the lists that speak to it."""
    if not answers:
        return say(f"{question}_no_list")
    taken_back = next((standing for _, standing in answers if standing is not None and standing.set), None)
    if taken_back is not None:
        return _taken_back(question, taken_back)
    silent = next((ref for ref, standing in answers if standing is None), None)
    if silent is not None:
        return say(f"{question}_list_elsewhere", where=silent.list_url or silent.purpose)
    oldest = min((standing for _, standing in answers if standing is not None), key=lambda standing: standing.as_of)
    if oldest.live:
        return say(f"{question}_good")
    made = oldest.as_of.astimezone(BEIJING)
    zh = f"{made.year} 年 {made.month} 月 {made.day} 日 {made:%H:%M}"
    return say(f"{question}_good_as_of", zh_time=zh, time=f"{made:%Y-%m-%d %H:%M} (UTC+8)")


def _taken_back(question: str, standing: Standing) -> Verdict:
    done = "revoked" if question == "revocation" else "suspended"
    if standing.at is None:
        return say(f"{question}_bit_{done}")
    local = standing.at.astimezone(BEIJING)
    return say(
        f"{question}_{done}",
        zh_at=f"{local.year} 年 {local.month} 月 {local.day} 日", at=local.date().isoformat(),
        zh_reason=standing.reason_zh, en_reason=standing.reason_en,
    )  # fmt: skip


def _facts(claims: Claims, found: Examined, *, now: datetime) -> PublicFacts:
    zh, en = KIND_TITLES[claims.kind]
    shown: Any = listed(found.credential.get("credentialSubject"))[0].get("claims")
    selective = claims.kind is CredentialKind.SELECTIVE and isinstance(shown, dict)
    return PublicFacts(
        number=own_number(claims.id),
        kind=claims.kind,
        title_zh=zh,
        title_en=en,
        holder=mask_name(claims.holder) if claims.holder and not selective else "",
        content_zh=claims.name,
        content_en=claims.name,
        issuer_zh=claims.issuer or claims.issuer_id,
        issuer_en=claims.issuer or claims.issuer_id,
        issued_at=claims.valid_from or now,
        expires_on=claims.valid_until.astimezone(BEIJING).date() if claims.valid_until else None,
        shown=rows_of(shown) if selective else (),
    )


def examined(value: Mapping[str, Any]) -> Examined:
    """What the opening process wrote, as a value."""
    inner = tuple(examined(one) for one in value.get("inner", ()))
    return Examined(**{**value, "inner": inner, "binding": binding_of(value.get("binding"))})


def presentation_faults(
    document: Mapping[str, Any], found: Mapping[str, Any], *, challenge: str, domain: str
) -> tuple[str, ...]:
    """What is wrong with a presentation itself, as codes; ``challenge`` and ``domain`` are what the verifier asked for."""
    faults: list[str] = []
    context, types = listed(document.get("@context")), listed(document.get("type"))
    known = bool(context) and context[0] in (vc.linked.CREDENTIALS_V2, vc.linked.CREDENTIALS_V1)
    if not known or "VerifiablePresentation" not in types:
        faults.append("format")
    if found["state"] != vc.ProofState.GOOD:
        faults.append(found["state"])
    if challenge and found["challenge"] != challenge:
        faults.append("challenge")
    if domain and found["domain"] != domain:
        faults.append("domain")
    if "holder" in document:
        holder = document["holder"]
        named = holder.get("id") if isinstance(holder, dict) else holder
        if not isinstance(named, str) or named != found["controller"]:
            faults.append("holder")
    return tuple(dict.fromkeys(faults))
