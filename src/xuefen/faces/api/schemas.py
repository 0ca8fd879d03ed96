"""What all addresses share of what goes in and comes out, as types; each subject has its own file beside.

Credits are decimal strings ("3.0", "3.25"); times are ISO 8601 in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from django.db.models import QuerySet
from ninja import Schema
from pydantic import AfterValidator, ConfigDict, Field

from xuefen.bedrock.ids import normalise
from xuefen.bedrock.quantity import format_credits

MOST_PER_PAGE = 200
PRINTABLE = r"^[^\x00-\x1f\x7f]*$"

Credits = Annotated[str, Field(pattern=r"^-?[0-9]+\.[0-9]{1,2}$", examples=["3.0"], description="Credits, decimal")]
Code = Annotated[str, Field(max_length=40, pattern=PRINTABLE)]
Number = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[0-9A-Za-z \-]+$"), AfterValidator(normalise)]
"""A public number as people write it; the views get its stored form."""


class Strict(Schema):
    """Something sent to us: a field we do not know is a slip and is told."""

    model_config = ConfigDict(extra="forbid")


class Paging(Schema):
    """Which part of a list: pages count from 1."""

    page: int = Field(1, ge=1, le=100_000)
    size: int = Field(50, ge=1, le=MOST_PER_PAGE)

    @property
    def first(self) -> int:
        return (self.page - 1) * self.size

    def cut(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows[self.first : self.first + self.size]


class PageOut(Schema):
    """One page of a list; ``total`` counts all of it."""

    page: int = Field(examples=[1])
    size: int = Field(examples=[50])
    total: int = Field(examples=[1])


BYTES = {"type": "string", "format": "binary"}


def file_body(kinds: Mapping[str, Mapping[str, str]], *, form: bool = False) -> dict[str, Any]:
    """What OpenAPI says of a file as the body of a request: a schema for each of its kinds; ``form``, or as the field "file"."""
    content: dict[str, Any] = {kind: {"schema": schema} for kind, schema in kinds.items()}
    if not form:
        return {"requestBody": {"content": content}}
    fields = {"type": "object", "properties": {"file": BYTES}, "required": ["file"]}
    return {"requestBody": {"required": True, "content": {**content, "multipart/form-data": {"schema": fields}}}}


def credits(hundredths: int) -> str:
    """Hundredths as the API writes credits."""
    return format_credits(hundredths)


# --- errors ----------------------------------------------------------------------------------------------------------


class FaultOut(Schema):
    place: str = Field(examples=["body.item_code"])
    code: str = Field(examples=["item_code_unknown"])
    detail: str = Field(examples=["目录中没有这个成果代码。"])


class ProblemOut(Schema):
    """Problem details, RFC 9457. ``code`` is stable; sentences are not, and follow Accept-Language."""

    type: str = Field(examples=["/api/problems/not_found"])
    title: str = Field(examples=["没有找到"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["没有找到，或者不在您的范围内。"])
    code: str = Field(examples=["not_found"])
    place: str = Field(examples=["number"])
    errors: list[FaultOut] = Field(default_factory=list)


class ProblemKindOut(Schema):
    """One kind of problem with both sentences; ``{…}`` stand for what differs from case to case."""

    code: str = Field(examples=["not_found"])
    status: int = Field(examples=[404])
    zh: str = Field(examples=["没有找到，或者不在您的范围内。"])
    en: str = Field(examples=["Not found, or outside your scope."])


# --- sign-in ---------------------------------------------------------------------------------------------------------


class TokenIn(Strict):
    username: str = Field(min_length=1, max_length=64, pattern=PRINTABLE, examples=["issuer.li"])
    password: str = Field(min_length=1, max_length=256, examples=["a long sentence of mine"])


class TokenOut(Schema):
    token: str
    token_type: str = Field(examples=["Bearer"])
    expires_in: int = Field(description="Seconds", examples=[43200])
    kind: str = Field(examples=["staff"])
    name: str = Field(examples=["李经办"])
    roles: list[str] = Field(examples=[["issuer_officer"]])
