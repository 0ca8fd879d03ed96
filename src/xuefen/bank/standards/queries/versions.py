"""Reading published standards. They are public."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from django.db.models import Q, QuerySet

from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards.models import StandardAdoption, StandardVersion
from xuefen.bank.standards.rules import parse_pack
from xuefen.bank.standards.types import STANDARD_UNKNOWN, Loaded
from xuefen.bank.standards.types.life import VERSION_UNKNOWN, VersionRow

_COLUMNS = ("id", "code", "version", "effective_from", "retired_on", "retired_reason", "review_on", "digest",
            "publication", "body__title__zh", "body__title__en", "proposal__number")  # fmt: skip


def current(*, code: str = "cn-2026", on: date) -> Loaded:
    """The version of the standard in force on that day. Raises ``Denied(standard_unknown)`` when there is none."""
    found = StandardVersion.objects.filter(_in_force(on), code=code).values_list("id", "digest").first()
    if found is None:
        raise Denied(STANDARD_UNKNOWN, code=code, on=on.isoformat())
    return _parsed(*found)


HOUSE_STANDARD = "cn-2026"
"""What the bank deposits by, and receivers convert by until they adopt another."""


def adopted(institution_id: int, *, on: date) -> str:
    """The code of the standard a receiver judges conversions by on a day."""
    rows = StandardAdoption.objects.filter(institution_id=institution_id, effective_from__lte=on)
    return rows.order_by("-effective_from").values_list("code", flat=True).first() or HOUSE_STANDARD


def by_id(version_id: int) -> Loaded:
    """A stored version, in force or not. Raises ``Denied(standard_unknown)``."""
    digest = StandardVersion.objects.filter(id=version_id).values_list("digest", flat=True).first()
    if digest is None:
        raise Denied(STANDARD_UNKNOWN, code=str(version_id), on="-")
    return _parsed(version_id, digest)


def in_force(*, on: date) -> list[Loaded]:
    """Every standard in force on a day, by code."""
    rows = StandardVersion.objects.filter(_in_force(on)).order_by("code")
    return [_parsed(*found) for found in rows.values_list("id", "digest")]


def versions(*, code: str = "cn-2026") -> QuerySet[StandardVersion]:
    """Every version of a standard, newest first."""
    return StandardVersion.objects.filter(code=code).order_by("-version")


def listed() -> list[VersionRow]:
    """Every version of every standard: by code, newest first. One query, without the bodies."""
    return _rows(StandardVersion.objects.order_by("code", "-version"))


def version_row(code: str, version: int) -> VersionRow:
    """One version. Raises ``Denied(standard_version_unknown)``."""
    found = _rows(StandardVersion.objects.filter(code=code, version=version))
    if not found:
        raise Denied(VERSION_UNKNOWN, code=code, version=version)
    return found[0]


def body_of(version_id: int) -> Mapping[str, Any]:
    """The body of a version as it was published."""
    found: Mapping[str, Any] = StandardVersion.objects.values_list("body", flat=True).get(id=version_id)
    return found


def publication_of(version_id: int) -> bytes:
    """The signed act of publication as canonical JSON; empty for what the house loaded."""
    return bytes(StandardVersion.objects.values_list("publication", flat=True).get(id=version_id))


def newest_version(code: str) -> int:
    """The highest version number published under a code; 0 when there is none."""
    found = StandardVersion.objects.filter(code=code).order_by("-version").values_list("version", flat=True).first()
    return found or 0


def _in_force(on: date) -> Q:
    return Q(effective_from__lte=on) & (Q(retired_on=None) | Q(retired_on__gt=on))


def _rows(found: QuerySet[StandardVersion]) -> list[VersionRow]:
    rows: Iterable[dict[str, Any]] = found.values(*_COLUMNS)
    return [
        VersionRow(
            id=row["id"],
            code=row["code"],
            version=row["version"],
            title_zh=row["body__title__zh"],
            title_en=row["body__title__en"],
            effective_from=row["effective_from"],
            retired_on=row["retired_on"],
            retired_reason=row["retired_reason"],
            review_on=row["review_on"],
            digest=row["digest"],
            proposal=row["proposal__number"],
            signed=bool(row["publication"]),
        )
        for row in rows
    ]


@lru_cache(maxsize=64)
def _parsed(version_id: int, digest: str) -> Loaded:
    """The parsed pack. The digest is part of the key, so that an id used again in another database is another pack."""
    row = StandardVersion.objects.get(id=version_id)
    return Loaded(id=row.id, code=row.code, version=row.version, digest=digest, pack=parse_pack(row.body))
