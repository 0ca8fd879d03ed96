"""Depositing through the API: files, single outcomes, batches, refused rows, receipts; and nobody else's."""

from __future__ import annotations

import base64
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.bank import foundation_builders as build
from tests.bank import recognition_builders as recognition
from tests.faces import api_builders as api
from tests.faces.api_builders import assert_problem
from xuefen.bank.deposits import actions
from xuefen.bank.deposits.models import Batch, Outcome
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.types import Role
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon, merkle
from xuefen.bedrock.gm.signatures import load_public

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.faces.api_urls")]
SHEET = "account,item_code,awarded_on,grade\n"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> recognition.World:
    settings.XUEFEN_LOG = tmp_path / "log"
    api.stop_clock(monkeypatch)
    api.node()
    return recognition.world(courses=5)


@pytest.fixture
def issuer(world: recognition.World) -> api.Partner:
    return api.at_work(Role.ISSUER_OFFICER, institution="QH")


@pytest.fixture
def other(world: recognition.World) -> api.Partner:
    """An officer of another issuer."""
    build.institution("ZZ", number=9, classes=(OutcomeClass.DEGREE,))
    return api.at_work(Role.ISSUER_OFFICER, institution="ZZ")


def upload(partner: api.Partner, *lines: str, issuer: str = "QH", name: str = "autumn.csv") -> Any:
    file = SimpleUploadedFile(name, (SHEET + "".join(f"{line}\n" for line in lines)).encode())
    return partner.post("/batches", form={"file": file, "issuer": issuer})


def finish(number: str) -> None:
    """What the worker does with a queued batch."""
    actions.run(batch_id=Batch.objects.get(number=number).pk, by=build.HOUSE, now=api.NOW)


def one(world: recognition.World, **changes: Any) -> dict[str, Any]:
    good = {
        "issuer": "QH",
        "account": world.account_no,
        "item_code": "A3",
        "awarded_on": "2026-07-01",
        "grade": "86",
    }
    return good | changes


class TestFiles:
    def test_an_upload_is_kept_queued_and_followed_to_its_end(self, world, issuer) -> None:
        answer = upload(issuer, f"{world.account_no},A3,2026-07-01,86", f"{world.account_no},A4,2026-07-01,59")
        assert answer.status_code == 202, answer.content
        body = answer.json()
        assert answer["Location"] == f"/api/batches/{body['number']}"
        assert (body["state"], body["source"], body["file_name"]) == ("received", "api", "autumn.csv")
        job = ProcrastinateJob.objects.get(queue_name="deposits")
        assert job.args == {"batch_id": Batch.objects.get(number=body["number"]).pk}
        assert_problem(issuer.get(f"/batches/{body['number']}/receipt"), status=409, code="receipt_pending")
        finish(body["number"])
        done = issuer.get(f"/batches/{body['number']}").json()
        assert done["state"] == "done"
        assert (done["read"], done["accepted"], done["refused"], done["duplicates"]) == (2, 1, 1, 0)
        assert done["credits"] == "3.0"

    def test_the_same_file_again_is_the_same_batch(self, world, issuer) -> None:
        line = f"{world.account_no},A3,2026-07-01,86"
        first = upload(issuer, line).json()
        again = upload(issuer, line)
        assert (again.status_code, again.json()["number"]) == (202, first["number"])
        assert ProcrastinateJob.objects.filter(queue_name="deposits").count() == 1
        finish(first["number"])
        finished = upload(issuer, line)
        assert (finished.status_code, finished.json()["already"]) == (200, True)

    def test_a_file_refused_as_a_whole_says_why(self, world, issuer) -> None:
        file = SimpleUploadedFile("x.csv", b'{"a": 1}\n{"a"')
        number = issuer.post("/batches", form={"file": file, "issuer": "QH"}).json()["number"]
        with pytest.raises(Denied, match="json_lines_broken"):
            finish(number)
        body = issuer.get(f"/batches/{number}", **{"Accept-Language": "en"}).json()
        assert body["state"] == "failed"
        assert body["problem"]["code"] == "json_lines_broken"
        assert body["problem"]["detail"].startswith("Line 2 is not one whole JSON object")

    def test_an_empty_file_is_refused_at_once(self, issuer) -> None:
        answer = issuer.post("/batches", form={"file": SimpleUploadedFile("x.csv", b""), "issuer": "QH"})
        assert_problem(answer, status=422, code="file_empty")
        assert not ProcrastinateJob.objects.exists()

    def test_what_is_missing_is_named(self, issuer) -> None:
        body = assert_problem(issuer.post("/batches", form={"issuer": "QH"}), status=422, code="invalid_request")
        assert [(e["place"], e["code"]) for e in body["errors"]] == [("file.file", "missing")]

    def test_nobody_deposits_for_another_institution(self, world, other) -> None:
        before = Batch.objects.count()
        assert_problem(upload(other, f"{world.account_no},A3,2026-07-01,86"), status=403, code="not_allowed")
        assert Batch.objects.count() == before

    @pytest.mark.parametrize("role", [Role.REVIEWER])
    def test_other_posts_do_not_deposit(self, world, role) -> None:
        partner = api.at_work(role, institution="QH")
        assert_problem(upload(partner, "x"), status=403, code="not_allowed")
        assert_problem(partner.post("/outcomes", one(world)), status=403, code="not_allowed")


