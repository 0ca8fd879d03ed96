"""A part of a certificate for somebody else, and badges over HTTP: pages, API, command line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.faces import hall_builders as hall
from tests.faces.test_hall_badges import theirs
from xuefen.bank.certificates import actions, queries
from xuefen.bank.certificates.models import Certificate, ShareView
from xuefen.bank.shell import clock
from xuefen.bank.translog import actions as translog
from xuefen.faces.cli import parser

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(settings, tmp_path) -> hall.Hall:
    settings.XUEFEN_PUBLIC = tmp_path / "public"
    world = hall.hall(outcomes=2)
    actions.publish_trust(now=clock.now())
    world.client.post("/certificates/")
    translog.seal(now=clock.now())
    return world


@pytest.fixture
def number(world: hall.Hall) -> str:
    return Certificate.objects.get().number


def test_a_link_is_made_opened_seen_and_taken_back(world: hall.Hall, number: str) -> None:
    page = world.client.get(f"/certificates/{number}/").content.decode()
    assert f"/certificates/{number}/share/" in page and "只给别人看一部分" in page
    made = world.client.post(
        f"/certificates/{number}/share/", {"fields": ["credits", "outcomes"], "lines": ["1"], "days": "7"}, follow=True
    )
    mine = made.content.decode()
    address = re.search(r"/verify/shared/[\w-]{22}/", mine)
    assert address is not None and "学分合计" in mine and "还没有人打开" in mine
    visitor = Client()
    seen = visitor.get(address[0]).content.decode()
    assert "这份证书现在有效" in seen and "第 1 项" in seen and "林秋禾" not in seen and number not in seen
    assert 'content="noindex"' in seen
    english = visitor.get(address[0], headers={"accept-language": "en"}).content.decode()
    assert "This certificate is valid now" in english or "这份证书现在有效" in english
    file = visitor.get(f"{address[0]}credential/")
    assert file["Content-Type"] == "application/dc+sd-jwt" and queries.verify(file.content, now=clock.now()).ok
    mine = world.client.get("/shares/").content.decode()
    assert "打开过 3 次" in mine and "只记时间" in mine and ShareView.objects.count() == 3
    link = re.search(r"/shares/\d+/end/", mine)
    assert link is not None
    world.client.post(link[0])
    assert visitor.get(address[0]).status_code == visitor.get(f"{address[0]}credential/").status_code == 404
    assert visitor.get("/shared/" + address[0].split("/")[-2] + "/").status_code == 404


def test_what_was_not_chosen_right_is_said_on_the_page(world: hall.Hall, number: str) -> None:
    for sent, words in (
        ({"days": "7"}, "请至少选一项"),
        ({"fields": ["outcomes"], "days": "7"}, "选的明细不对"),
        ({"fields": ["outcomes"], "lines": ["x"], "days": "7"}, "选的明细不对"),
        ({"fields": ["name"], "lines": ["0"], "days": "365"}, "7、30 或 90 天"),
    ):
        answer = world.client.post(f"/certificates/{number}/share/", sent)
        assert answer.status_code == 422 and words in answer.content.decode(), words
    assert world.client.post(f"/certificates/{number}/sd-jwt/", {}).status_code == 422


def test_the_same_as_a_file(world: hall.Hall, number: str) -> None:
    sent = {"fields": ["name", "credits"], "lines": ["0", "1"]}
    file = world.client.post(f"/certificates/{number}/sd-jwt/", sent)
    assert file["Content-Disposition"] == f'attachment; filename="{number}.sd-jwt"'
    uploaded = Client().post("/api/verify", file.content, content_type="application/octet-stream").json()
    assert uploaded["ok"] and uploaded["facts"]["kind"] == "selective" and uploaded["facts"]["holder"] == ""
    assert {row["name"]["en"]: row["value"] for row in uploaded["facts"]["shown"]}["Name"] == "林秋禾"
    page = Client().post("/verify/", {"file": SimpleUploadedFile("x.sd-jwt", file.content)}).content.decode()
    assert "学分合计" in page and "林秋禾" in page


def test_over_http(world: hall.Hall, number: str) -> None:
    client = world.client
    csrf = {"content_type": "application/json"}
    made = client.post("/api/shares", json.dumps({"certificate": number, "fields": ["credits"], "days": 30}), **csrf)
    assert made.status_code == 201, made.content
    token = made.json()["address"].split("/")[-2]
    seen = Client().get(f"/api/shared/{token}").json()
    assert [row["name"]["en"] for row in seen["shown"]] == ["Credits in all"] and seen["state"] == "valid"
    (mine,) = client.get("/api/shares").json()
    assert (mine["views"], len(mine["seen"]), mine["fields"]) == (1, 1, ["credits"])
    assert client.delete(f"/api/shares/{mine['id']}").status_code == 204
    assert Client().get(f"/api/shared/{token}").status_code == 404
    whole = client.get(f"/api/certificates/{number}/sd-jwt").content
    some = client.get(f"/api/certificates/{number}/sd-jwt?fields=outcomes&lines=0").content
    assert len(some) < len(whole) and queries.verify(some, now=clock.now()).ok
    assert client.get(f"/api/certificates/{number}/sd-jwt?fields=outcomes&lines=9").status_code == 422
    did = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
    bound = client.get(f"/api/certificates/{number}/sd-jwt?fields=credits&key={did}").content
    answer = Client().post("/api/verify?audience=x&nonce=y", bound, content_type="application/dc+sd-jwt").json()
    assert {"holder_not_shown", "signature_good"} <= {v["code"] for v in answer["verdicts"]} and not answer["ok"]
    assert client.get(f"/api/certificates/{number}/sd-jwt?fields=credits&key=x").json()["code"] == "holder_key"
    wrong = client.post("/api/shares", json.dumps({"certificate": number, "fields": ["x"], "days": 30}), **csrf)
    assert wrong.status_code == 422


def run(*words: str) -> int:
    arguments = parser.build().parse_args(words)
    return int(arguments.run()(arguments) or 0)


def test_on_the_command_line(world: hall.Hall, number: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "some.sd-jwt"
    assert run("certificate", "save", number, str(out), "--show", "name,credits") == 0
    report = queries.verify(out.read_bytes(), now=clock.now())
    assert report.facts is not None and [row.en for row in report.facts.shown] == ["Name", "Credits in all"]
    assert run("verify", str(out)) == 0
    said = capsys.readouterr().out
    assert "林秋禾" in said and "学分合计" in said
    key = '{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'
    assert run("certificate", "save", number, str(out), "--show", "name", "--holder-key", key) == 0
    assert run("verify", str(out), "--nonce", "7") == 1
    assert "不知道出示的人是不是本人" in capsys.readouterr().out
    xml = tmp_path / "paper.xml"
    assert run("certificate", "save", number, str(xml)) == 0
    assert b"elmo-schemas" in xml.read_bytes()


def test_a_badge_is_brought_over_http(world: hall.Hall) -> None:
    sent = world.client.post("/api/badges", theirs("林秋禾"), content_type="application/octet-stream")
    assert (sent.status_code, sent.json()["name"], sent.json()["issuer_known"]) == (201, "焊接入门", False), (
        sent.content
    )
    (kept,) = world.client.get("/api/badges").json()
    assert [verdict["state"] for verdict in kept["verdicts"]][:2] == ["good", "good"]
    again = world.client.post("/api/badges", theirs("林秋禾"), content_type="application/octet-stream")
    assert (again.status_code, again.json()["code"]) == (409, "badge_twice")
    assert Client().get("/api/badges").status_code == Client().post("/api/badges").status_code == 401
