"""Roles and reach."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from xuefen.bank.shell.problems import Problem


class Role(StrEnum):
    HUB_OFFICER = "hub_officer"  # 总平台管理员
    BRANCH_OFFICER = "branch_officer"  # 省级分中心管理员
    SUB_CENTRE_OFFICER = "sub_centre_officer"  # 分中心工作人员
    POINT_CLERK = "point_clerk"  # 受理点工作人员
    ISSUER_OFFICER = "issuer_officer"  # 办学/发证机构经办人
    REVIEWER = "reviewer"  # 接收机构学分认定员
    SUPERVISOR = "supervisor"  # 质量监管员
    EXPERT = "expert"  # 专家
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


USER_UNKNOWN = Problem("user_unknown", "没有这个用户。", "There is no such user.", status=404)
USER_EXISTS = Problem("user_exists", "该用户名已被使用。", "This user name is taken.", status=409)
USERNAME = Problem(
    "username",
    "用户名应以小写字母开头，为 3 至 64 位小写字母、数字、点、下划线或连字符。",
    "A user name begins with a small letter and has 3 to 64 small letters, digits, dots, underscores or hyphens.",
)
DISPLAY_NAME = Problem(
    "display_name", "显示名称应为 1 至 80 个可见字符。", "A display name has 1 to 80 visible characters."
)
PASSWORD_SHORT = Problem("password_too_short", "密码至少 {least} 位。", "A password needs at least {least} characters.")
PASSWORD_COMMON = Problem(
    "password_too_common", "这个密码太常见，请换一个。", "This password is too common; please choose another."
)
PASSWORD_WRONG = Problem("password_wrong", "现在的密码不对。", "The present password is wrong.")
POST_PLACE = Problem(
    "post_place",
    "岗位“{role}”不能设在这里：请核对地点或机构的类别。",
    "The role {role} cannot be held there: check the kind of place or institution.",
)
POST_HUB_ONLY = Problem(
    "post_hub_only",
    "岗位“{role}”通行全平台，只能由总平台任命。",
    "The role {role} reaches everywhere, so only the hub appoints to it.",
    status=403,
)
POST_SELF = Problem(
    "post_self", "不能任命自己，请由另一位管理员办理。", "Nobody appoints themselves; ask another officer.", status=403
)
POST_EXISTS = Problem(
    "post_exists", "该用户已在此担任这一岗位。", "This user already holds that role there.", status=409
)
POST_ENDED = Problem("post_ended", "该岗位已经结束。", "This post has already ended.", status=409)
