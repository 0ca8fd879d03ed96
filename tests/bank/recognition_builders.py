"""A small world in which a learner can apply: an issuer, a receiver with a programme, rules between them, deposited outcomes."""

from __future__ import annotations

import itertools
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from tests.bank import catalogue_builders as catalogue_rows
from tests.bank import foundation_builders as foundations
from xuefen.bank.catalogue import actions as catalogue
from xuefen.bank.catalogue.queries import programme as find_programme
from xuefen.bank.catalogue.types import ProgrammeFacts
from xuefen.bank.conversion import actions as rules
from xuefen.bank.conversion.rules import plan as best_plan
from xuefen.bank.conversion.types import Plan, RuleDraft, TargetDraft, Text
from xuefen.bank.deposits import actions as deposits
from xuefen.bank.institutions.models import Institution
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.recognition import actions
from xuefen.bank.recognition import queries as applications
from xuefen.bank.recognition.models import Application
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.staff.types import Role
from xuefen.bank.standards import actions as standards

DEPOSITED = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
APPLIED = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)  # a Monday, 10:00 in Beijing; the review is due as the 17th begins
HOUSE = foundations.HOUSE
BASIS = Text("课程对照表", "Course comparison table")
_keys = itertools.count(1)


@dataclass(frozen=True, slots=True)
class World:
    """``rule_numbers[i]`` turns the issuer's course A{i} into the receiver's course B{i}, 3.0 credits each."""

    issuer: Institution
    receiver: Institution
    learner_id: int
    account_no: str
    programme: ProgrammeFacts
    agreement: str
    rule_numbers: tuple[str, ...]

    @property
    def learner(self) -> Actor:
        return foundations.as_learner(self.learner_id)

    @property
    def reviewer(self) -> Actor:
        return foundations.at_institution(Role.REVIEWER, self.receiver.pk)

    @property
    def branch(self) -> Actor:
        return foundations.at_place(Role.BRANCH_OFFICER, foundations.ZHEJIANG)


def world(*, outcomes: int = 2, courses: int = 20, issuer: str = "QH", receiver: str = "YL") -> World:
    """Everything up to the plan; the learner holds ``outcomes`` outcomes of 3.0 credits, one for each of the first rules."""
    foundations.tree()
    standards.load_shipped_packs(by=HOUSE, now=DEPOSITED)
    degree = (OutcomeClass.DEGREE,)
    giving = foundations.institution(issuer, number=1, classes=degree)
    taking = foundations.institution(receiver, number=2, classes=degree)
    publish_items(giving, prefix="A", courses=courses, programme="PA")
    publish_items(taking, prefix="B", courses=courses, programme="PB")
    agreement = rules.sign_agreement(
        name="课程互认协议",
        mode="agreement",
        party_codes=[issuer, receiver],
        signatories={issuer: "张校长", receiver: "李校长"},
        effective_from=date(2026, 1, 1),
        by=HOUSE,
        now=DEPOSITED,
    ).number
    drafts = [draft(i, issuer=issuer, receiver=receiver) for i in range(courses)]
    numbers = rules.publish_rules(agreement_number=agreement, rules=drafts, by=HOUSE, now=DEPOSITED)
    learner = foundations.account()
    deposit(learner.account_no, items=range(outcomes), issuer=issuer)
    return World(
        issuer=giving,
        receiver=taking,
        learner_id=learner.learner_id,
        account_no=learner.account_no,
        programme=find_programme(receiver, "PB"),
        agreement=agreement,
        rule_numbers=tuple(numbers),
    )


def publish_items(owner: Institution, *, prefix: str, courses: int, programme: str) -> None:
    rows = [
        catalogue_rows.a_course_row(
            f"{prefix}{i}", name=f"课程{prefix}{i}", programme_code=programme, effective_from="2026-01-01"
        )
        for i in range(courses)
    ]
    with tempfile.TemporaryDirectory() as folder:
        sheet = catalogue_rows.a_sheet(Path(folder) / "courses.csv", [catalogue_rows.COURSE_HEADER, *rows])
        report = catalogue.import_sheet(
            path=sheet, mapping="courses", institution_code=owner.code, by=HOUSE, now=DEPOSITED
        )
    assert not report.refused, report.refused


def draft(i: int, *, issuer: str = "QH", receiver: str = "YL", number: str | None = None) -> RuleDraft:
    return RuleDraft(
        receiver=receiver,
        sources=(f"{issuer}/A{i}",),
        targets=(TargetDraft(f"{receiver}/B{i}"),),
        basis=BASIS,
        effective_from=date(2026, 1, 1) if number is None else APPLIED.date(),
        number=number,
    )


def deposit(account_no: str, *, items: range, issuer: str = "QH") -> None:
    """Deposit one outcome for each of the issuer's courses A{i}."""
    rows = [{"account": account_no, "item_code": f"A{i}", "awarded_on": "2026-06-30", "grade": "85"} for i in items]
    if not rows:
        return
    batch = deposits.receive_rows(source="form", rows=rows, issuer_code=issuer, by=HOUSE, now=DEPOSITED)
    done = deposits.run(batch_id=batch.id, by=HOUSE, now=DEPOSITED)
    assert done.counts.accepted == len(rows), done


def plan_for(world: World, *, learner_id: int = 0, now: datetime = APPLIED, only: int | None = None) -> Plan:
    """The best plan of today; with ``only``, of the first so many free outcomes alone."""
    problem = applications.problem_for(
        EVERYTHING, learner_id=learner_id or world.learner_id, programme=world.programme, on=now.date()
    )
    if only is not None:
        free = sorted((o for o in problem.outcomes if o.free), key=lambda o: o.item_id)
        problem = replace(problem, outcomes=tuple(free[:only]))
    return best_plan(problem)


def applied(
    world: World, *, learner_id: int = 0, now: datetime = APPLIED, only: int | None = None, key: str = ""
) -> Application:
    """An application under review."""
    who = learner_id or world.learner_id
    return actions.apply(
        learner_id=who,
        programme_id=world.programme.id,
        plan=plan_for(world, learner_id=who, now=now, only=only),
        key=key or f"key-{next(_keys)}",
        by=foundations.as_learner(who),
        now=now,
    )


def another_learner(world: World, number: int, *, outcomes: int = 1) -> int:
    """Another account at the same service point, with outcomes for the first rules."""
    opened = foundations.account(number, name=f"钟野{'甲乙丙丁戊己庚辛壬癸'[number % 10]}")
    deposit(opened.account_no, items=range(outcomes), issuer=world.issuer.code)
    return opened.learner_id
