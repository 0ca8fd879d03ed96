"""Deadlines, and whether a plan may still be applied for. Pure.

All days are working days of the statutory calendar in Beijing time; the day a step starts is not counted (Civil Code,
article 201). Credits are hundredths.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from xuefen.bank.conversion import rules as conversion
from xuefen.bank.conversion.rules import wording
from xuefen.bank.conversion.types import Plan, Problem
from xuefen.bank.conversion.types.life import TEXT_CONTROLS
from xuefen.bank.ledger.types import CREDIT_NOT_FREE
from xuefen.bank.recognition.states import ENDED, EVENT_WORDS, STATES, STEPS, after
from xuefen.bank.recognition.types import (
    NOTE_LONG,
    NOTE_NEEDED,
    PLAN_EMPTY,
    PLAN_ILLEGAL,
    PLAN_STALE,
    REASON_UNKNOWN,
    TIME_IS_UP,
    TIME_NOT_UP,
    Age,
    Clock,
    ClockFacts,
    Event,
    Moment,
    MoveView,
    State,
    StepStatus,
    StepView,
)
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.problems import Problem as ProblemCode
from xuefen.bank.standards.types import Pack, Step
from xuefen.bedrock.names import BadText, clean, reject_controls
from xuefen.bedrock.workdays import BEIJING, STATUTORY

NOTE_MOST, TEXT_MOST = 400, 800  # characters

# --- clocks ----------------------------------------------------------------------------------------------------------


def start_clock(step: Step, *, now: datetime) -> Clock:
    """The clock of a step that starts now: its deadline, and the reminders the standard asks for on the way."""
    due_at = STATUTORY.deadline(now, step.working_days)
    moments = {STATUTORY.deadline(now, step.working_days * percent // 100) for percent in step.reminders}
    return Clock(started_at=now, due_at=due_at, reminders=tuple(sorted(m for m in moments if now < m < due_at)))


def resumed_clock(step: Step, moves: Sequence[tuple[State, State, datetime]], *, now: datetime) -> Clock:
    """The clock of a notice that goes on after an objection was rejected: the days of the objection do not count.

    ``moves`` are (from, to, at) of the application so far, oldest first. At least one whole working day of notice remains,
    or an objection answered on a weekend would end the notice the same minute.
    """
    started = next(at for origin, to, at in moves if to is State.NOTICE and origin is State.CONVERT)
    paused, since = 0, None
    for origin, to, at in [*moves, (State.OBJECTION, State.NOTICE, now)]:
        if origin is State.NOTICE and to is State.OBJECTION:
            since = at
        elif to is State.NOTICE and since is not None:
            paused += STATUTORY.working_days_between(_day(since), _day(at))
    due_at = max(STATUTORY.deadline(started, step.working_days + paused), STATUTORY.deadline(now, 1))
    return Clock(started_at=now, due_at=due_at)


def next_reminder(clock: Clock, *, now: datetime) -> datetime | None:
    """The first reminder still to come."""
    return next((moment for moment in clock.reminders if moment > now), None)


def clock_facts(started_at: datetime, due_at: datetime, *, now: datetime) -> ClockFacts:
    """A running clock as it is shown; today counts as left until it has passed."""
    start, today, due_on = _day(started_at), _day(now), _last_day(due_at)
    total = STATUTORY.working_days_between(start, due_on)
    passed = min(max(STATUTORY.working_days_between(start, today - timedelta(days=1)), 0), total)
    late = now >= due_at
    return ClockFacts(
        total=total,
        passed=total if late else passed,
        left=0 if late else total - passed,
        due_at=due_at,
        due_on=due_on,
        late=late,
        late_days=STATUTORY.working_days_between(due_on, today) if late else 0,
    )


def age_limits(now: datetime) -> tuple[datetime, datetime, datetime]:
    """Where the ages end: now, the end of tomorrow, the end of Sunday. A deadline up to the first is overdue, and so on."""
    midnight = datetime.combine(_day(now), datetime.min.time(), tzinfo=BEIJING)
    tomorrow = midnight + timedelta(days=2)
    return now, tomorrow, max(tomorrow, midnight + timedelta(days=7 - midnight.weekday()))


def age_of(due_at: datetime, *, now: datetime) -> Age:
    """How soon something due at ``due_at`` (exclusive) must be dealt with."""
    ends = zip((Age.OVERDUE, Age.SOON, Age.WEEK), age_limits(now), strict=True)
    return next((age for age, end in ends if due_at <= end), Age.LATER)


def check_moment(state: State, event: Event, *, due_at: datetime | None, now: datetime) -> None:
    """Raise ``Denied(time_is_up)`` or ``Denied(time_not_up)`` when the table wants the event at another time."""
    when = after(state, event).when
    if when is Moment.ANY or due_at is None:
        return
    zh, en = EVENT_WORDS[event]
    due = due_at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
    if when is Moment.IN_TIME and now >= due_at:
        raise Denied(TIME_IS_UP, due=due, event_zh=zh, event_en=en)
    if when is Moment.TIME_UP and now < due_at:
        raise Denied(TIME_NOT_UP, due=due, event_zh=zh, event_en=en)


def timeline(moves: Sequence[MoveView], *, due_at: datetime | None, steps: Mapping[str, Step]) -> tuple[StepView, ...]:
    """The five steps with their dates; steps to come are reckoned as if each took all its time, as the sweep would do it."""
    state = moves[-1].to_state
    began = {"apply": _day(moves[0].at), "review": _day(moves[0].at)}
    for move in moves[1:]:
        if move.to_state in (State.CONVERT, State.NOTICE, State.ARCHIVED):
            began.setdefault(STATES[move.to_state].step, _day(move.at))
    reached = [name for name in STEPS if name in began]
    ended_on = _day(moves[-1].at) if state in ENDED else None
    views, free_from = [], None
    for place, name in enumerate(STEPS):
        limit = steps[name].working_days if name in steps else 0
        if name in began and (ended_on is not None or name != reached[-1]):
            until = began[reached[place + 1]] if place + 1 < len(reached) else ended_on
            views.append(_step(name, StepStatus.DONE, limit, began[name], until))
        elif name in began:
            assert due_at is not None, "a running step has a deadline"
            views.append(_step(name, StepStatus.NOW, limit, began[name], _last_day(due_at)))
            free_from = _day(due_at)
        elif free_from is None:
            views.append(_step(name, StepStatus.NEVER, limit))
        else:
            # Archiving is done the moment the notice ends, so it takes no time of its own.
            until = STATUTORY.add_working_days(free_from, 0 if name == "archive" else limit)
            views.append(replace(_step(name, StepStatus.LATER, limit, free_from, until), expected=True))
            free_from = until + timedelta(days=1)
    return tuple(views)


def _step(
    name: str, status: StepStatus, limit: int, from_on: date | None = None, until_on: date | None = None
) -> StepView:
    zh, en = STEPS[name]
    return StepView(name, zh, en, status, limit, from_on, until_on)


def _day(moment: datetime) -> date:
    return moment.astimezone(BEIJING).date()


def _last_day(due_at: datetime) -> date:
    return _day(due_at - timedelta(seconds=1))


# --- texts -----------------------------------------------------------------------------------------------------------


def checked_text(text: str, *, place: str, most: int, missing: ProblemCode | None) -> str:
    """The stored form of what a person wrote. ``missing`` is the refusal of an empty text, None when it may be empty.

    Raises ``Denied``: text_controls, note_long, ``missing``.
    """
    try:
        reject_controls(text, multiline=True)
    except BadText:
        raise Denied(TEXT_CONTROLS, place=place) from None
    stored = clean(text)
    if not stored and missing is not None:
        raise Denied(missing, place=place, most=most)
    if len(stored) > most:
        raise Denied(NOTE_LONG, place=place, most=most)
    return stored


def checked_refusal(pack: Pack, *, reason_code: str, note: str) -> str:
    """The note of a refusal. Raises ``Denied``: reason_unknown, note_needed, note_long, text_controls."""
    if reason_code not in pack.refusal_codes:
        raise Denied(REASON_UNKNOWN, place="reason_code", code=reason_code)
    return checked_text(note, place="note", most=NOTE_MOST, missing=NOTE_NEEDED)


# --- plans -----------------------------------------------------------------------------------------------------------


def check_plan(plan: Plan, problem: Problem) -> None:
    """Accept a plan as the world is now, or raise ``Denied``: plan_empty, credit_not_free, plan_stale, plan_illegal.

    A plan need not be today's best: new outcomes and new rules may have come since it was made. What it uses must stand
    unchanged, and every line must be legal. What was converted into the programme before stands in the problem.
    """
    if not plan.lines:
        raise Denied(PLAN_EMPTY, place="plan")
    changes = what_changed(plan, problem)
    if changes:
        raise Denied(
            PLAN_STALE,
            place="plan",
            changes_zh="；".join(zh for zh, _ in changes),
            changes_en="; ".join(en for _, en in changes),
        )
    outcomes = {o.number: o for o in problem.outcomes}
    used = {source.number: source.credits for line in plan.lines for source in line.uses}
    held = next((n for n, credits in used.items() if n in outcomes and outcomes[n].free < credits), None)
    if held is not None:
        raise Denied(CREDIT_NOT_FREE, place=held)
    why = conversion.violations(problem, replace(plan, problem=problem.digest())) or list(_misstated(plan, problem))
    if why:
        known = plan.problem == problem.digest()
        raise Denied(PLAN_ILLEGAL if known else PLAN_STALE, place="plan", **_reasons(why, known=known))


def _misstated(plan: Plan, problem: Problem) -> Iterator[str]:
    """What a plan says about its lines is read by reviewers and the public and certified, so it must be the truth.

    Not checked, because nothing here rests on it: what the plan says about outcomes it leaves unused, caps, groups, optimality.
    """
    outcomes = {o.number: o for o in problem.outcomes}
    nodes = {node.id: node for node in problem.tree.walk()}
    in_force = {(rule.number, rule.version): rule for rule in problem.rules}
    for line in plan.lines:
        rule, mine = in_force[line.rule.number, line.rule.version], [outcomes[s.number] for s in line.uses]
        courses, given = [nodes[g.node] for g in line.gives], [g.credits for g in line.gives]
        sums, sentence = wording.line(problem, rule, courses, [o.free for o in mine], given, line.counts)
        if (line.basis, line.rule.clause, line.arithmetic, line.sentence) != (rule.basis, rule.clause, sums, sentence):
            yield f"{line.rule.number}: the line is not worded as the rule is"
        for source, o in zip(line.uses, mine, strict=True):
            said = (source.item_name, source.issuer_name, source.outcome_class, source.online)
            if said != (o.item_name, o.issuer_name, o.outcome_class.value, o.online):
                yield f"outcome {source.number} is not what the plan calls it"
        for give in line.gives:
            node = nodes[give.node]
            said_of = (give.name, give.name_en, give.course_credits)
            if said_of != (node.name, node.name_en, node.credits or None):
                yield f"{give.node} is not what the plan calls it"


def _reasons(why: Sequence[str], *, known: bool) -> dict[str, object]:
    name = "why" if known else "changes"
    return {f"{name}_zh": "；".join(why), f"{name}_en": "; ".join(why)}


def what_changed(plan: Plan, problem: Problem) -> list[tuple[str, str]]:
    """What the plan rests on and no longer stands, as (zh, en)."""
    changes = []
    if (plan.programme, plan.programme_version) != (problem.programme, problem.programme_version):
        changes.append(
            (
                f"专业现为 {problem.programme} {problem.programme_version}",
                f"the programme is now {problem.programme} {problem.programme_version}",
            )
        )
    if plan.standard != problem.standard:
        changes.append((f"标准现为 {problem.standard}", f"the standard is now {problem.standard}"))
    in_force = {rule.number: rule.version for rule in problem.rules}
    for number, version in sorted({(line.rule.number, line.rule.version) for line in plan.lines}):
        now = in_force.get(number)
        if now is None:
            changes.append((f"规则 {number} 已停用", f"rule {number} is no longer in force"))
        elif now != version:
            changes.append(
                (f"规则 {number} 已改为第 {now} 版", f"rule {number} is now at version {now} (it was {version})")
            )
    standing = {o.number: o for o in problem.outcomes}
    for number, credits in sorted({(s.number, s.credits) for line in plan.lines for s in line.uses}):
        outcome = standing.get(number)
        carries = outcome and (outcome.free if problem.leftover == "carried" else outcome.credits)
        if outcome is None or not outcome.convertible or carries != credits:
            changes.append((f"成果 {number} 有变动", f"outcome {number} has changed"))
    return changes
