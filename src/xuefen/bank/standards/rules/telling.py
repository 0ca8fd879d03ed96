"""The words of an assessment: each function turns one note of ``assessing`` into a sentence with its clause and arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from xuefen.bank.shell.problems import Problem
from xuefen.bank.standards.types import Explanation, Grade, OutcomeType, Pack, SocialRow, VocationalRow
from xuefen.bedrock.quantity import Rounding, format_credits

Note = tuple[Any, ...]
"""A function of this module and what it is to tell, after the pack."""

_HOURS = {
    "theory_hours_per_credit": (("理论", "学时"), "theory hours"),
    "practice_hours_per_credit": (("实践", "学时"), "practice hours"),
    "online_hours_per_credit": (("网络", "学时"), "online hours"),
    "practice_weeks_per_credit": (("集中实践", "周"), "weeks of practice"),
}
_ROUNDING = {
    Rounding.HALF_UP: ("四舍五入", "rounded half up"),
    Rounding.DOWN: ("向下取", "rounded down"),
    Rounding.UP: ("向上取", "rounded up"),
    Rounding.EXACT: ("须恰为", "which must fall exactly on"),
}


def assessment(
    pack: Pack, kind: OutcomeType, credits: int, level: int | None, grade: str, notes: list[Note]
) -> Explanation:
    """The root: what was recognised, with every step below it."""
    amount = format_credits(credits)
    level_zh, level_en = (f"，框架 {level} 级。", f", framework level {level}.") if level else ("。", ".")
    return _sentence(
        pack,
        f"types.{kind.code}",
        f"{kind.zh}：认定 {amount} 学分，质量等级 {grade}{level_zh}",
        f"{kind.en}: {amount} credits recognised, quality {grade}{level_en}",
        inputs={"type": kind.published},
        children=_steps(pack, notes),
    )


def refusal(pack: Pack, problem: Problem, params: Mapping[str, object], rule: str, notes: list[Note]) -> Explanation:
    """The root of a refusal: the problem's own sentence."""
    zh, en = problem.sentence("zh", params), problem.sentence("en", params)
    inputs = {name: str(value) for name, value in params.items()}
    if not rule:
        return Explanation(zh, en, inputs=tuple(inputs.items()), children=_steps(pack, notes))
    return _sentence(pack, rule, zh, en, inputs=inputs, children=_steps(pack, notes))


def _steps(pack: Pack, notes: list[Note]) -> tuple[Explanation, ...]:
    return tuple(say(pack, *what) for say, *what in notes)


def _sentence(
    pack: Pack,
    rule: str,
    zh: str,
    en: str,
    *,
    inputs: Mapping[str, str] | None = None,
    arithmetic: str = "",
    children: tuple[Explanation, ...] = (),
) -> Explanation:
    return Explanation(
        zh=zh,
        en=en,
        standard=pack.name,
        rule=rule,
        clause=pack.references[rule],
        inputs=tuple((inputs or {}).items()),
        arithmetic=arithmetic,
        children=children,
    )


# --- conditions ------------------------------------------------------------------------------------------------------


def grade(pack: Pack, given: Grade) -> Explanation:
    """The pass."""
    line = mark(pack.pass_mark)
    if given.mark is None:
        zh, en, arithmetic = f"考核结果“{given.text}”，合格。", f"Assessed “{given.text}”: passed.", ""
    else:
        worth = mark(given.mark)
        zh = f"成绩“{given.text}”，计 {worth} 分 ≥ {line} 分，合格。"
        en = f"Grade “{given.text}” is {worth} ≥ {line}: passed."
        arithmetic = f"{worth} ≥ {line}"
    return _sentence(pack, "grades.pass_mark", zh, en, inputs={"grade": given.text}, arithmetic=arithmetic)


