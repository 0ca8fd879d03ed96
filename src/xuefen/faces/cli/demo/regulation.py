"""The part of the story in which regulation is made: an alliance, rules from draft to publication, a chain through a framework, a
contract, the next version of the standard before the public, and what doctor and preview say of it all.
"""

from __future__ import annotations

import copy
from datetime import date, datetime, timedelta
from typing import Any

from stdnum.cn import uscc

from xuefen.bank.catalogue import actions as catalogue
from xuefen.bank.catalogue import queries as items
from xuefen.bank.catalogue.types import PairVerdict
from xuefen.bank.conversion import actions as conversion
from xuefen.bank.conversion import queries as rules
from xuefen.bank.conversion.actions import doctor, impact
from xuefen.bank.conversion.types import AgreementMode, RuleDraft, TargetDraft, Text
from xuefen.bank.conversion.types.agreements import (
    AgreementKind,
    JointProgramme,
    Quota,
    Resource,
    ResourceKind,
    Share,
    Terms,
)
from xuefen.bank.institutions import actions as institutions
from xuefen.bank.institutions import queries as houses
from xuefen.bank.institutions.types import InstitutionKind, OutcomeClass
from xuefen.bank.shell.actor import PUBLIC
from xuefen.bank.shell.clock import today
from xuefen.bank.staff import queries as sign_ins
from xuefen.bank.standards import actions as standards
from xuefen.bank.standards import queries as published
from xuefen.faces.cli.demo import stage

EXPERTS = ("zhuanjia", "zhuanjia2")
COUNTED = Text("学习目标与内容逐项比对，覆盖要求", "Aims and content compared item by item; the course is covered")


def make(*, accounts: stage.Accounts, rule: str, now: datetime) -> dict[str, Any]:
    """Everything of this chapter; the counts for the story. ``rule`` is the number of a published rule of the university's."""
    agreement = _alliance(now=now)
    numbers = _proposals(agreement, now=now)
    _chain(now=now)
    _contracts(accounts, rule=rule, now=now)
    _next_standard(now=now)
    _same_names(now=now)
    examined = doctor.run(on=today(now), by=stage.actor("hub", now=now), now=now)
    return {"rules_proposed": len(numbers), "doctor": examined.counts}


def _alliance(*, now: datetime) -> str:
    """Three schools, what they share, how much each takes, how the earnings are split, one programme with two certificates."""
    hub, day = stage.actor("hub", now=now), today(now)
    members = ("YLU", "YLVC", "YLSQ")
    number = conversion.sign_agreement(
        name="云岭终身学习联盟公约", mode=AgreementMode.AGREEMENT, kind=AgreementKind.ALLIANCE, party_codes=members,
        signatories=dict.fromkeys(members, "校长（签章）"), effective_from=day, by=hub, now=now,
    ).number  # fmt: skip
    conversion.join_alliance(
        number=number, institution_code="YLZS", signatory="中心主任（签章）", on=day, by=hub, now=now
    )
    certificate = _catalogue("YLZS")[0]
    terms = Terms(
        resources=(
            Resource(ResourceKind.ITEM, "YLSQ/HX-01", "联盟成员的学习者免费"),
            Resource(ResourceKind.PROGRAMME, "YLVC/590302"),
        ),
        quotas=(Quota("YLVC", credits=200_000, persons=300),),
        shares=(Share("YLU", 40), Share("YLVC", 30), Share("YLSQ", 20), Share("YLZS", 10)),
        joint=(JointProgramme("老年服务“学历＋技能”双证", "YLVC/590302", f"YLZS/{certificate}"),),
    )
    conversion.agree_terms(number=number, terms=terms, effective_from=day, basis="联盟第一次会议纪要", by=hub, now=now)
    return number


def _catalogue(code: str) -> list[str]:
    """The codes of an institution's items."""
    return list(items.items_for(houses.by_code(code).pk).latest)


def _draft(source: str, *, now: datetime, credits: int | None = None) -> RuleDraft:
    return RuleDraft(
        receiver="YLVC", sources=(source,), elective="*", result=credits, basis=COUNTED,
        effective_from=today(now) + timedelta(days=1), clause="公约第 5 条",
    )  # fmt: skip


def _proposals(agreement: str, *, now: datetime) -> list[str]:
    """One set goes the whole road, one waits for the experts."""
    reviewer, school = stage.actor("reviewer", now=now), stage.actor("ylsq", now=now)
    free = [c for c in ("HX-02", "HX-06", "HX-07", "HX-08") if c in _catalogue("YLSQ")]
    sets = [[_draft(f"YLSQ/{free[0]}", now=now)], [_draft(f"YLSQ/{code}", now=now) for code in free[1:3]]]
    titles = ("老年健康课程抵选修", "社区艺术课程抵选修")
    made = [
        conversion.propose_rules(
            agreement_number=agreement, title=title, drafts=drafts, submit=True, by=reviewer, now=now
        )
        for title, drafts in zip(titles, sets, strict=True)
    ]
    for username in EXPERTS:
        conversion.give_opinion(
            number=made[0], revision=1, verdict="agree", overlaps=[85], reasons="大纲逐章比对，目标一致，内容覆盖八成以上。",
            by=stage.actor(username, now=now), now=now,
        )  # fmt: skip
    for code, by in (("YLSQ", school), ("YLVC", reviewer)):
        conversion.sign_proposal(number=made[0], revision=1, institution_code=code, by=by, now=now)
    conversion.publish_proposal(number=made[0], revision=1, by=stage.actor("hub", now=now), now=now)
    conversion.give_opinion(
        number=made[1], revision=1, verdict="agree", overlaps=[None, None], reasons="课程目标合适，建议采用。",
        by=stage.actor(EXPERTS[0], now=now), now=now,
    )  # fmt: skip
    return made


