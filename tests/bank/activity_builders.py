"""A community school with a signed scheme, its officer, learners, and what they take part in."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from tests.bank import deposit_builders as deposits
from tests.bank import foundation_builders as foundation
from xuefen.bank.activities import actions, queries
from xuefen.bank.activities.types import ActivityFacts, SchemeRow
from xuefen.bank.shell.actor import Actor
from xuefen.bank.staff.models import User
from xuefen.bank.staff.rules import grants_for
from xuefen.bank.staff.types import PostFacts, Role

SPRING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
GATHER_DAY = datetime(2026, 9, 20, 2, 0, tzinfo=UTC)  # spring ends on 31 August, confirmations 14 days later

SCHEME = """\
code: gongde
version: 1
zh: 功德银行
en: Merit bank
effective_from: "2026-02-01"
confirm_days: 14
periods:
  spring: {zh: 春季, en: spring, starts: "02-01"}
  autumn: {zh: 秋季, en: autumn, starts: "09-01"}
kinds:
  lecture: {zh: 讲座, en: Lecture, points: 2, most: 10, confirm: [code, list]}
  club: {zh: 社团活动, en: Club, points: 1, most: 12, confirm: [list]}
  deed: {zh: 善行, en: Good deed, points: 3, most: 12, confirm: [second]}
outcome:
  item: S1
  grade: 合格
  hours_per_point: "2"
  minimum: 8
  most: 40
  carry: leftover
  carry_most: 10
"""

_users = itertools.count(1)


@dataclass(frozen=True)
class World:
    """The school ``ylu``, whose item S1 is social learning (S01: at least 16 hours, 32 hours a credit, in halves)."""

    base: deposits.World
    officer: Actor
    branch: Actor
    scheme: SchemeRow

    @property
    def learners(self) -> tuple[int, ...]:
        return self.base.learner_ids

    @property
    def accounts(self) -> tuple[str, ...]:
        return self.base.accounts


def user(name: str) -> User:
    return User.objects.create(username=f"{name}{next(_users)}", display_name=name, created_at=foundation.NOW)


def person(role: Role, *, place: str | None = None, institution: int | None = None) -> Actor:
    """Somebody with a sign-in at a post; the post itself is not written."""
    found = user(role.value)
    grants = grants_for([PostFacts(role=role, place_path=place, institution_id=institution)])
    return Actor(kind="staff", name=found.display_name, user_id=found.pk, grants=grants, roles=(role.value,))


def world(people: int = 3, *, scheme: str = SCHEME) -> World:
    base = deposits.world(people)
    officer = person(Role.ISSUER_OFFICER, institution=base.issuer.pk)
    branch = person(Role.BRANCH_OFFICER, place=foundation.ZHEJIANG)
    row = actions.propose_scheme(institution_code="ylu", text=scheme, by=officer, now=SPRING)
    return World(base, officer, branch, actions.sign_scheme(scheme_id=row.id, by=branch, now=SPRING))


def lecture(here: World, *, on: date = date(2026, 6, 1), kind: str = "lecture", most: int = 30) -> ActivityFacts:
    """An activity from nine to eleven in the morning, Beijing time, announced the day before."""
    starts = datetime(on.year, on.month, on.day, 1, 0, tzinfo=UTC)
    return actions.open_activity(
        institution_code="ylu", kind=kind, title="家风讲座", place="社区学校一楼", starts_at=starts,
        ends_at=starts + timedelta(hours=2), most=most, by=here.officer, now=starts - timedelta(days=1),
    )  # fmt: skip


def came(here: World, found: ActivityFacts, *people: int) -> list[str]:
    """Confirm these learners of the world by the organiser's list; the participations' numbers."""
    text = "\n".join(here.accounts[n] for n in people)
    done = actions.confirm_list(number=found.number, text=text, by=here.officer, now=found.ends_at)
    assert not [one for one in done if one.problem], done
    return [one.number for one in done]


def lectures(here: World, count: int, *people: int) -> None:
    """So many lectures on as many days of June, with these learners."""
    for day in range(count):
        came(here, lecture(here, on=date(2026, 6, 1) + timedelta(days=day)), *people)


def code_of(found: ActivityFacts, now: datetime) -> str:
    return queries.code_now(found, now=now)


def deed(here: World, learner: int = 0, *, on: date = date(2026, 6, 10), witness: str = "") -> str:
    now = datetime(on.year, on.month, on.day, 10, 0, tzinfo=UTC)
    return actions.report_deed(
        institution_code="ylu", kind="deed", text="陪邻居老人去医院取药。", done_on=on, witness_account=witness,
        learner_id=here.learners[learner], by=foundation.as_learner(here.learners[learner]), now=now,
    )  # fmt: skip
