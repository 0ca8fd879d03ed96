"""Opening places, one by one or from a list of administrative divisions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from xuefen.bank.audit import actions as audit
from xuefen.bank.places import rules
from xuefen.bank.places.models import Place
from xuefen.bank.places.types import PLACE_EXISTS, PLACE_MOVED, PLACE_UNKNOWN, Division, PlaceKind
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.copy import allocate_ids, copy_rows
from xuefen.bank.shell.problems import NOT_ALLOWED, Denied
from xuefen.bank.shell.transaction import use_case, wait_turn


@use_case
def open_place(
    *, code: str, name: str, kind: PlaceKind, parent_code: str | None = None, by: Actor, now: datetime
) -> Place:
    """Open one place under another.

    Raises ``Denied``: place_code, place_name, place_exists, place_unknown (the parent), place_parent, not_allowed.
    """
    division = rules.checked(Division(code=code, name=name, kind=kind, parent_code=parent_code))
    wait_turn("places")  # one writer at a time keeps a parent from being judged while it is being written
    known = _by_code([division])
    if code in known:
        raise Denied(PLACE_EXISTS, place="code", code=code)
    place = _placed(division, known, by=by)
    place.save()
    audit.record(
        action="places.opened",
        by=by,
        now=now,
        subject=("place", code),
        after={"name": place.name, "kind": place.kind, "path": place.path},
    )
    return place


@use_case
def import_divisions(*, divisions: Iterable[Division], by: Actor, now: datetime) -> int:
    """Open every division that is not there yet and rename those with another name; return how many were opened.

    Rows may come in any order as long as every parent is in the list or already open. All or nothing. Raises
    ``Denied`` as ``open_place`` does, and place_moved when a known code has another parent or kind; ``place`` of the
    problem is the division's code.
    """
    rows = {d.code: d for d in map(rules.checked, divisions)}
    wait_turn("places")  # one writer at a time keeps a parent from being judged while it is being written
    known = _by_code(rows.values())
    fresh: list[Place] = []
    for division in _parents_first(rows, known):
        if division.code in known:
            _rename(known[division.code], division, by=by, now=now)
        else:
            known[division.code] = _placed(division, known, by=by)
            fresh.append(known[division.code])
    for place, pk in zip(fresh, allocate_ids(Place, len(fresh)), strict=True):
        place.pk = pk
    copy_rows(
        Place,
        ("id", "code", "name", "kind", "parent_id", "path"),
        ((p.pk, p.code, p.name, p.kind, p.parent.pk if p.parent else None, p.path) for p in fresh),
    )
    audit.record(action="places.imported", by=by, now=now, subject=("place", "divisions"), after={"opened": len(fresh)})
    return len(fresh)


def _by_code(divisions: Iterable[Division]) -> dict[str, Place]:
    wanted = {code for d in divisions for code in (d.code, d.parent_code) if code}
    return {p.code: p for p in Place.objects.filter(code__in=wanted).select_related("parent")}


def _placed(division: Division, known: dict[str, Place], *, by: Actor) -> Place:
    """A new place (not yet written), judged: its parent exists and suits, and the actor reaches it."""
    parent = known.get(division.parent_code) if division.parent_code else None
    if division.parent_code and parent is None:
        raise Denied(PLACE_UNKNOWN, place="parent_code", code=division.parent_code)
    rules.check_parent(division, PlaceKind(parent.kind) if parent else None)
    path = rules.path_of(division.code, parent.path if parent else "")
    if not by.scope("places.edit").reaches(place_path=path):
        raise Denied(NOT_ALLOWED, action="places.edit")
    return Place(code=division.code, name=division.name, kind=division.kind, parent=parent, path=path)


def _rename(place: Place, division: Division, *, by: Actor, now: datetime) -> None:
    parent_code = place.parent.code if place.parent else None
    if place.kind != division.kind or parent_code != division.parent_code:
        raise Denied(PLACE_MOVED, place=division.code, code=division.code)
    if place.name == division.name:
        return
    if not by.scope("places.edit").reaches(place_path=place.path):
        raise Denied(NOT_ALLOWED, action="places.edit")
    audit.record(
        action="places.renamed",
        by=by,
        now=now,
        subject=("place", place.code),
        before={"name": place.name},
        after={"name": division.name},
    )
    place.name = division.name
    place.save(update_fields=["name"])


def _parents_first(rows: dict[str, Division], known: dict[str, Place]) -> list[Division]:
    """The rows so ordered that every parent comes before its children. Raises ``Denied(place_unknown)``."""
    done: dict[str, Division] = {}
    for start in rows.values():
        chain: dict[str, Division] = {}
        step: Division | None = start
        while step is not None and step.code not in done and step.code not in chain:
            chain[step.code] = step
            above = step.parent_code
            if above and above not in rows and above not in known:
                raise Denied(PLACE_UNKNOWN, place=step.code, code=above)
            step = rows.get(above) if above else None
        if step is not None and step.code in chain:  # a circle: nothing in it hangs from the tree
            raise Denied(PLACE_UNKNOWN, place=start.code, code=str(start.parent_code))
        done |= dict(reversed(chain.items()))
    return list(done.values())
