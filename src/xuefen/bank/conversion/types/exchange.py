"""What comes in from other systems' agreements and recommendations, and what could not be carried over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from xuefen.bank.conversion.types.drafts import RuleDraft


class Format(StrEnum):
    ASSIST = "assist"  # an articulation agreement of assist.org
    IGETC = "igetc"  # a course list by general-education area
    CTDL = "ctdl"  # Transfer Value Profiles of the Credential Transparency Description Language


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeOptions:
    """How a file is to be understood here.

    ``codes``: what it calls an institution (code or name) → the code here. ``receiver``: who adopts recommendations that
    name none. ``effective_from``: the first day of the rules, the file's own when None. ``with_notes``: carry rules that
    hang on a condition the file only states in words; the words go into the basis.
    """

    codes: Mapping[str, str] = field(default_factory=dict)
    receiver: str = ""
    effective_from: date | None = None
    with_notes: bool = False


@dataclass(frozen=True, slots=True)
class ForeignItem:
    """An item a file names, for the catalogue. ``kind``: "course", "exam" or "occupation"; ``credits`` None when not said."""

    institution: str
    code: str
    name: str
    credits: int | None = None
    kind: str = "course"
    online: bool = False

    @property
    def full(self) -> str:
        return f"{self.institution}/{self.code}"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that was read and not carried: a stable reason, what it is, and the words that say why."""

    reason: str
    what: str
    detail: str = ""


@dataclass(slots=True)
class Exchange:
    """The harvest of one file or folder.

    ``read`` statements gave ``drafts``; ``repeated`` said what an earlier one said; ``left_out`` names every other one.
    ``notes`` counts details of carried rules that have no place here, by name. ``institutions``: code → name.
    """

    version: str = ""
    read: int = 0
    repeated: int = 0
    drafts: list[RuleDraft] = field(default_factory=list)
    items: dict[str, ForeignItem] = field(default_factory=dict)
    institutions: dict[str, str] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    seen: set[object] = field(default_factory=set)

    def reasons(self) -> dict[str, int]:
        """How often each reason left something out."""
        return dict(sorted(Counter(line.reason for line in self.left_out).items()))

    def leave(self, reason: str, what: str, detail: str = "") -> None:
        self.left_out.append(LeftOut(reason, what, detail))

    def add(self, draft: RuleDraft, items: Mapping[str, ForeignItem]) -> None:
        """Keep a draft with the items it names, unless it says what an earlier one said."""
        key = (
            frozenset(map(frozenset, draft.alternatives())),
            frozenset(draft.targets),
            draft.elective,
            draft.result,
            draft.conditions,
            draft.denies,
            draft.denied_issuer,
        )
        if key in self.seen:
            self.repeated += 1
            return
        self.seen.add(key)
        self.drafts.append(draft)
        for name in (*draft.items(), *(target.item for target in draft.targets)):
            self.items[name] = items[name]
