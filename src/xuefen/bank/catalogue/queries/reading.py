"""Reading the catalogue. Items and programmes are public, so no scope narrows them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import CharField, Q, QuerySet, Value

from xuefen.bank.catalogue.models import ItemVersion, Programme
from xuefen.bank.catalogue.rules.requirements import COURSE_UNIT, HEAD, write_requirement
from xuefen.bank.catalogue.types import PROGRAMME_UNKNOWN, ItemFacts, ItemKind, Items, ProgrammeFacts
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.shell.problems import NOT_FOUND, Denied
from xuefen.bedrock.names import char_bigrams, course_name_key

_COLUMNS = {
    "item_id": "item_id",
    "version_id": "id",
    "institution_id": "item__institution_id",
    "code": "item__code",
    "kind": "item__kind",
} | {
    name: name
    for name in (
        "version", "name", "outcome_class", "type_code", "level", "theory_hours", "practice_hours", "practice_weeks",
        "declared_credit", "online", "family", "detail", "effective_from",
    )
}  # fmt: skip
"""Field of :class:`ItemFacts` (and two more) → column."""


def items_for(issuer_id: int, *, on: date | None = None, codes: Collection[str] | None = None) -> Items:
    """Every item version of the issuer that is in force on that day (or simply not retired), in one query; only of ``codes``
    when they are given.

    The latest of a code is the one that took effect last; among variants of one year (2022, 2022-2) the plain one.
    """
    wanted = ItemVersion.objects.filter(_in_force(on), item__institution_id=issuer_id)
    rows = facts_in_order(wanted if codes is None else wanted.filter(item__code__in=codes))
    by_version: dict[tuple[str, str], ItemFacts] = {}
    latest: dict[str, ItemFacts] = {}
    for facts in rows:
        by_version[facts.code, facts.version] = facts
        latest[facts.code] = facts
    return Items(by_version=by_version, latest=latest)


def item(institution_code: str, code: str, *, version: str = "") -> ItemFacts:
    """One item by its institution's code and its own; the latest version unless one is named. ``Denied(not_found)``."""
    chosen = ItemVersion.objects.filter(item__institution__code=institution_code, item__code=code)
    found = facts_in_order(chosen.filter(version=version) if version else chosen.filter(retired_on=None))
    if not found:
        raise Denied(NOT_FOUND, place="item")
    return found[-1]


def items_by_id(item_ids: Iterable[int]) -> dict[int, ItemFacts]:
    """The latest version of each of these items, in one query; unknown ids are simply not in the answer."""
    return {facts.item_id: facts for facts in facts_in_order(ItemVersion.objects.filter(item_id__in=list(item_ids)))}


def versions_by_id(version_ids: Iterable[int]) -> dict[int, ItemFacts]:
    """These very versions, retired or not, in one query."""
    return {facts.version_id: facts for facts in facts_in_order(ItemVersion.objects.filter(id__in=list(version_ids)))}


def programme(institution_code: str, code: str, version: str | None = None) -> ProgrammeFacts:
    """One version of a programme, the newest unless named. Raises ``Denied(programme_unknown)``."""
    chosen = Programme.objects.filter(institution__code=institution_code, code=code)
    chosen = chosen.filter(version=version) if version else chosen.filter(retired_on=None)
    found = chosen.select_related("institution").order_by("-effective_from", "-id").first()
    if found is None:
        raise Denied(PROGRAMME_UNKNOWN, place="programme", code=code)
    return programme_facts(found)


def programme_by_id(programme_id: int) -> ProgrammeFacts:
    """One version of a programme by its id. Raises ``Denied(programme_unknown)``."""
    found = Programme.objects.select_related("institution").filter(id=programme_id).first()
    if found is None:
        raise Denied(PROGRAMME_UNKNOWN, place="programme", code=programme_id)
    return programme_facts(found)


def programme_facts(row: Programme) -> ProgrammeFacts:
    return ProgrammeFacts(
        id=row.id,
        institution_id=row.institution_id,
        institution_code=row.institution.code,
        code=row.code,
        version=row.version,
        name=row.name,
        level=row.level,
        total_credits=row.total_credits,
        tree=row.tree,
        award=row.award,
    )


def export_programme(institution_code: str, code: str, version: str | None = None) -> dict[str, Any]:
    """A programme as a requirement document that ``requirement-trees`` reads again; an imported one word for word.

    ``document`` is the document itself, the other keys say whose it is. Raises ``Denied(programme_unknown)``.
    """
    chosen = Programme.objects.filter(institution__code=institution_code, code=code)
    chosen = chosen.filter(version=version) if version else chosen.filter(retired_on=None)
    row = chosen.order_by("-effective_from", "-id").first()
    if row is None:
        raise Denied(PROGRAMME_UNKNOWN, place="programme", code=code)
    document = write_requirement(row.tree, unit=COURSE_UNIT)
    if "type" not in document:
        head: dict[str, Any] = {
            "type": "Programme",
            "name": row.name,
            "code": row.code,
            "version": row.version,
            "award": row.award,
        }
        head |= {"level": row.level, "effective_from": row.effective_from.isoformat()}
        document = head | document
    document = {key: document[key] for key in HEAD if key in document} | document
    return {"institution": institution_code, "code": row.code, "version": row.version, "document": document}


