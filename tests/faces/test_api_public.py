"""What anybody may ask: certificates, catalogue, rules, the standard, the log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.bank import foundation_builders as build
from tests.bank import recognition_builders as recognition
from tests.faces import api_builders as api
from tests.faces.api_builders import assert_problem
from tests.faces.test_verify import photo
from xuefen.bank.certificates import actions as certificates
from xuefen.bank.certificates import queries as certificate_queries
from xuefen.bank.certificates.types import MAX_FILE_BYTES
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon
from xuefen.bedrock.gm import sm3

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.faces.api_urls")]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> recognition.World:
    settings.XUEFEN_LOG, settings.XUEFEN_PUBLIC = tmp_path / "log", tmp_path / "public"
    api.stop_clock(monkeypatch)
    api.node()
    return recognition.world(courses=5)


@pytest.fixture
def certificate(world: recognition.World) -> str:
    """The number of a statement that is in the log."""
    number = certificates.issue_statement(learner_id=world.learner_id, by=build.HOUSE, now=api.NOW).number
    translog.seal_all(now=api.NOW)
    return number


def verify(content: bytes, *, content_type: str = "application/json") -> Any:
    return Client().post("/api/verify", content, content_type=content_type)


def document(number: str) -> bytes:
    return canon.canonical(certificate_queries.document(EVERYTHING, number))


class TestVerify:
    def test_a_document_as_the_body(self, certificate) -> None:
        answer = verify(document(certificate))
        assert answer.status_code == 200, answer.content
        body = answer.json()
        assert (body["ok"], body["number"]) == (True, certificate), [v["code"] for v in body["verdicts"]]
        checks = [v["check"] for v in body["verdicts"]]
        assert checks == ["format", "signature", "issuer", "log", "witnesses", "expiry", "suspension", "revocation"]
        assert all(v["zh"] and v["en"] for v in body["verdicts"])
        assert body["facts"]["holder"] == "林*禾"
        assert "林秋禾" not in answer.content.decode()

    def test_a_document_as_a_form_s_file(self, certificate) -> None:
        file = SimpleUploadedFile("certificate.json", document(certificate))
        assert Client().post("/api/verify", {"file": file}).json()["ok"] is True

    def test_a_photo_as_the_body(self, certificate) -> None:
        code = certificate_queries.code(EVERYTHING, certificate, now=api.NOW)
        body = verify(photo(code), content_type="image/jpeg").json()
        assert (body["ok"], body["number"]) == (True, certificate), body
        assert verify(photo("")[:300], content_type="image/jpeg").json()["code"] == "picture_unreadable"

    def test_a_changed_one_is_told_and_shows_no_facts(self, certificate) -> None:
        forged = document(certificate).replace(b'"credits":600', b'"credits":900')
        assert forged != document(certificate)
        body = verify(forged).json()
        assert body["ok"] is False
        assert {v["check"]: v["state"] for v in body["verdicts"]}["signature"] == "bad"
        assert body["facts"] is None

    def test_a_revoked_one_is_told_at_once(self, certificate) -> None:
        content = document(certificate)
        certificates.revoke(number=certificate, reason="issued_in_error", by=build.HOUSE, now=api.NOW)
        body = verify(content).json()
        assert {v["check"]: v["state"] for v in body["verdicts"]}["revocation"] == "bad"

    @pytest.mark.parametrize("content", [b"", b"{", b"%PDF-1.7 broken", b"[" * 100_000, b"\xff\xfe"])
    def test_what_is_no_certificate_is_no_server_error(self, world, content) -> None:
        assert_problem(verify(content), status=422, code="verify_unreadable")

    def test_a_form_without_a_file(self, world) -> None:
        assert_problem(Client().post("/api/verify", {"x": "y"}), status=422, code="verify_unreadable")

    def test_a_file_that_is_too_large(self, world) -> None:
        answer = verify(b" " * (MAX_FILE_BYTES + 1), content_type="application/pdf")
        assert_problem(answer, status=413, code="verify_too_large")


class TestCertificate:
    def test_says_what_the_bank_says(self, certificate) -> None:
        body = Client().get(f"/api/certificates/{certificate}").json()
        assert (body["ok"], body["number"], body["facts"]["holder"]) == (True, certificate, "林*禾")

    def test_a_number_that_does_not_exist(self, world) -> None:
        assert_problem(Client().get("/api/certificates/ZS0000000000000000"), status=404, code="certificate_unknown")

    def test_one_still_on_its_way_into_the_log(self, world) -> None:
        number = certificates.issue_statement(learner_id=world.learner_id, by=build.HOUSE, now=api.NOW).number
        answer = Client().get(f"/api/certificates/{number}")
        assert_problem(answer, status=409, code="certificate_not_sealed")


class TestCatalogue:
    def test_items_by_code_and_name(self, world, django_assert_num_queries) -> None:
        with django_assert_num_queries(2):
            found = Client().get("/api/catalogue/items?q=A3").json()["items"]
        assert [(i["institution"], i["code"], i["declared_credit"]) for i in found] == [("QH", "A3", "3.0")]
        with django_assert_num_queries(2):
            assert len(Client().get("/api/catalogue/items", {"q": "课程"}).json()["items"]) == 10

    def test_programmes(self, world, django_assert_num_queries) -> None:
        with django_assert_num_queries(1):
            found = Client().get("/api/catalogue/programmes?q=PB").json()["items"]
        assert [(p["institution"], p["code"], p["total_credits"]) for p in found] == [("YL", "PB", "15.0")]
        assert found[0]["tree"]["children"]

    @pytest.mark.parametrize("q", ["", "%00", "x" * 81])
    def test_what_nobody_can_look_for(self, world, q) -> None:
        for what in ("items", "programmes"):
            answer = Client().get(f"/api/catalogue/{what}?q={q}")
            assert_problem(answer, status=422, code="invalid_request")


class TestRules:
    def test_all_of_them_or_by_item(self, world, django_assert_num_queries) -> None:
        with django_assert_num_queries(3):
            every = Client().get("/api/rules").json()
        assert (every["total"], every["page"], every["size"]) == (5, 1, 50)
        one = Client().get("/api/rules?q=A3").json()["items"]
        assert [(r["receiver"], r["sources"], r["targets"]) for r in one] == [("YL", ["QH/A3"], ["YL/B3"])]

    def test_by_number(self, world) -> None:
        number = world.rule_numbers[2]
        assert [r["number"] for r in Client().get(f"/api/rules?q={number}").json()["items"]] == [number]


class TestStandard:
    def test_is_the_one_in_force_with_its_digest(self, world) -> None:
        body = Client().get("/api/standards/current").json()
        assert (body["code"], body["version"]) == ("cn-2026", 1)
        assert sm3(canon.canonical(body["body"])).hex() == body["digest"]

    def test_none_in_force_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        api.stop_clock(monkeypatch)
        assert_problem(Client().get("/api/standards/current"), status=404, code="standard_unknown")


class TestLog:
    def test_before_the_first_sealing(self, world) -> None:
        body = Client().get("/api/log").json()
        assert (body["size"], body["checkpoint"]) == (0, None)
        assert body["waiting"] > 0

    def test_its_size_and_checkpoint(self, world) -> None:
        size = translog.seal_all(now=api.NOW)
        body = Client().get("/api/log").json()
        assert (body["size"], body["waiting"]) == (size, 0)
        assert body["checkpoint"].splitlines()[:2] == ["test.example/log", str(size)]
