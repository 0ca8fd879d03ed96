"""SD-JWTs bound to a key of their holder: without the key they cannot be presented, and for another place they do not count."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.bank.certificate_builders import NOW, statement
from tests.bank.credential_builders import OURS, PLACE, THEIRS, _part, clear, home, trust
from tests.bank.test_credentials_disclosing import NAME_AND_CREDITS, found, judged
from xuefen.bank.certificates.pdf import files, opening
from xuefen.bank.certificates.rules import credentials
from xuefen.bank.certificates.types import Asked
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock import vc

Sign = Callable[[bytes], bytes]
HERE = Asked("https://employer.example", "n-0S6_WzA2Mj")
SOON = int((NOW - timedelta(minutes=1)).timestamp())


def bound(key: str) -> str:
    return credentials.sd_jwt(
        statement(3), NAME_AND_CREDITS, home=home(), place=PLACE, signer=OURS, holder=credentials.holder_key(key)
    )


def presented(text: str, sign: Sign, *, alg: str = "EdDSA", typ: str = "kb+jwt", over: str = "", **changes: Any) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256((over or text).encode()).digest()).decode().rstrip("=")
    payload = {"iat": SOON, "aud": HERE.audience, "nonce": HERE.nonce, "sd_hash": digest} | changes
    signed = f"{_part({'alg': alg, 'typ': typ})}.{_part({k: v for k, v in payload.items() if v is not None})}"
    return f"{text}{signed}.{_part(sign(signed.encode()))}"


WALLET = vc.did_key(THEIRS.public.raw)


def test_only_who_has_the_key_presents_it() -> None:
    text = bound(WALLET)
    report = judged(presented(text, THEIRS.sign), asked=HERE)
    assert report.ok and report["holder"].code == "holder_bound" and len(report.verdicts) == 7
    assert "https://employer.example" in report["holder"].zh and "2026 年" in report["holder"].zh
    copied = judged(text)
    assert (
        not copied.ok and copied["holder"].code == "holder_not_shown" and copied["signature"].code == "signature_good"
    )
    assert copied.headline_zh == "这份证书是真的，但不知道出示的人是不是本人"
    assert judged(presented(text, OURS.sign))["holder"].code == "holder_wrong"


def p256() -> tuple[dict[str, str], dict[str, str], Sign]:
    """A wallet's key: with its private part, without, and its hand."""
    private = ec.generate_private_key(ec.SECP256R1())
    numbers = private.private_numbers()
    point = numbers.public_numbers
    jwk = {"kty": "EC", "crv": "P-256", "x": _part(point.x.to_bytes(32)), "y": _part(point.y.to_bytes(32))}

    def sign(data: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    return {**jwk, "d": _part(numbers.private_value.to_bytes(32))}, jwk, sign


def test_a_wallet_s_p256_key_does_as_well() -> None:
    _, jwk, sign = p256()
    text = bound(json.dumps({**jwk, "kid": "w"}))
    assert judged(presented(text, sign, alg="ES256"), asked=HERE)["holder"].code == "holder_bound"
    assert judged(presented(text, sign, alg="EdDSA"))["holder"].code == "holder_wrong"
    assert "kid" not in json.dumps(found(text).credential)


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"aud": "https://other.example"}, "aud"),
        ({"nonce": "older"}, "nonce"),
        ({"aud": None}, "aud, nonce"),
        ({"iat": None}, "iat"),
        ({"iat": SOON + 86_400}, "iat"),
        ({"sd_hash": "AAAA"}, "sd_hash"),
        ({"typ": "JWT"}, "typ"),
        ({"alg": "none"}, "signature"),
        ({"alg": "HS256"}, "signature"),
    ],
)
def test_what_was_signed_must_be_this_for_here_and_now(changes: dict[str, Any], detail: str) -> None:
    report = judged(presented(bound(WALLET), THEIRS.sign, **changes), asked=HERE)
    assert report["holder"].code == "holder_wrong" and f"({detail})" in report["holder"].en


def test_disclosures_cannot_be_added_or_left_out_afterwards() -> None:
    whole = presented(bound(WALLET), THEIRS.sign)
    token, first, second, kb = whole.split("~")
    assert judged("~".join((token, first, kb)))["holder"].code == "holder_wrong"
    assert judged("~".join((token, second, first, kb)))["holder"].code == "holder_wrong"
    fewer = f"{token}~{first}~"
    assert judged(presented(fewer, THEIRS.sign), asked=HERE).ok
    assert judged(f"{whole}~")["signature"].code == "signature_wrong", "a binding among the disclosures"
    assert judged(f"{bound(WALLET)}nonsense")["holder"].code == "holder_wrong"


def test_who_asks_for_a_signature_gets_one_or_is_told() -> None:
    plain = credentials.sd_jwt(statement(3), NAME_AND_CREDITS, home=home(), place=PLACE, signer=OURS)
    assert judged(plain).ok and judged(plain, asked=HERE)["holder"].code == "holder_not_bound"


def test_the_same_from_a_file() -> None:
    beside = files.Beside((), clear, HERE)
    content = presented(bound(WALLET), THEIRS.sign).encode()
    report = opening.verify_file(content, trust=trust(), status=None, now=NOW, beside=beside)
    assert report.ok and report["holder"].code == "holder_bound"
    other = replace(beside, asked=Asked("https://other.example"))
    assert not opening.verify_file(content, trust=trust(), status=None, now=NOW, beside=other).ok


@pytest.mark.parametrize(
    "key",
    [
        "", "x", "{}", "[]", "did:key:z6Mk", "did:web:a.example", '{"kty":"OKP","crv":"Ed25519","x":"AAAA"}',
        '{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}', '{"kty":"RSA","n":"AQAB","e":"AQAB"}',
        '{"kty":"OKP","crv":"Ed25519","x":7}', '{"kty":"oct","k":"AAAA"}', "[" * 4000,
    ],
)  # fmt: skip
def test_a_key_must_be_one(key: str) -> None:
    with pytest.raises(Denied) as denied:
        credentials.holder_key(key)
    assert denied.value.code == "holder_key"


def test_a_private_key_is_sent_back_with_a_warning() -> None:
    with pytest.raises(Denied) as denied:
        credentials.holder_key('{"kty":"OKP","crv":"Ed25519","x":"AAAA","d":"AAAA"}')
    assert "私钥" in denied.value.sentence("zh")