def attendance(pack: Pack, percent: int) -> Explanation:
    """Enough of the classes attended."""
    asked = pack.attendance.percent if pack.attendance else 0
    return _sentence(
        pack,
        "grades.attendance",
        f"出勤率 {percent}% ≥ {asked}%。",
        f"{percent} % attended ≥ {asked} %.",
        inputs={"attendance": str(percent)},
        arithmetic=f"{percent} ≥ {asked}",
    )


# --- degree ----------------------------------------------------------------------------------------------------------


def hours(pack: Pack, amount: int, per: int, rule: str) -> Explanation:
    """One mode's hours as credit."""
    (zh, unit), en = _HOURS[rule]
    worth = decimal(Fraction(amount, per))
    return _sentence(
        pack,
        f"degree.{rule}",
        f"{zh} {amount} {unit} ÷ {per} = {worth} 学分。",
        f"{amount} {en} ÷ {per} = {worth} credits.",
        inputs={rule.split("_per_")[0]: str(amount)},
        arithmetic=f"{amount} ÷ {per} = {worth}",
    )


def no_ratio(pack: Pack, amount: int, rule: str) -> Explanation:
    """A mode the standard does not know."""
    (zh, unit), en = _HOURS[rule]
    return Explanation(
        f"标准没有规定{zh}{unit}的折算，{amount} {unit}不计。",
        f"The standard has no ratio for {en}; {amount} are not counted.",
        inputs=((rule.split("_per_")[0], str(amount)),),
    )


def rounded(pack: Pack, over: int, under: int, credits: int) -> Explanation:
    """The sum, brought onto the grain."""
    rates = pack.degree
    words, grain, total = _ROUNDING[rates.rounding], format_credits(rates.grain), decimal(Fraction(over, under))
    return _sentence(
        pack,
        "degree.grain",
        f"合计 {total}，{words[0]}到 {grain} 的倍数：{format_credits(credits)} 学分。",
        f"{total} in all, {words[1]} to a multiple of {grain}: {format_credits(credits)} credits.",
        inputs={"sum": total, "grain": grain},
        arithmetic=f"{total} → {format_credits(credits)}",
    )


def workload(pack: Pack, amount: int, per: int, credits: int) -> Explanation:
    """All learning time as credit."""
    usual, worth = pack.degree.workload_hours_per_credit, decimal(Fraction(amount, per))
    rule = "degree.workload_hours_per_credit" if per == usual else "degree.workload_hours_least"
    least_zh, least_en = ("", "") if per == usual else ("最多 ", "at most ")
    return _sentence(
        pack,
        rule,
        f"全部学习 {amount} 学时 ÷ {per} = {worth}，计{least_zh}{format_credits(credits)} 学分。",
        f"{amount} hours of learning in all ÷ {per} = {worth}: {least_en}{format_credits(credits)} credits.",
        inputs={"workload_hours": str(amount)},
        arithmetic=f"{amount} ÷ {per} = {worth} → {format_credits(credits)}",
    )


def declared(pack: Pack, credits: int, reckoned: int) -> Explanation:
    """The school's own figure as a ceiling."""
    own, smaller = format_credits(credits), format_credits(min(credits, reckoned))
    return _sentence(
        pack,
        "degree.declared_is_ceiling",
        f"学校公布 {own} 学分，取较小：{smaller} 学分。",
        f"The school declares {own}; the smaller counts: {smaller} credits.",
        inputs={"declared_credit": own},
        arithmetic=f"min({format_credits(reckoned)}, {own}) = {smaller}",
    )


def declared_alone(pack: Pack, accepted: int) -> Explanation:
    """No hours: the school's own figure, or nothing."""
    amount = format_credits(accepted)
    if accepted:
        zh, en = f"未公布学时，按学校公布的 {amount} 学分。", f"No hours given: the school's own {amount} credits."
    else:
        zh, en = "未公布学时，也没有可采用的公布学分。", "No hours given, and no declared credit to use."
    return _sentence(pack, "degree.declared_without_hours", zh, en, inputs={"declared_credit": amount})


# --- certificates and settings ---------------------------------------------------------------------------------------


