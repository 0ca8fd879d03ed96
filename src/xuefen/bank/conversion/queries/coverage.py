"""What the rules in force reach, counted by the database in a fixed number of queries, however many rules."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

from django.core.cache import cache
from django.db.models import Count, Max
from django.db.models.functions import Substr

from xuefen.bank.catalogue.queries.counting import courses_by_prefix, offered
from xuefen.bank.conversion.models import Rule, RuleSource, RuleTarget
from xuefen.bank.conversion.queries.versions import in_force
from xuefen.bank.conversion.types.coverage import CLASSES, FIELDS, OTHER_FIELD, CoverageMap, Reach
from xuefen.bank.conversion.types.problem import Text
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import EVERYTHING

AXIS = 40
"""Institutions shown on one side of the map."""
LARGE, KEPT = 50_000, timedelta(minutes=15)
"""From so many rules on counting takes seconds: a job does it, and its map is shown for so long before it is counted anew."""
_KEY = "rule-coverage"


def coverage_map(*, now: datetime) -> tuple[CoverageMap | None, bool]:
    """The map of today, and whether it is fresh. Of a large register it is the one last counted, None before the first;
    whoever finds it not fresh queues ``tasks.defer_coverage``.
    """
    newest = Rule.objects.aggregate(newest=Max("id"))["newest"] or 0
    if newest < LARGE:
        return count_coverage(on=clock.today(now)), True
    kept: tuple[CoverageMap, datetime] | None = cache.get(_KEY)
    if kept is None:
        return None, False
    found, counted_at = kept
    return found, now - counted_at < KEPT


def keep_coverage(*, now: datetime) -> None:
    """Count and keep the map for ``coverage_map``. What it holds can be counted again at any time."""
    cache.set(_KEY, (count_coverage(on=clock.today(now)), now), None)


def count_coverage(*, on: date) -> CoverageMap:
    """Count now; five queries."""
    live = in_force(on).filter(denies=False)
    rows = (
        RuleSource.objects.filter(rule__in=live)
        .values_list("item__institution_id", "receiver_id")
        .annotate(items=Count("item_id", distinct=True), rules=Count("rule_id", distinct=True))
        .order_by()
    )
    pairs = list(rows)
    names = {
        pk: (code, name)
        for pk, code, name in institutions.institutions(EVERYTHING)
        .filter(pk__in={i for pair in pairs for i in pair[:2]})
        .values_list("id", "code", "name_zh")
    }
    issuers, receivers = _largest(pairs, 0), _largest(pairs, 1)
    have = offered(on=on)
    cells = tuple(
        Reach(names[issuer][0], names[receiver][0], items, max(items, have.get(issuer, 0)), rules)
        for issuer, receiver, items, rules in sorted(pairs)
        if issuer in issuers and receiver in receivers
    )
    fields, field_cells = _fields(on)
    left_off = len({i for i, *_ in pairs}) - len(issuers) + len({r for _, r, *_ in pairs}) - len(receivers)
    return CoverageMap(
        on=on,
        issuers=tuple(names[i] for i in issuers),
        receivers=tuple(names[r] for r in receivers),
        pairs=cells,
        fields=fields,
        field_cells=field_cells,
        hidden=left_off,
    )


def _largest(pairs: list[tuple[int, int, int, int]], side: int) -> list[int]:
    total: Counter[int] = Counter()
    for pair in pairs:
        total[pair[side]] += pair[2]
    return [pk for pk, _ in sorted(total.items(), key=lambda entry: (-entry[1], entry[0]))[:AXIS]]


def _fields(on: date) -> tuple[tuple[tuple[str, Text], ...], tuple[Reach, ...]]:
    live = in_force(on).filter(denies=False)
    rows = (
        RuleTarget.objects.filter(rule__in=live, item__programmeitem__programme__retired_on=None)
        .values_list(
            Substr("item__programmeitem__programme__code", 1, 2), "rule__sources__item__versions__outcome_class"
        )
        .annotate(n=Count("item_id", distinct=True))
        .order_by()
    )
    totals: Counter[str] = Counter()
    for prefix, count in courses_by_prefix(on=on).items():
        totals[_field(prefix)] += count
    reached: Counter[tuple[str, str]] = Counter()
    for prefix, outcome_class, count in rows:
        if prefix is not None and outcome_class is not None:
            reached[_field(prefix), outcome_class] += count
    order = sorted(totals, key=lambda field: (field == "", field))
    names = tuple((field, Text(*FIELDS.get(field, OTHER_FIELD))) for field in order)
    cells = tuple(
        Reach(field, kind, min(reached[field, kind], totals[field]), totals[field])
        for field in order
        for kind in CLASSES
    )
    return names, cells


def _field(prefix: str) -> str:
    return prefix if prefix in FIELDS else ""
