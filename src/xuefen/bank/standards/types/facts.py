"""The facts a standard judges, and what comes out.

Amounts of credit are hundredths, marks are hundredths on the 100 scale (60 is 6000), hours are class hours, attendance percent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from xuefen.bank.shell.problems import Problem

# --- facts -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade as it was read: ``mark`` in hundredths, or None when the word carries none (合格, 通过)."""

    text: str
    mark: int | None
    passed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DegreeFacts:
    """A course. ``declared_credit`` is None when the school declares none, 0 when it says the course gives none.

    ``workload_hours`` is all learning time, classes included; ``attendance`` the percent of classes attended, None unknown.
    """

    type_code: str
    theory_hours: int = 0
    practice_hours: int = 0
    online_hours: int = 0
    practice_weeks: int = 0
    workload_hours: int = 0
    declared_credit: int | None = None
    attendance: int | None = None
    grade: Grade | None = None
    level: int | None = None
    quality: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VocationalFacts:
    """A certificate; it needs no grade. ``authoritative``: the industry's own authority issued or endorses it."""

    type_code: str
    authoritative: bool = False
    workload_hours: int = 0
    grade: Grade | None = None
    level: int | None = None
    quality: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialFacts:
    """Learning outside school: the hours really attended and the assessment's result."""

    type_code: str
    hours: int
    attendance: int | None = None
    grade: Grade | None = None
    level: int | None = None
    quality: str | None = None


Facts = DegreeFacts | VocationalFacts | SocialFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityFacts:
    """What a supervisor found of an item: percents, None where nobody looked."""

    coverage: int | None
    assessment: int | None
    staff: int | None
    pass_rate: int | None
    third_party: bool = False


# --- results ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Explanation:
    """One sentence of a reasoning, in both languages, with what it rests on, and the sentences below it.

    ``standard`` is ``cn-2026/1``, ``rule`` the place in it, ``clause`` what that rests on; ``inputs`` are the figures that went
    in, by name, and ``arithmetic`` what was done with them.
    """

    zh: str
    en: str
    standard: str = ""
    rule: str = ""
    clause: str = ""
    inputs: tuple[tuple[str, str], ...] = ()
    arithmetic: str = ""
    children: tuple[Explanation, ...] = ()

    @property
    def reference(self) -> str:
        """``cn-2026/1 degree.theory_hours_per_credit · S4 …``: standard and version, place in it, source; may be empty."""
        return f"{self.standard} {self.rule} · {self.clause}" if self.rule else ""

    def to_json(self) -> dict[str, Any]:
        """The tree as plain dicts; what is empty is left out."""
        body: dict[str, Any] = {"zh": self.zh, "en": self.en}
        if self.rule:
            body |= {"reference": self.reference, "standard": self.standard, "rule": self.rule, "clause": self.clause}
        if self.inputs:
            body["inputs"] = dict(self.inputs)
        if self.arithmetic:
            body["arithmetic"] = self.arithmetic
        if self.children:
            body["children"] = [child.to_json() for child in self.children]
        return body


@dataclass(frozen=True, slots=True)
class Assessment:
    """Its worth: ``credits`` in hundredths (> 0), framework ``level`` 1..10 or None, ``quality`` A, B or C.

    ``rights``: what an outcome of this quality may be used for ("record", "statement", "convert"). The words are put together
    only when somebody asks why: a bulk night asks for none.
    """

    credits: int
    level: int | None
    quality: str
    rights: frozenset[str]
    tell: Callable[[], Explanation] = field(repr=False, compare=False)

    @property
    def explanation(self) -> Explanation:
        """The whole reasoning."""
        return self.tell()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an outcome is worth nothing here; ``params`` fill the problem's sentence."""

    problem: Problem
    params: Mapping[str, object]
    tell: Callable[[], Explanation] = field(repr=False, compare=False)

    @property
    def explanation(self) -> Explanation:
        """The whole reasoning."""
        return self.tell()
