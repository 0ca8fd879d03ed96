"""What the proofs of a credential are worth, and those of the credentials inside it. Bounded by its caller: see ``process``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from xuefen.bank.certificates.badges.containers import PNG, NoBadge, Token, from_png, from_svg, is_svg, is_token
from xuefen.bank.certificates.types import TOKEN_LIST
from xuefen.bedrock import canon, vc
from xuefen.bedrock.vc import ProofCheck, ProofState, disclosure, linked

MOST_INSIDE = 500
_DEEPEST = 3
_OLD_CONTEXT = "https://w3id.org/openbadges/v"
_ENVELOPES = ("data:application/vc+jwt,", "data:application/jwt,", "data:application/dc+sd-jwt,")
_SD_TYPES = ("dc+sd-jwt", "vc+sd-jwt")
_NEVER_HIDDEN = ("iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status")
_WORST_FIRST = (ProofState.MISSHAPEN, ProofState.WRONG, ProofState.UNCLEAR)


def examine_file(data: bytes) -> dict[str, Any]:
    """The credential in a file as ``Examined`` has it, as plain values. Raises NoBadge."""
    container, content = "json", data
    if data.startswith(PNG):
        container, content = "png", from_png(data)
    elif is_svg(data):
        container, content = "svg", from_svg(data)
    if is_token(content):
        return examine_token(content.decode("ascii"), container="jwt" if container == "json" else container)
    try:
        document = canon.parse_canonical(content)
    except canon.NotCanonical as error:
        raise NoBadge("unreadable") from error
    if not isinstance(document, dict):
        raise NoBadge("unreadable")
    return examine(document, container=container)


def examine(document: Mapping[str, Any], *, container: str = "json", depth: int = 0) -> dict[str, Any]:
    """A credential with its proofs in it."""
    if not depth and _is_old(document):
        raise NoBadge("old")
    envelope = _enveloped(document)
    if envelope is not None:
        return examine_token(envelope, container=container)
    check = together(document, purpose="assertionMethod", named=_name(document.get("issuer")))
    return {
        "credential": dict(document),
        "container": container,
        **_told(check),
        "inner": [_inside(entry, depth=depth + 1) for entry in _insides(document, depth=depth)],
    }


def examine_presentation(document: Mapping[str, Any]) -> dict[str, Any]:
    """A presentation, and the credentials in it; one without a proof has the state "bare"."""
    check = together(document, purpose="authentication", named=_name(document.get("holder")))
    told = {**_told(check), "challenge": check.challenge, "domain": check.domain}
    if document.get("proof") is None:
        told["state"] = "bare"
    entries = _many(document.get("verifiableCredential"))
    if len(entries) > MOST_INSIDE:
        raise NoBadge("unreadable")
    return {"credential": dict(document), **told, "inner": [_inside(entry, depth=1) for entry in entries]}


def examine_token(text: str, *, container: str) -> dict[str, Any]:
    """A credential signed as a JSON Web Token."""
    if disclosure.SEPARATOR in text:
        return _examine_disclosed(text)
    token = Token(text)
    state, controller, key = token.check()
    payload = token.payload
    credential = dict(payload["vc"]) if isinstance(payload.get("vc"), dict) else dict(payload)
    if isinstance(payload.get("vc"), dict):  # the older model says some of it only in the token's own claims
        credential.setdefault("issuer", payload.get("iss"))
        if (since := _moment(payload.get("nbf"))) is not None:
            credential.setdefault("issuanceDate", since)
    detail = key if state == "unsupported" else ""
    return {
        "credential": credential,
        "container": container,
        "state": state,
        "controller": controller or _name(credential.get("issuer")),
        "key": "" if detail else key,
        "created": _moment(payload.get("iat")) or _moment(payload.get("nbf")) or "",
        "expires": _moment(payload.get("exp")) or "",
        "detail": detail,
        "inner": [_inside(entry, depth=1) for entry in _insides(credential, depth=0)],
    }


def _examine_disclosed(text: str) -> dict[str, Any]:
    """An SD-JWT: what its holder chose to show, if all of it belongs to what was signed."""
    try:
        head, told, binding = disclosure.split(text)
    except disclosure.DisclosureInvalid as error:
        raise NoBadge("unreadable") from error
    token = Token(head)
    state, controller, key = token.check()
    detail = key if state == "unsupported" else ""
    if token.header.get("typ") not in _SD_TYPES:
        state, detail = "unsupported", "typ"
    try:
        claims = disclosure.reveal(token.payload, told)
    except disclosure.DisclosureInvalid as error:
        claims, state, detail = {"vct": "", "iss": token.payload.get("iss")}, "wrong", str(error)
    if any(name in claims and name not in token.payload for name in _NEVER_HIDDEN):
        state, detail = "wrong", "a claim that may not be hidden"
    return {
        "credential": _as_credential(claims),
        "container": "sd-jwt",
        "state": state,
        "controller": controller or _name(claims.get("iss")),
        "key": "" if detail else key,
        "created": _moment(claims.get("iat")) or _moment(claims.get("nbf")) or "",
        "expires": _moment(claims.get("exp")) or "",
        "detail": detail,
        "binding": _bound(text, binding, token.payload),
        "inner": [],
    }


def _bound(text: str, binding: str, payload: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the holder signed when presenting it (RFC 9901, 4.3); None when no key is named and nobody signed."""
    named = payload.get("cnf")
    if named is None and not binding:
        return None
    if not binding:
        return {"state": "none"}
    try:
        shown = Token(binding)
        body, jwk = shown.payload, named.get("jwk") if isinstance(named, dict) else None
        digest = disclosure.digest_of(text.strip().removesuffix(binding), payload)
    except (NoBadge, disclosure.DisclosureInvalid):
        return {"state": "wrong", "detail": "kb+jwt"}
    at = _moment(body.get("iat"))
    faults = {
        "cnf": jwk is None,
        "typ": shown.header.get("typ") != "kb+jwt",
        "sd_hash": body.get("sd_hash") != digest,
        "iat": at is None,
        "aud, nonce": not all(isinstance(body.get(name), str) for name in ("aud", "nonce")),
        "signature": not shown.signed_by(jwk),
    }
    wrong = next((name for name, found in faults.items() if found), None)
    if wrong is not None:
        return {"state": "wrong", "detail": wrong}
    return {"state": "good", "audience": body["aud"], "nonce": body["nonce"], "at": at}


