"""The part of the story about learning outside courses: a scheme signed by two, lectures and a good deed gathered into outcomes,
and an activity that is on right now.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from xuefen.bank.activities import actions, queries, rules
from xuefen.bank.activities.types import ActivityFacts, GatheringFacts, Period, Scheme
from xuefen.bank.catalogue import actions as catalogue
from xuefen.bank.deposits import actions as deposits
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.clock import today
from xuefen.bank.staff import queries as sign_ins
from xuefen.bedrock.workdays import BEIJING
from xuefen.faces.cli.demo import people, stage

SCHOOL = "YLSQ"


def make(*, accounts: stage.Accounts, now: datetime) -> GatheringFacts:
    """Everything of this chapter, up to the gathering of the last period that is over."""
    text = (stage.OWN / "merit-scheme.yaml").read_text(encoding="utf-8")
    scheme, _ = rules.read_scheme(text)
    due = _last_period_over(scheme, today(now))
    text = text.replace(scheme.effective_from.isoformat(), due.first.isoformat())
    first = _at(due.first, 9)
    officer = stage.actor("ylsq", now=now)
    catalogue.import_sheet(
        path=stage.OWN / "merit-item.csv", mapping="activities", institution_code=SCHOOL, by=officer, now=first
    )
    proposed = actions.propose_scheme(institution_code=SCHOOL, text=text, by=officer, now=first)
    actions.sign_scheme(scheme_id=proposed.id, by=stage.actor("sheng", now=now), now=first)
    for week in range(5):
        _lecture(accounts, officer, on=due.first + timedelta(days=20 + 7 * week))
    _deed(accounts, on=due.first + timedelta(days=60), now=now)
    gathered = actions.gather(institution_code=SCHOOL, period=due.code, by=officer, now=now)
    deposits.run(batch_id=gathered.batch_id or 0, by=officer, now=now)
    _this_period(accounts, officer, now=now)
    return gathered


def _last_period_over(scheme: Scheme, day: date) -> Period:
    """The last period whose time for confirmations is over."""
    found = rules.period_of(scheme, day)
    while rules.confirms_until(scheme, found) >= day:
        found = rules.period_before(scheme, found)
    return found


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), BEIJING)


def _learner(accounts: stage.Accounts, person: people.MadeUp, *, now: datetime) -> tuple[int, Actor]:
    learner_id, (account_no, _, _) = accounts.cast[person.name]
    return learner_id, sign_ins.actor_for(sign_ins.user(account_no), now=now)


def _lecture(accounts: stage.Accounts, officer: Actor, *, on: date) -> None:
    """Three check in by the code on the screen, one is on the organiser's list."""
    starts = _at(on, 14)
    held = actions.open_activity(
        institution_code=SCHOOL, kind="lecture", title="家风家训讲座", place="石桥社区学校 201 室", starts_at=starts,
        ends_at=starts + timedelta(hours=2), most=40, by=officer, now=starts - timedelta(days=7),
    )  # fmt: skip
    for person in (people.LIN, people.TAO, people.GU):
        _check_in(accounts, held, person, now=starts + timedelta(minutes=5))
    account_no = accounts.cast[people.HE.name][1][0]
    actions.confirm_list(number=held.number, text=account_no, by=officer, now=held.ends_at)


def _check_in(accounts: stage.Accounts, held: ActivityFacts, person: people.MadeUp, *, now: datetime) -> None:
    learner_id, by = _learner(accounts, person, now=now)
    code = queries.code_now(held, now=now)
    actions.check_in(number=held.number, code=code, learner_id=learner_id, by=by, now=now)


def _deed(accounts: stage.Accounts, *, on: date, now: datetime) -> None:
    """Lin tells of a good deed, and Tao, who was there, confirms it."""
    learner_id, by = _learner(accounts, people.LIN, now=now)
    witness = accounts.cast[people.TAO.name][1][0]
    number = actions.report_deed(
        institution_code=SCHOOL, kind="deed", text="雨天帮楼下独居的邻居买菜、取药。", done_on=on, witness_account=witness,
        learner_id=learner_id, by=by, now=_at(on, 18),
    )  # fmt: skip
    actions.confirm_deed(number=number, by=_learner(accounts, people.TAO, now=now)[1], now=_at(on, 20))


def _this_period(accounts: stage.Accounts, officer: Actor, *, now: datetime) -> None:
    """What the pages show today: a lecture that is on now, one next week, points of this period, a deed that waits."""
    running = actions.open_activity(
        institution_code=SCHOOL, kind="lecture", title="冬季养生与合理用药", place="石桥社区学校 201 室",
        starts_at=now - timedelta(minutes=10), ends_at=now + timedelta(hours=3), most=40, by=officer,
        now=now - timedelta(days=3),
    )  # fmt: skip
    _check_in(accounts, running, people.TAO, now=now)
    coming = _at(today(now) + timedelta(days=7), 14)
    actions.open_activity(
        institution_code=SCHOOL, kind="club", title="书法社第三次活动", place="塔山街道文化站", starts_at=coming,
        ends_at=coming + timedelta(hours=2), most=20, by=officer, now=now,
    )  # fmt: skip
    learner_id, by = _learner(accounts, people.TAO, now=now)
    actions.report_deed(
        institution_code=SCHOOL, kind="deed", text="周末在街道图书角整理图书两小时。", done_on=today(now),
        witness_account=accounts.cast[people.LIN.name][1][0], learner_id=learner_id, by=by, now=now,
    )  # fmt: skip
