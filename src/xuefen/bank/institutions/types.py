"""Institutions and what they are qualified for."""

from enum import StrEnum


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
