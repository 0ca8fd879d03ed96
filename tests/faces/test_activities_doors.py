"""Activities through the API and on the command line."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from tests.bank import activity_builders as build
from tests.bank import foundation_builders as foundation
from tests.faces import activity_site as site
from tests.faces import desk_builders as desk
from tests.faces import hall_builders as hall
from xuefen.bank.activities.models import Participation
from xuefen.bank.deposits.models import Outcome
from xuefen.bank.institutions.types import InstitutionKind, OutcomeClass
from xuefen.bank.standards import actions as standards
from xuefen.faces.cli import parser

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    desk.stop_clock(monkeypatch)
    desk.node()
    foundation.tree()
    foundation.institution("SQ", kind=InstitutionKind.COMMUNITY_SCHOOL, classes=(OutcomeClass.SOCIAL,))
    standards.load_shipped_packs(by=foundation.HOUSE, now=foundation.NOW)


@pytest.fixture
def xuefen(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run one command; its exit status."""

    def run(*words: object, typed: str = desk.PASSWORD) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))
        arguments = parser.build().parse_args([str(word) for word in words])
        return arguments.run()(arguments) or 0

    return run


def test_the_api_lists_checks_in_and_tells_where_one_stands() -> None:
    site.signed_scheme("SQ")
    number = site.lecture("SQ")
    opened, other = hall.online_account(5), hall.online_account(6, name="钟野")
    browser = hall.browser_of(opened)
    (one,) = browser.get("/api/activities").json()["items"]
    assert (one["number"], one["points"], one["places_left"]) == (number, 2, 30)

    def check_in(account: str, code: str) -> Any:
        return browser.post(
            f"/api/activities/{number}/check-in", {"account_no": account, "code": code}, content_type="application/json"
        )

    wrong = check_in(opened.account_no, site.code_of(number, at=desk.MONDAY - timedelta(minutes=5)))
    assert (wrong.status_code, wrong.json()["code"]) == (422, "code_wrong")
    assert check_in(other.account_no, site.code_of(number)).status_code == 404
    done = check_in(opened.account_no, site.code_of(number))
    assert done.json() == {"number": number, "checked_in": True, "points": 2}
    assert check_in(opened.account_no, site.code_of(number)).json()["code"] == "already_confirmed"
    mine = browser.get(f"/api/accounts/{opened.account_no}/activities").json()
    assert [t["how"] for t in mine["items"]] == ["code"]
    (standing,) = mine["standing"]
    assert (standing["period"], standing["points"], standing["minimum"], standing["credits"]) == (
        "2026-autumn",
        2,
        8,
        "0.0",
    )
    assert browser.get(f"/api/accounts/{other.account_no}/activities").status_code == 404


def test_guessing_by_api_ends() -> None:
    site.signed_scheme("SQ")
    number = site.lecture("SQ")
    opened = hall.online_account(5)
    browser = hall.browser_of(opened)
    body = {"account_no": opened.account_no, "code": "000000"}
    statuses = [
        browser.post(f"/api/activities/{number}/check-in", body, content_type="application/json").status_code
        for _ in range(11)
    ]
    assert statuses[-1] == 429


def test_a_scheme_file_is_checked_by_line(xuefen: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "scheme.yaml"
    file.write_text(build.SCHEME, encoding="utf-8")
    assert xuefen("scheme", "check", file) == 0
    file.write_text(build.SCHEME.replace("points: 2", "points: two"), encoding="utf-8")
    capsys.readouterr()
    assert xuefen("scheme", "check", file) == 2
    assert f"{file.name}:11: kinds.lecture.points" in capsys.readouterr().err
    assert xuefen("scheme", "check", file, "--json") == 2
    assert json.loads(capsys.readouterr().out)["errors"][0]["line"] == 11
    assert xuefen("scheme", "check", tmp_path / "none.yaml") == 2


def test_from_scheme_to_outcome_by_commands(xuefen: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                            monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    site.signed_scheme("SQ")
    opened = hall.online_account(5)
    people = tmp_path / "people.csv"
    people.write_text(f"姓名,账号\n林秋禾,{opened.account_no}\n", encoding="utf-8")
    for day in range(4):
        desk.stop_clock(monkeypatch, site.HELD.replace(month=6, day=1 + day))
        when = [f"2026-06-0{1 + day}T09:00", f"2026-06-0{1 + day}T11:00"]
        assert xuefen("activities", "open", "讲座", "--institution", "SQ", "--kind", "lecture", "--place", "一楼",
                      "--starts", when[0], "--ends", when[1]) == 0  # fmt: skip
        number = capsys.readouterr().out.split()[-1]
        assert xuefen("activities", "code", number) == 0
        assert len(capsys.readouterr().out.split()[0]) == 6
        assert xuefen("activities", "confirm", number, people) == 0
    assert xuefen("activities", "confirm", number, people) == 1
    assert "already_confirmed" in capsys.readouterr().err
    desk.stop_clock(monkeypatch)
    assert xuefen("activities", "list", "--institution", "SQ", "--json") == 0
    assert [one["confirmed"] for one in json.loads(capsys.readouterr().out)["activities"]] == [1, 1, 1, 1]
    period = ("--period", "2026-spring", "--institution", "SQ")
    assert xuefen("activities", "gather", *period, "--dry-run") == 0
    said = capsys.readouterr().out
    assert "讲座 4 次 × 2 分" in said and "什么也没写" in said and not Outcome.objects.exists()
    assert xuefen("activities", "gather", "--period", "2026-spring") == 2
    capsys.readouterr()
    assert xuefen("activities", "gather", *period, "--json") == 0
    (made,) = json.loads(capsys.readouterr().out)["gathered"]
    assert (made["participations"], made["outcomes"], made["credits"]) == (4, 1, 50)
    assert Outcome.objects.get().credits == 50 and Participation.objects.count() == 4
    assert xuefen("activities", "gather") == 0
    assert "没有到期要归集的" in capsys.readouterr().out


def test_a_scheme_is_signed_by_a_person_with_a_password(
    xuefen: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site.signed_scheme("SQ")
    desk.at_work(desk.Role.BRANCH_OFFICER, place="33")
    file = tmp_path / "scheme.yaml"
    text = build.SCHEME.replace("version: 1", "version: 2").replace("2026-02-01", "2027-02-01")
    file.write_text(text, encoding="utf-8")
    assert xuefen("scheme", "propose", file, "--institution", "SQ", "--json") == 0
    number = json.loads(capsys.readouterr().out)["id"]
    assert xuefen("scheme", "sign", number, "--as", "branch-officer.33", typed="wrong") == 1
    assert xuefen("scheme", "sign", number, "--as", "branch-officer.33") == 0
    capsys.readouterr()
    assert xuefen("scheme", "list", "--json") == 0
    assert [one["scheme"] for one in json.loads(capsys.readouterr().out)["schemes"]] == ["gongde/2", "gongde/1"]