def certificate(pack: Pack, row: VocationalRow) -> Explanation:
    """The table's credit."""
    kind, amount = pack.types[row.type_code], format_credits(row.credits or 0)
    return _sentence(
        pack,
        f"vocational.table.{row.type_code}",
        f"{kind.zh}：表列 {amount} 学分。",
        f"{kind.en}: {amount} credits by the table.",
        inputs={"type": kind.published},
    )


def certificate_hours(pack: Pack, row: VocationalRow, amount: int, earned: int) -> Explanation:
    """The learning time behind a certificate."""
    per, most = row.hours_per_credit, format_credits(row.ceiling)
    credits = format_credits(min(earned, row.ceiling))
    return _sentence(
        pack,
        f"vocational.table.{row.type_code}",
        f"学习 {amount} 学时 ÷ {per} = {format_credits(earned)}，上限 {most}：{credits} 学分。",
        f"{amount} hours of learning ÷ {per} = {format_credits(earned)}, at most {most}: {credits} credits.",
        inputs={"workload_hours": str(amount)},
        arithmetic=f"min({amount} ÷ {per}, {most}) = {credits}",
    )


def uplift(pack: Pack, row: VocationalRow, credits: int, lifted: int) -> Explanation:
    """More for the industry's own authority, within bounds."""
    factor, before, after = decimal(Fraction(pack.uplift_percent, 100)), format_credits(credits), format_credits(lifted)
    most, given = format_credits(row.ceiling), format_credits(min(lifted, row.ceiling))
    return _sentence(
        pack,
        "vocational.uplift_percent",
        f"行业权威证书上浮：{before} × {factor} = {after}，上限 {most}：{given} 学分。",
        f"Uplift for the industry's authority: {before} × {factor} = {after}, at most {most}: {given} credits.",
        inputs={"authoritative": "true"},
        arithmetic=f"min({before} × {factor}, {most}) = {given}",
    )


def setting(pack: Pack, row: SocialRow, amount: int, earned: int) -> Explanation:
    """The hours of a setting as credit."""
    grain, most = format_credits(row.grain), format_credits(row.max_credits)
    credits = format_credits(min(earned, row.max_credits))
    return _sentence(
        pack,
        f"social.{row.type_code}",
        f"学习 {amount} 学时（≥ {row.min_hours}）÷ {row.hours_per_credit}，向下取 {grain} 的倍数："
        f"{format_credits(earned)}；单项上限 {most}：{credits} 学分。",
        f"{amount} hours (≥ {row.min_hours}) ÷ {row.hours_per_credit}, down to a multiple of {grain}: "
        f"{format_credits(earned)}; at most {most} each: {credits} credits.",
        inputs={"hours": str(amount)},
        arithmetic=f"min({amount} ÷ {row.hours_per_credit} → {format_credits(earned)}, {most}) = {credits}",
    )


def quality(pack: Pack, code: str) -> Explanation:
    """What the quality grade allows."""
    row = pack.quality[code]
    usable = pack.may(code, "convert")
    return _sentence(
        pack,
        f"quality.{code}",
        f"质量等级 {code}（{row.zh}）：{'可用于转换。' if usable else '只作记录，不能用于转换。'}",
        f"Quality {code} ({row.en}): {'may be converted.' if usable else 'kept on record, not convertible.'}",
        inputs={"quality": code, "uses": ", ".join(sorted(row.uses))},
    )


# --- figures ---------------------------------------------------------------------------------------------------------


def mark(value: int) -> str:
    """A mark without a needless decimal: 60, 59.5."""
    return format_credits(value).removesuffix(".0")


def decimal(value: Fraction) -> str:
    """The value with at most three decimals, cut not rounded, … appended when cut: 1.25, 3, 0.333…"""
    thousandths, rest = divmod(value.numerator * 1000, value.denominator)
    whole, part = divmod(thousandths, 1000)
    digits = f"{part:03d}" if rest else f"{part:03d}".rstrip("0")
    return f"{whole}{'.' if digits else ''}{digits}{'…' if rest else ''}"
