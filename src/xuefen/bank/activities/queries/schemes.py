"""Which scheme is in force where, on which day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Q, QuerySet

from xuefen.bank.activities import rules
from xuefen.bank.activities.models import ActivityScheme
from xuefen.bank.activities.types import SCHEME_NONE, SCHEME_UNKNOWN, SchemeRow
from xuefen.bank.places.queries import inside
from xuefen.bank.shell.actor import EVERYTHING, Scope
from xuefen.bank.shell.problems import Denied


def schemes(scope: Scope) -> QuerySet[ActivityScheme]:
    """Every version in the scope, newest first, the institution loaded."""
    reached = inside(scope, place="institution__place__path", institution="institution_id")
    return ActivityScheme.objects.filter(reached).select_related("institution__place").order_by("-id")


def scheme_rows(rows: Iterable[ActivityScheme]) -> list[SchemeRow]:
    """Stored versions as the faces show them."""
    return [
        SchemeRow(
            id=row.pk,
            institution_id=row.institution_id,
            institution_code=row.institution.code,
            institution_name=row.institution.name_zh,
            scheme=rules.stored_scheme(row.body),
            proposed_by=row.proposed_name,
            proposed_by_id=row.proposed_by_id,
            proposed_at=row.proposed_at,
            signed_by=row.signed_name,
            signed_at=row.signed_at,
            text=row.text,
        )
        for row in rows
    ]


def scheme_row(scope: Scope, scheme_id: int) -> SchemeRow:
    """One version. Raises ``Denied(scheme_unknown)``, the same when it is out of reach."""
    found = scheme_rows(schemes(scope).filter(pk=scheme_id))
    if not found:
        raise Denied(SCHEME_UNKNOWN, place="scheme")
    return found[0]


def schemes_in_force(day: date, *, institution_id: int | None = None) -> list[SchemeRow]:
    """The version of each scheme that governs a day, of one institution or of all; one query."""
    wanted = Q(signed_at__isnull=False, effective_from__lte=day)
    if institution_id is not None:
        wanted &= Q(institution_id=institution_id)
    newest = schemes(EVERYTHING).filter(wanted).order_by("institution_id", "code", "-version")
    rows = scheme_rows(newest.distinct("institution_id", "code"))
    return [row for row in rows if row.scheme.retired_on is None or day < row.scheme.retired_on]


def scheme_in_force(day: date, *, institution_id: int, code: str = "") -> SchemeRow:
    """The version of the institution's scheme (of the only one, unless named) on a day. ``Denied(scheme_none)``."""
    found = [row for row in schemes_in_force(day, institution_id=institution_id) if code in ("", row.scheme.code)]
    if not found:
        raise Denied(SCHEME_NONE, place="scheme", on=day.isoformat())
    return found[0]
