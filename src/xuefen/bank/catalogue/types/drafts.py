"""What a sheet says, before the catalogue knows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDraft:
    """One item as a row gives it. ``version`` is the sheet's own; variants of one version are told apart later."""

    code: str
    version: str
    content: ItemContent


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemContent:
    """Everything a version of an item says; two rows with equal content speak of the same version."""

    name: str
    type_code: str
    level: int | None
    theory_hours: int
    practice_hours: int
    practice_weeks: int
    declared_credit: int | None
    online: bool
    family: str
    subject: str
    authoritative: bool
    effective_from: date
    statements: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a row puts its course: which plan (``key``), and which group of it.

    ``choice`` names a list inside the group of which ``choose`` courses are taken. ``kept`` are columns noted on the course's
    place, ``about`` columns noted on the plan.
    """

    key: str
    code: str
    version: str
    name: str
    group: str
    award: str = ""
    choice: str = ""
    choose: int = 0
    kept: tuple[tuple[str, str], ...] = ()
    about: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDraft:
    """One readable row. ``notes`` are kept beside an item's version where all rows of it agree."""

    row: int
    items: tuple[ItemDraft, ...]
    placement: Placement | None
    notes: tuple[tuple[str, str], ...] = ()
