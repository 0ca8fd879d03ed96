"""What the rule doctor reads and what it finds. docs/rule-doctor.md defines every code.

Credits are hundredths. Days are ordinals (``date.toordinal``), because a register has millions of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from xuefen.bank.conversion.types.problem import Conditions, Text
from xuefen.bank.shell.problems import Problem

FOREVER = date.max.toordinal()

RULES_CREATE_CREDIT = Problem(
    "rules_create_credit",
    "这组规则不能公布，会凭空多出学分：{first}",
    "This set cannot be published, it would create credit: {first_en}",
)


class Severity(StrEnum):
    ERROR = "error"  # must not stay: the command ends with 1
    WARNING = "warning"  # somebody should look
    INFO = "info"  # a gap, nothing wrong


class Kind(StrEnum):
    """The groups findings are read in."""

    CYCLE = "cycle"
    CONTRADICTION = "contradiction"
    DEAD = "dead"
    DIRECTION = "direction"
    OVERLAP = "overlap"
    WITHOUT = "without"


class Code(StrEnum):
    """What can be wrong. ``MEANING`` says which kind each is and how bad."""

    CREATES_CREDIT = "creates_credit"
    GIVES_MORE = "gives_more"
    DENIED = "denied"
    CONTRADICTS = "contradicts"
    STRICTER_GETS_LESS = "stricter_gets_less"
    NEVER_IN_FORCE = "never_in_force"
    SOURCE_GONE = "source_gone"
    ISSUER_GONE = "issuer_gone"
    CONDITION_IMPOSSIBLE = "condition_impossible"
    TARGET_GONE = "target_gone"
    TARGET_BARRED = "target_barred"
    ELECTIVE_GONE = "elective_gone"
    OVERLAP_LOW = "overlap_low"
    COMBINATION = "combination"
    SMALLER_FOR_LARGER = "smaller_for_larger"
    ELECTIVE_FOR_REQUIRED = "elective_for_required"
    LOWER_LEVEL = "lower_level"
    DUPLICATE = "duplicate"
    IMPLIED = "implied"
    WITHOUT_RULES = "without_rules"


MEANING: Mapping[Code, tuple[Kind, Severity]] = {
    Code.CREATES_CREDIT: (Kind.CYCLE, Severity.ERROR),
    Code.GIVES_MORE: (Kind.DIRECTION, Severity.WARNING),
    Code.DENIED: (Kind.CONTRADICTION, Severity.ERROR),
    Code.CONTRADICTS: (Kind.CONTRADICTION, Severity.ERROR),
    Code.STRICTER_GETS_LESS: (Kind.CONTRADICTION, Severity.WARNING),
    Code.CONDITION_IMPOSSIBLE: (Kind.DEAD, Severity.ERROR),
    Code.NEVER_IN_FORCE: (Kind.DEAD, Severity.WARNING),
    Code.SOURCE_GONE: (Kind.DEAD, Severity.WARNING),
    Code.ISSUER_GONE: (Kind.DEAD, Severity.WARNING),
    Code.TARGET_GONE: (Kind.DEAD, Severity.WARNING),
    Code.TARGET_BARRED: (Kind.DEAD, Severity.WARNING),
    Code.ELECTIVE_GONE: (Kind.DEAD, Severity.WARNING),
    Code.OVERLAP_LOW: (Kind.DEAD, Severity.WARNING),
    Code.COMBINATION: (Kind.DEAD, Severity.WARNING),
    Code.SMALLER_FOR_LARGER: (Kind.DIRECTION, Severity.WARNING),
    Code.ELECTIVE_FOR_REQUIRED: (Kind.DIRECTION, Severity.WARNING),
    Code.LOWER_LEVEL: (Kind.DIRECTION, Severity.WARNING),
    Code.DUPLICATE: (Kind.OVERLAP, Severity.WARNING),
    Code.IMPLIED: (Kind.OVERLAP, Severity.WARNING),
    Code.WITHOUT_RULES: (Kind.WITHOUT, Severity.INFO),
}
"""In the order they are reported: the worst first."""


class RuleLine(NamedTuple):
    """One version of one rule, as little of it as the doctor needs. In force from ``since`` to the day before ``until``
    (the end of its agreement counts). ``sets``: one of these sets of items is needed.
    """

    id: int
    receiver: int
    since: int
    until: int
    sets: tuple[tuple[int, ...], ...] = ()
    pool: tuple[int, ...] = ()
    pool_credits: int = 0
    targets: tuple[tuple[int, int | None], ...] = ()  # item, credits if the rule states them
    elective: str = ""
    result: int | None = None
    conditions: Conditions = Conditions()
    overlap: int | None = None
    waives: bool = False
    grade: int | None = None
    denies: bool = False
    denied_issuer: str = ""


class ItemNote(NamedTuple):
    """An item as the doctor sees it. ``worth``: the most an outcome of it carries (0 unknown); ``hours`` 0 unknown.

    Offered from ``since`` to the day before ``until`` over all its versions; ``qualified``: its institution may deposit it;
    ``any_level``: the standard lets its type meet any demand on level.
    """

    institution: int
    worth: int
    since: int = 0
    until: int = FOREVER
    level: int | None = None
    outcome_class: str = "degree"
    nature: str = ""
    hours: int = 0
    online: bool = False
    best_quality: str = "A"
    qualified: bool = True
    any_level: bool = False


class CourseNote(NamedTuple):
    """A course where it stands in programmes in force: its largest credit, and whether it stands in a required place."""

    credits: int
    required: bool = True
    barred: bool = False


@dataclass(frozen=True, slots=True)
class World:
    """What the rules are examined against. ``held``: valid outcomes per item; ``electives``: receiver → the elective groups
    of its programmes in force; ``kinds`` and ``codes``: institution → its kind, its code.
    """

    items: Mapping[int, ItemNote]
    courses: Mapping[int, CourseNote]
    electives: Mapping[int, frozenset[str]] = field(default_factory=dict)
    held: Mapping[int, int] = field(default_factory=dict)
    kinds: Mapping[int, str] = field(default_factory=dict)
    codes: Mapping[int, str] = field(default_factory=dict)
    tolerance: int = 0
    grain: int = 50
    direction: bool = False
    min_overlap: int | None = None
    combinations: frozenset[str] = frozenset({"1:1", "1:n", "n:1", "n:m"})


class Step(NamedTuple):
    """One rule of a cycle: what goes in and what comes out, (item, credits) each; ``extra``: put in from outside."""

    rule: int
    takes: tuple[tuple[int, int], ...]
    gives: tuple[tuple[int, int], ...]
    extra: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. ``rules`` are row ids, the one at fault first; ``params`` fill the sentence."""

    code: Code
    rules: tuple[int, ...]
    items: tuple[int, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    size: int = 0  # how much there is to read: the shortest examples come first

    @property
    def kind(self) -> Kind:
        return MEANING[self.code][0]

    @property
    def severity(self) -> Severity:
        return MEANING[self.code][1]


@dataclass(frozen=True, slots=True)
class Report:
    """What an examination found: exact ``counts`` per code, and of each code the shortest ``findings``.

    ``complete``: every cycle that creates credit was ruled out or found; false when the search for the shortest ones was
    cut short after at least one was found.
    """

    rules: int
    counts: Mapping[Code, int]
    findings: tuple[Finding, ...]
    complete: bool = True

    def errors(self) -> int:
        return sum(n for code, n in self.counts.items() if MEANING[code][1] is Severity.ERROR)

    def warnings(self) -> int:
        return sum(n for code, n in self.counts.items() if MEANING[code][1] is Severity.WARNING)


@dataclass(frozen=True, slots=True)
class Told:
    """A finding in words, with the public names of what it is about."""

    code: str
    kind: str
    severity: str
    sentence: Text
    rules: tuple[str, ...]
    items: tuple[str, ...] = ()
    steps: tuple[ToldStep, ...] = ()


@dataclass(frozen=True, slots=True)
class ToldStep:
    """A step of a cycle in words: names with credits, as ``甲 3.0``."""

    rule: str
    takes: tuple[str, ...]
    gives: tuple[str, ...]
