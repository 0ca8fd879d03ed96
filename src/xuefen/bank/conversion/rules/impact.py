"""Adding up what a change does to accounts, one after the other, in a form that can be put aside and taken up again."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from xuefen.bank.conversion.rules.doctor.worth import gives
from xuefen.bank.conversion.rules.eligibility import failed_conditions
from xuefen.bank.conversion.types import PlanOutcome, PlanRule
from xuefen.bank.conversion.types.doctor import RuleLine, World
from xuefen.bank.conversion.types.impact import EDGES, EXAMPLES, FEW, AccountChange, Cell
from xuefen.bank.conversion.types.problem import NO_CONDITIONS
from xuefen.bedrock.ids import mask_id

LINES = 3
"""Outcomes shown of an example."""
SAMPLE = 20
"""Accounts of which whole plans are compared."""
SPREAD = 2_654_435_761
"""Multiplying by it spreads ids, so that the sample is not the first accounts that were opened."""


@dataclass(slots=True)
class Tally:
    """Sums over accounts. Everything in it is a count, a sum, or masked, but ``sample``, which the finished result drops."""

    accounts: int = 0
    outcomes: int = 0
    gain: int = 0
    lose: int = 0
    gained: int = 0
    lost: int = 0
    columns: list[int] = field(default_factory=lambda: [0] * (len(EDGES) + 2))
    cells: dict[str, list[int]] = field(default_factory=dict)  # "issuer:7" → gaining, losing accounts, gained, lost
    moves: Counter[str] = field(default_factory=Counter)
    gainers: list[dict[str, Any]] = field(default_factory=list)
    losers: list[dict[str, Any]] = field(default_factory=list)
    sample: list[list[int]] = field(default_factory=list)  # [place in a fixed shuffle, learner]

    def add(self, account: AccountChange, *, keys: Callable[[AccountChange], Mapping[str, int]]) -> None:
        """Count an account; ``keys`` says its change per cell."""
        self.accounts += 1
        self.outcomes += account.outcomes
        if not account.changes:
            self.columns[column_of(0)] += 1
            return
        change = account.after - account.before
        self.columns[column_of(change)] += 1
        self.gain += change > 0
        self.lose += change < 0
        self.gained += max(change, 0)
        self.lost += max(-change, 0)
        for key, delta in keys(account).items():
            cell = self.cells.setdefault(key, [0, 0, 0, 0])
            cell[0] += delta > 0
            cell[1] += delta < 0
            cell[2] += max(delta, 0)
            cell[3] += max(-delta, 0)
        if change:
            self._keep(self.gainers if change > 0 else self.losers, account, abs(change))
        place = account.learner * SPREAD % 2**32
        if len(self.sample) < SAMPLE or place < self.sample[-1][0]:
            self.sample.insert(bisect_left(self.sample, [place]), [place, account.learner])
            del self.sample[SAMPLE:]

    def _keep(self, kept: list[dict[str, Any]], account: AccountChange, size: int) -> None:
        """The accounts with the largest change, masked at once."""
        if len(kept) == EXAMPLES and size <= kept[-1]["size"]:
            return
        largest = sorted(account.changes, key=lambda c: (-abs(c.after - c.before), c.outcome))[:LINES]
        kept.append(
            {
                "size": size,
                "account": mask_id(account.account_no),
                "before": account.before,
                "after": account.after,
                "more": len(account.changes) - len(largest),
                "lines": [{"item": c.item, "before": c.before, "after": c.after} for c in largest],
            }
        )
        kept.sort(key=lambda one: -one["size"])
        del kept[EXAMPLES:]

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, document: Mapping[str, Any] | None) -> Tally:
        tally = cls(**(document or {}))
        tally.moves = Counter(tally.moves)
        return tally


def column_of(change: int) -> int:
    """The histogram's column of a change: the middle one is no change at all, losses stand left of it."""
    if change > 0:
        return bisect_right(EDGES, change) + 1
    return bisect_left(EDGES, change) if change else len(EDGES) // 2 + 1


def per_issuer_and_class(account: AccountChange) -> dict[str, int]:
    found: Counter[str] = Counter()
    for change in account.changes:
        found[f"issuer:{change.issuer}"] += change.after - change.before
        found[f"class:{change.outcome_class}"] += change.after - change.before
    return dict(found)


# --- what may be shown -----------------------------------------------------------------------------------------------


def few(count: int) -> int | None:
    """The count, or None when so few accounts stand behind it that it could point at somebody."""
    return count if count == 0 or count >= FEW else None


