"""Gathering a learner's planning problem (scoped)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.catalogue.types import ProgrammeFacts
from xuefen.bank.conversion.models import RuleSource
from xuefen.bank.conversion.queries.versions import in_force, planned
from xuefen.bank.conversion.rules.gathering import outcome_of, problem_of
from xuefen.bank.conversion.types import PlanRule, Problem
from xuefen.bank.deposits import queries as deposits
from xuefen.bank.deposits.types import OutcomeFacts
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.learners import queries as learners
from xuefen.bank.shell.actor import Scope
from xuefen.bank.standards import queries as standards


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
    barred = {i for i, facts in catalogue.items_by_id(courses).items() if facts.subject in pack.policy.not_convertible}
    problem = problem_of(
        outcomes=tuple(outcome_of(o, pack=pack) for o in outcomes),
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


def _leaves(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if node["kind"] == "course":
        yield node
    for child in node.get("children", ()):
        yield from _leaves(child)
