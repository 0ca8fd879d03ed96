"""What `xuefen prove` finds wrong with rules."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q

from xuefen.bank.conversion.models import Rule, RuleSource
from xuefen.bank.shell.violation import Violation


def violations() -> Iterator[Violation]:
    """Two versions of a rule in force on one day, or a rule whose body and index rows differ (I7)."""
    later = Rule.objects.filter(number=OuterRef("number"), version__gt=OuterRef("version"))
    overlapping = Rule.objects.filter(
        Exists(
            later.filter(
                Q(effective_from__lt=OuterRef("retired_on")) | Q(effective_from__lte=OuterRef("effective_from"))
            )
        )
        | (Q(retired_on=None) & Exists(later))
    )
    for number, version in overlapping.order_by("number", "version").values_list("number", "version"):
        yield Violation(
            invariant="I7", subject=f"rule {number}/{version}", found="in force together with a later version"
        )
    odd = RuleSource.objects.exclude(receiver_id=F("rule__receiver_id")).order_by("id")
    for pk in odd.values_list("id", flat=True):
        yield Violation(invariant="I7", subject=f"rule source {pk}", found="its receiver is not its rule's")
    indexed: dict[int, list[int]] = {}
    for rule_id, item_id in RuleSource.objects.order_by("id").values_list("rule_id", "item_id"):
        indexed.setdefault(rule_id, []).append(item_id)
    for pk, body in Rule.objects.order_by("id").values_list("id", "body").iterator():
        if body["rule"]["sources"] != indexed.get(pk, []):
            yield Violation(
                invariant="I7", subject=f"rule row {pk}", found="its body and its index name different sources"
            )
