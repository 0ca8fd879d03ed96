"""What a preview reads: the rules around a set of drafts, outcomes of all accounts as the planner sees them, and runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from django.db.models import QuerySet

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.catalogue.types import ItemFacts, ProgrammeFacts
from xuefen.bank.conversion.models import ImpactRun, RuleSource, RuleTarget
from xuefen.bank.conversion.queries.versions import in_force, planned
from xuefen.bank.conversion.types import PlanOutcome, PlanRule
from xuefen.bank.conversion.types.impact import IMPACT_NOT_EVERYTHING, IMPACT_UNKNOWN
from xuefen.bank.deposits.types import Held
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.problems import Denied

PERMISSION = {"standard": "standards.propose", "rules": "rules.draft"}
PROGRAMMES = 2
"""Programmes of a receiver against which whole plans of the sample are made."""


def may_preview(by: Actor, kind: str) -> None:
    """``Denied``: not_allowed; impact_not_everything, since a preview looks at everybody."""
    if not by.scope(PERMISSION[kind]).everything:
        raise Denied(IMPACT_NOT_EVERYTHING)


def runs(by: Actor) -> QuerySet[ImpactRun]:
    """Previews the actor may see, newest first, without the text that was asked about. ``Denied``: impact_not_everything."""
    kinds = [kind for kind, action in PERMISSION.items() if by.may(action) and by.scope(action).everything]
    if not kinds:
        raise Denied(IMPACT_NOT_EVERYTHING)
    return ImpactRun.objects.filter(kind__in=kinds).defer("proposal", "partial").order_by("-id")


def run(by: Actor, run_id: int) -> ImpactRun:
    """One preview. ``Denied``: impact_not_everything, impact_unknown."""
    found = runs(by).filter(pk=run_id).first()
    if found is None:
        raise Denied(IMPACT_UNKNOWN, place="run")
    return found


# --- rules around a change -------------------------------------------------------------------------------------------


def rules_around(*, receiver_id: int, items: Collection[int], denied: Collection[int], on: date) -> list[PlanRule]:
    """Rules of the receiver in force that take one of the items or give a course of ``denied``, and all denials of the courses
    these give. Three queries, by index.
    """
    live = in_force(on).filter(receiver_id=receiver_id)
    taking = RuleSource.objects.filter(receiver_id=receiver_id, item_id__in=items).values("rule_id")
    giving = RuleTarget.objects.filter(item_id__in=denied).values("rule_id")
    found = {
        pk: planned(number, version, body)
        for rows in (live.filter(id__in=taking), live.filter(id__in=giving))
        for pk, number, version, body in rows.values_list("id", "number", "version", "body")
    }
    courses = {t.item_id for rule in found.values() for t in rule.targets}
    barring = RuleTarget.objects.filter(item_id__in=courses).values("rule_id")
    denials = live.filter(id__in=barring, denies=True)
    for pk, number, version, body in denials.values_list("id", "number", "version", "body"):
        found[pk] = planned(number, version, body)
    return list(found.values())


def items_of_rules(numbers: Collection[str], *, receiver_id: int, on: date) -> set[int]:
    """What these rules of the receiver take today; one query."""
    live = in_force(on).filter(number__in=numbers, receiver_id=receiver_id)
    return set(RuleSource.objects.filter(rule__in=live).values_list("item_id", flat=True))


def programmes_with(items: Collection[int], *, receiver_code: str) -> list[ProgrammeFacts]:
    """A few programmes of the receiver in force in which these courses stand, the newest of each code."""
    rows = catalogue.programmes(institution_code=receiver_code).order_by()
    found = rows.filter(items__item_id__in=list(items)).values("pk")
    newest: dict[str, ProgrammeFacts] = {}
    for row in catalogue.programmes(institution_code=receiver_code).filter(pk__in=found):
        newest.setdefault(row.code, catalogue.programme_facts(row))
    return list(newest.values())[:PROGRAMMES]


# --- outcomes --------------------------------------------------------------------------------------------------------


class Versions:
    """Item versions met so far, read once each."""

    def __init__(self) -> None:
        self._known: dict[int, ItemFacts] = {}

    def of(self, wanted: Iterable[int]) -> Mapping[int, ItemFacts]:
        missing = set(wanted) - self._known.keys()
        if missing:
            self._known.update(catalogue.versions_by_id(missing))
        return self._known


class Owners:
    """Code and kind of every institution, read once."""

    def __init__(self) -> None:
        rows = institutions.institutions(EVERYTHING).values_list("id", "code", "kind", "name_zh")
        self.facts = {pk: (code, kind, name) for pk, code, kind, name in rows}

    def names(self) -> dict[str, str]:
        return {str(pk): name for pk, (_, _, name) in self.facts.items()}


def as_planned(held: Sequence[Held], *, versions: Versions, owners: Owners) -> list[PlanOutcome]:
    """Outcomes of the survey as the rules' conditions judge them."""
    facts = versions.of(h.item_version_id for h in held)
    found = []
    for one in held:
        item, (code, kind, name) = facts[one.item_version_id], owners.facts[one.issuer_id]
        found.append(
            PlanOutcome(
                number=str(one.id), item_id=one.item_id, item_name=item.name, issuer=code, issuer_name=name,
                outcome_class=OutcomeClass(one.outcome_class), credits=one.credits, free=one.credits, quality=one.quality,
                awarded_on=one.awarded_on, level=one.level, mark=one.mark, online=item.online, assurance=one.assurance,
                type_code=item.type_code, issuer_kind=kind, nature=item.nature, hours=one.hours,
            )
        )  # fmt: skip
    return found
