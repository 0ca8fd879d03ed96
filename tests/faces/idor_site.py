"""A bank with one row of everything, most of it one learner's, and a browser for everybody who might ask for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.bank import evidence_builders as evidence
from tests.bank import foundation_builders as build
from tests.bank import recognition_builders as world_of
from tests.bank import standard_builders as make
from tests.faces import activity_site as activities
from tests.faces import desk_builders as desk
from tests.faces import hall_builders as hall
from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.certificates import actions as certificates
from xuefen.bank.certificates.types import Choice, ShareKind, ShownField
from xuefen.bank.conversion import actions as rules
from xuefen.bank.conversion.actions import doctor, impact
from xuefen.bank.conversion.types import Conditions
from xuefen.bank.custody import actions as custody
from xuefen.bank.deposits import actions as deposit_actions
from xuefen.bank.deposits import queries as deposits
from xuefen.bank.intake import actions as intake
from xuefen.bank.intake.types import Award, Form
from xuefen.bank.recognition import actions as recognition
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.staff import queries as staff
from xuefen.bank.staff.types import Role
from xuefen.bank.standards import actions as standards
from xuefen.bank.standards import queries as standard_queries
from xuefen.bank.supervision import actions as supervision
from xuefen.bank.supervision import queries as supervision_queries
from xuefen.bank.translog import actions as translog
from xuefen.config.settings import evidence_storage


@dataclass(frozen=True)
class Site:
    """Everybody's browser, and the numbers of one learner's rows."""

    browsers: dict[str, Client]
    numbers: dict[str, str]


def made(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The bank with one row of everything; its clock stands at ``desk.MONDAY``."""
    settings.STORAGES = settings.STORAGES | {"evidence": evidence_storage(str(tmp_path / "evidence"))}
    settings.XUEFEN_LOG, settings.XUEFEN_PUBLIC = tmp_path / "log", tmp_path / "public"
    desk.stop_clock(monkeypatch)
    desk.node()
    world = world_of.world(outcomes=0)
    build.institution("OT", number=9, place_code="31", classes=tuple(world_of.OutcomeClass))
    arbitration = _in_doubt(world)
    owner, other = hall.online_account(5), hall.online_account(6, name="钟野")
    world_of.deposit(owner.account_no, items=range(2))
    world_of.deposit(owner.account_no, items=range(2, 4))
    alarm = _alarmed(owner.account_no, other.account_no)
    application = world_of.applied(world, learner_id=owner.learner_id)
    statement = certificates.issue_statement(learner_id=owner.learner_id, by=build.HOUSE, now=desk.MONDAY)
    objected = _objected(world)
    makers = make.People()
    standard = make.consulting(makers)
    kind = standards.ask_kind(
        name="数字徽章", outcome_class="social", description="十学时以内的在线微认证，有考核。", institution_code="",
        by=makers.hubs[0], now=make.NOW,
    )  # fmt: skip
    certificates.publish_trust(now=desk.MONDAY)
    certificates.publish_status(now=desk.MONDAY)
    size = translog.seal_all(now=desk.MONDAY)
    outcome = deposits.outcomes_of(EVERYTHING, owner.learner_id)[0]
    shares = _shares(world, owner, statement.number)
    browsers = _browsers(owner, other)
    proposal, contract = _rules(world, owner.account_no)
    held = activities.idle(owner, other)
    slip, file, award = _slips(owner)
    look = doctor.ask(on=clock.today(desk.MONDAY), by=build.HOUSE, now=desk.MONDAY)
    body = standard_queries.body_of(standard_queries.current(on=clock.today(desk.MONDAY)).id)
    preview = impact.ask_standard(body=body, by=build.HOUSE, now=desk.MONDAY)
    return Site(
        browsers=browsers,
        numbers={
            "erasure": str(_taken_back(owner)),
            "slip": slip,
            "file": file,
            "award": award,
            "rule": world.rule_numbers[0],
            "agreement": world.agreement,
            "proposal": proposal,
            "contract": contract,
            "account": owner.account_no,
            "learner": str(owner.learner_id),
            "outcome": outcome.number,
            "batch": outcome.batch_number,
            "application": application.number,
            "objected": objected,
            "arbitration": arbitration,
            "alarm": alarm,
            "certificate": statement.number,
            "programme": str(world.programme.id),
            "size": str(size),
            "standard": standard,
            "kind": kind,
            "look": str(look),
            "preview": str(preview),
            **held,
            **shares,
        },
    )


def _shares(world: world_of.World, owner: Any, certificate: str) -> dict[str, str]:
    """A link the owner may end, and two that anybody may open: to a plan, to a part of a certificate."""
    plan = world_of.plan_for(world, learner_id=owner.learner_id).to_json()
    shared = [
        certificates.share(
            learner_id=owner.learner_id, kind=ShareKind.PLAN, title="x", content=plan, days=7, named=False,
            by=build.as_learner(owner.learner_id), now=clock.now(),
        )
        for _ in range(2)
    ]  # fmt: skip
    paper = certificates.share_certificate(
        learner_id=owner.learner_id, number=certificate, choice=Choice(frozenset({ShownField.CREDITS})), days=7,
        by=build.as_learner(owner.learner_id), now=clock.now(),
    )  # fmt: skip
    return {"share": str(shared[0].id), "open share": shared[1].token, "open paper": paper.token}


