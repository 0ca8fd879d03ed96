"""The QR code: round trips, forgeries, what fits, and the published vectors."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bank.certificate_builders import (
    HOLDER,
    ISSUED,
    NOW,
    NUMBER,
    Bank,
    conversion,
    listed,
    nothing_revoked,
    statement,
)
from xuefen.bank.certificates import rules
from xuefen.bank.certificates.pdf import codes
from xuefen.bank.certificates.pdf.opening import read_code
from xuefen.bank.certificates.rules import qr
from xuefen.bank.certificates.rules.qr.text import decode, encode
from xuefen.bank.certificates.rules.shape import Misshapen
from xuefen.bank.certificates.types import (
    CertificateState,
    Holder,
    ProgrammeName,
    Report,
    StatusReason,
    Trust,
    TrustedKey,
    VerdictState,
)
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock.gm import SigningKey, generate, key_id

PUBLIC = "https://xuefen.example"
VECTORS = Path(__file__).parent / "qr_vectors.json"


@pytest.fixture(scope="module")
def bank() -> Bank:
    return Bank()


def code(bank: Bank, body: Any, *, signer: SigningKey | None = None) -> str:
    return codes.make_code(bank.document(body), signer=signer or bank.certificates, now=NOW, public_url=PUBLIC)


def judged(text: str, trust: Trust, **given: Any) -> Report:
    return qr.verify(read_code(text), **({"trust": trust, "status": nothing_revoked(), "now": NOW} | given))


def outcome(report: Report) -> dict[str, str]:
    return {v.check.value: v.code for v in report.verdicts}


@pytest.mark.parametrize("body", [statement(), conversion(), statement(expires_on=date(2029, 9, 15))])
@pytest.mark.parametrize("algorithm", ["sm2sm3", "ed25519"])
def test_a_code_is_good_and_says_what_the_paper_says(body: Any, algorithm: Any) -> None:
    bank = Bank(certificates=generate(algorithm), log=generate(algorithm))
    report = judged(code(bank, body), bank.trust())
    assert report.ok, report.to_json()
    assert report.facts is not None
    assert (report.facts.holder, report.facts.number) == (HOLDER.name, NUMBER)
    assert report.facts.content_zh == rules.public_facts(body).content_zh
    assert report.facts.expires_on == body.expires_on


def test_only_what_stands_behind_the_hash_is_needed(bank: Bank) -> None:
    text = code(bank, statement())
    assert judged(text.partition("#")[2], bank.trust()).ok


@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_no_bit_of_a_code_can_be_flipped(bank: Bank, data: st.DataObject) -> None:
    payload = bytearray(read_code(code(bank, conversion())))
    payload[data.draw(st.integers(0, len(payload) - 1))] ^= data.draw(st.integers(1, 255))
    assert not qr.verify(bytes(payload), trust=bank.trust(), status=nothing_revoked(), now=NOW).ok


@settings(deadline=None, max_examples=300)
@given(data=st.binary(max_size=400))
def test_any_bytes_are_a_verdict_never_a_traceback(bank: Bank, data: bytes) -> None:
    assert not qr.verify(data, trust=bank.trust(), status=nothing_revoked(), now=NOW).ok


@given(data=st.binary(max_size=300))
def test_text_and_bytes_are_one_to_one(data: bytes) -> None:
    assert decode(encode(data)) == data


@settings(max_examples=300)
@given(text=st.text("0123456789ABCXYZ$-/.:", max_size=12))
def test_no_two_texts_say_the_same(text: str) -> None:
    try:
        data = decode(text)
    except qr.NoCode:
        return
    assert encode(data) == text


@pytest.mark.parametrize(
    "text", ["", "X", "Y00", "X:", "X:::", "Xab", "https://xuefen.example/verify/" + NUMBER, "X0" * 3000]
)
def test_other_texts_are_no_code(text: str) -> None:
    if text == "X":  # an empty payload is one that misses everything
        assert not qr.verify(read_code(text), trust=Bank().trust(), status=None, now=NOW).ok
        return
    with pytest.raises(Denied) as caught:
        read_code(text)
    assert caught.value.code == "code_unreadable"


def test_a_cut_payload_names_what_is_missing(bank: Bank) -> None:
    payload = read_code(code(bank, statement()))
    for length in range(len(payload)):
        try:
            found = qr.read_payload(payload[:length])
        except Misshapen:
            continue
        # Whole hashes may be missing, or the whole proof: then the log verdict says so.
        report = qr.verify(payload[:length], trust=bank.trust(), status=nothing_revoked(), now=NOW)
        expected = "log_not_carried" if found.proof is None else "log_proof_truncated"
        assert report["log"].code == expected and not report.ok


def test_a_stranger_s_code_is_not_believed(bank: Bank) -> None:
    report = judged(code(Bank(), statement()), bank.trust())
    assert outcome(report) | {"suspension": "", "revocation": ""} == {
        "format": "format_code", "signature": "signature_key_unknown", "issuer": "issuer_code_stranger",
        "log": "log_checkpoint_wrong", "witnesses": "witnesses_skipped", "expiry": "expiry_untrusted",
        "suspension": "", "revocation": "",
    }  # fmt: skip
    assert report.facts is None and report["expiry"].state is VerdictState.SKIPPED


def test_a_certificate_the_log_never_saw_is_told(bank: Bank) -> None:
    """Whoever steals the signing key still cannot make a code: the log has no such entry."""
    genuine, other = bank.document(statement()), bank.document(statement(credits=1050, salt="ab" * 16))
    forged = {**other, "log": genuine["log"]}
    text = codes.make_code(forged, signer=bank.certificates, now=NOW, public_url=PUBLIC)
    report = judged(text, bank.trust())
    assert report["signature"].code == "signature_good" and report["log"].code == "log_code_wrong"
    assert report.headline_zh == "不要相信这份文件"


def test_status_and_expiry_are_asked_as_for_files(bank: Bank) -> None:
    text = code(bank, statement(expires_on=date(2026, 10, 1)))
    revoked = listed(NUMBER, CertificateState.REVOKED, StatusReason.ISSUED_IN_ERROR)
    report = judged(text, bank.trust(), status=revoked)
    assert report["revocation"].code == "revocation_revoked" and report["expiry"].code == "expiry_expired"
    offline = judged(text, bank.trust(), status=None)
    assert offline["revocation"].code == "revocation_not_checked"


def test_the_key_must_have_been_good_when_the_code_was_signed(bank: Bank) -> None:
    trust = bank.trust()
    late = tuple(replace(key, valid_until=NOW - timedelta(hours=1)) for key in trust.keys)
    assert judged(code(bank, statement()), replace(trust, keys=late))["issuer"].code == "issuer_key_time"
    another = replace(trust, node="elsewhere")
    assert judged(code(bank, statement()), another)["issuer"].code == "issuer_name_wrong"


def test_a_code_may_be_printed_with_a_newer_key_than_the_certificate(bank: Bank) -> None:
    """The bank's key was replaced after the certificate was issued; the paper is printed today."""
    newer = generate("sm2sm3")
    fresh = TrustedKey("certificates", "sm2sm3", newer.public.raw, key_id(newer.public), NOW - timedelta(days=1), None)
    trust = bank.trust()
    assert judged(code(bank, statement(), signer=newer), replace(trust, keys=(fresh, *trust.keys))).ok
    assert fresh.valid_from > ISSUED


