"""Places: the tree from hub to service point."""

from enum import StrEnum


class PlaceKind(StrEnum):
    HUB = "hub"  # 总平台
    BRANCH = "branch"  # 省级分中心
    SUB_CENTRE = "sub_centre"  # 分中心
    SERVICE_POINT = "service_point"  # 受理点
