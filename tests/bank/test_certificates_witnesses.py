"""Witnesses: "k of n" as verifiers ask for it, and how a document comes to carry enough of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.bank import foundation_builders as foundations
from tests.bank import recognition_builders as recognition_world
from tests.bank.certificate_builders import NOW, Bank, listed, nothing_revoked, statement
from xuefen.bank.certificates import actions, queries, rules
from xuefen.bank.certificates.pdf import codes, files, opening
from xuefen.bank.certificates.rules import qr
from xuefen.bank.certificates.types import CertificateState, Report, StatusReason
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.shell.models import Node
from xuefen.bank.shell.problems import Denied
from xuefen.bank.translog import actions as translog
from xuefen.bank.translog import queries as log
from xuefen.bank.translog.models import Checkpoint, Cosignature, Witness
from xuefen.bedrock import canon, notes
from xuefen.bedrock.cosignatures import CosignatureVerifier, Cosigner, vkey_of
from xuefen.bedrock.gm import generate
from xuefen.bedrock.policy import Policy, PolicyInvalid, read_policy

BANK = Bank()
WITNESSES = [
    Cosigner(f"w{n}.example/witness", generate("sm2sm3" if n % 2 else "ed25519"), 1_790_000_000) for n in range(3)
]
VKEYS = tuple(vkey_of(CosignatureVerifier(w.name, w.key.public)) for w in WITNESSES)


def verdict(*signers: Cosigner, need: int = 2, spoil: Callable[[str], str] = str, **more: Any) -> Report:
    document = BANK.document(statement())
    note = document["log"]["checkpoint"].encode()
    for signer in signers:
        note = notes.cosign(note, signer)
    document["log"]["checkpoint"] = spoil(note.decode())
    given: dict[str, Any] = {"status": nothing_revoked(), "now": NOW} | more
    return rules.verify(document, trust=BANK.trust(witnesses=Policy(need, VKEYS)), **given)


@pytest.mark.parametrize(
    ("signers", "need", "code", "words"),
    [
        (0, 1, "witnesses_too_few", "只有 0 个"),
        (1, 2, "witnesses_too_few", "3 个见证人里只有 1 个签了名，要求 2 个"),
        (2, 2, "witnesses_good", "3 个见证人里有 2 个签了名"),
        (3, 2, "witnesses_good", "3 个见证人里有 3 个签了名"),
        (3, 3, "witnesses_good", "要求 3 个"),
    ],
)
def test_so_many_of_so_many(signers: int, need: int, code: str, words: str) -> None:
    report = verdict(*WITNESSES[:signers], need=need)
    assert report["witnesses"].code == code and words in report["witnesses"].zh
    assert report["log"].code == "log_good" and report.ok == (code == "witnesses_good")
    if not report.ok:
        assert report.headline_zh == "签名没有问题，但见证人还不够"
        assert f"Only {signers} of 3" in report["witnesses"].en


def test_a_code_s_witnesses_are_told_by_who_has_the_log() -> None:
    """A code has no room for them; the bank that has the log shows its newest proof, of this very certificate."""
    document, other = BANK.document(statement()), BANK.document(statement(4))
    code = codes.make_code(document, signer=BANK.certificates, now=NOW, public_url="https://xuefen.example")
    trust = BANK.trust(witnesses=Policy(2, VKEYS))

    def said(newer: dict[str, Any] | None) -> Report:
        return qr.verify(opening.read_code(code), trust=trust, status=nothing_revoked(), now=NOW, newer=lambda: newer)

    def cosigned(of: dict[str, Any], count: int) -> dict[str, Any]:
        note = of["log"]["checkpoint"].encode()
        for witness in WITNESSES[:count]:
            note = notes.cosign(note, witness)
        return {**of["log"], "checkpoint": note.decode()}

    assert said(None)["witnesses"].code == "witnesses_not_carried" and not said(None).ok
    assert said(cosigned(document, 2)).ok
    assert said(cosigned(document, 1))["witnesses"].code == "witnesses_too_few"
    assert said(cosigned(other, 2))["witnesses"].code == "witnesses_not_carried", (
        "a proof of something else says nothing"
    )


def test_strangers_and_repetition_count_for_nothing() -> None:
    stranger = replace(WITNESSES[0], key=generate("ed25519"))
    assert verdict(stranger, WITNESSES[1])["witnesses"].code == "witnesses_too_few"
    assert verdict(WITNESSES[1], replace(WITNESSES[1], time=1_790_000_060))["witnesses"].code == "witnesses_too_few"


def test_a_spoilt_cosignature_is_told_apart() -> None:
    other = notes.Checkpoint("elsewhere/log", 1, bytes(32))
    line = notes.signature_by(other.text, WITNESSES[0]).line
    report = verdict(WITNESSES[1], spoil=lambda note: note + line)
    assert (report["log"].code, report["witnesses"].code) == ("log_good", "witnesses_wrong")
    assert report.headline_zh == "不要相信这份文件"


def test_what_is_taken_back_is_not_excused_by_late_witnesses() -> None:
    status = listed(statement().number, CertificateState.SUSPENDED, StatusReason.UNDER_INVESTIGATION)
    assert verdict(status=status).headline_zh == "不要相信这份文件"


def test_without_a_policy_the_verdict_says_that_none_is_asked_for() -> None:
    report = rules.verify(BANK.document(statement()), trust=BANK.trust(), status=nothing_revoked(), now=NOW)
    assert report.ok and report["witnesses"].code == "witnesses_none_required"


def test_the_trust_file_carries_it() -> None:
    trust = BANK.trust(witnesses=Policy(2, VKEYS), generated_at=NOW)
    value = rules.trust_json(trust)
    assert rules.read_trust(canon.canonical(value)) == trust
    for spoilt in ({"need": 4, "keys": list(VKEYS)}, {"need": 1, "keys": [VKEYS[0], VKEYS[0]]}, {"need": 1, "keys": []},
                   {"need": True, "keys": list(VKEYS)}, {"need": 1, "keys": ["x"]}, None, []):  # fmt: skip
        with pytest.raises(rules.BadFile):
            rules.read_trust(canon.canonical({**value, "witnesses": spoilt}))


# --- policies as files -----------------------------------------------------------------------------------------------


def test_a_policy_is_read_as_it_is_written() -> None:
    policy = Policy(2, VKEYS)
    assert read_policy(policy.text) == policy
    log_key = str(notes.VerifierKey("a/log", "ed25519", generate("ed25519").public.raw))
    text = (
        f"# ours\n\nlog {log_key} https://a.example\nwitness\tX1  {VKEYS[0]} https://w.example\nwitness X2 {VKEYS[1]}\n"
    )
    assert read_policy(text + "quorum X2\n") == Policy(1, (VKEYS[1],))
    assert read_policy(text + "quorum none\n") is None
    for word, need in (("any", 1), ("all", 2), ("2", 2)):
        assert read_policy(text + f"group G {word} X1 X2\nquorum G") == Policy(need, VKEYS[:2])


@pytest.mark.parametrize(
    "text",
    [
        "", "quorum", "quorum x", "quorum none\nquorum none", f"witness none {VKEYS[0]}\nquorum none",
        f"quorum a\nwitness a {VKEYS[0]}", f"witness a {VKEYS[0]}\nwitness a {VKEYS[1]}\nquorum a",
        f"witness a {VKEYS[0]}\nwitness b {VKEYS[0]}\ngroup g 1 a b\nquorum g",
        f"witness a {VKEYS[0]}\ngroup g 2 a\nquorum g", f"witness a {VKEYS[0]}\ngroup g 0 a\nquorum g",
        f"witness a {VKEYS[0]}\ngroup g any a\ngroup h any g\nquorum h", "witness a b\nquorum a", "quorum none\r\n",
        "log x\nquorum none", "weird line\nquorum none",
    ],
)  # fmt: skip
def test_what_is_no_policy_is_refused(text: str) -> None:
    with pytest.raises(PolicyInvalid):
        read_policy(text)


# --- a node and its witnesses ----------------------------------------------------------------------------------------


@pytest.fixture
def house(settings: Any, tmp_path: Path, db: None) -> Path:
    settings.XUEFEN_HOME, settings.XUEFEN_LOG, settings.XUEFEN_PUBLIC = tmp_path, tmp_path / "log", tmp_path / "public"
    Node.objects.create(
        id=1, code="zj", name_zh="浙江学分银行", name_en="Zhejiang Credit Bank", origin="zj.example/log",
        created_at=recognition_world.DEPOSITED,
    )  # fmt: skip
    for vkey in VKEYS:
        translog.add_witness(vkey=vkey, url="https://w.example", by=foundations.HOUSE, now=foundations.NOW)
    return tmp_path


def require(need: int) -> None:
    translog.set_policy(need=need, by=foundations.HOUSE, now=foundations.NOW)
    actions.publish_trust(now=foundations.NOW)


def cosign(size: int, *witnesses: Cosigner) -> None:
    """What ``ask_witnesses`` keeps when these answer."""
    checkpoint = Checkpoint.objects.get(size=size)
    for signer in witnesses:
        line = notes.signature_by(notes.parse_note(bytes(checkpoint.note)).text, signer).line
        row = Witness.objects.get(name=signer.name)
        Cosignature.objects.create(checkpoint=checkpoint, witness=row, line=line, cosigned_at=foundations.NOW)


def test_a_document_carries_the_newest_checkpoint_with_enough_witnesses(house: Path) -> None:
    at = foundations.NOW
    world = recognition_world.world()
    facts = actions.issue_statement(learner_id=world.learner_id, by=foundations.HOUSE, now=at - timedelta(days=1))
    translog.seal_all(now=at)
    require(2)
    trust = files.read_trust_file(house / "public" / "trust.json")
    assert trust.witnesses == Policy(2, VKEYS)
    early = canon.canonical(queries.document(EVERYTHING, facts.number))
    assert queries.verify(early, now=at)["witnesses"].code == "witnesses_too_few"
    first = log.log_size()
    cosign(first, *WITNESSES[:2])
    translog.append(body=b'{"n":1}')
    translog.seal_all(now=at)
    cosign(log.log_size(), WITNESSES[2])
    document = queries.document(EVERYTHING, facts.number)
    assert document["log"]["size"] == first < log.log_size()
    offline = opening.verify_file(canon.canonical(document), trust=trust, status=None, now=at)
    assert offline["witnesses"].code == "witnesses_good" and "2 of 3" in offline["witnesses"].en
    assert queries.verify(early, now=at).ok, "the bank looks at its newest proof of an older document"
    assert opening.verify_file(early, trust=trust, status=None, now=at)["witnesses"].code == "witnesses_too_few"
    assert queries.public(facts.number, now=at).ok
    require(3)
    assert queries.document(EVERYTHING, facts.number)["log"]["size"] == log.log_size(), (
        "else any cosigned one, the newest"
    )
    require(0)
    assert files.read_trust_file(house / "public" / "trust.json").witnesses is None
    assert queries.verify(early, now=at)["witnesses"].code == "witnesses_none_required"


def test_more_witnesses_than_there_are_cannot_be_asked_for(house: Path) -> None:
    with pytest.raises(Denied) as refused:
        require(4)
    assert refused.value.code == "witness_need"
    assert log.policy() is None
