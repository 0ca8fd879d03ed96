"""Standards and the metadata model for everybody: pages and API, without signing in."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
import yaml
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.bank import deposit_builders as deposits
from tests.bank import standard_builders as make
from tests.faces import desk_builders as desk
from xuefen.bank.deposits import actions as deposit_actions
from xuefen.bank.deposits.models import Batch
from xuefen.bank.standards import actions, queries
from xuefen.bank.standards.models import StandardComment
from xuefen.faces.api.standards import CHECKS, COMMENTS

pytestmark = pytest.mark.django_db
GOOD = "4417092680352710"
SHEET = f"账号,成果代码,取得日期,成绩\n{GOOD},C1,2026-06-30,92\n{GOOD},C1,2026-02-30,很好\n"
HOME_QUERIES = 2


@pytest.fixture(autouse=True)
def _house(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()  # the rates of one test are not another's
    desk.stop_clock(monkeypatch, make.NOW)
    desk.node()


@pytest.fixture
def people() -> make.People:
    return make.People()


class TestReading:
    def test_in_force_open_and_to_come(self, client: Client, people: make.People) -> None:
        number = make.consulting(people)
        page = desk.text_of(client.get("/standards/"))
        assert "施行中" in page and "正在征求意见" in page and "还剩 5 个工作日" in page
        assert f"/standards/consultations/{number}/" in client.get("/standards/").content.decode()

    def test_it_costs_the_same_however_many_there_are(
        self, client: Client, people: make.People, django_assert_num_queries
    ) -> None:
        actions.load_shipped_packs(by=make.HOUSE, now=make.OPENED)
        with django_assert_num_queries(HOME_QUERIES):
            client.get("/standards/")
        make.published(people)
        actions.load_pack(body=make.shipped() | {"code": "other"}, by=make.HOUSE, now=make.NOW)
        with django_assert_num_queries(HOME_QUERIES):
            client.get("/standards/")

    def test_a_version_with_contents_and_references(self, client: Client, people: make.People) -> None:
        make.published(people)
        page = desk.text_of(client.get("/standards/cn-2026/1/"))
        assert (
            "转换总量" in page and "GD-ADULT all conversions at most 50 %" in page and "2027 年 1 月 1 日 停用" in page
        )
        content = client.get("/standards/cn-2026/1/").content.decode()
        anchors = set(re.findall(r'href="#(ch-\w+)"', content))
        assert anchors and all(f'id="{anchor}"' in content for anchor in anchors)
        assert client.get("/standards/cn-2026/9/").status_code == 404

    def test_which_version_applied_on_a_day(self, client: Client, people: make.People) -> None:
        make.published(people)
        for on, version in (("2026-12-31", 1), ("2027-01-01", 2), ("", 1), ("nonsense", 1)):
            location = client.get(f"/standards/cn-2026/?on={on}").headers["Location"]
            assert location.startswith(f"/standards/cn-2026/{version}/"), on
        assert client.get("/standards/cn-2026/?on=2020-01-01").status_code == 404
        assert client.get("/standards/none/").status_code == 404
        page = desk.text_of(client.get("/standards/cn-2026/?on=2027-03-01", follow=True))
        assert "2027 年 3 月 1 日 适用的是这一版" in page

    def test_what_changed_and_the_files(self, client: Client, people: make.People) -> None:
        make.published(people)
        page = desk.text_of(client.get("/standards/cn-2026/compare/?from=1&to=2"))
        assert "转换总量的上限由 50 % 改为 40 %" in page
        assert client.get("/standards/cn-2026/compare/?from=1&to=99").status_code == 404
        assert client.get("/standards/cn-2026/compare/?from=x&to=2").status_code == 200
        assert client.get("/standards/none/compare/").status_code == 404
        assert yaml.safe_load(client.get("/standards/cn-2026/2/standard.yaml").content) == make.next_body()
        signed = json.loads(client.get("/standards/cn-2026/2/publication.json").content)
        assert signed["publication"]["signed_by"] == ["顾怀安", "沈知行"]
        assert client.get("/standards/cn-2026/1/publication.json").status_code == 404

    def test_in_english(self, client: Client, people: make.People) -> None:
        number = make.published(people)
        client.cookies["django_language"] = "en"
        for path in ("", "cn-2026/compare/?from=1&to=2", f"consultations/{number}/"):
            response = client.get(f"/standards/{path}")
            names = {"顾怀安", "陆知白", "方闻音", make.NOTE, "与现行标准相比更稳妥"}
            left = [run for run in desk.chinese_in(response) if run not in names and not make.NOTE.startswith(run)]
            words = {w for found in make.shipped()["grades"].values() for w in _words(found["value"])}
            assert [run for run in left if run not in words] == [], path


def _words(value: object) -> list[str]:
    return list(value) if isinstance(value, (list, dict)) else [str(value)]


class TestConsulting:
    def test_a_comment_from_anybody(self, client: Client, people: make.People) -> None:
        number = make.consulting(people)
        where = f"/standards/consultations/{number}/"
        page = desk.text_of(client.get(where))
        assert "转换总量的上限由 50 % 改为 40 %" in page and "陆知白" in page and "与现行标准相比更稳妥" in page
        assert client.post(where, {"text": "嗯"}).status_code == 422
        assert client.post(where, {"text": "希望放宽一些。", "place": "nowhere"}).status_code == 422
        assert client.post(where, {"text": "希望放宽一些。", "place": "limits", "name": "周明远"}).status_code == 302
        again = client.post(where, {"text": "希望放宽一些。"})
        assert again.status_code == 409 and "已经收到" in desk.text_of(again)
        page = desk.text_of(client.get(where))
        assert "希望放宽一些" not in page and "还有 1 条等答复" in page
        actions.answer_comment(
            number=number, seq=1, reply="会考虑的。", withhold=False, by=people.hubs[0], now=make.NOW
        )
        page = desk.text_of(client.get(where))
        assert "希望放宽一些。" in page and "周*远" in page and "转换限额" in page and "周明远" not in page

    def test_before_and_after_there_is_no_box(
        self, client: Client, people: make.People, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        number = make.compared(people)
        where = f"/standards/consultations/{number}/"
        assert (
            client.get(where).status_code == 404 and client.post(where, {"text": "希望放宽一些。"}).status_code == 404
        )
        actions.open_consultation(number=number, working_days=5, by=people.hubs[0], now=make.NOW)
        desk.stop_clock(monkeypatch, make.AFTER)
        assert "征求意见已经结束" in desk.text_of(client.get(where))
        assert client.post(where, {"text": "希望放宽一些。"}).status_code == 409
        assert StandardComment.objects.count() == 0

    def test_not_too_often_from_one_address(self, client: Client, people: make.People) -> None:
        number = make.consulting(people)
        where = f"/standards/consultations/{number}/"
        for n in range(COMMENTS):
            assert client.post(where, {"text": f"第 {n} 条意见"}).status_code == 302
        refused = client.post(where, {"text": "又一条意见"})
        assert refused.status_code == 429 and "太频繁了" in desk.text_of(refused)
        assert client.post(where, {"text": "又一条意见"}, REMOTE_ADDR="10.1.1.1").status_code == 302

    def test_markup_in_a_comment_is_shown_as_typed(self, client: Client, people: make.People) -> None:
        number = make.consulting(people)
        client.post(f"/standards/consultations/{number}/", {"text": "<script>alert(1)</script>"})
        actions.answer_comment(
            number=number, seq=1, reply="<b>不采纳</b>", withhold=False, by=people.hubs[0], now=make.NOW
        )
        content = client.get(f"/standards/consultations/{number}/").content.decode()
        assert "<script>alert" not in content and "&lt;script&gt;alert(1)" in content and "<b>不采纳" not in content


@pytest.fixture
def world() -> deposits.World:
    return deposits.world(1)


class TestMetadata:
    def test_the_model_the_lists_and_the_files(self, client: Client, world: deposits.World) -> None:
        page = desk.text_of(client.get("/metadata/"))
        assert "成果代码" in page and "要不要填" in page and "成果类型" in page
        model = client.get("/metadata/model.json").json()
        assert [field["name"] for field in model["fields"]][:2] == ["account", "id_number"]
        for found in model["lists"]:
            rows = list(
                csv.DictReader(
                    io.StringIO(client.get(f"/metadata/lists/{found['name']}.csv").content.decode("utf-8-sig"))
                )
            )
            assert rows == found["rows"] and rows
        assert client.get("/metadata/lists/none.csv").status_code == 404
        assert client.get("/metadata/template.csv").content.decode("utf-8-sig").startswith("账号,证件号码")

    def test_the_schema_says_what_the_model_says(self, client: Client, world: deposits.World) -> None:
        schema = client.get("/metadata/schema.json").json()
        model = client.get("/metadata/model.json").json()
        assert schema == model["row_schema"] and schema["items"]["required"] == ["item_code", "awarded_on"]
        properties = schema["items"]["properties"]
        for field in model["fields"]:
            said = properties[field["name"]]
            assert (said["maxLength"], said["examples"]) == (field["longest"], [field["example"]])
            assert re.search(said.get("pattern", ""), field["example"])
        mark, words = properties["grade"]["anyOf"]
        (grades,) = [found["rows"] for found in model["lists"] if found["name"] == "grades"]
        assert words["enum"] == [row["code"] for row in grades]
        assert re.search(mark["pattern"], "92.5") and not re.search(mark["pattern"], "很好")

    def test_pasted_rows_show_every_error(self, client: Client, world: deposits.World) -> None:
        response = client.post("/metadata/", {"rows": SHEET.replace(",", "\t")})
        page = desk.text_of(response)
        assert response.status_code == 200 and "2 处要改" in page and "C 取得日期" in page and "D 成绩" in page
        assert "没有选机构" in page and GOOD in response.content.decode()  # what was pasted stays in its box

    def test_a_file_against_a_catalogue(self, client: Client, world: deposits.World) -> None:
        sheet = SimpleUploadedFile("成绩.csv", SHEET.encode("gb18030"))
        page = desk.text_of(client.post("/metadata/", {"file": sheet, "issuer": world.issuer.code}))
        assert "值学分3.0" in page.replace(" ", "") and "2 处要改" in page
        assert Batch.objects.count() == 0

    def test_what_is_no_sheet_is_said_in_words(self, client: Client, world: deposits.World) -> None:
        for sent, status, words in (
            ({"rows": ""}, 422, "请粘贴几行"),
            ({"rows": "名称,备注\n1,2"}, 422, "没有找到成果表"),
            ({"file": SimpleUploadedFile("x.csv", b"")}, 422, "文件是空的"),
            ({"file": SimpleUploadedFile("x.pdf", b"%PDF-1.7 abc")}, 415, "这种文件读不了"),
            ({"file": SimpleUploadedFile("x.xlsx", b"PK\x03\x04 broken")}, 422, "损坏"),
            ({"rows": SHEET, "issuer": "NOBODY"}, 422, ""),
        ):
            response = client.post("/metadata/", sent)
            assert response.status_code == status and words in desk.text_of(response), sent
        large = "x" * (deposit_actions.MOST_CHECKED_BYTES + 70_000)
        assert client.post("/metadata/", {"rows": large}).status_code == 413

    def test_not_too_often_from_one_address(self, client: Client, world: deposits.World) -> None:
        for _ in range(CHECKS):
            assert client.post("/metadata/", {"rows": SHEET}).status_code == 200
        assert client.post("/metadata/", {"rows": SHEET}).status_code == 429


class TestApi:
    def test_standards_and_their_changes(self, client: Client, people: make.People) -> None:
        make.published(people)
        rows = client.get("/api/standards?code=cn-2026").json()["items"]
        assert [(row["version"], row["in_force"], row["signed"]) for row in rows] == [
            (2, False, True),
            (1, True, False),
        ]
        one = client.get("/api/standards/cn-2026/2").json()
        assert one["body"] == make.next_body() and one["digest"] == queries.version_row("cn-2026", 2).digest
        changes = client.get("/api/standards/cn-2026/2/changes?since=1").json()["chapters"]
        assert [chapter["chapter"] for chapter in changes] == ["head", "limits"]
        assert changes[1]["changes"][0]["zh"].startswith("转换总量的上限由 50 % 改为 40 %")
        assert client.get("/api/standards/cn-2026/7").json()["code"] == "standard_version_unknown"

    def test_consultations(self, client: Client, people: make.People) -> None:
        number = make.consulting(people)
        (row,) = client.get("/api/consultations").json()["items"]
        assert row["number"] == number
        where = f"/api/consultations/{number}"
        assert len(client.get(where).json()["comparisons"]) == 2
        sent = {"text": "希望放宽一些。", "name": "周明远"}
        made = client.post(f"{where}/comments", json.dumps(sent), content_type="application/json")
        assert (made.status_code, made.json()) == (201, {"comment": 1})
        for wrong in ({"text": "x" * 2001}, {"text": "好的好的", "spam": 1}, {}):
            response = client.post(f"{where}/comments", json.dumps(wrong), content_type="application/json")
            assert response.json()["code"] == "invalid_request"
        assert client.get(where).json()["answered"] == []
        assert client.get("/api/consultations/BZ1").json()["code"] == "not_found"

    def test_metadata_and_a_check(self, client: Client, world: deposits.World) -> None:
        assert client.get("/api/metadata").json() == client.get("/metadata/model.json").json()
        found = client.post("/api/metadata/check?issuer=ylu", SHEET.encode(), content_type="text/csv").json()
        assert (found["rows"], found["sound"], found["found"], found["credits"]) == (2, 1, 2, "3.0")
        assert [(error["row"], error["column"], error["code"]) for error in found["errors"]] == [
            (3, "C", "date_impossible"),
            (3, "D", "grade_unreadable"),
        ]
        file = SimpleUploadedFile("x.csv", SHEET.encode())
        assert client.post("/api/metadata/check", {"file": file}).json()["found"] == 2
        assert client.post("/api/metadata/check").json()["code"] == "file_empty"
        many = b"x" * (deposit_actions.MOST_CHECKED_BYTES + 100_000)
        assert client.post("/api/metadata/check", many, content_type="text/csv").status_code == 413


def test_a_consultation_of_the_past_keeps_its_story(client: Client, people: make.People) -> None:
    number = make.published(people)
    page = desk.text_of(client.get(f"/standards/consultations/{number}/"))
    assert "已发布" in page and "征求意见已经结束" in page
