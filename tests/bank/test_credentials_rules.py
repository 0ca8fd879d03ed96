"""Certificates as credentials, and the verdicts on anybody's: plain, as tokens, and baked into pictures."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.bank import credential_builders as build
from tests.bank.certificate_builders import ISSUED, NOW, NUMBER, conversion, outcome_line, statement
from tests.bank.credential_builders import OURS, PLACE, THEIRS, badge, data, made, png, rsa_token, svg, trust
from tests.shared_data import shared_data
from xuefen.bank.certificates.badges import containers, examining
from xuefen.bank.certificates.badges import opening as badges
from xuefen.bank.certificates.pdf import files, opening
from xuefen.bank.certificates.rules import BadFile, credentials, read_issuers
from xuefen.bank.certificates.types import (
    MOST_IN_RECORD,
    CredentialForm,
    CredentialKind,
    KnownIssuer,
    ListPurpose,
    Report,
    Standing,
    StatusRef,
    VerdictState,
)
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock import vc

ISSUERS = (KnownIssuer(vc.did_key(THEIRS.public.raw), "滨海技师学院", "Binhai", (vc.multikey(THEIRS.public.raw),)),)


def examined(content: bytes) -> Any:
    """What is in a file, without a process of its own: the process is tested by itself below."""
    return credentials.examined(examining.examine_file(content))


def judged(content: bytes, **more: Any) -> Report:
    given: dict[str, Any] = {"trust": trust(), "look_up": build.clear, "now": NOW}
    return credentials.judge_credential(examined(content), **(given | more))


def codes(report: Report) -> dict[str, str]:
    return {verdict.check.value: verdict.code for verdict in report.verdicts}


GOOD = {
    "format": "format_credential",
    "signature": "signature_good",
    "issuer": "issuer_good",
    "expiry": "expiry_never",
    "suspension": "suspension_good",
    "revocation": "revocation_good",
}

# --- ours ------------------------------------------------------------------------------------------------------------


def test_a_statement_is_a_record_of_badges() -> None:
    record = made(statement(3))
    report = judged(data(record))
    assert report.ok and codes(report) == GOOD and report.number == NUMBER
    assert report.facts is not None and (report.facts.holder, report.facts.kind) == ("林*禾", CredentialKind.RECORD)
    assert report.headline_zh == "这份证书是真的，现在有效"
    badges_inside = record["credentialSubject"]["verifiableCredential"]
    assert [b["name"] for b in badges_inside] == [line.item for line in statement(3).outcomes]
    assert [b["credentialSubject"]["creditsEarned"] for b in badges_inside] == [3, 6, 1.5]
    for inner in badges_inside:  # each can be shown alone
        assert codes(judged(data(inner))) == GOOD
    assert record == made(statement_again(record))


def statement_again(record: dict[str, Any]) -> Any:
    """The statement with the outcome numbers of a record: those are random."""
    body = statement(3)
    numbers = [b["id"].partition("#")[2] for b in record["credentialSubject"]["verifiableCredential"]]
    return replace(body, outcomes=tuple(replace(o, number=n) for o, n in zip(body.outcomes, numbers, strict=True)))


def test_a_conversion_is_one_badge() -> None:
    document = made(conversion())
    report = judged(data(document))
    assert report.ok and report.facts is not None and report.facts.kind is CredentialKind.BADGE
    assert document["credentialSubject"]["creditsEarned"] == 8.5
    assert "餐饮服务与管理" in document["credentialSubject"]["achievement"]["criteria"]["narrative"]


def test_each_kind_comes_in_its_own_form() -> None:
    for body, form in ((statement(), CredentialForm.OB), (conversion(), CredentialForm.CLR)):
        with pytest.raises(Denied) as refused:
            credentials.credential(body, form, home=build.home(), place=PLACE, signer=OURS)
        assert refused.value.code == "credential_form"
    lines = tuple(outcome_line(n) for n in range(MOST_IN_RECORD + 1))
    with pytest.raises(Denied) as refused:
        made(statement(outcomes=lines, credits=sum(line.credits for line in lines)))
    assert refused.value.code == "credential_too_long"


def test_the_last_day_counts_whole_in_beijing() -> None:
    document = data(made(statement(expires_on=date(2026, 11, 20))))
    last = datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC)
    assert codes(judged(document, now=last))["expiry"] == "expiry_good"
    report = judged(document, now=last + timedelta(seconds=1))
    assert codes(report)["expiry"] == "expiry_expired" and report.headline_zh == "这份证书是真的，但已经过期"
    assert codes(judged(document, now=ISSUED - timedelta(hours=1)))["expiry"] == "expiry_future"


def test_a_key_signs_for_its_own_time_only() -> None:
    document = data(made())
    assert codes(judged(document, trust=trust(since=NOW)))["issuer"] == "issuer_key_time"
    later = credentials.credential(
        statement(),
        CredentialForm.CLR,
        home=build.CredentialHome(**{**home_fields(), "key_since": NOW}),
        place=PLACE,
        signer=OURS,
    )
    assert codes(judged(data(later), trust=trust(since=NOW)))["issuer"] == "issuer_good"


def home_fields() -> dict[str, Any]:
    home = build.home()
    return {"url": home.url, "did": home.did, "method": home.method}


def test_taken_back() -> None:
    at = NOW - timedelta(days=1)

    def revoked(ref: StatusRef) -> Standing:
        assert ref.index == PLACE.index
        return Standing(
            set=ref.purpose == "revocation", live=True, as_of=NOW, at=at, reason_zh="签发有误", reason_en="error"
        )

    report = judged(data(made()), look_up=revoked)
    assert codes(report)["revocation"] == "revocation_revoked" and "签发有误" in report["revocation"].zh
    assert report.headline_zh == "这份证书是真的，但已经被吊销"

    def suspended(ref: StatusRef) -> Standing:
        return Standing(set=ref.purpose == "suspension", live=False, as_of=NOW)

    assert codes(judged(data(made()), look_up=suspended))["suspension"] == "suspension_bit_suspended"
    silent = judged(data(made()), look_up=credentials.nobody)
    assert codes(silent)["revocation"] == "revocation_list_elsewhere" and not silent.ok
    assert silent.headline_zh == "这份证书是真的，是否吊销没有查到"


# --- lists that lie beside a verifier --------------------------------------------------------------------------------


def ref(purpose: str = "revocation", index: int = PLACE.index) -> StatusRef:
    return StatusRef(purpose, f"{build.URL}/log/credentials/{purpose}-0.json", index)


def test_offline_with_the_issuers_lists(tmp_path: Path) -> None:
    lists = tmp_path / "credentials"
    lists.mkdir()
    for purpose in ListPurpose:
        (lists / f"{purpose.value}-0.json").write_bytes(data(build.listed(5, purpose=purpose)))
    look_up = files.read_beside(tmp_path, trust=trust(), now=NOW).look_up
    assert codes(judged(data(made()), look_up=look_up))["revocation"] == "revocation_good_as_of"
    (lists / "revocation-0.json").write_bytes(data(build.listed(PLACE.index)))
    assert codes(judged(data(made()), look_up=look_up))["revocation"] == "revocation_bit_revoked"
    (lists / "revocation-0.json").unlink()
    assert codes(judged(data(made()), look_up=look_up))["revocation"] == "revocation_list_elsewhere"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda document: document["credentialSubject"].update(encodedList=vc.encode_bits([])),
        lambda document: document.update(id="https://elsewhere.example/list"),
        lambda document: document.pop("proof"),
        lambda document: document.pop("validUntil"),
        lambda document: document.update(
            proof=[document["proof"], {**document["proof"], "created": "2026-01-01T00:00:00Z"}]
        ),
    ],
)
def test_a_list_that_is_not_the_issuers_says_nothing(spoil: Callable[[dict[str, Any]], Any]) -> None:
    document = build.listed(PLACE.index)
    assert credentials.read_list(data(document), ref(), trust=trust(), now=NOW).set
    spoil(document)
    with pytest.raises(BadFile):
        credentials.read_list(data(document), ref(), trust=trust(), now=NOW)


def test_a_list_of_another_purpose_place_or_time_says_nothing() -> None:
    document = data(build.listed(PLACE.index))
    for wrong, at in ((ref("suspension"), NOW), (ref(index=2**30), NOW), (ref(), NOW + timedelta(days=8))):
        with pytest.raises(BadFile):
            credentials.read_list(document, wrong, trust=trust(), now=at)
    with pytest.raises(BadFile):
        credentials.read_list(document, ref(), trust=trust(THEIRS), now=NOW)
    for noise in (b"", b"[]", b"7", b'{"a":1}'):
        with pytest.raises(BadFile):
            credentials.read_list(noise, ref(), trust=trust(), now=NOW)


# --- theirs ----------------------------------------------------------------------------------------------------------


def test_a_strangers_badge_is_sound_but_nobody_knows_its_issuer() -> None:
    report = judged(data(badge()))
    assert codes(report) == GOOD | {
        "issuer": "issuer_stranger",
        "suspension": "suspension_no_list",
        "revocation": "revocation_no_list",
    }
    assert report["issuer"].state is VerdictState.UNKNOWN and not report.ok and report.facts is None
    assert report.headline_zh == "签名没有问题，但不认识签发机构"


def test_an_issuer_on_the_list_is_known_by_its_key() -> None:
    report = judged(data(badge()), issuers=ISSUERS)
    assert report.ok and codes(report)["issuer"] == "issuer_known"
    assert report.facts is not None and report.facts.content_zh == "焊接入门"
    other = (KnownIssuer(ISSUERS[0].id, "x", "x", ("z6MkOther",)),)
    assert codes(judged(data(badge()), issuers=other))["issuer"] == "issuer_foreign_key"


def test_who_signs_must_be_who_issues() -> None:
    document = build.credentials_badge(vc.did_key(OURS.public.raw))
    method = f"{vc.did_key(THEIRS.public.raw)}#{vc.multikey(THEIRS.public.raw)}"
    forged = vc.prove(document, signer=THEIRS, method=method, created="2026-03-01T00:00:00Z")
    report = judged(data(forged), issuers=ISSUERS)
    assert codes(report)["issuer"] == "issuer_not_signer" and report.headline_zh == "不要相信这份文件"


def test_our_key_under_another_address_is_not_ours() -> None:
    address = "https://elsewhere.example/issuer"
    document = build.credentials_badge(address)
    signed = vc.prove(
        document, signer=OURS, method=f"{address}#{vc.multikey(OURS.public.raw)}", created="2026-03-01T00:00:00Z"
    )
    assert codes(judged(data(signed)))["issuer"] == "issuer_name_wrong"


def test_a_changed_badge_inside_a_record_is_found() -> None:
    document = vc.without_proof(made())
    document["credentialSubject"]["verifiableCredential"][1]["name"] = "别的"
    signed = vc.prove(document, signer=OURS, method=build.home().method, created="2026-09-16T07:42:00Z")
    assert codes(judged(data(signed)))["signature"] == "signature_inner_wrong"
    document["credentialSubject"]["verifiableCredential"][1] = build.ed25519_token(THEIRS, token_payload(), alg="ES256")
    found = build.good(document, inner=(build.good({}), build.good({}, state="unsupported")))
    report = credentials.judge_credential(found, trust=trust(), look_up=build.clear, now=NOW)
    assert codes(report)["signature"] == "signature_inner_unsupported" and not report.ok


@pytest.mark.parametrize("name", ["simple.json", "complete.json", "clr_simple.json", "simple-json.png"])
def test_samples_of_the_standard(name: str) -> None:
    report = judged(shared_data(f"open_badges/samples/{name}").read_bytes(), look_up=credentials.nobody)
    told = codes(report)
    assert (told["format"], told["issuer"]) == ("format_credential", "issuer_stranger")
    assert told["signature"] == "signature_good"


def test_the_standards_token_says_where_its_key_is_not() -> None:
    found = examined(shared_data("open_badges/samples/simple.jwt").read_bytes())
    assert (found.state, found.controller) == ("unsupported", "https://example.edu/issuers/565049")
    report = judged(shared_data("open_badges/samples/simple.jwt").read_bytes())
    assert codes(report)["signature"] == "signature_unsupported" and report.headline_zh == "没法核验这份文件"


# --- form ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"@context": ["https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]}, "@context"),
        ({"type": ["OpenBadgeCredential"]}, "type"),
        ({"issuer": "nobody"}, "issuer"),
        ({"issuer": None}, "issuer"),
        ({"id": 7}, "id"),
        ({"credentialSubject": None}, "credentialSubject"),
        ({"credentialSubject": []}, "credentialSubject"),
        ({"credentialSubject": {"type": ["AchievementSubject"]}}, "credentialSubject.achievement"),
        ({"type": ["VerifiableCredential", "ClrCredential"]}, "credentialSubject.verifiableCredential"),
        ({"validFrom": "yesterday"}, "validFrom"),
        ({"validUntil": "2026-13-01T00:00:00Z"}, "validUntil"),
        ({"credentialStatus": {"id": "urn:x"}}, "credentialStatus"),
        (
            {"credentialStatus": {"type": "BitstringStatusListEntry", "statusListIndex": "-1"}},
            "credentialStatus.statusListIndex",
        ),
        ({"evidence": [{"id": "urn:x"}]}, "evidence"),
    ],
)
def test_what_is_no_credential_says_where(change: dict[str, Any], where: str) -> None:
    document = badge() | change
    report = credentials.judge_credential(
        build.good(document), trust=trust(), issuers=(), look_up=credentials.nobody, now=NOW
    )
    assert codes(report)["format"] == "format_wrong" and f"（{where}）" in report["format"].zh
    assert not report.ok and report.facts is None


def test_a_status_of_an_unknown_kind_is_never_taken_for_good() -> None:
    document = badge() | {"credentialStatus": {"id": "urn:x:1", "type": "1EdTechRevocationList"}}
    report = credentials.judge_credential(build.good(document), trust=trust(), look_up=credentials.nobody, now=NOW)
    assert codes(report)["revocation"] == "revocation_list_elsewhere"


def test_a_strangers_words_cannot_steer_a_screen() -> None:
    claims = credentials.claims_of(badge() | {"name": "a\u202eb\x1b[31m" + "长" * 500})
    assert claims.name.startswith("a b [31m") and len(claims.name) == 200


# --- pictures and tokens ---------------------------------------------------------------------------------------------


def test_baked_into_pictures() -> None:
    content = data(badge())
    for picture in (
        png((b"openbadgecredential", content)),
        svg(f"<openbadges:credential><![CDATA[{content.decode()}]]></openbadges:credential>"),
        svg(f'<openbadges:credential verify="{build.ed25519_token(THEIRS, token_payload())}"/>'),
        png((b"openbadgecredential", build.ed25519_token(THEIRS, token_payload()).encode())),
    ):
        assert badges.looks_like_one(picture)
        assert codes(judged(picture))["signature"] == "signature_good"
        assert codes(judged(picture))["issuer"] == "issuer_stranger"


def token_payload(**changes: Any) -> dict[str, Any]:
    did = vc.did_key(THEIRS.public.raw)
    document = build.credentials_badge(did)
    return document | {"iss": did, "jti": document["id"], "nbf": 1_772_323_200} | changes


@pytest.mark.parametrize(
    ("picture", "why"),
    [
        (png(), "empty"),
        (png((b"Comment", b"x")), "empty"),
        (png((b"openbadges", b"{}")), "old"),
        (png((b"openbadgecredential", b"{}"), (b"openbadgecredential", b"{}")), "many"),
        (png((b"openbadgecredential", b"no json"))[:-5], "unreadable"),
        (png((b"openbadgecredential", b"no json")), "unreadable"),
        (png()[:-20] + b"\0" * 20, "unreadable"),
        (svg(""), "empty"),
        (svg('<x:assertion xmlns:x="http://openbadges.org"/>'), "old"),
        (svg("<openbadges:credential>7</openbadges:credential>"), "unreadable"),
        (b'<?xml version="1.0"?><svg', "unreadable"),
        (data({"@context": "https://w3id.org/openbadges/v2", "type": "Assertion"}), "old"),
    ],
)
def test_pictures_without_a_badge(picture: bytes, why: str) -> None:
    with pytest.raises(containers.NoBadge) as none:
        examining.examine_file(picture)
    assert none.value.why == why


def test_entities_of_a_picture_are_not_unfolded() -> None:
    bomb = b'<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>' + svg(
        "<openbadges:credential>&b;</openbadges:credential>"
    )
    with pytest.raises(containers.NoBadge):
        examining.examine_file(bomb)


def test_tokens_by_rsa_and_by_ed25519() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    token = rsa_token(key, token_payload())
    found = examined(token.encode())
    assert (found.state, found.controller) == ("good", vc.did_key(THEIRS.public.raw))
    known = (KnownIssuer(found.controller, "滨海", "Binhai", (found.key,)),)
    assert codes(judged(token.encode(), issuers=known))["issuer"] == "issuer_known"
    assert codes(judged(token.encode(), issuers=ISSUERS))["issuer"] == "issuer_foreign_key"
    head, body, signature = token.split(".")
    for broken in (
        f"{head}.{body}.{signature[:-6]}AAAAAA",
        ".".join((head, build._part(token_payload(name="x")), signature)),
    ):
        assert examined(broken.encode()).state in ("wrong", "unsupported")
    assert examined(build.ed25519_token(THEIRS, token_payload()).encode()).state == "good"


def test_the_older_models_token() -> None:
    did = vc.did_key(THEIRS.public.raw)
    inside = build.credentials_badge(did)
    inside["@context"] = ["https://www.w3.org/2018/credentials/v1", inside["@context"][1]]
    inside.pop("validFrom")
    token = build.ed25519_token(THEIRS, {"vc": inside, "iss": did, "nbf": 1_772_323_200, "exp": 1_772_323_300})
    report = judged(token.encode())
    assert codes(report)["format"] == "format_credential" and codes(report)["expiry"] == "expiry_expired"


@pytest.mark.parametrize(
    ("header", "state"),
    [
        ({"alg": "none"}, "unsupported"),
        ({"alg": "HS256"}, "unsupported"),
        ({"alg": "RS256"}, "unsupported"),
        ({"kid": "https://example.org/keys/1"}, "unsupported"),
        ({"jwk": {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}}, "unsupported"),
        ({"jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}, "alg": "RS256"}, "unsupported"),
    ],
)
def test_tokens_of_other_kinds_are_not_good(header: dict[str, Any], state: str) -> None:
    assert examined(build.ed25519_token(THEIRS, token_payload(), **header).encode()).state == state


# --- the process -----------------------------------------------------------------------------------------------------


def test_a_file_is_taken_apart_in_a_process_of_its_own() -> None:
    report = opening.verify_file(data(badge()), trust=trust(), status=None, now=NOW, beside=files.Beside(ISSUERS))
    assert report.ok, report
    old = opening.verify_file(png((b"openbadges", b"{}")), trust=trust(), status=None, now=NOW)
    assert codes(old)["format"] == "format_badge_2" and old.headline_zh == "没法核验这份文件"
    empty = opening.verify_file(png(), trust=trust(), status=None, now=NOW)
    assert codes(empty)["format"] == "format_no_code"
    drawing = opening.verify_file(svg(""), trust=trust(), status=None, now=NOW)
    assert codes(drawing)["format"] == "format_badge_empty"
    with pytest.raises(Denied) as refused:
        opening.verify_file(png((b"openbadgecredential", b"?")), trust=trust(), status=None, now=NOW)
    assert refused.value.code == "verify_unreadable"


def test_poison_is_given_up() -> None:
    nodes = [f"_:n{n}" for n in range(11)]
    poison = {
        "@context": [vc.linked.CREDENTIALS_V2, {"knows": {"@id": "urn:knows", "@type": "@id"}}],
        "id": "urn:x",
        "type": ["VerifiableCredential"],
        "issuer": vc.did_key(THEIRS.public.raw),
        "credentialSubject": [{"id": n, "knows": [m for m in nodes if m != n]} for n in nodes],
        "proof": badge()["proof"],
    }
    report = opening.verify_file(data(poison), trust=trust(), status=None, now=NOW)
    assert codes(report)["signature"] == "signature_unclear"


def test_a_machine_too_busy_to_examine_a_file_says_nothing_against_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(badges, "_WALL_SECONDS", 0.001)
    with pytest.raises(Denied) as denied:
        opening.verify_file(data(badge()), trust=trust(), status=None, now=NOW)
    assert denied.value.code == "verify_busy"


# --- whom else to believe --------------------------------------------------------------------------------------------


def test_the_list_of_outside_issuers(tmp_path: Path) -> None:
    value = {
        "format": "xuefen-issuers/1",
        "issuers": [{"id": "did:key:z6Mk", "name": {"zh": "甲", "en": "A"}, "keys": ["z6Mk"]}],
    }
    assert read_issuers(json.dumps(value).encode()) == (KnownIssuer("did:key:z6Mk", "甲", "A", ("z6Mk",)),)
    assert files.read_issuers_file(tmp_path / "none.json") == ()
    (tmp_path / "issuers.json").write_text("{}")
    with pytest.raises(Denied) as refused:
        files.read_issuers_file(tmp_path / "issuers.json")
    assert refused.value.code == "issuers_unreadable"
