"""Findings as sentences, 中文 and English. Pure: the names were looked up before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from xuefen.bank.conversion.types.doctor import Code, Finding, Step, Told, ToldStep
from xuefen.bank.conversion.types.problem import Text
from xuefen.bedrock.quantity import Credits, format_credits

_SENTENCES: Mapping[Code, tuple[str, str]] = {
    Code.CREATES_CREDIT: (
        "沿 {hops} 条规则绕一圈回到《{item}》，投入 {put_in} 学分，手里成了 {in_hand} 学分，"
        "凭空多出 {created} 学分（各条倍率连乘 {product}）。",
        "Following {hops} rule(s) in a circle back to “{item}” turns {put_in} credits put in into {in_hand}: {created} credits"
        " from nothing (the rates multiply to {product}).",
    ),
    Code.GIVES_MORE: (
        "来源至多值 {takes} 学分，规则却写明给 {gives} 学分。如果是有意上浮，请在依据里写清楚。",
        "The sources carry at most {takes} credits, the rule states {gives}. If the uplift is meant, let its basis say so.",
    ),
    Code.DENIED: (
        "《{item}》另有“不予转换”的规定（{other}）同时有效，这条规则用不上。",
        "A denial ({other}) in force at the same time forbids this for “{item}”; the rule can never be used.",
    ),
    Code.CONTRADICTS: (
        "同样的来源、同样的目标、同样的条件，两条规则给的结果不同：{first} 学分和 {second} 学分（另一条 {other}）。",
        "Same sources, same targets, same conditions, two results: {first} and {second} credits (the other rule: {other}).",
    ),
    Code.STRICTER_GETS_LESS: (
        "条件更严的这条只给 {strict} 学分，条件更宽的 {other} 反而给 {easy} 学分。",
        "This rule asks for more and gives {strict} credits; {other} asks for less and gives {easy}.",
    ),
    Code.NEVER_IN_FORCE: (
        "规则状态是已公布，但已到期或协议已终止（{until}），不会再生效。",
        "The rule is published, but its time or its agreement ended ({until}); it will not be in force again.",
    ),
    Code.SOURCE_GONE: (
        "来源《{item}》已停开或从未开设，也没有人持有，规则用不上。",
        "“{item}” is no longer offered or never was, and nobody holds it: the rule cannot be used.",
    ),
    Code.ISSUER_GONE: (
        "来源《{item}》的机构已没有存入资格，也没有人持有这项成果，规则用不上。",
        "The institution of “{item}” may no longer deposit, and nobody holds it: the rule cannot be used.",
    ),
    Code.CONDITION_IMPOSSIBLE: (
        "条件“{condition_zh}{needed}”没有人能满足{has_zh}。",
        "Nobody can meet the condition “{condition_en}{needed}”{has_en}.",
    ),
    Code.TARGET_GONE: (
        "目标课程《{item}》不在接收机构任何一个有效的培养方案里，换了也没有地方算。",
        "“{item}” stands in no programme of the receiver that is in force: what is converted would count nowhere.",
    ),
    Code.TARGET_BARRED: (
        "目标课程《{item}》按标准不得转换（如思政、体育），规则用不上。",
        "The standard bars “{item}” from conversion (such as ideology, PE): the rule cannot be used.",
    ),
    Code.ELECTIVE_GONE: (
        "接收机构有效的培养方案里没有这个选修学分组（{node}）。",
        "No programme of the receiver in force has this group of elective credit ({node}).",
    ),
    Code.OVERLAP_LOW: (
        "规则写明内容重合 {has}%，标准要求至少 {needed}%，规则用不上。",
        "The rule states {has} % overlap of content, the standard asks for {needed} %: it is never applied.",
    ),
    Code.COMBINATION: (
        "标准不允许 {combination} 这种组合，规则用不上。",
        "The standard does not allow rules of the kind {combination}: it is never applied.",
    ),
    Code.SMALLER_FOR_LARGER: (
        "以少抵多：来源至多 {takes} 学分，课程要 {size} 学分，差 {missing} 学分，超过容差 {grant}。",
        "Smaller for larger: the sources carry at most {takes} credits, the courses ask for {size}; {missing} short, beyond the"
        " tolerance of {grant}.",
    ),
    Code.ELECTIVE_FOR_REQUIRED: (
        "以选修抵必修：《{item}》是选修课，《{target}》在培养方案里是必修。",
        "Elective for required: “{item}” is an elective, “{target}” stands in a required place.",
    ),
    Code.LOWER_LEVEL: (
        "以低抵高：《{item}》是 {has} 级，《{target}》是 {needed} 级。",
        "Lower for higher: “{item}” is of level {has}, “{target}” of level {needed}.",
    ),
    Code.DUPLICATE: (
        "和 {other} 完全一样（来源、目标、条件、结果），留一条就够。",
        "The same as {other} in sources, targets, conditions and result; one is enough.",
    ),
    Code.IMPLIED: (
        "已被 {other} 包含：那一条要的更少，给的不少。",
        "Made needless by {other}, which asks for less and gives no less.",
    ),
    Code.WITHOUT_RULES: (
        "{institution}：{items} 项成果有人持有（{outcomes} 个），却没有一条规则能用。最多的是：{popular}。",
        "{institution}: {items} items are held ({outcomes} outcomes) and no rule takes them. Most held: {popular}.",
    ),
}
_CREDITS = frozenset(
    {"put_in", "in_hand", "created", "takes", "gives", "first", "second", "strict", "easy", "size", "missing", "grant"}
)
_CONDITIONS: Mapping[str, tuple[str, str]] = {
    "min_mark": ("成绩不低于 ", "mark at least "),
    "min_level": ("等级不低于 ", "level at least "),
    "min_hours": ("学时不少于 ", "hours at least "),
    "min_quality": ("质量等级不低于 ", "quality at least "),
    "min_assurance": ("实名等级不低于 ", "identity proof at least "),
    "max_age_years": ("取得不超过年数 ", "years since award at most "),
    "earned_until": ("修完早于 ", "earned before "),
    "issuer_kinds": ("机构类型为 ", "kind of institution "),
    "online": ("不接受网络课程", "none from online courses"),
}


def tell(
    finding: Finding, *, rules: Mapping[int, str], items: Mapping[int, str], institutions: Mapping[int, str]
) -> Told:
    """The finding with names: ``rules`` row id → number, ``items`` id → name, ``institutions`` id → name."""
    numbers = tuple(rules.get(r, f"#{r}") for r in finding.rules)
    names = tuple(items.get(i, f"#{i}") for i in finding.items)
    words: dict[str, Any] = {
        key: format_credits(Credits(value)) if key in _CREDITS else value for key, value in finding.params.items()
    }
    words["item"] = names[0] if names else ""
    words["target"] = names[1] if len(names) > 1 else ""
    words["other"] = numbers[1] if len(numbers) > 1 else ""
    words["popular"] = "、".join(names)
    if finding.code is Code.WITHOUT_RULES:
        words["institution"] = institutions.get(finding.params["institution"], "")
    if finding.code is Code.NEVER_IN_FORCE:
        words["until"] = date.fromordinal(finding.params["until"]).isoformat()
    if finding.code is Code.CONDITION_IMPOSSIBLE:
        words |= _condition(finding, words["item"])
    steps = tuple(_step(s, rules, items) for s in finding.steps)
    if finding.steps:
        words["item"] = items.get(finding.steps[0].takes[0][0], "")
    zh, en = _SENTENCES[finding.code]
    sentence = Text(zh.format(**words), en.format(**words))
    return Told(finding.code.value, finding.kind.value, finding.severity.value, sentence, numbers, names, steps)


def _condition(finding: Finding, item: str) -> dict[str, str]:
    name, needed, has = (finding.params[key] for key in ("condition", "needed", "has"))
    zh, en = _CONDITIONS[name]
    shown = format_credits(Credits(needed)).removesuffix(".0") if name == "min_mark" else str(needed)
    told = {"condition_zh": zh, "condition_en": en, "needed": shown, "has_zh": "", "has_en": ""}
    if has != "":
        told["has_zh"], told["has_en"] = f"，《{item}》是 {has}", f": “{item}” has {has}"
    return told


def _step(step: Step, rules: Mapping[int, str], items: Mapping[int, str]) -> ToldStep:
    def amounts(pairs: tuple[tuple[int, int], ...]) -> tuple[str, ...]:
        return tuple(f"{items.get(i, f'#{i}')} {format_credits(Credits(c))}" for i, c in pairs)

    return ToldStep(rules.get(step.rule, f"#{step.rule}"), amounts(step.takes), amounts(step.gives))
