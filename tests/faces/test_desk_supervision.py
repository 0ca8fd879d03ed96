"""Taking back, arbitrating and alarms at the desk, what learner and receiver then read, and the same by API and command line."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.bank import foundation_builders as foundations
from tests.bank import recognition_builders as world_of
from tests.faces import desk_builders as desk
from tests.faces import hall_builders as hall
from xuefen.bank.certificates import actions as certificates
from xuefen.bank.deposits import actions as deposits
from xuefen.bank.deposits.models import Outcome
from xuefen.bank.recognition import actions as recognition
from xuefen.bank.staff.types import Role
from xuefen.bank.supervision import actions
from xuefen.bank.supervision.models import Alarm, Arbitration
from xuefen.faces.cli.output import _Result
from xuefen.faces.cli.parser import build

pytestmark = pytest.mark.django_db
REASON = "成绩册上查不到"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Iterator[world_of.World]:
    settings.XUEFEN_LOG, settings.XUEFEN_PUBLIC = tmp_path / "log", tmp_path / "public"
    desk.stop_clock(monkeypatch)
    desk.node()
    certificates.publish_trust(now=desk.MONDAY)
    certificates.publish_status(now=desk.MONDAY)
    yield world_of.world(outcomes=0)


def archived(world: world_of.World) -> tuple[Any, str]:
    """A learner with a sign-in and an archived conversion of two outcomes; the number of the first."""
    owner = hall.online_account(5)
    world_of.deposit(owner.account_no, items=range(2))
    then = desk.MONDAY - timedelta(days=50)
    number = world_of.applied(world, learner_id=owner.learner_id, now=then).number
    recognition.approve(number=number, version=1, by=foundations.HOUSE, now=then)
    recognition.convert(number=number, version=2, by=foundations.HOUSE, now=then)
    recognition.sweep(now=desk.MONDAY - timedelta(days=1))
    return owner, Outcome.objects.filter(learner_id=owner.learner_id).order_by("id")[0].number


def test_revoked_at_the_desk_read_by_learner_and_receiver_and_overturned(world: world_of.World) -> None:
    owner, number = archived(world)
    issuer = desk.at_work(Role.ISSUER_OFFICER, institution="QH", name="杜教务")
    page = desk.text_of(issuer.get(f"/desk/outcomes/{number}/"))
    assert "有 1 件已归档的转换用了它：会暂停" in page and "撤销这项成果" in page
    assert "有 1 件已归档的转换用了它：更正后没有变弱就照旧" in page
    assert issuer.post(f"/desk/outcomes/{number}/revoke/", {"reason": ""}).status_code == 422
    done = issuer.post(f"/desk/outcomes/{number}/revoke/", {"reason": REASON}, follow=True)
    late = issuer.post(f"/desk/outcomes/{number}/revoke/", {"reason": "别的理由"})
    assert late.status_code == 409 and "这项成果已经撤销。" in desk.text_of(late), "who comes second is told"
    assert "1 件转换暂停，等仲裁" in desk.text_of(done) and REASON in desk.text_of(done)
    learner = hall.browser_of(owner)
    mine = desk.text_of(learner.get(f"/outcomes/{number}/"))
    assert "这项成果已被撤销" in mine and REASON in mine and "转换暂停，等仲裁" in mine
    application = Arbitration.objects.get().affected.get().application.number
    told = desk.text_of(learner.get(f"/applications/{application}/"))
    assert "所用的一项成果被撤销，转换暂停，等仲裁" in told and REASON in told
    assert "更正过、撤销过的" in desk.text_of(learner.get("/outcomes/?class=taken"))
    reviewer = desk.at_work(Role.REVIEWER, institution="YL")
    assert REASON in desk.text_of(reviewer.get(f"/desk/applications/{application}/"))
    case = Arbitration.objects.get().number
    assert "杜教务" in desk.text_of(issuer.get(f"/desk/arbitrations/{case}/"))
    supervisor = desk.at_work(Role.SUPERVISOR, place="hub", name="姚监督")
    assert case[2:6] in desk.text_of(supervisor.get(f"/desk/arbitrations/{case}/"))
    assert "等决定的" in desk.text_of(supervisor.get("/desk/arbitrations/"))
    sent = {"decision": "overturn", "grounds": "原始成绩册有记录"}
    assert supervisor.post(f"/desk/arbitrations/{case}/decide/", {"decision": "overturn"}).status_code == 422
    after = desk.text_of(supervisor.post(f"/desk/arbitrations/{case}/decide/", sent, follow=True))
    assert "恢复成果，转换有效" in after and "原始成绩册有记录" in after
    late = supervisor.post(f"/desk/arbitrations/{case}/decide/", sent | {"decision": "uphold"})
    assert late.status_code == 409 and "已经有了决定，不能再改" in desk.text_of(late)
    assert "决定过的" in desk.text_of(supervisor.get("/desk/arbitrations/?decided=1"))
    again = desk.text_of(learner.get(f"/outcomes/{number}/"))
    assert "这项成果已被撤销" not in again and "恢复有效" in again


def test_corrected_at_the_desk(world: world_of.World) -> None:
    account = foundations.account(7)
    world_of.deposit(account.account_no, items=range(1))
    number = Outcome.objects.get().number
    issuer = desk.at_work(Role.ISSUER_OFFICER, institution="QH")
    values = {"item_code": "A0", "version": Outcome.objects.get().item_version.version, "awarded_on": "2026-06-30",
              "grade": "49", "hours": "", "serial": "", "why": "登记错误"}  # fmt: skip
    refused = issuer.post(f"/desk/outcomes/{number}/correct/", values)
    assert refused.status_code == 422 and "合格线" in desk.text_of(refused)
    done = issuer.post(f"/desk/outcomes/{number}/correct/", values | {"grade": "91"}, follow=True)
    page = desk.text_of(done)
    assert "它是更正后的成果" in page and "91" in page
    old = desk.text_of(issuer.get(f"/desk/outcomes/{number}/"))
    assert "已更正" in old and "现在以这一项为准" in old and "登记错误" in old and "更正这项成果" not in old
    assert "更正过、撤销过的" in desk.text_of(issuer.get("/desk/outcomes/"))
    assert issuer.get(f"/desk/outcomes/?number={number}").status_code == 302
    assert "没有找到这项成果" in desk.text_of(issuer.get("/desk/outcomes/?number=CG0000000000000000"))


def a_case() -> str:
    people = [foundations.account(n) for n in (7, 8)]
    rows = [
        {"account": one.account_no, "item_code": "A1", "awarded_on": "2026-06-30", "grade": "85", "serial": "Z-1"}
        for one in people
    ]
    batch = deposits.receive_rows(
        source="form", rows=rows, issuer_code="QH", by=foundations.HOUSE, now=world_of.DEPOSITED
    )
    deposits.run(batch_id=batch.id, by=foundations.HOUSE, now=world_of.DEPOSITED)
    actions.scan_all(now=desk.MONDAY)
    return Alarm.objects.get().number


def test_a_case_is_found_read_and_ended_by_a_person(world: world_of.World) -> None:
    number = a_case()
    supervisor = desk.at_work(Role.SUPERVISOR, place="hub", name="姚监督")
    tray = desk.text_of(supervisor.get("/desk/alarms/"))
    assert "一个证书编号，两个人" in tray and "把同一个证书编号存给了 2 个人" in tray
    assert "这里现在没有" in desk.text_of(supervisor.get("/desk/alarms/?state=closed"))
    assert "这里现在没有" in desk.text_of(supervisor.get("/desk/alarms/?state=open&kind=burst"))
    page = desk.text_of(supervisor.get(f"/desk/alarms/{number}/"))
    assert "证书号 Z-1" in page and "存入照常" in page and "林" not in page
    assert page.count("账号 ") == 2, "whose they are, by numbers that name nobody"
    where = f"/desk/alarms/{number}/decide/"
    assert supervisor.post(where, {"event": "close", "reason": "x", "version": 1}).status_code == 422
    assert supervisor.post(where, {"event": "explain", "reason": "", "version": 1}).status_code == 422
    done = supervisor.post(where, {"event": "explain", "reason": "双证合一", "version": 1}, follow=True)
    assert "有合理解释" in desk.text_of(done) and "双证合一" in desk.text_of(done)
    assert supervisor.post(where, {"event": "close", "reason": "x", "version": 1}).status_code == 409
    hub = desk.at_work(Role.HUB_OFFICER, place="hub")
    assert "有合理解释" in desk.text_of(hub.get(f"/desk/alarms/{number}/"))
    assert hub.post(where, {"event": "close", "reason": "x", "version": 2}).status_code == 403


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, str]:
    """A command's status and what it printed."""
    out = io.StringIO()
    for module in ("outcome", "alarms"):
        monkeypatch.setattr(f"xuefen.faces.cli.{module}.result", _Result(file=out, width=200, highlight=False))
    monkeypatch.setattr("sys.stdout", out)
    arguments = build().parse_args(words)
    return arguments.run()(arguments) or 0, out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_the_command_line_takes_back_and_decides(world: world_of.World, monkeypatch: pytest.MonkeyPatch) -> None:
    _, number = archived(world)
    status, told = run(monkeypatch, "outcome", "revoke", number, "--reason", REASON, "--json")
    done = json.loads(told)
    assert status == 0 and done["doubted"] and done["arbitration"]
    status, told = run(monkeypatch, "outcome", "show", number, "--json")
    facts = json.loads(told)
    assert (facts["state"], facts["changes"][0]["reason"], facts["used_by"]) == ("revoked", REASON, ["in_doubt"])
    assert "待仲裁" in run(monkeypatch, "arbitration", "list")[1]
    desk.at_work(Role.SUPERVISOR, place="hub")
    monkeypatch.setattr("sys.stdin", io.StringIO(desk.PASSWORD + "\n"))
    words = (
        "arbitration",
        "decide",
        done["arbitration"],
        "--overturn",
        "--grounds",
        "有记录",
        "--as",
        "supervisor.hub",
    )
    status, told = run(monkeypatch, *words)
    assert status == 0 and "有记录" in told
    assert run(monkeypatch, "outcome", "revoke", "CG0", "--reason", "x")[0] == 1
    status, told = run(monkeypatch, "outcome", "correct", number, "--serial", "K-9", "--reason", "补号", "--json")
    assert status == 0 and json.loads(told)["moved"]


