"""A reviewer and an issuer at real browsers, on a phone and at a desk: nothing breaks, nothing runs off the side."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bank import recognition_builders as world_of
from tests.faces import desk_builders as desk
from xuefen.bank.certificates import actions as certificates
from xuefen.bank.certificates import queries
from xuefen.bank.deposits import actions as deposits
from xuefen.bank.deposits.models import Batch
from xuefen.bank.recognition import actions as recognition
from xuefen.bank.recognition.models import Application
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.staff.types import Role
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = Path("/usr/bin/chromium")
SHOTS = os.environ.get("XUEFEN_SHOTS")  # a folder to look at the pages in
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no /usr/bin/chromium on this machine"),
]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "1"  # playwright's loop runs in this thread; the database is used beside it
    )
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield found
        found.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, settings, tmp_path: Path) -> world_of.World:
    settings.XUEFEN_LOG, settings.XUEFEN_PUBLIC = tmp_path / "log", tmp_path / "public"
    desk.stop_clock(monkeypatch)
    desk.node()
    return world_of.world()


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def page(request: pytest.FixtureRequest, browser: sync_api.Browser) -> Iterator[sync_api.Page]:
    context = browser.new_context(viewport=request.param, locale="zh-CN")
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    yield opened
    context.close()
    expected = re.compile(r"status of (403|404|409|415|422)")  # refusals are pages too
    assert [text for text in wrong if not expected.search(text)] == []


def looks_right(page: sync_api.Page, name: str) -> None:
    """No horizontal scroll; with XUEFEN_SHOTS a picture to look at."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}-{page.viewport_size['width']}.png", full_page=True)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name} is {wide} px too wide"


def sign_in(page: sync_api.Page, server: str, username: str) -> None:
    page.goto(f"{server}/signin/?next=/desk/")
    page.locator("#main input:not([type=hidden])").first.fill(username)
    page.locator("#main input[type=password]").fill(desk.PASSWORD)
    page.locator("#main form button.btn-primary").click()
    page.wait_for_url("**/desk/**")


def test_a_reviewer_signs_in_and_decides(page: sync_api.Page, live_server, world) -> None:
    desk.at_work(Role.REVIEWER, institution="YL")
    first = world_of.applied(world)
    world_of.applied(world, learner_id=world_of.another_learner(world, 2))
    sign_in(page, live_server.url, "reviewer.yl")
    looks_right(page, "queue")
    page.keyboard.press("2")
    page.locator("form.xf-decision button.btn-primary").click()
    page.get_by_text("请写明依据，学习者会看到。").wait_for()
    looks_right(page, "queue-refuse-empty")
    page.locator("input[value=approve]").check()
    page.locator("form.xf-decision button.btn-primary").click()
    page.locator(".xf-message").wait_for()
    assert Application.objects.get(pk=first.pk).state == "convert"
    looks_right(page, "queue-next")
    with page.expect_navigation():
        page.keyboard.press("k")
    looks_right(page, "queue-convert")


def test_an_issuer_uploads_watches_and_sees_the_errors(page: sync_api.Page, live_server, world, tmp_path: Path) -> None:
    desk.at_work(Role.ISSUER_OFFICER, institution="QH", name="沈知行")
    rows = ["账号,姓名,成果代码,取得日期,成绩", f"{world.account_no},林秋禾,A5,2026-06-30,92"]
    rows += [f"{world.account_no},张三丰,A6,2026-06-30,60", f"{world.account_no},,NO-1,2026-02-30,很好"]
    rows += [f"{world.account_no},,A5,2026-06-30,92"]
    sheet = tmp_path / "2026 年春季学期成绩.csv"
    sheet.write_text("\n".join(rows), encoding="utf-8")
    sign_in(page, live_server.url, "issuer-officer.qh")
    looks_right(page, "batches")
    page.locator("#id_file").set_input_files(str(sheet))
    page.locator("button[name=try]").click()
    page.get_by_role("progressbar").wait_for()
    looks_right(page, "dry-run")
    page.locator("#id_file").set_input_files(str(sheet))
    page.locator("button.btn-primary").click()
    page.locator("#progress[hx-trigger]").wait_for()
    looks_right(page, "batch-waiting")
    deposits.run(batch_id=Batch.objects.get(file_name=sheet.name).pk, by=world_of.HOUSE, now=desk.MONDAY)
    page.get_by_text("下载标红的表格").wait_for(timeout=10_000)  # the page asks every second and reads itself again
    looks_right(page, "batch-done")
    page.goto(f"{live_server.url}/desk/batches/one/")
    looks_right(page, "deposit-one")


