"""What an outcome is worth under a standard. Only figures here; ``telling`` finds the words when somebody asks why."""

from __future__ import annotations

from functools import partial

from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.shell.problems import Problem
from xuefen.bank.standards.rules import telling
from xuefen.bank.standards.rules.telling import Note
from xuefen.bank.standards.types import (
    ATTENDANCE_BELOW,
    ATTENDANCE_MISSING,
    GRADE_BELOW_PASS,
    GRADE_MISSING,
    HOURS_BELOW_THRESHOLD,
    ITEM_WITHOUT_CREDIT,
    MARK_BELOW_SETTING,
    QUALITY_UNKNOWN,
    TYPE_UNKNOWN,
    WORKLOAD_MISSING,
    Assessment,
    DegreeFacts,
    Facts,
    Pack,
    Refusal,
    SocialFacts,
    VocationalFacts,
)
from xuefen.bedrock.quantity import BadQuantity, Rounding, ratio

_CLASS_OF = {
    DegreeFacts: OutcomeClass.DEGREE,
    VocationalFacts: OutcomeClass.VOCATIONAL,
    SocialFacts: OutcomeClass.SOCIAL,
}


def assess(facts: Facts, pack: Pack) -> Assessment | Refusal:
    """Judge one outcome: its credits (hundredths, > 0), level, quality and rights, or the refusal; either with its reasoning.

    Never raises for people's data. The same facts and pack always give the same answer.
    """
    notes: list[Note] = []
    kind = pack.types.get(facts.type_code)
    if kind is None or kind.outcome_class is not _CLASS_OF[type(facts)]:
        return _refuse(pack, TYPE_UNKNOWN, {"type_code": facts.type_code}, notes)
    if facts.quality is not None and facts.quality not in pack.quality:
        return _refuse(pack, QUALITY_UNKNOWN, {"quality": facts.quality}, notes)
    if refusal := _check_grade(facts, pack, notes) or _check_attendance(facts, pack, notes):
        return refusal
    if isinstance(facts, DegreeFacts):
        credits = _degree(facts, pack, notes)
    elif isinstance(facts, VocationalFacts):
        if facts.type_code not in pack.vocational:
            return _refuse(pack, TYPE_UNKNOWN, {"type_code": facts.type_code}, notes)
        credits = _vocational(facts, pack, notes)
    else:
        if facts.type_code not in pack.social:
            return _refuse(pack, TYPE_UNKNOWN, {"type_code": facts.type_code}, notes)
        if refusal := _check_setting(facts, pack, notes):
            return refusal
        credits = _social(facts, pack, notes)
    if credits <= 0:
        return _refuse(pack, WORKLOAD_MISSING if _lacks_workload(facts, pack) else ITEM_WITHOUT_CREDIT, {}, notes)
    quality = _quality(facts, pack, notes)
    level = facts.level if facts.level is not None else kind.level
    return Assessment(
        credits,
        level,
        quality,
        pack.quality[quality].uses,
        partial(telling.assessment, pack, kind, credits, level, quality, notes),
    )


def _refuse(pack: Pack, problem: Problem, params: dict[str, object], notes: list[Note], rule: str = "") -> Refusal:
    return Refusal(problem, params, partial(telling.refusal, pack, problem, params, rule, notes))


def _lacks_workload(facts: Facts, pack: Pack) -> bool:
    """Whether the learning time that nobody said is what the standard takes the credit from."""
    if isinstance(facts, SocialFacts) or facts.workload_hours:
        return False
    if isinstance(facts, DegreeFacts):
        return pack.degree.workload_hours_per_credit is not None and facts.declared_credit != 0
    return pack.vocational[facts.type_code].hours_per_credit is not None


def _check_grade(facts: Facts, pack: Pack, notes: list[Note]) -> Refusal | None:
    grade = facts.grade
    if grade is None:
        if isinstance(facts, VocationalFacts):
            return None
        return _refuse(pack, GRADE_MISSING, {}, notes, "grades.pass_mark")
    if not grade.passed:
        params: dict[str, object] = {"grade": grade.text, "pass_mark": telling.mark(pack.pass_mark)}
        return _refuse(pack, GRADE_BELOW_PASS, params, notes, "grades.pass_mark")
    notes.append((telling.grade, grade))
    return None


def _check_attendance(facts: Facts, pack: Pack, notes: list[Note]) -> Refusal | None:
    asked = pack.attendance
    if asked is None or isinstance(facts, VocationalFacts) or facts.type_code.startswith(asked.free):
        return None
    if facts.attendance is None:
        return _refuse(pack, ATTENDANCE_MISSING, {}, notes, "grades.attendance")
    if facts.attendance < asked.percent:
        params: dict[str, object] = {"attendance": facts.attendance, "percent": asked.percent}
        return _refuse(pack, ATTENDANCE_BELOW, params, notes, "grades.attendance")
    notes.append((telling.attendance, facts.attendance))
    return None


