"""The rule doctor on stored rules: what it reads, what it keeps, and what it says before a set is published."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.bank.deposit_builders import add_item
from tests.bank.doctor_builders import HOUSE, NOW, TODAY, World, draft, world
from tests.bank.foundation_builders import as_learner, at_institution
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.conversion import actions as conversion
from xuefen.bank.conversion import tasks
from xuefen.bank.conversion.actions import doctor
from xuefen.bank.conversion.actions.publishing import registry_of
from xuefen.bank.conversion.models import Agreement, DoctorRun
from xuefen.bank.conversion.queries import doctor as reading
from xuefen.bank.conversion.types import Conditions, RuleDraft, TargetDraft
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.types import Role

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def here() -> World:
    return world()


def examined(**more: Any) -> DoctorRun:
    return doctor.run(**{"on": TODAY, "by": HOUSE, "now": NOW, **more})


def test_a_sound_register(here: World) -> None:
    here.publish(draft(), draft("ylu/C2", "free", receiver="college", elective="free"))
    run = examined()
    assert (run.state, run.progress, run.total, run.counts, run.findings, run.complete) == ("done", 2, 2, {}, [], True)
    assert AuditEntry.objects.filter(action="rules.examined", subject_id=str(run.pk)).count() == 1


def test_an_empty_register(here: World) -> None:
    run = examined()
    assert (run.state, run.progress, run.counts) == ("done", 0, {})


def test_findings_are_told_with_names_and_kept(here: World, tmp_path: Path) -> None:
    (dead,) = here.publish(draft("ylu/C1", "college/K9"))
    (small,) = here.publish(draft("ylu/C2", "college/K1"))  # 2.5 for 3.0
    here.hold(tmp_path, [here.issued.row(0), here.issued.row(1), here.issued.row(0, item_code="Z1", grade="")])
    run = examined()
    stored = DoctorRun.objects.get(pk=run.pk)
    assert stored.counts["target_gone"] == 1
    told = {f["code"]: f for f in stored.findings}
    assert told["target_gone"]["rules"] == [dead]
    assert "示例K9（college/K9）" in told["target_gone"]["sentence"]["zh"]
    assert told["target_gone"]["kind"] == "dead"
    assert told["without_rules"]["items"] == ["示例C1（ylu/C1）", "示例Z1（ylu/Z1）"]
    assert "（3 个）" in told["without_rules"]["sentence"]["zh"]
    assert small not in told["target_gone"]["rules"]


def test_ended_agreements_and_drafts(here: World) -> None:
    here.publish(draft())
    Agreement.objects.filter(number=here.agreement).update(ended_on=date(2026, 10, 1))
    run = examined()
    assert run.counts == {"never_in_force": 1}
    assert "2026-10-01" in run.findings[0]["sentence"]["zh"]
    assert examined(on=date(2026, 9, 30)).counts == {}


def test_a_rule_retired_on_time_is_not_looked_at(here: World) -> None:
    (number,) = here.publish(draft())
    conversion.retire_rule(number=number, on=TODAY, reason="换了教材", by=HOUSE, now=NOW)
    assert examined().progress == 0
    assert examined(on=date(2026, 10, 1)).progress == 1


def test_items_are_worth_what_the_standard_says(here: World) -> None:
    seen = reading.world(on=TODAY)
    worth = {name: seen.items[pk].worth for name, pk in here.items.items()}
    assert worth == {
        "ylu/C1": 300, "ylu/C2": worth["ylu/C2"], "ylu/Z1": worth["ylu/Z1"], "ylu/S1": worth["ylu/S1"],
        "college/K1": 300, "college/K2": 300, "college/K3": 200, "college/K9": 300,
    }  # fmt: skip
    assert all(worth.values())
    assert seen.courses[here.items["college/K3"]].credits == 200
    assert here.items["college/K9"] not in seen.courses
    assert seen.electives == {here.college.pk: frozenset({"free"})}
    assert seen.items[here.items["ylu/S1"]].best_quality in "ABC"


def test_the_number_of_queries_does_not_grow(here: World) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            reading.world(on=TODAY)
            list(reading.lines(on=TODAY))
        return len(caught)

    here.publish(draft())
    one = queries()
    here.publish(*(draft(conditions=Conditions(min_mark=100 * k)) for k in range(1, 30)))
    add_item(here.college, "K10", theory_hours=48)
    assert queries() == one


def test_a_receiver_sees_its_own(here: World) -> None:
    here.publish(draft("ylu/C1", "college/K9"))
    assert examined(receiver_code="college").counts == {"target_gone": 1}
    assert examined(receiver_code="ylu").counts == {}
    with pytest.raises(Denied, match="institution_unknown"):
        examined(receiver_code="nobody")


def test_who_may_ask(here: World) -> None:
    assert examined(by=at_institution(Role.REVIEWER, here.college.pk)).state == "done"
    with pytest.raises(Denied, match="not_allowed"):
        examined(by=as_learner(here.issued.learner_ids[0]))
    with pytest.raises(Denied, match="look_unknown"):
        reading.run(HOUSE, 999_999)


def test_a_job_does_it_and_a_second_time_changes_nothing(here: World) -> None:
    here.publish(draft("ylu/C1", "college/K9"))
    run_id = doctor.ask(on=TODAY, by=HOUSE, now=NOW)
    assert DoctorRun.objects.get(pk=run_id).state == "queued"
    tasks.defer_examination(run_id=run_id)
    tasks.defer_examination(run_id=run_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'conversion.examine' AND args->>'run_id' = %s",
            [str(run_id)],
        )
        assert cursor.fetchone()[0] == 1
    tasks.examine(run_id)
    done = DoctorRun.objects.get(pk=run_id)
    assert (done.state, done.counts) == ("done", {"target_gone": 1})
    here.publish(draft("ylu/C2", "college/K9"))
    assert doctor.work(run_id=run_id, now=NOW).counts == {"target_gone": 1}


def test_progress_is_told(here: World) -> None:
    here.publish(draft(), draft("ylu/C1", "college/K2"))
    steps: list[tuple[int, int]] = []
    examined(progress=lambda read, total: steps.append((read, total)))
    assert steps == [(2, 2)]


def test_without_a_standard_the_run_has_failed(here: World) -> None:
    with pytest.raises(Denied, match="standard_unknown"):
        examined(on=date(2019, 1, 1))
    assert DoctorRun.objects.get().state == "failed"


# --- before a set is published ---------------------------------------------------------------------------------------


def checked(here: World, *drafts: RuleDraft) -> doctor.NewSet:
    return doctor.check_new(drafts, registry_of(here.agreement, drafts, on=TODAY))


def circle(here: World) -> tuple[RuleDraft, RuleDraft]:
    """C1 (3.0) gives K1 and K2, 6.0 together; K1 gives C1 back."""
    add = draft("ylu/C1", "college/K1", targets=(TargetDraft("college/K1", 300), TargetDraft("college/K2", 300)))
    return add, draft("college/K1", "ylu/C1")


def give_courses_to_the_university(here: World) -> None:
    from tests.bank.conversion_builders import course, group
    from tests.bank.doctor_builders import programme
    from xuefen.bank.catalogue.models import ItemVersion

    versions = {v.item.code: v for v in ItemVersion.objects.filter(item__institution=here.issued.issuer)}
    programme(here.issued.issuer, group("root", course(here.items["ylu/C1"], 300)), {"C1": versions["C1"]}, code="BK")


def test_a_set_that_creates_credit_by_itself_is_stopped(here: World) -> None:
    give_courses_to_the_university(here)
    found = checked(here, *circle(here))
    (told,) = found.blocking
    assert told.code == "creates_credit"
    assert set(told.rules) == {"#1", "#2"}
    assert "凭空多出 3.0 学分" in told.sentence.zh
    assert [t.code for t in found.warnings] == ["gives_more"]


def test_the_refusal_carries_the_example(here: World) -> None:
    give_courses_to_the_university(here)
    drafts = circle(here)
    with pytest.raises(Denied, match="rules_create_credit") as refused:
        doctor.refuse_circles(drafts, registry_of(here.agreement, drafts, on=TODAY))
    assert "#1: 示例C1（ylu/C1） 3.0 → 示例K1（college/K1） 3.0 + 示例K2（college/K2） 3.0" in refused.value.sentence(
        "zh"
    )
    harmless = (draft(),)
    assert doctor.refuse_circles(harmless, registry_of(here.agreement, harmless, on=TODAY)) == ()


def test_a_set_that_creates_credit_with_what_is_published_is_stopped(here: World) -> None:
    give_courses_to_the_university(here)
    there, back = circle(here)
    (number,) = here.publish(back)
    (told,) = checked(here, there).blocking
    assert set(told.rules) == {number, "#1"}
    assert checked(here, draft("ylu/C1", "college/K3")).blocking == ()


def test_a_new_version_is_checked_in_place_of_the_old_one(here: World) -> None:
    give_courses_to_the_university(here)
    there, back = circle(here)
    (number,) = here.publish(there)
    harmless = replace(draft("ylu/C1", "college/K1"), number=number, effective_from=date(2026, 12, 1))
    found = checked(here, harmless, replace(back, effective_from=date(2026, 12, 1)))
    assert found.blocking == ()
    assert len(checked(here, back).blocking) == 1


def test_warnings_are_about_the_new_rules_only(here: World) -> None:
    here.publish(draft("ylu/C1", "college/K9"), draft(conditions=Conditions(min_mark=6000)))
    found = checked(here, draft(conditions=Conditions(min_mark=8000)))
    assert [(t.code, t.rules[0]) for t in found.warnings] == [("implied", "#1")]
    assert checked(here).warnings == ()


def test_rules_far_away_are_reached_by_index(here: World) -> None:
    give_courses_to_the_university(here)
    here.publish(draft("college/K1", "ylu/C1"), draft("ylu/C1", "college/K3"))
    ways = {
        i
        for line in reading.leading_to([here.items["college/K3"]], on=TODAY, hops=2, most=100)
        for s in line.sets
        for i in s
    }
    assert ways == {here.items["ylu/C1"], here.items["college/K1"]}
    near = reading.leading_to([here.items["college/K3"]], on=TODAY, hops=1, most=100)
    assert [line.sets for line in near] == [((here.items["ylu/C1"],),)]
