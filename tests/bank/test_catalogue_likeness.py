"""Items that look alike: one name in normal form, people's verdicts, and likeness with the words that match."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.transaction import atomic

from tests.bank.catalogue_builders import (
    COURSE_HEADER,
    NOW,
    SYSTEM,
    a_course_row,
    a_sheet,
    an_institution,
    an_issuer_officer,
    import_courses,
)
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.catalogue import actions, queries
from xuefen.bank.catalogue.models import Item, ItemVerdict, ItemVersion
from xuefen.bank.catalogue.rules.similarity import Profile, Weights, liken, marked, spans, terms_of
from xuefen.bank.catalogue.types import PairVerdict
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bank.translog.models import QueuedLeaf

EXPERT = Actor(kind="staff", name="专家", grants={"catalogue.compare": EVERYTHING}, roles=("expert",))
SAME, DIFFERENT, UNDECIDED = PairVerdict


def names(path, institution, **called: str) -> None:
    import_courses(path, [a_course_row(code, name=name) for code, name in called.items()], institution=institution)


def the(code: str) -> int:
    return Item.objects.get(code=code).id


class TestNames:
    def test_terms_are_pairs_of_hanzi_words_and_their_beginnings(self):
        assert [term for term, _, _ in spans("計算機C++程序")] == ["计算", "算机", "程序", "c++"]
        assert terms_of("Introduction to Calculus II") == ["introduction", "intr~", "calculu", "calc~", "ii"]
        assert terms_of("礼") == ["礼"]

    def test_what_matches_is_marked_in_the_text_as_it_was_written(self):
        shared = set(terms_of("电子商务概论")) & set(terms_of("電子商務實務"))
        assert marked("電子商務實務", shared) == [("電子商務", True), ("實務", False)]

    def test_the_rarer_the_shared_words_the_more_alike(self):
        weights = Weights({"管理": 900, "原理": 800, "航天": 2, "天器": 2}, total=1000)
        rare = liken(Profile("航天器原理"), Profile("航天器管理"), weights=weights).score
        common = liken(Profile("管理原理"), Profile("管理航天"), weights=weights).score
        assert rare > common

    def test_one_name_in_two_writings_is_almost_the_same_and_another_part_is_not(self):
        weights = Weights({}, total=1000)
        size = {"credits": 300, "hours": 48, "level": 7}
        same = liken(Profile("大学物理（一）", **size), Profile("大學物理Ⅰ", **size), weights=weights)
        part = liken(Profile("大学物理（一）", **size), Profile("大学物理（二）", **size), weights=weights)
        assert same.same_key and same.score > 0.95 and part.score < same.score

    def test_statements_speak_where_names_do_not(self):
        weights = Weights({}, total=1000)
        text = ("能用回归分析解释经济数据",)
        told = liken(Profile("计量经济学", text), Profile("经济数据分析", text), weights=weights)
        untold = liken(Profile("计量经济学"), Profile("经济数据分析"), weights=weights)
        assert told.text is not None and untold.text is None
        assert told.score > untold.score


@pytest.mark.django_db(transaction=True)
class TestDuplicates:
    def test_names_that_are_one_are_proposed_across_institutions_and_never_merged(self, tmp_path):
        one, other = an_institution("YLU"), an_institution("BJ")
        names(tmp_path / "a.csv", one, A1="大学英语（一）", A2="管理学导论", A3="机械原理和设计", A4="高等数学")
        names(tmp_path / "b.csv", other, B1="大學英語Ⅰ", B2="管理学概论", B3="机械原理与设计", B4="线性代数")

        groups, total = queries.duplicate_groups()

        assert total == 3
        assert [[item.code for item in group.items] for group in groups] == [["A1", "B1"], ["A3", "B3"], ["A2", "B2"]]
        assert all(group.open_pairs == 1 for group in groups)
        assert queries.duplicate_groups(institution_code="YLU") == ((), 0)
        assert Item.objects.count() == 8

    def test_a_verdict_is_kept_with_who_and_why_and_can_be_taken_back(self, tmp_path):
        one, other = an_institution("YLU"), an_institution("BJ")
        names(tmp_path / "a.csv", one, A1="大学英语（一）")
        names(tmp_path / "b.csv", other, B1="大學英語Ⅰ")
        leaves = QueuedLeaf.objects.count()
        pair = {"one_id": the("B1"), "other_id": the("A1"), "by": EXPERT, "now": NOW}

        actions.judge_pair(**pair, verdict=SAME, reason="教材和学时相同")
        actions.judge_pair(**pair, verdict=SAME, reason="教材和学时相同")  # said again: nothing new

        (found,) = queries.verdicts([the("A1"), the("B1")]).values()
        assert (found.one, found.other, found.verdict, found.reason, found.by_name) == (
            the("A1"),
            the("B1"),
            SAME,
            "教材和学时相同",
            "专家",
        )
        assert queries.duplicate_groups() == ((), 0)
        settled, total = queries.duplicate_groups(settled=True)
        assert (total, settled[0].open_pairs) == (1, 0)
        assert queries.equivalents([the("A1")]) == {the("A1"): (the("B1"),)}
        actions.judge_pair(**pair, verdict=UNDECIDED, reason="教材换了")
        assert queries.duplicate_groups()[1] == 1
        assert queries.equivalents([the("A1")]) == {}
        assert ItemVerdict.objects.count() == QueuedLeaf.objects.count() - leaves == 2
        assert AuditEntry.objects.filter(action="catalogue.compare").count() == 2
        assert Item.objects.count() == 2
        assert list(queries.violations()) == []

    def test_the_same_of_the_same_is_the_same(self, tmp_path):
        school = an_institution("YLU")
        names(tmp_path / "a.csv", school, A="甲课程", B="乙课程", C="丙课程", D="丁课程")
        for one, other, verdict in (("A", "B", SAME), ("C", "B", SAME), ("C", "D", DIFFERENT)):
            actions.judge_pair(one_id=the(one), other_id=the(other), verdict=verdict, reason="", by=EXPERT, now=NOW)
        assert queries.equivalents([the("A"), the("D")]) == {the("A"): (the("B"), the("C"))}

    def test_who_may_not_compare_says_nothing(self, tmp_path):
        school = an_institution("YLU")
        names(tmp_path / "a.csv", school, A="甲课程", B="乙课程")
        pair = {"one_id": the("A"), "other_id": the("B"), "verdict": SAME, "reason": "", "now": NOW}
        with pytest.raises(Denied, match="not_allowed"):
            actions.judge_pair(**pair, by=an_issuer_officer(school))
        with pytest.raises(Denied, match="item_pair_invalid"):
            actions.judge_pair(**pair | {"other_id": the("A")}, by=EXPERT)
        with pytest.raises(Denied, match="not_found"):
            actions.judge_pair(**pair | {"other_id": 10**9}, by=EXPERT)
        assert ItemVerdict.objects.count() == 0

    def test_the_database_keeps_verdicts_as_they_were_said(self, tmp_path):
        school = an_institution("YLU")
        names(tmp_path / "a.csv", school, A="甲课程", B="乙课程")
        actions.judge_pair(one_id=the("A"), other_id=the("B"), verdict=SAME, reason="", by=EXPERT, now=NOW)
        for change in ("UPDATE item_verdict SET verdict = 'different'", "DELETE FROM item_verdict"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(change)

    def test_a_verdict_that_its_leaf_does_not_say_is_found(self, tmp_path):
        school = an_institution("YLU")
        names(tmp_path / "a.csv", school, A="甲课程", B="乙课程")
        actions.judge_pair(one_id=the("A"), other_id=the("B"), verdict=SAME, reason="", by=EXPERT, now=NOW)
        with atomic(), connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("UPDATE item_verdict SET verdict = 'different'")
            cursor.execute("SET session_replication_role = DEFAULT")
        (violation,) = queries.violations()
        assert violation.invariant == "I5" and "leaf" in violation.found


@pytest.mark.django_db(transaction=True)
class TestSimilar:
    def test_the_most_alike_come_first_with_the_words_that_match(self, tmp_path):
        one, other = an_institution("YLU"), an_institution("BJ")
        names(tmp_path / "a.csv", one, A1="数据结构与算法", A2="数据结构实验")
        names(tmp_path / "b.csv", other, B1="數據結構（含算法）", B2="数据库系统", B3="音乐欣赏", B4="算法设计与分析")
        item = queries.item("YLU", "A1")

        found = queries.similar(item)

        assert [one.facts.code for one in found][:2] in (["B1", "A2"], ["A2", "B1"])
        assert "B3" not in {one.facts.code for one in found}
        assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
        first = next(one for one in found if one.facts.code == "B1")
        assert first.name == (("數據結構", True), ("(含", False), ("算法", True), (")", False))
        assert {one.facts.code for one in queries.similar(item, others_only=True)} <= {"B1", "B2", "B4"}
        assert {one.facts.code for one in queries.similar(item, institution_code="YLU")} == {"A2"}

    def test_statements_and_skills_of_a_sheet_are_kept_and_compared(self, tmp_path):
        school = an_institution("YLU")
        header = (*COURSE_HEADER, "学习成果", "技能")
        rows = [
            [*a_course_row("A", name="计量经济学"), "能用回归分析解释经济数据；能检验假设。", "Stata|回归分析"],
            [*a_course_row("B", name="统计软件应用"), "能用回归分析解释经济数据", "Stata"],
            [*a_course_row("C", name="音乐欣赏"), "能听出奏鸣曲式", ""],
        ]
        actions.import_sheet(
            path=a_sheet(tmp_path / "a.csv", [header, *rows]),
            mapping="courses",
            institution_code="YLU",
            by=an_issuer_officer(school),
            now=NOW,
        )
        story = queries.item_story("YLU", "A")
        assert story.latest.statements == ("能用回归分析解释经济数据", "能检验假设")
        assert story.latest.skills == ("Stata", "回归分析")
        assert ItemVersion.objects.get(item__code="A").detail["nature"] == "required"
        (found,) = queries.similar(queries.item("YLU", "A"))
        assert found.facts.code == "B"
        assert found.statements[0] == (("能用回归分析解释经济数据", True),)

    def test_few_queries_whatever_is_found(self, tmp_path, django_assert_num_queries):
        school = an_institution("YLU")
        names(tmp_path / "a.csv", school, **{f"A{n}": f"数据结构第{n}讲" for n in range(30)})
        item = queries.item("YLU", "A1")
        with django_assert_num_queries(6):
            assert len(queries.similar(item)) == 10


@pytest.mark.django_db(transaction=True)
def test_an_unknown_type_is_refused_where_a_standard_is_in_force(tmp_path):
    from xuefen.bank.standards.actions import load_shipped_packs

    school = an_institution("YLU")
    load_shipped_packs(by=SYSTEM, now=NOW)
    mapping = {
        "kind": "course",
        "outcome_class": "degree",
        "item": {
            "code": "code",
            "version": {"constant": "2026"},
            "name": "name",
            "type_code": "type",
            "declared_credit": {"constant": "1"},
            "effective_from": {"constant": "2026-09-01"},
        },
    }
    rows = [("code", "name", "type"), ("A", "甲", "D11"), ("B", "乙", "D99"), ("C", "丙", "V13")]
    report = actions.import_sheet(
        path=a_sheet(tmp_path / "a.csv", rows),
        mapping=mapping,
        institution_code="YLU",
        by=an_issuer_officer(school),
        now=NOW,
    )
    assert [(line.row, line.field, line.problem.code) for line in report.refused] == [
        (3, "type_code", "item_type_unknown"),
        (4, "type_code", "item_type_unknown"),
    ]
    assert [item.code for item in Item.objects.all()] == ["A"]
