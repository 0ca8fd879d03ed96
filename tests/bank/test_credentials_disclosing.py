"""Certificates as SD-JWT: what is shown is what was chosen, and nothing that was changed is believed."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.bank.certificate_builders import NOW, conversion, statement
from tests.bank.credential_builders import OURS, PLACE, URL, _part, clear, ed25519_token, home, trust
from xuefen.bank.certificates.badges import containers, examining
from xuefen.bank.certificates.badges.containers import NoBadge
from xuefen.bank.certificates.pdf import files, opening
from xuefen.bank.certificates.rules import BadFile, credentials
from xuefen.bank.certificates.types import (
    CertificateBody,
    CertificateKind,
    Choice,
    Examined,
    ListPurpose,
    Report,
    ShownField,
    Standing,
    StatusRef,
)
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock import vc
from xuefen.bedrock.vc import disclosure

NAME_AND_CREDITS = Choice(frozenset({ShownField.NAME, ShownField.CREDITS}))


def made(body: CertificateBody, choice: Choice | None = None, **more: Any) -> str:
    return credentials.sd_jwt(body, choice, home=home(), place=PLACE, signer=OURS, **more)


def found(text: str) -> Examined:
    return credentials.examined(examining.examine_file(text.encode()))


def judged(text: str, **more: Any) -> Report:
    return credentials.judge_credential(found(text), **({"trust": trust(), "look_up": clear, "now": NOW} | more))


def shown(report: Report) -> dict[str, str]:
    assert report.facts is not None
    return {row.en: row.value for row in report.facts.shown}


def test_only_what_was_chosen_is_in_it() -> None:
    body = statement(4)
    text = made(body, NAME_AND_CREDITS)
    report = judged(text)
    assert report.ok and report[("revocation")].code == "revocation_good"
    assert shown(report) == {"Name": "林小禾", "Credits in all": "14.0"}
    payload = base64.urlsafe_b64decode(text.split(".")[1] + "==").decode()
    everything = payload + "".join(base64.urlsafe_b64decode(part + "==").decode() for part in text.split("~")[1:-1])
    for hidden in (body.holder.account, body.number, body.salt, body.outcomes[0].item, "outcomes", "grade"):
        assert hidden not in everything


def test_everything_and_the_holder_chooses_alone() -> None:
    body = statement(4)
    whole = made(body)
    rows = shown(judged(whole))
    assert rows["Certificate number"] == body.number and body.outcomes[0].grade in rows["No. 1"]
    token, told, _ = disclosure.split(whole)
    mine = disclosure.combined(token, [part for part in told if "焊接" not in part][:1])
    assert judged(mine).ok
    assert whole == made(body), "the same bytes every time"


def test_outcomes_one_by_one_with_and_without_grades() -> None:
    body = statement(4)
    fields = frozenset({ShownField.OUTCOMES})
    one = shown(judged(made(body, Choice(fields, (2,)))))
    assert list(one) == ["No. 1"] and body.outcomes[2].item in one["No. 1"] and "优秀" not in one["No. 1"]
    graded = shown(judged(made(body, Choice(fields | {ShownField.GRADES}, (2,)))))
    assert "优秀" in graded["No. 1"] and body.outcomes[2].number not in graded["No. 1"]
    assert len(shown(judged(made(body, Choice(fields))))) == 4


def test_a_conversion_shows_its_programme_and_lines() -> None:
    body = conversion()
    rows = shown(judged(made(body, Choice(frozenset({ShownField.PROGRAMME, ShownField.OUTCOMES}), (0,)))))
    assert body.programme.name in rows["Programme"] and body.lines[0].course in rows["No. 1"]
    assert body.lines[0].outcomes[0].item in rows["No. 1"] and len(rows) == 2


def test_each_occasion_has_digests_and_an_end_of_its_own() -> None:
    body = statement(2)
    first, second = (made(body, NAME_AND_CREDITS, context=context) for context in "ab")
    payloads = [json.loads(base64.urlsafe_b64decode(text.split(".")[1] + "==")) for text in (first, second)]
    assert not set(payloads[0]["_sd"]) & set(payloads[1]["_sd"])
    ending = made(body, NAME_AND_CREDITS, until=NOW + timedelta(days=7))
    assert judged(ending).ok
    late = judged(ending, now=NOW + timedelta(days=8))
    assert late["expiry"].code == "expiry_expired" and not late.ok


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        (Choice(frozenset()), "choice_empty"),
        (Choice(frozenset({ShownField.PROGRAMME})), "choice_empty"),
        (Choice(frozenset({ShownField.OUTCOMES}), (4,)), "choice_lines"),
        (Choice(frozenset({ShownField.OUTCOMES}), (-1,)), "choice_lines"),
        (Choice(frozenset({ShownField.OUTCOMES}), ()), "choice_lines"),
    ],
)
def test_a_choice_must_be_one(choice: Choice, code: str) -> None:
    with pytest.raises(Denied) as denied:
        made(statement(4), choice)
    assert denied.value.code == code


# --- what is not believed --------------------------------------------------------------------------------------------


def resigned(payload: dict[str, Any], told: list[str], **header: Any) -> str:
    return disclosure.combined(ed25519_token(OURS, payload, **({"typ": "dc+sd-jwt"} | header)), told)


def test_changed_swapped_and_added_disclosures() -> None:
    body = statement(4)
    token, told, _ = disclosure.split(made(body, NAME_AND_CREDITS))
    other = disclosure.split(made(statement(2), NAME_AND_CREDITS))[1]
    forged = base64.urlsafe_b64encode(json.dumps(["c2FsdA", "name", "钟野"]).encode()).decode().rstrip("=")
    for wrong in (other, [*told, forged], [*told, told[0]], ["x"]):
        report = judged(disclosure.combined(token, wrong))
        assert report["signature"].code == "signature_wrong" and report.facts is None
    head, body_part, signature = token.split(".")
    flipped = f"{head}.{body_part}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    assert judged(disclosure.combined(flipped, told))["signature"].code == "signature_wrong"


def test_a_status_may_not_be_hidden() -> None:
    payload, told = disclosure.conceal(
        {"iss": home().did, "iat": 1781000000, "vct": "x", "status": disclosure.Hidden({})}, salt=lambda path: b"s" * 16
    )
    assert judged(resigned(payload, list(told.values())))["signature"].code == "signature_wrong"
    assert judged(resigned(payload, []))["revocation"].code == "revocation_no_list"


@pytest.mark.parametrize("header", [{"typ": "JWT"}, {"typ": "statuslist+jwt"}, {"crit": ["x"]}, {"alg": "none"}])
def test_other_tokens_are_not_taken_for_one(header: dict[str, Any]) -> None:
    payload = {"iss": home().did, "iat": 1781000000, "vct": "x"}
    assert judged(resigned(payload, [], **header))["signature"].code == "signature_unsupported"


def test_a_signature_of_nobody_s_key_is_wrong() -> None:
    report = judged(made(statement(1), NAME_AND_CREDITS) + ed25519_token(OURS, {"aud": "x"}))
    assert report["signature"].code == "signature_good" and report["holder"].code == "holder_wrong"
    assert report.headline_en == "Do not rely on this file"


@pytest.mark.parametrize(
    "status", ["x", {}, {"status_list": 7}, {"status_list": {"idx": "x", "uri": "https://a.example/x"}}]
)
def test_a_status_of_no_known_form_is_never_good(status: Any) -> None:
    text = resigned({"iss": home().did, "iat": 1781000000, "vct": "x", "status": status}, [])
    report = judged(text, look_up=credentials.nobody)
    assert not report.ok


def test_strangers_with_a_p256_key() -> None:
    key = ec.derive_private_key(7, ec.SECP256R1())
    numbers = key.public_key().public_numbers()
    jwk = {"kty": "EC", "crv": "P-256", "x": _part(numbers.x.to_bytes(32)), "y": _part(numbers.y.to_bytes(32))}
    payload, told = disclosure.conceal(
        {"iss": "https://a.example", "vct": "https://a.example/badge", "iat": 1781000000, "given": disclosure.Hidden(["x", 1.5])},
        salt=lambda path: b"s" * 16,
    )  # fmt: skip
    signed = f"{_part({'alg': 'ES256', 'typ': 'dc+sd-jwt', 'jwk': jwk})}.{_part(payload)}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    text = disclosure.combined(f"{signed}.{_part(r.to_bytes(32) + s.to_bytes(32))}", list(told.values()))
    assert judged(text)["signature"].code == "signature_good" and judged(text)["issuer"].code == "issuer_stranger"
    assert credentials.rows_of(found(text).credential["credentialSubject"]["claims"])[0].value == "x、1.5"
    broken = disclosure.combined(f"{signed}.{_part(s.to_bytes(32) + r.to_bytes(32))}", [])
    assert judged(broken)["signature"].code == "signature_wrong"
    short = disclosure.combined(f"{signed}.{_part(b'x')}", [])
    assert judged(short)["signature"].code == "signature_unsupported"


@pytest.mark.parametrize("text", ["a.b.c~", "a.b.c~~~", "bnVsbA.bnVsbA.bnVsbA~"])
def test_what_only_looks_like_one(text: str) -> None:
    assert containers.is_token(text.encode())
    with pytest.raises(NoBadge):
        examining.examine_file(text.encode())


# --- token status lists ----------------------------------------------------------------------------------------------

REF = StatusRef(ListPurpose.REVOCATION, credentials.states_url(URL, 0), PLACE.index)


def states(revoked: tuple[int, ...] = (), suspended: tuple[int, ...] = ()) -> bytes:
    return credentials.states_token(
        home=home(), list_number=0, revoked=revoked, suspended=suspended, now=NOW, until=NOW + timedelta(days=7),
        signer=OURS,
    ).encode()  # fmt: skip


def read(data: bytes, ref: StatusRef = REF, **more: Any) -> Standing:
    return credentials.read_list(data, ref, **({"trust": trust(), "now": NOW} | more))


def test_both_questions_from_one_list() -> None:
    suspended = StatusRef(ListPurpose.SUSPENSION, REF.list_url, REF.index)
    for data, answers in (
        (states(), (False, False)),
        (states(revoked=(PLACE.index,)), (True, False)),
        (states(suspended=(PLACE.index, 5)), (False, True)),
    ):
        assert (read(data).set, read(data, suspended).set) == answers


def test_offline_with_the_list_beside(tmp_path: Any) -> None:
    folder = tmp_path / files.LISTS_FOLDER
    folder.mkdir()
    text = made(statement(2), NAME_AND_CREDITS)
    for data, code in ((states(), "revocation_good_as_of"), (states(revoked=(PLACE.index,)), "revocation_bit_revoked")):
        (folder / "status-0.jwt").write_bytes(data)
        beside = files.read_beside(tmp_path, trust=trust(), now=NOW)
        report = opening.verify_file(text.encode(), trust=trust(), status=None, now=NOW, beside=beside)
        assert report["revocation"].code == code
    assert report["signature"].code == "signature_good"


def test_a_list_that_is_not_the_issuers_says_nothing() -> None:
    good = states()
    other = StatusRef(REF.purpose, credentials.states_url(URL, 1), REF.index)
    beyond = StatusRef(REF.purpose, REF.list_url, 10**6)
    head, _, tail = good.rpartition(b".")
    for data, ref, when in (
        (good, other, NOW),
        (good, beyond, NOW),
        (good, REF, NOW + timedelta(days=8)),
        (good, REF, NOW - timedelta(days=1)),
        (head + b"." + tail[::-1], REF, NOW),
        (b"", REF, NOW),
        ("学".encode(), REF, NOW),
        (ed25519_token(OURS, {"sub": REF.list_url, "iat": 1, "exp": 2}).encode(), REF, NOW),
    ):
        with pytest.raises(BadFile):
            read(data, ref, now=when)


def test_what_a_wallet_may_say_beside_it() -> None:
    for kind, body in ((CertificateKind.STATEMENT, statement(1)), (CertificateKind.CONVERSION, conversion())):
        told = credentials.type_metadata(URL, kind)
        payload = json.loads(base64.urlsafe_b64decode(made(body).split(".")[1] + "=="))
        assert told["vct"] == payload["vct"] == f"{URL}/log/credentials/{kind.value}.json"
        claims = disclosure.reveal(payload, disclosure.split(made(body))[1])
        assert all(claim["path"][0] in claims for claim in told["claims"])
    assert vc.did_key(OURS.public.raw) == claims["iss"]
