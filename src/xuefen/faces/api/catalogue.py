"""One item, one programme, and what resembles an item. Nobody signs in."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from xuefen.bank.catalogue import queries
from xuefen.bank.catalogue.types import ItemFacts, ItemVersionFacts
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.faces.api.public_schemas import ItemOut, ProgrammeOut
from xuefen.faces.api.schemas import Code, Credits, credits

router = Router(auth=None)


class VersionOut(Schema):
    """One version of an item. ``nature`` where every plan that offers it agrees."""

    version: str
    name: str
    level: int | None
    theory_hours: int
    practice_hours: int
    practice_weeks: int
    declared_credit: Credits | None
    nature: str = Field(examples=["required"])
    statements: list[str] = Field(description="What one can do afterwards")
    skills: list[str]
    effective_from: date
    retired_on: date | None


class PlaceOut(Schema):
    institution: str
    code: str
    version: str
    name: str


class ItemStoryOut(ItemOut):
    """An item as it stands now, with all versions (newest first) and the programmes it is part of."""

    versions: list[VersionOut]
    programmes: list[PlaceOut]
    programmes_total: int


class ProgrammeStoryOut(ProgrammeOut):
    """A programme with its requirement tree; amounts in ``tree`` are hundredths."""

    award: str = Field(examples=["bachelor"])
    versions: list[str]


class SimilarQuery(Schema):
    limit: int = Field(10, ge=1, le=100)
    elsewhere: bool = Field(False, description="Other institutions only")


class PieceOut(Schema):
    text: str
    matches: bool


class SimilarOut(ItemOut):
    """An item that resembles another. Similar does not mean convertible: only rules say that."""

    score: float = Field(description="0 to 1")
    same_name: bool = Field(description="The names are one in normal form")
    words: list[str] = Field(description="What both have in common, rarest first")
    pieces: list[PieceOut] = Field(description="The name, cut where it matches")


class SimilarsOut(Schema):
    items: list[SimilarOut]


@router.get(
    "/catalogue/items/{institution}/{code}",
    tags=["catalogue"],
    response=ItemStoryOut,
    operation_id="getItem",
    summary="One item",
)
def get_item(request: HttpRequest, institution: Code, code: Code) -> dict[str, Any]:
    """All versions of an item, and where it stands."""
    story = queries.item_story(institution, code)
    return {
        **_item(story.latest.facts, _owners()),
        "versions": [_version(one) for one in story.versions],
        "programmes": [
            {"institution": one.institution_code, "code": one.code, "version": one.version, "name": one.name}
            for one in story.places
        ],
        "programmes_total": story.places_total,
    }


@router.get(
    "/catalogue/items/{institution}/{code}/similar",
    tags=["catalogue"],
    response=SimilarsOut,
    operation_id="listSimilar",
    summary="What resembles an item",
)
def list_similar(request: HttpRequest, institution: Code, code: Code, asked: Query[SimilarQuery]) -> dict[str, Any]:
    """By name, outcome statements, skills and size, best first."""
    found = queries.similar(queries.item(institution, code), limit=asked.limit, others_only=asked.elsewhere)
    owners = _owners()
    items = [
        {
            **_item(one.facts, owners),
            "score": one.score,
            "same_name": one.same_key,
            "words": list(one.words),
            "pieces": [{"text": text, "matches": matches} for text, matches in one.name],
        }
        for one in found
    ]
    return {"items": items}


Version = Annotated[str, Field(max_length=20)]


class VersionQuery(Schema):
    version: Version = Field("", description="The newest if absent")


@router.get(
    "/catalogue/programmes/{institution}/{code}",
    tags=["catalogue"],
    response=ProgrammeStoryOut,
    operation_id="getProgramme",
    summary="One programme",
)
def get_programme(request: HttpRequest, institution: Code, code: Code, asked: Query[VersionQuery]) -> dict[str, Any]:
    """Its requirement tree, and which versions there are."""
    found = queries.programme(institution, code, asked.version or None)
    return {
        "institution": found.institution_code,
        "code": found.code,
        "version": found.version,
        "name": found.name,
        "level": found.level,
        "award": found.award,
        "total_credits": credits(found.total_credits),
        "tree": found.tree,
        "versions": [row.version for row in queries.programme_versions(institution, code)],
    }


def _owners() -> dict[int, Any]:
    return {row.pk: row for row in institutions.institutions(EVERYTHING)}


def _item(facts: ItemFacts, owners: dict[int, Any]) -> dict[str, Any]:
    owner = owners[facts.institution_id]
    return {
        "institution": owner.code,
        "institution_name": owner.name_zh,
        "code": facts.code,
        "kind": facts.kind.value,
        "outcome_class": facts.outcome_class.value,
        "type_code": facts.type_code,
        "online": facts.online,
        **_amounts(facts),
    }


def _amounts(facts: ItemFacts) -> dict[str, Any]:
    return {
        "version": facts.version,
        "name": facts.name,
        "level": facts.level,
        "theory_hours": facts.theory_hours,
        "practice_hours": facts.practice_hours,
        "practice_weeks": facts.practice_weeks,
        "declared_credit": None if facts.declared_credit is None else credits(facts.declared_credit),
    }


def _version(one: ItemVersionFacts) -> dict[str, Any]:
    return {
        **_amounts(one.facts),
        "nature": one.facts.nature,
        "statements": list(one.statements),
        "skills": list(one.skills),
        "effective_from": one.effective_from,
        "retired_on": one.retired_on,
    }
