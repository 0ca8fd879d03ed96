"""A rule in one sentence, 中文 and English: 持有 A、B 任一，成绩 ≥ 70，可替代 C（3.0 学分）。"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from xuefen.bank.conversion.types import Conditions, PlanRule, RuleDraft, Text
from xuefen.bedrock.quantity import format_credits

_KINDS = {
    "university": ("普通高校", "a university"),
    "vocational_college": ("职业院校", "a vocational college"),
    "open_university": ("开放大学", "an open university"),
    "certificate_body": ("发证机构", "a certificate body"),
    "community_school": ("社区学校", "a community school"),
    "employer": ("用人单位", "an employer"),
    "industry_body": ("行业组织", "an industry body"),
}


def sentence_of(
    rule: PlanRule | RuleDraft,
    *,
    name: Callable[..., str],
    issuer: Callable[[str], str] = str,
    credits: Callable[..., int | None] | None = None,
) -> Text:
    """The whole rule in words.

    ``name``: what an item is called (an item id for a ``PlanRule``, ``INSTITUTION/CODE`` for a draft); ``issuer``: what an
    institution is called; ``credits``: what a course carries in hundredths, where that is known.
    """
    conditions = tuple(_conditions(rule.conditions))
    size = credits or (lambda item: None)
    if rule.denies:
        return _denial(rule, name, issuer)
    held = _held(rule, name)
    if rule.overlap is not None:
        conditions += (Text(f"内容重合 {rule.overlap}%", f"{rule.overlap} % of the content in common"),)
    given = _given(rule, name, size)
    if rule.grade is not None:
        given = Text(
            f"{given.zh}，成绩记 {_mark(rule.grade)}", f"{given.en}, entered with the mark {_mark(rule.grade)}"
        )
    zh = "，".join([held.zh, *(c.zh for c in conditions), given.zh])
    en = ", ".join([held.en, *(c.en for c in conditions), given.en])
    return Text(f"{zh}。", f"{en}.")


def _denial(rule: PlanRule | RuleDraft, name: Callable[..., str], issuer: Callable[[str], str]) -> Text:
    courses = [name(course) for course in _targets(rule)]
    zh, en = "、".join(courses), " and ".join(courses)
    if rule.denied_issuer:
        who = issuer(rule.denied_issuer)
        return Text(f"{who} 的任何成果都不能替代 {zh}。", f"Nothing issued by {who} replaces {en}.")
    sources = [name(item) for item in rule.sources]
    if len(sources) == 1:
        return Text(f"{sources[0]} 不能替代 {zh}。", f"{sources[0]} does not replace {en}.")
    return Text(f"{'、'.join(sources)} 都不能替代 {zh}。", f"None of {', '.join(sources)} replaces {en}.")


def _targets(rule: PlanRule | RuleDraft) -> list[int | str]:
    if isinstance(rule, PlanRule):
        return [target.item_id for target in rule.targets]
    return [target.item for target in rule.targets]


def _held(rule: PlanRule | RuleDraft, name: Callable[..., str]) -> Text:
    if rule.pool is not None:
        amount = format_credits(rule.pool.credits)
        items = [name(item) for item in rule.pool.items]
        return Text(
            f"在 {'、'.join(items)} 中修满 {amount} 学分",
            f"With {amount} credits from {', '.join(items)}",
        )
    sets = [[name(item) for item in items] for items in rule.alternatives()]
    if len(sets) == 1:
        many = len(sets[0]) > 1
        zh, en = "、".join(sets[0]), " and ".join(sets[0])
        return Text(f"{'同时' if many else ''}持有 {zh}", f"With {en}")
    if all(len(items) == 1 for items in sets):
        flat = [items[0] for items in sets]
        return Text(f"持有 {'、'.join(flat)} 任一", f"With any of {', '.join(flat)}")
    zh = "，或 ".join(" 和 ".join(items) for items in sets)
    en = ", or ".join(" together with ".join(items) for items in sets)
    return Text(f"持有 {zh}", f"With {en}")


def _given(rule: PlanRule | RuleDraft, name: Callable[..., str], size: Callable[..., int | None]) -> Text:
    if rule.elective:
        where = Text("选修学分", "elective credit")
        if rule.elective != "*":
            where = Text(f"“{rule.elective}”组的学分", f"credit of the group “{rule.elective}”")
        if rule.result is None:
            return Text(f"按原学分计入{where.zh}", f"its own credits count as {where.en}")
        amount = format_credits(rule.result)
        return Text(f"计入 {amount} 个{where.zh}", f"{amount} credits count as {where.en}")
    zh, en = [], []
    own = [target.credits for target in rule.targets]
    for item, credits in zip(_targets(rule), own, strict=True):
        carried = size(item) if credits is None else credits
        stated = "" if carried is None or rule.waives else format_credits(carried)
        zh.append(f"{name(item)}（{stated} 学分）" if stated else name(item))
        en.append(f"{name(item)} ({stated} credits)" if stated else name(item))
    if rule.waives:
        return Text(f"可免修 {'、'.join(zh)}（不计学分）", f"{' and '.join(en)} may be waived, without credit")
    return Text(f"可替代 {'、'.join(zh)}", f"replaces {' and '.join(en)}")


def _conditions(c: Conditions) -> Iterator[Text]:
    if c.min_mark is not None:
        yield Text(f"成绩 ≥ {_mark(c.min_mark)}", f"mark ≥ {_mark(c.min_mark)}")
    if c.min_level is not None:
        yield Text(f"等级不低于 {c.min_level} 级", f"level {c.min_level} or higher")
    if c.max_age_years is not None:
        yield Text(f"取得不超过 {c.max_age_years} 年", f"not older than {c.max_age_years} years")
    if c.min_quality is not None:
        yield Text(f"质量等级不低于 {c.min_quality}", f"quality {c.min_quality} or better")
    if c.min_assurance is not None:
        yield Text(f"真实性保证不低于 {c.min_assurance} 级", f"assurance {c.min_assurance} or higher")
    if c.min_hours is not None:
        yield Text(f"学时不少于 {c.min_hours}", f"at least {c.min_hours} hours")
    if c.issuer_kinds:
        known = [_KINDS[kind] for kind in c.issuer_kinds]
        yield Text(f"由{'或'.join([zh for zh, _ in known])}颁发", f"issued by {' or '.join([en for _, en in known])}")
    if c.earned_from is not None:
        yield Text(f"{c.earned_from.isoformat()} 起学完", f"completed on or after {c.earned_from.isoformat()}")
    if c.earned_until is not None:
        yield Text(f"{c.earned_until.isoformat()} 前学完", f"completed before {c.earned_until.isoformat()}")
    if not c.online:
        yield Text("不含网络课程", "not from online courses")


def _mark(mark: int) -> str:
    return format_credits(mark).removesuffix(".0")
