"""The planning problem: one self-contained document. docs/conversion-problem.md describes every field."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from xuefen.bank.conversion.types.codec import Fault, decode, encode
from xuefen.bank.conversion.types.faults import MAX_DEPTH, TOO_DEEP, problem_faults, rule_faults
from xuefen.bank.conversion.types.parts import (
    NO_CONDITIONS,
    QUALITIES,
    Cap,
    CapKind,
    Conditions,
    Done,
    ItemName,
    Node,
    NodeKind,
    PlanOutcome,
    PlanRule,
    PolicyBasis,
    Pool,
    Target,
    Text,
)
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.problems import Problem as ProblemCode
from xuefen.bedrock.gm.sm3 import sm3

__all__ = [
    "MAX_ITEMS",
    "MAX_USES",
    "NO_CONDITIONS",
    "PROBLEM_MALFORMED",
    "PROBLEM_TOO_LARGE",
    "QUALITIES",
    "Cap",
    "CapKind",
    "Conditions",
    "Done",
    "ItemName",
    "Node",
    "NodeKind",
    "PlanOutcome",
    "PlanRule",
    "PolicyBasis",
    "Pool",
    "Problem",
    "Target",
    "Text",
    "malformed",
    "rule_faults",
]

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
        _refuse_raw(document)
        faults: list[Fault] = []
        problem = decode(cls, document, faults)
        if problem is not None:
            problem.refuse_if_too_large()
            faults.extend(problem_faults(problem))
        if problem is None or faults:
            raise malformed(faults)
        return problem

    def refuse_if_too_large(self) -> None:
        """Raise ``Denied(problem_too_large)`` beyond the bounds of what is planned at all."""
        lists = (self.outcomes, self.rules, self.caps, self.done, self.items)
        biggest = max(*(len(one) for one in lists), sum(1 for _ in self.tree.walk()))
        if biggest > MAX_ITEMS:
            raise Denied(PROBLEM_TOO_LARGE, count=biggest, limit=MAX_ITEMS)

    def refuse_if_malformed(self) -> None:
        """Raise ``Denied(problem_malformed)`` with everything that types cannot say."""
        if faults := list(problem_faults(self)):
            raise malformed(faults)

    def canonical(self) -> Problem:
        """The same problem with its lists in a fixed order."""
        return replace(
            self,
            outcomes=tuple(sorted(self.outcomes, key=lambda o: o.number)),
            rules=tuple(sorted(self.rules, key=lambda r: r.number)),
            caps=tuple(sorted(self.caps, key=lambda c: c.code)),
            basis=tuple(sorted(self.basis, key=lambda b: (b.policy, b.reference))),
            done=tuple(sorted(self.done, key=lambda d: (d.node, d.item_id or 0, d.credits, d.converted))),
            items=tuple(sorted(self.items, key=lambda i: i.item_id)),
        )

    def digest(self) -> str:
        """Hex SM3 of the canonical document (RFC 8785: keys are ASCII and there are no floats, so sorted JSON is that form)."""
        document = json.dumps(self.canonical().to_json(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return sm3(document.encode()).hex()

    def reference(self, policy: str) -> str:
        """The clause a policy rests on, "" when the document does not say."""
        said = next((b.reference for b in self.basis if b.policy == policy), "")
        return said or (self.record_only_basis if policy == "record_only" else "")


def _refuse_raw(document: object) -> None:
    """Lists too long and trees too deep are refused before they are read."""
    if type(document) is not dict:
        return
    for name in ("outcomes", "rules", "caps", "done", "items"):
        given = document.get(name)
        if type(given) is list and len(given) > MAX_ITEMS:
            raise Denied(PROBLEM_TOO_LARGE, place=name, count=len(given), limit=MAX_ITEMS)
    depth, level = 0, [document.get("tree")]
    while level:
        below = [node["children"] for node in level if type(node) is dict and type(node.get("children")) is list]
        level = [child for children in below for child in children]
        depth += 1
        if depth > MAX_DEPTH:
            raise malformed([TOO_DEEP])


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
