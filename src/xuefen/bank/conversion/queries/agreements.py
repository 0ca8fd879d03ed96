"""Reading the register of agreements and alliances, which is public, and the chains through frameworks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.conversion.models import Agreement, AgreementMember, AllianceTerms, Rule, RuleSource, RuleTarget
from xuefen.bank.conversion.queries.versions import in_force, planned
from xuefen.bank.conversion.rules import chains as composing
from xuefen.bank.conversion.rules.agreements import named
from xuefen.bank.conversion.types import AgreementMode, PlanRule
from xuefen.bank.conversion.types.agreements import (
    AgreementKind,
    AgreementRow,
    AgreementView,
    MemberView,
    Terms,
    TermsView,
)
from xuefen.bank.conversion.types.codec import Fault, decode
from xuefen.bank.conversion.types.drafts import AGREEMENT_UNKNOWN
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.shell.actor import Scope
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards import queries as standards
from xuefen.bedrock import ids


def agreements(*, text: str = "", kind: AgreementKind | None = None, limit: int = 200) -> tuple[AgreementRow, ...]:
    """Agreements whose name or member matches ``text``, those in force first, newest first; one query."""
    rows = Agreement.objects.all()
    if kind is not None:
        rows = rows.filter(kind=kind)
    if wanted := text.strip():
        member = Q(members__institution__name_zh__icontains=wanted) | Q(members__institution__code=wanted)
        found = Q(name__icontains=wanted) | Q(number=ids.normalise(wanted)) | member
        rows = Agreement.objects.filter(pk__in=rows.filter(found).values("pk"))
    return tuple(_row(a) for a in _counted(rows).order_by("ended_on", "-effective_from", "-id")[:limit])


def _counted(rows: QuerySet[Agreement]) -> QuerySet[Agreement]:
    """With the numbers of members and of rules not ended, each counted by itself: joined, they would multiply."""

    def count(related: QuerySet[Any]) -> Coalesce:
        per_agreement = related.filter(agreement=OuterRef("pk")).order_by().values("agreement")
        return Coalesce(Subquery(per_agreement.annotate(n=Count("pk")).values("n")), 0)

    return rows.annotate(
        n_members=count(AgreementMember.objects.filter(left_on=None)),
        n_rules=count(Rule.objects.filter(retired_on=None)),
    )


def _row(row: Agreement) -> AgreementRow:
    return AgreementRow(
        number=row.number,
        name=row.name,
        mode=row.mode,
        kind=AgreementKind(row.kind),
        members=row.n_members,  # type: ignore[attr-defined] # annotated
        rules=row.n_rules,  # type: ignore[attr-defined]
        effective_from=row.effective_from,
        ended_on=row.ended_on,
    )


def agreement(number: str) -> AgreementView:
    """One agreement with its members and terms; a constant number of queries. Raises ``Denied(agreement_unknown)``."""
    rows = Agreement.objects.filter(number=ids.normalise(number)).select_related("reference")
    found = _counted(rows).first()
    if found is None:
        raise Denied(AGREEMENT_UNKNOWN, place="number", number=number)
    members = found.members.select_related("institution").order_by("left_on", "institution__code", "id")
    terms = tuple(_terms(row) for row in found.terms.order_by("-version"))
    items: set[str] = set()
    programmes: set[str] = set()
    for version in terms:
        some_items, some_programmes = named(version.terms)
        items, programmes = items | some_items, programmes | some_programmes
    return AgreementView(
        row=_row(found),
        reference=found.reference.code if found.reference else "",
        reference_name=found.reference.name_zh if found.reference else "",
        end_reason=found.end_reason,
        members=tuple(
            MemberView(
                m.institution.code,
                m.institution.name_zh,
                m.institution.name_en,
                m.signatory,
                m.joined_on,
                m.left_on,
                m.reason,
            )
            for m in members
        ),
        terms=terms,
        names=item_names(items) | _programme_names(programmes),
    )


def _terms(row: AllianceTerms) -> TermsView:
    faults: list[Fault] = []
    terms = decode(Terms, row.body, faults)
    if terms is None:
        raise RuntimeError(f"terms row {row.pk} is stored malformed: {faults}")
    return TermsView(row.version, row.effective_from, terms, row.basis)


def members() -> list[tuple[str, str, str]]:
    """Every institution that is in some agreement: code and both names; one query."""
    rows = AgreementMember.objects.order_by("institution__code").distinct()
    return list(rows.values_list("institution__code", "institution__name_zh", "institution__name_en"))


def item_names(codes: Collection[str]) -> dict[str, str]:
    """What items (``INSTITUTION/CODE``) are called; those the catalogue does not hold are left out. One query per issuer."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for code in codes:
        institution, _, item = code.partition("/")
        wanted[institution].add(item)
    found = {}
    for institution, some in sorted(wanted.items()):
        try:
            owner = institutions.by_code(institution).pk
        except Denied:
            continue
        latest = catalogue.items_for(owner).latest
        found.update({f"{institution}/{c}": latest[c].name for c in some if c in latest})
    return found


