"""Learners and their accounts."""

from enum import IntEnum, StrEnum


class Assurance(IntEnum):
    """How surely we know who somebody is (实名等级)."""

    SELF_DECLARED = 1  # 一级，自报
    SEEN = 2  # 二级，当面核验
    THIRD_PARTY = 3  # 三级，第三方核验


class AccountState(StrEnum):
    OPEN = "open"
    FROZEN = "frozen"
    CLOSED = "closed"
