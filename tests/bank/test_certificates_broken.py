"""What somebody might bring to deceive or to break a verifier: each ends in one verdict or one sentence, never a traceback."""

from __future__ import annotations

import base64
import copy
import functools
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pypdf
import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from tests.bank.certificate_builders import NOW, nothing_revoked, statement
from tests.bank.credential_builders import (
    OURS,
    PLACE,
    THEIRS,
    _part,
    badge,
    data,
    ed25519_token,
    home,
    listed,
    made,
    png,
    svg,
    trust,
)  # fmt: skip
from tests.bank.test_certificates_paper import bank, needs_fonts, paper
from tests.bank.test_credentials_rules import token_payload
from xuefen.bank.certificates.pdf import opening
from xuefen.bank.certificates.rules import BadFile, credentials
from xuefen.bank.certificates.types import ListPurpose, Report, StatusRef
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock import vc


def outcome(content: bytes, *, believe: Any = None) -> str:
    """The codes that are not good, or the code of the sentence."""
    try:
        report = opening.verify_file(content, trust=believe or trust(), status=nothing_revoked(), now=NOW)
    except Denied as denied:
        assert denied.sentence("zh") and denied.sentence("en") and denied.problem.status < 500
        return denied.code
    assert not report.ok and report.headline_zh and report.headline_en
    return " ".join(doubts(report))


def doubts(report: Report) -> list[str]:
    return [v.code for v in report.verdicts if v.state.value in ("bad", "unknown")]


# --- PDF -------------------------------------------------------------------------------------------------------------


@functools.cache
def ours() -> bytes:
    return paper("statement", "zh")


