"""Reading the catalogue. Items and programmes are public, so no scope narrows them."""

from xuefen.bank.catalogue.queries.browsing import browse, item_story
from xuefen.bank.catalogue.queries.duplicates import GROUPS as DUPLICATE_GROUPS
from xuefen.bank.catalogue.queries.duplicates import duplicate_groups, equivalents, verdicts
from xuefen.bank.catalogue.queries.proof import violations
from xuefen.bank.catalogue.queries.reading import (
    export_programme,
    item,
    items_by_id,
    items_for,
    offers,
    programme,
    programme_by_id,
    programme_facts,
    programme_versions,
    programmes,
    search_items,
    search_programmes,
    versions_by_id,
)
from xuefen.bank.catalogue.queries.similar import similar

__all__ = [
    "DUPLICATE_GROUPS",
    "browse",
    "duplicate_groups",
    "equivalents",
    "export_programme",
    "item",
    "item_story",
    "items_by_id",
    "items_for",
    "offers",
    "programme",
    "programme_by_id",
    "programme_facts",
    "programme_versions",
    "programmes",
    "search_items",
    "search_programmes",
    "similar",
    "verdicts",
    "versions_by_id",
    "violations",
]
