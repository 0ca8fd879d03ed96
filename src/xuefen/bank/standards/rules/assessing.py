"""What an outcome is worth under a standard, with the whole reasoning."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.shell.problems import Problem
from xuefen.bank.standards.types import (
    GRADE_BELOW_PASS,
    GRADE_MISSING,
    HOURS_BELOW_THRESHOLD,
    ITEM_WITHOUT_CREDIT,
    QUALITY_UNKNOWN,
    TYPE_UNKNOWN,
    Assessment,
    DegreeFacts,
    Explanation,
    Facts,
    Pack,
    Refusal,
    SocialFacts,
    VocationalFacts,
)
from xuefen.bedrock.quantity import Rounding, format_credits, ratio, scale

_CLASS_OF = {
    DegreeFacts: OutcomeClass.DEGREE,
    VocationalFacts: OutcomeClass.VOCATIONAL,
    SocialFacts: OutcomeClass.SOCIAL,
}
_HOUR_WORDS = {
    "theory_hours_per_credit": (("理论", "学时"), "theory hours"),
    "practice_hours_per_credit": (("实践", "学时"), "practice hours"),
    "practice_weeks_per_credit": (("集中实践", "周"), "weeks of practice"),
}
_ROUNDING_WORDS = {
    Rounding.HALF_UP: ("四舍五入", "rounded half up"),
    Rounding.DOWN: ("向下取", "rounded down"),
    Rounding.UP: ("向上取", "rounded up"),
    Rounding.EXACT: ("须恰为", "which must fall exactly on"),
}


def needs_grade(outcome_class: OutcomeClass) -> bool:
    """Courses and social learning need an assessment's result; a certificate is itself the result."""
    return outcome_class is not OutcomeClass.VOCATIONAL


@lru_cache(maxsize=65_536)  # a class of one course differs only in its marks
def assess(facts: Facts, pack: Pack) -> Assessment | Refusal:
    """Judge one outcome: its credits (hundredths, > 0), level and quality, or the refusal; either with its reasoning.

    Never raises for people's data. The same facts and pack always give the same answer.
    """
    outcome_class = _CLASS_OF[type(facts)]
    kind = pack.types.get(facts.type_code)
    if kind is None or kind.outcome_class is not outcome_class:
        return _refuse(TYPE_UNKNOWN, {"type_code": facts.type_code}, [])
    if facts.quality is not None and facts.quality not in pack.quality:
        return _refuse(QUALITY_UNKNOWN, {"quality": facts.quality}, [])
    steps: list[Explanation] = []
    if refusal := _check_grade(facts, pack, steps):
        return refusal
    if isinstance(facts, DegreeFacts):
        credits = _degree(facts, pack, steps)
    elif isinstance(facts, VocationalFacts):
        if facts.type_code not in pack.vocational:
            return _refuse(TYPE_UNKNOWN, {"type_code": facts.type_code}, steps)
        credits = _vocational(facts, pack, steps)
    else:
        if facts.type_code not in pack.social:
            return _refuse(TYPE_UNKNOWN, {"type_code": facts.type_code}, steps)
        if refusal := _check_hours(facts, pack, steps):
            return refusal
        credits = _social(facts, pack, steps)
    if credits <= 0:
        return _refuse(ITEM_WITHOUT_CREDIT, {}, steps)
    quality = _quality(facts, pack, steps)
    level = facts.level if facts.level is not None else kind.level
    amount = format_credits(credits)
    level_zh, level_en = (f"，框架 {level} 级。", f", framework level {level}.") if level else ("。", ".")
    root = Explanation(
        zh=f"{kind.zh}：认定 {amount} 学分，质量等级 {quality}{level_zh}",
        en=f"{kind.en}: {amount} credits recognised, quality {quality}{level_en}",
        reference=pack.reference(f"types.{kind.code}"),
        children=tuple(steps),
    )
    return Assessment(credits=credits, level=level, quality=quality, explanation=root)


