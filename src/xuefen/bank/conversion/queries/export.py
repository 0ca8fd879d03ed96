"""Published rules as drafts again: what is written out as text, and what a next version starts from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.catalogue.types import ItemKind
from xuefen.bank.conversion.models import Rule
from xuefen.bank.conversion.queries.locks import agreement_by_number
from xuefen.bank.conversion.queries.versions import in_force, planned
from xuefen.bank.conversion.rules.exchange import write_ctdl
from xuefen.bank.conversion.rules.publishing import draft_of
from xuefen.bank.conversion.types import RuleDraft, RuleState
from xuefen.bank.conversion.types.exchange import ForeignItem, LeftOut
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


def _draft(row: Rule) -> RuleDraft:
    rule = planned(row.number, row.version, row.body)
    until = row.retired_on
    return draft_of(rule, named=row.body, receiver=row.receiver.code, since=row.effective_from, until=until)


def as_ctdl(drafts: Iterable[RuleDraft], *, base: str) -> tuple[dict[str, Any], list[LeftOut]]:
    """Rules as one CTDL graph of Transfer Value Profiles, and those it has no words for; a few queries per institution."""
    chosen = list(drafts)
    named = {name for d in chosen for name in (*d.items(), *(t.item for t in d.targets))}
    codes = {d.receiver for d in chosen} | {name.partition("/")[0] for name in named}
    schools = {code: institutions.by_code(code) for code in sorted(codes)}
    known = {code: catalogue.items_for(school.pk).latest for code, school in schools.items()}

    def item(name: str) -> ForeignItem:
        institution, _, code = name.partition("/")
        facts = known[institution].get(code)
        if facts is None:  # retired since
            return ForeignItem(institution, code, code)
        kind = "certificate" if facts.kind == ItemKind.CERTIFICATE else "course"
        return ForeignItem(institution, code, facts.name, facts.declared_credit, kind, facts.online)

    return write_ctdl(chosen, item=item, institution=lambda code: schools[code].name_zh, base=base)
