"""The public pages: nobody signs in, and nobody is told more than everybody may know."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import segno
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from tests.bank import foundation_builders as build
from tests.bank import recognition_builders as world_of
from tests.faces import desk_builders as desk
from xuefen.bank.certificates import actions as certificates
from xuefen.bank.certificates import queries
from xuefen.bank.certificates.types import MAX_FILE_BYTES, CertificateFacts
from xuefen.bank.recognition import actions as recognition
from xuefen.bank.recognition.models import Application, Objection
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.staff.types import Role
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon, ids
from xuefen.faces.verify.views import OBJECTIONS

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.faces.desk_urls")]
NOTICE_QUERIES, CATALOGUE_QUERIES, CERTIFICATE_QUERIES = 1, 5, 4
NAMES = {"示例院校", "课程", "行政管理", "测试学分银行"}


@pytest.fixture(autouse=True)
def _house(settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.XUEFEN_LOG, settings.XUEFEN_PUBLIC = tmp_path / "log", tmp_path / "public"
    desk.stop_clock(monkeypatch)
    desk.node()


@pytest.fixture
def world() -> world_of.World:
    return world_of.world()


@pytest.fixture
def issued(world: world_of.World) -> CertificateFacts:
    """A sealed statement of the learner's two outcomes."""
    found = certificates.issue_statement(
        learner_id=world.learner_id, by=build.HOUSE, now=desk.MONDAY - timedelta(days=1)
    )
    translog.seal_all(now=desk.MONDAY)
    return found


def on_notice(world: world_of.World, learner_id: int = 0) -> Application:
    application = world_of.applied(world, learner_id=learner_id)
    at = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
    application = recognition.approve(number=application.number, version=1, by=build.HOUSE, now=at)
    return recognition.convert(number=application.number, version=2, by=build.HOUSE, now=at + timedelta(days=3))


def upload(client: Client, content: bytes, name: str = "证书.json"):
    return client.post("/verify/", {"number": "", "file": SimpleUploadedFile(name, content)})


def photo(text: str) -> bytes:
    """A sheet with a QR code on it, or an empty one."""
    buffer, sheet = io.BytesIO(), Image.new("L", (1200, 1200), 250)
    if text:
        segno.make(text, error="l").save(buffer, kind="png", scale=5)
        sheet.paste(Image.open(buffer).convert("L"), (100, 100))
    made = io.BytesIO()
    sheet.rotate(3, fillcolor=90).save(made, "JPEG", quality=70)
    return made.getvalue()


class TestVerify:
    def test_a_genuine_file_gets_the_seal_and_eight_sentences(self, client: Client, issued: CertificateFacts) -> None:
        content = canon.canonical(queries.document(EVERYTHING, issued.number))
        response = upload(client, content)
        page = desk.text_of(response)
        assert "这份证书是真的，现在有效" in page and "签名对得上" in page and "没有被吊销" in page
        assert "林*禾（请当面核对姓名）" in page and "林秋禾" not in page
        assert response.content.decode().count('<li class="y">') == 8
        assert "属实" in response.content.decode()

    def test_a_photo_of_its_code_is_read(self, client: Client, issued: CertificateFacts) -> None:
        response = upload(client, photo(queries.code(EVERYTHING, issued.number, now=desk.MONDAY)), "照片.jpg")
        page = desk.text_of(response)
        assert (
            "二维码能读，符合公开的格式" in page and "签名对得上" in page and "没有被吊销" in page and "林秋禾" in page
        )
        certificates.revoke(number=issued.number, reason="issued_in_error", by=build.HOUSE, now=desk.MONDAY)
        again = upload(client, photo(queries.code(EVERYTHING, issued.number, now=desk.MONDAY)), "照片.jpg")
        assert "已被吊销：签发有误" in desk.text_of(again)

    def test_a_photo_without_a_code_says_what_to_do(self, client: Client) -> None:
        page = desk.text_of(upload(client, photo(""), "照片.jpg"))
        assert "没法核验这份文件" in page and "拍得近一些、正一些、亮一些" in page

    def test_a_changed_file_gets_no_seal_and_shows_no_word_of_it(
        self, client: Client, issued: CertificateFacts
    ) -> None:
        document = queries.document(EVERYTHING, issued.number)
        document["body"]["holder"]["name"] = "贾伪造"
        response = upload(client, canon.canonical(document))
        page = desk.text_of(response)
        assert "不要相信这份文件" in page and "签名对不上：签发之后内容被改动过。" in page
        assert "贾伪造" not in page and "贾*造" not in page
        assert "属实" not in response.content.decode()

    @pytest.mark.parametrize(
        ("name", "content", "sentence"),
        [
            ("a.docx", b"PK\x03\x04 something", "文件读不出来"),
            ("a.pdf", b"%PDF-1.7\nbroken", "文件读不出来"),
            ("a.json", b"{not json", "文件读不出来"),
            ("a.json", b"", "文件是空的"),
            ("a.json", b"[" * 100_000, "文件读不出来"),
            ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(1000), "文件读不出来"),
        ],
    )
    def test_what_is_no_certificate_gets_a_sentence(
        self, client: Client, name: str, content: bytes, sentence: str
    ) -> None:
        response = upload(client, content, name)
        assert 400 <= response.status_code < 500
        assert sentence in desk.text_of(response)

    def test_a_json_of_something_else_is_not_trusted(self, client: Client) -> None:
        page = desk.text_of(upload(client, json.dumps({"a": 1}).encode()))
        assert "不要相信这份文件" in page

    def test_a_body_that_is_too_large_is_refused_unread(self, client: Client) -> None:
        response = client.generic("POST", "/verify/", b"", CONTENT_LENGTH=str(2 * MAX_FILE_BYTES))
        assert response.status_code == 413
        assert "20 MB" in desk.text_of(response)

    def test_neither_of_the_two_is_called_optional(self, client: Client) -> None:
        page = client.get("/verify/").content.decode()
        assert "可以不填" not in page and "填编号或选文件，有一样就行" in page

    def test_nothing_given_is_told(self, client: Client) -> None:
        assert "请填写证书编号，或者上传证书文件。" in desk.text_of(client.post("/verify/", {"number": ""}))


