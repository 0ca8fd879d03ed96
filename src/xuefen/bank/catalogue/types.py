"""Items and programmes."""

from enum import StrEnum


class ItemKind(StrEnum):
    COURSE = "course"  # 课程
    CERTIFICATE = "certificate"  # 证书
    ACTIVITY = "activity"  # 活动
