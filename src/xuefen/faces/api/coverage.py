"""What the conversion rules reach, for anybody."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from xuefen.bank.conversion import tasks
from xuefen.bank.conversion.queries.coverage import coverage_map
from xuefen.bank.conversion.types.coverage import COVERAGE_COUNTING, Reach
from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import Denied
from xuefen.faces.api.public_schemas import WordsOut

router = Router(auth=None)


class PairReachOut(Schema):
    """Of ``offered`` items of the issuer, ``reached`` are taken by at least one rule of the receiver."""

    issuer: str = Field(examples=["YLU"])
    receiver: str = Field(examples=["YLVC"])
    reached: int
    offered: int
    rules: int


class FieldReachOut(Schema):
    """Of ``courses`` that programmes of the field ask for, ``reached`` are given by a rule from outcomes of the class."""

    field: str = Field(examples=["59"], description='First two digits of the national code of majors; "" for others')
    name: WordsOut
    outcome_class: str = Field(examples=["degree"])
    reached: int
    courses: int


class CoverageOut(Schema):
    on: date
    pairs: list[PairReachOut]
    fields: list[FieldReachOut]
    left_off: int = Field(description="Institutions not listed, those with the fewest items reached")


@router.get(
    "/rules/coverage",
    tags=["catalogue"],
    response=CoverageOut,
    operation_id="getRuleCoverage",
    summary="What the rules in force reach",
)
def rule_coverage(request: HttpRequest) -> dict[str, Any]:
    """By pairs of institutions and by fields of study; at most forty institutions on each side. A large register is counted in
    the background: 503 until the first count is done.
    """
    found, fresh = coverage_map(now=clock.now())
    if not fresh:
        tasks.defer_coverage()
    if found is None:
        raise Denied(COVERAGE_COUNTING)
    names = dict(found.fields)
    return {
        "on": found.on,
        "pairs": [_pair(cell) for cell in found.pairs],
        "fields": [
            {
                "field": cell.row,
                "name": {"zh": names[cell.row].zh, "en": names[cell.row].en},
                "outcome_class": cell.column,
                "reached": cell.reached,
                "courses": cell.all,
            }
            for cell in found.field_cells
        ],
        "left_off": found.hidden,
    }


def _pair(cell: Reach) -> dict[str, Any]:
    return {
        "issuer": cell.row, "receiver": cell.column, "reached": cell.reached, "offered": cell.all, "rules": cell.rules,
    }  # fmt: skip
