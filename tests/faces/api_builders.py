"""Partners of the API: somebody at a post or a learner, each with a token of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from tests.bank import foundation_builders as build
from tests.bank import recognition_builders as recognition
from xuefen.bank.learners import actions as learners
from xuefen.bank.learners.models import Learner
from xuefen.bank.learners.types import Opened, OpeningMethod
from xuefen.bank.shell import clock
from xuefen.bank.shell.actions import name_node
from xuefen.bank.staff import actions as staff
from xuefen.bank.staff.types import Role
from xuefen.faces.api import auth

PASSWORD = "a long sentence of mine"
NOW = recognition.APPLIED + timedelta(hours=1)
LONG_AGO = datetime(2026, 1, 5, tzinfo=UTC)


def stop_clock(monkeypatch: pytest.MonkeyPatch, at: datetime = NOW) -> None:
    """What "today" is for the API; tokens keep the real time."""
    monkeypatch.setattr(clock, "now", lambda: at)


@dataclass(frozen=True)
class Partner:
    """A program with one user's token."""

    client: Client
    user: Any

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(f"/api{path}", headers=headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.client.delete(f"/api{path}", headers=headers)

    def post(self, path: str, body: Any = None, *, form: Any = None, **headers: str) -> Any:
        if form is not None:
            return self.client.post(f"/api{path}", form, headers=headers)
        return self.client.post(f"/api{path}", body, content_type="application/json", headers=headers)


def with_token(user: Any) -> Partner:
    headers = {"Authorization": f"Bearer {auth.issue(user)}"}
    return Partner(Client(enforce_csrf_checks=True, headers=headers), user)


def nobody() -> Partner:
    return Partner(Client(enforce_csrf_checks=True), None)


def staff_user(role: Role, *, place: str | None = None, institution: str | None = None) -> Any:
    username = f"{role.value.replace('_', '-')}.{(place or institution or '').lower()}"
    user = staff.create_user(username=username, display_name="何映舟", password=PASSWORD, by=build.HOUSE, now=LONG_AGO)
    staff.appoint(
        username=username, role=role, place_code=place, institution_code=institution, by=build.HOUSE, now=LONG_AGO
    )
    return user


def at_work(role: Role, *, place: str | None = None, institution: str | None = None) -> Partner:
    return with_token(staff_user(role, place=place, institution=institution))


def online_learner(number: int = 50, *, name: str = "陈远山") -> tuple[Opened, Partner]:
    """A learner with a sign-in and nothing in the account."""
    opened = learners.open_account(
        name=name,
        id_number=build.identity(number),
        place_code="330106001",
        method=OpeningMethod.ONLINE,
        agreed=True,
        password=PASSWORD,
        by=build.HOUSE,
        now=recognition.DEPOSITED,
    )
    return opened, with_token(get_user_model().objects.get(username=opened.account_no))


def number_of(learner_id: int) -> str:
    return Learner.objects.get(pk=learner_id).account_no


def node() -> None:
    """The name plate; without it nothing can be sealed."""
    name_node(
        code="test",
        name_zh="测试学分银行",
        name_en="Test Bank",
        origin="test.example/log",
        is_demo=False,
        now=LONG_AGO,
    )


def assert_problem(response: Any, *, status: int, code: str) -> dict[str, Any]:
    """The one shape of every error; its body."""
    assert response.status_code == status, response.content.decode()
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["type"] == f"/api/problems/{code}"
    assert (body["status"], body["code"]) == (status, code)
    assert body["title"]
    assert body["detail"]
    assert "place" in body
    return body
