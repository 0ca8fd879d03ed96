"""Gathering a learner's planning problem (scoped). Rules are found by index, however many are stored."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.catalogue.types import ItemFacts, ProgrammeFacts
from xuefen.bank.conversion.models import RuleSource, RuleTarget
from xuefen.bank.conversion.queries.contracts import contracts_for
from xuefen.bank.conversion.queries.versions import in_force, planned
from xuefen.bank.conversion.rules.contracts import Kept, with_contracts
from xuefen.bank.conversion.rules.earlier import settle
from xuefen.bank.conversion.rules.gathering import outcome_of, problem_of
from xuefen.bank.conversion.types import ItemName, Plan, PlanRule, Problem
from xuefen.bank.deposits import queries as deposits
from xuefen.bank.deposits.types import OutcomeFacts
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.learners import queries as learners
from xuefen.bank.shell.actor import EVERYTHING, Scope
from xuefen.bank.shell.copy import int_array
from xuefen.bank.standards import queries as standards

NEWEST_LOOKED_AT = 16
CLOSER_KEPT = 3
"""For each course: the newest rules that are looked at, and the most that are shown, to say what to learn next."""


def problem_for(
    scope: Scope,
    *,
    programme: ProgrammeFacts,
    on: date,
    learner_id: int | None = None,
    account_no: str = "",
    standard: str = "",
    earlier: Sequence[Plan] = (),
) -> Problem:
    """The planning problem of one learner and one programme on a day; a constant number of queries.

    ``earlier``: the learner's plans archived for this programme; what they gave is done, what they took of caps is used.
    ``standard``: a code; by default the one the receiver has adopted.
    Raises ``Denied``: account_unknown (also outside the scope), standard_unknown, problem_too_large.
    """
    if learner_id is None:
        learner_id = learners.by_account(scope, account_no).pk
    kept = contracts_for(learner_id=learner_id, receiver_id=programme.institution_id, on=on)
    held = deposits.outcomes_of(scope, learner_id)
    return problem_from(held, programme=programme, on=on, standard=standard, earlier=earlier, contracts=kept)


def problem_from(
    outcomes: Sequence[OutcomeFacts],
    *,
    programme: ProgrammeFacts,
    on: date,
    standard: str = "",
    earlier: Sequence[Plan] = (),
    contracts: Sequence[Kept] = (),
) -> Problem:
    """The problem of outcomes already read; ``contracts``: the versions of rules that contracts keep for the learner."""
    pack = standards.current(code=standard or standards.adopted(programme.institution_id, on=on), on=on).pack
    courses = {n["item_id"] for n in _leaves(programme.tree)}
    held = {o.item_id for o in outcomes}
    found = (
        *candidate_rules(programme, item_ids=held, courses=courses, on=on),
        *issuer_denials(programme, issuers={o.issuer_code for o in outcomes}, courses=courses, on=on),
        *closer_rules(courses, held=held, on=on),
    )
    rules = with_contracts(found, contracts)
    strange = {item for rule in rules for item in rule.items()} - held
    known = catalogue.items_by_id(courses | strange)
    problem = problem_of(
        outcomes=tuple(outcome_of(o, pack=pack) for o in outcomes),
        rules=rules,
        programme=programme,
        pack=pack,
        on=on,
        receiver_name=institutions.by_code(programme.institution_code).name_zh,
        barred={i for i in courses if i in known and known[i].subject in pack.policy.not_convertible},
    )
    problem = replace(problem, items=_names(known, strange))
    if earlier:
        problem = settle(problem, earlier)
    problem.refuse_if_too_large()
    return problem


def candidate_rules(
    programme: ProgrammeFacts, *, item_ids: Collection[int], courses: Collection[int], on: date
) -> tuple[PlanRule, ...]:
    """The rules in force that may take any of the items (one of a set, one of a pool) and give courses of the programme or
    elective credit, and the denials of such items; one query, by the index on (receiver, item).
    """
    taking = RuleSource.objects.filter(receiver_id=programme.institution_id, item_id__in=item_ids).values("rule_id")
    given = RuleTarget.objects.filter(rule_id=OuterRef("id"))
    rows = in_force(on).filter(
        Q(denies=True) & Exists(given.filter(item_id__in=courses))
        | Q(denies=False) & ~Exists(given.exclude(item_id__in=courses)),
        id__in=taking,
    )
    return _planned(rows.values_list("number", "version", "body"))


def issuer_denials(
    programme: ProgrammeFacts, *, issuers: Collection[str], courses: Collection[int], on: date
) -> tuple[PlanRule, ...]:
    """Denials that name one of these issuers as a whole for a course of the programme; one query, by a partial index."""
    denied = RuleTarget.objects.filter(item_id__in=courses, denied_issuer__in=[i for i in issuers if i])
    rows = in_force(on).filter(id__in=denied.values("rule_id"), receiver_id=programme.institution_id, denies=True)
    return _planned(rows.values_list("number", "version", "body"))


_CLOSER = """
SELECT found.number, found.version, found.body
FROM unnest(%(courses)s::bigint[]) AS course(item_id)
CROSS JOIN LATERAL (
    SELECT r.number, r.version, r.body
    FROM (
        SELECT t.rule_id FROM rule_target t WHERE t.item_id = course.item_id
        ORDER BY t.rule_id DESC LIMIT %(looked_at)s
    ) AS newest
    JOIN rule r ON r.id = newest.rule_id
    JOIN agreement a ON a.id = r.agreement_id
    WHERE NOT r.denies AND r.state <> 'draft'
      AND r.effective_from <= %(on)s AND (r.retired_on IS NULL OR r.retired_on > %(on)s)
      AND a.effective_from <= %(on)s AND (a.ended_on IS NULL OR a.ended_on > %(on)s)
      AND NOT EXISTS (
          SELECT 1 FROM rule_source s WHERE s.rule_id = r.id AND s.item_id = ANY(%(held)s::bigint[]))
      AND NOT EXISTS (
          SELECT 1 FROM rule_target o WHERE o.rule_id = r.id AND o.item_id <> ALL(%(courses)s::bigint[]))
    ORDER BY (SELECT count(*) FROM rule_source s WHERE s.rule_id = r.id), r.number
    LIMIT %(kept)s
) AS found
"""


def closer_rules(courses: Collection[int], *, held: Collection[int], on: date) -> tuple[PlanRule, ...]:
    """For each course a few rules in force that give it and take nothing the learner holds, those that ask for the fewest
    items first: what to learn next. One query; for each course only its newest rules are looked at, by index.
    """
    facts: dict[str, str | int | date] = {
        "courses": int_array(sorted(courses)),
        "held": int_array(sorted(held)),
        "on": on,
        "looked_at": NEWEST_LOOKED_AT,
        "kept": CLOSER_KEPT,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLOSER, facts)
        rows = cursor.fetchall()
    different = {number: (version, json.loads(body)) for number, version, body in rows}
    return _planned((number, version, body) for number, (version, body) in sorted(different.items()))


def _planned(rows: Iterable[tuple[str, int, Mapping[str, Any]]]) -> tuple[PlanRule, ...]:
    return tuple(planned(number, version, body) for number, version, body in rows)


def _names(known: Mapping[int, ItemFacts], items: Collection[int]) -> tuple[ItemName, ...]:
    """What the items nobody holds are called, and by whom they are given; one query."""
    named = {item: known[item] for item in sorted(items) if item in known}
    owners = institutions.institutions(EVERYTHING).filter(id__in={facts.institution_id for facts in named.values()})
    names = dict(owners.values_list("id", "name_zh"))
    return tuple(ItemName(item, facts.name, names[facts.institution_id]) for item, facts in named.items())


def _leaves(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if node["kind"] == "course":
        yield node
    for child in node.get("children", ()):
        yield from _leaves(child)
