"""The issuer's pages: batches, upload, dry run, progress, errors, receipt, and one outcome by form."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.bank import deposit_builders as world_of
from tests.faces import desk_builders as desk
from xuefen.bank.deposits.actions.storage import MOST_BYTES
from xuefen.bank.deposits.models import Batch, Outcome
from xuefen.bank.staff.types import Role

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.faces.desk_urls")]
LIST_QUERIES, BATCH_QUERIES = 8, 9


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[world_of.World]:
    desk.stop_clock(monkeypatch, world_of.NOW)
    yield world_of.world()


@pytest.fixture
def issuer(world: world_of.World) -> Client:
    return desk.at_work(Role.ISSUER_OFFICER, institution="ylu")


def csv_file(rows: list[list[str]], name: str = "2026 年春季.csv") -> SimpleUploadedFile:
    text = "\n".join([",".join(world_of.HEADER), *(",".join(row) for row in rows)])
    return SimpleUploadedFile(name, text.encode(), content_type="text/csv")


def upload(client: Client, file: SimpleUploadedFile, **more: str):
    return client.post("/desk/batches/upload/", {"issuer_code": "ylu", "file": file, **more})


def deposited(world: world_of.World, tmp_path: Path, rows: list[list[str]], name: str = "a.csv"):
    return world_of.deposit(world, world_of.sheet(tmp_path / name, rows))


class TestUpload:
    def test_keeps_the_file_queues_the_job_and_shows_the_batch(self, world, issuer: Client) -> None:
        response = upload(issuer, csv_file([world.row()]))
        batch = Batch.objects.get()
        assert response.url == f"/desk/batches/{batch.number}/"
        job = ProcrastinateJob.objects.get(task_name="deposits.run_batch")
        assert job.args == {"batch_id": batch.pk}
        page = desk.text_of(issuer.get(response.url))
        assert "排队等待存入" in page and "2026 年春季.csv" in page

    def test_the_same_file_again_is_the_same_batch(self, world, issuer: Client) -> None:
        first, second = (upload(issuer, csv_file([world.row()])).url for _ in range(2))
        assert first == second
        assert ProcrastinateJob.objects.filter(task_name="deposits.run_batch").count() == 1

    def test_a_dry_run_counts_and_writes_nothing(self, world, issuer: Client) -> None:
        rows = [world.row(), world.row(1, item_code="NO"), world.row()]
        page = desk.text_of(upload(issuer, csv_file(rows), **{"try": "1"}))
        assert "试算结果，什么也没写入" in page
        assert "已读 3 ＝ 存入 1 ＋ 没通过 1 ＋ 重复 1。" in page
        assert not Batch.objects.exists() and not Outcome.objects.exists()

    def test_a_file_that_is_no_sheet_is_told_in_a_dry_run(self, world, issuer: Client) -> None:
        response = upload(issuer, SimpleUploadedFile("a.pdf", b"%PDF-1.7 no sheet"), **{"try": "1"})
        assert response.status_code == 415
        assert "这种文件读不了" in desk.text_of(response)

    def test_no_file_and_an_empty_file_are_told(self, world, issuer: Client) -> None:
        assert "请先选择文件。" in desk.text_of(issuer.post("/desk/batches/upload/", {"issuer_code": "ylu"}))
        assert "文件是空的" in desk.text_of(upload(issuer, SimpleUploadedFile("a.csv", b"")))

    def test_a_body_that_is_too_large_is_refused_unread(self, world, issuer: Client) -> None:
        response = issuer.generic("POST", "/desk/batches/upload/", b"", CONTENT_LENGTH=str(MOST_BYTES * 2))
        assert response.status_code == 413
        assert "200 MB" in desk.text_of(response)

    def test_csrf_is_checked_all_the_same(self, world, issuer: Client) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = issuer.cookies
        assert upload(strict, csv_file([world.row()])).status_code == 403
        assert not Batch.objects.exists()

    def test_another_institution_cannot_be_deposited_for(self, world, issuer: Client) -> None:
        world_of.foundation.institution("other", number=9, classes=tuple(world_of.OutcomeClass))
        file = csv_file([world.row()])
        response = issuer.post("/desk/batches/upload/", {"issuer_code": "other", "file": file})
        assert response.status_code == 422
        assert not Batch.objects.exists()


class TestBatch:
    def test_adds_up_and_shows_the_first_errors_masked(self, world, issuer: Client, tmp_path: Path) -> None:
        rows = [world.row(), world.row(1, awarded_on="2026-02-30"), world.row(name="张三丰"), world.row()]
        batch = deposited(world, tmp_path, rows)
        page = desk.text_of(issuer.get(f"/desk/batches/{batch.number}/"))
        assert "已读 4 ＝ 存入 1 ＋ 没通过 2 ＋ 重复 1。" in page
        assert "存完了，共 3.0 学分" in page
        assert "没有 2026-02-30 这一天。" in page
        assert "张*丰" in page and "张三丰" not in page

    def test_errors_and_receipt_can_be_taken_home(self, world, issuer: Client, tmp_path: Path) -> None:
        batch = deposited(world, tmp_path, [world.row(), world.row(1, item_code="NO")])
        errors = issuer.get(f"/desk/batches/{batch.number}/errors.xlsx")
        sheet = openpyxl.load_workbook(io.BytesIO(errors.content)).worksheets[0]
        assert "item_code_unknown" in [cell.value for cell in sheet[2]]
        assert "no-store" in errors.headers["Cache-Control"]
        receipt = json.loads(issuer.get(f"/desk/batches/{batch.number}/receipt.json").content)
        assert (receipt["receipt"]["batch"], receipt["receipt"]["accepted"]) == (batch.number, 1)

    def test_answers_the_progress_card_alone_to_htmx(self, world, issuer: Client, tmp_path: Path) -> None:
        waiting = world_of.receive(world, world_of.sheet(tmp_path / "w.csv", [world.row()]))
        card = issuer.get(f"/desk/batches/{waiting.number}/", headers={"HX-Request": "true"})
        assert 'hx-trigger="every 1s"' in card.content.decode() and "<html" not in card.content.decode()
        assert "HX-Refresh" not in card.headers
        done = deposited(world, tmp_path, [world.row(1)])
        card = issuer.get(f"/desk/batches/{done.number}/", headers={"HX-Request": "true"})
        assert "hx-trigger" not in card.content.decode() and card.headers["HX-Refresh"] == "true"

    def test_a_file_refused_as_a_whole_says_why(self, world, issuer: Client, tmp_path: Path) -> None:
        path = tmp_path / "x.csv"
        path.write_text("甲,乙\n1,2\n", encoding="utf-8")
        with pytest.raises(world_of.deposits.Denied):
            world_of.deposit(world, path)
        page = desk.text_of(issuer.get(f"/desk/batches/{Batch.objects.get().number}/"))
        assert "整份文件没有收" in page and "没有找到成果表" in page

    def test_is_not_found_by_another_issuer(self, world, issuer: Client, tmp_path: Path) -> None:
        batch = deposited(world, tmp_path, [world.row()])
        world_of.foundation.institution("other", number=9, classes=tuple(world_of.OutcomeClass))
        stranger = desk.at_work(Role.ISSUER_OFFICER, institution="other")
        for page in ("", "errors.xlsx", "receipt.json"):
            assert stranger.get(f"/desk/batches/{batch.number}/{page}").status_code == 404
        assert batch.number not in stranger.get("/desk/batches/").content.decode()

    def test_costs_the_same_however_many_rows(self, world, issuer, tmp_path, django_assert_num_queries) -> None:
        bad = [[world.row(i, item_code="NO") for i in range(n)] for n in (1, 3)]
        numbers = [deposited(world, tmp_path, rows, f"{len(rows)}.csv").number for rows in bad]
        issuer.get("/desk/batches/")
        for number in numbers:
            with django_assert_num_queries(BATCH_QUERIES):
                issuer.get(f"/desk/batches/{number}/")

    def test_the_list_costs_the_same_however_long(self, world, issuer, tmp_path, django_assert_num_queries) -> None:
        deposited(world, tmp_path, [world.row()])
        for more in (0, 2):
            for n in range(more):
                deposited(world, tmp_path, [world.row(n + 1)], f"{n}.csv")
            with django_assert_num_queries(LIST_QUERIES):
                assert issuer.get("/desk/batches/").status_code == 200

    def test_speaks_english(self, world, issuer: Client, tmp_path: Path) -> None:
        batch = deposited(world, tmp_path, [world.row(), world.row(1, item_code="NO")])
        issuer.cookies["django_language"] = "en"
        names = {"示例院校", "何映舟", "标准", "test"}
        for url in ("/desk/batches/", f"/desk/batches/{batch.number}/", "/desk/batches/one/"):
            assert set(desk.chinese_in(issuer.get(url))) <= names


class TestOne:
    def form(self, world: world_of.World, **changes: str) -> dict[str, str]:
        good = {"account": world.accounts[0], "item_code": "C1", "awarded_on": "2026-06-30", "grade": "85"}
        return good | {"issuer_code": "ylu", "key": "k1"} | changes

    def test_is_a_batch_of_one(self, world, issuer: Client) -> None:
        response = issuer.post("/desk/batches/one/", self.form(world))
        batch = Batch.objects.get()
        assert response.url == f"/desk/batches/{batch.number}/"
        assert (batch.source, batch.accepted, Outcome.objects.count()) == ("form", 1, 1)

    def test_a_double_click_deposits_once(self, world, issuer: Client) -> None:
        urls = {issuer.post("/desk/batches/one/", self.form(world)).url for _ in range(2)}
        assert len(urls) == 1 and Outcome.objects.count() == 1

    def test_says_what_is_wrong_under_the_field(self, world, issuer: Client) -> None:
        response = issuer.post("/desk/batches/one/", self.form(world, item_code="NO", grade="很好"))
        assert response.status_code == 422
        assert "本机构的成果目录里没有这个代码。" in desk.text_of(response)
        assert 'id="id_item_code_error"' in response.content.decode()

    def test_is_closed_to_a_reviewer(self, world) -> None:
        assert desk.at_work(Role.REVIEWER, institution="ylu").get("/desk/batches/one/").status_code == 403
