"""The parts of a planning problem: requirements, outcomes, rules, caps. docs/conversion-problem.md describes every field.

Credits are hundredths, marks hundredths on the 100 scale, levels the national framework's 1 (lowest) to 10.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from xuefen.bank.institutions.types import OutcomeClass

QUALITIES = "ABC"


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence in both languages."""

    zh: str
    en: str


class NodeKind(StrEnum):
    ALL = "all"  # every child is needed
    ANY = "any"  # one child is enough
    CREDITS = "credits"  # ``need`` hundredths from the children
    CHOOSE = "choose"  # ``need`` of the children
    COURSE = "course"  # a leaf


@dataclass(frozen=True, slots=True)
class Node:
    """A requirement of the programme. ``cap`` limits what conversion may recognise below it (0: to be done on site).

    ``shared``: a check on courses that count elsewhere; it is met by them and passes no credit upward. ``after``: item ids a
    course builds on. ``tag`` names the kind of group a standard may limit ("professional", "common").
    """

    id: str
    kind: NodeKind
    name: str
    name_en: str = ""
    need: int = 0
    cap: int | None = None
    elective: bool = False
    children: tuple[Node, ...] = ()
    item_id: int | None = None
    item: str = ""
    version: str = ""
    credits: int = 0
    shared: bool = False
    after: tuple[int, ...] = ()
    tag: str = ""

    def walk(self) -> Iterator[Node]:
        """This node and all below it, parents first."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))

    def depth(self) -> int:
        """Levels from this node down; 1 for a leaf."""
        levels, here = 0, [self]
        while here:
            levels, here = levels + 1, [child for node in here for child in node.children]
        return levels


@dataclass(frozen=True, slots=True)
class PlanOutcome:
    """One outcome of the learner. ``free``: neither reserved nor redeemed. ``convertible``: false for a revoked one.

    ``ended_on``: the day the class ended (None: ``awarded_on``). ``expires_on``: the last day of its shelf life. ``hours``: class
    hours, None unknown. ``name_key``: its name in normal form. ``nature``: "required" or "elective" where earned, "" unknown.
    """

    number: str
    item_id: int
    item_name: str
    issuer: str
    issuer_name: str
    outcome_class: OutcomeClass
    credits: int
    free: int
    quality: str
    awarded_on: date
    level: int | None = None
    mark: int | None = None
    online: bool = False
    family: str = ""
    assurance: int = 1
    convertible: bool = True
    type_code: str = ""
    issuer_kind: str = ""
    name_key: str = ""
    nature: str = ""
    hours: int | None = None
    ended_on: date | None = None
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Conditions:
    """What each source outcome must satisfy; a field that is None asks nothing. ``online`` False refuses online outcomes.

    ``issuer_kinds``: kinds of institution accepted, empty for all. The class ended on or after ``earned_from`` and before
    ``earned_until``.
    """

    min_mark: int | None = None
    min_level: int | None = None
    max_age_years: int | None = None
    min_quality: str | None = None
    min_assurance: int | None = None
    online: bool = True
    min_hours: int | None = None
    issuer_kinds: tuple[str, ...] = ()
    earned_from: date | None = None
    earned_until: date | None = None


NO_CONDITIONS = Conditions()


@dataclass(frozen=True, slots=True)
class Target:
    """A course a rule gives; ``credits`` when the rule itself states how many."""

    item_id: int
    credits: int | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """Choose from an area: any outcomes of ``items`` that add up to at least ``credits`` (hundredths)."""

    items: tuple[int, ...]
    credits: int


@dataclass(frozen=True, slots=True)
class PlanRule:
    """Sources → courses, or credit for an elective node (``elective`` = node id, ``*`` = any).

    Exactly one of ``sources`` (all needed), ``either`` (any one of several such sets) and ``pool``. ``result`` is the
    elective credit the rule states, None for what the sources carry. ``basis`` is the text it rests on. ``overlap``: percent
    of the courses' content the sources cover, as experts found, None when not examined. ``waives``: the courses are done,
    without credit. ``grade``: the mark to enter for the courses (hundredths). ``contract``: number of the guaranteed-
    conversion contract that keeps this version. ``denies``: a statement that the sources (or anything of ``denied_issuer``)
    never give the courses.
    """

    number: str
    version: int
    basis: Text
    sources: tuple[int, ...] = ()
    either: tuple[tuple[int, ...], ...] = ()
    pool: Pool | None = None
    targets: tuple[Target, ...] = ()
    elective: str = ""
    result: int | None = None
    conditions: Conditions = NO_CONDITIONS
    clause: str = ""
    overlap: int | None = None
    waives: bool = False
    grade: int | None = None
    contract: str = ""
    denies: bool = False
    denied_issuer: str = ""

    def alternatives(self) -> tuple[tuple[int, ...], ...]:
        """The sets of items of which one is needed; none for a pool or a denial."""
        return self.either or ((self.sources,) if self.sources else ())

    def items(self) -> frozenset[int]:
        """Every item the rule may take from."""
        found = {item for items in self.alternatives() for item in items}
        return frozenset(found | set(self.pool.items if self.pool else ()))


class CapKind(StrEnum):
    TOTAL = "total"  # everything recognised
    ONLINE = "online"  # recognised from online outcomes
    CLASS = "class"  # from outcomes of the class ``which``
    ISSUER = "issuer"  # from outcomes of the issuer ``which``
    TYPE = "type"  # from outcomes whose type code begins with one of the codes in ``which`` (separated by spaces)
    DEGREE_LEVEL = "degree_level"  # from degree outcomes of level ``which`` or above
    PERIOD = "period"  # from outcomes whose class ended from ``starts_on`` to the day before ``ends_on``


@dataclass(frozen=True, slots=True)
class Cap:
    """A limit of the standard on recognised credits, already in hundredths. ``reference`` cites the clause.

    ``outside`` turns it round: it limits what is recognised from all other outcomes. So a floor ("at least 18 credits from
    accredited courses", "at least half at the receiver") is a cap on the rest. ``starts_on`` and ``ends_on`` narrow any kind to
    classes that ended in that time. ``used``: what earlier conversions took of it.
    """

    code: str
    kind: CapKind
    limit: int
    name: Text
    which: str = ""
    reference: str = ""
    outside: bool = False
    starts_on: date | None = None
    ends_on: date | None = None
    used: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """What is settled before this plan: a course (``item_id``) or credit of a node, converted earlier or studied on site."""

    node: str
    credits: int
    item_id: int | None = None
    converted: bool = True


@dataclass(frozen=True, slots=True)
class PolicyBasis:
    """The clause a policy of the standard rests on; ``policy`` is the name of the problem's field."""

    policy: str
    reference: str


@dataclass(frozen=True, slots=True)
class ItemName:
    """What an item is called, for sentences about items the learner does not hold."""

    item_id: int
    name: str
    issuer_name: str = ""
