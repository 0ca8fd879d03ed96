"""How much the rules in force reach: a map by institutions and one by fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from xuefen.bank.conversion.types.problem import Text
from xuefen.bank.shell.problems import Problem

CLASSES = ("degree", "vocational", "social")

FIELDS: Mapping[str, tuple[str, str]] = {
    "01": ("哲学", "Philosophy"),
    "02": ("经济学", "Economics"),
    "03": ("法学", "Law"),
    "04": ("教育学", "Education"),
    "05": ("文学", "Literature"),
    "06": ("历史学", "History"),
    "07": ("理学", "Science"),
    "08": ("工学", "Engineering"),
    "09": ("农学", "Agriculture"),
    "10": ("医学", "Medicine"),
    "11": ("军事学", "Military science"),
    "12": ("管理学", "Management"),
    "13": ("艺术学", "Art"),
    "14": ("交叉学科", "Interdisciplinary"),
    "41": ("农林牧渔", "Farming and forestry"),
    "42": ("资源环境与安全", "Resources, environment, safety"),
    "43": ("能源动力与材料", "Energy and materials"),
    "44": ("土木建筑", "Building"),
    "45": ("水利", "Water"),
    "46": ("装备制造", "Equipment manufacturing"),
    "47": ("生物与化工", "Biology and chemicals"),
    "48": ("轻工纺织", "Light industry and textiles"),
    "49": ("食品药品与粮食", "Food and medicine"),
    "50": ("交通运输", "Transport"),
    "51": ("电子与信息", "Electronics and information"),
    "52": ("医药卫生", "Health"),
    "53": ("财经商贸", "Finance and trade"),
    "54": ("旅游", "Tourism"),
    "55": ("文化艺术", "Culture and art"),
    "56": ("新闻传播", "Media"),
    "57": ("教育与体育", "Education and sports"),
    "58": ("公安与司法", "Police and justice"),
    "59": ("公共管理与服务", "Public administration and service"),
}
"""The first two digits of a national code of majors: bachelor fields (01–14) and vocational ones (41–59)."""
COVERAGE_COUNTING = Problem(
    "coverage_counting",
    "规则很多，正在统计，请过几分钟再来。",
    "There are many rules and they are being counted; come back in a few minutes.",
    status=503,
)
OTHER_FIELD = ("其他", "Other")


@dataclass(frozen=True, slots=True)
class Reach:
    """One cell: ``reached`` of ``all`` are reached, by ``rules`` rules (0 where rules are not counted)."""

    row: str
    column: str
    reached: int
    all: int
    rules: int = 0

    @property
    def percent(self) -> int:
        return 100 * self.reached // self.all if self.all else 0


@dataclass(frozen=True, slots=True)
class CoverageMap:
    """``pairs``: of the items an institution offers, how many a receiver takes. ``fields``: of the courses programmes of a
    field ask for, how many a rule gives from outcomes of a class. ``hidden``: institutions left off, those with the fewest.
    """

    on: date
    issuers: tuple[tuple[str, str], ...]  # code, name
    receivers: tuple[tuple[str, str], ...]
    pairs: tuple[Reach, ...]
    fields: tuple[tuple[str, Text], ...]
    field_cells: tuple[Reach, ...]
    hidden: int = 0
