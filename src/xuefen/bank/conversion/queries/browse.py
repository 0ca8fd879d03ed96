"""The public browser of rules."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.conversion.models import Rule, RuleSource, RuleTarget
from xuefen.bank.conversion.queries.versions import in_force, planned
from xuefen.bank.conversion.rules.text import sentence_of
from xuefen.bank.conversion.types import Coverage, RulePage, RuleState, RuleView, Text
from xuefen.bank.conversion.types.drafts import RULE_UNKNOWN
from xuefen.bank.conversion.types.life import Standing
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock import ids

PAGE = 50
MOST_COUNTED = 10_000
"""Rules that are counted and paged through; beyond it, somebody narrows the search."""


def rules_browser(
    text: str = "",
    page: int = 1,
    *,
    receiver: str = "",
    source: str = "",
    agreement: str = "",
    standing: Standing = Standing.ALL,
    on: date | None = None,
) -> RulePage:
    """Rules, newest version each: all, or those with this number, or with an item that matches ``text``, narrowed to a
    receiver, to an institution whose outcomes they take or deny, to an agreement, and to where they stand on a day. At most
    six queries; no more than ``MOST_COUNTED`` are counted.
    """
    newest = Rule.objects.filter(number=OuterRef("number"), version__gt=OuterRef("version"))
    found = Rule.objects.filter(~Exists(newest)).exclude(state=RuleState.DRAFT)
    if receiver:
        found = found.filter(receiver__code=receiver)
    if source:
        takes = RuleSource.objects.filter(rule_id=OuterRef("id"), item__institution__code=source)
        denies = RuleTarget.objects.filter(rule_id=OuterRef("id"), denied_issuer=source)
        found = found.filter(Exists(takes) | Exists(denies))
    if agreement:
        found = found.filter(agreement__number=ids.normalise(agreement))
    if on is not None and standing is not Standing.ALL:
        found = found.filter(_stands(standing, on))
    if text.strip():
        items = [i.item_id for i in catalogue.search_items(text, limit=200)]
        taking = RuleSource.objects.filter(item_id__in=items).values("rule_id")
        giving = RuleTarget.objects.filter(item_id__in=items).values("rule_id")
        found = found.filter(Q(number=ids.normalise(text)) | Q(id__in=taking) | Q(id__in=giving))
    total = found[: MOST_COUNTED + 1].count()
    pages = max(1, -(-total // PAGE))
    page = min(max(1, page), pages)
    rows = found.select_related("agreement", "receiver").order_by("number")[(page - 1) * PAGE : page * PAGE]
    return RulePage(_views(rows), page, pages, total)


def _stands(standing: Standing, on: date) -> Q:
    over = Q(retired_on__lte=on) | Q(agreement__ended_on__lte=on)
    if standing is Standing.ENDED:
        return over
    return ~over & (Q(effective_from__gt=on) if standing is Standing.COMING else Q(effective_from__lte=on))


def rule(number: str) -> tuple[RuleView, ...]:
    """Every version of a rule, newest first. Raises ``Denied(rule_unknown)``."""
    rows = Rule.objects.filter(number=ids.normalise(number)).exclude(state=RuleState.DRAFT)
    found = _views(rows.select_related("agreement", "receiver").order_by("-version"))
    if not found:
        raise Denied(RULE_UNKNOWN, place="number", number=number)
    return found


def _views(rows: Iterable[Rule]) -> tuple[RuleView, ...]:
    """Rules as people read them; two more queries for what items and institutions are called, however many rows."""
    found = [(row, planned(row.number, row.version, row.body)) for row in rows]
    items = {i for _, rule in found for i in (*rule.items(), *(t.item_id for t in rule.targets))}
    known = catalogue.items_by_id(items) if items else {}
    issuers = {rule.denied_issuer for _, rule in found if rule.denied_issuer}
    named = institutions.institutions(EVERYTHING).filter(code__in=issuers).values_list("code", "name_zh")
    schools = dict(named) if issuers else {}

    def name(item_id: int) -> str:
        return known[item_id].name if item_id in known else f"#{item_id}"

    def credits(item_id: int) -> int | None:
        return known[item_id].declared_credit if item_id in known else None

    return tuple(
        _view(row, sentence_of(rule, name=name, issuer=lambda code: schools.get(code, code), credits=credits))
        for row, rule in found
    )


def _view(row: Rule, sentence: Text) -> RuleView:
    return RuleView(
        number=row.number,
        version=row.version,
        state=row.state,
        agreement=row.agreement.number,
        receiver_code=row.receiver.code,
        receiver_name=row.receiver.name_zh,
        effective_from=row.effective_from,
        retired_on=row.retired_on,
        sources=tuple(row.body["from"]),
        targets=tuple(row.body["to"]),
        body=row.body["rule"],
        sentence=sentence,
        agreement_name=row.agreement.name,
    )


def reach(*, on: date) -> Coverage:
    """How much the rules in force reach; three queries."""
    live = in_force(on)
    rules = live.aggregate(rules=Count("id"), receivers=Count("receiver_id", distinct=True))
    sources = RuleSource.objects.filter(rule__in=live).aggregate(n=Count("item_id", distinct=True))
    targets = RuleTarget.objects.filter(rule__in=live).aggregate(n=Count("item_id", distinct=True))
    return Coverage(rules["rules"], sources["n"], targets["n"], rules["receivers"])