class TestNumber:
    def test_leads_from_the_form_to_the_qr_address(self, client: Client, issued: CertificateFacts) -> None:
        response = client.post("/verify/", {"number": ids.display(issued.number).lower()})
        assert response.url == f"/verify/{issued.number}"
        page = desk.text_of(client.get(response.url))
        assert "这份证书是真的，现在有效" in page and "学习成果证明" in page and "林*禾" in page
        assert "林秋禾" not in page

    def test_a_revoked_one_says_so_at_once(self, client: Client, issued: CertificateFacts) -> None:
        certificates.revoke(number=issued.number, reason="issued_in_error", by=build.HOUSE, now=desk.MONDAY)
        response = client.get(f"/verify/{issued.number}")
        assert "但已经被吊销" in desk.text_of(response)
        assert "请对方重新开一份" in desk.text_of(response), "a genuine paper that ended is not a forged one"
        assert "属实" not in response.content.decode()

    def test_one_not_sealed_yet_asks_for_a_minute(self, client: Client, world: world_of.World) -> None:
        found = certificates.issue_statement(learner_id=world.learner_id, by=build.HOUSE, now=desk.MONDAY)
        assert "正在写入公开日志" in desk.text_of(client.get(f"/verify/{found.number}"))

    @pytest.mark.parametrize("number", ["ZS0000000000000000", "ZS1", "%3Cscript%3E", "catalogue"])
    def test_an_unknown_one_is_not_found(self, client: Client, number: str) -> None:
        response = client.get(f"/verify/{number}")
        assert response.status_code == 404
        assert "没有这份证书" in desk.text_of(response) and "<script>" not in response.content.decode()

    def test_a_wrong_digit_is_told_in_the_form(self, client: Client) -> None:
        response = client.post("/verify/", {"number": "ZS 0000 0000 0000 0002"})
        assert response.status_code == 422
        assert "号码校验不通过" in desk.text_of(response)

    def test_costs(self, client: Client, issued: CertificateFacts, django_assert_num_queries) -> None:
        client.get(f"/verify/{issued.number}")
        with django_assert_num_queries(CERTIFICATE_QUERIES):
            client.get(f"/verify/{issued.number}")


class TestCatalogueAndRules:
    def test_finds_items_and_programmes(self, client: Client, world, django_assert_num_queries) -> None:
        with django_assert_num_queries(CATALOGUE_QUERIES):
            page = desk.text_of(client.get("/verify/catalogue/?q=课程A1"))
        assert "课程A1" in page and "课程A2" not in page
        response = client.get("/verify/catalogue/?q=行政管理")
        assert 'href="/verify/catalogue/YL/PB/?version=' in response.content.decode()

    def test_a_programme_lists_what_it_asks_for(self, client: Client, world) -> None:
        page = desk.text_of(client.get("/verify/catalogue/YL/PB/"))
        assert "行政管理" in page and "课程B1" in page
        assert client.get("/verify/catalogue/YL/NO/").status_code == 404

    def test_says_when_nothing_is_found(self, client: Client) -> None:
        assert "没有找到" in desk.text_of(client.get("/verify/catalogue/?q=x"))
        assert "没有这样的规则" in desk.text_of(client.get("/verify/rules/?q=x"))


