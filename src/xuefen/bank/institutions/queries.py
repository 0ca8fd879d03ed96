"""Reading institutions. Who issues and who receives is public."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.db.models import F, Q, QuerySet

from xuefen.bank.institutions.models import Institution, Qualification
from xuefen.bank.institutions.types import INSTITUTION_UNKNOWN, OutcomeClass
from xuefen.bank.places.queries import inside
from xuefen.bank.shell.actor import Scope
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.violation import Violation


def by_code(code: str) -> Institution:
    """The institution with this code, its place loaded. Raises ``Denied(institution_unknown)``."""
    found = Institution.objects.select_related("place").filter(code=code).first()
    if found is None:
        raise Denied(INSTITUTION_UNKNOWN, place="institution_code", code=code)
    return found


def qualified_classes(institution_id: int, *, on: date) -> frozenset[OutcomeClass]:
    """The classes of outcome the institution may deposit on that day."""
    found = Qualification.objects.filter(_counting(on), institution_id=institution_id)
    return frozenset(OutcomeClass(c) for c in found.values_list("outcome_class", flat=True))


def qualified(*, on: date) -> frozenset[tuple[int, str]]:
    """Every (institution, class of outcome) that may be deposited on that day; one query."""
    return frozenset(Qualification.objects.filter(_counting(on)).values_list("institution_id", "outcome_class"))


def qualifications(institution: Institution) -> QuerySet[Qualification]:
    """Every review of the institution, newest first."""
    return Qualification.objects.filter(institution=institution).order_by("-effective_from", "-id")


def institutions(scope: Scope) -> QuerySet[Institution]:
    """The institutions inside a scope (their place, or they themselves), by code."""
    reached = inside(scope, place="place__path", institution="id")
    return Institution.objects.filter(reached).select_related("place").order_by("code")


def english_names() -> dict[str, str]:
    """English names by Chinese name, of those that have one; none for a name that two institutions translate differently."""
    rows = Institution.objects.exclude(name_en="").values_list("name_zh", "name_en")
    found: dict[str, set[str]] = {}
    for zh, en in rows:
        found.setdefault(zh, set()).add(en)
    return {zh: names.pop() for zh, names in found.items() if len(names) == 1}


def _counting(day: date) -> Q:
    """``rules.counts_on`` as a filter."""
    return Q(effective_from__lte=day, expires_on__gte=day) & (Q(ended_on=None) | Q(ended_on__gt=day))


def violations() -> Iterator[Violation]:
    """A qualification that ended before it began was written by another hand than ours (I7)."""
    odd = Qualification.objects.filter(ended_on__lt=F("effective_from")).order_by("id")
    for pk, ended_on in odd.values_list("id", "ended_on"):
        yield Violation(invariant="I7", subject=f"qualification {pk}", found=f"ended on {ended_on}, before it began")