class TestBatches:
    def test_the_list_is_scoped_and_paged(self, world, issuer, other) -> None:
        upload(issuer, f"{world.account_no},A3,2026-07-01,86")
        every = issuer.get("/batches").json()
        assert (every["page"], every["size"], every["total"]) == (1, 50, 2)
        second = issuer.get("/batches?size=1&page=2").json()
        assert [b["number"] for b in second["items"]] == [every["items"][1]["number"]]
        assert issuer.get("/batches?page=99").json()["items"] == []
        assert other.get("/batches").json()["total"] == 0

    def test_costs_the_same_however_many(self, world, issuer, django_assert_num_queries) -> None:
        def count() -> None:
            with django_assert_num_queries(5):  # user, actor, posts, total, page
                assert issuer.get("/batches").status_code == 200

        count()
        upload(issuer, "x,A3,2026-07-01,86")
        upload(issuer, "y,A3,2026-07-01,86")
        count()

    @pytest.mark.parametrize("part", ["", "/refused", "/errors.xlsx", "/receipt"])
    def test_anothers_batch_is_like_none(self, world, issuer, other, part) -> None:
        number = upload(issuer, f"{world.account_no},A3,2026-07-01,86").json()["number"]
        known, unknown = other.get(f"/batches/{number}{part}"), other.get(f"/batches/PC0000000000000000{part}")
        assert_problem(known, status=404, code="batch_unknown")
        assert known.content == unknown.content

    def test_refused_rows_with_every_reason_and_no_cells(self, world, issuer) -> None:
        lines = [f"{world.account_no},NOPE,2026-02-30,86", f"{world.account_no},A3,2026-07-01,12", "x,A3,2026-07-01,90"]
        number = upload(issuer, *lines).json()["number"]
        finish(number)
        body = issuer.get(f"/batches/{number}/refused", **{"Accept-Language": "en"}).json()
        assert body["total"] == 3
        assert [row["row"] for row in body["items"]] == [2, 3, 4]
        assert {e["code"] for e in body["items"][0]["errors"]} == {"item_code_unknown", "date_impossible"}
        assert body["items"][1]["errors"][0]["detail"].startswith("The grade")
        assert world.account_no not in json.dumps(body)
        assert [r["row"] for r in issuer.get(f"/batches/{number}/refused?size=1&page=2").json()["items"]] == [3]

    def test_refused_rows_cost_the_same_however_many(self, world, issuer, django_assert_num_queries) -> None:
        few = upload(issuer, "x,A3,2026-07-01,90").json()["number"]
        many = upload(issuer, "x,A3,2026-07-01,90", "y,A3,2026-07-01,90", "z,A3,2026-07-01,90").json()["number"]
        for number in (few, many):
            finish(number)
            with django_assert_num_queries(6):  # user, actor, posts, batch, number, rows
                assert issuer.get(f"/batches/{number}/refused").status_code == 200
            with django_assert_num_queries(4):
                assert issuer.get(f"/batches/{number}").status_code == 200

    def test_the_error_workbook_holds_the_rows_as_sent(self, world, issuer) -> None:
        number = upload(issuer, f"{world.account_no},A3,2026-07-01,12").json()["number"]
        finish(number)
        answer = issuer.get(f"/batches/{number}/errors.xlsx")
        assert answer.status_code == 200
        assert f'filename="{number}-errors.xlsx"' in answer["Content-Disposition"]
        sheet = openpyxl.load_workbook(BytesIO(b"".join(answer.streaming_content))).worksheets[0]
        assert [cell.value for cell in sheet[2]][:4] == [world.account_no, "A3", "2026-07-01", "12"]

    def test_the_receipt_is_what_was_signed(self, world, issuer) -> None:
        number = upload(issuer, f"{world.account_no},A3,2026-07-01,86").json()["number"]
        finish(number)
        told = canon.parse_canonical(issuer.get(f"/batches/{number}/receipt").content)
        assert told["receipt"]["batch"] == number
        signature = told["signature"]
        key = load_public(signature["algorithm"], bytes.fromhex(signature["public_key"]))
        assert key.verify(canon.canonical(told["receipt"]), base64.b64decode(signature["value"]))