def _programme_names(codes: Collection[str]) -> dict[str, str]:
    owners = sorted({code.partition("/")[0] for code in codes})
    rows = [p for owner in owners for p in catalogue.programmes(institution_code=owner)]
    return {f"{p.institution.code}/{p.code}": p.name for p in rows if f"{p.institution.code}/{p.code}" in codes}


# --- chains ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chains:
    """Chains from one institution to another, with what their items are called."""

    chains: tuple[composing.Chain, ...]
    names: Mapping[int, str]  # item id → INSTITUTION/CODE
    titles: Mapping[int, str]  # item id → name


def chains(*, source_code: str, receiver_code: str, on: date, standard: str = "cn-2026") -> Chains:
    """What the rules in force of framework agreements amount to, from the items of one institution through a framework's
    reference units to the courses of another; a constant number of queries.

    Raises ``Denied``: institution_unknown, standard_unknown.
    """
    source, receiver = institutions.by_code(source_code), institutions.by_code(receiver_code)
    framework = in_force(on).filter(agreement__mode=AgreementMode.FRAMEWORK, agreement__reference__isnull=False)
    references = set(framework.order_by().values_list("agreement__reference_id", flat=True).distinct())
    taking = RuleSource.objects.filter(receiver_id__in=references, item__institution=source).values("rule_id")
    into = _rules(framework.filter(pk__in=taking, receiver_id__in=references))
    units = {t.item_id for rule in into for t in rule.targets}
    onward_ids = RuleSource.objects.filter(receiver=receiver, item_id__in=units).values("rule_id")
    onward = _rules(framework.filter(pk__in=onward_ids))
    given = {t.item_id for rule in onward for t in rule.targets}
    denials = RuleTarget.objects.filter(rule__denies=True, item_id__in=given).values("rule_id")
    onward += _rules(in_force(on).filter(pk__in=denials))
    wanted = {i for rule in (*into, *onward) for i in (*rule.items(), *(t.item_id for t in rule.targets))}
    facts = catalogue.items_by_id(wanted)
    sizes = {i: f.declared_credit for i, f in facts.items() if f.declared_credit is not None}
    grain = standards.current(code=standard, on=on).pack.degree.grain
    found = composing.chains(into, onward, sizes=sizes, grain=grain, denied_issuer=source_code)
    owners = institutions.institutions(Scope(institution_ids=frozenset(f.institution_id for f in facts.values())))
    codes = {owner.pk: owner.code for owner in owners}
    return Chains(
        chains=found,
        names={i: f"{codes[f.institution_id]}/{f.code}" for i, f in facts.items()},
        titles={i: f.name for i, f in facts.items()},
    )


def _rules(rows: QuerySet[Rule]) -> list[PlanRule]:
    found = rows.order_by("number", "version").values_list("number", "version", "body")
    return [planned(number, version, body) for number, version, body in found]
