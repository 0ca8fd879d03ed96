"""Standards as data: what a pack says, the facts it judges, and what comes out.

Amounts of credit are hundredths, marks are hundredths on the 100 scale (60 is 6000), hours are class hours, shares are
whole percent, delays are working days.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.shell.problems import Problem
from xuefen.bedrock.quantity import Rounding

# --- facts -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade as it was read: ``mark`` in hundredths, or None when the word carries none (合格, 通过)."""

    text: str
    mark: int | None
    passed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DegreeFacts:
    """A course. ``declared_credit`` is None when the school declares none, 0 when it says the course gives none."""

    type_code: str
    theory_hours: int = 0
    practice_hours: int = 0
    practice_weeks: int = 0
    declared_credit: int | None = None
    grade: Grade | None = None
    level: int | None = None
    quality: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VocationalFacts:
    """A certificate; it needs no grade. ``authoritative``: the industry's own authority issued or endorses it."""

    type_code: str
    authoritative: bool = False
    grade: Grade | None = None
    level: int | None = None
    quality: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialFacts:
    """Learning outside school: the hours really attended and the assessment's result."""

    type_code: str
    hours: int
    grade: Grade | None = None
    level: int | None = None
    quality: str | None = None


Facts = DegreeFacts | VocationalFacts | SocialFacts

# --- results ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Explanation:
    """One sentence of a reasoning, in both languages, with what it rests on, and the sentences below it.

    ``reference`` reads ``cn-2026/1 degree.theory_hours_per_credit · S4 …``: standard and version, place in it, source.
    """

    zh: str
    en: str
    reference: str = ""
    children: tuple[Explanation, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The tree as plain dicts; ``reference`` and ``children`` are left out when empty."""
        body: dict[str, Any] = {"zh": self.zh, "en": self.en}
        if self.reference:
            body["reference"] = self.reference
        if self.children:
            body["children"] = [child.to_json() for child in self.children]
        return body


@dataclass(frozen=True, slots=True)
class Assessment:
    """Its worth: ``credits`` in hundredths (> 0), framework ``level`` 1..10 or None, ``quality`` A, B or C."""

    credits: int
    level: int | None
    quality: str
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an outcome is worth nothing here; ``params`` fill the problem's sentence."""

    problem: Problem
    params: Mapping[str, object]
    explanation: Explanation


# --- the pack --------------------------------------------------------------------------------------------------------


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
class Caps:
    """Limits of a conversion. Shares are percent of the programme's graduation credit; ``tolerance`` is hundredths."""

    total_share: int
    online_share: int
    same_or_higher_degree_share: int
    content_overlap: int
    tolerance: int
    family_highest_once: bool
    not_convertible: frozenset[str]


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
    caps: Caps
    leftover: str
    quality: Mapping[str, Quality]
    ungraded_quality: str
    steps: Mapping[str, Step]
    evidence: Mapping[OutcomeClass, tuple[Evidence, ...]]
    refusal_codes: Mapping[str, RefusalCode]
    references: Mapping[str, str] = field(default_factory=dict)

    def reference(self, path: str) -> str:
        """What a value rests on: ``cn-2026/1 caps.total_share · GD-ADULT …``; KeyError for an unknown path."""
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
    """One thing wrong with a pack's body, and where."""

    path: str
    zh: str
    en: str


# --- problems --------------------------------------------------------------------------------------------------------

GRADE_UNREADABLE = Problem(
    "grade_unreadable",
    "成绩“{grade}”无法识别。请填 0–100 的分数，或优秀、良好、中等、及格、不及格、合格、不合格、通过、不通过、A–F。",
    "The grade “{grade}” cannot be read. Give a mark (0 to 100), a grade word (优秀 … 不及格, 合格, 通过) or A to F.",
)
GRADE_MISSING = Problem("grade_missing", "缺少考核成绩。", "The result of the assessment is missing.")
GRADE_BELOW_PASS = Problem(
    "grade_below_pass",
    "成绩“{grade}”未达到合格线 {pass_mark} 分，不能认定。",
    "The grade “{grade}” is below the pass mark of {pass_mark}; nothing can be recognised.",
)
ITEM_WITHOUT_CREDIT = Problem(
    "item_without_credit",
    "该目录项折算后为 0 学分，不能存入。",
    "By the standard this item is worth no credit and cannot be deposited.",
)
TYPE_UNKNOWN = Problem(
    "type_unknown",
    "标准中没有成果类型“{type_code}”，或它不属于该类成果。",
    "The standard has no outcome type “{type_code}” of this class.",
)
HOURS_BELOW_THRESHOLD = Problem(
    "hours_below_threshold",
    "学习时长 {hours} 学时，未达到最低 {min_hours} 学时。",
    "{hours} hours attended; at least {min_hours} are required.",
)
QUALITY_UNKNOWN = Problem(
    "quality_unknown", "标准中没有质量等级“{quality}”。", "The standard has no quality grade “{quality}”."
)
PACK_INVALID = Problem(
    "pack_invalid",
    "标准包有 {count} 处错误：{errors_zh}",
    "The standard pack has {count} errors: {errors}",
)
PACK_CHANGED = Problem(
    "pack_changed",
    "标准 {code} 第 {version} 版已经发布，内容不能再改；请发布新的版本。",
    "Version {version} of standard {code} is published and cannot change; publish a new version.",
    status=409,
)
PACK_OVERLAPS = Problem(
    "pack_overlaps",
    "标准 {code} 第 {version} 版的生效期与第 {other} 版重叠。",
    "Version {version} of standard {code} overlaps version {other} in time.",
    status=409,
)
STANDARD_UNKNOWN = Problem(
    "standard_unknown",
    "{on} 没有生效的标准 {code}。",
    "No standard {code} is in force on {on}.",
    status=404,
)
