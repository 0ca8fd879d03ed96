"""Forms in a real browser: sent once however often the button is pressed, and nothing typed is lost when a session ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.faces import hall_builders as hall
from tests.faces.test_hall_browser import CHROMIUM, Walk, browser
from tests.faces.test_slips_browser import owner, sign_in
from xuefen.bank.learners.types import Opened

__all__ = ["browser", "owner"]  # fixtures of theirs
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}"),
]
AWARDS = "/desk/slips/awards/"
WORDS = "恭喜𠮷先生结业😀"


@pytest.fixture
def desk(owner: Opened, browser: Any, live_server: Any, tmp_path: Path) -> Walk:
    """The issuer's officer before an award that is filled in and not yet sent."""
    walk = Walk(browser, live_server, tmp_path, width=1280)
    sign_in(walk, "ylu")
    walk.page.wait_for_url("**/desk/**")
    walk.page.goto(AWARDS)
    for name, value in (
        ("account", owner.account_no),
        ("item_code", "C1"),
        ("awarded_on", "2026-06-30"),
        ("grade", "88"),
    ):
        walk.page.fill(f"main [name={name}]", value)
    walk.page.fill("main textarea", WORDS)
    return walk


def test_an_impatient_finger_sends_once(desk: Walk) -> None:
    held: list[Any] = []  # the answer waits until the finger has pressed again
    desk.page.route(
        f"**{AWARDS}", lambda route: held.append(route) if route.request.method == "POST" else route.continue_()
    )
    button = desk.page.get_by_role("button", name="颁发")
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    for _ in range(2):
        desk.page.mouse.click(box["x"] + 9, box["y"] + 9)
        desk.page.wait_for_timeout(500)
    held[-1].continue_()
    desk.page.locator("table tbody tr").nth(1).wait_for()  # beside the award there was
    assert len(held) == 1
    assert desk.page.locator("table tbody tr").count() == 2


def test_what_one_person_typed_is_not_given_to_another(desk: Walk) -> None:
    desk.page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)  # as when it ends
    desk.page.get_by_role("button", name="颁发").click()
    desk.page.wait_for_url("**/signin/**")
    sign_in_here(desk, "sheng")
    desk.page.wait_for_url(f"**{AWARDS}")
    assert WORDS not in str(desk.page.evaluate("JSON.stringify(sessionStorage)"))


def test_what_was_typed_is_there_again_after_signing_in(desk: Walk) -> None:
    desk.page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)  # as when it ends
    desk.page.get_by_role("button", name="颁发").click()
    desk.page.wait_for_url("**/signin/**")
    sign_in_here(desk, "ylu")
    desk.page.wait_for_url(f"**{AWARDS}")
    assert desk.page.locator("#kept").is_visible()
    assert desk.page.input_value("main textarea") == WORDS
    desk.page.reload()
    assert desk.page.input_value("main textarea") == ""


def test_a_file_that_was_not_sent_is_asked_for_again(desk: Walk) -> None:
    desk.page.goto("/desk/batches/")
    desk.page.set_input_files("#id_file", {"name": "a.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n"})
    desk.page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)  # as when it ends
    desk.page.get_by_role("button", name="上传并存入").click()
    desk.page.wait_for_url("**/signin/**")
    sign_in_here(desk, "ylu")
    desk.page.wait_for_url("**/desk/batches/")
    assert desk.page.get_by_text("文件要重新选").is_visible()


def sign_in_here(walk: Walk, name: str) -> None:
    """On the sign-in page one was sent to, so that it leads back."""
    walk.page.get_by_label("账号或身份证号").fill(name)
    walk.page.get_by_label("密码").fill(hall.PASSWORD)
    walk.page.get_by_role("button", name="登录").click()
