"""What a pack says: one version of a standard, parsed.

Amounts of credit are hundredths, marks are hundredths on the 100 scale, shares are whole percent, delays working days.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

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
class Crosswalk:
    """Another framework: where each of its levels, lowest first, stands among the ten."""

    code: str
    zh: str
    en: str
    levels: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class OutcomeType:
    """A node of the type tree; leaves are what items point to. ``level`` is the usual framework level of the type.

    ``check`` is the check character of the code; the published form is ``D11-3``, the stored form ``D11``.
    """

    code: str
    parent: str
    zh: str
    en: str
    outcome_class: OutcomeClass
    level: int | None
    check: str

    @property
    def published(self) -> str:
        """The code as people copy it, with its check character."""
        return f"{self.code}-{self.check}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DegreeRates:
    """Hours to credit by mode; None where the standard knows no such mode.

    ``workload_hours_per_credit`` counts all learning time and takes the place of the other modes where it is known;
    ``workload_hours_least`` is how few hours a declared credit may stand for. ``declared_without_hours``: take the school's own
    credit when its sheet gives no hours.
    """

    theory_hours_per_credit: int | None
    practice_hours_per_credit: int | None
    online_hours_per_credit: int | None
    practice_weeks_per_credit: int | None
    workload_hours_per_credit: int | None
    workload_hours_least: int | None
    grain: int
    rounding: Rounding
    declared_is_ceiling: bool
    declared_without_hours: bool


@dataclass(frozen=True, slots=True)
class Attendance:
    """The percent of classes that must have been attended; types whose code begins with one of ``free`` have no classes."""

    percent: int
    free: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VocationalRow:
    """A certificate's credit: fixed by its level, or by ``hours_per_credit`` of learning time, at most ``ceiling``.

    ``ceiling`` also bounds the uplift: the next level's credit, or the top one's own.
    """

    type_code: str
    credits: int | None
    ceiling: int
    hours_per_credit: int | None = None


@dataclass(frozen=True, slots=True)
class SocialRow:
    """One setting of social learning. Hours convert rounded down to ``grain``, at most ``max_credits`` per outcome.

    ``min_mark``: the mark this setting asks for when it asks for more than a pass.
    """

    type_code: str
    min_hours: int
    hours_per_credit: int
    grain: int
    max_credits: int
    best_quality: str
    min_mark: int | None = None


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a quality grade asks for: percent of the syllabus covered, of marks double-checked, of qualified staff, and of
    those assessed who passed; and whether a third party must have reviewed it.
    """

    coverage: int
    assessment: int
    staff: int
    pass_rate: int
    third_party: bool


@dataclass(frozen=True, slots=True)
class Quality:
    """What an outcome of this quality grade may be used for: "record", "statement", "convert"."""

    code: str
    zh: str
    en: str
    uses: frozenset[str]
    criteria: Criteria | None = None


@dataclass(frozen=True, slots=True)
class Award:
    """What a programme must ask for to lead to this award: credit in all (0: not said), and in the groups that carry a tag."""

    code: str
    zh: str
    en: str
    total: int
    groups: Mapping[str, int]


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


class Checklist(NamedTuple):
    """The evidence asked for one type of outcome, and the place of the list in the pack: its own, or that of the nearest type
    above it, or that of its class.
    """

    path: str
    lines: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class RefusalCode:
    """A reason a reviewer may give."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Sanction:
    """What a supervisor may impose; ``grade`` 1 is the mildest, ``final``: for good."""

    code: str
    zh: str
    en: str
    grade: int
    final: bool


@dataclass(frozen=True, slots=True)
class Upkeep:
    """How the standard is kept: months until a new kind of outcome must have its standard, between revisions and between
    random inspections (None: not said), and the sanctions.
    """

    new_type_months: int | None = None
    revise_months: int | None = None
    inspect_months: int | None = None
    sanctions: tuple[Sanction, ...] = ()


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
    crosswalks: Mapping[str, Crosswalk]
    types: Mapping[str, OutcomeType]
    pass_mark: int
    grade_words: Mapping[str, int]
    pass_words: frozenset[str]
    fail_words: frozenset[str]
    attendance: Attendance | None
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
    awards: Mapping[str, Award]
    steps: Mapping[str, Step]
    evidence: Mapping[OutcomeClass, tuple[Evidence, ...]]
    type_evidence: Mapping[str, tuple[Evidence, ...]]
    refusal_codes: Mapping[str, RefusalCode]
    upkeep: Upkeep
    references: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """``cn-2026/1``."""
        return f"{self.code}/{self.version}"

    def reference(self, path: str) -> str:
        """What a value rests on: ``cn-2026/1 limits.total_share · GD-ADULT …``; KeyError for an unknown path."""
        return f"{self.name} {path} · {self.references[path]}"

    def may(self, quality: str, use: str) -> bool:
        """Tell whether an outcome of this quality grade may be used for ``use``."""
        return use in self.quality[quality].uses

    def checklist(self, type_code: str, outcome_class: OutcomeClass) -> Checklist:
        """The evidence asked for outcomes of a type: the list nearest to it in the tree, that of its class when none is."""
        node = self.types.get(type_code)
        while node is not None:
            if node.code in self.type_evidence:
                return Checklist(f"evidence.types.{node.code}", self.type_evidence[node.code])
            node = self.types.get(node.parent)
        return Checklist(f"evidence.{outcome_class}", self.evidence[outcome_class])

    def level_in(self, framework: str, level: int) -> tuple[str, ...]:
        """The levels of another framework that stand at this one of the ten; KeyError for an unknown framework."""
        return tuple(theirs for theirs, ours in self.crosswalks[framework].levels.items() if ours == level)


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
