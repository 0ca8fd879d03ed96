"""What a pack says: one version of a standard, parsed.

Amounts of credit are hundredths, marks are hundredths on the 100 scale, shares are whole percent, delays working days.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.standards.types.limits import Calendar, Limit, Policy
from xuefen.bedrock.quantity import Rounding


@dataclass(frozen=True, slots=True)
class Source:
    """A document values are taken from."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Level:
    """One of the ten levels of the framework."""

    number: int
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class OutcomeType:
    """A node of the type tree; leaves are what items point to. ``level`` is the usual framework level of the type."""

    code: str
    parent: str
    zh: str
    en: str
    outcome_class: OutcomeClass
    level: int | None


@dataclass(frozen=True, slots=True)
class DegreeRates:
    """Hours to credit. ``declared_without_hours``: take the school's own credit when its sheet gives no hours."""

    theory_hours_per_credit: int
    practice_hours_per_credit: int
    practice_weeks_per_credit: int
    grain: int
    rounding: Rounding
    declared_is_ceiling: bool
    declared_without_hours: bool


@dataclass(frozen=True, slots=True)
class VocationalRow:
    """A certificate level's credit; ``ceiling`` bounds the uplift: the next level's credit, or the top one's own."""

    type_code: str
    credits: int
    ceiling: int


@dataclass(frozen=True, slots=True)
class SocialRow:
    """One setting of social learning. Hours convert rounded down to ``grain``, at most ``max_credits`` per outcome."""

    type_code: str
    min_hours: int
    hours_per_credit: int
    grain: int
    max_credits: int
    best_quality: str


@dataclass(frozen=True, slots=True)
class Quality:
    """What an outcome of this quality grade may be used for: "record", "statement", "convert"."""

    code: str
    zh: str
    en: str
    uses: frozenset[str]


@dataclass(frozen=True, slots=True)
class Step:
    """A timed step. ``reminders``: percent of the time gone; ``silence``: what no answer means, "consent" or ""."""

    name: str
    zh: str
    en: str
    working_days: int
    reminders: tuple[int, ...]
    silence: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece of evidence asked for."""

    code: str
    zh: str
    en: str
    required: bool


@dataclass(frozen=True, slots=True)
class RefusalCode:
    """A reason a reviewer may give."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """One version of a standard. Compared by identity: ``queries`` hands out one object per stored version."""

    code: str
    version: int
    effective_from: date
    retired_on: date | None
    title_zh: str
    title_en: str
    sources: Mapping[str, Source]
    levels: Mapping[int, Level]
    types: Mapping[str, OutcomeType]
    pass_mark: int
    grade_words: Mapping[str, int]
    pass_words: frozenset[str]
    fail_words: frozenset[str]
    degree: DegreeRates
    vocational: Mapping[str, VocationalRow]
    uplift_percent: int
    vocational_grain: int
    social: Mapping[str, SocialRow]
    limits: tuple[Limit, ...]
    policy: Policy
    calendar: Calendar
    quality: Mapping[str, Quality]
    ungraded_quality: str
    steps: Mapping[str, Step]
    evidence: Mapping[OutcomeClass, tuple[Evidence, ...]]
    refusal_codes: Mapping[str, RefusalCode]
    references: Mapping[str, str] = field(default_factory=dict)

    def reference(self, path: str) -> str:
        """What a value rests on: ``cn-2026/1 limits.total_share · GD-ADULT …``; KeyError for an unknown path."""
        return f"{self.code}/{self.version} {path} · {self.references[path]}"

    def may(self, quality: str, use: str) -> bool:
        """Tell whether an outcome of this quality grade may be used for ``use``."""
        return use in self.quality[quality].uses


@dataclass(frozen=True, slots=True)
class Loaded:
    """A stored standard version with its parsed pack."""

    id: int
    code: str
    version: int
    digest: str
    pack: Pack


@dataclass(frozen=True, slots=True)
class PackError:
    """One thing wrong with a pack's body, and where: the table's ``path``, and the ``key`` in it when it is one key."""

    path: str
    zh: str
    en: str
    key: str = ""
