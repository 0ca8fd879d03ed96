"""Taking a credential home, and bringing somebody else's badge."""

from __future__ import annotations

import base64
import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.bank import credential_builders as credentials
from tests.bank.credential_builders import THEIRS, data, png
from tests.faces import hall_builders as hall
from xuefen.bank.certificates import actions, queries
from xuefen.bank.certificates.models import Badge, Certificate
from xuefen.bank.shell import clock
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import vc

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.faces.hall_urls")]


@pytest.fixture
def world(settings, tmp_path) -> hall.Hall:
    settings.XUEFEN_PUBLIC = tmp_path / "public"
    world = hall.hall(outcomes=1)
    actions.publish_trust(now=clock.now())
    actions.publish_status(now=clock.now())
    return world


def theirs(holder: str) -> bytes:
    did = vc.did_key(THEIRS.public.raw)
    document = credentials.credentials_badge(did, holder=holder)
    method = f"{did}#{vc.multikey(THEIRS.public.raw)}"
    return data(vc.prove(document, signer=THEIRS, method=method, created="2026-03-01T00:00:00Z"))


def bring(world: hall.Hall, content: bytes, name: str = "badge.json"):
    return world.client.post("/badges/", {"file": SimpleUploadedFile(name, content)}, follow=True)


def test_a_credential_is_taken_home_once_sealed(world: hall.Hall) -> None:
    world.client.post("/certificates/")
    number = Certificate.objects.get().number
    assert world.client.get(f"/certificates/{number}/credential/").status_code == 409
    translog.seal(now=clock.now())
    assert f"/certificates/{number}/credential/" in world.client.get(f"/certificates/{number}/").content.decode()
    taken = world.client.get(f"/certificates/{number}/credential/")
    assert taken["Content-Type"] == "application/vc"
    assert taken["Content-Disposition"] == f'attachment; filename="{number}.credential.json"'
    assert json.loads(taken.content)["type"] == ["VerifiableCredential", "ClrCredential"]


def test_a_paper_is_taken_home_for_european_systems(world: hall.Hall) -> None:
    world.client.post("/certificates/")
    translog.seal(now=clock.now())
    number = Certificate.objects.get().number
    taken = world.client.get(f"/certificates/{number}/elmo/")
    assert (taken.status_code, taken["Content-Type"]) == (200, "application/xml")
    assert taken["Content-Disposition"] == f'attachment; filename="{number}.elmo.xml"'
    paper = re.search(rb"data:application/pdf;base64,([^<]+)", taken.content)
    assert paper is not None and queries.verify(base64.b64decode(paper[1]), now=clock.now()).ok


def test_an_empty_page_says_what_a_badge_is(world: hall.Hall) -> None:
    page = world.client.get("/badges/").content.decode()
    assert "还没有带来的徽章" in page and "Open Badges 3.0" in page
    assert "/badges/" in world.client.get("/certificates/").content.decode()


def test_a_badge_is_verified_kept_and_shown(world: hall.Hall) -> None:
    answer = bring(world, png((b"openbadgecredential", theirs("林秋禾"))), "badge.png")
    page = answer.content.decode()
    assert answer.status_code == 200 and Badge.objects.count() == 1
    assert "焊接入门" in page and "滨海技师学院" in page and "机构待核实" in page and "核验过了" in page


def test_what_is_refused_says_why_and_keeps_nothing(world: hall.Hall) -> None:
    for content, status, words in (
        (theirs("钟野"), 422, "姓名"),
        (png(), 422, "没有徽章数据"),
        (b"?", 422, "读不出来"),
        (b"", 422, "文件是空的"),
        (b" " * (4 * 1024 * 1024 + 1), 422, "4 MB"),
    ):
        answer = bring(world, content)
        assert answer.status_code == status and words in answer.content.decode(), words
    large = bring(world, b" " * (4 * 1024 * 1024 + 100_000))
    assert large.status_code == 413 and "4 MB" in large.content.decode()
    assert world.client.post("/badges/").status_code == 422
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = world.client.cookies
    assert strict.post("/badges/", {"file": SimpleUploadedFile("b.json", theirs("林秋禾"))}).status_code == 403
    assert Badge.objects.count() == 0
