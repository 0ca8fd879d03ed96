"""The plan: what a learner's outcomes are worth for one programme, with the basis of each line and the reason for each rest.

All credits in hundredths. *Recognised* is what a rule gives; *counted* is the part of it a requirement still had room for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xuefen.bank.conversion.types.codec import Fault, decode, encode
from xuefen.bank.conversion.types.problem import Text, malformed


@dataclass(frozen=True, slots=True)
class RuleRef:
    number: str
    version: int
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """An outcome a line uses, as a whole. ``share`` is the part of the line's recognised credit attributed to it."""

    number: str
    item_name: str
    issuer_name: str
    outcome_class: str
    credits: int
    share: int
    online: bool = False


@dataclass(frozen=True, slots=True)
class Give:
    """A course (or elective node) a line gives: ``credits`` recognised, ``counts`` counted."""

    node: str
    name: str
    credits: int
    counts: int
    name_en: str = ""
    item_id: int | None = None
    course_credits: int | None = None


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One rule applied. ``kind`` is "requirement" or "elective"."""

    rule: RuleRef
    kind: str
    uses: tuple[Source, ...]
    gives: tuple[Give, ...]
    credits: int
    counts: int
    arithmetic: Text
    sentence: Text
    basis: Text
    grade: int | None = None  # the mark to enter for the courses, hundredths
    waives: bool = False
    contract: str = ""


@dataclass(frozen=True, slots=True)
class Unused:
    """Credit that is not counted. ``reason``: no_rule, record_only, not_convertible, expired, in_use, lower_in_family, same_name,
    condition (which one in ``condition``), credits_short, not_in_programme, source_missing, overlap, direction, denied,
    prerequisite, cap, group_full, course_taken, source_taken, worse, leftover (the rest of a used outcome).
    """

    number: str
    item_name: str
    credits: int
    reason: str
    sentence: Text
    condition: str = ""
    nearest: RuleRef | None = None
    cap: str = ""
    reference: str = ""  # the clause it rests on, when that is not a rule's


@dataclass(frozen=True, slots=True)
class CapLine:
    """A cap: what the plan uses of it, and what it costs: credits that would count more if it alone were lifted."""

    code: str
    name: Text
    used: int
    limit: int
    cost: int
    reference: str = ""
    blocked: tuple[str, ...] = ()  # numbers of the outcomes this cap keeps out
    cost_proven: bool = True


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A requirement group: ``have`` counted of ``need`` (hundredths). A choose group also counts children."""

    id: str
    name: str
    depth: int
    have: int
    need: int
    name_en: str = ""
    elective: bool = False
    have_count: int | None = None
    need_count: int | None = None
    cap: int | None = None
    met: bool = False
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """One way to close an open requirement: ``kind`` is "rule" (learn ``items``, then ``rule`` gives it) or "study" (on site)."""

    kind: str
    sentence: Text
    rule: RuleRef | None = None
    items: tuple[str, ...] = ()
    condition: str = ""


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A requirement that is not met: ``missing`` hundredths (0 for one that asks for no credit), and what would close it."""

    node: str
    name: str
    missing: int
    ways: tuple[Way, ...]
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """``held`` + ``done`` = ``requirement`` + ``elective`` + ``unused`` unless a rule states a result above what its sources
    carry. ``requirement`` and ``elective`` are what the programme counts, ``done`` the part of it that was settled before.
    """

    held: int
    requirement: int
    elective: int
    unused: int
    reserved: int  # what an application would hold: each outcome as a whole, or its share where the rest is carried
    recognised: int
    needed: int
    rules: int
    caps: int
    met: int = 0  # requirements met, of ``requirements``
    requirements: int = 0
    done: int = 0


@dataclass(frozen=True, slots=True)
class Proof:
    """``proven``: no legal plan counts more, requirements first, then electives. Else the bounds limit what more there is."""

    proven: bool
    requirement_bound: int
    elective_bound: int
    met_bound: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """The best legal plan of a problem. ``problem`` is the SM3 of the problem's canonical bytes: a changed world shows."""

    problem: str
    on: str
    programme: str
    programme_version: str
    standard: str
    totals: Totals
    proof: Proof
    lines: tuple[PlanLine, ...]
    unused: tuple[Unused, ...]
    caps: tuple[CapLine, ...]
    groups: tuple[GroupLine, ...]
    open: tuple[OpenLine, ...] = ()
    v: int = 1

    def to_json(self) -> dict[str, Any]:
        result: dict[str, Any] = encode(self)
        return result

    @classmethod
    def from_json(cls, document: object) -> Plan:
        """Read a plan document. Raises ``Denied(problem_malformed)`` with all faults."""
        faults: list[Fault] = []
        plan = decode(cls, document, faults)
        if plan is None:
            raise malformed(faults)
        return plan