class TestOneOutcome:
    def test_is_deposited_while_one_waits(self, world, issuer) -> None:
        answer = issuer.post("/outcomes", one(world))
        assert answer.status_code == 201, answer.content
        body = answer.json()
        assert answer["Location"] == f"/api/outcomes/{body['number']}"
        assert (body["credits"], body["free"], body["mark"], body["issuer"]) == ("3.0", "3.0", "86.0", "QH")
        assert Outcome.objects.get(number=body["number"]).learner_id == world.learner_id

    def test_every_reason_is_told(self, world, issuer) -> None:
        answer = issuer.post("/outcomes", one(world, item_code="NOPE", awarded_on="2099-01-01"))
        body = assert_problem(answer, status=422, code="row_refused")
        assert {(e["place"], e["code"]) for e in body["errors"]} == {
            ("item_code", "item_code_unknown"),
            ("awarded_on", "date_in_future"),
        }

    def test_the_same_once_more_is_known(self, world, issuer) -> None:
        assert issuer.post("/outcomes", one(world)).status_code == 201
        body = assert_problem(issuer.post("/outcomes", one(world)), status=409, code="row_known")
        assert body["errors"][0]["code"] == "duplicate"
        assert Outcome.objects.filter(item_version__item__code="A3").count() == 1

    def test_the_same_key_gives_the_same_answer(self, world, issuer) -> None:
        first = issuer.post("/outcomes", one(world), **{"Idempotency-Key": "a-key-1"})
        again = issuer.post("/outcomes", one(world), **{"Idempotency-Key": "a-key-1"})
        assert (first.status_code, first.json()) == (again.status_code, again.json())
        assert first.status_code == 201

    def test_the_same_key_with_another_content_is_refused(self, world, issuer) -> None:
        key = {"Idempotency-Key": "a-key-1"}
        assert issuer.post("/outcomes", one(world, serial="N-1"), **key).status_code == 201
        other = issuer.post("/outcomes", one(world, serial="N-2", awarded_on="2026-07-02"), **key)
        assert_problem(other, status=409, code="idempotency_conflict")
        assert Outcome.objects.filter(item_version__item__code="A3").count() == 1
        assert issuer.post("/outcomes", one(world, serial="N-1"), **key).status_code == 201

    def test_a_refusal_is_judged_anew_without_a_key(self, world, issuer) -> None:
        stranger = one(world, account="", id_number=build.identity(77))
        assert_problem(issuer.post("/outcomes", stranger), status=422, code="row_refused")
        build.account(77, name="钟野")
        assert issuer.post("/outcomes", stranger).status_code == 201

    @pytest.mark.parametrize("bad", [{"name": "a\u0000b"}, {"grade": "8" * 40}, {"hours": -1}, {"credits": "3.0"}])
    def test_what_no_row_may_hold_is_no_server_error(self, world, issuer, bad) -> None:
        assert_problem(issuer.post("/outcomes", one(world, **bad)), status=422, code="invalid_request")

    def test_half_a_character_is_no_server_error(self, world, issuer) -> None:
        text = json.dumps(one(world)).replace('"86"', '"\\ud800"')
        assert_problem(issuer.post("/outcomes", text), status=422, code="invalid_request")

    def test_it_waits_its_turn_behind_another_batch(self, world, issuer) -> None:
        with psycopg.connect(**connection.get_connection_params()) as elsewhere:
            elsewhere.execute(
                "SELECT pg_advisory_lock(hashtext(current_schema() || '.deposit'), %s)", [world.issuer.pk]
            )
            answer = issuer.post("/outcomes", one(world))
        assert answer.status_code == 202, answer.content
        number = answer.json()["number"]
        assert answer["Location"] == f"/api/batches/{number}"
        assert ProcrastinateJob.objects.filter(queue_name="deposits").count() == 1
        finish(number)
        assert issuer.get(f"/batches/{number}").json()["accepted"] == 1

    def test_a_formula_is_text_nobody_computes(self, world, issuer) -> None:
        body = assert_problem(issuer.post("/outcomes", one(world, name="=1+1")), status=422, code="row_refused")
        assert body["errors"][0]["code"] == "cell_formula"


