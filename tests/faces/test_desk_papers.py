"""Suspending, reinstating and revoking a certificate at the desk, and what a verifier reads at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.bank import foundation_builders as build
from tests.bank import recognition_builders as world_of
from tests.faces import desk_builders as desk
from tests.faces import hall_builders as hall
from xuefen.bank.certificates import actions as certificates
from xuefen.bank.staff.types import Role
from xuefen.bank.translog import actions as translog

pytestmark = pytest.mark.django_db


@pytest.fixture
def number(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> str:
    """A sealed statement."""
    settings.XUEFEN_LOG, settings.XUEFEN_PUBLIC = tmp_path / "log", tmp_path / "public"
    desk.stop_clock(monkeypatch)
    desk.node()
    world_of.world(outcomes=0)
    owner = hall.online_account(5)
    world_of.deposit(owner.account_no, items=range(2))
    paper = certificates.issue_statement(learner_id=owner.learner_id, by=build.HOUSE, now=desk.MONDAY)
    certificates.publish_trust(now=desk.MONDAY)
    certificates.publish_status(now=desk.MONDAY)
    translog.seal_all(now=desk.MONDAY)
    return paper.number


def change(client: Client, number: str, event: str, reason: str = "", **more: str) -> Any:
    sent = {"event": event, "reason": reason, **more}
    return client.post(f"/desk/certificates/{number}/change/", sent, follow=True)


def test_suspended_reinstated_and_revoked_for_good(number: str, client: Client) -> None:
    branch = desk.at_work(Role.BRANCH_OFFICER, place="33")
    found = branch.get("/desk/certificates/", {"number": f" {number[:6].lower()} {number[6:]}"})
    assert found.url == f"/desk/certificates/{number}/"
    assert branch.get("/desk/certificates/", {"number": "ZS00"}).status_code == 404
    without = change(branch, number, "suspended")
    assert without.status_code == 422 and "有效" in desk.text_of(without)
    assert "马上看到" in desk.text_of(change(branch, number, "suspended", "under_investigation", note="电话举报"))
    seen = desk.text_of(client.get(f"/verify/{number}"))
    assert "正在核查" in seen and "电话举报" not in seen
    assert "正在核查" in desk.text_of(branch.get("/desk/certificates/"))
    change(branch, number, "reinstated")
    assert "正在核查" not in desk.text_of(client.get(f"/verify/{number}"))
    supervisor = desk.at_work(Role.SUPERVISOR, place="hub")
    change(supervisor, number, "revoked", "issued_in_error")
    gone = desk.text_of(supervisor.get(f"/desk/certificates/{number}/"))
    assert "已吊销，不能再改" in gone and "签发有误" in gone
    assert "签发有误" in desk.text_of(client.get(f"/verify/{number}"))


def test_two_people_at_once_the_second_is_told(number: str) -> None:
    """Both have the page open; the first revokes, the second presses suspend."""
    branch, supervisor = desk.at_work(Role.BRANCH_OFFICER, place="33"), desk.at_work(Role.SUPERVISOR, place="hub")
    change(branch, number, "revoked", "issued_in_error")
    late = change(supervisor, number, "suspended", "under_investigation")
    assert late.status_code == 422 and "已吊销，不能再改" in desk.text_of(late)
    assert "您看到的内容已经变了" in desk.text_of(late)


def test_only_in_ones_own_province(number: str) -> None:
    shanghai = desk.at_work(Role.BRANCH_OFFICER, place="31")
    assert shanghai.get(f"/desk/certificates/{number}/").status_code == 404
    assert change(shanghai, number, "revoked", "issued_in_error").status_code == 404
    assert desk.at_work(Role.ISSUER_OFFICER, institution="QH").get("/desk/certificates/").status_code == 403
