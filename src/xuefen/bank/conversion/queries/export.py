"""Published rules as drafts again: what is written out as text, and what a next version starts from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from xuefen.bank.conversion.models import Rule
from xuefen.bank.conversion.queries.locks import agreement_by_number
from xuefen.bank.conversion.queries.versions import in_force, planned
from xuefen.bank.conversion.rules.publishing import draft_of
from xuefen.bank.conversion.types import RuleDraft, RuleState
from xuefen.bank.institutions import queries as institutions


def published_drafts(
    *, agreement_number: str = "", receiver_code: str = "", on: date | None = None
) -> Iterator[RuleDraft]:
    """The rules of an agreement, of a receiver, or all, in the order of publication; those in force on a day, or every version.

    Raises ``Denied``: agreement_unknown, institution_unknown.
    """
    rows = Rule.objects.exclude(state=RuleState.DRAFT) if on is None else in_force(on)
    if agreement_number:
        rows = rows.filter(agreement=agreement_by_number(agreement_number))
    if receiver_code:
        rows = rows.filter(receiver=institutions.by_code(receiver_code))
    for row in rows.select_related("receiver").order_by("id").iterator():
        yield _draft(row)


def draft_of_rule(number: str) -> RuleDraft | None:
    """The newest version of a rule as a draft, None when there is no such rule."""
    row = Rule.objects.filter(number=number).select_related("receiver").order_by("-version").first()
    return _draft(row) if row is not None else None


def _draft(row: Rule) -> RuleDraft:
    rule = planned(row.number, row.version, row.body)
    until = row.retired_on
    return draft_of(rule, named=row.body, receiver=row.receiver.code, since=row.effective_from, until=until)
