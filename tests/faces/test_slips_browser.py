"""Deposit slips in a real browser, phone and desk: choosing, filling in, attaching, sending, checking, claiming."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from tests.bank import evidence_builders as files
from tests.bank import foundation_builders as build
from tests.bank import intake_builders as make
from tests.faces import hall_builders as hall
from tests.faces.test_hall_browser import CHROMIUM, Walk, browser
from xuefen.bank.intake import actions
from xuefen.bank.intake.types import Award
from xuefen.bank.learners.types import Opened
from xuefen.bank.shell import clock
from xuefen.bank.staff import actions as staff
from xuefen.bank.staff.types import Role
from xuefen.config.settings import evidence_storage

__all__ = ["browser"]  # a fixture of theirs
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}"),
]


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("XUEFEN_SHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def owner(settings: Any, tmp_path: Path) -> Iterator[Opened]:
    cache.clear()
    settings.STORAGES = settings.STORAGES | {"evidence": evidence_storage(str(tmp_path / "evidence"))}
    world = make.world()
    opened = hall.online_account(77, name="钟野")
    form = make.Form(awarded_on="2026-06-30", grade="92", serial="A-1", note="恭喜结业")
    award = Award(account=opened.account_no, item_code="C2", form=form)
    actions.push(issuer_code=world.issuer.code, award=award, by=world.officer, now=clock.now())
    for name, role, place, institution in (
        ("sheng", Role.BRANCH_OFFICER, "33", None), ("ylu", Role.ISSUER_OFFICER, None, "ylu"),
    ):  # fmt: skip
        staff.create_user(username=name, display_name="沈主任", password=hall.PASSWORD, by=build.HOUSE, now=build.NOW)
        staff.appoint(
            username=name, role=role, place_code=place, institution_code=institution, by=build.HOUSE, now=build.NOW
        )
    yield opened


def sign_in(walk: Walk, name: str) -> None:
    walk.page.goto("/signin/")
    walk.page.get_by_label("账号或身份证号").fill(name)
    walk.page.get_by_label("密码").fill(hall.PASSWORD)
    walk.page.get_by_role("button", name="登录").click()
    walk.page.wait_for_load_state()


@pytest.mark.parametrize("width", [390, 1280])
def test_an_outcome_with_its_papers_and_an_award(
    width: int, owner: Opened, browser: Any, live_server: Any, shots: Path
) -> None:
    walk = Walk(browser, live_server, shots, width=width)
    page = walk.page
    sign_in(walk, owner.account_no)
    walk.visit("/home/", "slips-home")
    walk.visit("/slips/new/", "slip-new")
    page.locator("#q").fill("C1")
    page.get_by_role("button", name="查找").click()
    page.get_by_role("button", name="就是这项").wait_for()
    walk.look("slip-found")
    page.get_by_role("button", name="就是这项").click()
    page.wait_for_url("**/slips/CR*/")
    walk.look("slip-draft")
    page.get_by_label("取得日期").fill("2026-06-30")
    page.get_by_label("成绩", exact=False).first.fill("85")
    page.get_by_role("button", name="送出核对").click()
    page.get_by_text("还缺材料").wait_for()
    page.locator("#file_transcript").set_input_files(
        {"name": "成绩单.pdf", "mimeType": "application/pdf", "buffer": files.pdf()}
    )
    page.locator("#file_syllabus").set_input_files({"name": "大纲.png", "mimeType": "image/png", "buffer": files.png()})
    page.get_by_role("button", name="先存着").click()
    page.get_by_text("成绩单.pdf").wait_for()
    walk.wrong.clear()  # the browser reports the refusal's status
    walk.look("slip-attached")
    page.get_by_label("成绩", exact=False).first.press("Enter")  # it keeps: no file goes, nothing is sent
    page.get_by_text("已保存，还没有送出").wait_for()
    assert page.get_by_text("成绩单.pdf").is_visible()
    page.get_by_role("button", name="送出核对").click()
    page.get_by_text("正在核对").first.wait_for()
    walk.look("slip-sent")
    sent = page.url.removeprefix(live_server.url)
    walk.visit("/slips/", "slips")
    page.get_by_role("link", name="示例C2").click()
    page.get_by_role("button", name="领取").wait_for()
    walk.look("award")
    page.get_by_role("button", name="领取").click()
    page.wait_for_url("**/outcomes/*/")
    walk.look("award-claimed")
    officer = Walk(browser, live_server, shots, width=width)
    sign_in(officer, "sheng")
    officer.visit("/desk/slips/", "desk-slips")
    officer.visit("/desk" + sent, "desk-slip")
    officer.page.get_by_label("与原件一致，存入").check()
    officer.page.get_by_role("button", name="提交").click()
    officer.page.get_by_text("已存入 3.0 学分").wait_for()
    officer.look("desk-slip-done")
    issuer = Walk(browser, live_server, shots, width=width)
    sign_in(issuer, "ylu")
    issuer.visit("/desk/slips/awards/", "desk-awards")
