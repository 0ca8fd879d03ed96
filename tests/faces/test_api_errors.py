"""The one shape of every error, and the description of the API."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client
from django.urls import path

from tests.bank import foundation_builders as build
from tests.faces import api_builders as api
from tests.faces.api_builders import assert_problem
from xuefen.bank.shell.problems import REGISTRY
from xuefen.bank.staff.types import Role
from xuefen.faces.api.api import BankAPI
from xuefen.faces.api.api import api as bank_api
from xuefen.faces.api.errors import install

broken = BankAPI(urls_namespace="broken", openapi_url=None)
install(broken)


@broken.get("/boom")
def boom(request):
    raise RuntimeError("a secret of the inside")


urlpatterns = [path("api/", bank_api.urls), path("broken/", broken.urls)]
pytestmark = pytest.mark.urls(__name__)


class TestShape:
    def test_an_address_that_does_not_exist(self, client: Client) -> None:
        assert_problem(client.get("/api/nothing/here"), status=404, code="not_found")
        assert_problem(client.post("/api/"), status=404, code="not_found")
        assert_problem(client.get("/api/batches/"), status=404, code="not_found")

    def test_a_method_it_does_not_take(self, client: Client) -> None:
        answer = client.delete("/api/log")
        body = assert_problem(answer, status=405, code="method_not_allowed")
        assert "DELETE" in body["detail"]
        assert answer["Allow"] == "GET"

    def test_a_body_that_is_no_json(self) -> None:
        assert_problem(api.nobody().post("/token", "{not json"), status=400, code="bad_request")

    def test_every_field_that_is_wrong_is_named(self) -> None:
        body = assert_problem(
            api.nobody().post("/token", {"username": "", "more": 1}), status=422, code="invalid_request"
        )
        found = {(e["place"], e["code"]) for e in body["errors"]}
        assert found == {
            ("body.username", "string_too_short"),
            ("body.password", "missing"),
            ("body.more", "extra_forbidden"),
        }
        assert all(re.search("[一-鿿]", e["detail"]) for e in body["errors"])

    def test_english_when_it_is_asked_for(self) -> None:
        answer = api.nobody().post("/token", {"username": "x"}, **{"Accept-Language": "en"})
        body = assert_problem(answer, status=422, code="invalid_request")
        assert (body["title"], body["errors"][0]["detail"]) == ("The content is not acceptable", "This is missing.")
        assert not re.search("[一-鿿]", json.dumps(body, ensure_ascii=False))

    def test_query_fields_have_their_place(self) -> None:
        body = assert_problem(api.nobody().get("/rules?page=0"), status=422, code="invalid_request")
        assert [(e["place"], e["code"]) for e in body["errors"]] == [("query.page", "greater_than_equal")]

    def test_a_json_body_larger_than_memory_allows(self) -> None:
        big = {"username": "x", "password": "y" * (5 * 1024 * 1024)}
        assert_problem(api.nobody().post("/token", big), status=413, code="request_too_large")

    @pytest.mark.parametrize("address", ["/batches", "/verify"])
    def test_an_upload_is_refused_by_its_length_before_it_is_read(self, client: Client, address: str) -> None:
        answer = client.generic(
            "POST", f"/api{address}", b"x", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(2**40)
        )
        assert_problem(answer, status=413, code="request_too_large")

    def test_a_defect_of_ours_says_nothing_of_the_inside(self, client: Client, caplog) -> None:
        answer = client.get("/broken/boom")
        assert_problem(answer, status=500, code="internal_error")
        assert "secret" not in answer.content.decode()
        assert "a secret of the inside" in caplog.text

    @pytest.mark.django_db
    def test_a_post_that_does_not_allow_it(self) -> None:
        build.tree()
        clerk = api.at_work(Role.POINT_CLERK, place="330106001")
        body = assert_problem(clerk.get("/batches"), status=403, code="not_allowed")
        assert "deposits.read_batches" in body["detail"]


class TestProblems:
    def test_the_list_is_the_registry(self, client: Client) -> None:
        listed = client.get("/api/problems").json()
        assert [p["code"] for p in listed] == sorted(REGISTRY)

    def test_the_type_of_a_problem_leads_to_it(self, client: Client) -> None:
        kind = client.get("/api/nothing").json()["type"]
        assert client.get(kind).json() == {
            "code": "not_found",
            "status": 404,
            "zh": REGISTRY["not_found"].zh,
            "en": REGISTRY["not_found"].en,
        }

    def test_an_unknown_code(self, client: Client) -> None:
        assert_problem(client.get("/api/problems/nonsense"), status=404, code="not_found")


class TestDescription:
    def test_is_the_same_every_time_and_needs_no_database(self) -> None:
        first, second = (json.dumps(bank_api.get_openapi_schema(path_prefix="/api/"), default=str) for _ in range(2))
        assert first == second

    def test_names_every_operation_once_and_every_error(self) -> None:
        schema = bank_api.get_openapi_schema(path_prefix="/api/")
        operations = [o for methods in schema["paths"].values() for o in methods.values()]
        names = [o["operationId"] for o in operations]
        assert len(set(names)) == len(names)
        assert all("_" not in name for name in names)
        assert all(o["tags"] and o["summary"] and o["description"] for o in operations)
        assert all("application/problem+json" in o["responses"]["default"]["content"] for o in operations)

    def test_every_reference_leads_somewhere(self) -> None:
        text = json.dumps(bank_api.get_openapi_schema(path_prefix="/api/"), default=str)
        names = set(re.findall(r"#/components/schemas/(\w+)", text))
        assert names <= set(json.loads(text)["components"]["schemas"])

    def test_is_served_and_shown_without_other_hosts(self, client: Client) -> None:
        assert client.get("/api/openapi.json").json()["info"]["title"] == "Xuefen 学分"
        page = client.get("/api/docs").content.decode()
        assert "swagger-ui-bundle.js" in page
        assert "//cdn" not in page