def programmes(*, institution_code: str = "") -> QuerySet[Programme]:
    """Programmes in force, of one institution or of all, by institution, code and newest version."""
    found = Programme.objects.filter(retired_on=None).select_related("institution")
    if institution_code:
        found = found.filter(institution__code=institution_code)
    return found.order_by("institution__code", "code", "-version")


def name_filter(text: str) -> Q:
    """Versions whose name holds every character pair of ``text``, or whose code it is."""
    pairs = [pair for pair in char_bigrams(text) if len(pair) > 1]
    wanted = Q(item__code=text.strip().upper())
    if pairs:
        # The stored column is varchar[]; without the cast PostgreSQL finds no operator for it and text[].
        array = Value(pairs, output_field=ArrayField(CharField(max_length=4)))
        wanted |= Q(bigrams__contains=array)
    return wanted


def search_items(text: str, limit: int = 20) -> list[ItemFacts]:
    """Items in force whose name holds every character pair of ``text``, or whose code is it; exact names first.

    Fewer than two characters find only codes: one character would match a large part of the catalogue.
    """
    # Several versions of one item often match; look at more rows than asked for, then keep one of each item.
    rows = ItemVersion.objects.filter(name_filter(text), retired_on=None)
    key = course_name_key(text)
    best: dict[int, ItemFacts] = {}
    for facts in facts_in_order(rows.order_by("name_key", "item_id")[: limit * 12]):
        best[facts.item_id] = facts
    ranked = sorted(best.values(), key=lambda f: (course_name_key(f.name) != key, len(f.name), f.code, f.item_id))
    return ranked[:limit]


def programme_versions(institution_code: str, code: str) -> QuerySet[Programme]:
    """Versions of a programme in force, newest first, without their trees."""
    return (
        programmes(institution_code=institution_code).filter(code=code).defer("tree").order_by("-effective_from", "-id")
    )


def search_programmes(text: str, limit: int = 20, *, institution_code: str = "") -> list[ProgrammeFacts]:
    """Programmes in force whose name or code contains ``text``, shortest name first, newest version first."""
    rows = programmes(institution_code=institution_code).filter(Q(name__icontains=text.strip()) | Q(code=text.strip()))
    found = [programme_facts(row) for row in rows[: limit * 12]]
    return sorted(found, key=lambda p: (len(p.name), p.institution_code, p.code, _newest_first(p.version)))[:limit]


def _newest_first(version: str) -> tuple[int, ...]:
    return tuple(-ord(c) for c in version)


def _in_force(on: date | None) -> Q:
    if on is None:
        return Q(retired_on=None)
    return Q(effective_from__lte=on) & (Q(retired_on=None) | Q(retired_on__gt=on))


def facts_in_order(rows: QuerySet[ItemVersion]) -> list[ItemFacts]:
    """Facts in the order in which a later one supersedes an earlier one of the same item."""
    found = [_fact(values) for values in rows.values_list(*_COLUMNS.values())]
    # Longer and later version names come first: 2022-2 must not supersede 2022.
    return [
        facts
        for _, facts in sorted(
            found, key=lambda pair: (pair[0], -len(pair[1].version), _newest_first(pair[1].version), pair[1].version_id)
        )
    ]


def _fact(values: Iterable[Any]) -> tuple[date, ItemFacts]:
    """A row of ``_COLUMNS`` as facts, with the day it takes effect."""
    named: dict[str, Any] = dict(zip(_COLUMNS, values, strict=True))
    detail, effective_from = named.pop("detail"), named.pop("effective_from")
    named["kind"], named["outcome_class"] = ItemKind(named["kind"]), OutcomeClass(named["outcome_class"])
    facts = ItemFacts(
        **named,
        subject=detail.get("subject", ""),
        authoritative=detail.get("authoritative", False),
        nature=detail.get("nature", ""),
    )
    return effective_from, facts


def offers(item_ids: Iterable[int] | None = None) -> Iterator[tuple[ItemFacts, date, date | None]]:
    """Every version of these items, or of all, with the days from which and before which it is offered; one query, streamed."""
    rows = ItemVersion.objects.all() if item_ids is None else ItemVersion.objects.filter(item_id__in=list(item_ids))
    for *values, retired_on in rows.values_list(*_COLUMNS.values(), "retired_on").iterator(5000):
        effective_from, facts = _fact(values)
        yield facts, effective_from, retired_on
