"""Adding up a preview: columns, sums that can be put aside, what is hidden, and the best that one rule makes of an outcome."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from tests.bank.conversion_builders import TODAY, outcome, rule
from xuefen.bank.conversion.rules.doctor import ConditionsReader, line_of
from xuefen.bank.conversion.rules.impact import (
    SAMPLE,
    RuleSet,
    Tally,
    cells_of,
    column_of,
    few,
    hidden,
    per_issuer_and_class,
)
from xuefen.bank.conversion.types import Conditions, PlanOutcome, PlanRule, Pool, Target
from xuefen.bank.conversion.types.codec import encode
from xuefen.bank.conversion.types.doctor import FOREVER, CourseNote, ItemNote, World
from xuefen.bank.conversion.types.impact import EDGES, EXAMPLES, AccountChange, OutcomeChange


@pytest.mark.parametrize(
    ("change", "column"),
    [(-5000, 0), (-1000, 0), (-999, 1), (-500, 1), (-200, 2), (-100, 3), (-99, 4), (-1, 4), (0, 5),
     (1, 6), (99, 6), (100, 7), (200, 8), (500, 9), (999, 9), (1000, 10), (9000, 10)],
)  # fmt: skip
def test_columns(change: int, column: int) -> None:
    assert column_of(change) == column
    assert len(Tally().columns) == len(EDGES) + 2 == 11


def account(n: int, change: int, *, lines: int = 1, issuer: int = 7) -> AccountChange:
    made = AccountChange(n, f"SQ{n:012}", outcomes=4, before=1000, after=1000 + change)
    if change:
        parts = [change // lines] * (lines - 1)
        for i, part in enumerate([*parts, change - sum(parts)]):
            made.changes.append(OutcomeChange(i, 50 + i, issuer, "degree", 300, 300 + part))
    return made


def counted(accounts: list[AccountChange]) -> Tally:
    tally = Tally()
    for one in accounts:
        tally.add(one, keys=per_issuer_and_class)
    return tally


def test_sums_and_examples() -> None:
    tally = counted(
        [account(n, change, lines=5) for n, change in enumerate([0, 50, -50, 600, -2000, 0, 700, 800, 900, 100])]
    )
    assert (tally.accounts, tally.outcomes, tally.gain, tally.lose) == (10, 40, 6, 2)
    assert (tally.gained, tally.lost) == (3150, 2050)
    assert tally.columns == [1, 0, 0, 0, 1, 2, 1, 1, 0, 4, 0]
    assert [one["size"] for one in tally.gainers] == [900, 800, 700, 600, 100]
    best = tally.gainers[0]
    assert (best["account"], best["before"], best["after"], best["more"]) == ("SQ00******0008", 1000, 1900, 2)
    assert len(best["lines"]) == 3
    assert tally.cells == {"issuer:7": [6, 2, 3150, 2050], "class:degree": [6, 2, 3150, 2050]}


def test_put_aside_and_taken_up_gives_the_same() -> None:
    r = random.Random(3)
    accounts = [account(n, r.choice([0, 0, 50, -50, 300, -700]), lines=r.randint(1, 4)) for n in range(1, 300)]
    tally = counted(accounts[:100])
    again = Tally.from_json(json.loads(json.dumps(tally.to_json())))
    for one in accounts[100:]:
        again.add(one, keys=per_issuer_and_class)
    whole = counted(accounts)
    assert again.to_json() == whole.to_json()
    assert len(whole.sample) == SAMPLE
    assert Tally.from_json(None).to_json() == Tally().to_json()


def test_the_sample_is_spread_and_only_of_accounts_that_change() -> None:
    tally = counted([account(n, 50 if n % 2 else 0) for n in range(1, 2000)])
    chosen = sorted(n for _, n in tally.sample)
    assert all(n % 2 for n in chosen)
    assert chosen[-1] - chosen[0] > 1000


def test_few_are_hidden() -> None:
    assert [few(n) for n in (0, 1, 4, 5, 6)] == [0, None, None, 5, 6]
    assert hidden([14, 3, 20, 0, 8]) == (14, None, 20, 0, 10)  # from an exact 8 the 3 could be worked out
    assert hidden([164, 4, 500]) == (160, None, 500)
    assert hidden([10, 3, 2, 0]) == (10, None, None, 0)
    assert hidden([3, 0]) == (None, 0)
    assert hidden([10, 0, 6]) == (10, 0, 6)


def test_cells_with_few_accounts_say_nothing() -> None:
    tally = counted([account(n, 50, issuer=7) for n in range(6)] + [account(n, -50, issuer=8) for n in range(6, 9)])
    first, second = cells_of(tally, "issuer", {"7": "甲大学"})
    assert (first.key, first.gain_accounts, first.gained, first.lose_accounts, first.lost) == ("甲大学", 6, 300, 0, 0)
    assert (second.key, second.lose_accounts, second.lost) == ("8", None, None)
    assert cells_of(tally, "receiver", {}) == ()


def test_examples_are_the_largest_whatever_the_order() -> None:
    changes = [account(n, 10 * n) for n in range(1, 40)]
    random.Random(1).shuffle(changes)
    assert [one["size"] for one in counted(changes).gainers] == [390, 380, 370, 360, 350]
    assert EXAMPLES == 5


# --- the best of one rule --------------------------------------------------------------------------------------------

WORLD = World(
    items={i: ItemNote(10, 300) for i in (1, 2, 3)}, courses={101: CourseNote(300), 102: CourseNote(200)}, tolerance=100
)


def best(held: list[PlanOutcome], *rules: PlanRule, world: World = WORLD) -> list[int]:
    reader = ConditionsReader()
    lines = [line_of(encode(r), id=0, receiver=20, since=0, until=FOREVER, conditions=reader) for r in rules]
    return RuleSet(zip(rules, lines, strict=True), world=world, on=TODAY).worth(held)


def either(number: str, sets: list[tuple[int, ...]], targets: list[int], **more: Any) -> PlanRule:
    return PlanRule(
        number, 1, rule("x", [1], [1]).basis, either=tuple(sets), targets=tuple(map(Target, targets)), **more
    )


def test_the_better_of_two_rules() -> None:
    held = [outcome("a", 1, 300)]
    assert best(held, rule("1", [1], [101]), rule("2", [1], [102])) == [300]
    assert best(held, rule("2", [1], [102])) == [200]
    assert best(held, rule("2", [2], [101])) == [0]
    assert best(held) == [0]
    assert best(held, rule("3", [1], "free", result=450)) == [450]
    assert best(held, rule("3", [1], "free")) == [300]


def test_too_small_a_source_gives_nothing_and_a_tolerated_one_what_it_has() -> None:
    assert best([outcome("a", 1, 200)], rule("1", [1], [101])) == [200]
    assert best([outcome("a", 1, 199)], rule("1", [1], [101])) == [0]


def test_conditions_denials_and_waivers() -> None:
    held = [outcome("a", 1, 300, mark=7000)]
    assert best(held, rule("1", [1], [101], conditions=Conditions(min_mark=7000))) == [300]
    assert best(held, rule("1", [1], [101], conditions=Conditions(min_mark=7100))) == [0]
    denial = PlanRule("9", 1, rule("x", [1], [1]).basis, sources=(1,), targets=(Target(101),), denies=True)
    assert best(held, rule("1", [1], [101]), denial) == [0]
    assert best(held, rule("1", [1], [102]), denial) == [200]
    by_issuer = PlanRule("9", 1, denial.basis, targets=(Target(101),), denies=True, denied_issuer="school")
    assert best(held, rule("1", [1], [101]), by_issuer) == [0]
    assert best(held, rule("1", [1], [101], waives=True)) == [0]


def test_several_sources_share_by_their_credits() -> None:
    held = [outcome("a", 1, 200), outcome("b", 2, 100), outcome("c", 2, 50)]
    assert best(held, rule("1", [1, 2], [101])) == [200, 100, 50]  # c with a carries 2.5 of 3.0
    assert best(held[:1], rule("1", [1, 2], [101])) == [0]


def test_choices_and_pools() -> None:
    held = [outcome("a", 1, 300)]
    assert best(held, either("1", [(2,), (1,)], [101])) == [300]
    pool = PlanRule("1", 1, rule("x", [1], [1]).basis, pool=Pool((1, 2), 400), targets=(Target(101),))
    assert best(held, pool) == [0]
    assert best([*held, outcome("b", 2, 300)], pool) == [150, 150]
