"""The start page, signing in and out, and opening an account."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.test import Client

from tests.bank import foundation_builders as build
from tests.faces import hall_builders as hall
from xuefen.bank.learners.models import Learner
from xuefen.bank.learners.queries import agreement

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.faces.hall_urls")]


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()
    build.tree()


def sign_in(client: Client, account: str, password: str = hall.PASSWORD, **more: str):
    return client.post("/signin/", {"account": account, "password": password, **more})


OPENING = {
    "name": "林秋禾",
    "id_number": build.identity(7),
    "phone": "13800001234",
    "place": "330106001",
    "password": hall.PASSWORD,
    "agreed": "on",
}


class TestStart:
    def test_says_what_this_is_and_where_to_begin(self, client: Client) -> None:
        page = client.get("/").content.decode()
        assert "学分存折" in page
        assert 'href="/signin/"' in page
        assert 'href="/open/"' in page

    def test_speaks_english(self, client: Client) -> None:
        client.cookies["django_language"] = "en"
        page = client.get("/").content.decode()
        assert "Credit passbook" in page
        assert not re.findall("[一-鿿]{3,}", re.sub(r"<svg.*?</svg>|<button[^>]*>中文</button>", "", page))

    def test_a_learner_goes_home_and_staff_to_the_desk(self) -> None:
        assert hall.browser_of(hall.online_account()).get("/").url == "/home/"
        assert hall.officer().get("/").url == "/desk/"

    def test_asks_nothing_of_the_database(self, client: Client, django_assert_num_queries) -> None:
        with django_assert_num_queries(0):
            client.get("/")


class TestSignIn:
    def test_with_the_account_number_as_people_write_it(self, client: Client) -> None:
        number = hall.online_account().account_no
        grouped = " ".join(number[i : i + 4] for i in range(0, 16, 4))
        assert sign_in(client, grouped).url == "/home/"

    def test_with_the_identity_number(self, client: Client) -> None:
        hall.online_account(3)
        assert sign_in(client, build.identity(3)).url == "/home/"

    def test_staff_reach_the_desk(self, client: Client) -> None:
        hall.officer()
        assert sign_in(client, "clerk.wang").url == "/desk/"

    def test_returns_to_the_page_asked_for_but_never_to_another_site(self, client: Client) -> None:
        number = hall.online_account().account_no
        assert sign_in(client, number, next="/outcomes/").url == "/outcomes/"
        assert sign_in(client, number, next="https://evil.example/").url == "/home/"

    def test_a_wrong_password_is_told_and_the_fifth_closes_the_door(self, client: Client) -> None:
        number = hall.online_account().account_no
        for left in (4, 3, 2, 1):
            answer = sign_in(client, number, "wrong")
            assert answer.status_code == 401
            assert f"还可以再试 {left} 次" in answer.content.decode()
        assert sign_in(client, number, "wrong").status_code == 429
        refused = sign_in(client, number)
        assert refused.status_code == 429
        assert "_auth_user_id" not in client.session

    def test_the_door_closes_for_one_account_only(self, client: Client) -> None:
        first, second = hall.online_account(1), hall.online_account(2, name="陈远山")
        for _ in range(5):
            sign_in(client, first.account_no, "wrong")
        assert sign_in(client, second.account_no).url == "/home/"

    def test_an_unknown_account_gets_the_same_answer_as_a_wrong_password(self, client: Client) -> None:
        known = hall.online_account().account_no
        pages = [sign_in(client, number, "wrong").content.decode() for number in (known, "1" * 16)]
        own = r'value="[^"]*"|Token": "[^"]*"'  # what was typed, and the token of this one page
        assert re.sub(own, "", pages[0]) == re.sub(own, "", pages[1])

    def test_a_closed_account_does_not_come_in_by_its_user_name(self, client: Client) -> None:
        opened = hall.online_account()
        Learner.objects.filter(pk=opened.learner_id).update(state="closed")
        assert sign_in(client, opened.account_no).status_code == 401

    def test_signing_out_takes_a_post(self) -> None:
        client = hall.browser_of(hall.online_account())
        assert client.get("/signout/").status_code == 405
        assert client.post("/signout/").url == "/"
        assert "_auth_user_id" not in client.session


class TestOpening:
    def test_opens_signs_in_and_shows_the_number(self, client: Client) -> None:
        answer = client.post("/open/", OPENING, follow=True)
        assert answer.redirect_chain == [("/open/done/", 302)]
        learner = Learner.objects.get()
        number = " ".join(learner.account_no[i : i + 4] for i in range(0, 16, 4))
        assert f'<h1><span class="xf-num xf-nowrap">{number}</span></h1>' in answer.content.decode()
        assert learner.assurance == 1

    def test_shows_each_refusal_under_its_field_and_keeps_what_was_typed(self, client: Client) -> None:
        answer = client.post("/open/", {**OPENING, "id_number": OPENING["id_number"][:-1] + "0"})
        page = answer.content.decode()
        assert answer.status_code == 422
        assert 'id="id_id_number_error"' in page
        assert 'value="林秋禾"' in page
        assert not Learner.objects.exists()

    def test_refuses_a_second_account_without_telling_the_first_ones_number(self, client: Client) -> None:
        first = hall.online_account(7)
        page = client.post("/open/", OPENING).content.decode()
        assert "一人终身一户" in page
        assert first.account_no not in page

    def test_the_agreement_must_be_agreed_to(self, client: Client) -> None:
        answer = client.post("/open/", {k: v for k, v in OPENING.items() if k != "agreed"})
        assert "请先阅读并同意服务协议" in answer.content.decode()
        assert not Learner.objects.exists()

    def test_the_agreement_stands_on_the_page(self, client: Client, django_assert_num_queries) -> None:
        with django_assert_num_queries(1):  # the places
            page = client.get("/open/").content.decode()
        assert agreement().text.splitlines()[-1] in page
        assert "西湖区 · 北山街道" in page


class TestOften:
    def test_one_address_cannot_try_identity_numbers_for_ever(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("xuefen.faces.hall.views_open.OPENINGS", 2)
        for number in range(2):
            assert Client().post("/open/", OPENING | {"id_number": build.identity(number)}).status_code == 302
        refused = client.post("/open/", OPENING | {"id_number": build.identity(3)})
        assert refused.status_code == 422 and "60 分钟" in refused.content.decode()
        assert Learner.objects.count() == 2
        elsewhere = client.post("/open/", OPENING | {"id_number": build.identity(3)}, REMOTE_ADDR="192.0.2.9")
        assert elsewhere.status_code == 302
