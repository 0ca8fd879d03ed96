"""The API for partners: everything at one address, described by OpenAPI at /api/openapi.json and shown at /api/docs."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, URLResolver, re_path
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from xuefen.faces.api import (
    accounts,
    activities,
    auth,
    awards,
    badges,
    batch_revoking,
    batches,
    catalogue,
    credentials,
    custody,
    outcomes,
    public,
    rules,
    shares,
    slips,
    standards,
    supervision,
)
from xuefen.faces.api.coverage import router as coverage
from xuefen.faces.api.errors import CONTENT_TYPE, answering, install, nowhere
from xuefen.faces.api.schemas import ProblemOut

DESCRIPTION = """\
学分银行对合作方的接口。Credits are decimal strings ("3.0"); times are UTC; sentences follow Accept-Language (Chinese by default).
Errors are problem details (RFC 9457) with a stable `code`. What lies outside your scope answers like what does not exist.
"""


class BankAPI(NinjaAPI):
    """The framework's API, except that whatever it answers by itself has our error shape too."""

    @property
    def urls(self) -> tuple[list[URLResolver | URLPattern], str, str]:
        patterns, app, namespace = super().urls
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                pattern.callback = answering(pattern.callback)
        return [*patterns, re_path(r"", answering(nowhere))], app, namespace

    def get_openapi_schema(self, **where: Any) -> OpenAPISchema:
        """The description, with the one shape every error has."""
        schema = super().get_openapi_schema(**where)
        problem = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
        components = schema["components"]["schemas"]
        components.update(problem.pop("$defs", {}))
        components["ProblemOut"] = problem
        told = {
            "description": "Anything that went wrong",
            "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemOut"}}},
        }
        for operations in schema["paths"].values():
            for operation in operations.values():
                operation["responses"]["default"] = told
        return schema


api = BankAPI(title="Xuefen 学分", version="1", description=DESCRIPTION, urls_namespace="api")
install(api)
api.add_router("", coverage)  # before the rules, which take any word for a number
for part in (
    auth,
    batches,
    batch_revoking,
    outcomes,
    accounts,
    activities,
    catalogue,
    rules,
    standards,
    credentials,
    badges,
    shares,
    public,
    slips,
    awards,
    supervision,
    custody,
):
    api.add_router("", part.router)