def test_a_code_from_the_future_is_not_believed(bank: Bank) -> None:
    assert judged(code(bank, statement()), bank.trust(), now=NOW - timedelta(days=1))["expiry"].code == "expiry_future"


# --- what fits -------------------------------------------------------------------------------------------------------


def _of_a_log_of(size_bits: int, bank: Bank, body: Any) -> str:
    """A code as a log of 2**size_bits leaves would need it; only its length matters here."""
    made = bank.document(body)
    made["log"] |= {"path": ["ab" * 32] * size_bits, "index": 2**size_bits - 2, "size": 2**size_bits}
    return codes.make_code(made, signer=bank.certificates, now=NOW, public_url=PUBLIC)


LONG = conversion(
    holder=Holder("阿卜杜热合曼·艾合麦提·吐尔逊", HOLDER.account),
    programme=ProgrammeName("汉语言文学（师范类）（专科起点升本科）", "云岭省广播电视大学南溪县工作站开放教育学院"),
)


@pytest.mark.parametrize(("bits", "body", "level"), [
    (10, statement(), "M"), (20, statement(), "M"), (23, statement(), "L"), (23, LONG, "L"), (24, LONG, "L"),
])  # fmt: skip
def test_it_fits_version_25(bank: Bank, bits: int, body: Any, level: str) -> None:
    text = _of_a_log_of(bits, bank, body)
    drawn = codes.draw(text)
    assert int(drawn.version) <= codes.LARGEST and drawn.error == level
    found = qr.read_payload(read_code(text))
    assert found.proof is not None and len(found.proof.path) == bits
    assert "#" not in text.partition("#")[2] and text.isascii() and " " not in text and "%" not in text


def test_a_log_too_large_for_the_paper_leaves_the_proof_to_the_file(bank: Bank) -> None:
    text = _of_a_log_of(40, bank, statement())
    assert qr.read_payload(read_code(text)).proof is None
    report = judged(text, bank.trust())
    assert report["log"].code == "log_not_carried" and not report.ok
    assert report.headline_zh == "这份证书是真的，现在有效"


def test_long_names_are_cut_at_a_character(bank: Bank) -> None:
    body = statement(holder=Holder("𠮷" * 60, HOLDER.account))
    found = qr.read_payload(read_code(code(bank, body))).brief
    assert found.holder.endswith("…") and set(found.holder) == {"𠮷", "…"} and len(found.holder.encode()) <= 60


# --- vectors for other implementations -------------------------------------------------------------------------------


def vectors() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(VECTORS.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("case", vectors()["cases"], ids=lambda case: case["name"])
def test_vectors(case: dict[str, Any]) -> None:
    given = vectors()
    trust = rules.read_trust(json.dumps(given["trust"], ensure_ascii=False, separators=(",", ":")).encode())
    report = qr.verify(read_code(case["text"]), trust=trust, status=nothing_revoked(), now=NOW)
    assert outcome(report) == case["codes"]
    if report.facts is not None:
        assert (report.facts.holder, report.facts.content_zh) == (case["holder"], case["content_zh"])


def test_encoding_vectors() -> None:
    for case in vectors()["base41"]:
        assert encode(bytes.fromhex(case["hex"])) == case["text"]
