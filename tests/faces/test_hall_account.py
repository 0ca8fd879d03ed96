"""The account page, the outcomes, and one outcome."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests.bank import foundation_builders as build
from tests.bank import recognition_builders as recognition
from tests.faces import hall_builders as hall
from tests.faces.hall_story import story
from xuefen.bank.deposits import queries as deposits
from xuefen.bank.learners import actions as learners
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.translog import actions as translog

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.faces.hall_urls")]


def numbers(world: hall.Hall) -> list[str]:
    return [outcome.number for outcome in deposits.outcomes_of(EVERYTHING, world.learner_id)]


class TestHome:
    def test_shows_name_number_balance_and_where_credit_comes_from(self) -> None:
        world = hall.hall(outcomes=2)
        page = world.client.get("/home/").content.decode()
        assert '<h1 id="n">林秋禾</h1>' in page
        assert "<strong>6.0</strong>" in page
        assert "学历教育" in page
        assert "课程A0" in page

    def test_shows_what_is_under_way_and_that_its_credit_is_pending(self) -> None:
        world = hall.hall(outcomes=2)
        recognition.applied(world.world, learner_id=world.learner_id, now=build.NOW)
        page = world.client.get("/home/").content.decode()
        assert "转入《行政管理》" in page
        assert "就算同意" in page
        assert "＋ 办理中 6.0" in page
        assert "<strong>0.0</strong>" in page

    def test_an_empty_account_says_what_to_do_next(self) -> None:
        page = hall.hall(outcomes=0).client.get("/home/").content.decode()
        assert "账户里还没有成果" in page
        assert "没有正在办的事" in page

    def test_nobody_comes_in_without_signing_in_and_staff_have_no_account(self, client: Client) -> None:
        build.tree()
        assert client.get("/home/").url == "/signin/?next=/home/"
        officer = hall.officer()
        assert officer.get("/home/").url == "/desk/", "the wrong front door leads to the right one"
        assert officer.get("/outcomes/").status_code == 403

    def test_a_frozen_account_says_so_and_how_to_lift_it(self) -> None:
        world = hall.hall(outcomes=1)
        assert "账户已冻结" not in world.client.get("/home/").content.decode()
        learners.freeze(account_no=world.account.account_no, reason="本人挂失", by=build.HOUSE, now=build.NOW)
        assert "账户已冻结" in world.client.get("/home/").content.decode()

    def test_is_never_kept_by_a_browser(self) -> None:
        assert "no-store" in hall.hall(outcomes=0).client.get("/home/")["Cache-Control"]

    @pytest.mark.parametrize("outcomes", [1, 3])
    def test_queries_do_not_grow(self, outcomes: int, django_assert_num_queries) -> None:
        world = hall.hall(outcomes=outcomes)
        world.client.get("/home/")  # the standard is read once per process
        with django_assert_num_queries(14):
            world.client.get("/home/")


class TestOutcomes:
    def test_lists_what_was_deposited(self) -> None:
        page = hall.hall(outcomes=3).client.get("/outcomes/").content.decode()
        assert page.count("＋3.0") == 3
        assert page.count("可用 3.0") == 3

    def test_filters_by_class(self) -> None:
        client = hall.hall(outcomes=1).client
        assert "课程A0" in client.get("/outcomes/?class=degree").content.decode()
        assert "这一类还没有成果" in client.get("/outcomes/?class=social").content.decode()

    def test_pages_through_many(self) -> None:
        client = hall.hall(outcomes=20, courses=21, more=range(20, 21)).client
        assert client.get("/outcomes/").content.decode().count("＋3.0") == 20
        assert client.get("/outcomes/?page=2").content.decode().count("＋3.0") == 1

    @pytest.mark.parametrize("outcomes", [1, 3])
    def test_queries_do_not_grow(self, outcomes: int, django_assert_num_queries) -> None:
        world = hall.hall(outcomes=outcomes)
        world.client.get("/outcomes/")  # the standard is read once per process
        with django_assert_num_queries(8):
            world.client.get("/outcomes/")


class TestOutcome:
    def test_says_why_and_that_it_waits_for_the_log(self) -> None:
        world = hall.hall(outcomes=1)
        page = world.client.get(f"/outcomes/{numbers(world)[0]}/").content.decode()
        assert "48" in page
        assert "cn-2026/1 degree.theory_hours_per_credit" in page
        assert "大约一分钟" in page

    def test_shows_its_place_in_the_log_once_sealed(self) -> None:
        world = hall.hall(outcomes=1)
        translog.seal(now=build.NOW)
        page = world.client.get(f"/outcomes/{numbers(world)[0]}/").content.decode()
        assert "已封存" in page
        assert "test.example/log" in page

    def test_tells_where_its_credit_went(self) -> None:
        world = hall.hall(outcomes=1)
        application = recognition.applied(world.world, learner_id=world.learner_id, now=build.NOW)
        page = world.client.get(f"/outcomes/{numbers(world)[0]}/").content.decode()
        assert "申请占用" in page
        assert f"/applications/{application.number}/" in page
        assert "现在可用 0.0" in page

    def test_somebody_elses_outcome_is_not_there(self) -> None:
        world = hall.hall(outcomes=1)
        other = hall.browser_of(hall.online_account(8, name="陈远山"))
        assert other.get(f"/outcomes/{numbers(world)[0]}/").status_code == 404
        assert other.get("/outcomes/CG000/").status_code == 404

    def test_takes_a_fixed_number_of_queries(self, django_assert_num_queries) -> None:
        world = hall.hall(outcomes=1)
        number = numbers(world)[0]
        world.client.get(f"/outcomes/{number}/")  # the standard is read once per process
        with django_assert_num_queries(14):
            world.client.get(f"/outcomes/{number}/")


def test_what_can_never_be_converted_does_not_call_itself_available() -> None:
    page = story().client.get("/outcomes/?class=social").content.decode()
    lecture = page[page.index("家庭急救常识讲座") :]
    assert lecture[: lecture.index("</li>")].count("只作记录") == 1
    assert page.count("可用 2.0") == 2


@pytest.mark.parametrize("path", ["/home/", "/outcomes/", "/plan/", "/applications/", "/certificates/"])
def test_every_page_speaks_english(path: str) -> None:
    """What is left in Chinese is data: names of people, institutions and courses, and the switch back."""
    client = hall.browser_of(hall.hall(outcomes=0).account)
    client.cookies["django_language"] = "en"
    page = client.get(path).content.decode()
    page = re.sub(r"<svg.*?</svg>|<button[^>]*>中文</button>", "", page, flags=re.DOTALL)
    for data in ("林秋禾", "林*禾", "行政管理", "示例院校1", "示例院校2"):
        page = page.replace(data, "")
    assert re.findall("[一-鿿]+", page) == []