def test_an_issuer_matches_columns_pauses_and_cancels(page: sync_api.Page, live_server, world, tmp_path: Path) -> None:
    desk.at_work(Role.ISSUER_OFFICER, institution="QH", name="沈知行")
    sheet = tmp_path / "教务系统导出.csv"
    sheet.write_text(
        f"学号,学员,课号,结课日,百分制,备注\n{world.account_no},林秋禾,A5,2026-06-30,92,\n", encoding="utf-8"
    )
    sign_in(page, live_server.url, "issuer-officer.qh")
    page.locator("#id_file").set_input_files(str(sheet))
    page.locator("button[name=ask]").click()
    page.locator("#progress[hx-trigger]").wait_for()
    batch = Batch.objects.get(file_name=sheet.name)
    deposits.run(batch_id=batch.pk, by=world_of.HOUSE, now=desk.MONDAY)
    page.get_by_text("每一列是什么？").wait_for(timeout=10_000)
    for heading, field in (("学号", "account"), ("学员", "name"), ("课号", "item_code"), ("结课日", "awarded_on")):
        page.get_by_label(heading, exact=True).select_option(field)
    looks_right(page, "batch-columns")
    page.get_by_label("百分制", exact=True).select_option("grade")
    page.get_by_text("就这样，开始存入").click()
    page.locator("#progress[hx-trigger]").wait_for()
    page.get_by_text("暂停", exact=True).click()
    page.get_by_text("继续", exact=True).wait_for()
    looks_right(page, "batch-paused")
    page.get_by_text("继续", exact=True).click()
    page.locator("#progress[hx-trigger]").wait_for()
    deposits.run(batch_id=batch.pk, by=world_of.HOUSE, now=desk.MONDAY)
    translog.seal_all(now=desk.MONDAY)
    page.get_by_text("下载回执").wait_for(timeout=10_000)
    page.reload()
    looks_right(page, "batch-sealed")
    page.goto(f"{live_server.url}/desk/batches/")
    page.get_by_text("记住的列名 6 个").click()
    looks_right(page, "batches-remembered")
    page.locator("#id_file").set_input_files(str(tmp_path / "教务系统导出.csv"))
    page.locator("button[name=try]").click()
    page.get_by_text("没有用到的列：备注").wait_for()
    other = tmp_path / "another.csv"
    other.write_text(f"学号,课号,结课日,百分制\n{world.account_no},A6,2026-06-30,92\n", encoding="utf-8")
    page.locator("#id_file").set_input_files(str(other))
    page.locator("form[enctype] button.btn-primary").click()
    page.get_by_text("取消这一批").first.click()
    looks_right(page, "batch-cancel")
    page.locator("details[open] button").click()
    page.get_by_text("一行也没有存").wait_for()
    looks_right(page, "batch-cancelled")


def test_the_branch_sees_its_pages(page: sync_api.Page, live_server, world) -> None:
    desk.at_work(Role.BRANCH_OFFICER, place="33", name="顾怀安")
    world_of.applied(world)
    sign_in(page, live_server.url, "branch-officer.33")
    for name in ("batches", "notices", "learners", "insight", "audit", "standards", f"learners/{world.learner_id}"):
        page.goto(f"{live_server.url}/desk/{name}/")
        looks_right(page, f"branch-{name.replace('/', '-')}")


def test_anybody_verifies_browses_and_objects(page: sync_api.Page, live_server, world, tmp_path: Path) -> None:
    application = world_of.applied(world)
    recognition.approve(number=application.number, version=1, by=world_of.HOUSE, now=desk.MONDAY)
    recognition.convert(number=application.number, version=2, by=world_of.HOUSE, now=desk.MONDAY)
    found = certificates.issue_statement(learner_id=world.learner_id, by=world_of.HOUSE, now=desk.MONDAY)
    translog.seal_all(now=desk.MONDAY)
    document = queries.document(EVERYTHING, found.number)
    genuine, forged = tmp_path / "genuine.json", tmp_path / "forged.json"
    genuine.write_bytes(canon.canonical(document))
    document["body"]["credits"] += 600
    forged.write_bytes(canon.canonical(document))
    page.goto(f"{live_server.url}/verify/")
    looks_right(page, "verify-home")
    page.locator("#id_number").fill(found.number)
    page.locator("button.btn-primary").click()
    page.get_by_text("这份证书是真的，现在有效").wait_for()
    looks_right(page, "verify-good")
    for file, words in ((genuine, "这份证书是真的，现在有效"), (forged, "不要相信这份文件")):
        page.goto(f"{live_server.url}/verify/")
        page.wait_for_selector("html[data-ready]")
        page.locator("#id_file").set_input_files(str(file))
        page.get_by_text(words).wait_for()
        looks_right(page, f"verify-{file.stem}")
    for name in ("catalogue/?q=课程A1", "catalogue/YL/PB/", "rules/?q=课程", "log/", "notices/"):
        page.goto(f"{live_server.url}/verify/{name}")
        looks_right(page, f"public-{name.split('?')[0].strip('/').replace('/', '-')}")
    page.get_by_text("提出异议", exact=True).click()
    page.locator("details[open] input[name=by_name]").fill("周明远")
    page.locator("details[open] input[name=contact]").fill("13800001234")
    page.locator("details[open] textarea").fill("课程内容不同。")
    page.locator("details[open] button").click()
    page.get_by_text("收到了您的异议").wait_for()
    desk.at_work(Role.BRANCH_OFFICER, place="33", name="顾怀安")
    sign_in(page, live_server.url, "branch-officer.33")
    page.goto(f"{live_server.url}/desk/notices/")
    looks_right(page, "objection")
