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
from xuefen.bank.deposits import actions as deposits
from xuefen.bank.deposits import tasks
from xuefen.bank.deposits.actions.storage import MOST_BYTES
from xuefen.bank.deposits.models import Batch, Outcome
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.types import Role

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.faces.desk_urls")]
LIST_QUERIES, BATCH_QUERIES = 10, 10


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

    @pytest.mark.parametrize("extra", [{"try": "1"}, {}, {"ask": "1"}], ids=["dry run", "deposit", "match columns"])
    def test_a_file_that_is_no_sheet_is_told_beside_the_field(self, world, issuer: Client, extra) -> None:
        response = upload(issuer, SimpleUploadedFile("a.pdf", b"%PDF-1.7 no sheet"), **extra)
        assert response.status_code == 415
        assert "这种文件读不了" in response.content.decode().partition('name="file"')[2]
        assert not Batch.objects.exists()
        assert "这种文件读不了" in desk.text_of(response)

    def test_no_file_and_an_empty_file_are_told(self, world, issuer: Client) -> None:
        assert "请先选择文件。" in desk.text_of(issuer.post("/desk/batches/upload/", {"issuer_code": "ylu"}))
        assert "文件是空的" in desk.text_of(upload(issuer, SimpleUploadedFile("a.csv", b"")))

    def test_a_body_that_is_too_large_is_refused_unread(self, world, issuer: Client) -> None:
        response = issuer.generic("POST", "/desk/batches/upload/", b"", CONTENT_LENGTH=str(MOST_BYTES * 2))
        assert response.status_code == 413
        assert "200 MB" in desk.text_of(response)

    @pytest.mark.parametrize(
        ("came_from", "leads_back"),
        [("http://testserver/desk/batches/?page=2", True), ("https://elsewhere.example/desk/batches/?page=2", False)],
    )
    def test_a_page_of_a_refusal_leads_back_to_the_button(self, world, issuer: Client, came_from, leads_back) -> None:
        response = issuer.generic(
            "POST", "/desk/batches/upload/", b"", CONTENT_LENGTH=str(MOST_BYTES * 2), HTTP_REFERER=came_from
        )
        assert ('href="/desk/batches/?page=2"' in response.content.decode()) is leads_back

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

    def test_one_that_nothing_came_of_says_so_and_why_and_how_to_mend_it(
        self, world, issuer: Client, tmp_path: Path
    ) -> None:
        def told(*rows: list[str], name: str) -> str:
            batch = deposited(world, tmp_path, list(rows), name=name)
            assert batch.state == "done" and not batch.counts.accepted
            listed = desk.text_of(issuer.get("/desk/batches/"))
            assert ("以前存过" if batch.counts.duplicates == batch.counts.read else "没有存入") in listed
            page = desk.text_of(issuer.get(f"/desk/batches/{batch.number}/"))
            assert "存完了" not in page and "100%" not in page
            return page

        wrong, late = world.row(item_code="NO"), world.row(1, awarded_on="2026-02-30")
        one = told(wrong, name="1.csv")
        assert "这一行没有存入：本机构的成果目录里没有这个代码。" in one and "下载标红的表格，改好标出的格" in one
        all_of_them = told(late, wrong, name="2.csv")
        assert "2 行没有通过，一行也没有存入。例如第 2 行：没有 2026-02-30 这一天。" in all_of_them
        deposited(world, tmp_path, [world.row(), world.row(1)], name="good.csv")
        assert "2 行以前都存过，没有重复存入，学分没有变。" in told(world.row(1), world.row(), name="3.csv")
        known = told([*world.row()], name="4.csv")
        assert "这项成果已经存入过" in known and "请更正原来那一项" in known
        mixed = told(world.row(), wrong, name="5.csv")
        assert "1 行没有通过，1 行以前存过，一行也没有存入。例如第 3 行：" in mixed

    def test_a_form_that_was_refused_says_so(self, world, issuer: Client) -> None:
        sent = {
            "issuer_code": "ylu",
            "key": "k",
            "account": world.accounts[0],
            "item_code": "NO",
            "awarded_on": "2026-06-30",
        }
        assert issuer.post("/desk/batches/one/", sent).status_code == 422
        page = desk.text_of(issuer.get(f"/desk/batches/{Batch.objects.get().number}/"))
        assert "这一行没有存入：本机构的成果目录里没有这个代码。" in page and "按原因改好，再存一次就行。" in page

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
        path.write_text('{"账号": "1"}\n{"账号"', encoding="utf-8")
        with pytest.raises(Denied):
            world_of.deposit(world, path)
        page = desk.text_of(issuer.get(f"/desk/batches/{Batch.objects.get().number}/"))
        assert "整份文件没有收" in page and "不是一个完整的 JSON 对象" in page and "位置：line 2" in page

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


