"""Changing one's own password, and the header of pages that anybody may meet."""

from __future__ import annotations

import pytest
from django.contrib.auth import authenticate
from django.core.cache import cache
from django.test import Client

from tests.bank import foundation_builders as build
from tests.faces import desk_builders as desk
from tests.faces import hall_builders as hall

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.faces.hall_urls")]
NEW = "three lamps on the river"
TYPED = {"old": hall.PASSWORD, "new": NEW, "again": NEW}


@pytest.fixture(autouse=True)
def _no_failures_yet() -> None:
    cache.clear()


def test_a_learner_changes_it_and_other_browsers_are_signed_out() -> None:
    build.tree()
    opened = hall.online_account()
    here, elsewhere = hall.browser_of(opened), hall.browser_of(opened)
    assert here.post("/password/", TYPED).url == "/"
    assert authenticate(username=opened.account_no, password=NEW) is not None
    assert "密码改好了" in desk.text_of(here.get("/home/"))
    assert elsewhere.get("/home/").url == "/signin/?next=/home/"


def test_staff_change_theirs_under_their_own_header(client: Client) -> None:
    build.tree()
    officer = hall.officer()
    page = officer.get("/password/").content.decode()
    assert 'class="xf-desk"' in page and "王经办 · 受理点工作人员" in desk.text_of(officer.get("/password/"))
    assert "受理点重设" not in page, "that way is the learners'"
    assert officer.post("/password/", TYPED).url == "/"
    assert client.get("/password/").url == "/signin/?next=/password/"


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"old": "wrong"}, "old", "现在的密码不对。"),
        ({"again": "another"}, "again", "两次填的新密码不一样。"),
        ({"new": "short", "again": "short"}, "new", "密码至少 10 位。"),
        ({"new": ""}, "new", "请填写新密码。"),
    ],
)
def test_a_refusal_stands_under_its_field(typed: dict[str, str], field: str, sentence: str) -> None:
    build.tree()
    opened = hall.online_account()
    answer = hall.browser_of(opened).post("/password/", TYPED | typed)
    assert answer.status_code == 422 and f'id="id_{field}_error"' in answer.content.decode()
    assert sentence in desk.text_of(answer)
    assert authenticate(username=opened.account_no, password=hall.PASSWORD) is not None


def test_guessing_ends_as_at_the_sign_in() -> None:
    build.tree()
    opened = hall.online_account()
    client = hall.browser_of(opened)
    for _ in range(5):
        client.post("/password/", TYPED | {"old": "wrong"})
    assert "请等 5 分钟再试" in desk.text_of(client.post("/password/", TYPED))
    assert authenticate(username=opened.account_no, password=hall.PASSWORD) is not None


def test_an_error_page_wears_the_readers_header(client: Client) -> None:
    build.tree()
    learner = hall.browser_of(hall.online_account()).get("/nowhere/")
    officer = hall.officer().get("/nowhere/")
    public = client.get("/nowhere/")
    assert {answer.status_code for answer in (learner, officer, public)} == {404}
    assert "办理进度" in desk.text_of(learner) and "公众核验" not in desk.text_of(learner)
    assert "学分工作台" in desk.text_of(officer) and "王经办" in desk.text_of(officer)
    assert "公众核验" in desk.text_of(public) and "退出登录" not in desk.text_of(public)