class TestReadingOutcomes:
    def test_with_the_reason_for_its_credit(self, world, issuer, django_assert_num_queries) -> None:
        number = Outcome.objects.order_by("id").values_list("number", flat=True)[0]
        issuer.get(f"/outcomes/{number}")  # the standard is parsed once per process
        with django_assert_num_queries(9):
            body = issuer.get(f"/outcomes/{number}").json()
        assert body["number"] == number
        assert body["explanation"]["children"]
        assert "cn-2026" in json.dumps(body["explanation"])

    def test_who_may_read_it(self, world, other) -> None:
        number = Outcome.objects.order_by("id").values_list("number", flat=True)[0]
        unknown = other.get("/outcomes/CG0000000000000000")
        _, learner = api.online_learner()
        for stranger in (other, learner, api.at_work(Role.POINT_CLERK, place="310101001")):
            answer = stranger.get(f"/outcomes/{number}")
            assert_problem(answer, status=404, code="outcome_unknown")
            assert answer.content == unknown.content
            assert_problem(stranger.get(f"/outcomes/{number}/proof"), status=404, code="outcome_unknown")
        assert api.at_work(Role.POINT_CLERK, place="330106001").get(f"/outcomes/{number}").status_code == 200
        assert api.at_work(Role.SUPERVISOR, place="33").get(f"/outcomes/{number}").status_code == 200
        expert = api.at_work(Role.EXPERT, place="33")
        assert_problem(expert.get(f"/outcomes/{number}"), status=403, code="not_allowed")

    def test_the_proof_holds_without_us(self, world, issuer) -> None:
        number = Outcome.objects.order_by("id").values_list("number", flat=True)[0]
        assert_problem(issuer.get(f"/outcomes/{number}/proof"), status=409, code="not_sealed")
        translog.seal_all(now=api.NOW)
        proof = issuer.get(f"/outcomes/{number}/proof").json()
        leaf = merkle.SM3.leaf(proof["leaf"].encode())
        assert leaf.hex() == proof["leaf_hash"]
        root = base64.b64decode(proof["checkpoint"].splitlines()[2])
        merkle.verify_inclusion(
            index=proof["index"],
            size=proof["size"],
            leaf_hash=leaf,
            proof=[bytes.fromhex(node) for node in proof["path"]],
            root=root,
        )
        assert json.loads(proof["leaf"])["outcome"] == number
        assert world.account_no not in proof["leaf"]


# --- a batch under one's hand ----------------------------------------------------------------------------------------


def test_a_batch_is_paused_resumed_and_cancelled(
    issuer: api.Partner, other: api.Partner, world: recognition.World
) -> None:
    number = upload(issuer, f"{world.account_no},A3,2026-06-30,85").json()["number"]
    for move in ("pause", "resume", "cancel"):
        assert_problem(other.post(f"/batches/{number}/{move}"), status=404, code="batch_unknown")
    assert issuer.post(f"/batches/{number}/pause").json()["state"] == "paused"
    assert_problem(issuer.post(f"/batches/{number}/pause"), status=409, code="batch_move")
    again = upload(issuer, f"{world.account_no},A3,2026-06-30,85")
    assert (again.status_code, again.json()["number"], again.json()["already"]) == (200, number, True)
    assert issuer.post(f"/batches/{number}/resume").json()["state"] == "received"
    told = issuer.post(f"/batches/{number}/cancel").json()
    assert (told["state"], told["withdrawn"]) == ("cancelled", 0)
    assert_problem(issuer.post(f"/batches/{number}/resume"), status=409, code="batch_move")


def test_columns_are_told_with_the_file_or_afterwards_and_forgotten(
    issuer: api.Partner, other: api.Partner, world: recognition.World
) -> None:
    text = f"学号,课号,结课日,分\n{world.account_no},A3,2026-06-29,85\n".encode()
    given = {"file": SimpleUploadedFile("a.csv", text), "issuer": "QH", "map": ["学号=account", "课号=item_code"]}
    number = issuer.post("/batches", form=given).json()["number"]
    with pytest.raises(Denied):
        finish(number)
    told = issuer.get(f"/batches/{number}").json()
    assert (told["state"], told["header"]) == ("unmapped", ["学号", "课号", "结课日", "分"])
    assert told["problem"]["code"] == "headers_missing"
    columns = {"columns": {"结课日": "取得日期", "分": "grade"}}
    assert_problem(other.post(f"/batches/{number}/columns", columns), status=404, code="batch_unknown")
    assert_problem(issuer.post(f"/batches/{number}/columns", {"columns": {"分": "x"}}), status=422, code="column_means")
    assert issuer.post(f"/batches/{number}/columns", columns).json()["state"] == "received"
    finish(number)
    assert issuer.get(f"/batches/{number}").json()["accepted"] == 1
    items = issuer.get("/deposit-columns?issuer=QH").json()["items"]
    assert {i["heading"]: i["field"] for i in items} == {
        "学号": "account", "课号": "item_code", "结课日": "awarded_on", "分": "grade",
    }  # fmt: skip
    for method in (other.get, other.delete):
        assert_problem(method("/deposit-columns?issuer=QH&heading=分"), status=403, code="not_allowed")
    assert issuer.delete("/deposit-columns?issuer=QH&heading=分").status_code == 204
    assert_problem(issuer.delete("/deposit-columns?issuer=QH&heading=分"), status=422, code="column_unknown")
