"""The sentences of a plan, in both languages. Arithmetic first, then what it means."""

from __future__ import annotations

from datetime import date

from xuefen.bank.conversion.rules.eligibility import Failure
from xuefen.bank.conversion.types import Text
from xuefen.bedrock.quantity import format_credits as fc

BARRED = {
    "not_convertible": Text("这项成果已撤销，不能转换。", "This outcome was revoked and cannot be converted."),
    "in_use": Text("已用于另一项申请，不能再用。", "Already used for another application."),
    "lower_in_family": Text("同类证书只认最高的一张。", "Of one certificate family only the highest counts."),
}
NO_RULE = Text("这个专业还没有能用它的规则。", "No rule for this programme takes it yet.")


def record_only(quality: str) -> Text:
    return Text(
        f"质量 {quality} 级只作记录，不能转换。", f"Quality {quality} is a record only and cannot be converted."
    )


def _points(hundredths: int | str) -> str:
    return f"{int(hundredths) / 100:g}"


def failure(f: Failure) -> Text:
    """Needed against has, for one failed condition."""
    needed, has = f.needed, f.has
    if f.condition == "min_level":
        zh = f"您的是 {has} 级" if has != "" else "您的没有等级"
        en = f"yours is {has}" if has != "" else "yours has none"
        return Text(f"要 {needed} 级以上，{zh}。", f"Needs level {needed} or above, {en}.")
    if f.condition == "min_mark":
        zh = f"您的是 {_points(has)} 分" if has != "" else "您的没有分数"
        en = f"yours is {_points(has)}" if has != "" else "yours has none"
        return Text(f"成绩要 {_points(needed)} 分以上，{zh}。", f"Needs a mark of {_points(needed)} or more, {en}.")
    if f.condition == "max_age_years":
        day = date.fromisoformat(str(has))
        return Text(
            f"要 {needed} 年内取得，您的是 {day.year} 年 {day.month} 月。",
            f"Must be at most {needed} years old; yours is from {day:%Y-%m}.",
        )
    if f.condition == "min_quality":
        return Text(f"质量要 {needed} 级以上，您的是 {has} 级。", f"Needs quality {needed} or better, yours is {has}.")
    if f.condition == "min_assurance":
        return Text(
            f"实名等级要 {needed} 级以上，存入时是 {has} 级。",
            f"Needs real-name level {needed} or above; it was {has} when deposited.",
        )
    if f.condition == "online":
        return Text("这条规则不收网络课程。", "This rule does not take online courses.")
    if f.condition == "credits_short":
        return Text(
            f"学分至少要 {fc(int(needed))}，您的是 {fc(int(has))}。",
            f"Needs at least {fc(int(needed))} credits, yours carry {fc(int(has))}.",
        )
    if f.condition == "source_missing":
        return Text(
            "这条规则要几项成果合起来，您还缺其中一项。", "This rule needs several outcomes together; one is missing."
        )
    return Text("能抵的课程不在这个专业里。", "The courses it replaces are not in this programme.")


def cap_full(name: Text, limit: int, used: int, wants: int) -> Text:
    """Why a cap keeps an outcome out."""
    if limit == 0:
        return Text(f"{name.zh}：须在校完成，不能抵。", f"{name.en}: to be completed on site.")
    if used == limit:
        return Text(f"{name.zh}上限 {fc(limit)} 已用满。", f"{name.en}: the limit of {fc(limit)} is used up.")
    left = fc(limit - used)
    return Text(
        f"{name.zh}上限 {fc(limit)} 只剩 {left}，放不下 {fc(wants)}。",
        f"{name.en}: only {left} of {fc(limit)} left, {fc(wants)} do not fit.",
    )


def course_taken(course: str, course_en: str, by: str) -> Text:
    return Text(
        f"{course}已由{by}抵了，这样总数更多。", f"{course_en or course} is covered by {by}; that counts more in all."
    )


def source_taken(other: str) -> Text:
    return Text(f"要和{other}一起用，而它用在了更好的地方。", f"Needs {other} too, which is better used elsewhere.")


def group_full(name: str, name_en: str) -> Text:
    return Text(f"{name}已经抵满，再多不算。", f"{name_en or name} is complete; more would not count.")


WORSE = Text("用别的成果总数更多，或一样多而用得更少。", "Other outcomes count more, or as much with fewer outcomes.")


def leftover(rest: int, *, group: str = "") -> Text:
    if group:
        return Text(
            f"{group}只差这么多，多出的 {fc(rest)} 不结转。",
            f"{group} had no more room; the other {fc(rest)} are not carried over.",
        )
    return Text(f"多出的 {fc(rest)} 学分不结转。", f"The other {fc(rest)} credits are not carried over.")


def arithmetic(
    sources: list[int], given: list[int], counts: int, *, elective: bool, stated: bool, short: int
) -> tuple[Text, Text]:
    """(arithmetic, sentence) of a line: source credits, what each target is given, what of it counts, and why.

    ``stated``: the rule says the result. ``short``: hundredths the courses are short of, within the tolerance.
    """
    carried, total = sum(sources), sum(given)
    left = " + ".join(fc(c) for c in sources) + (f" = {fc(carried)}" if len(sources) > 1 else "")
    right = " + ".join(fc(g) for g in given) + (f" = {fc(total)}" if len(given) > 1 else "")
    if stated:
        step = Text("规则写明", "stated by the rule")
        says = Text(f"规则写明认 {fc(total)} 学分。", f"The rule states {fc(total)} credits.")
    elif elective:
        step = Text("选修全额", "elective in full")
        says = Text(f"没有对应的必修课，按选修认 {fc(total)}。", f"Recognised as {fc(total)} elective credits.")
    elif short:
        step = Text(f"差 {fc(short)}，在容差内", f"short by {fc(short)}, within tolerance")
        says = Text(
            f"比课程少 {fc(short)} 学分，在允许范围内：课程算完成，学分认 {fc(total)}。",
            f"{fc(short)} short of the course, which is tolerated: the course is done, {fc(total)} credits are recognised.",
        )
    elif carried > total:
        step = Text("取较小", "the smaller")
        says = Text(
            f"成果值 {fc(carried)}，课程只要 {fc(total)}，按课程学分认；多出的 {fc(carried - total)} 不结转。",
            f"The outcome carries {fc(carried)}, the course {fc(total)}: the smaller is recognised, the rest not carried.",
        )
    else:
        step = Text("足额", "in full")
        says = Text(f"学分相当，认 {fc(total)}。", f"The credits match: {fc(total)} recognised.")
    zh, en = f"{left} → {step.zh} → {right}", f"{left} → {step.en} → {right}"
    if counts < total:
        zh, en = f"{zh} → 本组只差 {fc(counts)} → {fc(counts)}", f"{en} → room for {fc(counts)} → {fc(counts)}"
        says = Text(
            f"{says.zh}这一组只差 {fc(counts)}，多的不算。", f"{says.en} The group only had room for {fc(counts)}."
        )
    return Text(zh, en), says