def _as_credential(claims: Mapping[str, Any]) -> dict[str, Any]:
    """The claims of an SD-JWT in the words of the W3C's data model; one that has them already stays as it is."""
    if "@context" in claims:
        return dict(claims)
    subject: dict[str, Any] = {"claims": dict(claims)}
    if isinstance(claims.get("name"), str):
        named = {"identityType": "name", "hashed": False, "identityHash": claims["name"]}
        subject["identifier"] = [{"type": "IdentityObject", **named}]
    said: dict[str, Any] = {
        "@context": [linked.CREDENTIALS_V2],
        "vct": claims.get("vct"),
        "type": ["VerifiableCredential"],
        "issuer": {"id": claims.get("iss"), "name": claims.get("issuer_name")},
        "name": claims.get("title") or claims.get("vct"),
        "validFrom": _moment(claims.get("nbf")) or _moment(claims.get("iat")),
        "credentialSubject": subject,
    }
    if "status" in claims:
        told = claims["status"].get("status_list") if isinstance(claims["status"], dict) else None
        entry: dict[str, Any] = {"type": "status"}
        if isinstance(told, dict):
            entry = {"type": TOKEN_LIST, "statusListCredential": told.get("uri"), "statusListIndex": told.get("idx")}
        said["credentialStatus"] = [entry]
    return said


def together(document: Mapping[str, Any], *, purpose: str, named: str) -> ProofCheck:
    """All proofs of a document as one: a wrong one spoils it, one of an unknown kind beside a good one does not.

    ``named`` is who should have signed: of several good proofs, theirs counts.
    """
    proofs = vc.proofs_of(document)
    if not proofs or len(proofs) > 8:
        return ProofCheck(ProofState.MISSHAPEN, detail="proof")
    checks = [vc.check_proof(document, proof) for proof in proofs]
    for state in _WORST_FIRST:
        if (found := next((check for check in checks if check.state is state), None)) is not None:
            return found
    good = [check for check in checks if check.state is ProofState.GOOD]
    if not good:
        return checks[0]
    if any(check.purpose != purpose for check in good):
        return ProofCheck(ProofState.MISSHAPEN, detail="proofPurpose")
    return next((check for check in good if check.controller == named), good[0])


def _told(check: ProofCheck) -> dict[str, Any]:
    told = asdict(check)
    wanted = {name: told[name] for name in ("controller", "created", "expires", "detail")}
    return {**wanted, "state": check.state.value, "key": vc.multikey(check.key) if check.key else ""}


def _many(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list) else [value]


def _name(value: Any) -> str:
    found = value.get("id") if isinstance(value, dict) else value
    return found if isinstance(found, str) else ""


def _is_old(document: Mapping[str, Any]) -> bool:
    contexts = [entry for entry in _many(document.get("@context")) if isinstance(entry, str)]
    modern = linked.CREDENTIALS_V1 in contexts or linked.CREDENTIALS_V2 in contexts
    return not modern and any(entry.startswith(_OLD_CONTEXT) for entry in contexts)


def _enveloped(document: Mapping[str, Any]) -> str | None:
    """The token an EnvelopedVerifiableCredential carries in its address."""
    at = document.get("id")
    if "EnvelopedVerifiableCredential" not in _many(document.get("type")) or not isinstance(at, str):
        return None
    return next((at.removeprefix(head) for head in _ENVELOPES if at.startswith(head)), None)


def _insides(document: Mapping[str, Any], *, depth: int) -> list[Any]:
    """The credentials inside a record."""
    found = [
        entry
        for subject in _many(document.get("credentialSubject"))
        if isinstance(subject, dict)
        for entry in _many(subject.get("verifiableCredential"))
    ]
    if len(found) > MOST_INSIDE or (found and depth >= _DEEPEST):
        raise NoBadge("unreadable")
    return found


def _inside(entry: Any, *, depth: int) -> dict[str, Any]:
    if isinstance(entry, str):
        return examine_token(entry, container="jwt")
    if not isinstance(entry, dict):
        raise NoBadge("unreadable")
    return examine(entry, depth=depth)


def _moment(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 2**33:
        return None
    return datetime.fromtimestamp(int(value), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
