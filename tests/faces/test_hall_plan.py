"""Choosing a goal, seeing the plan, applying with it."""

from __future__ import annotations

import json
import re

import pytest

from tests.bank import foundation_builders as build
from tests.faces import hall_builders as hall
from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.conversion import rules as planner
from xuefen.bank.conversion.types import Problem
from xuefen.bank.recognition.models import Application

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.faces.hall_urls")]


def offer_on(page: str) -> str:
    found = re.search(r'name="offer" value="([^"]+)"', page)
    assert found
    return found[1]


def plan_page(world: hall.Hall) -> tuple[str, str]:
    """The address of the plan page, and its text."""
    path = f"/plan/{world.world.programme.id}/"
    return path, world.client.get(path).content.decode()


class TestChoosing:
    def test_finds_a_programme_by_part_of_its_name(self) -> None:
        page = hall.hall(outcomes=0).client.get("/plan/?q=行政").content.decode()
        assert "行政管理" in page
        assert "示例院校2" in page

    def test_says_what_to_do_when_nothing_is_found(self) -> None:
        page = hall.hall(outcomes=0).client.get("/plan/?q=炼金术").content.decode()
        assert "没有这个名字的专业" in page

    def test_queries_do_not_grow_with_what_is_found(self, django_assert_num_queries) -> None:
        client = hall.hall(outcomes=0).client
        for text in ("行政", ""):
            with django_assert_num_queries(6):
                client.get("/plan/", {"q": text})


class TestPlan:
    def test_shows_what_counts_and_why(self) -> None:
        _, page = plan_page(hall.hall(outcomes=2))
        assert "能抵 6.0 学分" in page
        assert "这是现行规则下最多的办法" in page
        assert "为什么是 3.0？" in page
        assert "课程对照表" in page
        assert "用这个办法申请，抵 6.0 学分" in page

    def test_what_other_applications_use_is_folded_into_one_line(self) -> None:
        world = hall.hall(outcomes=2)
        path, page = plan_page(world)
        assert "已用在别的申请里" not in page
        world.client.post(path, {"offer": offer_on(page)})
        _, page = plan_page(world)
        assert "另有 2 项已用在别的申请里" in page
        assert page.partition("另有 2 项")[2].count("已用于另一项申请，不能再用。") == 1

    def test_without_credit_there_is_nothing_to_apply_for(self) -> None:
        _, page = plan_page(hall.hall(outcomes=0))
        assert "账户里还没有可用的学分" in page
        assert 'name="offer"' not in page

    def test_an_unknown_programme_is_not_there(self) -> None:
        assert hall.hall(outcomes=0).client.get("/plan/999999/").status_code == 404

    @pytest.mark.parametrize("outcomes", [1, 3])
    def test_queries_do_not_grow(self, outcomes: int, django_assert_num_queries) -> None:
        world = hall.hall(outcomes=outcomes)
        plan_page(world)  # the standard is read once per process
        with django_assert_num_queries(17):
            plan_page(world)


class TestApplying:
    def test_leads_to_the_timeline(self) -> None:
        world = hall.hall(outcomes=2)
        path, page = plan_page(world)
        answer = world.client.post(path, {"offer": offer_on(page)})
        application = Application.objects.get()
        assert answer.url == f"/applications/{application.number}/"
        assert (application.learner_id, application.credits) == (world.learner_id, 600)

    def test_a_double_click_is_one_application(self) -> None:
        world = hall.hall(outcomes=2)
        path, page = plan_page(world)
        answers = [world.client.post(path, {"offer": offer_on(page)}) for _ in range(2)]
        assert answers[0].url == answers[1].url
        assert Application.objects.count() == 1

    def test_a_second_application_is_refused_in_words_and_shows_the_plan_of_now(self) -> None:
        world = hall.hall(outcomes=2)
        path, page = plan_page(world)
        _, again = plan_page(world)
        world.client.post(path, {"offer": offer_on(page)})
        refused = world.client.post(path, {"offer": offer_on(again)})
        assert refused.status_code == 409
        assert "没有提交成功" in refused.content.decode()
        assert "已有办理中的申请" in refused.content.decode()
        assert Application.objects.count() == 1

    @pytest.mark.parametrize("spoil", [lambda offer: offer[:-3], lambda offer: "", lambda offer: "x" + offer])
    def test_a_plan_that_was_changed_on_the_way_is_refused(self, spoil) -> None:
        world = hall.hall(outcomes=1)
        path, page = plan_page(world)
        assert world.client.post(path, {"offer": spoil(offer_on(page))}).status_code == 409
        assert not Application.objects.exists()

    def test_somebody_elses_plan_is_refused(self) -> None:
        world = hall.hall(outcomes=1)
        path, page = plan_page(world)
        other = hall.browser_of(hall.online_account(8, name="陈远山"))
        assert other.post(path, {"offer": offer_on(page)}).status_code == 409
        assert not Application.objects.exists()

    def test_needs_a_learner(self, client) -> None:
        build.tree()
        assert client.get("/plan/").url == "/signin/?next=/plan/"


