"""The catalogue against real sheets: 112 training plans, 717 national skill standards."""

from __future__ import annotations

import csv

import pytest

from tests.bank.catalogue_builders import NOW, SYSTEM, an_institution, an_issuer_officer
from tests.shared_data import shared_data
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.catalogue import actions, queries
from xuefen.bank.catalogue.models import Item, ItemVersion, Programme, ProgrammeItem
from xuefen.bank.catalogue.rules import facts_of, find_tree_errors
from xuefen.bank.standards.actions import load_shipped_packs
from xuefen.bank.standards.queries import current
from xuefen.bank.standards.rules import assess, read_grade
from xuefen.bank.standards.types import ITEM_WITHOUT_CREDIT, Assessment, Refusal
from xuefen.bank.translog.models import QueuedLeaf
from xuefen.bedrock.names import clean

pytestmark = pytest.mark.django_db(transaction=True)
PLANS = "china/hitsz_training_plans_7300_courses.csv"
SKILLS = "china/national_skill_standards_717.csv"


def test_seven_thousand_plan_rows_go_in_once():
    path = shared_data(PLANS)
    school = an_institution("HITSZ", name="哈尔滨工业大学（深圳）")
    officer = an_issuer_officer(school)
    seen = []

    report = actions.import_sheet(
        path=path,
        mapping="hitsz-plans",
        institution_code="HITSZ",
        by=officer,
        now=NOW,
        progress=lambda done, total: seen.append((done, total)),
    )

    assert seen[-1] == (7300, 7300)
    # Row 759 has no total of hours, row 4376 does not say whether the course is required: both are taken as they are.
    assert (report.read, report.accepted, report.programmes) == (7300, 7300, 112)
    assert (report.refused, report.programmes_refused) == ((), ())
    assert report.items == Item.objects.count() == 1274
    assert report.versions == ItemVersion.objects.count()
    with path.open(encoding="utf-8") as file:
        pairs = {(clean(r["course_code"]), r["year"]) for r in csv.DictReader(file)}
    plain = {(v.item.code, v.version) for v in ItemVersion.objects.select_related("item") if "-" not in v.version}
    assert plain == pairs
    assert [AuditEntry.objects.filter(action="catalogue.publish").count(), QueuedLeaf.objects.count()] == [1, 1]
    for row in Programme.objects.all():
        assert find_tree_errors(row.tree) == []
    assert list(queries.violations()) == []

    again = actions.import_sheet(path=path, mapping="hitsz-plans", institution_code="HITSZ", by=officer, now=NOW)

    assert (again.items, again.versions, again.programmes) == (0, 0, 0)
    assert (again.accepted, again.refused, again.programmes_refused) == (7300, (), ())
    assert [AuditEntry.objects.filter(action="catalogue.publish").count(), QueuedLeaf.objects.count()] == [1, 1]


def test_plans_of_one_year_that_disagree_become_variants():
    path = shared_data(PLANS)
    school = an_institution("HITSZ")
    actions.import_sheet(path=path, mapping="hitsz-plans", institution_code="HITSZ", by=SYSTEM, now=NOW)
    items = queries.items_for(school.id)

    chemistry = {
        v: f.theory_hours for (code, v), f in items.by_version.items() if code == "CHEM1001" and v[:4] == "2019"
    }
    assert chemistry == {"2019": 30, "2019-2": 32}  # three plans of 2019 say 30 hours of theory, one says 32
    assert "-" not in items.latest["CHEM1001"].version
    subjects = {facts.name: facts.subject for facts in items.latest.values()}
    assert (subjects["毛泽东思想和中国特色社会主义理论体系概论"], subjects["大学化学"]) == ("ideology", "")
    assert {"pe", "ideology", ""} == set(subjects.values())
    programme = queries.programme("HITSZ", "070202", "2019")
    assert (programme.name, programme.tree["children"][0]["id"]) == ("会计学(大数据会计方向)", "required")
    assert ProgrammeItem.objects.filter(programme_id=programme.id).count() == sum(
        len(group["children"]) for group in programme.tree["children"]
    )


def test_every_real_course_is_worth_no_more_than_its_school_says():
    path = shared_data(PLANS)
    school = an_institution("HITSZ")
    load_shipped_packs(by=SYSTEM, now=NOW)
    pack = current(on=NOW.date()).pack
    actions.import_sheet(path=path, mapping="hitsz-plans", institution_code="HITSZ", by=SYSTEM, now=NOW)
    grade = read_grade("85", pack)

    for facts in queries.items_for(school.id).by_version.values():
        result = assess(facts_of(facts, grade=grade), pack)
        if isinstance(result, Refusal):
            assert result.problem is ITEM_WITHOUT_CREDIT
            # Declared as worth nothing, or hours that are slips: 4 hours for 2 credits, 1 hour for 1.5.
            assert facts.declared_credit == 0 or facts.theory_hours + facts.practice_hours <= 4
        else:
            assert isinstance(result, Assessment)
            assert 0 < result.credits <= facts.declared_credit


def test_each_level_of_a_skill_standard_is_a_certificate():
    path = shared_data(SKILLS)
    body = an_institution("OSTA", name="职业技能鉴定中心", kind="certificate_body")
    report = actions.import_sheet(path=path, mapping="skill-standards", institution_code="OSTA", by=SYSTEM, now=NOW)

    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    incomplete = {
        number
        for number, row in enumerate(rows, 2)
        if not (row["occupation_code"] and row["levels"] and row["occupation_name"])
    }
    assert {line.row for line in report.refused} == incomplete
    assert all(line.sentence("zh") and line.sentence("en") for line in report.refused)
    assert (report.read, report.accepted) == (717, 717 - len(incomplete))
    trainer = queries.item("OSTA", "4-04-05-05-3")
    assert (trainer.name, trainer.type_code, trainer.family, trainer.version) == (
        "人工智能训练师（三级/高级工）",
        "V13",
        "4-04-05-05",
        "2021",
    )
    engineer = queries.item("OSTA", "2-02-10-09-1")
    assert (engineer.name, engineer.type_code) == ("人工智能工程技术人员（高级）", "V21")
    assert len(queries.items_for(body.id).latest) == report.items
    again = actions.import_sheet(path=path, mapping="skill-standards", institution_code="OSTA", by=SYSTEM, now=NOW)
    assert (again.items, again.versions, again.accepted) == (0, 0, report.accepted)
