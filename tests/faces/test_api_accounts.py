"""Accounts, plans and applications through the API; and nobody else's."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from tests.bank import foundation_builders as build
from tests.bank import recognition_builders as recognition
from tests.faces import api_builders as api
from tests.faces.api_builders import assert_problem
from xuefen.bank.insight import queries as insight
from xuefen.bank.learners.models import Learner
from xuefen.bank.ledger import queries as ledger
from xuefen.bank.ledger.types import Balance, BookKind
from xuefen.bank.recognition.models import Application
from xuefen.bank.staff.types import Role

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.faces.api_urls")]
PLAN = "/plan?institution=YL&programme=PB"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> recognition.World:
    api.stop_clock(monkeypatch)
    return recognition.world(courses=5)


@pytest.fixture
def learner(world: recognition.World) -> api.Partner:
    """The learner of the world, given a sign-in."""
    user = get_user_model()._default_manager.create(
        username=world.account_no, display_name="林*禾", created_at=api.NOW, password="!"
    )
    Learner.objects.filter(pk=world.learner_id).update(user=user)
    return api.with_token(user)


@pytest.fixture
def clerk(world: recognition.World) -> api.Partner:
    return api.at_work(Role.POINT_CLERK, place="330106001")


@pytest.fixture
def strangers(world: recognition.World) -> list[api.Partner]:
    """Another learner, and a clerk of another province: the same posts, elsewhere."""
    return [api.online_learner()[1], api.at_work(Role.POINT_CLERK, place="310101001")]


def apply(partner: api.Partner, world: recognition.World, **changes: Any) -> Any:
    offer = partner.get(f"/accounts/{world.account_no}{PLAN}").json()
    body = {
        "account_no": world.account_no,
        "institution": "YL",
        "programme": "PB",
        "key": "autumn-2026",
        "plan": {},
        "seal": "",
    }
    body |= offer if "plan" in offer else {}
    return partner.post("/applications", body | changes)


class TestAccount:
    def test_shows_the_balance_and_no_name(self, world, learner, clerk, django_assert_num_queries) -> None:
        for partner in (learner, clerk):
            with django_assert_num_queries(5):  # user, actor, posts, account, book
                answer = partner.get(f"/accounts/{world.account_no}")
            body = answer.json()
            assert (body["account_no"], body["masked_name"], body["state"]) == (world.account_no, "林*禾", "open")
            assert body["balance"] == {"available": "6.0", "held": "0.0", "used": "0.0", "received": "6.0"}
            assert "林秋禾" not in answer.content.decode()

    def test_the_number_may_be_written_in_groups(self, world, clerk) -> None:
        grouped = "%20".join(world.account_no[i : i + 4] for i in range(0, 16, 4))
        assert clerk.get(f"/accounts/{grouped}").json()["account_no"] == world.account_no

    @pytest.mark.parametrize("part", ["", "/outcomes", PLAN])
    def test_anothers_account_is_like_none(self, world, strangers, part) -> None:
        for stranger in strangers:
            answer = stranger.get(f"/accounts/{world.account_no}{part}")
            assert_problem(answer, status=404, code="account_unknown")
            assert answer.content == stranger.get(f"/accounts/0000000000000000{part}").content

    @pytest.mark.parametrize("part", ["", "/outcomes", PLAN])
    def test_an_issuer_looks_into_no_account(self, world, part) -> None:
        issuer = api.at_work(Role.ISSUER_OFFICER, institution="QH")
        assert_problem(issuer.get(f"/accounts/{world.account_no}{part}"), status=403, code="not_allowed")

    @pytest.mark.parametrize("part", ["", "/outcomes", PLAN])
    def test_nobody_without_a_sign_in(self, world, part) -> None:
        assert_problem(api.nobody().get(f"/accounts/{world.account_no}{part}"), status=401, code="not_signed_in")


class TestOutcomes:
    def test_are_paged_at_one_cost(self, world, learner, django_assert_num_queries) -> None:
        def page(size: int) -> dict[str, Any]:
            with django_assert_num_queries(7):  # user, actor, posts, account, rows, lots, total
                return learner.get(f"/accounts/{world.account_no}/outcomes?size={size}").json()

        assert (len(page(1)["items"]), page(2)["total"]) == (1, 2)
        assert {o["credits"] for o in page(50)["items"]} == {"3.0"}


class TestPlan:
    def test_is_the_best_plan_and_writes_nothing(self, world, learner, django_assert_num_queries) -> None:
        learner.get(f"/accounts/{world.account_no}{PLAN}")  # the standard is parsed once per process
        with django_assert_num_queries(17):
            plan = learner.get(f"/accounts/{world.account_no}{PLAN}").json()["plan"]
        assert plan == recognition.plan_for(world, now=api.NOW).to_json()
        assert plan["totals"]["requirement"] == 600
        assert not Application.objects.exists()

    def test_a_programme_nobody_has(self, world, learner) -> None:
        answer = learner.get(f"/accounts/{world.account_no}/plan?institution=YL&programme=NOPE")
        assert_problem(answer, status=404, code="programme_unknown")

    def test_the_programme_must_be_named(self, world, learner) -> None:
        body = assert_problem(learner.get(f"/accounts/{world.account_no}/plan"), status=422, code="invalid_request")
        assert [e["place"] for e in body["errors"]] == ["query.institution", "query.programme"]


class TestApplying:
    def test_reserves_the_credit_and_starts_the_clock(self, world, learner) -> None:
        answer = apply(learner, world)
        assert answer.status_code == 201, answer.content
        body = answer.json()
        assert answer["Location"] == f"/api/applications/{body['number']}"
        assert (body["state"], body["acts"], body["credits"]) == ("review", "receiver", "6.0")
        assert body["due_at"]
        assert [m["event"] for m in body["moves"]] == ["apply"]
        assert [s["name"] for s in body["steps"]][:2] == ["apply", "review"]
        balance = learner.get(f"/accounts/{world.account_no}").json()["balance"]
        assert (balance["available"], balance["held"]) == ("0.0", "6.0")
        assert learner.get(answer["Location"].removeprefix("/api")).json() == body

    def test_a_double_click_is_one_application(self, world, learner) -> None:
        offer = learner.get(f"/accounts/{world.account_no}{PLAN}").json()
        first, again = apply(learner, world, **offer), apply(learner, world, **offer)
        assert first.json() == again.json()
        assert Application.objects.count() == 1

    def test_another_plan_under_the_same_key_is_refused(self, world, learner) -> None:
        assert apply(learner, world).status_code == 201
        assert_problem(apply(learner, world), status=409, code="idempotency_conflict")

    def test_a_plan_that_was_changed_is_refused(self, world, learner) -> None:
        offer = learner.get(f"/accounts/{world.account_no}{PLAN}").json()
        offer["plan"]["proof"]["proven"] = not offer["plan"]["proof"]["proven"]
        assert_problem(apply(learner, world, **offer), status=422, code="plan_not_ours")
        assert not Application.objects.exists()

    @pytest.mark.parametrize("plan", [{}, {"v": 1}, {"v": 1.5}, {"v": 10**30}, {"v": "\ud800"}])
    def test_what_is_no_plan_is_no_server_error(self, world, learner, plan) -> None:
        assert_problem(apply(learner, world, plan=plan), status=422, code="plan_not_ours")

    def test_a_plan_made_for_another_account_is_refused(self, world, learner, clerk) -> None:
        other = api.number_of(recognition.another_learner(world, 7))
        theirs = clerk.get(f"/accounts/{other}{PLAN}").json()
        assert_problem(apply(clerk, world, **theirs), status=422, code="plan_not_ours")

    def test_nobody_applies_for_another(self, world, learner, strangers) -> None:
        offer = learner.get(f"/accounts/{world.account_no}{PLAN}").json()
        for stranger in strangers:
            assert_problem(apply(stranger, world, **offer), status=404, code="account_unknown")
        reviewer = api.at_work(Role.REVIEWER, institution="YL")
        assert_problem(apply(reviewer, world, **offer), status=403, code="not_allowed")
        assert not Application.objects.exists()

    def test_the_service_point_applies_for_the_learner(self, world, clerk) -> None:
        assert apply(clerk, world).status_code == 201


class TestApplication:
    def test_who_may_read_it(self, world, learner, clerk, strangers) -> None:
        number = recognition.applied(world).number
        for partner in (learner, clerk, api.at_work(Role.REVIEWER, institution="YL")):
            body = partner.get(f"/applications/{number}").json()
            assert (body["number"], body["masked_name"]) == (number, "林*禾")
        build.institution("ZZ", number=9)
        for stranger in (*strangers, api.at_work(Role.REVIEWER, institution="ZZ")):
            answer = stranger.get(f"/applications/{number}")
            assert_problem(answer, status=404, code="not_found")
            assert answer.content == stranger.get("/applications/SQ0000000000000000").content
        assert_problem(api.nobody().get(f"/applications/{number}"), status=401, code="not_signed_in")

    def test_costs_the_same_however_much_it_uses(self, world, clerk, django_assert_num_queries) -> None:
        other = recognition.another_learner(world, 7, outcomes=1)
        numbers = [recognition.applied(world).number, recognition.applied(world, learner_id=other).number]
        clerk.get(f"/applications/{numbers[0]}")  # the standard is parsed once per process
        for number in numbers:
            with django_assert_num_queries(8):
                assert clerk.get(f"/applications/{number}").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_64_clients_converting_the_same_outcomes_at_once_exactly_one_wins(
    world: recognition.World, learner: api.Partner
) -> None:
    """Half of them into one programme, half into another that the same outcomes count for."""
    recognition.publish_items(world.receiver, prefix="B", courses=5, programme="PC")
    offers = {code: learner.get(f"/accounts/{world.account_no}{PLAN[:-2]}{code}").json() for code in ("PB", "PC")}
    assert all(offer["plan"]["lines"] for offer in offers.values())
    clients = [api.with_token(learner.user) for _ in range(64)]
    start, answers = threading.Barrier(64), []

    def press(number: int) -> None:
        programme = ("PB", "PC")[number % 2]
        body = {
            "account_no": world.account_no,
            "institution": "YL",
            "programme": programme,
            "key": f"clients-at-once-{number}",
        }
        try:
            start.wait()
            answer = clients[number].post("/applications", body | offers[programme])
            answers.append((programme, answer.status_code, answer.json().get("code", "")))
        except BaseException as error:
            answers.append((programme, 0, repr(error)))
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=(n,)) for n in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (won,) = [programme for programme, status, _ in answers if status == 201]
    same, other = [Counter(a[1:] for a in answers if (a[0] == won) is equal) for equal in (True, False)]
    assert same == {(201, ""): 1, (409, "application_running"): 31}
    assert other == {(409, "credit_not_free"): 32}
    assert Application.objects.count() == 1
    assert ledger.balance(BookKind.LEARNER, world.learner_id) == Balance(received=600, sent=0, held=600)
    assert {room: found for room, found in insight.prove() if found} == {}
