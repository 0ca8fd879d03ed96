"""The facts a standard judges, and what comes out.

Amounts of credit are hundredths, marks are hundredths on the 100 scale (60 is 6000), hours are class hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
