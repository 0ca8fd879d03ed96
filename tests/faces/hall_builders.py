"""Signed-in learners and what they see in the hall, each in one line."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.test import Client

from tests.bank import foundation_builders as build
from tests.bank import recognition_builders as recognition
from xuefen.bank.learners import actions as learners
from xuefen.bank.learners.types import Opened, OpeningMethod
from xuefen.bank.shell.actions import name_node
from xuefen.bank.staff import actions as staff
from xuefen.bank.staff.types import Role

PASSWORD = "a long sentence of mine"


def online_account(number: int = 1, *, name: str = "林秋禾") -> Opened:
    """An account opened online, so with a sign-in. The places of ``build.tree()`` must exist."""
    return learners.open_account(
        name=name,
        id_number=build.identity(number),
        place_code="330106001",
        method=OpeningMethod.ONLINE,
        agreed=True,
        password=PASSWORD,
        by=build.HOUSE,
        now=build.NOW,
    )


def browser_of(opened: Opened) -> Client:
    """A test browser in which this learner is signed in."""
    client = Client()
    client.force_login(get_user_model().objects.get(username=opened.account_no))
    return client


def officer() -> Client:
    """A test browser in which a clerk of the service point is signed in."""
    user = staff.create_user(
        username="clerk.wang", display_name="王经办", password=PASSWORD, by=build.HOUSE, now=build.NOW
    )
    staff.appoint(username="clerk.wang", role=Role.POINT_CLERK, place_code="330106001", by=build.HOUSE, now=build.NOW)
    client = Client()
    client.force_login(user)
    return client


@dataclass(frozen=True)
class Hall:
    """A world of courses and rules, and a signed-in learner with outcomes in it."""

    world: recognition.World
    account: Opened
    client: Client

    @property
    def learner_id(self) -> int:
        return self.account.learner_id


def hall(*, outcomes: int = 2, courses: int = 4, more: range = range(0)) -> Hall:
    """A learner who holds the first ``outcomes`` courses of the issuer, deposited together, and ``more`` in another batch."""
    name_node(
        code="test",
        name_zh="测试学分银行",
        name_en="Test Bank",
        origin="test.example/log",
        is_demo=False,
        now=build.NOW,
    )
    world = recognition.world(outcomes=0, courses=courses)
    account = online_account(5)
    recognition.deposit(account.account_no, items=range(outcomes))
    recognition.deposit(account.account_no, items=more)
    return Hall(world=world, account=account, client=browser_of(account))
