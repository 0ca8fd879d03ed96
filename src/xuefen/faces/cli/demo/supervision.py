"""A chapter of the demo: an outcome corrected, one revoked and arbitrated, one in doubt, and what the alarms find."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.deposits import actions as deposits
from xuefen.bank.deposits import queries as outcomes
from xuefen.bank.deposits.types import Correction, OutcomeFacts
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.recognition import queries as recognition
from xuefen.bank.recognition.types import State
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.shell.clock import today
from xuefen.bank.supervision import actions, queries
from xuefen.bank.supervision.types.alarms import AlarmEvent, AlarmKind
from xuefen.faces.cli.demo import stage
from xuefen.faces.cli.demo.people import GU, LIN, SU

OFFICERS = {"YLU": "yldx", "YLZS": "ylzs", "YLSQ": "ylsq"}
PILE = 40


def make(*, accounts: stage.Accounts, now: datetime) -> dict[str, Any]:
    """Everything of this chapter; the counts for the story."""
    supervisor = stage.actor("jianguan", now=now)
    first = _free(accounts.cast[SU.name][0])
    actions.correct(
        number=first.number, correction=Correction(serial="补-2026-001"), reason="证书编号漏登，补上",
        by=stage.actor(OFFICERS[first.issuer_code], now=now), now=now,
    )  # fmt: skip
    told = {}
    for person, grounds in ((LIN, "经核对原始成绩册，成绩无误，撤销不成立。"), (GU, "")):
        used = _used(accounts.cast[person.name][0], now=now)
        if used is None:
            continue
        by = stage.actor(OFFICERS[used.issuer_code], now=now)
        done = actions.revoke(number=used.number, reason="成绩册上查不到这项成绩", by=by, now=now)
        told[person.name] = done.arbitration
        if grounds:
            actions.decide_arbitration(number=done.arbitration, uphold=False, grounds=grounds, by=supervisor, now=now)
    _suspicious(accounts, now=now)
    found = actions.scan_all(now=now)
    for case in queries.alarm_views(queries.alarms(EVERYTHING, kind=AlarmKind.BEFORE_ITEM)):
        actions.decide_alarm(
            number=case.number,
            event=AlarmEvent.EXPLAIN,
            reason="演示数据：目录只从最近几年的培养方案导入。",
            by=supervisor,
            now=now,
        )
    return {"arbitrations": told, "alarms": found.opened}


def _free(learner_id: int) -> OutcomeFacts:
    """An outcome of the learner's that nothing uses."""
    held = outcomes.outcomes_of(EVERYTHING, learner_id)
    return next(one for one in held if one.free == one.credits and one.issuer_code == "YLU")


def _used(learner_id: int, *, now: datetime) -> OutcomeFacts | None:
    """An outcome that an archived conversion of the learner's rests on."""
    for row in recognition.mine(EVERYTHING, now=now):
        view = recognition.application(EVERYTHING, row.number, now=now)
        if row.state is State.ARCHIVED and view.learner_id == learner_id:
            number = view.plan.lines[0].uses[0].number
            return outcomes.outcome(EVERYTHING, number)
    return None


def _suspicious(accounts: stage.Accounts, *, now: datetime) -> None:
    """A sheet nobody should believe: one certificate number for two people, and far too many results of exactly 60."""
    offered = catalogue.items_for(institutions.by_code("YLU").pk).latest.values()
    course = next(item for item in offered if item.declared_credit and item.theory_hours)
    on: date = today(now) - timedelta(days=20)
    people = accounts.crowd[-PILE - 12 :]
    rows = [
        {
            "account": account,
            "item_code": course.code,
            "awarded_on": on.isoformat(),
            "grade": "60" if place < PILE else str(61 + place % 5),
            "serial": "云大证 2026-0007" if place < 2 else f"云大证 2026-{1000 + place}",
        }
        for place, (account, _, _) in enumerate(people)
    ]
    by = stage.actor("yldx", now=now)
    batch = deposits.receive_rows(source="api", rows=rows, issuer_code="YLU", by=by, now=now)
    deposits.run(batch_id=batch.id, by=by, now=now)
