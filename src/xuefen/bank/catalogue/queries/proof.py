"""What of the catalogue can be proved on a live database."""

from __future__ import annotations

from collections.abc import Iterator

from xuefen.bank.catalogue.models import Item, ItemVerdict, Programme, ProgrammeItem
from xuefen.bank.catalogue.rules import courses, find_tree_errors
from xuefen.bank.shell.violation import Violation
from xuefen.bank.translog import queries as translog


def violations() -> Iterator[Violation]:
    """Programmes whose tree is malformed, or names a course no row of ``programme_item`` vouches for (I7)."""
    known: dict[int, set[tuple[str, int]]] = {}
    for programme_id, node, item_id in ProgrammeItem.objects.values_list("programme_id", "node", "item_id"):
        known.setdefault(programme_id, set()).add((node, item_id))
    for row in Programme.objects.order_by("id").iterator():
        subject = f"programme {row.id} {row.code}/{row.version}"
        if errors := find_tree_errors(row.tree):
            yield Violation(invariant="I7", subject=subject, found=f"{errors[0][0]}: {errors[0][2]}")
        if {(c["id"], c["item_id"]) for c in courses(row.tree)} != known.get(row.id, set()):
            yield Violation(invariant="I7", subject=subject, found="its tree and its rows name different courses")
    for item_id in Item.objects.filter(versions=None).values_list("id", flat=True):
        yield Violation(invariant="I7", subject=f"item {item_id}", found="it has no version")
    yield from _verdict_violations()


def _verdict_violations() -> Iterator[Violation]:
    """Verdicts that their leaf does not say, and leaves without a verdict (I5)."""
    said = {leaf: fact for facts in translog.facts("catalogue.compared") for leaf, fact in facts}
    for row in ItemVerdict.objects.order_by("id").iterator():
        fact = said.pop(row.leaf_id, {})
        if (fact.get("one"), fact.get("other"), fact.get("verdict")) != (row.one_id, row.other_id, row.verdict):
            subject = f"verdict on items {row.one_id} and {row.other_id}"
            yield Violation(invariant="I5", subject=subject, found="its leaf does not say it")
    for leaf in said:
        yield Violation(invariant="I5", subject=f"leaf {leaf}", found="it names a verdict that is not there")
