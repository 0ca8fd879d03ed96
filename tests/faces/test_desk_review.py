"""The reviewer's pages: the tray, the decision, the conversion."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from tests.bank import recognition_builders as world_of
from tests.faces import desk_builders as desk
from xuefen.bank.recognition.models import Application, Move
from xuefen.bank.staff.types import Role

QUEUE_QUERIES = 18
pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.faces.desk_urls")]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[world_of.World]:
    desk.stop_clock(monkeypatch)
    yield world_of.world()


@pytest.fixture
def reviewer(world: world_of.World) -> Client:
    return desk.at_work(Role.REVIEWER, institution="YL")


def decide(client: Client, application: Application, **values: object):
    data = {"verdict": "approve", "version": application.version, "reason_code": "", "note": ""} | values
    return client.post(f"/desk/applications/{application.number}/decide/", data)


def said(response) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


class TestQueue:
    def test_shows_the_most_urgent_with_its_lines_and_reasons(self, world, reviewer: Client) -> None:
        application = world_of.applied(world)
        page = desk.text_of(reviewer.get("/desk/queue/"))
        assert "等我处理1 件" in page
        assert "林*禾 · 2 项 · 6.0 学分" in page
        assert "课程A0" in page and "课程B1" in page
        assert "为什么是 3.0？" in page and "课程对照表" in page
        assert "还剩 5 个工作日" in page
        assert f"SQ {application.number[2:6]}" in page

    def test_many_lines_fold_so_that_the_decision_stays_near(self, world, reviewer: Client) -> None:
        world_of.deposit(world.account_no, items=range(2, 5))
        world_of.applied(world)
        page = reviewer.get("/desk/queue/").content.decode()
        assert page.count('<summary class="xf-linehead">') == 3, "the third to the fifth"
        assert page.count("第 5 项，共 5 项") == 1 and "您的决定" in page

    def test_says_so_when_nothing_waits(self, reviewer: Client) -> None:
        assert "都办完了" in desk.text_of(reviewer.get("/desk/queue/"))

    def test_shows_only_the_chosen_pile(self, world, reviewer: Client) -> None:
        world_of.applied(world)
        assert "这一类现在没有" in desk.text_of(reviewer.get("/desk/queue/?age=overdue"))
        assert "林*禾" in desk.text_of(reviewer.get("/desk/queue/?age=later"))

    def test_costs_the_same_however_many_wait(self, world, reviewer: Client, django_assert_num_queries) -> None:
        world_of.applied(world, only=1)
        reviewer.get("/desk/queue/")
        with django_assert_num_queries(QUEUE_QUERIES):
            assert reviewer.get("/desk/queue/").status_code == 200
        for number in (2, 3):
            world_of.applied(world, learner_id=world_of.another_learner(world, number))
        with django_assert_num_queries(QUEUE_QUERIES):
            assert "3 件" in desk.text_of(reviewer.get("/desk/queue/"))

    def test_is_closed_to_another_post(self, world) -> None:
        response = desk.at_work(Role.POINT_CLERK, place="330106001").get("/desk/queue/")
        assert response.status_code == 403
        assert "not_allowed" in response.content.decode()

    def test_speaks_english(self, world, reviewer: Client) -> None:
        reviewer.cookies["django_language"] = "en"
        assert "All done" in desk.text_of(reviewer.get("/desk/queue/"))
        world_of.applied(world)
        page = reviewer.get("/desk/queue/")
        assert "Your decision" in desk.text_of(page) and "5 working days left" in desk.text_of(page)
        assert set(desk.chinese_in(page)) == {"课程", "何映舟", "行政管理"}  # names, not our words


class TestApplication:
    def test_is_not_found_by_another_institution(self, world) -> None:
        application = world_of.applied(world)
        stranger = desk.at_work(Role.REVIEWER, institution="QH")
        assert stranger.get(f"/desk/applications/{application.number}/").status_code == 404

    def test_is_readable_but_not_decidable_for_the_branch(self, world) -> None:
        application = world_of.applied(world)
        branch = desk.at_work(Role.BRANCH_OFFICER, place="33")
        page = branch.get(f"/desk/applications/{application.number}/").content.decode()
        assert "课程A0" in page
        assert "您的决定" not in page


class TestDecision:
    def test_agreeing_moves_on_to_the_next_one(self, world, reviewer: Client) -> None:
        first = world_of.applied(world)
        other = world_of.applied(world, learner_id=world_of.another_learner(world, 2))
        response = decide(reviewer, first)
        assert response.url == f"/desk/applications/{other.number}/"
        assert "已同意" in said(response)[0]
        first.refresh_from_db()
        assert (first.state, first.decided_by) == ("convert", "person")

    def test_refusing_needs_a_reason_and_grounds(self, world, reviewer: Client) -> None:
        application = world_of.applied(world)
        response = decide(reviewer, application, verdict="refuse")
        assert response.status_code == 422
        page = desk.text_of(response)
        assert "不同意时请选理由。" in page and "请写明依据，学习者会看到。" in page
        application.refresh_from_db()
        assert application.state == "review"

    def test_refusing_with_both_is_kept_with_its_code(self, world, reviewer: Client) -> None:
        application = world_of.applied(world)
        response = decide(reviewer, application, verdict="refuse", reason_code="R-01", note="大纲只覆盖一半。")
        assert response.status_code == 302
        application.refresh_from_db()
        assert (application.state, application.reason_code) == ("refused", "R-01")
        assert "大纲只覆盖一半。" in desk.text_of(reviewer.get(f"/desk/applications/{application.number}/"))

    def test_a_double_click_decides_once_and_is_no_error(self, world, reviewer: Client) -> None:
        application = world_of.applied(world)
        decide(reviewer, application)
        again = decide(reviewer, application)
        assert again.status_code == 302
        assert "已同意" in said(again)[-1]
        assert Move.objects.filter(application=application, event="approve").count() == 1

    def test_a_stale_page_is_told_and_decides_nothing(self, world, reviewer: Client) -> None:
        application = world_of.applied(world)
        decide(reviewer, application)
        late = decide(reviewer, application, verdict="refuse", reason_code="R-01", note="不同意。")
        assert late.url == f"/desk/applications/{application.number}/"
        assert "请刷新后再定" in said(late)[-1]
        application.refresh_from_db()
        assert application.state == "convert"

    def test_another_institution_cannot_decide(self, world) -> None:
        application = world_of.applied(world)
        stranger = desk.at_work(Role.REVIEWER, institution="QH")
        assert decide(stranger, application).status_code == 404
        assert Move.objects.filter(application=application).count() == 1

    def test_converting_begins_the_notice(self, world, reviewer: Client) -> None:
        application = world_of.applied(world)
        decide(reviewer, application)
        page = reviewer.get(f"/desk/applications/{application.number}/").content.decode()
        assert "办理转换" in page
        application.refresh_from_db()
        url = f"/desk/applications/{application.number}/convert/"
        assert reviewer.post(url, {"version": application.version}).status_code == 302
        application.refresh_from_db()
        assert application.state == "notice"
        assert "已经变了" in said(reviewer.post(url, {"version": application.version - 1}))[-1]