def _refuse(problem: Problem, params: dict[str, object], steps: list[Explanation], reference: str = "") -> Refusal:
    root = Explanation(
        zh=problem.sentence("zh", params),
        en=problem.sentence("en", params),
        reference=reference,
        children=tuple(steps),
    )
    return Refusal(problem=problem, params=params, explanation=root)


def _check_grade(facts: Facts, pack: Pack, steps: list[Explanation]) -> Refusal | None:
    reference = pack.reference("grades.pass_mark")
    grade = facts.grade
    if grade is None:
        if needs_grade(_CLASS_OF[type(facts)]):
            return _refuse(GRADE_MISSING, {}, steps, reference)
        return None
    line = format_credits(pack.pass_mark).removesuffix(".0")
    if not grade.passed:
        return _refuse(GRADE_BELOW_PASS, {"grade": grade.text, "pass_mark": line}, steps, reference)
    if grade.mark is None:
        zh, en = f"考核结果“{grade.text}”，合格。", f"Assessed “{grade.text}”: passed."
    else:
        mark = format_credits(grade.mark).removesuffix(".0")
        zh = f"成绩“{grade.text}”，计 {mark} 分 ≥ {line} 分，合格。"
        en = f"Grade “{grade.text}” is {mark} ≥ {line}: passed."
    steps.append(Explanation(zh=zh, en=en, reference=reference))
    return None


def _degree(facts: DegreeFacts, pack: Pack, steps: list[Explanation]) -> int:
    rates = pack.degree
    parts = (
        (facts.theory_hours, rates.theory_hours_per_credit, "theory_hours_per_credit"),
        (facts.practice_hours, rates.practice_hours_per_credit, "practice_hours_per_credit"),
        (facts.practice_weeks, rates.practice_weeks_per_credit, "practice_weeks_per_credit"),
    )
    total = Fraction(0)
    for amount, per, path in parts:
        if amount:
            total += Fraction(amount, per)
            worth = _decimal(Fraction(amount, per))
            (zh, unit), en = _HOUR_WORDS[path]
            steps.append(
                Explanation(
                    zh=f"{zh} {amount} {unit} ÷ {per} = {worth} 学分。",
                    en=f"{amount} {en} ÷ {per} = {worth} credits.",
                    reference=pack.reference(f"degree.{path}"),
                )
            )
    if not total:
        return _declared_alone(facts, pack, steps)
    credits = int(scale(100, total, rounding=rates.rounding, grain=rates.grain))
    words = _ROUNDING_WORDS[rates.rounding]
    grain = format_credits(rates.grain)
    steps.append(
        Explanation(
            zh=f"合计 {_decimal(total)}，{words[0]}到 {grain} 的倍数：{format_credits(credits)} 学分。",
            en=f"{_decimal(total)} in all, {words[1]} to a multiple of {grain}: {format_credits(credits)} credits.",
            reference=pack.reference("degree.grain"),
        )
    )
    declared = facts.declared_credit
    if declared is None or not rates.declared_is_ceiling:
        return credits
    smaller = min(credits, declared)
    amounts = format_credits(declared), format_credits(smaller)
    steps.append(
        Explanation(
            zh=f"学校公布 {amounts[0]} 学分，取较小：{amounts[1]} 学分。",
            en=f"The school declares {amounts[0]}; the smaller counts: {amounts[1]} credits.",
            reference=pack.reference("degree.declared_is_ceiling"),
        )
    )
    return smaller


def _declared_alone(facts: DegreeFacts, pack: Pack, steps: list[Explanation]) -> int:
    """No hours at all: the school's own figure, where the standard allows that, else nothing."""
    declared = facts.declared_credit or 0
    accepted = declared if pack.degree.declared_without_hours else 0
    amount = format_credits(declared)
    if accepted:
        zh, en = f"未公布学时，按学校公布的 {amount} 学分。", f"No hours given: the school's own {amount} credits."
    else:
        zh, en = "未公布学时，也没有可采用的公布学分。", "No hours given, and no declared credit to use."
    steps.append(Explanation(zh=zh, en=en, reference=pack.reference("degree.declared_without_hours")))
    return accepted


