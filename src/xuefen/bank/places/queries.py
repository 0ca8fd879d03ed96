"""Reading the tree. Names and codes of places are public; scope limits work, not knowledge of the map."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Concat

from xuefen.bank.places.models import Place
from xuefen.bank.places.rules import codes_of
from xuefen.bank.places.types import PLACE_UNKNOWN
from xuefen.bank.shell.actor import Scope
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.violation import Violation


def place(code: str) -> Place:
    """The place with this code. Raises ``Denied(place_unknown)``."""
    found = Place.objects.filter(code=code).first()
    if found is None:
        raise Denied(PLACE_UNKNOWN, place="place_code", code=code)
    return found


def children(parent: Place | None) -> QuerySet[Place]:
    """The places directly under ``parent``, by code; the roots for ``None``."""
    return Place.objects.filter(parent=parent).order_by("code")


def ancestors(below: Place) -> list[Place]:
    """The places above, root first, without the place itself."""
    codes = codes_of(below.path)[:-1]
    return sorted(Place.objects.filter(code__in=codes), key=lambda p: len(p.path))


def below(top: Place) -> QuerySet[Place]:
    """The place and everything under it, in tree order."""
    return Place.objects.filter(path__startswith=top.path).order_by("path")


def within(scope: Scope) -> QuerySet[Place]:
    """The places inside a scope, in tree order."""
    return Place.objects.filter(inside(scope, place="path")).order_by("path")


def inside(scope: Scope, *, place: str = "", institution: str = "", learner: str = "") -> Q:
    """A filter for the rows of any room that lie in ``scope``.

    The arguments name the row's columns: place path ("place__path"), institution id, learner id; leave out what the
    row does not have. A scope that reaches nothing matches nothing.
    """
    if scope.everything:
        return Q()
    condition = Q(pk__in=())
    if place:
        for path in scope.place_paths:
            condition |= Q(**{f"{place}__startswith": path})
    if institution and scope.institution_ids:
        condition |= Q(**{f"{institution}__in": sorted(scope.institution_ids)})
    if learner and scope.learner_ids:
        condition |= Q(**{f"{learner}__in": sorted(scope.learner_ids)})
    return condition


def violations() -> Iterator[Violation]:
    """Scope is a prefix of the path (I7), so every path must be its parent's path and its own code."""
    expected = Concat(Coalesce(F("parent__path"), Value("")), F("code"), Value("/"))
    wrong = Place.objects.annotate(expected=expected).exclude(path=F("expected"))
    for code, path in wrong.values_list("code", "path").order_by("path"):
        yield Violation(invariant="I7", subject=f"place {code}", found=f"path {path} does not follow the tree")
