"""What the public pages show of items: listings by institution, class and level, and all there is about one item."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef

from xuefen.bank.catalogue.models import Item, ItemVersion, Programme, ProgrammeItem
from xuefen.bank.catalogue.queries.reading import facts_in_order, items_by_id, name_filter
from xuefen.bank.catalogue.types import ItemPage, ItemStory, ItemVersionFacts, Place
from xuefen.bank.shell.problems import NOT_FOUND, Denied

PAGE = 50
MOST_PLACES = 50


def browse(
    *, text: str = "", institution_code: str = "", outcome_class: str = "", level: int | None = None, page: int = 1
) -> ItemPage:
    """Items in force by institution and code, narrowed by what is given; three queries."""
    versions = ItemVersion.objects.filter(item=OuterRef("pk"), retired_on=None)
    if text:
        versions = versions.filter(name_filter(text))
    if outcome_class:
        versions = versions.filter(outcome_class=outcome_class)
    if level is not None:
        versions = versions.filter(level=level)
    found = Item.objects.filter(Exists(versions))
    if institution_code:
        found = found.filter(institution__code=institution_code)
    total = found.count()
    page = max(1, min(page, -(-total // PAGE)))
    ids = list(
        found.order_by("institution__code", "code").values_list("id", flat=True)[(page - 1) * PAGE : page * PAGE]
    )
    facts = items_by_id(ids)
    return ItemPage(items=tuple(facts[i] for i in ids if i in facts), total=total, page=page, size=PAGE)


def item_story(institution_code: str, code: str) -> ItemStory:
    """An item with its versions and the programmes it stands in; five queries. Raises ``Denied(not_found)``."""
    row = Item.objects.filter(institution__code=institution_code, code=code).first()
    if row is None:
        raise Denied(NOT_FOUND, place="item")
    chosen = ItemVersion.objects.filter(item=row)
    more = {v.id: v for v in chosen}
    ordered = [
        _version(facts, more[facts.version_id])
        for facts in reversed(facts_in_order(chosen))
        if facts.version_id in more
    ]
    in_force: list[ItemVersionFacts] = [one for one in ordered if one.retired_on is None]
    ordered = in_force + [one for one in ordered if one.retired_on is not None]
    newest = Programme.objects.filter(
        id__in=ProgrammeItem.objects.filter(item=row).values("programme_id"), retired_on=None
    ).select_related("institution")
    places = tuple(
        Place(one.institution.code, one.code, one.version, one.name)
        for one in newest.order_by("institution__code", "code", "-version")[:MOST_PLACES]
    )
    return ItemStory(
        item_id=row.id,
        institution_code=institution_code,
        code=row.code,
        versions=tuple(ordered),
        places=places,
        places_total=len(places) if len(places) < MOST_PLACES else newest.count(),
    )


def _version(facts: Any, row: ItemVersion) -> ItemVersionFacts:
    retired: date | None = row.retired_on
    return ItemVersionFacts(
        facts=facts,
        effective_from=row.effective_from,
        retired_on=retired,
        statements=tuple(row.detail.get("statements", ())),
        skills=tuple(row.detail.get("skills", ())),
    )