class TestComparing:
    def test_goals_stand_beside_each_other_the_nearest_first(self) -> None:
        world = hall.hall(outcomes=2)
        other = catalogue.programme(world.world.issuer.code, "PA").id
        page = world.client.get(f"/plan/compare/?p={other}&p={world.world.programme.id}").content.decode()
        assert page.index(f"/plan/{world.world.programme.id}/") < page.index(f"/plan/{other}/")
        assert page.count("还要学") == 2

    @pytest.mark.parametrize("query", ["", "?p=1", "?p=x&p=y", "?p=1&p=1"])
    def test_fewer_than_two_lead_back_to_the_choice(self, query: str) -> None:
        assert hall.hall(outcomes=0).client.get(f"/plan/compare/{query}").url == "/plan/"

    def test_an_unknown_goal_is_not_there(self) -> None:
        assert hall.hall(outcomes=0).client.get("/plan/compare/?p=999998&p=999999").status_code == 404


class TestReplaying:
    def test_the_file_of_the_problem_gives_the_same_plan(self) -> None:
        world = hall.hall(outcomes=2)
        path, page = plan_page(world)
        answer = world.client.get(f"{path}problem.json")
        assert "attachment" in answer["Content-Disposition"]
        found = planner.plan(Problem.from_json(json.loads(answer.content)))
        assert found.totals.requirement == 600
        assert f"{found.problem[:4]} {found.problem[4:8]} {found.problem[8:12]}" in page


class TestSharing:
    def shared(self, world: hall.Hall, **sent: str) -> str:
        """Share the plan on the page; the address that came out."""
        _, page = plan_page(world)
        assert world.client.post("/shares/new/", {"offer": offer_on(page), "days": "7"} | sent).url == "/shares/"
        found = re.search(r'value="http://testserver(/shared/[^"]+)"', world.client.get("/shares/").content.decode())
        assert found
        return found[1]

    def test_whoever_has_the_address_sees_the_plan_and_cannot_apply(self, client) -> None:
        world = hall.hall(outcomes=2)
        answer = client.get(self.shared(world))
        page = answer.content.decode()
        assert "能抵 6.0 学分" in page
        assert 'name="offer"' not in page
        assert world.account.account_no not in page
        assert "no-store" in answer["Cache-Control"]
        assert "打开过 1 次" in world.client.get("/shares/").content.decode()

    def test_taken_back_it_is_gone(self, client) -> None:
        world = hall.hall(outcomes=1)
        address = self.shared(world, named="1")
        link = re.search(r'action="(/shares/\d+/end/)"', world.client.get("/shares/").content.decode())
        assert link
        world.client.post(link[1])
        answer = client.get(address)
        assert answer.status_code == 404
        assert "这个链接没有了" in answer.content.decode()
        assert "已收回" in world.client.get("/shares/").content.decode()

    def test_days_are_chosen_from_the_list(self) -> None:
        world = hall.hall(outcomes=1)
        _, page = plan_page(world)
        assert world.client.post("/shares/new/", {"offer": offer_on(page), "days": "9999"}).status_code == 422

    def test_without_links_the_page_says_how_to_begin(self) -> None:
        assert "还没有分享过" in hall.hall(outcomes=0).client.get("/shares/").content.decode()