@pytest.mark.django_db(transaction=True)
def test_the_command_line_scans_and_shows_alarms(world: world_of.World, monkeypatch: pytest.MonkeyPatch) -> None:
    number = a_case()
    assert run(monkeypatch, "alarms", "scan")[0] == 0
    rows = json.loads(run(monkeypatch, "alarms", "list", "--state", "open", "--json")[1])
    assert [row["alarm"] for row in rows] == [number]
    assert "没有 none" in run(monkeypatch, "alarms", "list", "--kind", "burst")[1]
    desk.at_work(Role.SUPERVISOR, place="hub")
    monkeypatch.setattr("sys.stdin", io.StringIO(desk.PASSWORD + "\n"))
    words = ("alarms", "decide", number, "confirm", "--reason", "查实", "--as", "supervisor.hub")
    status, told = run(monkeypatch, *words)
    assert status == 0 and "查实" in told
    assert "confirm" in run(monkeypatch, "alarms", "show", number)[1]


def test_the_same_by_api(world: world_of.World) -> None:
    _, number = archived(world)
    case = a_case()
    issuer = desk.at_work(Role.ISSUER_OFFICER, institution="QH")
    supervisor = desk.at_work(Role.SUPERVISOR, place="hub")
    typed = {"content_type": "application/json"}
    fixed = issuer.post(f"/api/outcomes/{number}/correct", {"grade": "95", "reason": "补录"}, **typed).json()
    assert fixed["replacement"] and fixed["moved"]
    done = issuer.post(f"/api/outcomes/{fixed['replacement']}/revoke", {"reason": REASON}, **typed).json()
    assert done["doubted"] == fixed["moved"]
    facts = issuer.get(f"/api/outcomes/{number}").json()
    assert (facts["state"], facts["changes"][0]["replacement"]) == ("corrected", fixed["replacement"])
    assert issuer.get(f"/api/outcomes/{fixed['replacement']}").json()["corrects"] == number
    assert [c["arbitration"] for c in issuer.get("/api/arbitrations").json()] == [done["arbitration"]]
    where = f"/api/arbitrations/{done['arbitration']}"
    decided = supervisor.post(f"{where}/decide", {"uphold": True, "grounds": "属实"}, **typed).json()
    assert (decided["state"], decided["applications"][0]["state"]) == ("upheld", "undone")
    assert issuer.get("/api/alarms").status_code == 403
    (row,) = supervisor.get("/api/alarms?state=open").json()
    assert row["alarm"] == case and row["kind"] == "shared_serial"
    body = {"event": "confirm", "reason": "查实"}
    assert supervisor.post(f"/api/alarms/{case}/decide", body, **typed).json()["state"] == "confirmed"
    assert len(supervisor.get(f"/api/alarms/{case}").json()["moves"]) == 2
