"""The counter: finding, opening and looking at accounts."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth import authenticate
from django.test import Client

from tests.bank import foundation_builders as build
from tests.bank import recognition_builders as world_of
from tests.faces import desk_builders as desk
from tests.faces import hall_builders as hall
from xuefen.bank.learners.models import Learner
from xuefen.bank.staff.types import Role

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.faces.desk_urls")]
COUNTER_QUERIES, ACCOUNT_QUERIES = 7, 10


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    desk.stop_clock(monkeypatch)


def clerk(place: str = "330106001") -> Client:
    return desk.at_work(Role.POINT_CLERK, place=place)


OPENING = {
    "name": "林秋禾",
    "id_number": build.identity(7),
    "phone": "13800001234",
    "place_code": "330106001",
    "password": "",
    "agreed": "on",
}


class TestCounter:
    def test_finds_by_account_and_by_identity_number_without_either_in_the_address(self) -> None:
        build.tree()
        opened = build.account(3)
        client = clerk()
        for typed in (opened.account_no, build.identity(3)):
            assert (
                client.post("/desk/learners/search/", {"number": typed}).url == f"/desk/learners/{opened.learner_id}/"
            )

    def test_says_the_same_for_unknown_and_out_of_reach(self) -> None:
        build.tree()
        opened = build.account(3)
        client = clerk("310101001")
        answers = [
            client.post("/desk/learners/search/", {"number": typed})
            for typed in (opened.account_no, build.identity(3), build.identity(4), "123")
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert all("没有找到这个学习账户，或者不在您的范围内。" in desk.text_of(answer) for answer in answers)
        assert client.get(f"/desk/learners/{opened.learner_id}/").status_code == 404

    def test_lists_masked_names_at_one_cost(self, django_assert_num_queries) -> None:
        build.tree()
        build.account(1)
        client = clerk()
        for more in ((), (2, 3)):
            for number in more:
                build.account(number)
            with django_assert_num_queries(COUNTER_QUERIES):
                page = desk.text_of(client.get("/desk/learners/"))
            assert "林*禾" in page and "林秋禾" not in page

    def test_a_learner_and_a_reviewer_have_no_business_here(self) -> None:
        build.tree()
        build.institution("YL")
        assert desk.at_work(Role.REVIEWER, institution="YL").get("/desk/learners/").status_code == 403

    def test_speaks_english(self) -> None:
        build.tree()
        build.account(1)
        client = clerk()
        client.cookies["django_language"] = "en"
        page = desk.text_of(client.get("/desk/learners/"))
        assert "Open an account here" in page and "当面" not in page


class TestOpening:
    def test_opens_and_shows_the_number(self) -> None:
        build.tree()
        client = clerk()
        response = client.post("/desk/learners/open/", OPENING)
        learner = Learner.objects.get()
        assert response.url == f"/desk/learners/{learner.pk}/"
        assert learner.account_no[:4] in desk.text_of(client.get(response.url))
        assert learner.assurance == 2

    def test_refusals_stand_under_their_fields(self) -> None:
        build.tree()
        client = clerk()
        response = client.post("/desk/learners/open/", OPENING | {"id_number": "33010619900101001"})
        assert response.status_code == 422
        assert 'id="id_id_number_error"' in response.content.decode()
        unsigned = client.post("/desk/learners/open/", OPENING | {"agreed": ""})
        assert "请先阅读并同意服务协议。" in desk.text_of(unsigned)
        assert not Learner.objects.exists()

    def test_one_person_has_one_account(self) -> None:
        build.tree()
        client = clerk()
        client.post("/desk/learners/open/", OPENING)
        assert client.post("/desk/learners/open/", OPENING).status_code == 409
        assert Learner.objects.count() == 1

    def test_only_at_a_service_point_in_reach(self) -> None:
        build.tree()
        response = clerk().post("/desk/learners/open/", OPENING | {"place_code": "310101001"})
        assert response.status_code == 422
        assert not Learner.objects.exists()


class TestAccount:
    def test_shows_outcomes_balance_and_applications(self) -> None:
        world = world_of.world()
        world_of.applied(world, only=1)
        page = desk.text_of(clerk().get(f"/desk/learners/{world.learner_id}/"))
        assert "林*禾" in page and "课程A0" in page and "行政管理" in page
        assert "可用 3.0 ＋ 办理中 3.0 ＋ 已用掉 0.0" in page

    def test_costs_the_same_however_much_is_there(self, django_assert_num_queries) -> None:
        world = world_of.world(outcomes=1)
        client = clerk()
        for more in (range(0), range(1, 3)):
            world_of.deposit(world.account_no, items=more)
            with django_assert_num_queries(ACCOUNT_QUERIES):
                client.get(f"/desk/learners/{world.learner_id}/")


class TestAtTheCounter:
    def test_a_reset_shows_a_temporary_password_once(self) -> None:
        build.tree()
        opened = build.account(3)
        client, address = clerk(), f"/desk/learners/{opened.learner_id}/"
        assert client.post(f"{address}reset/").url == f"{address}?ask=reset", "the question comes first"
        assert Learner.objects.get().user is None
        assert "重设 林*禾 的密码？" in desk.text_of(client.get(f"{address}?ask=reset"))
        answer = client.post(f"{address}reset/", {"sure": "yes"})
        password = re.search(r"[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}", desk.text_of(answer)).group()
        assert authenticate(username=opened.account_no, password=password) == Learner.objects.get().user
        assert answer["Cache-Control"].count("no-store") == 1
        assert password not in client.get(address).content.decode()

    def test_identity_seen_is_recorded_with_the_document(self) -> None:
        build.tree()
        opened = hall.online_account(3)
        client, address = clerk(), f"/desk/learners/{opened.learner_id}/"
        assert "记下当面核验" in desk.text_of(client.get(address))
        for method in ("", "a good word"):
            assert client.post(f"{address}prove/", {"method": method}).url == f"{address}?ask=prove"
        assert client.post(f"{address}prove/", {"method": "identity_card"}).url == address
        learner = Learner.objects.get()
        assert learner.assurance == 2
        assert learner.proofs.latest("id").method == "identity_card"
        page = desk.text_of(client.get(address))
        assert "二级，当面核验" in page and "看的是什么证件" not in page

    def test_a_clerk_elsewhere_does_neither(self) -> None:
        build.tree()
        opened = build.account(3)
        client = clerk("310101001")
        for act in ("reset", "prove"):
            answer = client.post(
                f"/desk/learners/{opened.learner_id}/{act}/", {"sure": "yes", "method": "identity_card"}
            )
            assert answer.status_code == 404
        assert Learner.objects.get().user is None

    def test_a_learner_at_the_front_door_is_shown_home(self) -> None:
        build.tree()
        client = hall.browser_of(hall.online_account())
        assert client.get("/desk/").url == "/home/"
        assert client.get("/desk/learners/").status_code == 403
