"""A learner's way in a real browser: sign in, see what it is worth, apply, follow the timeline; phone and desk."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections

from tests.faces import hall_builders as hall
from tests.faces.hall_story import Story, story
from xuefen.bank.shell import clock
from xuefen.bank.translog import actions as translog

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.faces.hall_urls"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}"),
]
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL_TARGETS = """[...document.querySelectorAll('main a.btn, main button, main .xf-chip, main summary, .xf-bottom a')]
  .filter(e => e.offsetParent && e.getBoundingClientRect().height < 44).map(e => e.outerHTML.slice(0, 120))"""


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    # Playwright's loop makes Django believe it stands in async code; these tests are not.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    # The server's threads must not keep sessions open when the test database is dropped.
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    with api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield running
        running.close()


class Walk:
    """One tab that complains about everything: script errors, failed loads, sideways scrolling, tiny targets."""

    def __init__(self, browser: Any, live_server: Any, shots: Path, *, width: int, **options: Any) -> None:
        self.width, self.shots = width, shots
        context = browser.new_context(
            base_url=live_server.url, viewport={"width": width, "height": 844}, locale="zh-CN", **options
        )
        self.page = context.new_page()
        self.wrong: list[str] = []
        self.page.on("console", lambda m: self.wrong.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("requestfailed", self._failed)

    def _failed(self, request: Any) -> None:
        if "ERR_ABORTED" not in (request.failure or ""):  # the browser itself stops loading a page it leaves
            self.wrong.append(f"failed: {request.url} {request.failure}")

    def look(self, name: str) -> None:
        """Check the page as it stands and keep a picture of it."""
        self.page.screenshot(path=str(self.shots / f"{name}-{self.width}.png"), full_page=True)
        assert self.page.evaluate(WIDER) <= 0, f"{name}: scrolls sideways"
        assert self.page.evaluate(SMALL_TARGETS) == [], f"{name}: too small to touch"
        assert self.wrong == [], name

    def visit(self, path: str, name: str) -> None:
        self.page.goto(path)
        self.look(name)


@pytest.fixture
def told() -> Story:
    cache.clear()
    return story()


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("XUEFEN_SHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize("width", [390, 1280])
def test_from_signing_in_to_the_timeline(width: int, told: Story, browser: Any, live_server: Any, shots: Path) -> None:
    walk = Walk(browser, live_server, shots, width=width)
    page = walk.page
    walk.visit("/", "start")
    walk.visit("/open/", "open")
    walk.visit("/signin/", "signin")
    page.get_by_label("账号或身份证号").fill(told.account.account_no)
    page.get_by_label("密码").fill(hall.PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/home/")
    walk.look("home")
    walk.visit("/outcomes/", "outcomes")
    page.get_by_role("link", name="社区工作员（四级）证书").click()
    walk.look("outcome")
    walk.visit("/plan/", "plan")
    page.get_by_label("想读什么？").fill("行政")
    page.get_by_role("button", name="找专业").click()
    page.get_by_role("link", name="行政管理（专科）").click()
    walk.look("plan_for")
    page.locator("main summary").first.click()
    page.get_by_role("button", name="用这个办法申请").click()
    page.wait_for_url("**/applications/*/")
    walk.look("application")
    walk.visit("/applications/", "applications")
    walk.visit("/home/", "home-running")
    walk.visit("/certificates/", "certificates")
    page.get_by_role("button", name="现在开一份").click()
    page.wait_for_url("**/certificates/ZS*/")
    walk.look("certificate")
    _seal()
    page.get_by_role("link", name="下载 PDF").wait_for()  # the page asks again by itself
    walk.look("certificate-sealed")


def test_withdrawing_asks_first(told: Story, browser: Any, live_server: Any, shots: Path) -> None:
    walk = Walk(browser, live_server, shots, width=390)
    page = walk.page
    _sign_in(walk, told)
    page.goto(f"/plan/{told.programme_id}/")
    page.get_by_role("button", name="用这个办法申请").click()
    page.wait_for_url("**/applications/*/")
    page.get_by_role("link", name="撤回申请").click()
    page.get_by_role("button", name="不撤回").click()
    assert not page.get_by_role("dialog").is_visible()
    page.get_by_role("link", name="撤回申请").click()
    walk.look("withdraw")
    page.get_by_role("button", name="撤回申请").click()
    page.get_by_text("已撤回，占用的学分退回了您的账户").wait_for()
    walk.look("withdrawn")


def test_in_english_in_large_text_and_without_script(told: Story, browser: Any, live_server: Any, shots: Path) -> None:
    walk = Walk(browser, live_server, shots, width=390, java_script_enabled=False)
    _sign_in(walk, told)
    page = walk.page
    page.get_by_role("button", name="大字").press("Enter")
    page.get_by_role("button", name="English").last.press("Enter")
    assert page.get_by_role("heading", name="Under way", exact=True).is_visible()
    page.goto(f"/plan/{told.programme_id}/")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**/applications/*/")
    page.screenshot(path=str(shots / "application-en-large.png"), full_page=True)
    page.goto(page.url + "?withdraw=1")
    page.get_by_role("button", name="Withdraw").click()
    assert page.get_by_text("You withdrew it").is_visible()
    assert walk.wrong == []


@pytest.mark.parametrize("width", [390, 1280])
def test_english_and_large_pages_fit(width: int, told: Story, browser: Any, live_server: Any, shots: Path) -> None:
    walk = Walk(browser, live_server, shots, width=width)
    _sign_in(walk, told)
    cookies = {"django_language": "en", "xf_text": "large"}
    walk.page.context.add_cookies([{"name": k, "value": v, "url": live_server.url} for k, v in cookies.items()])
    for path, name in (("/home/", "home"), ("/outcomes/", "outcomes"), (f"/plan/{told.programme_id}/", "plan_for")):
        walk.visit(path, f"{name}-en-large")
    walk.page.get_by_role("button", name="Apply").click()
    walk.page.wait_for_url("**/applications/*/")
    walk.look("application-en-large")
    walk.visit("/applications/", "applications-en-large")


def _seal() -> None:
    """What the sequencer does within a minute; in a thread of its own, because Playwright's loop runs in this one."""

    def run() -> None:
        try:
            translog.seal(now=clock.now())
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def _sign_in(walk: Walk, told: Story) -> None:
    page = walk.page
    page.goto("/signin/")
    page.get_by_label("账号或身份证号").fill(told.account.account_no)
    page.get_by_label("密码").fill(hall.PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/home/")
