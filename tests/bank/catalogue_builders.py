"""Ready-made institutions and catalogues for tests."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from xuefen.bank.catalogue import actions
from xuefen.bank.catalogue.types import ImportReport
from xuefen.bank.institutions.models import Institution
from xuefen.bank.places.models import Place
from xuefen.bank.shell.actor import Actor, Scope

NOW = datetime(2026, 11, 20, 2, 3, 4, tzinfo=UTC)
SYSTEM = Actor.system("tests")
_serial = itertools.count(1)


def an_institution(code: str = "YLU", *, name: str = "云岭大学", kind: str = "university") -> Institution:
    """An institution at a branch of its own."""
    number = next(_serial)
    place = Place.objects.create(code=f"P{number}", name=f"测试分中心{number}", kind="branch", path=f"/P{number}/")
    return Institution.objects.create(
        code=code,
        uscc=f"9111{number:014d}",
        name_zh=name,
        name_en=code,
        kind=kind,
        place=place,
        created_at=NOW,
    )


def an_issuer_officer(institution: Institution) -> Actor:
    """Somebody who may publish the catalogue of this institution alone."""
    scope = Scope(institution_ids=frozenset({institution.id}))
    return Actor(kind="staff", name="issuer officer", grants={"catalogue.publish": scope}, roles=("issuer_officer",))


def a_sheet(path: Path, rows: Sequence[Sequence[Any]], *, encoding: str = "utf-8") -> Path:
    """Write rows, the header first, as comma-separated text."""
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(rows)
    return path


COURSE_HEADER = (
    "code", "version", "name", "award", "credit", "theory_hours", "practice_hours", "practice_weeks", "online", "subject",
    "nature", "programme_code", "programme_name", "effective_from",
)  # fmt: skip


def a_course_row(code: str = "C1", **changes: Any) -> list[str]:
    """A row of the simple course format: 48 hours of theory, 3 credits, required in one programme."""
    row = {
        "code": code,
        "version": "2026",
        "name": f"课程{code}",
        "award": "专科",
        "credit": "3.0",
        "theory_hours": "48",
        "practice_hours": "0",
        "practice_weeks": "0",
        "online": "否",
        "subject": "",
        "nature": "必修",
        "programme_code": "P1",
        "programme_name": "行政管理",
        "effective_from": "2026-09-01",
    } | changes
    return [str(row[name]) for name in COURSE_HEADER]


def import_courses(path: Path, rows: Sequence[Sequence[Any]], *, institution: Institution) -> ImportReport:
    """Publish rows of the simple course format."""
    return actions.import_sheet(
        path=a_sheet(path, [COURSE_HEADER, *rows]),
        mapping="courses",
        institution_code=institution.code,
        by=an_issuer_officer(institution),
        now=NOW,
    )
