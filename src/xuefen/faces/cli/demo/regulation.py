"""The part of the story in which regulation is made: an alliance, rules from draft to publication, a chain through a framework,
contracts, the next version of the standard before the public, and what doctor and preview say of it all.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from stdnum.cn import uscc

from xuefen.bank.catalogue import actions as catalogue
from xuefen.bank.catalogue import queries as items
from xuefen.bank.catalogue.types import PairVerdict
from xuefen.bank.conversion.actions import doctor, impact
from xuefen.bank.conversion.types import RuleDraft, Text
from xuefen.bank.conversion.types.agreements import JointProgramme, Quota, Resource, ResourceKind, Share, Terms
from xuefen.bank.institutions import actions as institutions
from xuefen.bank.institutions import queries as houses
from xuefen.bank.institutions.types import InstitutionKind, OutcomeClass
from xuefen.bank.shell.clock import today
from xuefen.bank.staff import queries as sign_ins
from xuefen.bank.standards import queries as standards
from xuefen.faces.cli.demo import rule_life, stage, under_way
from xuefen.faces.cli.demo.people import GU, LIN

BASIS = Text("学习目标与内容逐项比对，覆盖要求", "Aims and content compared item by item; the course is covered")
SEAL = "负责人（签章）"


def make(*, accounts: stage.Accounts, rule: str, now: datetime) -> dict[str, Any]:
    """Everything of this chapter; the counts for the story. ``rule`` is the number of a published rule of the university's."""
    who = {
        name: stage.actor(name, now=now)
        for name in ("hub", "hub2", "zhuanjia", "zhuanjia2", "reviewer", "yldx", "ylsq")
    }
    agreement = rule_life.alliance(
        name="云岭终身学习联盟公约", members=dict.fromkeys(("YLU", "YLVC", "YLSQ", "YLZS"), SEAL), terms=_terms(),
        since=today(now), by=who["hub"], now=now,
    )  # fmt: skip
    experts = [who["zhuanjia"], who["zhuanjia2"]]
    road: tuple[tuple[str, str, rule_life.Until], ...] = (
        ("HX-02", "老年健康课程抵选修", "published"),
        ("HX-06", "社区课程抵选修", "comparing"),
    )
    for code, title, until in road:
        rule_life.proposal(
            agreement=agreement, title=title, drafts=[_draft(f"YLSQ/{code}", now=now)], drafter=who["reviewer"],
            experts=experts, signers={"YLSQ": who["ylsq"], "YLVC": who["reviewer"]}, publisher=who["hub"], until=until, now=now,
        )  # fmt: skip
    _framework(now=now)
    rule_life.chain(
        reference="YLKJ", unit="YLKJ/CKDY01", source=f"YLU/{_intelligence()}", target="YLVC/YLVC105",
        signatories=dict.fromkeys(("YLKJ", "YLU", "YLVC"), SEAL), drafter=who["reviewer"], by=stage.HOUSE, now=now,
    )  # fmt: skip
    for person, signs in ((LIN, True), (GU, False)):
        account_no = accounts.cast[person.name][1][0]
        learner = sign_ins.actor_for(sign_ins.user(account_no), now=now)
        rule_life.contract(
            rule=rule, account_no=account_no, until=today(now) + timedelta(days=3 * 365), receiver=who["reviewer"],
            others=[who["yldx"], learner] if signs else [who["yldx"]], now=now,
        )  # fmt: skip
    number = under_way.under_way(experts=experts, hubs=[who["hub"], who["hub2"]], now=now)
    proposed = standards.proposal(who["hub"], number)
    impact.run(standard=proposed.body, by=who["hub"], now=now)
    _same_names(now=now)
    return {"proposal": number, "doctor": doctor.run(on=today(now), by=who["hub"], now=now).counts}


def _terms() -> Terms:
    """What is shared, how much each takes, how the earnings are split, one programme with two certificates."""
    certificate = next(iter(items.items_for(houses.by_code("YLZS").pk).latest))
    return Terms(
        resources=(
            Resource(ResourceKind.ITEM, "YLSQ/HX-01", "联盟成员的学习者免费"),
            Resource(ResourceKind.PROGRAMME, "YLVC/590302"),
        ),
        quotas=(Quota("YLVC", credits=200_000, persons=300),),
        shares=(Share("YLU", 40), Share("YLVC", 30), Share("YLSQ", 20), Share("YLZS", 10)),
        joint=(JointProgramme("老年服务“学历＋技能”双证", "YLVC/590302", f"YLZS/{certificate}"),),
    )


def _intelligence() -> str:
    """A course of the university's about artificial intelligence, of two credits or more."""
    offered = items.items_for(houses.by_code("YLU").pk).latest.values()
    return next(item.code for item in offered if "人工智能" in item.name and (item.declared_credit or 0) >= 200)


def _draft(source: str, *, now: datetime) -> RuleDraft:
    since = today(now) + timedelta(days=1)
    return RuleDraft("YLVC", BASIS, since, sources=(source,), elective="*", clause="公约第 5 条")


def _framework(*, now: datetime) -> None:
    """The office that keeps the framework's reference units."""
    code = "52330600600000505"
    institutions.register(
        code="YLKJ", uscc=code + uscc.calc_check_digit(code), name_zh="云岭资历框架办公室",
        name_en="Yunling Qualifications Framework Office", kind=InstitutionKind.INDUSTRY_BODY, place_code="33",
        by=stage.HOUSE, now=now,
    )  # fmt: skip
    institutions.qualify(
        institution_code="YLKJ", outcome_class=OutcomeClass.DEGREE, effective_from=date(2020, 1, 1),
        expires_on=today(now) + timedelta(days=3 * 365), basis="框架办公室设立文件（演示）", by=stage.HOUSE, now=now,
    )  # fmt: skip
    catalogue.import_sheet(
        path=stage.OWN / "framework.csv", mapping="courses", institution_code="YLKJ", by=stage.HOUSE, now=now
    )


def _same_names(*, now: datetime) -> None:
    """An expert looks at the first group of items whose names are the same in normal form."""
    groups, _ = items.duplicate_groups(size=1)
    if groups:
        catalogue.judge_group(
            item_ids=[item.item_id for item in groups[0].items], verdict=PairVerdict.SAME,
            reason="名称、学时一致，大纲相同。", by=stage.actor("zhuanjia", now=now), now=now,
        )  # fmt: skip
