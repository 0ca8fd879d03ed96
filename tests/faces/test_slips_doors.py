"""Single deposits through the machine doors: the API and the command line."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.bank import deposit_builders as world_of
from tests.bank import evidence_builders as files
from tests.bank import intake_builders as make
from tests.faces import desk_builders as desk
from tests.faces import hall_builders as hall
from xuefen.bank.deposits.models import Outcome
from xuefen.bank.evidence.models import EvidenceFile
from xuefen.bank.intake.models import Slip
from xuefen.bank.staff.types import Role
from xuefen.bedrock import ids
from xuefen.config.settings import evidence_storage
from xuefen.faces.cli import parser

pytestmark = pytest.mark.django_db
GOOD = {"issuer": "ylu", "item_code": "C1", "awarded_on": "2026-06-30", "grade": "85", "serial": "NO-1"}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Iterator[world_of.World]:
    settings.STORAGES = settings.STORAGES | {"evidence": evidence_storage(str(tmp_path / "evidence"))}
    desk.stop_clock(monkeypatch, world_of.NOW)
    yield make.world()


def post(client: Client, address: str, body: object = None):
    return client.post(f"/api{address}", json.dumps(body or {}), content_type="application/json")


def attach(client: Client, number: str, line: str, content: bytes):
    return client.post(f"/api/slips/{number}/files?asked_as={line}&name=a.pdf", content, "application/octet-stream")


def test_a_learner_submits_and_an_officer_checks_by_api(world: world_of.World) -> None:
    me, stranger = hall.browser_of(hall.online_account(77, name="钟野")), hall.browser_of(hall.online_account(78))
    begun = post(me, "/slips", GOOD)
    assert begun.status_code == 201
    slip = begun.json()
    number, address = slip["number"], f"/slips/{slip['number']}"
    assert (slip["state"], slip["version"], slip["missing"]) == ("draft", 0, ["syllabus", "transcript"])
    assert slip["checklist"][0]["reference"].startswith("cn-2026/1 evidence.degree.")
    early = post(me, f"{address}/send", {"version": 0})
    assert (early.status_code, early.json()["code"]) == (422, "slip_missing")
    for line, content, code in (
        ("certificate", files.pdf(), "slip_file_kind"), ("transcript", b"MZ\x90\x00 not a document", "evidence_kind"),
        ("transcript", b"", "evidence_empty"), ("transcript", files.pdf()[:-8], "evidence_kind"),
    ):  # fmt: skip
        assert attach(me, number, line, content).json()["code"] == code
    too_large = me.post(f"/api{address}/files", b"", "application/octet-stream", CONTENT_LENGTH=str(11 * 2**20))
    assert too_large.status_code == 413
    kept = attach(me, number, "transcript", files.pdf("one"))
    assert (kept.status_code, kept.json()["kind"], kept.json()["already"]) == (201, "pdf", False)
    assert attach(me, number, "syllabus", files.pdf("one")).json() == kept.json() | {"already": True}
    assert EvidenceFile.objects.count() == 1
    assert attach(stranger, number, "transcript", files.pdf()).status_code == 404
    gone = me.delete(f"/api{address}/files/{kept.json()['number']}?asked_as=syllabus")
    assert gone.json()["missing"] == ["syllabus"]
    attach(me, number, "syllabus", files.png())
    form = {name: GOOD[name] for name in ("awarded_on", "serial")} | {"grade": "90"}
    sent = post(me, f"{address}/send", {"version": 0, "form": form}).json()
    assert (sent["state"], sent["version"], sent["missing"]) == ("checking", 1, [])

    officer, issuer = (
        desk.at_work(Role.BRANCH_OFFICER, place="33"),
        desk.at_work(Role.ISSUER_OFFICER, institution="ylu"),
    )
    seen = issuer.get(f"/api{address}/files/{kept.json()['number']}")
    assert seen.content == files.pdf("one") and "attachment" in seen["Content-Disposition"]
    assert post(me, f"{address}/check", {"version": 1, "verdict": "accept"}).status_code == 403
    more = post(officer, f"{address}/check", {"version": 1, "verdict": "ask_more", "note": "请补学籍证明"})
    assert more.json()["state"] == "more"
    attach(me, number, "student_status", files.jpeg())
    assert post(me, f"{address}/send", {"version": 2}).json()["state"] == "checking"
    stale = post(officer, f"{address}/check", {"version": 1, "verdict": "accept"})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    done = post(officer, f"{address}/check", {"version": 3, "verdict": "accept"}).json()
    assert done["state"] == "accepted"
    outcome = Outcome.objects.get()
    assert (done["outcome"], outcome.grade) == (outcome.number, "90")


def test_a_clerk_fills_in_by_api_and_a_refusal_has_its_grounds(world: world_of.World) -> None:
    owner = hall.online_account(77, name="钟野")
    clerk, officer = desk.at_work(Role.POINT_CLERK, place="330106001"), desk.at_work(Role.BRANCH_OFFICER, place="33")
    assert post(clerk, "/slips", GOOD).status_code == 404, "whose it is must be said"
    assert post(officer, "/slips", GOOD | {"account": owner.account_no}).status_code == 403
    number = post(clerk, "/slips", GOOD | {"account": owner.account_no}).json()["number"]
    for line in ("transcript", "syllabus"):
        attach(clerk, number, line, files.pdf(line))
    assert post(clerk, f"/slips/{number}/send", {"version": 0}).json()["state"] == "checking"
    assert post(officer, f"/slips/{number}/check", {"version": 1, "verdict": "refuse"}).status_code == 422
    given = {"version": 1, "verdict": "refuse", "reason_code": "R-09", "note": "公章与学校名称不符"}
    assert post(officer, f"/slips/{number}/check", given).json()["state"] == "refused"
    other = post(clerk, "/slips", GOOD | {"account": owner.account_no}).json()
    assert post(clerk, f"/slips/{other['number']}/withdraw", {"version": 0}).json()["state"] == "withdrawn"
    assert post(clerk, "/slips", GOOD | {"account": owner.account_no, "item_code": "nope"}).status_code == 404
    assert Outcome.objects.count() == 0


# --- the command line ------------------------------------------------------------------------------------------------


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int | None:
    arguments = parser.build().parse_args(["slip", *words])
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{desk.PASSWORD}\n"))
    return arguments.run()(arguments)


def test_the_command_line_submits_and_checks(
    world: world_of.World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.at_work(Role.POINT_CLERK, place="330106001")
    desk.at_work(Role.BRANCH_OFFICER, place="33")
    clerk, officer = ("--as", "point-clerk.330106001"), ("--as", "branch-officer.33")
    for name, content in (
        ("a.pdf", files.pdf("a")),
        ("b.png", files.png()),
        ("c.jpg", files.jpeg()),
        ("x.pdf", b"not"),
    ):
        (tmp_path / name).write_bytes(content)
    given = [
        "submit",
        world.accounts[0],
        "--issuer",
        "ylu",
        "--item",
        "C1",
        "--awarded-on",
        "2026-06-30",
        "--grade",
        "85",
        *clerk,
    ]

    def paper(line: str, name: str) -> tuple[str, str]:
        return "--file", f"{line}={tmp_path / name}"

    assert run(monkeypatch, *given, *paper("transcript", "nope.pdf")) == 2
    assert run(monkeypatch, *given, *paper("transcript", "x.pdf")) == 1
    assert "evidence_kind [file]" in capsys.readouterr().err
    assert run(monkeypatch, *given, *paper("transcript", "a.pdf")) == 1
    assert "slip_missing" in capsys.readouterr().err
    assert {slip.state for slip in Slip.objects.all()} == {"withdrawn"}, "a refused submission leaves no draft"
    whole = (*given, *paper("transcript", "a.pdf"), *paper("syllabus", "b.png"), "--json")
    assert run(monkeypatch, *whole) == 0
    sent = json.loads(capsys.readouterr().out)
    assert (sent["state"], sent["version"], len(sent["checklist"])) == ("checking", 1, 3)
    number = sent["number"]
    assert run(monkeypatch, *whole) == 1
    assert "slip_twice" in capsys.readouterr().err
    assert run(monkeypatch, "check", number, "accept", *clerk) == 1
    assert "not_allowed" in capsys.readouterr().err
    assert run(monkeypatch, "check", number, "ask-more", "--note", "请补学籍证明", *officer) == 0
    assert run(monkeypatch, "send", number, *paper("student_status", "c.jpg"), *clerk) == 0
    assert "核对中" in capsys.readouterr().out
    (line,) = [one for one in sent["checklist"] if one["code"] == "transcript"]
    assert run(monkeypatch, "file", number, line["files"][0], str(tmp_path / "out.pdf"), *officer) == 0
    assert (tmp_path / "out.pdf").read_bytes() == files.pdf("a")
    assert run(monkeypatch, "check", number, "accept", *officer) == 0
    outcome = Outcome.objects.get()
    assert (outcome.grade, Slip.objects.get(number=number).outcome_id) == ("85", outcome.pk), "what was said stays said"
    capsys.readouterr()
    assert run(monkeypatch, "list", "--state", "accepted", "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["number"], row["outcome"]) == (number, outcome.number)
    assert run(monkeypatch, "show", number) == 0
    assert ids.display(outcome.number) in capsys.readouterr().out