def _degree(facts: DegreeFacts, pack: Pack, notes: list[Note]) -> int:
    rates = pack.degree
    if facts.workload_hours and rates.workload_hours_per_credit:
        return _workload(facts, pack, notes)
    parts = (
        (facts.theory_hours, rates.theory_hours_per_credit, "theory_hours_per_credit"),
        (facts.practice_hours, rates.practice_hours_per_credit, "practice_hours_per_credit"),
        (facts.online_hours, rates.online_hours_per_credit, "online_hours_per_credit"),
        (facts.practice_weeks, rates.practice_weeks_per_credit, "practice_weeks_per_credit"),
    )
    over, under = 0, 1  # the exact sum is over / under
    for amount, per, rule in parts:
        if amount and per is None:
            notes.append((telling.no_ratio, amount, rule))
        elif amount and per is not None:
            over, under = over * per + amount * under, under * per
            notes.append((telling.hours, amount, per, rule))
    if not over:
        return _declared_alone(facts, pack, notes)
    try:
        credits = int(ratio(over, under, rounding=rates.rounding, grain=rates.grain))
    except BadQuantity:  # a standard that does not round takes nothing between its steps
        credits = 0
    notes.append((telling.rounded, over, under, credits))
    return _at_most_declared(facts, pack, credits, notes)


def _workload(facts: DegreeFacts, pack: Pack, notes: list[Note]) -> int:
    """All learning time. A declared credit stands when no fewer than the least hours are behind each credit."""
    rates = pack.degree
    usual = rates.workload_hours_per_credit or 1
    declared = facts.declared_credit is not None and rates.declared_is_ceiling
    per = rates.workload_hours_least or usual if declared else usual
    rounding = Rounding.DOWN if declared else rates.rounding
    try:
        credits = int(ratio(facts.workload_hours, per, rounding=rounding, grain=rates.grain))
    except BadQuantity:
        credits = 0
    notes.append((telling.workload, facts.workload_hours, per, credits))
    return _at_most_declared(facts, pack, credits, notes)


def _at_most_declared(facts: DegreeFacts, pack: Pack, credits: int, notes: list[Note]) -> int:
    declared = facts.declared_credit
    if declared is None or not pack.degree.declared_is_ceiling:
        return credits
    notes.append((telling.declared, declared, credits))
    return min(credits, declared)


def _declared_alone(facts: DegreeFacts, pack: Pack, notes: list[Note]) -> int:
    """No hours at all: the school's own figure, where the standard allows that, else nothing."""
    accepted = (facts.declared_credit or 0) if pack.degree.declared_without_hours else 0
    notes.append((telling.declared_alone, accepted))
    return accepted


def _vocational(facts: VocationalFacts, pack: Pack, notes: list[Note]) -> int:
    row = pack.vocational[facts.type_code]
    if row.hours_per_credit is not None:
        earned = int(
            ratio(facts.workload_hours, row.hours_per_credit, rounding=Rounding.DOWN, grain=pack.vocational_grain)
        )
        credits = min(earned, row.ceiling)
        notes.append((telling.certificate_hours, row, facts.workload_hours, earned))
    else:
        credits = row.credits or 0
        notes.append((telling.certificate, row))
    if not facts.authoritative:
        return credits
    lifted = int(ratio(credits * pack.uplift_percent, 10_000, rounding=Rounding.DOWN, grain=pack.vocational_grain))
    notes.append((telling.uplift, row, credits, lifted))
    return min(lifted, row.ceiling)


def _check_setting(facts: SocialFacts, pack: Pack, notes: list[Note]) -> Refusal | None:
    """Learning time and assessment, both: a mark nobody knows meets no demand above a pass."""
    row = pack.social[facts.type_code]
    rule = f"social.{row.type_code}"
    if facts.hours < row.min_hours:
        params: dict[str, object] = {"hours": facts.hours, "min_hours": row.min_hours}
        return _refuse(pack, HOURS_BELOW_THRESHOLD, params, notes, rule)
    grade = facts.grade
    if row.min_mark is not None and grade is not None and (grade.mark is None or grade.mark < row.min_mark):
        params = {"grade": grade.text, "min_mark": telling.mark(row.min_mark)}
        return _refuse(pack, MARK_BELOW_SETTING, params, notes, rule)
    return None


def _social(facts: SocialFacts, pack: Pack, notes: list[Note]) -> int:
    row = pack.social[facts.type_code]
    earned = int(ratio(facts.hours, row.hours_per_credit, rounding=Rounding.DOWN, grain=row.grain))
    notes.append((telling.setting, row, facts.hours, earned))
    return min(earned, row.max_credits)


def _quality(facts: Facts, pack: Pack, notes: list[Note]) -> str:
    quality = facts.quality or pack.ungraded_quality
    if isinstance(facts, SocialFacts):  # A < B < C: the later letter is the lower grade
        quality = max(quality, pack.social[facts.type_code].best_quality)
    notes.append((telling.quality, quality))
    return quality
