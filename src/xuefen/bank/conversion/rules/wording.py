"""The sentences of a plan, in both languages. Arithmetic first, then what it means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from xuefen.bank.conversion.rules.eligibility import Failure, full_grant
from xuefen.bank.conversion.types import Node, PlanRule, Problem, Text
from xuefen.bedrock.quantity import format_credits as fc

BARRED = {
    "not_convertible": Text("这项成果已撤销，不能转换。", "This outcome was revoked and cannot be converted."),
    "in_use": Text("已用于另一项申请，不能再用。", "Already used for another application."),
    "lower_in_family": Text("同类证书只认最高的一张。", "Of one certificate family only the highest counts."),
    "same_name": Text(
        "同名的另一项成果已经用过，只认一次。", "Another outcome of this name was used before; a name counts once."
    ),
}
NO_RULE = Text("这个专业还没有能用它的规则。", "No rule for this programme takes it yet.")


def record_only(quality: str) -> Text:
    return Text(
        f"质量 {quality} 级只作记录，不能转换。", f"Quality {quality} is a record only and cannot be converted."
    )


def expired(day: date) -> Text:
    return Text(
        f"有效期到 {day.year} 年 {day.month} 月 {day.day} 日，已经过期。",
        f"It was good until {day.isoformat()} and has expired.",
    )


def _points(hundredths: int | str) -> str:
    return f"{int(hundredths) / 100:g}"


def _day(text: int | str) -> str:
    day = date.fromisoformat(str(text))
    return f"{day.year} 年 {day.month} 月 {day.day} 日"


def failure(f: Failure) -> Text:
    """Needed against has, for one failed condition."""
    made = _CONDITIONS.get(f.condition)
    if made is not None:
        return made(f.needed, f.has)
    if f.condition == "credits_short":
        return Text(
            f"学分至少要 {fc(int(f.needed))}，您的是 {fc(int(f.has))}。",
            f"Needs at least {fc(int(f.needed))} credits, yours carry {fc(int(f.has))}.",
        )
    if f.condition == "direction" and f.needed != "":
        return Text(
            f"只能以多抵少：至少要 {fc(int(f.needed))}，您的是 {fc(int(f.has))}。",
            f"A smaller course never replaces a larger one: at least {fc(int(f.needed))}, yours carry {fc(int(f.has))}.",
        )
    if f.condition == "overlap":
        return Text(
            f"内容重合度要 {f.needed}% 以上，经比对是 {f.has}%。",
            f"The content must overlap by {f.needed} % or more; experts found {f.has} %.",
        )
    return _PLAIN[f.condition]


_PLAIN = {
    "direction": Text("选修课不能抵必修课。", "An elective course never replaces a required one."),
    "course_done": Text("能抵的课程已经完成了。", "The course it replaces is already done."),
    "source_missing": Text(
        "这条规则要几项成果合起来，您还缺其中一项。", "This rule needs several outcomes together; one is missing."
    ),
    "not_in_programme": Text("能抵的课程不在这个专业里。", "The courses it replaces are not in this programme."),
}


def _level(needed: int | str, has: int | str) -> Text:
    zh = f"您的是 {has} 级" if has != "" else "您的没有等级"
    en = f"yours is {has}" if has != "" else "yours has none"
    return Text(f"要 {needed} 级以上，{zh}。", f"Needs level {needed} or above, {en}.")


def _mark(needed: int | str, has: int | str) -> Text:
    zh = f"您的是 {_points(has)} 分" if has != "" else "您的没有分数"
    en = f"yours is {_points(has)}" if has != "" else "yours has none"
    return Text(f"成绩要 {_points(needed)} 分以上，{zh}。", f"Needs a mark of {_points(needed)} or more, {en}.")


def _hours(needed: int | str, has: int | str) -> Text:
    zh = f"您的是 {has} 学时" if has != "" else "您的没有学时记录"
    en = f"yours is {has}" if has != "" else "yours states none"
    return Text(f"至少要 {needed} 学时，{zh}。", f"Needs at least {needed} hours, {en}.")


def _age(needed: int | str, has: int | str) -> Text:
    day = date.fromisoformat(str(has))
    return Text(
        f"要 {needed} 年内取得，您的是 {day.year} 年 {day.month} 月。",
        f"Must be at most {needed} years old; yours is from {day:%Y-%m}.",
    )


_CONDITIONS: dict[str, Callable[[int | str, int | str], Text]] = {
    "min_mark": _mark,
    "min_level": _level,
    "min_hours": _hours,
    "max_age_years": _age,
    "min_quality": lambda needed, has: Text(
        f"质量要 {needed} 级以上，您的是 {has} 级。", f"Needs quality {needed} or better, yours is {has}."
    ),
    "min_assurance": lambda needed, has: Text(
        f"实名等级要 {needed} 级以上，存入时是 {has} 级。",
        f"Needs real-name level {needed} or above; it was {has} when deposited.",
    ),
    "online": lambda needed, has: Text("这条规则不收网络课程。", "This rule does not take online courses."),
    "issuer_kinds": lambda needed, has: Text(
        "这条规则不收这类机构的成果。",
        f"This rule does not take outcomes of this kind of institution ({has or 'unknown'}).",
    ),
    "earned_from": lambda needed, has: Text(
        f"要 {_day(needed)}起学完的，您的是 {_day(has)}。",
        f"The class must end on {needed} or later; yours ended on {has}.",
    ),
    "earned_until": lambda needed, has: Text(
        f"要 {_day(needed)}之前学完的，您的是 {_day(has)}。",
        f"The class must end before {needed}; yours ended on {has}.",
    ),
}


def denied(basis: Text) -> Text:
    """A denial keeps it out; ``basis`` is what the denial says."""
    return Text(f"规定写明不能抵：{basis.zh}。", f"A rule says it never counts for this: {basis.en}.")


def cap_full(name: Text, limit: int, used: int, wants: int) -> Text:
    """Why a cap keeps an outcome out."""
    if limit == 0:
        return Text(f"{name.zh}：须在校完成，不能抵。", f"{name.en}: to be completed on site.")
    if used >= limit:
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


def same_name(other: str) -> Text:
    return Text(f"和{other}同名，同名的只认一次。", f"It has the same name as {other}; a name counts once.")


def prerequisite(course: Node, asked: str) -> Text:
    return Text(
        f"{course.name}要先有{asked}，而它还没有。",
        f"{course.name_en or course.name} builds on {asked}, which is not there.",
    )


def group_full(name: str, name_en: str) -> Text:
    return Text(f"{name}已经抵满，再多不算。", f"{name_en or name} is complete; more would not count.")


WORSE = Text("用别的成果总数更多，或一样多而用得更少。", "Other outcomes count more, or as much with fewer outcomes.")


def leftover(rest: int, *, group: str = "", carried: bool = False) -> Text:
    """The part of a used outcome that does not count."""
    if carried:
        return Text(
            f"多出的 {fc(rest)} 学分仍归您，可留到下次。",
            f"The other {fc(rest)} credits stay yours for a later application.",
        )
    if group:
        return Text(
            f"{group}只差这么多，多出的 {fc(rest)} 不结转。",
            f"{group} had no more room; the other {fc(rest)} are not carried over.",
        )
    return Text(f"多出的 {fc(rest)} 学分不结转。", f"The other {fc(rest)} credits are not carried over.")


def line(
    problem: Problem, rule: PlanRule, courses: Sequence[Node], carried: Sequence[int], given: Sequence[int], counts: int
) -> tuple[Text, Text]:
    """(arithmetic, sentence) of a line of a plan: source credits, what each target is given, what of it counts, and why."""
    has, total = sum(carried), sum(given)
    left = " + ".join(fc(c) for c in carried) + (f" = {fc(has)}" if len(carried) > 1 else "")
    if rule.waives:
        return Text(f"{left} → 免修 → 完成", f"{left} → waived → done"), Text(
            "免修：课程算完成，不另计学分。", "Waived: the course is done, without credit."
        )
    right = " + ".join(fc(g) for g in given) + (f" = {fc(total)}" if len(given) > 1 else "")
    step, says = _step(problem, rule, courses, has, given)
    zh, en = f"{left} → {step.zh} → {right}", f"{left} → {step.en} → {right}"
    if counts < total:
        zh, en = f"{zh} → 本组只差 {fc(counts)} → {fc(counts)}", f"{en} → room for {fc(counts)} → {fc(counts)}"
        says = Text(
            f"{says.zh}这一组只差 {fc(counts)}，多的不算。", f"{says.en} The group only had room for {fc(counts)}."
        )
    return Text(zh, en), says


def _step(
    problem: Problem, rule: PlanRule, courses: Sequence[Node], has: int, given: Sequence[int]
) -> tuple[Text, Text]:
    """What the rule does with what the sources carry."""
    total = sum(given)
    if rule.result is not None or any(t.credits is not None for t in rule.targets):
        return Text("规则写明", "stated by the rule"), Text(
            f"规则写明认 {fc(total)} 学分。", f"The rule states {fc(total)} credits."
        )
    if rule.elective:
        return Text("选修全额", "elective in full"), Text(
            f"没有对应的必修课，按选修认 {fc(total)}。", f"Recognised as {fc(total)} elective credits."
        )
    short = sum(max(0, node.credits - g) for node, g in zip(courses, given, strict=True))
    if any(g < full_grant(node.credits, problem) for node, g in zip(courses, given, strict=True)):
        return Text(f"差 {fc(short)}，先认这些", f"short by {fc(short)}, as far as it goes"), Text(
            f"比课程少 {fc(short)} 学分：先认 {fc(total)}，课程还没有完成。",
            f"{fc(short)} short of the course: {fc(total)} are recognised, the course stays open.",
        )
    if short:
        return Text(f"差 {fc(short)}，在容差内", f"short by {fc(short)}, within tolerance"), Text(
            f"比课程少 {fc(short)} 学分，在允许范围内：课程算完成，学分认 {fc(total)}。",
            f"{fc(short)} short of the course, which is tolerated: the course is done, {fc(total)} credits are recognised.",
        )
    if has > total:
        rest = fc(has - total)
        if problem.leftover == "carried":
            zh, en = f"多出的 {rest} 留着", f"the other {rest} stay yours"
        else:
            zh, en = f"多出的 {rest} 不结转", "the rest not carried"
        return Text("取较小", "the smaller"), Text(
            f"成果值 {fc(has)}，课程只要 {fc(total)}，按课程学分认；{zh}。",
            f"The outcome carries {fc(has)}, the course {fc(total)}: the smaller is recognised, {en}.",
        )
    return Text("足额", "in full"), Text(f"学分相当，认 {fc(total)}。", f"The credits match: {fc(total)} recognised.")


# --- what would close an open requirement ------------------------------------------------------------------------------


def learn(names: Sequence[str], course: str, course_en: str) -> Text:
    listed = "、".join(names)
    return Text(f"再学{listed}，就能抵{course}。", f"Learn {', '.join(names)}: then {course_en or course} is covered.")


def learn_more(credits: int, names: Sequence[str], course: str, course_en: str) -> Text:
    return Text(
        f"在{'、'.join(names)}里再学 {fc(credits)} 学分，就能抵{course}。",
        f"Learn {fc(credits)} more credits among {', '.join(names)}: then {course_en or course} is covered.",
    )


def held_but(item: str, why: Text) -> Text:
    return Text(f"您有{item}，但{why.zh}", f"You have {item}, but: {why.en}")


def held_busy(item: str, course: str, course_en: str) -> Text:
    return Text(
        f"您的{item}也能抵{course}，现在用在了别处，或者受上限所限。",
        f"Your {item} could cover {course_en or course} too, but it counts elsewhere or a cap stands in the way.",
    )


def study(node: Node, missing: int) -> Text:
    name, name_en = node.name, node.name_en or node.name
    if not missing:
        return Text(f"在校修读{name}。", f"Study {name_en} on site.")
    return Text(
        f"在校修读{name}，还差 {fc(missing)} 学分。", f"Study {name_en} on site: {fc(missing)} credits are missing."
    )


UNNAMED = Text("规则要的一项成果", "an item the rule asks for")
OUT_OF_PLAY = Text("它只作记录或已过期，不能转换。", "it is a record only or has expired.")
