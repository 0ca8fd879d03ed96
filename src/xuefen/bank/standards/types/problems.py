"""The sentences people are told when a standard, a grade or an outcome is refused."""

from __future__ import annotations

from xuefen.bank.shell.problems import Problem

GRADE_UNREADABLE = Problem(
    "grade_unreadable",
    "成绩“{grade}”无法识别。请填 0–100 的分数，或优秀、良好、中等、及格、不及格、合格、不合格、通过、不通过、A–F。",
    "The grade “{grade}” cannot be read. Give a mark (0 to 100), a grade word (优秀 … 不及格, 合格, 通过) or A to F.",
)
GRADE_MISSING = Problem("grade_missing", "缺少考核成绩。", "The result of the assessment is missing.")
GRADE_BELOW_PASS = Problem(
    "grade_below_pass",
    "成绩“{grade}”未达到合格线 {pass_mark} 分，不能认定。",
    "The grade “{grade}” is below the pass mark of {pass_mark}; nothing can be recognised.",
)
ITEM_WITHOUT_CREDIT = Problem(
    "item_without_credit",
    "该目录项折算后为 0 学分，不能存入。",
    "By the standard this item is worth no credit and cannot be deposited.",
)
TYPE_UNKNOWN = Problem(
    "type_unknown",
    "标准中没有成果类型“{type_code}”，或它不属于该类成果。",
    "The standard has no outcome type “{type_code}” of this class.",
)
HOURS_BELOW_THRESHOLD = Problem(
    "hours_below_threshold",
    "学习时长 {hours} 学时，未达到最低 {min_hours} 学时。",
    "{hours} hours attended; at least {min_hours} are required.",
)
QUALITY_UNKNOWN = Problem(
    "quality_unknown", "标准中没有质量等级“{quality}”。", "The standard has no quality grade “{quality}”."
)
PACK_INVALID = Problem(
    "pack_invalid",
    "标准包有 {count} 处错误：{errors_zh}",
    "The standard pack has {count} errors: {errors}",
)
PACK_CHANGED = Problem(
    "pack_changed",
    "标准 {code} 第 {version} 版已经发布，内容不能再改；请发布新的版本。",
    "Version {version} of standard {code} is published and cannot change; publish a new version.",
    status=409,
)
PACK_OVERLAPS = Problem(
    "pack_overlaps",
    "标准 {code} 第 {version} 版的生效期与第 {other} 版重叠。",
    "Version {version} of standard {code} overlaps version {other} in time.",
    status=409,
)
STANDARD_UNKNOWN = Problem(
    "standard_unknown",
    "{on} 没有生效的标准 {code}。",
    "No standard {code} is in force on {on}.",
    status=404,
)
ATTENDANCE_MISSING = Problem("attendance_missing", "缺少出勤率。", "How much of the classes was attended is not said.")
ATTENDANCE_BELOW = Problem(
    "attendance_below",
    "出勤率 {attendance}%，未达到 {percent}%。",
    "{attendance} percent attended; at least {percent} percent are required.",
)
WORKLOAD_MISSING = Problem(
    "workload_missing",
    "这个标准按学习总时数折算学分，表里缺少学习总时数。",
    "This standard takes credit from all hours of learning, which are not said.",
)
MARK_BELOW_SETTING = Problem(
    "mark_below_setting",
    "成绩“{grade}”未达到这类学习要求的 {min_mark} 分。",
    "The grade “{grade}” is below the {min_mark} this kind of learning asks for.",
)
TYPE_CODE_CHECK = Problem(
    "type_code_check",
    "成果类型代码“{code}”的校验码不对，请核对。",
    "The check character of the outcome type “{code}” does not match; please check it.",
)
FACTS_MALFORMED = Problem(
    "facts_malformed",
    "事实文件有 {count} 处错误：{errors_zh}",
    "The facts have {count} errors: {errors}",
)
ADOPTION_TWICE = Problem(
    "adoption_twice",
    "{institution} 在 {on} 已经选定了别的标准，请另选一个生效日。",
    "{institution} has adopted another standard from {on} already; choose another day.",
    status=409,
)
DISTRIBUTION_EMPTY = Problem(
    "distribution_empty",
    "成绩分布要从低到高列出合格成绩，人数不为负，至少一人；要换算的成绩也在其中。",
    "A distribution lists pass grades from low to high, each once, with counts above zero; the grade is one of them.",
)
