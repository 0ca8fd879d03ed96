"""Items beside each other: their stories, and what people found of two that look alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from xuefen.bank.catalogue.types.facts import ItemFacts


class PairVerdict(StrEnum):
    """What a person found of two items that look alike."""

    SAME = "same"  # 同一门课
    DIFFERENT = "different"  # 不同
    UNDECIDED = "undecided"  # 待定：also what taking back leaves


@dataclass(frozen=True, slots=True)
class ItemVersionFacts:
    """One version on an item's page: what it says, and when it applies."""

    facts: ItemFacts
    effective_from: date
    retired_on: date | None
    statements: tuple[str, ...]
    skills: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A programme an item stands in."""

    institution_code: str
    code: str
    version: str
    name: str


@dataclass(frozen=True, slots=True)
class ItemStory:
    """An item with all its versions, newest first, and the programmes it stands in (``places_total`` of them)."""

    item_id: int
    institution_code: str
    code: str
    versions: tuple[ItemVersionFacts, ...]
    places: tuple[Place, ...]
    places_total: int

    @property
    def latest(self) -> ItemVersionFacts:
        return self.versions[0]


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One page of a listing."""

    items: tuple[ItemFacts, ...]
    total: int
    page: int
    size: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody found of a pair, and why."""

    one: int
    other: int
    verdict: PairVerdict
    reason: str
    by_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Items whose names are one in normal form; ``verdicts`` of the pairs among them somebody has judged."""

    key: str
    items: tuple[ItemFacts, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def open_pairs(self) -> int:
        """Pairs nobody has called the same or different."""
        n = len(self.items)
        return n * (n - 1) // 2 - sum(v.verdict is not PairVerdict.UNDECIDED for v in self.verdicts)


@dataclass(frozen=True, slots=True)
class Similar:
    """An item that resembles another, with the pieces of both names (text, whether it matches) and what else they share."""

    facts: ItemFacts
    score: float
    same_key: bool
    name: tuple[tuple[str, bool], ...]
    statements: tuple[tuple[tuple[str, bool], ...], ...]
    words: tuple[str, ...]
    verdict: PairVerdict | None
