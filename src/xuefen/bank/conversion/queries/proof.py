"""What `xuefen prove` finds wrong with rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce

from xuefen.bank.conversion.models import Rule, RuleSource, RuleTarget
from xuefen.bank.conversion.queries.promises import life_violations
from xuefen.bank.conversion.queries.versions import planned
from xuefen.bank.conversion.rules.publishing import source_items, statement_of
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
    yield from _said_twice()
    yield from _index_rows()
    yield from life_violations()


def _said_twice() -> Iterator[Violation]:
    """Two rules that say the same of the same sources and targets on one day."""
    other = Rule.objects.filter(statement=OuterRef("statement"), id__lt=OuterRef("id")).exclude(
        number=OuterRef("number")
    )
    meeting = other.annotate(until=Coalesce("retired_on", Value(date.max))).filter(
        until__gt=OuterRef("effective_from"),
        effective_from__lt=Coalesce(OuterRef("retired_on"), Value(date.max)),
    )
    for number, version in Rule.objects.filter(Exists(meeting)).order_by("id").values_list("number", "version"):
        yield Violation(
            invariant="I7", subject=f"rule {number}/{version}", found="another rule says the same on one day"
        )


def _index_rows() -> Iterator[Violation]:
    """Rules whose body and index rows name different items, or whose statement is not that of the body."""
    sources: dict[int, list[int]] = {}
    for rule_id, item_id in RuleSource.objects.order_by("id").values_list("rule_id", "item_id"):
        sources.setdefault(rule_id, []).append(item_id)
    targets: dict[int, list[tuple[int, str]]] = {}
    for rule_id, item_id, issuer in RuleTarget.objects.order_by("id").values_list(
        "rule_id", "item_id", "denied_issuer"
    ):
        targets.setdefault(rule_id, []).append((item_id, issuer))
    columns = ("id", "number", "version", "receiver_id", "statement", "denies", "body")
    for pk, number, version, receiver_id, statement, denies, body in (
        Rule.objects.order_by("id").values_list(*columns).iterator()
    ):
        rule = planned(number, version, body)
        named = [(target.item_id, rule.denied_issuer) for target in rule.targets]
        if list(source_items(rule)) != sources.get(pk, []):
            yield _differs(pk, "sources")
        if named != targets.get(pk, []):
            yield _differs(pk, "targets")
        if (statement_of(rule, receiver_id), rule.denies) != (statement, denies):
            yield _differs(pk, "statements")


def _differs(pk: int, what: str) -> Violation:
    return Violation(invariant="I7", subject=f"rule row {pk}", found=f"its body and its index name different {what}")
