"""Being forgotten, through the pages: the person asks, one officer puts it forward, another confirms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.bank import foundation_builders as build
from tests.bank import recognition_builders as world_of
from tests.faces import desk_builders as desk
from tests.faces import hall_builders as hall
from xuefen.bank.custody.models import Erasure
from xuefen.bank.learners.models import Learner
from xuefen.bank.learners.types import ERASED_NAME, Opened
from xuefen.bank.staff import actions as staff
from xuefen.bank.staff.types import Role
from xuefen.config.settings import evidence_storage

pytestmark = pytest.mark.django_db
PAGE, LIST = "/account/erase/", "/desk/erasures/"


@pytest.fixture
def person(settings: Any, tmp_path: Path, own_keys: Path) -> Opened:
    for name in ("LOG", "PUBLIC", "UPLOADS"):
        setattr(settings, f"XUEFEN_{name}", tmp_path / name.lower())
    settings.STORAGES = settings.STORAGES | {"evidence": evidence_storage(str(tmp_path / "evidence"))}
    desk.node()
    build.tree()
    return hall.online_account()


def officer(name: str, *, place: str = "33") -> Client:
    user = staff.create_user(
        username=f"branch.{name}", display_name=name, password=desk.PASSWORD, by=build.HOUSE, now=desk.OPENED
    )
    staff.appoint(username=user.username, role=Role.BRANCH_OFFICER, place_code=place, by=build.HOUSE, now=desk.OPENED)
    client = Client()
    client.force_login(user)
    return client


def test_asked_by_the_person_put_forward_by_one_and_confirmed_by_another(person: Opened) -> None:
    learner, first, second, shanghai = (
        hall.browser_of(person), officer("wang", place="33"), officer("zhao"), officer("qian", place="31"),
    )  # fmt: skip
    assert "会删掉的" in desk.text_of(learner.get(PAGE))
    assert learner.post(PAGE, {}).status_code == 422 and not Erasure.objects.exists()
    for _ in range(2):  # an impatient finger asks once
        learner.post(PAGE, {"sure": "on"})
    row = Erasure.objects.get()
    assert "您已申请删除" in desk.text_of(learner.get(PAGE))
    assert person.account_no[:4] in desk.text_of(first.get(LIST)) and "没有等办的" in desk.text_of(shanghai.get(LIST))
    assert "请选择" not in desk.text_of(first.get(LIST))
    asked = first.post(f"{LIST}ask/", {"account_no": person.account_no, "basis": "withdrawn"}, follow=True)
    assert "已提请，由另一位同事确认" in desk.text_of(asked) and "要由另一位同事确认" in desk.text_of(asked)
    assert "要由另一位同事确认" not in desk.text_of(second.get(LIST))
    learner.post(PAGE, {"withdraw": "1"})
    assert Erasure.objects.get().state == "asked" and "等另一人确认" in desk.text_of(learner.get(PAGE))
    refused = first.post(f"{LIST}{row.pk}/confirm/", follow=True)
    assert "提请和确认必须是两个人" in desk.text_of(refused)
    assert shanghai.post(f"{LIST}{row.pk}/confirm/").status_code == 404
    done = desk.text_of(second.post(f"{LIST}{row.pk}/confirm/", follow=True))
    assert "已删除，密钥已销毁" in done and "zhao" in done
    again = desk.text_of(second.post(f"{LIST}{row.pk}/confirm/", follow=True))
    assert "这项删除现在是“已删除”" in again
    assert learner.get("/home/").url.startswith("/signin/")
    assert ERASED_NAME in desk.text_of(second.get(f"/desk/learners/{person.learner_id}/"))


def test_taken_back_by_the_person_or_declined_nothing_is_erased(person: Opened) -> None:
    learner, first = hall.browser_of(person), officer("wang")
    learner.post(PAGE, {"sure": "on"})
    assert "已撤回，什么也没有删除" in desk.text_of(learner.post(PAGE, {"withdraw": "1"}, follow=True))
    assert "没有可以撤回的申请" in desk.text_of(learner.post(PAGE, {"withdraw": "1"}, follow=True))
    learner.post(PAGE, {"sure": "on"})
    row = Erasure.objects.get(state="requested")
    assert "没有删除" in desk.text_of(first.post(f"{LIST}{row.pk}/decline/", follow=True))
    assert "上一次的申请没有删除" in desk.text_of(learner.get(PAGE))
    assert Learner.objects.get(pk=person.learner_id).wrapped_key is not None


def test_what_is_under_way_is_said_in_the_readers_own_language(settings: Any, tmp_path: Path, own_keys: Path) -> None:
    settings.XUEFEN_LOG, settings.XUEFEN_PUBLIC = tmp_path / "log", tmp_path / "public"
    desk.node()
    world = world_of.world(outcomes=0)
    person = hall.online_account(5)
    world_of.deposit(person.account_no, items=range(2))
    number = world_of.applied(world, learner_id=person.learner_id).number
    learner, first = hall.browser_of(person), officer("wang")
    mine = desk.text_of(learner.get(PAGE))
    assert f"申请 {number[:2]}" in mine and "application" not in mine
    sent = {"account_no": person.account_no, "basis": "withdrawn"}
    refused = first.post(f"{LIST}ask/", sent)
    assert refused.status_code == 409 and "还有未办结的事项：申请" in desk.text_of(refused)
    first.cookies["django_language"] = "en"
    assert "Something is still under way: application" in desk.text_of(first.post(f"{LIST}ask/", sent))
