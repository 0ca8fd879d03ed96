"""Chains through a reference standard: exact losses, never more than went in."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bank.conversion_builders import BASIS
from xuefen.bank.conversion.rules import chains
from xuefen.bank.conversion.types import Conditions, PlanRule, Target

A, A2, UNIT, X, Y = 1, 2, 50, 100, 101


def rule(number: str, sources: tuple[int, ...], *targets: int | Target, **more: object) -> PlanRule:
    given = tuple(t if isinstance(t, Target) else Target(t) for t in targets)
    return PlanRule(number, 1, BASIS, sources=sources, targets=given, **more)  # type: ignore[arg-type]


def test_the_loss_of_each_hop_is_shown() -> None:
    into, onward = rule("GZ1", (A,), Target(UNIT, 250)), rule("GZ2", (UNIT,), Target(X, 300))
    chain = chains.compose(into, onward, sizes={A: 325, UNIT: 400, X: 300}, grain=50)
    assert chain is not None
    # 3.25 credits → the rule gives 2.5; of a unit of 4.0 the second rule gives 3.0: 2.5 × 3/4 = 1.875 → 1.5
    assert [(h.takes, h.passes, h.loss) for h in chain.hops] == [(325, 250, 75), (250, 150, 100)]
    assert chain.credits == (150,) and chain.loss == 175
    assert [t.zh for t in chains.sentences(chain)] == ["GZ1：3.25 → 2.5，损失 0.75", "GZ2：2.5 → 1.5，损失 1.0"]


def test_a_rule_that_gives_more_than_it_takes_does_not_make_a_chain_grow() -> None:
    into, onward = rule("GZ1", (A,), Target(UNIT, 600)), rule("GZ2", (UNIT,), Target(X, 900))
    chain = chains.compose(into, onward, sizes={A: 300, UNIT: 300, X: 900}, grain=50)
    assert chain is not None and chain.credits == (300,) and chain.loss == 0


def test_several_courses_share_in_proportion() -> None:
    into, onward = rule("GZ1", (A, A2), UNIT), rule("GZ2", (UNIT,), X, Y)
    chain = chains.compose(into, onward, sizes={A: 200, A2: 200, UNIT: 400, X: 300, Y: 100}, grain=50)
    assert chain is not None and chain.credits == (300, 100)


def test_what_does_not_chain() -> None:
    into = rule("GZ1", (A,), UNIT)
    sizes = {A: 300, UNIT: 300, X: 300}
    plain, two = rule("GZ2", (UNIT,), X), rule("GZ3", (UNIT, A2), X)
    waiver, elective = rule("GZ4", (UNIT,), X, waives=True), PlanRule("GZ5", 1, BASIS, sources=(UNIT,), elective="*")
    denial = rule("GZ6", (A,), X, denies=True)
    whole = PlanRule("GZ7", 1, BASIS, targets=(Target(X),), denies=True, denied_issuer="giver")

    def found(*second: PlanRule, issuer: str = "") -> list[str]:
        made = chains.chains([into], second, sizes=sizes, grain=50, denied_issuer=issuer)
        return [c.hops[1].rule for c in made]

    assert found(plain, two, waiver, elective) == ["GZ2"]
    assert found(plain, denial) == []
    assert found(plain, whole, issuer="giver") == [] and found(plain, whole, issuer="other") == ["GZ2"]
    assert chains.compose(into, plain, sizes={}, grain=50) is None  # nobody says how much credit it is


def test_conditions_hold_together_or_there_is_no_chain() -> None:
    one = Conditions(min_mark=6000, max_age_years=8, min_quality="B", issuer_kinds=("university", "open_university"))
    two = Conditions(min_mark=7000, min_level=4, max_age_years=5, min_quality="A", online=False,
                     issuer_kinds=("university",), earned_from=date(2020, 1, 1))  # fmt: skip
    assert chains.both(one, two) == Conditions(
        min_mark=7000, min_level=4, max_age_years=5, min_quality="A", online=False, issuer_kinds=("university",),
        earned_from=date(2020, 1, 1),
    )  # fmt: skip
    assert chains.both(one, Conditions(issuer_kinds=("employer",))) is None
    assert chains.both(Conditions(earned_until=date(2020, 1, 1)), two) is None


CREDITS = st.integers(1, 40).map(lambda n: n * 25)


@settings(max_examples=200, deadline=None)
@given(a=CREDITS, unit=CREDITS, x=CREDITS, y=CREDITS, first=CREDITS | st.none(), second=CREDITS | st.none(),
       grain=st.sampled_from([10, 25, 50, 100]))  # fmt: skip
def test_no_chain_creates_credit(
    a: int, unit: int, x: int, y: int, first: int | None, second: int | None, grain: int
) -> None:
    into = rule("GZ1", (A,), Target(UNIT, first))
    onward = rule("GZ2", (UNIT,), Target(X, second), Y)
    sizes = {A: a, UNIT: unit, X: x, Y: y}
    chain = chains.compose(into, onward, sizes=sizes, grain=grain)
    if chain is None:
        return
    given_by_first = first if first is not None else min(a, unit)
    assert sum(chain.credits) == chain.hops[1].passes <= chain.hops[0].passes <= min(a, given_by_first)
    assert sum(chain.credits) <= (second if second is not None else x) + y
    assert all(c % grain == 0 and c > 0 for c in chain.credits)
    assert chain.loss == a - sum(chain.credits) and all(hop.loss >= 0 for hop in chain.hops)
