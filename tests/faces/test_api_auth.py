"""Tokens and sessions: who may call, and what ends it."""

from __future__ import annotations

import pytest
from django.core import signing
from django.core.cache import cache
from django.test import Client

from tests.bank import foundation_builders as build
from tests.faces import api_builders as api
from tests.faces.api_builders import assert_problem
from xuefen.bank.staff.models import Post
from xuefen.bank.staff.types import Role
from xuefen.faces.api.auth import LIFE
from xuefen.faces.shared.signin import FAILURES

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.faces.api_urls")]


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    api.stop_clock(monkeypatch)
    build.tree()
    build.institution("zju")


def ask(username: str, password: str = api.PASSWORD, **headers: str):
    return api.nobody().post("/token", {"username": username, "password": password}, **headers)


class TestGettingAToken:
    def test_staff_by_user_name(self) -> None:
        user = api.staff_user(Role.ISSUER_OFFICER, institution="zju")
        answer = ask(user.username)
        assert answer.status_code == 200
        body = answer.json()
        assert (body["token_type"], body["expires_in"]) == ("Bearer", 12 * 3600)
        assert (body["kind"], body["name"], body["roles"]) == ("staff", "何映舟", ["issuer_officer"])
        assert answer["Cache-Control"] == "no-store"
        used = Client(headers={"Authorization": f"Bearer {body['token']}"}).get("/api/batches")
        assert used.status_code == 200

    def test_learners_by_account_or_identity_number(self) -> None:
        opened, _ = api.online_learner(50)
        assert ask(opened.account_no).json()["kind"] == "learner"
        assert ask(build.identity(50)).json()["kind"] == "learner"

    def test_a_wrong_password_is_told_and_the_fifth_closes_the_door(self) -> None:
        user = api.staff_user(Role.ISSUER_OFFICER, institution="zju")
        for left in range(FAILURES - 1, 0, -1):
            body = assert_problem(ask(user.username, "wrong"), status=401, code="signin_wrong")
            assert f"还可以再试 {left} 次" in body["detail"]
        assert_problem(ask(user.username, "wrong"), status=429, code="signin_wait")
        closed = ask(user.username)
        assert_problem(closed, status=429, code="signin_wait")
        assert closed["Retry-After"] == "300"

    def test_an_unknown_name_answers_like_a_wrong_password(self) -> None:
        user = api.staff_user(Role.ISSUER_OFFICER, institution="zju")
        known, unknown = ask(user.username, "wrong"), ask("nobody.here", "wrong")
        assert known.content == unknown.content

    def test_the_password_is_never_repeated(self) -> None:
        answer = api.nobody().post("/token", {"username": "x", "password": "s3cret-s3cret", "more": 1})
        assert_problem(answer, status=422, code="invalid_request")
        assert "s3cret" not in answer.content.decode()


class TestUsingAToken:
    def test_without_one_nothing_opens(self) -> None:
        answer = api.nobody().get("/batches")
        assert_problem(answer, status=401, code="not_signed_in")
        assert answer["WWW-Authenticate"] == "Bearer"

    @pytest.mark.parametrize("token", ["", "x", "a:b:c", "令牌", "x" * 5000])
    def test_a_made_up_one_is_refused(self, token: str) -> None:
        partner = api.Partner(Client(headers={"Authorization": f"Bearer {token}".encode().decode("latin-1")}), None)
        assert_problem(partner.get("/batches"), status=401, code="token_invalid")

    def test_another_use_of_the_same_signing_key_is_no_token(self) -> None:
        user = api.staff_user(Role.ISSUER_OFFICER, institution="zju")
        other = signing.dumps({"user": user.pk, "bound": ""}, salt="hall.plan.offer")
        partner = api.Partner(Client(headers={"Authorization": f"Bearer {other}"}), None)
        assert_problem(partner.get("/batches"), status=401, code="token_invalid")

    def test_twelve_hours_end_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        partner = api.at_work(Role.ISSUER_OFFICER, institution="zju")
        assert partner.get("/batches").status_code == 200
        later = signing.time.time() + LIFE + 1
        monkeypatch.setattr(signing.time, "time", lambda: later)
        assert_problem(partner.get("/batches"), status=401, code="token_invalid")

    def test_a_changed_password_ends_it(self) -> None:
        partner = api.at_work(Role.ISSUER_OFFICER, institution="zju")
        partner.user.set_password("another long sentence")
        partner.user.save()
        assert_problem(partner.get("/batches"), status=401, code="token_invalid")

    def test_a_deactivated_user_is_nobody(self) -> None:
        partner = api.at_work(Role.ISSUER_OFFICER, institution="zju")
        partner.user.is_active = False
        partner.user.save()
        assert_problem(partner.get("/batches"), status=401, code="token_invalid")

    def test_an_ended_post_is_felt_at_once(self) -> None:
        partner = api.at_work(Role.ISSUER_OFFICER, institution="zju")
        Post.objects.filter(user=partner.user).update(ended_on=api.NOW.date())
        assert_problem(partner.get("/batches"), status=403, code="not_allowed")


class TestSessions:
    def test_reading_needs_the_cookie_alone(self) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(api.staff_user(Role.ISSUER_OFFICER, institution="zju"))
        assert client.get("/api/batches").status_code == 200

    def test_writing_needs_the_csrf_token_too(self) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(api.staff_user(Role.ISSUER_OFFICER, institution="zju"))
        refused = client.post("/api/outcomes", {}, content_type="application/json")
        assert_problem(refused, status=403, code="csrf_failed")
        client.cookies["csrftoken"] = "a" * 32
        let_in = client.post("/api/outcomes", {}, content_type="application/json", headers={"X-CSRFToken": "a" * 32})
        assert_problem(let_in, status=422, code="invalid_request")

    def test_a_token_needs_no_csrf(self) -> None:
        partner = api.at_work(Role.ISSUER_OFFICER, institution="zju")
        assert_problem(partner.post("/outcomes", {}), status=422, code="invalid_request")
