"""The demo's pieces of the life of rules, on a world of tests."""

from __future__ import annotations

from datetime import date

import pytest

from tests.bank.conversion_builders import catalogue_items, course, group, programme_row
from tests.bank.foundation_builders import HOUSE, NOW, TODAY, account, institution
from tests.bank.life_builders import SINCE, World, draft, somebody
from xuefen.bank.conversion import queries
from xuefen.bank.conversion.types.agreements import JointProgramme, Quota, Resource, ResourceKind, Share, Terms
from xuefen.bank.conversion.types.life import ContractState
from xuefen.bank.staff.types import Role
from xuefen.faces.cli.demo import rule_life

pytestmark = pytest.mark.django_db(transaction=True)


def test_proposals_stand_where_they_were_carried() -> None:
    world = World()
    for nth, until in enumerate(rule_life.ROAD):
        number = rule_life.proposal(
            agreement=world.agreement.number,
            title=f"提案 {nth}",
            drafts=[draft(sources=("giver/A",), to="taker/X", clause=str(nth), number=None, grade=6000 + nth)]
            if nth == 0
            else [draft(sources=(f"giver/{'ABC'[nth % 3]}",), to=f"taker/{'XYZ'[nth // 2]}")],
            drafter=world.reviewer,
            experts=world.experts,
            signers={"giver": world.issuer, "taker": world.reviewer},
            publisher=world.hub,
            until=until,
            now=NOW,
        )
        assert queries.proposal(world.hub, number).row.state == until
    assert list(queries.violations()) == []


def test_an_alliance_of_three_with_terms() -> None:
    world = World()
    institution("third", number=3)
    programme_row(world.taker, group("root", course(world.targets["X"], 300)), code="HL")
    terms = Terms(
        resources=(Resource(ResourceKind.ITEM, "giver/A", "公开课"),),
        quotas=(Quota("taker", credits=300_000, persons=100),),
        shares=(Share("giver", 40), Share("taker", 40), Share("third", 20)),
        joint=(JointProgramme("护理＋护士证", "taker/HL", "giver/B"),),
    )
    members = {"giver": "甲方代表", "taker": "乙方代表", "third": "丙方代表"}
    number = rule_life.alliance(name="云岭联盟", members=members, terms=terms, since=SINCE, by=world.hub, now=NOW)
    view = queries.agreement(number)
    assert view.row.members == 3 and view.terms[0].terms == terms


def test_a_chain_becomes_a_draft() -> None:
    world = World()
    body = institution("units", number=9)
    catalogue_items(body, ["U1"], credits=200)
    number = rule_life.chain(
        reference="units", unit="units/U1", source="giver/A", target="taker/X",
        signatories=dict.fromkeys(("giver", "taker", "units"), "代表"), drafter=world.experts[0], by=HOUSE, now=NOW,
    )  # fmt: skip
    (made,) = queries.proposal(world.experts[0], number).drafts
    assert made.targets[0].credits == 200


def test_a_contract_of_three_sides() -> None:
    world = World()
    _, (rule,) = world.published()
    opened = account(1)
    learner = somebody("xuexizhe", Role.LEARNER, learner_id=opened.learner_id)
    number = rule_life.contract(
        rule=rule, account_no=opened.account_no, until=date(2028, 6, 30), receiver=world.reviewer,
        others=[world.issuer, learner], now=NOW,
    )  # fmt: skip
    found = queries.contract(learner, number)
    assert found.state is ContractState.IN_FORCE and found.kept(TODAY)
