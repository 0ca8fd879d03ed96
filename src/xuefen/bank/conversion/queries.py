"""Reading rules (public) and gathering a learner's planning problem (scoped)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.catalogue.types import ProgrammeFacts
from xuefen.bank.conversion.models import Agreement, Rule, RuleSource, RuleTarget
from xuefen.bank.conversion.rules.gathering import outcome_of, problem_of
from xuefen.bank.conversion.types import Coverage, PlanRule, Problem, RulePage, RuleState, RuleView
from xuefen.bank.conversion.types.codec import Fault, decode
from xuefen.bank.conversion.types.drafts import AGREEMENT_UNKNOWN, RULE_UNKNOWN
from xuefen.bank.deposits import queries as deposits
from xuefen.bank.deposits.types import OutcomeFacts
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.learners import queries as learners
from xuefen.bank.shell.actor import Scope
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.violation import Violation
from xuefen.bank.standards import queries as standards

PAGE = 50


def problem_for(
    scope: Scope,
    *,
    programme: ProgrammeFacts,
    on: date,
    learner_id: int | None = None,
    account_no: str = "",
    standard: str = "cn-2026",
) -> Problem:
    """The planning problem of one learner and one programme on a day; a constant number of queries.

    Raises ``Denied``: account_unknown (also outside the scope), standard_unknown, problem_too_large.
    """
    if learner_id is None:
        learner_id = learners.by_account(scope, account_no).pk
    return problem_from(deposits.outcomes_of(scope, learner_id), programme=programme, on=on, standard=standard)


def problem_from(
    outcomes: Sequence[OutcomeFacts], *, programme: ProgrammeFacts, on: date, standard: str = "cn-2026"
) -> Problem:
    """The problem of outcomes already read."""
    pack = standards.current(code=standard, on=on).pack
    courses = {n["item_id"] for n in _leaves(programme.tree)}
    barred = {i for i, facts in catalogue.items_by_id(courses).items() if facts.subject in pack.caps.not_convertible}
    problem = problem_of(
        outcomes=tuple(outcome_of(o, families=pack.caps.family_highest_once) for o in outcomes),
        rules=candidate_rules(programme, item_ids={o.item_id for o in outcomes}, courses=courses, on=on),
        programme=programme,
        pack=pack,
        on=on,
        receiver_name=institutions.by_code(programme.institution_code).name_zh,
        barred=barred,
    )
    problem.refuse_if_too_large()
    return problem


def candidate_rules(
    programme: ProgrammeFacts, *, item_ids: set[int], courses: set[int], on: date
) -> tuple[PlanRule, ...]:
    """The rules in force that take any of the items and give courses of the programme or elective credit; one query,
    by the index on (receiver, item).
    """
    taking = RuleSource.objects.filter(receiver_id=programme.institution_id, item_id__in=item_ids).values("rule_id")
    rows = in_force(on).filter(id__in=taking).order_by("number").values_list("number", "version", "body")
    found = []
    for number, version, body in rows:
        rule = planned(number, version, body)
        if rule.elective or all(t.item_id in courses for t in rule.targets):
            found.append(rule)
    return tuple(found)


def in_force(on: date) -> QuerySet[Rule]:
    """Versions of rules in force on a day, of agreements in force."""
    return Rule.objects.filter(
        Q(retired_on=None) | Q(retired_on__gt=on),
        Q(agreement__ended_on=None) | Q(agreement__ended_on__gt=on),
        effective_from__lte=on,
        agreement__effective_from__lte=on,
    ).exclude(state=RuleState.DRAFT)


def planned(number: str, version: int, body: Mapping[str, Any]) -> PlanRule:
    """A stored version as the planner sees it."""
    faults: list[Fault] = []
    rule = decode(PlanRule, {"number": number, "version": version, **body["rule"]}, faults)
    if rule is None:
        raise RuntimeError(f"rule {number} version {version} is stored malformed: {faults}")
    return rule


def _leaves(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if node["kind"] == "course":
        yield node
    for child in node.get("children", ()):
        yield from _leaves(child)


# --- the public browser ----------------------------------------------------------------------------------------------


def rules_browser(text: str = "", page: int = 1) -> RulePage:
    """Rules, newest version each: all, or those with this number, or with an item that matches ``text``. At most four queries."""
    newest = Rule.objects.filter(number=OuterRef("number"), version__gt=OuterRef("version"))
    found = Rule.objects.filter(~Exists(newest)).exclude(state=RuleState.DRAFT)
    if text.strip():
        items = [i.item_id for i in catalogue.search_items(text, limit=200)]
        taking = RuleSource.objects.filter(item_id__in=items).values("rule_id")
        giving = RuleTarget.objects.filter(item_id__in=items).values("rule_id")
        found = found.filter(Q(number=text.strip().upper()) | Q(id__in=taking) | Q(id__in=giving))
    total = found.count()
    pages = max(1, -(-total // PAGE))
    page = min(max(1, page), pages)
    rows = found.select_related("agreement", "receiver").order_by("number")[(page - 1) * PAGE : page * PAGE]
    return RulePage(tuple(_view(r) for r in rows), page, pages, total)


def rule(number: str) -> tuple[RuleView, ...]:
    """Every version of a rule, newest first. Raises ``Denied(rule_unknown)``."""
    rows = Rule.objects.filter(number=number).exclude(state=RuleState.DRAFT)
    found = tuple(_view(r) for r in rows.select_related("agreement", "receiver").order_by("-version"))
    if not found:
        raise Denied(RULE_UNKNOWN, place="number", number=number)
    return found


def _view(row: Rule) -> RuleView:
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
    )


def coverage(*, on: date) -> Coverage:
    """How much the rules in force reach; three queries."""
    live = in_force(on)
    rules = live.aggregate(rules=Count("id"), receivers=Count("receiver_id", distinct=True))
    sources = RuleSource.objects.filter(rule__in=live).aggregate(n=Count("item_id", distinct=True))
    targets = RuleTarget.objects.filter(rule__in=live).aggregate(n=Count("item_id", distinct=True))
    return Coverage(rules["rules"], sources["n"], targets["n"], rules["receivers"])


# --- locks -----------------------------------------------------------------------------------------------------------


def lock_agreement(number: str) -> Agreement:
    """The agreement, locked: sets of rules under one agreement are published one after the other."""
    found = Agreement.objects.select_for_update().filter(number=number).first()
    if found is None:
        raise Denied(AGREEMENT_UNKNOWN, place="agreement_number", number=number)
    return found


def lock_rule(number: str) -> Rule:
    """The newest version of a rule, locked. Raises ``Denied(rule_unknown)``."""
    found = Rule.objects.select_for_update().filter(number=number).order_by("-version").first()
    if found is None:
        raise Denied(RULE_UNKNOWN, place="number", number=number)
    return found


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