class TestNotices:
    def test_are_masked_and_open_to_objection(self, client: Client, world) -> None:
        application = on_notice(world)
        page = desk.text_of(client.get("/verify/notices/"))
        assert "林*禾" in page and "林秋禾" not in page and "课程A0" in page
        data = {"by_name": "周明远", "contact": "13800001234", "text": "课程内容不同。"}
        assert client.post(f"/verify/notices/{application.number}/object/", data).url == "/verify/notices/"
        application.refresh_from_db()
        assert (application.state, Objection.objects.get().by_name) == ("objection", "周*远")
        page = desk.text_of(client.get("/verify/notices/"))
        assert "收到了您的异议" in page and "异议处理中" in page and "周明远" not in page

    def test_an_objection_without_name_or_reason_is_told(self, client: Client, world) -> None:
        application = on_notice(world)
        response = client.post(f"/verify/notices/{application.number}/object/", {"by_name": " ", "text": ""})
        assert response.status_code == 422
        assert "还有 3 处要改" in desk.text_of(response)
        assert not Objection.objects.exists()

    def test_one_address_cannot_stop_them_all(self, client: Client, world) -> None:
        data = {"by_name": "王小明", "text": "不属实", "contact": "13800001111"}
        answers = [client.post("/verify/notices/SQ1/object/", data).status_code for _ in range(OBJECTIONS + 1)]
        assert 429 not in answers[:-1] and answers[-1] == 429

    def test_what_is_not_on_notice_cannot_be_objected_to(self, client: Client, world) -> None:
        application = world_of.applied(world)
        data = {"by_name": "周明远", "contact": "13800001234", "text": "课程内容不同。"}
        assert client.post(f"/verify/notices/{application.number}/object/", data).status_code in (404, 409)
        assert not Objection.objects.exists()

    def test_cost_the_same_however_many(self, client: Client, world, django_assert_num_queries) -> None:
        on_notice(world)
        for more in ((), (2, 3)):
            for number in more:
                on_notice(world, world_of.another_learner(world, number))
            with django_assert_num_queries(NOTICE_QUERIES):
                assert client.get("/verify/notices/").status_code == 200

    def test_the_branch_answers(self, client: Client, world) -> None:
        application = on_notice(world)
        data = {"by_name": "周明远", "contact": "13800001234", "text": "课程内容不同。"}
        client.post(f"/verify/notices/{application.number}/object/", data)
        branch = desk.at_work(Role.BRANCH_OFFICER, place="33")
        page = desk.text_of(branch.get("/desk/notices/"))
        assert "周明远" in page and "13800001234" in page and "课程内容不同。" in page
        url = f"/desk/notices/{application.number}/answer/"
        assert branch.post(url, {"answer": "reject", "reply": "", "version": 4}).status_code == 422
        assert branch.post(url, {"answer": "reject", "reply": "大纲重合 86%。", "version": 4}).url == "/desk/notices/"
        application.refresh_from_db()
        assert (application.state, Objection.objects.get().outcome) == ("notice", "rejected")
        assert branch.post(url, {"answer": "uphold", "reply": "再答一次。", "version": 4}).url == "/desk/notices/"
        assert "已经变了" in desk.text_of(branch.get("/desk/notices/"))


class TestLog:
    def test_tells_size_and_checkpoint(self, client: Client, issued: CertificateFacts) -> None:
        page = desk.text_of(client.get("/verify/log/"))
        assert "test.example/log" in page and "怎么自己核对" in page

    def test_works_before_the_first_sealing(self, client: Client) -> None:
        assert client.get("/verify/log/").status_code == 200


@pytest.mark.parametrize("url", ["", "catalogue/?q=课程A1", "rules/", "notices/", "log/", "catalogue/YL/PB/"])
def test_every_page_speaks_english(client: Client, world, url: str) -> None:
    on_notice(world)
    client.cookies["django_language"] = "en"
    response = client.get(f"/verify/{url}")
    assert response.status_code == 200
    assert set(desk.chinese_in(response)) <= NAMES | {"课程对照表", "学分制课程"}


def test_a_verdict_speaks_english(client: Client, issued: CertificateFacts) -> None:
    client.cookies["django_language"] = "en"
    response = client.get(f"/verify/{issued.number}")
    assert "This certificate is genuine and valid now" in desk.text_of(response)
    assert set(desk.chinese_in(response)) <= NAMES | {"核验", "属实"}
