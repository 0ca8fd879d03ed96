"""What is revoked shows everywhere within 60 seconds: at once where it is asked, and no cache may keep an answer longer."""

from __future__ import annotations

import json
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from procrastinate.contrib.django import app

from tests.bank import foundation_builders as build
from tests.bank import recognition_builders as world_of
from tests.faces import desk_builders as desk
from xuefen.bank.certificates import actions, queries, tasks
from xuefen.bank.certificates.models import CredentialPlace
from xuefen.bank.certificates.pdf import codes, opening
from xuefen.bank.certificates.pdf import files as on_disk
from xuefen.bank.certificates.types import CertificateFacts, StatusReason
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.shell.keys import keys
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon, vc
from xuefen.bedrock.vc import bits

pytestmark = pytest.mark.django_db
LISTS = ("/log/credentials/revocation-0.json", "/log/credentials/suspension-0.json")
FILES = ("/log/status.json", "/log/trust.json", "/log/checkpoint", *LISTS)
PAGES = (
    "/verify/",
    "/verify/{number}",
    "/api/certificates/{number}",
    "/verify/offline/",
    "/verify/offline/xuefen-verify.html",
    "/q",
)


@pytest.fixture(autouse=True)
def _house(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.XUEFEN_LOG, settings.XUEFEN_PUBLIC = tmp_path / "log", tmp_path / "public"
    desk.stop_clock(monkeypatch)
    desk.node()


@pytest.fixture
def issued() -> CertificateFacts:
    world = world_of.world()
    at = desk.MONDAY - timedelta(days=1)
    found = actions.issue_statement(learner_id=world.learner_id, by=build.HOUSE, now=at)
    translog.seal_all(now=desk.MONDAY)
    actions.publish_trust(now=desk.MONDAY)
    actions.publish_status(now=desk.MONDAY)
    return found


def seconds_kept(cache: str) -> int:
    """How long a cache may answer without asking again."""
    if re.search(r"\bno-(cache|store)\b", cache):
        return 0
    found = re.search(r"\bmax-age=(\d+)", cache)
    return int(found[1]) if found else 10**9


@pytest.mark.parametrize("path", [*FILES, *PAGES])
def test_nobody_may_keep_an_answer_longer_than_a_minute(client: Client, issued: CertificateFacts, path: str) -> None:
    answer = client.get(path.format(number=issued.number))
    assert answer.status_code == 200, path
    assert seconds_kept(answer.headers["Cache-Control"]) <= 60, answer.headers["Cache-Control"]


def test_answers_to_what_is_sent_are_not_kept_either(client: Client, issued: CertificateFacts) -> None:
    document = canon.canonical(queries.document(EVERYTHING, issued.number))
    answer = client.post("/api/verify", document, content_type="application/json")
    assert answer.json()["ok"] and seconds_kept(answer.headers["Cache-Control"]) == 0


def told(client: Client, number: str, files: dict[str, Any]) -> dict[str, str]:
    """What every path says about the certificate: the code of its verdict on revocation, the word of its list."""

    def verdict(report: dict[str, Any]) -> str:
        return next(v["code"] for v in report["verdicts"] if v["check"] == "revocation")

    def sent(content: bytes) -> str:
        return verdict(client.post("/api/verify", content, content_type="application/json").json())

    trust = on_disk.read_trust_file(Path(files["public"]) / "trust.json")
    status, _ = on_disk.read_status_file(Path(files["public"]) / "status.json", trust=trust)
    offline = opening.verify_file(files["document"], trust=trust, status=status, now=desk.MONDAY)
    place = CredentialPlace.objects.get(certificate__number=number)
    listed = json.loads(client.get(LISTS[0]).content)
    bit = bits.bit(vc.decode_bits(listed["credentialSubject"]["encodedList"]), place.index)
    page = client.get(f"/verify/{number}").content.decode()
    return {
        "page": "revoked" if "但已经被吊销" in page.replace('</span><span class="xf-nowrap">', "") else "stands",
        "api": verdict(client.get(f"/api/certificates/{number}").json()),
        "document sent": sent(files["document"]),
        "credential sent": sent(files["credential"]),
        "code": next(v.code for v in queries.verify_code(files["code"], now=desk.MONDAY).verdicts if v.check == "revocation"),
        "offline": next(v.code for v in offline.verdicts if v.check == "revocation"),
        "status list": "revoked" if b'"status":"revoked"' in client.get("/log/status.json").content else "stands",
        "bitstring": "revoked" if bit else "stands",
        "file for a stick": "revoked" if '"status":"revoked"' in client.get(PAGES[4]).content.decode() else "stands",
    }  # fmt: skip


def brought(issued: CertificateFacts, settings: Any) -> dict[str, Any]:
    """The certificate as people carry it about, from before it was revoked."""
    document = queries.document(EVERYTHING, issued.number)
    signer = keys().signer("certificates")
    return {
        "document": canon.canonical(document),
        "credential": canon.canonical(queries.credential(EVERYTHING, issued.number, now=desk.MONDAY)),
        "code": codes.make_code(document, signer=signer, now=desk.MONDAY, public_url=settings.PUBLIC_URL),
        "public": settings.XUEFEN_PUBLIC,
    }


def test_a_revocation_shows_on_every_path_at_once(client: Client, issued: CertificateFacts, settings: Any) -> None:
    files = brought(issued, settings)
    before = told(client, issued.number, files)
    assert set(before.values()) <= {"stands", "revocation_good", "revocation_good_as_of"}, before
    actions.revoke(number=issued.number, reason=StatusReason.ISSUED_IN_ERROR, by=build.HOUSE, now=desk.MONDAY)
    after = told(client, issued.number, files)
    assert set(after.values()) <= {"revoked", "revocation_revoked"}, after


def test_a_publication_that_failed_is_made_up_by_the_next_round(
    client: Client, issued: CertificateFacts, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = brought(issued, settings)
    with monkeypatch.context() as broken:
        broken.setattr(os, "rename", _no_space)
        actions.revoke(number=issued.number, reason=StatusReason.ISSUED_IN_ERROR, by=build.HOUSE, now=desk.MONDAY)
    after = told(client, issued.number, files)
    assert (after["api"], after["page"], after["status list"]) == ("revocation_revoked", "revoked", "stands")
    tasks.publish_status(0)
    assert set(told(client, issued.number, files).values()) <= {"revoked", "revocation_revoked"}


def _no_space(draft: Path, target: Path) -> None:
    raise OSError(28, "No space left on device")


def test_the_round_comes_every_minute() -> None:
    rounds = {task.task.name: task.cron for task in app.periodic_registry.periodic_tasks.values()}
    assert rounds["certificates.publish_status"] == "* * * * *"


def test_a_list_is_a_herd(client: Client, issued: CertificateFacts) -> None:
    """Who asks for a list does not tell whom they ask about: at least 100,000 stand in it, whoever is on it."""
    for path in LISTS:
        listed = json.loads(client.get(path).content)
        assert len(vc.decode_bits(listed["credentialSubject"]["encodedList"])) * 8 >= 100_000
