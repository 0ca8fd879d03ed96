"""Which quality grade what a supervisor found earns."""

from __future__ import annotations

from xuefen.bank.standards.types import Explanation, Pack, QualityFacts

_PERCENTS = {
    "coverage": ("大纲覆盖", "syllabus covered"),
    "assessment": ("成绩复核", "marks double-checked"),
    "staff": ("合格师资", "qualified staff"),
    "pass_rate": ("合格率", "pass rate"),
}


def rate(facts: QualityFacts, pack: Pack) -> tuple[str, Explanation]:
    """The best grade whose criteria are all met, else the last; with each criterion that was looked at.

    A grade without criteria asks for nothing.
    """
    looked: list[Explanation] = []
    for code in sorted(pack.quality):
        failed, steps = _compare(facts, pack, code)
        looked.extend(steps)
        if not failed:
            break
    row = pack.quality[code]
    root = Explanation(
        zh=f"评为 {code}（{row.zh}）。",
        en=f"Graded {code} ({row.en}).",
        standard=pack.name,
        rule=f"quality.{code}",
        clause=pack.references[f"quality.{code}"],
        children=tuple(looked),
    )
    return code, root


def _compare(facts: QualityFacts, pack: Pack, code: str) -> tuple[bool, list[Explanation]]:
    criteria = pack.quality[code].criteria
    if criteria is None:
        return False, []
    rule = f"quality.{code}.criteria"
    steps: list[Explanation] = []
    failed = False
    for name, (zh, en) in _PERCENTS.items():
        found, asked = getattr(facts, name), getattr(criteria, name)
        met = found is not None and found >= asked
        failed = failed or not met
        shown = "—" if found is None else f"{found}%"
        sign = "≥" if met else "＜"
        steps.append(
            Explanation(
                zh=f"{code}：{zh} {shown} {sign} {asked}%。",
                en=f"{code}: {en} {shown} {'≥' if met else '<'} {asked} %.",
                standard=pack.name,
                rule=rule,
                clause=pack.references[rule],
                inputs=((name, shown),),
            )
        )
    if criteria.third_party and not facts.third_party:
        failed = True
        steps.append(
            Explanation(
                zh=f"{code}：须经第三方评审，尚未评审。",
                en=f"{code}: a third party must have reviewed it; none has.",
                standard=pack.name,
                rule=rule,
                clause=pack.references[rule],
            )
        )
    return failed, steps
