"""Roles and reach."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    HUB_OFFICER = "hub_officer"  # 总平台管理员
    BRANCH_OFFICER = "branch_officer"  # 省级分中心管理员
    SUB_CENTRE_OFFICER = "sub_centre_officer"  # 分中心工作人员
    POINT_CLERK = "point_clerk"  # 受理点工作人员
    ISSUER_OFFICER = "issuer_officer"  # 办学/发证机构经办人
    REVIEWER = "reviewer"  # 接收机构学分认定员
    SUPERVISOR = "supervisor"  # 质量监管员
    LEARNER = "learner"  # 学习者


class Reach(StrEnum):
    """How far a permission goes."""

    ALL = "all"  # everything in this node
    PLACE = "place"  # the post's place and all below it
    INSTITUTION = "institution"  # the post's institution
    OWN = "own"  # the learner's own account


@dataclass(frozen=True, slots=True)
class PostFacts:
    """A post as the rules see it."""

    role: Role
    place_path: str | None = None
    institution_id: int | None = None
