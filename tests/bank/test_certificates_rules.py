"""The eight questions: each wrong thing has a verdict of its own, and nothing changed passes."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bank.certificate_builders import (
    ISSUED,
    ISSUER,
    NOW,
    NUMBER,
    OPENED,
    Bank,
    conversion,
    listed,
    nothing_revoked,
    spoilt_base64,
    statement,
)
from xuefen.bank.certificates import rules, states
from xuefen.bank.certificates.pdf.opening import verify_file
from xuefen.bank.certificates.rules import words
from xuefen.bank.certificates.types import (
    CERTIFICATE_STATE,
    CertificateState,
    Check,
    Holder,
    IssuerName,
    Report,
    StatusList,
    StatusReason,
    Trust,
    VerdictState,
)
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock import canon
from xuefen.bedrock.gm import generate

Document = dict[str, Any]


@functools.cache
def bank() -> Bank:
    return Bank()


def issued() -> Document:
    return bank().document(statement())


def verdicts(document: Any, *, trust: Trust | None = None, status: StatusList | None = None, now: Any = NOW) -> Report:
    return rules.verify(document, trust=trust or bank().trust(), status=status or nothing_revoked(), now=now)


def codes(report: Report) -> dict[str, str]:
    return {verdict.check.value: verdict.code for verdict in report.verdicts}


GOOD = {
    "format": "format_good",
    "signature": "signature_good",
    "issuer": "issuer_good",
    "log": "log_good",
    "witnesses": "witnesses_none_required",
    "expiry": "expiry_never",
    "suspension": "suspension_good",
    "revocation": "revocation_good",
}


@pytest.mark.parametrize(
    "body", [statement(), statement(0), statement(120), conversion()], ids=["3", "0", "120", "conv"]
)
@pytest.mark.parametrize("neighbours", [0, 1, 11, 300])
def test_a_genuine_certificate_is_good_in_every_way(body: Any, neighbours: int) -> None:
    issuer = Bank(neighbours=neighbours)
    report = rules.verify(issuer.document(body), trust=issuer.trust(), status=nothing_revoked(), now=NOW)
    assert codes(report) == GOOD
    assert report.ok and report.headline_zh == "这份证书是真的，现在有效"
    assert report.facts is not None and report.facts.holder == "林*禾"


def test_ed25519_keys_do_as_well() -> None:
    issuer = Bank(certificates=generate("ed25519"), log=generate("ed25519"))
    assert rules.verify(issuer.document(statement()), trust=issuer.trust(), status=nothing_revoked(), now=NOW).ok


def test_a_changed_name_is_a_forged_file() -> None:
    forged = issued()
    forged["body"]["holder"]["name"] = "林大禾"
    report = verdicts(forged)
    assert codes(report) == {
        "format": "format_good",
        "signature": "signature_wrong",
        "issuer": "issuer_unconfirmed",
        "log": "log_not_found",
        "witnesses": "witnesses_skipped",
        "expiry": "expiry_untrusted",
        "suspension": "suspension_number_only",
        "revocation": "revocation_number_only",
    }
    assert report["issuer"].state is VerdictState.UNKNOWN and report["expiry"].state is VerdictState.SKIPPED
    assert report.headline_zh == "不要相信这份文件"
    assert report.facts is None and report.number == NUMBER


def test_a_foreign_key_signs_well_but_is_nobody_we_know() -> None:
    report = verdicts(bank().document(statement(), signer=generate("sm2sm3")))
    assert codes(report) | {"signature": "signature_good"} == codes(report)
    assert codes(report)["issuer"] == "issuer_foreign_key"
    assert codes(report)["expiry"] == "expiry_unconfirmed"
    assert report.facts is None and not report.ok


def test_the_log_key_may_not_sign_certificates() -> None:
    issuer = bank()
    assert codes(verdicts(issuer.document(statement(), signer=issuer.log)))["issuer"] == "issuer_foreign_key"


def test_a_stranger_cannot_borrow_a_known_key_id() -> None:
    forged = bank().document(statement(), signer=generate("sm2sm3"))
    forged["signature"]["key_id"] = issued()["signature"]["key_id"]
    assert codes(verdicts(forged))["signature"] == "signature_unreadable"


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [
        (OPENED, None, "issuer_good"),
        (OPENED, ISSUED, "issuer_good"),
        (ISSUED, None, "issuer_good"),
        (ISSUED + timedelta(seconds=1), None, "issuer_key_time"),
        (OPENED, ISSUED - timedelta(seconds=1), "issuer_key_time"),
    ],
)
def test_a_key_signs_only_while_it_is_valid(since: Any, until: Any, code: str) -> None:
    trust = bank().trust()
    first, second = trust.keys
    trust = replace(trust, keys=(replace(first, valid_from=since, valid_until=until), second))
    assert codes(verdicts(issued(), trust=trust))["issuer"] == code


def test_one_bank_cannot_issue_in_the_name_of_another() -> None:
    other = IssuerName("other", ISSUER.origin, "别处学分银行", "Elsewhere")
    assert codes(verdicts(bank().document(statement(issuer=other))))["issuer"] == "issuer_name_wrong"


def test_a_truncated_proof_has_its_own_verdict() -> None:
    whole = issued()
    for length in range(len(whole["log"]["path"])):
        cut = copy.deepcopy(whole)
        del cut["log"]["path"][length:]
        report = verdicts(cut)
        assert codes(report) == {**GOOD, "log": "log_proof_truncated", "witnesses": "witnesses_skipped"}
        assert f"缺了 {len(whole['log']['path']) - length} 段" in report["log"].zh


def _spoil(part: str, change: Callable[[Any], Any]) -> Callable[[Document], None]:
    def spoil(document: Document) -> None:
        document["log"][part] = change(document["log"][part])

    return spoil


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_spoil("path", lambda path: [*path, path[0]]), "log_proof_wrong"),
        (_spoil("path", lambda path: path[::-1]), "log_proof_wrong"),
        (_spoil("index", lambda index: index + 1), "log_proof_wrong"),
        (_spoil("index", lambda index: 10**9), "log_proof_wrong"),
        (_spoil("size", lambda size: size + 1), "log_checkpoint_wrong"),
        (_spoil("origin", lambda origin: "other.example/log"), "log_checkpoint_wrong"),
        (_spoil("leaf_hash", lambda leaf: leaf[::-1]), "log_not_found"),
        (_spoil("checkpoint", lambda note: note.replace("\n12\n", "\n13\n")), "log_checkpoint_wrong"),
        (_spoil("checkpoint", lambda note: note[:-3] + "\n"), "log_checkpoint_wrong"),
        (_spoil("checkpoint", lambda note: "nonsense"), "log_checkpoint_wrong"),
    ],
)
def test_every_part_of_the_proof_counts(spoil: Callable[[Document], None], code: str) -> None:
    document = issued()
    spoil(document)
    assert codes(verdicts(document)) == {**GOOD, "log": code, "witnesses": "witnesses_skipped"}


def test_a_foreign_log_is_no_log() -> None:
    document = issued()
    document["log"] = Bank().document(statement())["log"]
    assert codes(verdicts(document))["log"] in {"log_checkpoint_wrong", "log_not_found"}
    other = Bank(certificates=bank().certificates)
    assert codes(verdicts(other.document(statement())))["log"] == "log_checkpoint_wrong"


def test_a_body_cannot_borrow_another_certificate_s_proof() -> None:
    document = issued()
    document["log"] = bank().document(statement(1, salt="0" * 32))["log"]
    assert codes(verdicts(document)) == {**GOOD, "log": "log_not_found", "witnesses": "witnesses_skipped"}


def test_a_body_cannot_borrow_another_certificate_s_signature() -> None:
    document = issued()
    document["signature"] = bank().document(conversion())["signature"]
    assert codes(verdicts(document))["signature"] == "signature_wrong"


def test_another_spelling_of_the_signature_is_not_the_signature() -> None:
    document = issued()
    document["signature"]["value"] = spoilt_base64(document["signature"]["value"])
    assert codes(verdicts(document))["format"] == "format_wrong"
    document = issued()
    head, _, signature = document["log"]["checkpoint"].rstrip("\n").rpartition(" ")
    document["log"]["checkpoint"] = f"{head} {spoilt_base64(signature)}\n"
    assert codes(verdicts(document))["log"] == "log_checkpoint_wrong"


@pytest.mark.parametrize(
    ("last", "code"),
    [
        (date(2026, 11, 21), "expiry_good"),
        (date(2026, 11, 20), "expiry_good"),
        (date(2026, 11, 19), "expiry_expired"),
    ],
)
def test_a_certificate_is_valid_through_its_last_day(last: date, code: str) -> None:
    report = verdicts(bank().document(statement(expires_on=last)))
    assert codes(report) == {**GOOD, "expiry": code}
    if code == "expiry_expired":
        assert report.headline_zh == "这份证书是真的，但已经过期" and report.facts is not None


def test_the_last_day_ends_in_beijing() -> None:
    document = bank().document(statement(expires_on=date(2026, 11, 20)))
    assert verdicts(document, now=NOW.replace(hour=15, minute=59)).ok
    assert codes(verdicts(document, now=NOW.replace(hour=16)))["expiry"] == "expiry_expired"


def test_nothing_is_issued_in_the_future() -> None:
    document = bank().document(statement(issued_at=NOW + timedelta(hours=1)))
    assert codes(verdicts(document))["expiry"] == "expiry_future"


@pytest.mark.parametrize(
    ("state", "told", "headline"),
    [
        (CertificateState.REVOKED, ("suspension_moot", "revocation_revoked"), "这份证书是真的，但已经被吊销"),
        (CertificateState.SUSPENDED, ("suspension_suspended", "revocation_good"), "这份证书是真的，但暂停使用"),
    ],
)
def test_what_was_taken_back_says_so_and_why(state: CertificateState, told: tuple[str, str], headline: str) -> None:
    report = verdicts(issued(), status=listed(NUMBER, state, StatusReason.ISSUED_IN_ERROR))
    assert codes(report) == {**GOOD, "suspension": told[0], "revocation": told[1]}
    assert report.headline_zh == headline and not report.ok
    why = report["suspension" if state is CertificateState.SUSPENDED else "revocation"]
    assert "签发有误" in why.zh and "issued in error" in why.en


def test_a_forged_file_under_a_revoked_number_is_both() -> None:
    forged = issued()
    forged["body"]["credits"] += 1
    status = listed(NUMBER, CertificateState.REVOKED, StatusReason.HOLDER_REQUEST)
    report = verdicts(forged, status=status)
    assert codes(report)["revocation"] == "revocation_revoked"
    assert report.headline_zh == "不要相信这份文件"


@pytest.mark.parametrize(
    ("made", "tail"),
    [
        (NOW - timedelta(minutes=1), "good_as_of"),
        (NOW - timedelta(days=7), "good_as_of"),
        (NOW - timedelta(days=7, seconds=1), "list_stale"),
        (NOW + timedelta(minutes=11), "list_stale"),
    ],
)
def test_a_status_list_speaks_for_its_time_only(made: Any, tail: str) -> None:
    report = verdicts(issued(), status=nothing_revoked(generated_at=made, live=False))
    assert codes(report) == {**GOOD, "suspension": f"suspension_{tail}", "revocation": f"revocation_{tail}"}
    assert report.ok == (tail == "good_as_of")


def test_a_list_older_than_the_certificate_cannot_know_it() -> None:
    document = bank().document(statement(issued_at=NOW - timedelta(hours=1)))
    status = nothing_revoked(generated_at=NOW - timedelta(hours=2), live=False)
    assert codes(verdicts(document, status=status))["revocation"] == "revocation_list_stale"


def test_without_a_list_the_answer_is_that_nobody_looked() -> None:
    report = rules.verify(issued(), trust=bank().trust(), status=None, now=NOW)
    assert codes(report) == {
        **GOOD,
        "suspension": "suspension_not_checked",
        "revocation": "revocation_not_checked",
    }
    assert not report.ok and report.headline_zh == "这份证书是真的，是否吊销没有查到"


# --- the format ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [None, [], "x", 1, {}, {"body": {}}, {"format": "xuefen-certificate/2"}])
def test_other_json_is_no_certificate(value: Any) -> None:
    report = verdicts(value)
    assert report["format"].code == "format_wrong"
    assert all(v.state is not VerdictState.GOOD for v in report.verdicts)


def _mutations(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    return [path, *(found for key, child in children for found in _mutations(child, (*path, key)))]


def _put(document: Document, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return document


@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_no_value_anywhere_can_be_replaced(data: st.DataObject) -> None:
    document = issued() if data.draw(st.booleans()) else bank().document(conversion())
    path = data.draw(st.sampled_from(_mutations(document)))
    junk = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**53) + 1, 2**53 - 1),
        st.text(max_size=8),
        st.lists(st.none()),
        st.just({}),
    )
    changed = _put(copy.deepcopy(document), path, data.draw(junk))
    if canon.canonical(changed) != canon.canonical(document):
        assert not verdicts(changed).ok


@settings(deadline=None, max_examples=400)
@given(data=st.data())
def test_no_byte_of_a_document_can_be_flipped(data: st.DataObject) -> None:
    content = bytearray(canon.canonical(issued()))
    position = data.draw(st.integers(0, len(content) - 1))
    content[position] ^= data.draw(st.integers(1, 255))
    try:
        report = verify_file(bytes(content), trust=bank().trust(), status=nothing_revoked(), now=NOW)
    except Denied as denied:
        assert denied.code == "verify_unreadable"
        assert b"xuefen-certificate/1" not in content or content[:5] == b"%PDF-"
    else:
        assert not report.ok and report.headline_zh == "不要相信这份文件"


def test_reformatted_json_is_told_apart_from_forged_json() -> None:
    import json

    pretty = json.dumps(issued(), ensure_ascii=False, indent=2).encode()
    report = verify_file(pretty, trust=bank().trust(), status=nothing_revoked(), now=NOW)
    assert codes(report) == {**GOOD, "format": "format_reflowed"}
    plain = canon.canonical(issued())
    assert verify_file(plain + b"\n", trust=bank().trust(), status=nothing_revoked(), now=NOW).ok


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"\xff\xfe",
        b'{"a":1,"a":2}',
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"a":NaN}',
        b'{"a":1e999}',
        b"9" * 1_000_000,
    ],
    ids=["empty", "text", "binary", "twice", "deep", "deep objects", "nan", "infinite", "digits"],
)
def test_what_is_no_json_is_unreadable_not_a_crash(data: bytes) -> None:
    with pytest.raises(Denied) as denied:
        verify_file(data, trust=bank().trust(), status=nothing_revoked(), now=NOW)
    assert denied.value.code == "verify_unreadable"


def test_a_huge_document_is_not_even_read() -> None:
    with pytest.raises(Denied) as denied:
        verify_file(b'"' + b"x" * (4 * 2**20) + b'"', trust=bank().trust(), status=nothing_revoked(), now=NOW)
    assert denied.value.code == "verify_too_large"


@pytest.mark.parametrize("steering", ["\x1b[2J", "\u202e", "\n", "\x9b"])
def test_a_forger_s_text_cannot_steer_a_screen(steering: str) -> None:
    forged = issued()
    forged["body"]["issuer"]["zh"] = f"教育部{steering}"
    report = verdicts(forged)
    assert report["format"].code == "format_wrong"
    assert not any(steering in verdict.zh + verdict.en for verdict in report.verdicts)


def test_totals_must_add_up() -> None:
    report = verdicts(bank().document(statement(credits=99)))
    assert report["format"].code == "format_wrong" and "credits" in report["format"].zh
    assert report["signature"].state is VerdictState.GOOD


def test_personal_data_does_not_show_when_a_body_is_printed() -> None:
    assert "林小禾" not in repr(statement()) and "3608551594207153" not in repr(statement())
    assert "林小禾" not in repr(Holder("林小禾", "3608551594207153"))


# --- words, moves ----------------------------------------------------------------------------------------------------


def test_every_sentence_is_one_sentence_in_both_languages() -> None:
    for code in words.codes():
        check, _, zh, en = words.SENTENCES[code]
        assert code.startswith(check.value)
        assert zh.endswith("。") and zh.count("。") == 1, code
        assert en.endswith(".") and "\n" not in en, code


def test_the_format_s_page_explains_every_code() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "certificate-format.md").read_text(encoding="utf-8")
    assert [code for code in words.codes() if f"`{code}`" not in page] == []


def test_the_questions_come_in_one_order() -> None:
    eight = [check for check in Check if check is not Check.HOLDER]
    assert [verdict.check for verdict in verdicts(issued()).verdicts] == eight
    assert [verdict.check for verdict in verdicts(None).verdicts] == eight


def test_revocation_is_final() -> None:
    for event in ("suspended", "reinstated", "revoked"):
        with pytest.raises(Denied) as denied:
            states.after(CertificateState.REVOKED, event)
        assert denied.value.problem is CERTIFICATE_STATE
    assert states.after(CertificateState.SUSPENDED, "reinstated") is CertificateState.VALID


# --- trust and status files ------------------------------------------------------------------------------------------


def _trust_bytes(trust: Trust) -> bytes:
    return canon.canonical(rules.trust_json(trust))


def test_a_trust_file_reads_back() -> None:
    trust = bank().trust()
    assert rules.read_trust(_trust_bytes(trust)) == trust


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"format":"xuefen-trust/1"}', b"null"])
def test_other_files_are_no_trust_files(data: bytes) -> None:
    with pytest.raises(rules.BadFile):
        rules.read_trust(data)


def test_a_key_swapped_in_a_trust_file_shows() -> None:
    value = rules.trust_json(bank().trust())
    value["keys"][0]["raw"] = rules.trust_json(Bank().trust())["keys"][0]["raw"]
    with pytest.raises(rules.BadFile):
        rules.read_trust(canon.canonical(value))


def _status_bytes(status: StatusList) -> bytes:
    content = rules.status_json(
        node=ISSUER.node,
        entries=status.entries.items(),
        generated_at=status.generated_at,
        signer=bank().certificates,
    )
    return canon.canonical(content)


def test_a_status_list_reads_back_and_is_signed() -> None:
    status = listed(NUMBER, CertificateState.REVOKED, StatusReason.SUPERSEDED)
    data = _status_bytes(status)
    assert rules.read_status(data, trust=bank().trust()) == replace(status, live=False)
    with pytest.raises(rules.BadFile):
        rules.read_status(data, trust=Bank().trust())
    with pytest.raises(rules.BadFile):
        rules.read_status(data.replace(b"superseded", b"issued_in_error"), trust=bank().trust())


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_no_byte_of_a_status_list_can_be_flipped(data: st.DataObject) -> None:
    content = bytearray(_status_bytes(listed(NUMBER, CertificateState.REVOKED, StatusReason.SUPERSEDED)))
    position = data.draw(st.integers(0, len(content) - 1))
    content[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(rules.BadFile):
        rules.read_status(bytes(content), trust=bank().trust())
