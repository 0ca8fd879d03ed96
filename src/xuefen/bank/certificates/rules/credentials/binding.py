"""A credential bound to a key of its holder: only who has the key can present it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from xuefen.bank.certificates.rules.checking import CLOCK_SKEW
from xuefen.bank.certificates.rules.credentials.reading import text
from xuefen.bank.certificates.rules.words import say
from xuefen.bank.certificates.types import HOLDER_KEY, Asked, Binding, Verdict
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock import canon
from xuefen.bedrock.gm import GmError, load_public
from xuefen.bedrock.vc import multibase
from xuefen.bedrock.workdays import BEIJING

_MEMBERS = {("OKP", "Ed25519"): ("x",), ("EC", "P-256"): ("x", "y")}
_LONGEST = 2000


def holder_key(given: str) -> dict[str, str]:
    """The holder's public key as a JWK with nothing else in it. Raises ``Denied(holder_key)``."""
    given = given.strip()
    try:
        if given.startswith("did:key:"):
            raw = multibase.read_multikey(given.partition("#")[0].removeprefix("did:key:"))
            value: Any = {"kty": "OKP", "crv": "Ed25519", "x": multibase.encode_u(raw)[1:]}
        else:
            value = canon.parse_canonical(given[:_LONGEST].encode())
        if not isinstance(value, dict):
            raise _wrong("读不出来", "it cannot be read")
        if "d" in value or "k" in value:
            raise _wrong("里面有私钥，千万不要交给任何人", "there is a private key in it, never to be given to anybody")
        kind = (str(value.get("kty")), str(value.get("crv")))
        points = [multibase.decode_base64url(value[name]) for name in _MEMBERS[kind]]
        if kind[0] == "OKP":
            load_public("ed25519", points[0])
        else:
            x, y = (int.from_bytes(point) for point in points)
            ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except (multibase.MultibaseInvalid, canon.NotCanonical, GmError, ValueError, KeyError, TypeError):
        raise _wrong("读不出来", "it cannot be read") from None
    return {"kty": kind[0], "crv": kind[1], **{name: value[name] for name in _MEMBERS[kind]}}


def _wrong(zh: str, en: str) -> Denied:
    return Denied(HOLDER_KEY, place="key", zh=zh, en=en)


def holder_verdict(binding: Binding | None, *, asked: Asked, now: datetime) -> tuple[Verdict, ...]:
    """The verdict on who presents it: none where nobody asked and no key is named."""
    if binding is None:
        return (say("holder_not_bound"),) if asked.audience or asked.nonce else ()
    if binding.state == "none":
        return (say("holder_not_shown"),)
    if binding.state != "good":
        return (say("holder_wrong", detail=binding.detail or "–"),)
    for name, wanted, told in (("aud", asked.audience, binding.audience), ("nonce", asked.nonce, binding.nonce)):
        if wanted and wanted != told:
            return (say("holder_wrong", detail=name),)
    at = datetime.fromisoformat(binding.at)
    if at > now + CLOCK_SKEW:
        return (say("holder_wrong", detail="iat"),)
    local = at.astimezone(BEIJING)
    when = f"{local.year} 年 {local.month} 月 {local.day} 日 {local:%H:%M}"
    return (say("holder_bound", zh_time=when, time=f"{local:%Y-%m-%d %H:%M} (UTC+8)", audience=text(binding.audience)),)


def binding_of(value: Mapping[str, Any] | None) -> Binding | None:
    """What the opening process wrote, as a value."""
    return Binding(**value) if value is not None else None