def hidden(counts: Sequence[int]) -> tuple[int | None, ...]:
    """Counts that add up to a known total: the small ones are hidden, and when that is only one, the smallest other is rounded
    to tens, since the hidden one could be worked out from the rest.
    """
    shown = [few(count) for count in counts]
    if shown.count(None) == 1:
        rest = [i for i, count in enumerate(shown) if count]
        if rest:
            near = min(rest, key=lambda i: counts[i])
            shown[near] = max(10, (counts[near] + 5) // 10 * 10)
    return tuple(shown)


def cells_of(tally: Tally, kind: str, names: Mapping[str, str]) -> tuple[Cell, ...]:
    """The cells of one kind, those with the most accounts first."""
    found = []
    for key, (gain, lose, gained, lost) in tally.cells.items():
        prefix, _, name = key.partition(":")
        if prefix == kind:
            up, down = few(gain), few(lose)
            sums = (gained if up is not None else None, lost if down is not None else None)
            cell = Cell(names.get(name, name), up, down, *sums)
            found.append((-(gain + lose), cell.key, cell))
    return tuple(cell for _, _, cell in sorted(found, key=lambda entry: entry[:2]))


# --- rules: the best a single rule makes of each outcome -------------------------------------------------------------


class RuleSet:
    """The rules of one receiver on one side of the change, by item."""

    def __init__(self, rules: Iterable[tuple[PlanRule, RuleLine]], *, world: World, on: date) -> None:
        self.world, self.on = world, on
        self.by_item: dict[int, list[tuple[PlanRule, RuleLine]]] = {}
        self.denials: list[PlanRule] = []
        for rule, line in rules:
            if rule.denies:
                self.denials.append(rule)
                continue
            for item in rule.items():
                self.by_item.setdefault(item, []).append((rule, line))

    def worth(self, held: Sequence[PlanOutcome]) -> list[int]:
        """For each outcome the most that one rule alone would recognise of it, given what else the account holds.

        Of a rule with several sources an outcome has its part by its own credits. Limits of programmes and standards, and
        that an outcome or a course counts once, are left out: so it is a bound, and the same bound on both sides.
        """
        mine: dict[int, list[PlanOutcome]] = {}
        for outcome in held:
            mine.setdefault(outcome.item_id, []).append(outcome)
        return [
            max((self._by_rule(outcome, rule, line, mine) for rule, line in self.by_item.get(outcome.item_id, ())), default=0)
            for outcome in held
        ]  # fmt: skip

    def _by_rule(
        self, outcome: PlanOutcome, rule: PlanRule, line: RuleLine, mine: Mapping[int, Sequence[PlanOutcome]]
    ) -> int:
        if rule.waives or not self._fits(rule, outcome) or not outcome.credits:
            return 0
        best = 0
        for items in line.sets:
            if outcome.item_id in items:
                carried = self._carried(rule, items, outcome, mine)
                best = max(best, self._given(rule, line, carried) * outcome.credits // carried if carried else 0)
        if line.pool:
            carried = sum(
                max((o.credits for o in mine.get(item, ()) if self._fits(rule, o)), default=0)
                for item in line.pool
                if item != outcome.item_id
            )
            carried += outcome.credits
            if carried >= line.pool_credits:
                best = max(best, self._given(rule, line, carried) * outcome.credits // carried)
        return best

    def _carried(
        self, rule: PlanRule, items: Sequence[int], outcome: PlanOutcome, mine: Mapping[int, Sequence[PlanOutcome]]
    ) -> int:
        """What this outcome and the best of each other item carry together; 0 when one is missing."""
        total = outcome.credits
        for item in items:
            if item != outcome.item_id:
                best = max((o.credits for o in mine.get(item, ()) if self._fits(rule, o)), default=0)
                if not best:
                    return 0
                total += best
        return total

    def _given(self, rule: PlanRule, line: RuleLine, carried: int) -> int:
        return sum(gives(line, carried, self.world)) if line.targets else rule.result or carried

    def _fits(self, rule: PlanRule, outcome: PlanOutcome) -> bool:
        if rule.conditions is not NO_CONDITIONS and failed_conditions(rule, 0, outcome, self.on):
            return False
        targets = {t.item_id for t in rule.targets}
        return not any(
            targets & {t.item_id for t in denial.targets}
            and (outcome.item_id in denial.sources or (denial.denied_issuer and denial.denied_issuer == outcome.issuer))
            for denial in self.denials
        )
