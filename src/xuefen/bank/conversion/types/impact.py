"""What a change would do to all accounts: sums, a histogram, and a few masked examples. docs/impact.md defines every figure.

Amounts are hundredths of a credit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from xuefen.bank.shell.problems import Problem

EXAMPLES = 5
"""Masked examples of those who gain and of those who lose."""
FEW = 5
"""A number of accounts below this is shown as "<5"."""
EDGES = (-1000, -500, -200, -100, 0, 100, 200, 500, 1000)
"""Where the histogram's columns meet: losses of 10 credits and more, 5 to 10, …, gains of 10 and more."""
COLUMNS = ("≤−10", "−10…−5", "−5…−2", "−2…−1", "−1…0", "0", "0…1", "1…2", "2…5", "5…10", "≥10")
"""What the histogram's columns are called, in credits; the middle one is no change."""
MOVES: Mapping[str, tuple[str, str]] = {
    "refused": ("不再认定的成果", "outcomes no longer recognised"),
    "level_up": ("等级升高的成果", "outcomes of a higher level"),
    "level_down": ("等级降低的成果", "outcomes of a lower level"),
    "quality_up": ("质量等级升高的成果", "outcomes of a higher quality"),
    "quality_down": ("质量等级降低的成果", "outcomes of a lower quality"),
}

IMPACT_NOT_EVERYTHING = Problem(
    "impact_not_everything",
    "影响预演要看全部账户，只有管全平台的岗位能做。",
    "A preview looks at all accounts; only a post that reaches everywhere may ask for it.",
    status=403,
)
IMPACT_UNKNOWN = Problem("impact_unknown", "没有这次预演。", "There is no such preview.", status=404)
LOOK_UNKNOWN = Problem("look_unknown", "没有这次检查。", "There is no such examination.", status=404)


class OutcomeChange(NamedTuple):
    """One outcome whose worth would change. ``item`` is its item version (standards) or item (rules)."""

    outcome: int
    item: int
    issuer: int
    outcome_class: str
    before: int
    after: int


@dataclass(slots=True)
class AccountChange:
    """One account, looked at once: sums over all its outcomes, and the outcomes that differ."""

    learner: int
    account_no: str
    outcomes: int = 0
    before: int = 0
    after: int = 0
    changes: list[OutcomeChange] = field(default_factory=list)
    receivers: dict[int, int] = field(default_factory=dict)  # receiver → by how much (rules only)


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of the survey: accounts that gain and lose there, and how much. None where too few are concerned to say."""

    key: str
    gain_accounts: int | None
    lose_accounts: int | None
    gained: int | None
    lost: int | None


@dataclass(frozen=True, slots=True)
class Impact:
    """The result, ready to be shown. Counts of accounts below ``FEW`` are None ("<5"), and so is what they sum up to.

    ``sample``: of some accounts the whole plans before and after (rules only).
    """

    kind: str
    accounts: int
    outcomes: int
    gain: int | None
    lose: int | None
    gained: int | None
    lost: int | None
    histogram: tuple[int | None, ...]
    by_issuer: tuple[Cell, ...]
    by_class: tuple[Cell, ...]
    by_receiver: tuple[Cell, ...] = ()
    moves: Mapping[str, int | None] = field(default_factory=dict)  # level_up, quality_down, refused …: outcomes
    gainers: tuple[Mapping[str, Any], ...] = ()
    losers: tuple[Mapping[str, Any], ...] = ()
    limits: tuple[Mapping[str, str], ...] = ()  # what changes in caps, policies and periods, in words
    sample: Mapping[str, Any] = field(default_factory=dict)
