"""Previews on real accounts: a standard, rules, a kill in the middle, and what they never say."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.bank.doctor_builders import HOUSE, NOW, TODAY, World, draft, world
from tests.bank.foundation_builders import as_learner, at_institution
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.conversion import tasks
from xuefen.bank.conversion.actions import impact
from xuefen.bank.conversion.models import ImpactRun
from xuefen.bank.conversion.queries import impact as reading
from xuefen.bank.conversion.types import Conditions, Text
from xuefen.bank.deposits.models import Outcome
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.types import Role
from xuefen.bank.standards import queries as standards

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 12


@pytest.fixture
def here(tmp_path: Path) -> World:
    made = world(PEOPLE)
    rows = [made.issued.row(n) for n in range(PEOPLE)]  # everybody: C1, 48 hours, 3.0
    rows += [made.issued.row(n, item_code="C2") for n in range(4)]  # four: C2, theory 16, practice 32
    rows += [made.issued.row(n, item_code="S1", hours="32") for n in range(6)]
    made.hold(tmp_path, rows)
    return made


def body(**changes: Any) -> dict[str, Any]:
    """The standard in force with some values changed, as the next version."""
    present = standards.current(on=TODAY)
    made = copy.deepcopy(dict(standards.body_of(present.id)))
    made["version"] = present.version + 1
    made["effective_from"] = "2027-01-01"
    for path, value in changes.items():
        table, _, key = path.rpartition("__")
        node = made
        for part in table.split("__"):
            node = node[part]
        node[key]["value"] = value
    return made


def previewed(**more: Any) -> ImpactRun:
    return impact.run(**{"by": HOUSE, "now": NOW, **more})


def credits_of(code: str) -> int:
    return Outcome.objects.filter(item_version__item__code=code).values_list("credits", flat=True)[0]


# --- a standard ------------------------------------------------------------------------------------------------------


def test_a_standard_that_says_the_same_changes_nothing(here: World) -> None:
    run = previewed(standard=body())
    result = run.result
    assert run.state == "done"
    assert (result["accounts"], result["outcomes"], result["gain"], result["lose"]) == (PEOPLE, PEOPLE + 10, 0, 0)
    assert result["histogram"][5] == PEOPLE
    assert result["limits"]  # version and day differ
    assert "gainers" not in result
    assert "by_issuer" not in result or result["by_issuer"] == []


def test_more_hours_for_a_credit_takes_from_everybody(here: World) -> None:
    run = previewed(standard=body(degree__theory_hours_per_credit=24))
    result = run.result
    assert (result["gain"], result["lose"]) == (0, PEOPLE)
    assert credits_of("C1") == 300  # a preview writes nothing: 48 / 24 would be 2.0
    assert result["lost"] >= PEOPLE * 100
    assert [c["key"] for c in result["by_class"]] == ["degree"]
    assert result["by_issuer"][0]["lose_accounts"] == PEOPLE
    assert len(result["losers"]) == 5
    assert sum(n or 0 for n in result["histogram"]) <= PEOPLE
    example = result["losers"][0]
    assert {line["item"] for line in example["lines"]} <= {"示例C1", "示例C2"}
    assert any("24" in change["zh"] for change in result["limits"])


def test_levels_and_refusals_are_counted(here: World) -> None:
    made = body()
    made["social"]["S01"]["min_hours"] = 40  # everybody who learnt 32 hours would be refused
    result = previewed(standard=made).result
    assert result["moves"] == {"refused": 6}
    assert result["lose"] == 6


def test_nobody_can_be_recognised(here: World) -> None:
    run = previewed(standard=body(degree__practice_hours_per_credit=64))
    text = json.dumps(run.result, ensure_ascii=False)
    for account in here.issued.accounts:
        assert account not in text
    assert "林秋禾" not in text
    assert run.partial is None
    assert (run.result["lose"], run.result.get("lost")) == (None, None)  # four accounts hold C2: fewer than five
    assert [c.get("lose_accounts") for c in run.result["by_class"]] == [None]
    assert all(one["account"].count("*") >= 4 for one in run.result["losers"])


def test_a_killed_preview_goes_on_where_it_stood(here: World) -> None:
    changed = body(degree__theory_hours_per_credit=24)
    whole = previewed(standard=changed).result

    class Killed(Exception):
        pass

    def kill(done: int, last: int) -> None:
        if done >= last - PEOPLE // 2:
            raise Killed

    with pytest.raises(Killed):
        previewed(
            standard=body(degree__theory_hours_per_credit=24, degree__practice_hours_per_credit=24),
            progress=kill,
            chunk=2,
        )
    stopped = ImpactRun.objects.order_by("-id")[0]
    assert (stopped.state, stopped.cursor < stopped.last) == ("running", True)
    assert stopped.partial["accounts"] > 0
    steps: list[int] = []
    run = previewed(
        standard=body(degree__theory_hours_per_credit=24, degree__practice_hours_per_credit=24),
        progress=lambda done, last: steps.append(done),
        chunk=2,
    )
    assert run.pk == stopped.pk
    assert steps[0] == stopped.cursor + 2
    again = impact.run(standard=changed, by=HOUSE, now=NOW)
    assert again.pk != run.pk
    assert again.result == whole
    fresh = ImpactRun.objects.create(
        kind="standard", on=TODAY, title="x", proposal=run.proposal, digest="x", asked_by="x", asked_at=NOW
    )
    assert impact.work(run_id=fresh.pk, now=NOW).result == run.result


def test_two_processes_do_not_count_twice(here: World) -> None:
    run_id = impact.ask_standard(body=body(), by=HOUSE, now=NOW)

    def meanwhile(done: int, last: int) -> None:
        ImpactRun.objects.filter(pk=run_id).update(cursor=done + 1)

    with pytest.raises(Denied, match="impact_running"):
        impact.work(run_id=run_id, now=NOW, progress=meanwhile, chunk=2)


def test_the_same_question_waits_once(here: World) -> None:
    one = impact.ask_standard(body=body(), by=HOUSE, now=NOW)
    assert impact.ask_standard(body=body(), by=HOUSE, now=NOW) == one
    tasks.defer_preview(run_id=one)
    tasks.preview(one)
    assert ImpactRun.objects.get(pk=one).state == "done"
    assert impact.ask_standard(body=body(), by=HOUSE, now=NOW) != one
    assert AuditEntry.objects.filter(action="impact.asked").count() == 2


def test_a_broken_standard_is_refused(here: World) -> None:
    with pytest.raises(Denied, match="pack_invalid"):
        previewed(standard={"code": "x"})
    assert not ImpactRun.objects.exists()


def test_an_empty_bank() -> None:
    world(0)
    result = previewed(standard=body()).result
    assert (result["accounts"], result["outcomes"], result["gain"]) == (0, 0, 0)


# --- rules -----------------------------------------------------------------------------------------------------------


def test_a_new_rule_gives_to_those_who_hold_its_source(here: World) -> None:
    run = previewed(agreement_number=here.agreement, rules=[draft()])
    result = run.result
    assert (result["gain"], result["lose"], result["gained"]) == (PEOPLE, 0, PEOPLE * 300)
    assert result["histogram"][8] == PEOPLE  # 2 to 5 credits
    assert [(c["key"], c["gain_accounts"]) for c in result["by_receiver"]] == [(here.college.name_zh, PEOPLE)]
    assert result["gainers"][0]["lines"] == [{"item": "示例C1", "before": 0, "after": 300}]
    assert result["sample"] == {"accounts": PEOPLE, "programmes": ["行政管理"], "gain": PEOPLE, "lose": 0}


def test_a_rule_that_adds_nothing_to_what_is_there(here: World) -> None:
    here.publish(draft())
    result = previewed(agreement_number=here.agreement, rules=[draft(conditions=Conditions(min_mark=6000))]).result
    assert (result["gain"], result["lose"], result["accounts"]) == (0, 0, PEOPLE)


def test_a_stricter_version_takes_away(here: World) -> None:
    (number,) = here.publish(draft())
    strict = replace(draft(), number=number, conditions=Conditions(min_mark=9000), effective_from=date(2026, 12, 1))
    result = previewed(agreement_number=here.agreement, rules=[strict]).result
    assert (result["gain"], result["lose"], result["lost"]) == (0, PEOPLE, PEOPLE * 300)
    assert result["sample"]["lose"] == PEOPLE


def test_a_denial_takes_away(here: World) -> None:
    here.publish(draft())
    result = previewed(agreement_number=here.agreement, rules=[draft(denies=True)]).result
    assert (result["gain"], result["lose"]) == (0, PEOPLE)
    named = draft(sources=(), denies=True, denied_issuer="ylu")
    assert previewed(agreement_number=here.agreement, rules=[named]).result["lose"] == PEOPLE


def test_two_sources_are_both_needed(here: World) -> None:
    result = previewed(agreement_number=here.agreement, rules=[draft("ylu/C1+ylu/S1", "college/K1")]).result
    assert result["gain"] == 6


def test_drafts_that_could_not_be_published_are_refused(here: World) -> None:
    with pytest.raises(Denied, match="rules_refused"):
        previewed(agreement_number=here.agreement, rules=[draft("ylu/NONE")])
    with pytest.raises(Denied, match="impact_nothing"):
        previewed(agreement_number=here.agreement, rules=[])
    with pytest.raises(Denied, match="agreement_unknown"):
        previewed(agreement_number="XY0000000000", rules=[draft()])


def test_who_may_preview(here: World) -> None:
    reviewer = at_institution(Role.REVIEWER, here.college.pk)  # drafts rules, but only for one institution
    with pytest.raises(Denied, match="impact_not_everything"):
        previewed(agreement_number=here.agreement, rules=[draft()], by=reviewer)
    with pytest.raises(Denied, match="not_allowed"):
        previewed(standard=body(), by=reviewer)
    with pytest.raises(Denied, match="impact_not_everything"):
        reading.run(as_learner(here.issued.learner_ids[0]), 1)
    run = previewed(agreement_number=here.agreement, rules=[draft(basis=Text("甲", "A"))])
    assert reading.run(HOUSE, run.pk).title == f"{here.agreement} · 1"
    with pytest.raises(Denied, match="impact_unknown"):
        reading.run(HOUSE, run.pk + 1)
