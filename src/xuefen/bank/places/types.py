"""Places: the tree from hub to service point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from xuefen.bank.shell.problems import Problem


class PlaceKind(StrEnum):
    HUB = "hub"  # 总平台
    BRANCH = "branch"  # 省级分中心
    SUB_CENTRE = "sub_centre"  # 分中心
    SERVICE_POINT = "service_point"  # 受理点


MAY_STAND_UNDER: Mapping[PlaceKind, frozenset[PlaceKind | None]] = MappingProxyType(
    {
        PlaceKind.HUB: frozenset({None}),
        PlaceKind.BRANCH: frozenset({None, PlaceKind.HUB}),  # a branch that runs its own node is its root
        PlaceKind.SUB_CENTRE: frozenset({PlaceKind.BRANCH, PlaceKind.SUB_CENTRE}),  # city, then county
        PlaceKind.SERVICE_POINT: frozenset({PlaceKind.BRANCH, PlaceKind.SUB_CENTRE}),
    }
)
"""Which kind of place may stand under which; ``None`` is the top of the tree."""


@dataclass(frozen=True, slots=True)
class Division:
    """One row of a list of administrative divisions: 33 → 3301 → 330106 → 330106001. The caller chooses the kind."""

    code: str
    name: str
    kind: PlaceKind
    parent_code: str | None = None


PLACE_UNKNOWN = Problem(
    "place_unknown", "没有代码为 {code} 的地点。", "There is no place with the code {code}.", status=404
)
PLACE_EXISTS = Problem(
    "place_exists", "代码 {code} 已有地点。", "There already is a place with the code {code}.", status=409
)
PLACE_CODE = Problem(
    "place_code",
    "地点代码应为 1 至 16 位字母、数字或连字符。",
    "A place code has 1 to 16 letters, digits or hyphens.",
)
PLACE_NAME = Problem("place_name", "地点名称应为 1 至 80 个可见字符。", "A place name has 1 to 80 visible characters.")
PLACE_PARENT = Problem(
    "place_parent",
    "{code} 不能设在这一级之下，请核对上级地点。",
    "{code} cannot stand under that kind of place; please check the place above it.",
)
PLACE_MOVED = Problem(
    "place_moved",
    "地点 {code} 已设立，类别或上级与此不同；已设立的地点不能移动。",
    "The place {code} exists with another kind or another place above it; places do not move.",
    status=409,
)
