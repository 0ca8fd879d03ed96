"""What the addresses of standards and of the metadata model take and answer."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from ninja import Schema
from pydantic import Field

from xuefen.faces.api.public_schemas import WordsOut
from xuefen.faces.api.schemas import Credits, Strict


class StandardRowOut(Schema):
    """A published version; ``signed`` is False for what came with the product."""

    code: str = Field(examples=["cn-2026"])
    version: int
    title: WordsOut
    effective_from: date
    retired_on: date | None
    in_force: bool
    signed: bool
    digest: str


class StandardsOut(Schema):
    items: list[StandardRowOut]


class VersionOut(StandardRowOut):
    body: dict[str, Any]


class ChangeOut(Schema):
    kind: str = Field(examples=["changed"])
    path: str = Field(examples=["limits.total_share"])
    zh: str
    en: str


class ChapterOut(Schema):
    chapter: str = Field(examples=["limits"])
    title: WordsOut
    changes: list[ChangeOut]


class DifferenceOut(Schema):
    code: str
    since: int
    version: int
    chapters: list[ChapterOut]


class ConsultationRowOut(Schema):
    number: str = Field(examples=["BZ8196498658004"])
    code: str
    version: int
    title: WordsOut
    state: str = Field(examples=["consulting"])
    effective_from: date
    until: datetime = Field(description="The first moment that is too late for a comment")
    comments: int


class ConsultationsOut(Schema):
    items: list[ConsultationRowOut]


class ComparisonOut(Schema):
    expert: str
    verdict: str = Field(examples=["support"])
    reasons: str


class AnsweredOut(Schema):
    comment: int
    name: str
    place: str
    text: str
    reply: str
    withheld: bool


class ConsultationOut(ConsultationRowOut):
    note: str
    digest: str
    body: dict[str, Any]
    comparisons: list[ComparisonOut]
    answered: list[AnsweredOut]


class CommentIn(Strict):
    text: str = Field(max_length=2000)
    name: str = Field("", max_length=40)
    place: str = Field("", max_length=80, description="The chapter it is about, such as limits")


class CommentMadeOut(Schema):
    comment: int


class FieldOut(Schema):
    """A column; ``code_list`` names the code list its values come from."""

    name: str = Field(examples=["item_code"])
    columns: dict[str, list[str]]
    needed: WordsOut
    format: WordsOut
    example: str
    longest: int
    code_list: str | None


class CodeListOut(Schema):
    name: str = Field(examples=["types"])
    title: WordsOut
    rows: list[dict[str, str]]


class MetadataOut(Schema):
    standard: str = Field(examples=["cn-2026/1"])
    digest: str
    fields: list[FieldOut]
    lists: list[CodeListOut]
    row_schema: dict[str, Any] = Field(description="JSON Schema of a sheet's rows")


class SheetErrorOut(Schema):
    row: int = Field(description="As the spreadsheet counts; the header is row 1")
    column: str = Field(examples=["D"])
    heading: str
    field: str
    code: str = Field(examples=["date_impossible"])
    zh: str
    en: str


class CheckOut(Schema):
    """``found`` counts all errors; ``errors`` holds the first two thousand."""

    rows: int
    sound: int
    found: int
    errors: list[SheetErrorOut]
    codes: dict[str, int]
    ignored: list[str]
    issuer: str
    credits: Credits | None = Field(description="Known with an issuer")
    standard: str
