"""Chosen fields by somebody else's library, and theirs by ours: the reference implementation of SD-JWT, where it is installed.

python -m venv FOLDER && FOLDER/bin/pip install sd-jwt
XUEFEN_SD_JWT=FOLDER/bin/python pytest tests/bank/test_credentials_sd_interop.py
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.bank.certificate_builders import NOW, statement
from tests.bank.credential_builders import OURS
from tests.bank.test_credentials_binding import HERE, p256, presented
from tests.bank.test_credentials_disclosing import found, judged, made
from xuefen.bank.certificates.types import Choice, ShownField

PYTHON = os.environ.get("XUEFEN_SD_JWT", "")
pytestmark = pytest.mark.skipif(
    not (PYTHON and Path(PYTHON).exists()),
    reason="the package sd-jwt is not installed: set XUEFEN_SD_JWT to a Python that has it (see this file)",
)
VERIFY = """
import json, sys
from jwcrypto.jwk import JWK
from sd_jwt.verifier import SDJWTVerifier
asked = json.load(sys.stdin)
print(json.dumps(SDJWTVerifier(asked["token"], lambda issuer, header: JWK(**asked["key"])).get_verified_payload()))
"""
ISSUE = """
import json
from jwcrypto.jwk import JWK
from sd_jwt.common import SDObj
from sd_jwt.issuer import SDJWTIssuer
key = JWK.generate(kty="OKP", crv="Ed25519")
claims = {"iss": "https://a.example", "vct": "https://a.example/x", "iat": 1781000000, SDObj("name"): "李四",
          SDObj("marks"): [SDObj(1), SDObj(2)], "place": {SDObj("city"): "云岭"}}
header = {"typ": "dc+sd-jwt", "jwk": {k: v for k, v in json.loads(key.export_public()).items() if k in ("kty", "crv", "x")}}
print(SDJWTIssuer(claims, key, sign_alg="EdDSA", extra_header_parameters=header, add_decoy_claims=True).sd_jwt_issuance)
"""


VERIFY_BOUND = """
import json, sys
from jwcrypto.jwk import JWK
from sd_jwt.verifier import SDJWTVerifier
asked = json.load(sys.stdin)
key = lambda issuer, header: JWK(**asked["key"])
found = SDJWTVerifier(asked["token"], key, asked["aud"], asked["nonce"]).get_verified_payload()
print(json.dumps(found))
"""
PRESENT = """
import json, sys
from jwcrypto.jwk import JWK
from sd_jwt.holder import SDJWTHolder
asked = json.load(sys.stdin)
holder = SDJWTHolder(asked["token"])
holder.create_presentation({"name": True, "credits": True}, asked["nonce"], asked["aud"], JWK(**asked["key"]))
print(holder.sd_jwt_presentation)
"""


def theirs(program: str, asked: Any = None) -> str:
    done = subprocess.run(
        [PYTHON, "-c", program], input=json.dumps(asked), capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout.strip()


def test_ours_there() -> None:
    body = statement(4)
    choice = Choice(frozenset({ShownField.NAME, ShownField.OUTCOMES, ShownField.GRADES}), (0, 2))
    x = base64.urlsafe_b64encode(OURS.public.raw).decode().rstrip("=")
    told = json.loads(theirs(VERIFY, {"token": made(body, choice), "key": {"kty": "OKP", "crv": "Ed25519", "x": x}}))
    assert told["name"] == body.holder.name and "credits" not in told
    assert [line["grade"] for line in told["outcomes"]] == [body.outcomes[0].grade, body.outcomes[2].grade]


def test_theirs_here() -> None:
    token = theirs(ISSUE)
    assert judged(token)["signature"].code == "signature_good"
    claims = found(token).credential["credentialSubject"]["claims"]
    assert (claims["name"], claims["marks"], claims["place"]) == ("李四", [1, 2], {"city": "云岭"})


def okp(raw: bytes) -> dict[str, str]:
    return {"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(raw).decode().rstrip("=")}


def test_ours_presented_by_their_wallet_here_and_there() -> None:
    """Bound by us to the holder's key, presented by their holder, checked by us and by their verifier."""
    body, (wallet, jwk, sign) = statement(3), p256()
    text = made(body, holder=jwk)
    asked = {"aud": HERE.audience, "nonce": HERE.nonce}
    shown = theirs(PRESENT, {"token": text, "key": wallet, **asked})
    later = datetime.now(UTC) + timedelta(minutes=1)  # their holder signs at the time of this machine
    report = judged(shown, asked=HERE, now=max(later, NOW))
    assert report["holder"].code == "holder_bound" and report["signature"].code == "signature_good"
    told = json.loads(theirs(VERIFY_BOUND, {"token": shown, "key": okp(OURS.public.raw), **asked}))
    assert told["name"] == body.holder.name and told["cnf"]["jwk"] == jwk
    ours = presented(text, sign, alg="ES256", iat=int(datetime.now(UTC).timestamp()))
    assert json.loads(theirs(VERIFY_BOUND, {"token": ours, "key": okp(OURS.public.raw), **asked}))["name"]
