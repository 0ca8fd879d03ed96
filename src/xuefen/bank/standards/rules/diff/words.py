"""The words for a pack's chapters, values and units. What has no word here is shown as the pack writes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Pair = tuple[str, str]

CHAPTERS: Mapping[str, Pair] = {
    "head": ("总则", "General"),
    "sources": ("依据的文件", "Sources"),
    "levels": ("资历等级", "Levels"),
    "crosswalks": ("与其他框架对照", "Other frameworks"),
    "types": ("成果类型", "Types of outcome"),
    "grades": ("成绩", "Grades"),
    "degree": ("学历教育折算", "Degree education"),
    "vocational": ("职业技能折算", "Vocational skill"),
    "social": ("社会学习折算", "Social learning"),
    "limits": ("转换限额", "Limits on conversion"),
    "policy": ("转换办法", "How conversion works"),
    "calendar": ("学年与时段", "Years and periods"),
    "quality": ("质量等级", "Quality grades"),
    "awards": ("毕业要求", "Awards"),
    "steps": ("办理时限", "Time limits"),
    "evidence": ("佐证材料", "Evidence"),
    "refusals": ("不同意的理由", "Reasons for refusing"),
    "upkeep": ("标准的维护与监管", "Upkeep and supervision"),
}
"""The chapters in the order they are read; sections without a word follow them."""

NAMES: Mapping[str, Pair] = {
    "title": ("名称", "title"),
    "effective_from": ("生效日期", "first day in force"),
    "retired_on": ("停用日期", "first day no longer in force"),
    # grades
    "pass_mark": ("合格线", "pass mark"),
    "words": ("等级成绩折成分数", "grade words as marks"),
    "pass_words": ("算合格的写法", "words that mean pass"),
    "fail_words": ("算不合格的写法", "words that mean fail"),
    # degree education
    "theory_hours_per_credit": ("理论课每学分学时", "taught hours per credit"),
    "practice_hours_per_credit": ("实践课每学分学时", "practice hours per credit"),
    "practice_weeks_per_credit": ("集中实践每学分周数", "practice weeks per credit"),
    "notional_hours_per_credit": ("每学分学习总时数", "notional hours per credit"),
    "grain": ("学分最小单位", "smallest step of credit"),
    "rounding": ("取整办法", "rounding"),
    "declared_is_ceiling": ("不超过学校自定学分", "never above the school's own credit"),
    "declared_without_hours": ("没有学时就用学校自定学分", "without hours the school's own credit"),
    # certificates
    "uplift_percent": ("行业权威证书上浮到", "uplift for authoritative certificates"),
    "table": ("按等级计分", "credits by level"),
    "credits": ("学分", "credit"),
    "next": ("上浮不超过", "uplift up to"),
    "ceiling": ("上浮不超过", "uplift up to"),
    # social learning
    "min_hours": ("最少学时", "least hours"),
    "hours_per_credit": ("每学分学时", "hours per credit"),
    "max_credits": ("最多学分", "most credit"),
    "best_quality": ("最高质量等级", "best quality"),
    "attendance": ("最低出勤", "least attendance"),
    "percent": ("至少", "at least"),
    "free": ("不要求出勤的类型", "types without it"),
    # types and levels
    "parent": ("上级类型", "parent"),
    "level": ("等级", "level"),
    "levels": ("等级", "levels"),
    "class": ("类别", "class"),
    "check": ("校验字符", "check character"),
    "min_mark": ("成绩至少", "mark at least"),
    # limits
    "kind": ("算哪些学分", "which credit"),
    "which": ("哪一种", "which one"),
    "issuer": ("机构", "institution"),
    "tag": ("课程组", "groups"),
    "types": ("成果类型", "types of outcome"),
    "share": ("上限", "share at most"),
    "of": ("占什么的比例", "share of"),
    "at_least": ("作为下限", "as a floor"),
    "per": ("每", "per"),
    "awards": ("适用的学历", "applies to"),
    # policy
    "content_overlap": ("内容重合至少", "content overlap at least"),
    "tolerance": ("以少抵多容许差额", "tolerance, fewer for more"),
    "shortfall": ("学分不足时", "when credit falls short"),
    "direction": ("只许大抵小、必修抵选修", "only larger for smaller, required for elective"),
    "family_highest_once": ("同类证书只认最高一次", "of a family only the highest, once"),
    "same_name_once": ("同名课程只认一次", "same course name only once"),
    "not_convertible": ("不予转换", "not convertible"),
    "leftover": ("用剩的部分", "what is left over"),
    "exempt_mark": ("免修课程记", "mark of an exempted course"),
    "shelf_life_years": ("取得后可转换的年限", "years an outcome stays convertible"),
    "combinations": ("可以几门抵几门", "combinations allowed"),
    "level_ignored": ("不问层次的类型", "types whose level does not matter"),
    "deposited_by": ("谁可以存入", "who may deposit"),
    # calendar
    "year_starts": ("学年开始", "the year begins"),
    "terms": ("学期", "terms"),
    "windows": ("受理时段", "filing windows"),
    "starts": ("开始", "begins"),
    "purpose": ("用途", "for"),
    "first": ("首日", "first day"),
    "last": ("末日", "last day"),
    "norm_year": ("每学年通常学分", "usual credit a year"),
    "norm_term": ("每学期通常学分", "usual credit a term"),
    # quality, steps, evidence
    "ungraded": ("未评级时按", "until graded"),
    "uses": ("可以用于", "may be used for"),
    "criteria": ("评定条件", "criteria"),
    "working_days": ("期限", "time limit"),
    "reminders": ("催办时点", "reminders at"),
    "silence": ("到期没有答复", "no answer in time"),
    "required": ("必须提供", "required"),
    # criteria of quality grades
    "coverage": ("大纲覆盖", "syllabus covered"),
    "assessment": ("成绩复核", "marks double-checked"),
    "staff": ("合格师资", "qualified staff"),
    "pass_rate": ("考核通过率", "pass rate"),
    "third_party": ("第三方评审", "third-party review"),
    # awards
    "total": ("总学分", "credit in all"),
    "groups": ("各组学分", "credit by group"),
    # upkeep
    "new_type_months": ("新一类成果多久要有标准", "a new kind gets its standard within"),
    "revise_months": ("多久修订一次", "revised every"),
    "inspect_months": ("多久抽查一次", "inspected every"),
    "sanctions": ("处理措施", "sanctions"),
    "grade": ("轻重", "severity"),
    "final": ("不可撤销", "final"),
}
"""A value's name by its key."""