def appended() -> bytes:
    """A later revision behind the signatures, as a PDF editor saves it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(ours()), strict=False)
    writer.root["/PageLayout"] = writer.root.get("/PageMode", None) or writer.root["/Type"]
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def saved_again() -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(ours()))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@needs_fonts
@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (appended, "signature_seal_wrong"),
        (saved_again, "signature_seal_"),
        (lambda: ours() + ours(), "signature_seal_"),
        (lambda: ours()[:-200], ("format_damaged", "signature_seal_wrong")),
        (lambda: ours()[: len(ours()) // 2], ("verify_unreadable", "format_damaged")),
        (lambda: b"%PDF-1.7\n" + b"1 0 obj\n" * 20_000, ("verify_unreadable", "format_no_certificate")),
        (lambda: b"%PDF-" + bytes(4000), ("verify_unreadable", "format_no_certificate")),
    ],
)
def test_a_pdf_that_was_touched(make: Callable[[], bytes], expected: str | tuple[str, ...]) -> None:
    found = outcome(make(), believe=bank().trust())
    assert any(word in found for word in ((expected,) if isinstance(expected, str) else expected)), found


# --- linked data -----------------------------------------------------------------------------------------------------


def changed(change: Callable[[dict[str, Any]], Any], document: dict[str, Any] | None = None) -> bytes:
    document = copy.deepcopy(document or made())
    change(document)
    return data(document)


def proof(**more: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda d: d["proof"].update(more)


INLINE = {"name": "https://evil.example/other-name"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (lambda: changed(lambda d: d["@context"].append(INLINE)), "signature_"),
        (lambda: changed(lambda d: d["@context"].append("https://evil.example/context")), "signature_unclear"),
        (lambda: changed(lambda d: d["@context"].pop()), "signature_"),
        (lambda: changed(lambda d: d["@context"].reverse()), "format_wrong"),
        (lambda: changed(lambda d: d.update({"@context": "x" * 10_000})), "format_wrong"),
        (lambda: changed(lambda d: d.update({"@context": {"@context": {"@context": {}}}})), "format_wrong"),
        (lambda: changed(lambda d: d.update(secret="nobody signed this")), "signature_unclear"),
        (lambda: data(made()).replace(b'"type"', b'"type":["x"],"type"', 1), "verify_unreadable"),
        (lambda: changed(proof(proofPurpose="authentication")), "signature_"),
        (lambda: changed(proof(cryptosuite="eddsa-jcs-2022")), "signature_unsupported"),
        (lambda: changed(proof(proofValue="z")), "signature_unreadable"),
        (lambda: changed(proof(proofValue="z" + "1" * 64)), "signature_wrong"),
        (lambda: changed(proof(created="2026-13-45T99:00:00Z")), "signature_unreadable"),
        (lambda: changed(proof(verificationMethod=home(THEIRS).method)), "signature_wrong"),
        (lambda: changed(lambda d: d.update(proof=[])), "signature_unreadable"),
        (lambda: changed(lambda d: d.update(proof=[d["proof"]] * 9)), "signature_unreadable"),
        (lambda: changed(lambda d: d.pop("proof")), "signature_unreadable"),
        (lambda: changed(lambda d: d.update(validUntil="tomorrow")), "format_wrong"),
        (lambda: changed(lambda d: d.update(credentialSubject=[])), "format_wrong"),
        (lambda: changed(lambda d: d.update(credentialStatus=[7])), "format_wrong"),
        (lambda: data({"@context": [[[[]]]] * 50}), "format_wrong"),
        (lambda: b'{"@context":' + b"[" * 5000 + b"]" * 5000 + b"}", "verify_unreadable"),
    ],
)  # fmt: skip
def test_a_credential_that_was_touched(content: Callable[[], bytes], expected: str) -> None:
    assert expected in outcome(content())


def test_another_purpose_is_refused_even_when_it_is_signed() -> None:
    document = {key: value for key, value in badge().items() if key != "proof"}
    method = f"{vc.did_key(THEIRS.public.raw)}#{vc.multikey(THEIRS.public.raw)}"
    signed = vc.prove(document, signer=THEIRS, method=method, created="2026-03-01T00:00:00Z", purpose="authentication")
    assert "signature_unreadable" in outcome(data(signed))


def test_its_time_is_over_or_not_yet_come() -> None:
    for change, expected in (
        ({"validUntil": "2026-03-02T00:00:00Z"}, "expiry_expired"),
        ({"validFrom": "2031-01-01T00:00:00Z"}, "expiry_future"),
        ({"validFrom": "0001-01-01T00:00:00+14:00"}, "format_wrong"),
    ):
        assert expected in outcome(data(badge(**change)))


# --- status lists ----------------------------------------------------------------------------------------------------


def resigned(document: dict[str, Any], key: Any = OURS, **subject: Any) -> bytes:
    bare = {name: value for name, value in document.items() if name != "proof"}
    bare["credentialSubject"] = {**bare["credentialSubject"], **subject}
    return data(vc.prove(bare, signer=key, method=home(key).method, created="2026-11-20T00:00:00Z"))


def packed(size: int) -> str:
    return vc.bits.encode_bits([], size=size)


@pytest.mark.parametrize(
    "content",
    [
        lambda: resigned(listed(), THEIRS),
        lambda: resigned(listed(), encodedList=packed(1024)),
        lambda: resigned(listed(), encodedList="uAAAA"),
        lambda: resigned(listed(), encodedList=7),
        lambda: resigned(listed(), encodedList=packed(131_072)[:-20]),
        lambda: resigned(listed(), encodedList=packed(2**28)),
        lambda: resigned(listed(), statusPurpose="suspension"),
        lambda: data(listed(now=NOW - timedelta(days=8))),
        lambda: data(listed(now=NOW + timedelta(days=1))),
        lambda: b"",
        lambda: b"{}",
        lambda: b"[" * 100_000,
    ],
)
def test_a_status_list_that_cannot_be_used_says_nothing(content: Callable[[], bytes]) -> None:
    ref = StatusRef(ListPurpose.REVOCATION, listed()["id"], PLACE.index)
    assert credentials.read_list(data(listed()), ref, trust=trust(), now=NOW).set is False
    with pytest.raises(BadFile):
        credentials.read_list(content(), ref, trust=trust(), now=NOW)


def test_without_its_list_a_credential_is_not_called_good() -> None:
    assert outcome(data(made())) == "suspension_list_elsewhere revocation_list_elsewhere"


# --- tokens ----------------------------------------------------------------------------------------------------------


def disclosed(**more: Any) -> list[str]:
    return credentials.sd_jwt(statement(2), None, home=home(), place=PLACE, signer=OURS, **more).split("~")


def unsigned(header: dict[str, Any]) -> bytes:
    return f"{_part(header)}.{_part(token_payload())}.{_part(b'x')}".encode()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (lambda: "~".join([*disclosed()[:2], disclosed()[1], ""]).encode(), "signature_wrong"),
        (lambda: "~".join([disclosed()[0], _part([_part(b"x" * 16), "name", "李四"]), ""]).encode(), "signature_wrong"),
        (lambda: "~".join([disclosed()[0], "AAAA", ""]).encode(), "signature_wrong"),
        (lambda: "~".join([disclosed()[0][:-4] + "AAAA", ""]).encode(), "signature_wrong"),
        (lambda: (disclosed()[0] + "~" * 20_000).encode(), "verify_unreadable"),
        (lambda: unsigned({"alg": "none"}), "signature_unsupported"),
        (lambda: unsigned({"alg": "None"}), "signature_unsupported"),
        (lambda: unsigned({"alg": "HS256", "jwk": {"kty": "oct", "k": "AAAA"}}), "signature_unsupported"),
        (lambda: unsigned({"alg": "HS256", "kid": home().method}), "signature_unsupported"),
        (lambda: unsigned({"alg": "EdDSA", "jwk": {"kty": "oct", "k": "AAAA"}}), "signature_unsupported"),
        (lambda: unsigned({"alg": "EdDSA", "kid": home().method}), "signature_wrong"),
        (lambda: unsigned({"alg": ["EdDSA"], "kid": home().method}), "signature_unsupported"),
        (lambda: unsigned({"alg": "EdDSA", "crit": ["b64"], "b64": False, "kid": home().method}), "signature_unsupported"),
        (lambda: ed25519_token(THEIRS, {**token_payload(), "exp": 1}).encode(), "expiry_expired"),
        (lambda: b"eyJhIjoxfQ.W10.AA", "verify_unreadable"),
        (lambda: base64.urlsafe_b64encode(b'{"alg":"none","alg":"EdDSA"}').rstrip(b"=") + b".e30.AA", "verify_unreadable"),
    ],
)  # fmt: skip
def test_a_token_that_was_touched(content: Callable[[], bytes], expected: str) -> None:
    assert expected in outcome(content())


# --- pictures and XML ------------------------------------------------------------------------------------------------

OPEN, CLOSE = "<openbadges:credential>", "</openbadges:credential>"
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12))
ELMO = (
    '<?xml version="1.0"?><!DOCTYPE elmo [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    '<elmo xmlns="https://github.com/emrex-eu/elmo-schemas/tree/v1"><generatedDate>&x;</generatedDate></elmo>'
)


def drawing(doctype: str, inside: str) -> bytes:
    return f"<!DOCTYPE svg [{doctype}]>".encode() + svg(inside)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (lambda: png(*[(b"openbadgecredential", data(badge()))] * 2), "format_badge_many"),
        (lambda: svg(f"{OPEN}<![CDATA[{json.dumps(badge())}]]>{CLOSE}" * 2), "format_badge_many"),
        (lambda: png((b"openbadgecredential", b"\xff\xfe")), "verify_unreadable"),
        (lambda: svg("<script>alert(1)</script>"), "format_badge_empty"),
        (lambda: drawing(LAUGHS, "<desc>&l11;</desc>"), ("format_badge_empty", "verify_unreadable")),
        (lambda: drawing(LAUGHS, '<openbadges:credential verify="&l11;"/>'), "verify_unreadable"),
        (lambda: drawing('<!ENTITY x SYSTEM "file:///etc/hostname">', f"{OPEN}&x;{CLOSE}"), "verify_unreadable"),
        (lambda: ELMO.encode(), "verify_unreadable"),
        (lambda: ELMO.replace("elmo ", "elmo svg='' ").encode(), ("verify_unreadable", "format_badge_empty")),
        (lambda: b"<svg" * 50_000, "verify_unreadable"),
    ],
)  # fmt: skip
def test_pictures_and_xml_made_to_mislead(content: Callable[[], bytes], expected: str | tuple[str, ...]) -> None:
    found = outcome(content())
    assert any(word in found for word in ((expected,) if isinstance(expected, str) else expected)), found


def test_a_script_beside_a_good_badge_is_only_a_picture() -> None:
    """The picture is never shown, only what was signed in it."""
    inside = (
        f"<script>alert(1)</script><openbadges:credential><![CDATA[{json.dumps(badge())}]]></openbadges:credential>"
    )
    assert outcome(svg(inside)) == "issuer_stranger"