def _browsers(owner: Any, other: Any) -> dict[str, Client]:
    return {
        "nobody": Client(),
        "owner": hall.browser_of(owner),
        "learner": hall.browser_of(other),
        "clerk": desk.at_work(Role.POINT_CLERK, place="330106001"),
        "clerk elsewhere": desk.at_work(Role.POINT_CLERK, place="310101001"),
        "issuer": desk.at_work(Role.ISSUER_OFFICER, institution="QH"),
        "issuer elsewhere": desk.at_work(Role.ISSUER_OFFICER, institution="OT"),
        "reviewer": desk.at_work(Role.REVIEWER, institution="YL"),
        "reviewer elsewhere": desk.at_work(Role.REVIEWER, institution="OT"),
        "branch": desk.at_work(Role.BRANCH_OFFICER, place="33"),
        "branch elsewhere": desk.at_work(Role.BRANCH_OFFICER, place="31"),
        "supervisor": desk.at_work(Role.SUPERVISOR, place="hub"),
        "hub": desk.at_work(Role.HUB_OFFICER, place="hub"),
        "expert": desk.at_work(Role.EXPERT, place="hub"),
    }


def _taken_back(owner: Any) -> int:
    """The id of an erasure the owner asked for and took back: nobody can do anything with it any more."""
    by = build.as_learner(owner.learner_id)
    asked = custody.request_erasure(by=by, now=desk.MONDAY)
    custody.withdraw_request(by=by, now=desk.MONDAY)
    return asked.id


def _rules(world: world_of.World, account_no: str) -> tuple[str, str]:
    """The numbers of a proposal under the world's agreement, and of a contract offered by the receiver."""
    old = world_of.draft(0)
    proposal = rules.propose_rules(
        agreement_number=world.agreement, title="x", drafts=[replace(old, conditions=Conditions(min_mark=9000))],
        by=build.HOUSE, now=desk.MONDAY,
    )  # fmt: skip
    by = staff.actor_for(staff.user("reviewer.yl"), now=desk.MONDAY)
    until = desk.MONDAY.date() + timedelta(days=365)
    contract = rules.offer_contract(
        account_no=account_no, rule_number=world.rule_numbers[0], until=until, by=by, now=desk.MONDAY
    )
    return proposal, contract


def _slips(owner: Any) -> tuple[str, str, str]:
    """The numbers of a slip that waits to be checked, of a file with it, and of an award that waits to be claimed."""
    by = build.as_learner(owner.learner_id)
    form = Form(awarded_on="2026-06-30", grade="85", serial="X-1")
    number = intake.start(
        learner_id=owner.learner_id, item_version_id=catalogue.item("QH", "A5").version_id, by=by, now=desk.MONDAY
    )
    intake.save_form(number=number, form=form, by=by, now=desk.MONDAY)
    for asked_as in ("transcript", "syllabus"):
        file = intake.attach(
            number=number, asked_as=asked_as, name="a.pdf", content=evidence.pdf(), by=by, now=desk.MONDAY
        )
    intake.send(number=number, version=0, by=by, now=desk.MONDAY)
    pushed = intake.push(
        issuer_code="QH",
        award=Award(account=owner.account_no, item_code="A6", form=form),
        by=build.HOUSE,
        now=desk.MONDAY,
    )
    return number, file.number, pushed.number


def _objected(world: world_of.World) -> str:
    """The number of another application, with an objection to answer."""
    learner_id = world_of.another_learner(world, 3)
    number = world_of.applied(world, learner_id=learner_id).number
    recognition.approve(number=number, version=1, by=build.HOUSE, now=desk.MONDAY)
    recognition.convert(number=number, version=2, by=build.HOUSE, now=desk.MONDAY)
    recognition.object_(
        number=number, by_name="周明远", contact="13800001234", text="内容不同。", by=build.HOUSE, now=desk.MONDAY
    )
    return number


def _alarmed(*account_nos: str) -> str:
    """The number of the case that one certificate number of two people opens."""
    rows = [
        {"account": number, "item_code": "A9", "awarded_on": "2026-06-30", "grade": "85", "serial": "X-1"}
        for number in account_nos
    ]
    batch = deposit_actions.receive_rows(
        source="form", rows=rows, issuer_code="QH", by=build.HOUSE, now=world_of.DEPOSITED
    )
    deposit_actions.run(batch_id=batch.id, by=build.HOUSE, now=world_of.DEPOSITED)
    supervision.scan_all(now=desk.MONDAY)
    return supervision_queries.alarms(EVERYTHING).get().number


def _in_doubt(world: world_of.World) -> str:
    """The number of the arbitration about a third learner's archived conversion."""
    then = datetime(2026, 9, 14, 2, 0, tzinfo=UTC)
    learner_id = world_of.another_learner(world, 4)
    number = world_of.applied(world, learner_id=learner_id, now=then).number
    recognition.approve(number=number, version=1, by=build.HOUSE, now=then)
    recognition.convert(number=number, version=2, by=build.HOUSE, now=then)
    recognition.sweep(now=then + timedelta(days=45))
    outcome = deposits.outcomes_of(EVERYTHING, learner_id)[0].number
    return supervision.revoke(number=outcome, reason="录错", by=build.HOUSE, now=desk.MONDAY).arbitration