FLOOR: Mapping[str, Pair] = {"share": ("下限", "share at least"), "credits": ("下限", "credit at least")}
CAP: Mapping[str, Pair] = {"share": ("上限", "share at most"), "credits": ("上限", "credit at most")}

CREDIT, PERCENT, HOURS, WEEKS, DAYS, MONTHS, YEARS, MARKS = (
    ("{x} 学分", "{x} credits"),
    ("{x} %", "{x} %"),
    ("{x} 学时", "{x} hours"),
    ("{x} 周", "{x} weeks"),
    ("{x} 个工作日", "{x} working days"),
    ("{x} 个月", "{x} months"),
    ("{x} 年", "{x} years"),
    ("{x} 分", "{x} marks"),
)
UNITS: Mapping[str, Pair] = {
    **dict.fromkeys(("credits", "grain", "max_credits", "tolerance", "ceiling", "norm_year", "norm_term", "total"), CREDIT),
    **dict.fromkeys(("share", "content_overlap", "uplift_percent", "reminders", "percent", "coverage", "assessment", "staff",
                     "pass_rate"), PERCENT),
    **dict.fromkeys(
        ("theory_hours_per_credit", "practice_hours_per_credit", "hours_per_credit", "min_hours",
         "notional_hours_per_credit"), HOURS,
    ),
    "practice_weeks_per_credit": WEEKS,
    "working_days": DAYS,
    "shelf_life_years": YEARS,
    **dict.fromkeys(("pass_mark", "exempt_mark", "min_mark"), MARKS),
    **dict.fromkeys(("new_type_months", "revise_months", "inspect_months"), MONTHS),
}  # fmt: skip

WORDS: Mapping[Any, Pair] = {
    True: ("是", "yes"),
    False: ("否", "no"),
    "": ("没有规定", "nothing said"),
    "consent": ("视为同意", "counts as consent"),
    "half_up": ("四舍五入", "nearest, half up"),
    "down": ("向下取", "down"),
    "up": ("向上取", "up"),
    "exact": ("须恰好", "exact"),
    "not_carried": ("不结转", "not carried over"),
    "carried": ("结转", "carried over"),
    "refuse": ("不予转换", "refused"),
    "award": ("只给较少的学分", "only the smaller value is given"),
    "record": ("记录", "record"),
    "statement": ("证明", "statement"),
    "convert": ("转换", "conversion"),
    "ideology": ("思政", "ideology"),
    "pe": ("体育", "physical education"),
    "military": ("军事理论", "military theory"),
    "degree": ("学历教育", "degree education"),
    "vocational": ("职业技能", "vocational skill"),
    "social": ("社会学习", "social learning"),
    "total": ("全部转换学分", "all converted credit"),
    "online": ("网络课程学分", "credit from online outcomes"),
    "class": ("一类成果的学分", "credit of one class"),
    "issuer": ("来自机构的学分", "credit by institution"),
    "type": ("某些类型的学分", "credit of some types"),
    "degree_level": ("同层次及以上学历的学分", "degree credit of a level or above"),
    "tag": ("记入某些课程组的学分", "credit given to some groups"),
    "each": ("每一家", "each"),
    "receiver": ("接收机构自己", "the receiver itself"),
    "programme": ("本专业", "the programme"),
    "groups": ("这些课程组", "these groups"),
    "period": ("该时段通常学分", "the period's usual credit"),
    "year": ("学年", "year"),
    "term": ("学期", "term"),
    "bachelor": ("本科", "bachelor"),
    "associate": ("专科", "associate"),
    "diploma3": ("三年制专科", "three-year diploma"),
    "minor": ("辅修", "minor"),
    "filing": ("申请", "filing"),
    "professional": ("专业课", "professional courses"),
    "common": ("公共课", "common courses"),
    "deposit": ("存入", "deposits"),
    "anybody": ("学习者也可以带材料提交", "learners too, with evidence"),
    "institutions": ("只有机构", "institutions only"),
}
"""Values that are words of the pack."""
