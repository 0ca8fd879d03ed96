"""Deadlines, timelines, and which plans may be applied for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bank.conversion_builders import cap, course, elective, group, outcome, problem, random_problem, rule
from xuefen.bank.conversion.rules import plan as best_plan
from xuefen.bank.conversion.rules.earlier import settle
from xuefen.bank.conversion.types import CapKind, Problem, Text
from xuefen.bank.conversion.types.life import TEXT_CONTROLS
from xuefen.bank.ledger.types import CREDIT_NOT_FREE
from xuefen.bank.recognition import rules
from xuefen.bank.recognition.types import (
    NOTE_LONG,
    NOTE_NEEDED,
    PLAN_EMPTY,
    PLAN_ILLEGAL,
    PLAN_STALE,
    TIME_IS_UP,
    TIME_NOT_UP,
    Age,
    Event,
    MoveView,
    State,
    StepStatus,
)
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards.types import Step
from xuefen.bedrock.workdays import BEIJING, working_days_between

REVIEW = Step("review", "受理审核", "Review", 10, (50, 80), "consent")
NOTICE = Step("notice", "公示", "Public notice", 5, (), "consent")
STEPS = {
    "review": REVIEW,
    "convert": Step("convert", "转换", "Conversion", 5, (50, 80), ""),
    "notice": NOTICE,
    "objection": Step("objection", "异议处理", "Objection", 5, (50, 80), ""),
    "archive": Step("archive", "归档", "Archive", 3, (50, 80), ""),
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


# --- clocks ----------------------------------------------------------------------------------------------------------


def test_ten_working_days_over_mid_autumn_and_national_day() -> None:
    """2026: 20 September (Sunday) is worked, 25 to 27 September and 1 to 7 October are off."""
    clock = rules.start_clock(REVIEW, now=at("2026-09-10T15:00"))
    assert clock.due_at == at("2026-09-24T00:00")
    assert clock.reminders == (at("2026-09-18T00:00"), at("2026-09-22T00:00"))
    notice = rules.start_clock(NOTICE, now=at("2026-09-24T00:00"))
    assert notice.due_at == at("2026-10-10T00:00")
    assert notice.reminders == ()


def test_a_clock_as_it_is_shown() -> None:
    clock = rules.start_clock(REVIEW, now=at("2026-09-10T15:00"))
    shown = rules.clock_facts(clock.started_at, clock.due_at, now=at("2026-09-17T09:00"))
    assert (shown.total, shown.passed, shown.left, shown.late) == (10, 4, 6, False)
    assert shown.due_on == date(2026, 9, 23)
    last = rules.clock_facts(clock.started_at, clock.due_at, now=at("2026-09-23T23:59"))
    assert (last.passed, last.left, last.late) == (9, 1, False)
    late = rules.clock_facts(clock.started_at, clock.due_at, now=at("2026-09-28T08:00"))
    assert (late.passed, late.left, late.late, late.late_days) == (10, 0, True, 2)


@given(
    st.integers(0, 4 * 365 * 24 * 60).map(
        lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    st.integers(1, 20),
    st.integers(0, 60 * 24 * 40),
)
@settings(max_examples=200, deadline=None)
def test_the_beads_always_add_up(start: datetime, days: int, minutes: int) -> None:
    clock = rules.start_clock(replace(REVIEW, working_days=days), now=start)
    now = start + timedelta(minutes=minutes)
    shown = rules.clock_facts(start, clock.due_at, now=now)
    assert shown.total == days
    assert shown.passed + shown.left == days
    assert shown.late == (now >= clock.due_at)
    assert shown.late or shown.left >= 1
    assert all(start < moment < clock.due_at for moment in clock.reminders)
    assert list(clock.reminders) == sorted(set(clock.reminders))


def test_an_objection_stops_the_notices_clock() -> None:
    moves = [
        (State.CONVERT, State.NOTICE, at("2026-11-02T10:00")),  # Monday: due at the end of Monday the 9th
        (State.NOTICE, State.OBJECTION, at("2026-11-04T10:00")),
    ]
    resumed = rules.resumed_clock(NOTICE, moves, now=at("2026-11-06T10:00"))
    assert resumed.due_at == at("2026-11-12T00:00")  # two days later than the 10th, 0:00
    again = [*moves, (State.OBJECTION, State.NOTICE, at("2026-11-06T10:00"))]
    again.append((State.NOTICE, State.OBJECTION, at("2026-11-09T10:00")))
    assert rules.resumed_clock(NOTICE, again, now=at("2026-11-10T10:00")).due_at == at("2026-11-13T00:00")


def test_a_notice_resumed_on_a_weekend_has_a_working_day_left() -> None:
    moves = [
        (State.CONVERT, State.NOTICE, at("2026-11-06T10:00")),
        (State.NOTICE, State.OBJECTION, at("2026-11-13T10:00")),  # its last day
    ]
    assert rules.resumed_clock(NOTICE, moves, now=at("2026-11-15T10:00")).due_at == at("2026-11-17T00:00")


@pytest.mark.parametrize(
    ("due", "age"),
    [
        ("2026-11-18T00:00", Age.OVERDUE),
        ("2026-11-18T09:00", Age.OVERDUE),  # the very moment: it is too late
        ("2026-11-19T00:00", Age.SOON),
        ("2026-11-20T00:00", Age.SOON),
        ("2026-11-21T00:00", Age.WEEK),
        ("2026-11-23T00:00", Age.WEEK),
        ("2026-11-24T00:00", Age.LATER),
    ],
)
def test_ages_on_a_wednesday(due: str, age: Age) -> None:
    assert rules.age_of(at(due), now=at("2026-11-18T09:00")) is age


def test_on_a_sunday_tomorrow_is_soon_not_this_week() -> None:
    assert rules.age_of(at("2026-11-24T00:00"), now=at("2026-11-22T09:00")) is Age.SOON
    assert rules.age_of(at("2026-11-25T00:00"), now=at("2026-11-22T09:00")) is Age.LATER


@pytest.mark.parametrize(
    ("state", "event", "minutes", "problem_code"),
    [
        (State.REVIEW, Event.APPROVE, -1, None),
        (State.REVIEW, Event.APPROVE, 0, TIME_IS_UP),
        (State.REVIEW, Event.REFUSE, 0, TIME_IS_UP),
        (State.REVIEW, Event.SILENCE, -1, TIME_NOT_UP),
        (State.REVIEW, Event.SILENCE, 0, None),
        (State.REVIEW, Event.WITHDRAW, 1, None),
        (State.CONVERT, Event.CONVERT, -1, None),
        (State.NOTICE, Event.NOTICE_OVER, -1, TIME_NOT_UP),
        (State.NOTICE, Event.OBJECT, 0, TIME_IS_UP),
        (State.OBJECTION, Event.UPHOLD, 1, None),
    ],
)
def test_what_may_happen_before_and_after_the_deadline(
    state: State, event: Event, minutes: int, problem_code: object
) -> None:
    due = at("2026-11-20T00:00")
    now = due + timedelta(minutes=minutes)
    if problem_code is None:
        rules.check_moment(state, event, due_at=due, now=now)
        return
    with pytest.raises(Denied) as denied:
        rules.check_moment(state, event, due_at=due, now=now)
    assert denied.value.problem is problem_code


def moved(*steps: tuple[State, Event, State, str]) -> list[MoveView]:
    return [
        MoveView(i, origin, event, to, "system", "", "", "", at(when), i)
        for i, (origin, event, to, when) in enumerate(steps, 1)
    ]


APPLIED = (State.NEW, Event.APPLY, State.REVIEW, "2026-11-02T10:00")


def test_the_timeline_of_an_application_under_review() -> None:
    steps = rules.timeline(moved(APPLIED), due_at=at("2026-11-17T00:00"), steps=STEPS)
    assert [(s.name, s.status, s.from_on, s.until_on, s.expected) for s in steps] == [
        ("apply", StepStatus.DONE, date(2026, 11, 2), date(2026, 11, 2), False),
        ("review", StepStatus.NOW, date(2026, 11, 2), date(2026, 11, 16), False),
        ("convert", StepStatus.LATER, date(2026, 11, 17), date(2026, 11, 24), True),
        ("notice", StepStatus.LATER, date(2026, 11, 25), date(2026, 12, 2), True),
        ("archive", StepStatus.LATER, date(2026, 12, 3), date(2026, 12, 3), True),
    ]


def test_the_timeline_of_a_refusal_ends_with_the_review() -> None:
    steps = rules.timeline(
        moved(APPLIED, (State.REVIEW, Event.REFUSE, State.REFUSED, "2026-11-05T10:00")), due_at=None, steps=STEPS
    )
    assert [s.status for s in steps] == [StepStatus.DONE, StepStatus.DONE, *[StepStatus.NEVER] * 3]
    assert steps[1].until_on == date(2026, 11, 5)


def test_the_timeline_of_an_archived_application_with_an_objection() -> None:
    moves = moved(
        APPLIED,
        (State.REVIEW, Event.SILENCE, State.CONVERT, "2026-11-17T00:01"),
        (State.CONVERT, Event.CONVERT, State.NOTICE, "2026-11-18T10:00"),
        (State.NOTICE, Event.OBJECT, State.OBJECTION, "2026-11-19T10:00"),
        (State.OBJECTION, Event.REJECT_OBJECTION, State.NOTICE, "2026-11-20T10:00"),
        (State.NOTICE, Event.NOTICE_OVER, State.ARCHIVED, "2026-11-27T00:01"),
    )
    steps = rules.timeline(moves, due_at=None, steps=STEPS)
    assert [s.status for s in steps] == [StepStatus.DONE] * 5
    assert (steps[3].from_on, steps[3].until_on) == (date(2026, 11, 18), date(2026, 11, 27))


def test_a_paused_notice_is_still_the_notice() -> None:
    moves = moved(
        APPLIED,
        (State.REVIEW, Event.APPROVE, State.CONVERT, "2026-11-03T10:00"),
        (State.CONVERT, Event.CONVERT, State.NOTICE, "2026-11-04T10:00"),
        (State.NOTICE, Event.OBJECT, State.OBJECTION, "2026-11-05T10:00"),
    )
    steps = rules.timeline(moves, due_at=at("2026-11-13T00:00"), steps=STEPS)
    assert [s.status for s in steps][3:] == [StepStatus.NOW, StepStatus.LATER]


# --- texts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "refusal"),
    [("", NOTE_NEEDED), ("  \n ", NOTE_NEEDED), ("a" * 401, NOTE_LONG), ("x\u202ey", TEXT_CONTROLS)],
)
def test_texts_that_cannot_be_kept(text: str, refusal: object) -> None:
    with pytest.raises(Denied) as denied:
        rules.checked_text(text, place="note", most=400, missing=NOTE_NEEDED)
    assert denied.value.problem is refusal
    assert denied.value.place == "note"


def test_a_text_is_kept_in_its_clean_form() -> None:
    assert rules.checked_text(" 材料\r\n不全　（第２页） ", place="note", most=400, missing=None) == "材料 不全 (第2页)"


# --- plans -----------------------------------------------------------------------------------------------------------


def world(*, free: int = 300, version: int = 1, extra: bool = False) -> Problem:
    tree = group("root", course(101, 300), course(102, 300), course(103, 300), elective("free", 600))
    held = [outcome("CG1", 1, 300, free=free), outcome("CG2", 2, 300)] + ([outcome("CG9", 9, 300)] if extra else [])
    made = [rule("GZ1", [1], [101]), rule("GZ2", [2], [102])] + ([rule("GZ9", [9], [103])] if extra else [])
    return problem(tree, held, [replace(made[0], version=version), *made[1:]], [cap("total", CapKind.TOTAL, 600)])


def denied_of(plan_problem: Problem, now_problem: Problem, **more: object) -> Denied:
    with pytest.raises(Denied) as denied:
        rules.check_plan(replace(best_plan(plan_problem), **more), now_problem)
    return denied.value


def test_the_plan_of_today_passes_and_so_does_one_of_a_smaller_world() -> None:
    rules.check_plan(best_plan(world()), world())
    rules.check_plan(best_plan(world()), world(extra=True))
    rules.check_plan(best_plan(world()), replace(world(), on=date(2026, 11, 21)))


def test_an_empty_plan_is_no_application() -> None:
    nothing = replace(world(), rules=())
    assert denied_of(nothing, nothing).problem is PLAN_EMPTY


def test_a_changed_rule_makes_the_plan_stale_and_says_which() -> None:
    denied = denied_of(world(), world(version=2))
    assert denied.problem is PLAN_STALE
    assert denied.params["changes_zh"] == "规则 GZ1 已改为第 2 版"
    gone = replace(world(), rules=world().rules[1:])
    assert denied_of(world(), gone).params["changes_en"] == "rule GZ1 is no longer in force"


def test_a_changed_outcome_standard_or_programme_makes_the_plan_stale() -> None:
    lost = replace(world(), outcomes=world().outcomes[1:], standard="cn-2026 v2", programme_version="2027")
    assert denied_of(world(), lost).params["changes_zh"] == "专业现为 XZ 2027；标准现为 cn-2026 v2；成果 CG1 有变动"


def test_credit_in_use_elsewhere_is_said_so() -> None:
    denied = denied_of(world(), world(free=0))
    assert (denied.problem, denied.place) == (CREDIT_NOT_FREE, "CG1")


def test_a_plan_that_was_tampered_with_is_refused() -> None:
    honest = best_plan(world())
    line = honest.lines[0]
    for lines in (
        (replace(line, credits=line.credits + 100), *honest.lines[1:]),
        (replace(line, basis=Text("校长批准", "the president said so")), *honest.lines[1:]),
        (replace(line, uses=(replace(line.uses[0], item_name="名校课程"),)), *honest.lines[1:]),
        (replace(line, gives=(replace(line.gives[0], name="毕业设计"),)), *honest.lines[1:]),
        (replace(line, sentence=Text("按三倍认。", "Three times.")), *honest.lines[1:]),
        (replace(line, arithmetic=Text("3.0 → 9.0", "3.0 → 9.0")), *honest.lines[1:]),
        (replace(line, rule=replace(line.rule, clause="第 99 条")), *honest.lines[1:]),
        (*honest.lines, line),
    ):
        assert denied_of(world(), world(), lines=lines).problem is PLAN_ILLEGAL
    for name in ("recognised", "reserved", "requirement"):
        totals = replace(honest.totals, **{name: 99900})
        assert denied_of(world(), world(), totals=totals).problem is PLAN_ILLEGAL


@pytest.mark.parametrize("seed", range(60))
def test_every_plan_the_planner_makes_may_be_applied_for(seed: int) -> None:
    asked = random_problem(seed)
    made = best_plan(asked)
    if made.lines and all(o.free == o.credits for o in asked.outcomes):
        rules.check_plan(made, asked)
    else:
        assert not made.lines


def test_what_became_illegal_meanwhile_is_stale_not_forged() -> None:
    tighter = replace(world(), caps=(cap("total", CapKind.TOTAL, 300),))
    denied = denied_of(world(), tighter)
    assert denied.problem is PLAN_STALE
    assert "cap total is exceeded" in str(denied.params["changes_en"])


def test_a_cap_cannot_be_split_over_two_applications() -> None:
    first = best_plan(replace(world(), rules=world().rules[:1]))
    second = best_plan(settle(replace(world(), rules=world().rules[1:]), [first]))
    rules.check_plan(second, settle(world(), [first]))
    with pytest.raises(Denied) as denied:
        rules.check_plan(second, settle(replace(world(), caps=(cap("total", CapKind.TOTAL, 400),)), [first]))
    assert denied.value.problem is PLAN_STALE
    assert "cap total is exceeded" in str(denied.value.params["changes_en"])


def test_a_course_is_converted_once() -> None:
    first = best_plan(replace(world(), rules=world().rules[:1]))
    other = replace(world(), outcomes=(outcome("CG3", 3, 300),), rules=(rule("GZ3", [3], [101]),))
    with pytest.raises(Denied) as denied:
        rules.check_plan(best_plan(other), settle(other, [first]))
    assert denied.value.problem is PLAN_STALE
    assert "课程101 was done before" in str(denied.value.params["changes_en"])


@pytest.mark.parametrize(
    ("kind", "which"), [(CapKind.ONLINE, ""), (CapKind.CLASS, "degree"), (CapKind.ISSUER, "school")]
)
def test_every_kind_of_cap_counts_earlier_conversions(kind: CapKind, which: str) -> None:
    online = [replace(o, online=True) for o in world().outcomes]
    limited = replace(world(), outcomes=tuple(online), caps=(cap("c", kind, 400, which),))
    unlimited = replace(limited, caps=())
    first = best_plan(replace(unlimited, rules=world().rules[:1]))
    second = best_plan(settle(replace(unlimited, rules=world().rules[1:]), [first]))
    rules.check_plan(second, settle(unlimited, [first]))
    with pytest.raises(Denied):
        rules.check_plan(second, settle(limited, [first]))


def test_days_of_the_objection_are_exactly_the_days_added() -> None:
    start, objected, answered = at("2026-11-02T10:00"), at("2026-11-03T10:00"), at("2026-11-05T10:00")
    moves = [(State.CONVERT, State.NOTICE, start), (State.NOTICE, State.OBJECTION, objected)]
    plain = rules.start_clock(NOTICE, now=start).due_at
    resumed = rules.resumed_clock(NOTICE, moves, now=answered).due_at
    assert working_days_between(plain.date(), resumed.date()) == working_days_between(objected.date(), answered.date())