OWN = ("学号", "学员", "课号", "结课日", "百分制", "学时", "流水")


def own_file(rows: list[list[str]], name: str = "教务导出.csv") -> SimpleUploadedFile:
    text = "\n".join([",".join(OWN), *(",".join(row) for row in rows)])
    return SimpleUploadedFile(name, text.encode())


def run(batch: Batch) -> None:
    try:
        tasks.run_batch(batch_id=batch.pk)
    finally:
        batch.refresh_from_db()


@pytest.mark.django_db(transaction=True)
class TestUnderOnesHand:
    def test_a_batch_waits_is_paused_resumed_and_cancelled(self, world, issuer: Client) -> None:
        url = upload(issuer, csv_file([world.row(), world.row(1)])).url
        page = desk.text_of(issuer.get(url))
        assert "暂停" in page and "取消这一批" in page
        issuer.post(f"{url}pause/")
        page = desk.text_of(issuer.get(url))
        assert "已暂停，存到第 0 行" in page and "继续" in page and "每一行都存入了" not in page
        run(Batch.objects.get())
        assert Batch.objects.get().state == "paused"
        issuer.post(f"{url}run/")
        assert Batch.objects.get().state == "received"
        assert issuer.post(f"{url}cancel/").url == url
        page = desk.text_of(issuer.get(url))
        assert "一行也没有存" in page and "取消这一批" not in page
        assert issuer.post(f"{url}pause/").status_code == 409
        again = upload(issuer, csv_file([world.row(), world.row(1)])).url
        assert again != url

    def test_a_cancelled_batch_says_what_became_of_its_rows(self, world, issuer: Client) -> None:
        url = upload(issuer, csv_file([world.row(n % 3, serial=f"{n}") for n in range(20)])).url
        batch = Batch.objects.get()

        def stop(done: int, total: int) -> None:
            deposits.pause(number=batch.number, by=world.officer, now=world_of.NOW)

        deposits.run(batch_id=batch.pk, by=world.officer, now=world_of.NOW, chunk_rows=8, progress=stop)
        assert "已暂停，存到第 8 行" in desk.text_of(issuer.get(url))
        issuer.post(f"{url}cancel/")
        assert "已存的 8 项都撤回了，学分已冲回；其余 12 行没有存" in desk.text_of(issuer.get(url))
        receipt = json.loads(issuer.get(f"{url}receipt.json").content)["receipt"]
        assert (receipt["state"], receipt["withdrawn"], receipt["dropped"]) == ("cancelled", 8, 12)

    def test_somebody_says_what_the_columns_are_once(self, world, issuer: Client) -> None:
        url = upload(issuer, own_file([world.row()])).url
        batch = Batch.objects.get()
        run(batch)
        response = issuer.get(url)
        page = desk.text_of(response)
        assert "每一列是什么？" in page and "表头缺少" in page and "百分制" in page
        chosen = {"column-0": "account", "column-1": "name", "column-2": "item_code", "column-4": "grade"}
        issuer.post(f"{url}columns/", chosen)
        assert "表头缺少：取得日期" in desk.text_of(issuer.get(url))
        issuer.post(f"{url}columns/", {**chosen, "column-3": "awarded_on"})
        run(batch)
        assert (batch.state, batch.accepted) == ("done", 1)
        second = upload(issuer, own_file([world.row(1)])).url
        run(Batch.objects.exclude(pk=batch.pk).get())
        assert "存完了" in desk.text_of(issuer.get(second))
        page = desk.text_of(issuer.get("/desk/batches/"))
        assert "记住的列名 7 个" in page and "百分制" in page
        issuer.post("/desk/batches/columns/forget/", {"issuer": "ylu", "heading": "百分制"})
        assert "记住的列名 6 个" in desk.text_of(issuer.get("/desk/batches/"))

    def test_a_dry_run_names_unused_columns_and_they_can_be_matched_first(self, world, issuer: Client) -> None:
        header = [*world_of.HEADER, "平时"]
        text = "\n".join([",".join(header), ",".join([*world.row(), "5"])]).encode()
        page = desk.text_of(upload(issuer, SimpleUploadedFile("a.csv", text), **{"try": "1"}))
        assert "没有用到的列：平时" in page
        url = upload(issuer, SimpleUploadedFile("a.csv", text), ask="1").url
        run(Batch.objects.get())
        page = issuer.get(url).content.decode()
        assert "对好列再开始" in page and page.count("<select") == 8
        assert '<option value="grade" selected>' in page

    def test_the_second_upload_is_pointed_to_the_first(self, world, issuer: Client) -> None:
        first = upload(issuer, csv_file([world.row()])).url
        second = upload(issuer, csv_file([world.row()]))
        assert second.url == first
        assert "就是这一批" in desk.text_of(issuer.get(second.url))
