"""Awards through the machine doors: the command line and the API."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.test import Client

from tests.bank import deposit_builders as world_of
from tests.bank import intake_builders as make
from tests.faces import desk_builders as desk
from tests.faces import hall_builders as hall
from xuefen.bank.deposits.models import Outcome
from xuefen.bank.staff.types import Role
from xuefen.faces.cli import parser

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[world_of.World]:
    desk.stop_clock(monkeypatch, world_of.NOW)
    yield make.world()


def run(*words: str) -> int | None:
    arguments = parser.build().parse_args(words)
    return arguments.run()(arguments)


def test_the_command_line_pushes_and_lists(world: world_of.World, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["award", "push", world.accounts[0], "--issuer", "ylu", "--item", "C1", "--awarded-on", "2026-06-30"]
    assert run(*given, "--grade", "85", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["credits"], found["already"]) == ("3.0", False)
    assert run(*given, "--grade", "85") == 0
    assert "awarded before" in capsys.readouterr().out
    assert run(*given, "--grade", "59") == 1
    assert "grade_below_pass [grade]" in capsys.readouterr().err
    assert run("award", "list", "--state", "offered", "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["number"], row["state"], row["issuer"], row["outcome"]) == (found["number"], "offered", "ylu", None)
    assert run("award", "list", "--state", "claimed") == 0
    assert "none" in capsys.readouterr().out


def post(client: Client, address: str, body: object):
    return client.post(address, json.dumps(body), content_type="application/json")


def test_an_issuer_pushes_many_and_a_learner_answers_by_api(world: world_of.World) -> None:
    issuer, owner = desk.at_work(Role.ISSUER_OFFICER, institution="ylu"), hall.online_account(77, name="钟野")
    one = {"account": owner.account_no, "item_code": "C1", "awarded_on": "2026-06-30", "grade": "85"}
    body = {"issuer": "ylu", "awards": [one, one | {"serial": "B"}, one | {"account": "123"}]}
    found = post(issuer, "/api/awards", body).json()
    assert [bool(answer["number"]) for answer in found] == [True, True, False]
    assert found[2]["code"] == "account_number_length"
    client = hall.browser_of(owner)
    listed = client.get("/api/slips?state=offered").json()
    assert listed["total"] == 2
    claimed = post(client, f"/api/awards/{found[0]['number']}/answer", {"claim": True}).json()
    assert (claimed["state"], Outcome.objects.count()) == ("claimed", 1)
    again = post(client, f"/api/awards/{found[0]['number']}/answer", {"claim": True}).json()
    assert (again["outcome"], Outcome.objects.count()) == (claimed["outcome"], 1)
    declined = post(client, f"/api/awards/{found[1]['number']}/answer", {"claim": False, "note": "不要"}).json()
    assert declined["state"] == "declined"
    too_many = post(issuer, "/api/awards", {"issuer": "ylu", "awards": [one] * 501})
    assert too_many.status_code == 422
    assert issuer.get(f"/api/slips/{found[0]['number']}").json()["state"] == "claimed"
