"""Revoking a whole batch from the desk, by API and from the terminal."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.bank import deposit_builders as build
from tests.faces import desk_builders as desk
from tests.faces import hall_builders as hall
from xuefen.bank.deposits import queries
from xuefen.bank.deposits.models import Batch, Outcome
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.staff.types import Role
from xuefen.bank.supervision import actions, tasks
from xuefen.faces.cli import parser

pytestmark = pytest.mark.django_db(transaction=True)
REASON = "传成了去年的表"
JSON = {"content_type": "application/json"}


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    desk.stop_clock(monkeypatch, build.NOW)


@pytest.fixture
def number() -> str:
    """A batch of three rows that is done; the first is of somebody who signs in."""
    w = build.world()
    people = (hall.online_account(9).account_no, *w.accounts[1:])
    with tempfile.TemporaryDirectory() as folder:
        path = build.sheet(Path(folder) / "a.csv", [w.row(account=one) for one in people])
        return build.deposit(w, path).number


def queued() -> Any:
    """The jobs about this batch; those of other tests stay in their table."""
    return ProcrastinateJob.objects.filter(
        task_name="supervision.revoke_batch", args__batch_id=Batch.objects.get().pk
    )  # fmt: skip


def worked() -> None:
    """What the worker does with what is queued."""
    for job in queued():
        tasks.revoke_batch(**job.args)


def test_at_the_desk_with_a_preview(number: str) -> None:
    issuer = desk.at_work(Role.ISSUER_OFFICER, institution="ylu")
    page = f"/desk/batches/{number}/"
    assert "这张表传错了？" in desk.text_of(issuer.get(page))
    preview = desk.text_of(issuer.get(f"{page}revoke/"))
    assert "有效成果3" in preview and "学习者3" in preview and "学分9.0" in preview and "撤销这 3 项成果" in preview
    assert issuer.post(f"{page}revoke/", {"reason": " "}).status_code == 422
    assert Outcome.objects.filter(state="valid").count() == 3
    begun = desk.text_of(issuer.post(f"{page}revoke/", {"reason": REASON}, follow=True))
    assert "正在撤销，第 0 项" in begun and REASON in begun and "共 3 项，9.0 学分" in begun
    card = issuer.get(page, headers={"HX-Request": "true"})
    assert 'hx-trigger="every 1s"' in card.content.decode() and "HX-Refresh" not in card.headers
    assert "已重新排队" in desk.text_of(issuer.post(f"{page}revoke/", follow=True))
    assert queued().count() == 1
    worked()
    assert "HX-Refresh" in issuer.get(page, headers={"HX-Request": "true"}).headers
    done = desk.text_of(issuer.get(page))
    assert "整批已撤销" in done and "3 项撤回，学分已冲回，可以重新存入。" in done and "这张表传错了？" not in done
    assert "整批已撤销" in desk.text_of(issuer.get("/desk/batches/"))
    assert "这一批不能整批撤销" in desk.text_of(issuer.get(f"{page}revoke/"))
    held = desk.text_of(issuer.get(f"/desk/outcomes/{Outcome.objects.all()[0].number}/"))
    assert "随批次撤回" in held and REASON in held
    outcome = Outcome.objects.all()[0]
    learner = Client()
    learner.force_login(get_user_model().objects.get(username=outcome.learner.account_no))
    told = desk.text_of(learner.get(f"/outcomes/{outcome.number}/"))
    assert "这项成果已随整批撤回" in told and f"理由：{REASON}" in told
    assert build.broken_promises() == []


def test_the_pages_speak_english(number: str) -> None:
    issuer = desk.at_work(Role.ISSUER_OFFICER, institution="ylu")
    issuer.cookies["django_language"] = "en"
    names = {"示例院校", "何映舟", "标准", "test"}
    assert set(desk.chinese_in(issuer.get(f"/desk/batches/{number}/revoke/"))) <= names
    issuer.post(f"/desk/batches/{number}/revoke/", {"reason": "the wrong sheet"})
    for _ in range(2):
        assert set(desk.chinese_in(issuer.get(f"/desk/batches/{number}/"))) <= names
        worked()


def test_a_branch_sees_the_batch_and_may_not(number: str) -> None:
    branch = desk.at_work(Role.BRANCH_OFFICER, place="33")
    assert branch.get(f"/desk/batches/{number}/revoke/").status_code == 403
    assert "这张表传错了？" not in desk.text_of(branch.get(f"/desk/batches/{number}/"))


def test_by_api(number: str) -> None:
    issuer = desk.at_work(Role.ISSUER_OFFICER, institution="ylu")
    found = issuer.get(f"/api/batches/{number}/revocation").json()
    assert (found["state"], found["revocation"]) == ("done", None)
    assert (found["preview"]["outcomes"], found["preview"]["credits"]) == (3, "9.0")
    done = issuer.post(f"/api/batches/{number}/revoke", {"reason": REASON}, **JSON)
    assert (done.status_code, done.headers["Location"]) == (202, f"/api/batches/{number}/revocation")
    assert (done.json()["state"], done.json()["revocation"]["ended_at"]) == ("revoking", None)
    again = issuer.post(f"/api/batches/{number}/revoke", {"reason": REASON}, **JSON)
    assert (again.status_code, again.json()["code"]) == (409, "batch_move")
    worked()
    found = issuer.get(done.headers["Location"]).json()
    told = found["revocation"]
    assert (found["state"], told["withdrawn"], told["credits"], told["reason"]) == ("revoked", 3, "9.0", REASON)
    assert found["preview"]["outcomes"] == 0
    assert issuer.get(f"/api/batches/{number}").json()["withdrawn"] == 3


def xuefen(*words: str) -> int:
    arguments = parser.build().parse_args(list(words))
    return arguments.run()(arguments) or 0


def test_from_the_terminal(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert xuefen("batch", "revoke", number, "--preview") == 0
    assert "有效成果 outcomes 3；学习者 learners 3；学分 credits 9.0" in capsys.readouterr().out
    assert xuefen("batch", "revoke", number) == 1
    assert "reason_missing" in capsys.readouterr().err
    assert xuefen("batch", "revoke", number, "--reason", REASON, "--json") == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (told["state"], told["withdrawn"], told["revocation"]["reason"]) == ("revoked", 3, REASON)
    assert xuefen("batch", "show", number) == 0
    assert "整批已撤销" in capsys.readouterr().out


def test_one_that_was_interrupted_is_found_by_the_next_round(number: str) -> None:
    actions.begin_batch(number=number, reason=REASON, by=desk_officer(), now=build.NOW)
    tasks.scan(0)
    assert queued().count() == 1
    worked()
    assert Batch.objects.get().state == "revoked"
    tasks.scan(0)
    assert queries.being_revoked() == []
    assert queries.batch(EVERYTHING, number).withdrawn == 3


def desk_officer() -> Any:
    return build.foundation.at_institution(Role.ISSUER_OFFICER, Batch.objects.get().issuer_id)