def _chain(*, now: datetime) -> None:
    """A course of the community school reaches the college through a unit of the framework, with a loss at each hop."""
    hub, day = stage.actor("hub", now=now), today(now)
    code = "52330600600000505"
    institutions.register(
        code="YLKJ", uscc=code + uscc.calc_check_digit(code), name_zh="云岭资历框架办公室",
        name_en="Yunling Qualifications Framework Office", kind=InstitutionKind.INDUSTRY_BODY, place_code="33",
        by=stage.HOUSE, now=now,
    )  # fmt: skip
    institutions.qualify(
        institution_code="YLKJ", outcome_class=OutcomeClass.DEGREE, effective_from=date(2020, 1, 1),
        expires_on=day + timedelta(days=3 * 365), basis="框架办公室设立文件（演示）", by=stage.HOUSE, now=now,
    )  # fmt: skip
    catalogue.import_sheet(
        path=stage.OWN / "framework.csv", mapping="courses", institution_code="YLKJ", by=stage.HOUSE, now=now
    )
    members = ("YLKJ", "YLSQ", "YLVC")
    framework = conversion.sign_agreement(
        name="云岭资历框架", mode=AgreementMode.FRAMEWORK, party_codes=members, reference_code="YLKJ",
        signatories=dict.fromkeys(members, "负责人（签章）"), effective_from=day, by=hub, now=now,
    ).number  # fmt: skip
    to_unit = RuleDraft(
        receiver="YLKJ", sources=("YLSQ/HX-03",), targets=(TargetDraft("YLKJ/CKDY01", credits=100),), basis=COUNTED,
        effective_from=day,
    )  # fmt: skip
    from_unit = RuleDraft(
        receiver="YLVC", sources=("YLKJ/CKDY01",), elective="*", result=80, basis=COUNTED, effective_from=day
    )
    conversion.publish_rules(agreement_number=framework, rules=[to_unit, from_unit], by=stage.HOUSE, now=now)
    found = rules.chains(source_code="YLSQ", receiver_code="YLVC", on=day).chains
    if found:
        first, second = found[0].hops
        conversion.propose_chain(
            agreement_number=framework, source_code="YLSQ", receiver_code="YLVC", first=first.rule, second=second.rule,
            by=hub, now=now,
        )  # fmt: skip


def _contracts(accounts: stage.Accounts, *, rule: str, now: datetime) -> None:
    """One contract in force, one that waits for its learner."""
    reviewer, university = stage.actor("reviewer", now=now), stage.actor("yldx", now=now)
    until = today(now) + timedelta(days=3 * 365)
    for name, signs in (("林秋禾", True), ("谷眉", False)):
        learner_id, (account_no, _, _) = accounts.cast[name]
        number = conversion.offer_contract(rule_number=rule, until=until, by=reviewer, now=now, learner_id=learner_id)
        conversion.sign_contract(number=number, by=university, now=now)
        if signs:
            learner = sign_ins.actor_for(sign_ins.user(account_no), now=now)
            conversion.sign_contract(number=number, by=learner, now=now)


def _next_standard(*, now: datetime) -> None:
    """The next version of the standard, compared by two experts, stands before the public; a preview says whom it touches."""
    hub, day = stage.actor("hub", now=now), today(now)
    body = copy.deepcopy(published.body_of(published.current(on=day).id))
    body["version"] = body["version"] + 1
    body["effective_from"] = date(day.year + 1, 7, 1).isoformat()
    body["social"]["S01"]["hours_per_credit"] = 24
    number = standards.propose(
        body=body, note="社区课程学时偏严：多数地区 24 学时折 1 学分，拟与之一致。", by=hub, now=now
    )
    for username in EXPERTS:
        standards.compare(
            number=number, verdict="support", reasons="与三省现行办法比较，改后口径一致，不影响学历类学分。",
            by=stage.actor(username, now=now), now=now,
        )  # fmt: skip
    standards.open_consultation(number=number, working_days=20, by=stage.actor("hub2", now=now), now=now)
    standards.comment(
        number=number, name="石桥社区学校", place="", text="支持。希望同时写明考核的最低要求。", by=PUBLIC, now=now
    )
    standards.ask_kind(
        name="微专业证书", outcome_class="vocational", description="高校开设的十到二十学分的课程组，结业发证，请制定折算标准。",
        institution_code="YLU", by=stage.actor("yldx", now=now), now=now,
    )  # fmt: skip
    impact.run(standard=body, by=hub, now=now)


def _same_names(*, now: datetime) -> None:
    """An expert looks at the first group of items whose names are the same in normal form."""
    expert = stage.actor(EXPERTS[0], now=now)
    groups, _ = items.duplicate_groups(size=1)
    if groups:
        catalogue.judge_group(
            item_ids=[item.item_id for item in groups[0].items], verdict=PairVerdict.SAME,
            reason="名称、学时一致，大纲相同。", by=expert, now=now,
        )  # fmt: skip
