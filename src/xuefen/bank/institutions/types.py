"""Institutions and what they are qualified for."""

from __future__ import annotations

from enum import StrEnum

from xuefen.bank.shell.problems import Problem
from xuefen.bedrock.ids import BadNumber


class InstitutionKind(StrEnum):
    UNIVERSITY = "university"  # 普通高校
    VOCATIONAL_COLLEGE = "vocational_college"  # 职业院校
    OPEN_UNIVERSITY = "open_university"  # 开放大学
    CERTIFICATE_BODY = "certificate_body"  # 发证机构
    COMMUNITY_SCHOOL = "community_school"  # 社区学校
    EMPLOYER = "employer"  # 用人单位
    INDUSTRY_BODY = "industry_body"  # 行业组织


class OutcomeClass(StrEnum):
    """The three classes of outcome (founding paper S4)."""

    DEGREE = "degree"  # 学历教育
    VOCATIONAL = "vocational"  # 职业技能
    SOCIAL = "social"  # 社会学习


INSTITUTION_UNKNOWN = Problem(
    "institution_unknown", "没有代码为 {code} 的机构。", "There is no institution with the code {code}.", status=404
)
INSTITUTION_EXISTS = Problem(
    "institution_exists",
    "该机构代码或统一社会信用代码已登记。",
    "This institution code or social credit code is already registered.",
    status=409,
)
INSTITUTION_CODE = Problem(
    "institution_code",
    "机构代码应为 1 至 32 位字母、数字、点、下划线或连字符。",
    "An institution code has 1 to 32 letters, digits, dots, underscores or hyphens.",
)
INSTITUTION_NAME = Problem(
    "institution_name",
    "机构名称不能为空、过长或含不可见字符。",
    "An institution's name must not be empty, too long or contain invisible characters.",
)
QUALIFICATION_DATES = Problem(
    "qualification_dates",
    "资格的截止日期不能早于生效日期。",
    "A qualification cannot expire before it takes effect.",
)
QUALIFICATION_BASIS = Problem(
    "qualification_basis",
    "请写明资格的依据（1 至 200 字）。",
    "State what the qualification is based on (1 to 200 characters).",
)
NOT_QUALIFIED = Problem(
    "not_qualified",
    "机构 {code} 在 {on} 没有这一类成果的存入资格。",
    "The institution {code} has no qualification for this class of outcome on {on}.",
    status=409,
)
USCC_PROBLEMS = {
    code: Problem(code, BadNumber(code).zh, BadNumber(code).en)
    for code in ("uscc_length", "uscc_characters", "uscc_check")
}
"""What can be wrong with a unified social credit code (GB 32100), by the code of ``ids.BadNumber``."""
