"""The two changes that can be previewed, each looking at one chunk of accounts at a time. They only read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Any, Protocol

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.catalogue.types import ProgrammeFacts
from xuefen.bank.conversion import rules as planning
from xuefen.bank.conversion.actions.publishing import registry_of
from xuefen.bank.conversion.queries import doctor as looking
from xuefen.bank.conversion.queries import impact as reading
from xuefen.bank.conversion.queries.gather import problem_from
from xuefen.bank.conversion.rules.doctor import ConditionsReader, line_of
from xuefen.bank.conversion.rules.gathering import rule_under
from xuefen.bank.conversion.rules.impact import RuleSet, few, per_issuer_and_class
from xuefen.bank.conversion.rules.publishing import published
from xuefen.bank.conversion.types import PlanRule, Problem, RuleDraft
from xuefen.bank.conversion.types.codec import encode
from xuefen.bank.conversion.types.doctor import FOREVER, RuleLine
from xuefen.bank.conversion.types.impact import AccountChange, OutcomeChange
from xuefen.bank.deposits import queries as deposits
from xuefen.bank.deposits.rules import facts_of
from xuefen.bank.deposits.types import Held
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards import queries as standards
from xuefen.bank.standards import rules as assessing
from xuefen.bank.standards.rules.diff import compare
from xuefen.bank.standards.types import Assessment

MOST_CHANGES = 200
"""Changes of a standard that are listed in words."""


class Survey(Protocol):
    """A change to look at."""

    def accounts(self, held: Sequence[Held], moves: Counter[str]) -> Iterator[AccountChange]: ...
    def keys(self, account: AccountChange) -> Mapping[str, int]: ...
    def names(self) -> Mapping[str, str]: ...
    def named(self, examples: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]: ...
    def limits(self) -> tuple[Mapping[str, str], ...]: ...
    def sample(self, learners: Sequence[int]) -> Mapping[str, Any]: ...


def _by_learner(held: Sequence[Held]) -> Iterator[tuple[AccountChange, list[Held]]]:
    for learner, group in groupby(held, key=lambda one: one.learner_id):
        mine = list(group)
        yield AccountChange(learner, mine[0].account_no, len(mine)), mine


def _with_names(examples: Sequence[Mapping[str, Any]], names: Mapping[int, str]) -> tuple[Mapping[str, Any], ...]:
    return tuple(
        {**one, "lines": [{**line, "item": names.get(line["item"], "")} for line in one["lines"]]} for one in examples
    )


class StandardSurvey:
    """Every outcome assessed again under another standard, against what it carries."""

    def __init__(self, body: Mapping[str, Any], *, on: date) -> None:
        self.body, self.on = body, on
        self.pack = assessing.parse_pack(body)
        self.versions, self.owners = reading.Versions(), reading.Owners()
        self._assessed: dict[tuple[int, str, int | None], tuple[int, int | None, str]] = {}

    def accounts(self, held: Sequence[Held], moves: Counter[str]) -> Iterator[AccountChange]:
        known, self._facts = self._assessed, self.versions.of(one.item_version_id for one in held)
        for account, mine in _by_learner(held):
            for one in mine:
                key = (one.item_version_id, one.grade, one.hours)
                found = known.get(key)
                if found is None:
                    found = known[key] = self._assess(*key)
                credits, level, quality = found
                account.before += one.credits
                account.after += credits
                if credits != one.credits:
                    account.changes.append(
                        OutcomeChange(
                            one.id, one.item_version_id, one.issuer_id, one.outcome_class, one.credits, credits
                        )
                    )
                if level != one.level or quality != one.quality or not credits:
                    _moved(one, credits=credits, level=level, quality=quality, moves=moves)
            yield account

    def _assess(self, version: int, grade: str, hours: int | None) -> tuple[int, int | None, str]:
        """Credits, level and quality of an outcome with this result; no credit where it would be refused."""
        try:
            read = assessing.read_grade(grade, self.pack) if grade else None
        except Denied:
            return 0, None, ""
        found = assessing.assess(facts_of(self._facts[version], grade=read, hours=hours), self.pack)
        return (found.credits, found.level, found.quality) if isinstance(found, Assessment) else (0, None, "")

    def keys(self, account: AccountChange) -> Mapping[str, int]:
        return per_issuer_and_class(account)

    def names(self) -> Mapping[str, str]:
        return self.owners.names()

    def named(self, examples: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
        wanted = {line["item"] for one in examples for line in one["lines"]}
        return _with_names(examples, {pk: facts.name for pk, facts in self.versions.of(wanted).items()})

    def limits(self) -> tuple[Mapping[str, str], ...]:
        """What the version says otherwise than the one in force, in words."""
        try:
            present = standards.current(code=self.pack.code, on=self.on)
        except Denied:
            return ()
        changes = (c for chapter in compare(standards.body_of(present.id), self.body) for c in chapter.changes)
        return tuple({"zh": c.zh, "en": c.en} for c, _ in zip(changes, range(MOST_CHANGES), strict=False))

    def sample(self, learners: Sequence[int]) -> Mapping[str, Any]:
        return {}


def _moved(one: Held, *, credits: int, level: int | None, quality: str, moves: Counter[str]) -> None:
    if not credits:
        moves["refused"] += 1
        return
    if level != one.level:
        moves["level_up" if (level or 0) > (one.level or 0) else "level_down"] += 1
    if quality != one.quality:
        moves["quality_up" if quality < one.quality else "quality_down"] += 1  # A < B < C as letters


class RulesSurvey:
    """The best that a single rule makes of each outcome, before and after the drafts, at each receiver they touch."""

    def __init__(self, agreement_number: str, drafts: Sequence[RuleDraft], *, on: date) -> None:
        self.on = max(on, *(draft.effective_from for draft in drafts))
        registry = registry_of(agreement_number, drafts, on=self.on)
        self.fresh = [
            (
                registry.parties[draft.receiver],
                replace(published(draft, registry.items), number=draft.number or f"+{i}"),
            )
            for i, draft in enumerate(drafts, 1)
        ]
        self.codes = {registry.parties[draft.receiver]: draft.receiver for draft in drafts}
        self.replaced = {draft.number for draft in drafts if draft.number}
        self.versions, self.owners = reading.Versions(), reading.Owners()
        self.sides: dict[int, tuple[RuleSet, RuleSet]] = {}
        self.items: set[int] = set()
        for receiver in sorted(self.codes):
            self._gather(receiver)

    def _gather(self, receiver: int) -> None:
        mine = [rule for owner, rule in self.fresh if owner == receiver]
        items = {item for rule in mine for item in rule.items()} | self._taken_by_replaced(receiver)
        denied = {t.item_id for rule in mine if rule.denies for t in rule.targets}
        before = reading.rules_around(receiver_id=receiver, items=items, denied=denied, on=self.on)
        after = [rule for rule in before if rule.number not in self.replaced] + mine
        rules = [*before, *mine]
        sources = {item for rule in rules for item in rule.items()}
        world = looking.world(on=self.on, only=sources | {t.item_id for rule in rules for t in rule.targets})
        self.items |= sources
        self.sides[receiver] = (
            RuleSet(((r, _line(r, receiver)) for r in before), world=world, on=self.on),
            RuleSet(((r, _line(r, receiver)) for r in after), world=world, on=self.on),
        )

    def _taken_by_replaced(self, receiver: int) -> set[int]:
        return reading.items_of_rules(self.replaced, receiver_id=receiver, on=self.on) if self.replaced else set()

    def accounts(self, held: Sequence[Held], moves: Counter[str]) -> Iterator[AccountChange]:
        for account, mine in _by_learner(held):
            concerned = [one for one in mine if one.item_id in self.items]
            if concerned:
                outcomes = reading.as_planned(concerned, versions=self.versions, owners=self.owners)
                for receiver, (before, after) in self.sides.items():
                    self._compare(account, receiver, concerned, before.worth(outcomes), after.worth(outcomes))
            yield account

    def _compare(
        self, account: AccountChange, receiver: int, held: Sequence[Held], old: Sequence[int], new: Sequence[int]
    ) -> None:
        account.before += sum(old)
        account.after += sum(new)
        for one, was, will in zip(held, old, new, strict=True):
            if was != will:
                change = OutcomeChange(one.id, one.item_id, one.issuer_id, one.outcome_class, was, will)
                account.changes.append(change)
                account.receivers[receiver] = account.receivers.get(receiver, 0) + will - was

    def keys(self, account: AccountChange) -> Mapping[str, int]:
        return {**per_issuer_and_class(account), **{f"receiver:{r}": d for r, d in account.receivers.items()}}

    def names(self) -> Mapping[str, str]:
        return self.owners.names()

    def named(self, examples: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
        wanted = {line["item"] for one in examples for line in one["lines"]}
        return _with_names(examples, {pk: facts.name for pk, facts in catalogue.items_by_id(wanted).items()})

    def limits(self) -> tuple[Mapping[str, str], ...]:
        return ()

    def sample(self, learners: Sequence[int]) -> Mapping[str, Any]:
        """Whole plans before and after, of some of the accounts that change, for some programmes the drafts reach."""
        programmes = [p for r in sorted(self.codes) for p in self._programmes(r)]
        changes, compared = [], 0
        for learner in learners:
            held = deposits.outcomes_of(EVERYTHING, learner)
            found = [self._plans(held, programme) for programme in programmes]
            counted = [change for change in found if change is not None]
            compared += bool(counted)
            changes.append(sum(counted))
        return {
            "accounts": compared,
            "programmes": [p.name for p in programmes],
            "gain": few(sum(c > 0 for c in changes)),
            "lose": few(sum(c < 0 for c in changes)),
        }

    def _programmes(self, receiver: int) -> list[ProgrammeFacts]:
        targets = {t.item_id for owner, rule in self.fresh if owner == receiver for t in rule.targets}
        return reading.programmes_with(targets, receiver_code=self.codes[receiver])

    def _plans(self, held: Sequence[Any], programme: ProgrammeFacts) -> int | None:
        """By how much what counts changes; None when the problem is too large to plan."""
        try:
            before = problem_from(held, programme=programme, on=self.on)
            after = self._changed(before, programme)
            old, new = planning.plan(before).totals, planning.plan(after).totals
        except Denied:
            return None
        return new.requirement + new.elective - old.requirement - old.elective

    def _changed(self, problem: Problem, programme: ProgrammeFacts) -> Problem:
        pack = standards.current(on=self.on).pack
        types: dict[int, set[str]] = {}
        for outcome in problem.outcomes:
            types.setdefault(outcome.item_id, set()).add(outcome.type_code)
        courses = {node.item_id for node in problem.tree.walk() if node.item_id is not None}
        fresh = (
            rule_under(rule, pack=pack, types=types)
            for owner, rule in self.fresh
            if owner == programme.institution_id and (rule.elective or any(t.item_id in courses for t in rule.targets))
        )
        kept = [rule for rule in problem.rules if rule.number not in self.replaced]
        return replace(problem, rules=(*kept, *(rule for rule in fresh if rule is not None))).canonical()


def _line(rule: PlanRule, receiver: int) -> RuleLine:
    return line_of(encode(rule), id=0, receiver=receiver, since=0, until=FOREVER, conditions=ConditionsReader())
