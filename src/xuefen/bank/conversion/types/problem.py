"""The planning problem: one self-contained document. docs/conversion-problem.md describes every field.

Credits are hundredths, marks hundredths on the 100 scale, levels the national framework's 1 (lowest) to 10.
"""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from xuefen.bank.conversion.types.codec import Fault, decode, encode
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.problems import Problem as ProblemCode
from xuefen.bedrock.gm.sm3 import sm3

MAX_ITEMS = 20_000
"""Most outcomes, rules or tree nodes one problem may hold."""
MAX_USES = 50_000
"""Most ways of applying a rule to outcomes that are looked at."""

PROBLEM_TOO_LARGE = ProblemCode(
    "problem_too_large",
    "要比较的办法太多（{count}，最多 {limit}），请缩小范围，例如先选一部分成果。",
    "There are too many ways to compare ({count}, at most {limit}). Narrow it down, for example to some outcomes.",
)
PROBLEM_MALFORMED = ProblemCode(
    "problem_malformed",
    "转换问题文档有 {count} 处错误，第一处：{first}",
    "The conversion document has {count} errors, the first: {first_en}",
)

QUALITIES = "ABC"
LEVELS = tuple(str(level) for level in range(1, 11))


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
        yield self
        for child in self.children:
            yield from child.walk()


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


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything a plan depends on. Equal problems have equal plans, byte for byte."""

    on: date
    programme: str
    programme_version: str
    programme_name: str
    receiver_name: str
    total_credits: int
    tree: Node
    outcomes: tuple[PlanOutcome, ...]
    rules: tuple[PlanRule, ...]
    caps: tuple[Cap, ...]
    standard: str
    tolerance: int = 0  # hundredths by which the sources may fall short of a course that still counts as done
    grain: int = 50  # the standard's smallest amount: a tolerated course is granted at least this
    record_only: str = "C"  # quality grades that are records only
    record_only_basis: str = ""
    leftover: str = "not_carried"  # or "carried": what a used outcome carries beyond its share stays free
    shortfall: str = "refuse"  # or "award": sources smaller than a course give their own value, and its rest stays open
    direction: bool = False  # a smaller course never replaces a larger one, nor an elective a required one
    same_name_once: bool = False  # outcomes of one name in normal form count once
    min_overlap: int | None = None  # percent of content a rule that states its overlap must reach
    basis: tuple[PolicyBasis, ...] = ()
    done: tuple[Done, ...] = ()
    items: tuple[ItemName, ...] = ()
    v: int = 1

    def to_json(self) -> dict[str, Any]:
        """The document as JSON values."""
        result: dict[str, Any] = encode(self)
        return result

    @classmethod
    def from_json(cls, document: object) -> Problem:
        """Read a document. Raises ``Denied``: problem_malformed (all faults in ``params["faults"]``), problem_too_large."""
        faults: list[Fault] = []
        problem = decode(cls, document, faults)
        if problem is not None:
            problem.refuse_if_too_large()
            faults.extend(problem.faults())
        if problem is None or faults:
            raise malformed(faults)
        return problem

    def refuse_if_too_large(self) -> None:
        """Raise ``Denied(problem_too_large)`` beyond the bounds of what is planned at all."""
        biggest = max(len(self.outcomes), len(self.rules), sum(1 for _ in self.tree.walk()))
        if biggest > MAX_ITEMS:
            raise Denied(PROBLEM_TOO_LARGE, count=biggest, limit=MAX_ITEMS)

    def faults(self) -> Iterator[Fault]:
        """What types cannot say: bounds, repeated names, trees that mean nothing."""
        yield from _bounds(self)
        yield from _repeated("outcomes", (o.number for o in self.outcomes))
        yield from _repeated("rules", (r.number for r in self.rules))
        yield from _repeated("caps", (c.code for c in self.caps))
        yield from _repeated("tree", (n.id for n in self.tree.walk()))
        yield from _tree_faults(self.tree)
        for i, rule in enumerate(self.rules):
            yield from rule_faults(rule, f"rules[{i}]")

    def canonical(self) -> Problem:
        """The same problem with its lists in a fixed order."""
        return replace(
            self,
            outcomes=tuple(sorted(self.outcomes, key=lambda o: o.number)),
            rules=tuple(sorted(self.rules, key=lambda r: r.number)),
            caps=tuple(sorted(self.caps, key=lambda c: c.code)),
        )

    def digest(self) -> str:
        """Hex SM3 of the canonical document (RFC 8785: keys are ASCII and there are no floats, so sorted JSON is that form)."""
        document = json.dumps(self.canonical().to_json(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return sm3(document.encode()).hex()


def malformed(faults: Iterable[Fault]) -> Denied:
    """The refusal that carries all faults."""
    found = list(faults)
    first = found[0]
    return Denied(
        PROBLEM_MALFORMED,
        place=first.place,
        count=len(found),
        first=f"{first.place} {first.zh}",
        first_en=f"{first.place} {first.en}",
        faults=found,
    )


def _bounds(p: Problem) -> Iterator[Fault]:
    wrong = functools.partial(Fault, zh="数值超出允许范围。", en="The value is out of bounds.")
    if p.v != 1:
        yield Fault("v", "只认识第 1 版文档。", "Only version 1 of the document is known.")
    if p.leftover not in ("not_carried", "carried"):
        yield Fault("leftover", "应为 not_carried 或 carried。", "Expected not_carried or carried.")
    if p.shortfall not in ("refuse", "award"):
        yield Fault("shortfall", "应为 refuse 或 award。", "Expected refuse or award.")
    if p.total_credits <= 0:
        yield wrong("total_credits")
    if p.tolerance < 0:
        yield wrong("tolerance")
    if p.grain <= 0:
        yield wrong("grain")
    if set(p.record_only) - set(QUALITIES):
        yield wrong("record_only")
    for i, o in enumerate(p.outcomes):
        if o.credits <= 0 or not 0 <= o.free <= o.credits:
            yield wrong(f"outcomes[{i}].credits")
        if o.quality not in tuple(QUALITIES):
            yield wrong(f"outcomes[{i}].quality")
    for i, c in enumerate(p.caps):
        if c.limit < 0 or c.used < 0:
            yield wrong(f"caps[{i}].limit")
        if c.kind is CapKind.PERIOD and (c.starts_on is None or c.ends_on is None):
            yield wrong(f"caps[{i}].starts_on")
        if c.starts_on is not None and c.ends_on is not None and c.starts_on >= c.ends_on:
            yield wrong(f"caps[{i}].ends_on")
        if c.kind is CapKind.DEGREE_LEVEL and c.which not in LEVELS:
            yield wrong(f"caps[{i}].which")


def _repeated(place: str, names: Iterable[str]) -> Iterator[Fault]:
    for name, count in Counter(names).items():
        if count > 1:
            yield Fault(place, f"重复出现：{name}。", f"Given more than once: {name}.")


def _tree_faults(tree: Node) -> Iterator[Fault]:
    for node in tree.walk():
        place = f"tree.{node.id}"
        if node.need < 0 or node.credits < 0 or (node.cap is not None and node.cap < 0):
            yield Fault(place, "学分不能为负数。", "Credits cannot be negative.")
        if node.kind is NodeKind.COURSE:
            # Real plans hold courses of no credit (劳动教育概论, 0.0), so no credit is not a fault.
            if node.item_id is None or node.children:
                yield Fault(place, "课程要有目录项，且没有下级。", "A course has an item, and no children.")
        elif node.item_id is not None or node.credits:
            yield Fault(place, "只有课程才有目录项和学分。", "Only a course has an item and credits.")
        if node.kind is NodeKind.CHOOSE and not 1 <= node.need <= len(node.children):
            yield Fault(place, "选修门数应在 1 和下级数之间。", "The count to choose lies between 1 and the children.")
        if node.kind is NodeKind.CREDITS and node.need == 0:
            yield Fault(place, "学分组要写明要求学分。", "A credit group states the credits it needs.")


def rule_faults(rule: PlanRule, place: str) -> Iterator[Fault]:
    """What is wrong with the shape of one rule, whatever programme it meets."""
    if rule.denies:
        yield from _denial_faults(rule, place)
        return
    given = bool(rule.sources) + bool(rule.either) + (rule.pool is not None)
    if given != 1:
        yield Fault(
            f"{place}.sources",
            "来源写一种：全部、任一组或范围内选修。",
            "Name the sources in one way: all, either or pool.",
        )
    for items in (*rule.alternatives(), *((rule.pool.items,) if rule.pool else ())):
        if not items or len(set(items)) < len(items):
            yield Fault(f"{place}.sources", "来源至少一项且不重复。", "At least one source, none twice.")
    if rule.pool is not None and rule.pool.credits <= 0:
        yield Fault(f"{place}.pool.credits", "学分应为正数。", "Credits are positive.")
    if bool(rule.targets) == bool(rule.elective):
        yield Fault(place, "目标要么是课程，要么是选修学分。", "The target is either courses or elective credit.")
    if rule.waives and (rule.elective or any(t.credits is not None for t in rule.targets)):
        yield Fault(f"{place}.waives", "免修只用于课程，且不写学分。", "A waiver is for courses and states no credit.")
    if rule.overlap is not None and not 0 <= rule.overlap <= 100:
        yield Fault(f"{place}.overlap", "重合度在 0 到 100 之间。", "The overlap lies between 0 and 100.")
    if len({t.item_id for t in rule.targets}) < len(rule.targets):
        yield Fault(f"{place}.targets", "目标课程不能重复。", "No target course twice.")
    stated = [t.credits for t in rule.targets] + [rule.result]
    if any(c is not None and c <= 0 for c in stated) or (rule.result is not None and not rule.elective):
        yield Fault(
            place,
            "写明的学分应为正数，选修结果只用于选修规则。",
            "Stated credits are positive; result is for electives.",
        )
    quality = rule.conditions.min_quality
    if quality is not None and quality not in tuple(QUALITIES):
        yield Fault(f"{place}.conditions.min_quality", "应为 A、B 或 C。", "Expected A, B or C.")


def _denial_faults(rule: PlanRule, place: str) -> Iterator[Fault]:
    if bool(rule.sources) == bool(rule.denied_issuer) or rule.either or rule.pool or rule.elective or not rule.targets:
        yield Fault(
            place,
            "不予转换的规则写明课程，以及来源项目或来源机构之一。",
            "A denial names its courses and either items or one issuer.",
        )
