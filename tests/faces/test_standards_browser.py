"""Standards at real browsers, on a phone and at a desk: a version on its way, the public's pages, a sheet checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bank import deposit_builders as deposits
from tests.bank import standard_builders as make
from tests.faces import desk_builders as desk
from tests.faces.test_desk_browser import browser, looks_right, page, sign_in  # noqa: F401 - fixtures
from xuefen.bank.shell.actor import PUBLIC
from xuefen.bank.standards import actions, queries
from xuefen.bank.standards.rules.diff import to_yaml

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not Path("/usr/bin/chromium").exists(), reason="no /usr/bin/chromium on this machine"),
]


@pytest.fixture(autouse=True)
def _house(monkeypatch: pytest.MonkeyPatch) -> None:
    desk.stop_clock(monkeypatch, make.NOW)
    desk.node()


def test_making_a_standard(page, live_server) -> None:  # noqa: F811
    people = make.People()
    actions.load_shipped_packs(by=make.HOUSE, now=make.OPENED)
    actions.ask_kind(name="数字徽章", outcome_class="social", description="十学时以内的在线微认证，有考核。",
                     institution_code="", by=people.hubs[0], now=make.NOW.replace(month=8, day=1))  # fmt: skip
    sign_in(page, live_server.url, "hub.a")
    for path in ("standards/", "standards/cn-2026/1/", "standards/kinds/", "standards/edit/?from=cn-2026/1"):
        page.goto(f"{live_server.url}/desk/{path}")
        looks_right(page, f"desk-{path.split('?')[0].replace('/', '-')}")
    text = to_yaml(make.next_body())
    page.locator("#id_text").fill(text.replace("share: 40", "share: 140"))
    page.locator("button[value=check]").click()
    page.get_by_text("1 处错误").wait_for()
    looks_right(page, "desk-edit-error")
    page.locator("#id_text").fill(text)
    page.locator("#id_note").fill(make.NOTE)
    page.locator("button[value=propose]").click()
    page.get_by_text("等至少两位专家比对").wait_for()
    looks_right(page, "desk-proposal")
    (row,) = queries.proposals(people.hubs[0], running=True)
    for expert in people.experts:
        actions.compare(number=row.number, verdict="support", reasons="比现行标准更稳妥。", by=expert, now=make.NOW)
    page.goto(f"{live_server.url}/desk/standards/proposals/{row.number}/")
    page.get_by_role("button", name="开始征求意见").click()
    page.locator(".xf-message").wait_for()
    actions.comment(number=row.number, name="周明远", place="limits", text="请放宽到 45 %。", by=PUBLIC, now=make.NOW)
    page.goto(f"{live_server.url}/desk/standards/proposals/{row.number}/")
    looks_right(page, "desk-consulting")
    page.goto(f"{live_server.url}/desk/standards/compare/?a=cn-2026/1&b={row.number}")
    looks_right(page, "desk-compare")


def test_the_public_reads_and_speaks(page, live_server) -> None:  # noqa: F811
    people = make.People()
    number = make.consulting(people)
    for path in ("standards/", "standards/cn-2026/1/", "standards/cn-2026/compare/?from=1&to=1"):
        page.goto(f"{live_server.url}/{path}")
        looks_right(page, f"public-{path.split('?')[0].replace('/', '-')}")
    page.goto(f"{live_server.url}/standards/consultations/{number}/")
    page.locator("#id_text").fill("请给在职学员放宽一些。")
    page.get_by_role("button", name="提交意见").click()
    page.get_by_text("收到了您的意见").wait_for()
    looks_right(page, "public-consultation")


def test_a_school_checks_its_sheet(page, live_server) -> None:  # noqa: F811
    deposits.world(1)
    page.goto(f"{live_server.url}/metadata/")
    looks_right(page, "metadata")
    page.locator("#id_rows").fill(
        "账号\t姓名\t成果代码\t取得日期\t成绩\n4417092680352710\t林秋禾\tC1\t2026-06-30\t92\n4417092680352710\t林秋禾\tNO\t2026-02-30\t很好"
    )
    page.locator("#id_issuer").select_option("ylu")
    page.get_by_role("button", name="查错").click()
    page.get_by_text("3 处要改").wait_for()
    looks_right(page, "metadata-checked")