def _vocational(facts: VocationalFacts, pack: Pack, steps: list[Explanation]) -> int:
    row, kind = pack.vocational[facts.type_code], pack.types[facts.type_code]
    amount = format_credits(row.credits)
    steps.append(
        Explanation(
            zh=f"{kind.zh}：表列 {amount} 学分。",
            en=f"{kind.en}: {amount} credits by the table.",
            reference=pack.reference(f"vocational.table.{row.type_code}"),
        )
    )
    if not facts.authoritative:
        return row.credits
    factor = Fraction(pack.uplift_percent, 100)
    lifted = scale(row.credits, factor, rounding=Rounding.DOWN, grain=pack.vocational_grain)
    credits = min(int(lifted), row.ceiling)
    steps.append(
        Explanation(
            zh=f"行业权威证书上浮：{amount} × {_decimal(factor)} = {format_credits(lifted)}，"
            f"上限 {format_credits(row.ceiling)}：{format_credits(credits)} 学分。",
            en=f"Uplift for the industry's authority: {amount} × {_decimal(factor)} = {format_credits(lifted)}, "
            f"at most {format_credits(row.ceiling)}: {format_credits(credits)} credits.",
            reference=pack.reference("vocational.uplift_percent"),
        )
    )
    return credits


def _check_hours(facts: SocialFacts, pack: Pack, steps: list[Explanation]) -> Refusal | None:
    row = pack.social[facts.type_code]
    if facts.hours >= row.min_hours:
        return None
    params: dict[str, object] = {"hours": facts.hours, "min_hours": row.min_hours}
    return _refuse(HOURS_BELOW_THRESHOLD, params, steps, pack.reference(f"social.{row.type_code}"))


def _social(facts: SocialFacts, pack: Pack, steps: list[Explanation]) -> int:
    row = pack.social[facts.type_code]
    earned = int(ratio(facts.hours, row.hours_per_credit, rounding=Rounding.DOWN, grain=row.grain))
    credits = min(earned, row.max_credits)
    grain, most = format_credits(row.grain), format_credits(row.max_credits)
    steps.append(
        Explanation(
            zh=f"学习 {facts.hours} 学时（≥ {row.min_hours}）÷ {row.hours_per_credit}，向下取 {grain} 的倍数："
            f"{format_credits(earned)}；单项上限 {most}：{format_credits(credits)} 学分。",
            en=f"{facts.hours} hours (≥ {row.min_hours}) ÷ {row.hours_per_credit}, down to a multiple of {grain}: "
            f"{format_credits(earned)}; at most {most} each: {format_credits(credits)} credits.",
            reference=pack.reference(f"social.{row.type_code}"),
        )
    )
    return credits


def _quality(facts: Facts, pack: Pack, steps: list[Explanation]) -> str:
    quality = facts.quality or pack.ungraded_quality
    if isinstance(facts, SocialFacts):  # A < B < C: the later letter is the lower grade
        quality = max(quality, pack.social[facts.type_code].best_quality)
    row = pack.quality[quality]
    usable = pack.may(quality, "convert")
    steps.append(
        Explanation(
            zh=f"质量等级 {quality}（{row.zh}）：{'可用于转换。' if usable else '只作记录，不能用于转换。'}",
            en=f"Quality {quality} ({row.en}): {'may be converted.' if usable else 'kept on record, not convertible.'}",
            reference=pack.reference(f"quality.{quality}"),
        )
    )
    return quality


def _decimal(value: Fraction) -> str:
    """The value with at most three decimals, cut not rounded, … appended when cut: 1.25, 3, 0.333…"""
    thousandths, rest = divmod(value.numerator * 1000, value.denominator)
    whole, part = divmod(thousandths, 1000)
    digits = f"{part:03d}" if rest else f"{part:03d}".rstrip("0")
    return f"{whole}{'.' if digits else ''}{digits}{'…' if rest else ''}"
