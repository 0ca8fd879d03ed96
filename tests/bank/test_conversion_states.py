"""The tables of moves: the page, the database and the code say the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from xuefen.bank.conversion import states
from xuefen.bank.conversion.rules.life import OpinionFacts, SignatureFacts, missing_sides, overlap_of, settle
from xuefen.bank.conversion.types.life import ProposalEvent, ProposalState, Role, Verdict
from xuefen.bank.shell.problems import Denied

ROOT = Path(__file__).parents[2]


def test_the_page_is_what_the_table_says() -> None:
    assert (ROOT / "docs/states/rule.md").read_text(encoding="utf-8") == states.states_markdown()


def test_the_guards_hold_the_same_lists() -> None:
    guards = (ROOT / "src/xuefen/bank/conversion/guards.sql").read_text(encoding="utf-8")
    assert states.PROPOSAL.guard_rows() in guards and states.CONTRACT.guard_rows() in guards


@pytest.mark.parametrize("life", [states.PROPOSAL, states.RULE, states.CONTRACT], ids=lambda life: life.name[1])
def test_every_state_is_reached_and_every_event_has_words(life: states.Life[str, str]) -> None:
    origins, reached = {origin for origin, _ in life.moves}, {to for to, _ in life.moves.values()}
    assert set(life.states) | ({life.new} if life.new else set()) == origins | reached
    assert {event for _, event in life.moves} == set(life.events)
    ends = {state for state, facts in life.states.items() if facts.acts is Role.NOBODY}
    assert ends == set(life.states) - origins


def test_what_is_not_in_the_table_is_refused_in_words() -> None:
    with pytest.raises(Denied) as caught:
        states.PROPOSAL.after(ProposalState.DRAFT, ProposalEvent.PUBLISH)
    assert caught.value.sentence("zh") == "提案现在是“起草中”，不能发布。"


A, C, R = Verdict.AGREE, Verdict.CHANGE, Verdict.REJECT


@pytest.mark.parametrize(
    ("verdicts", "event"),
    [
        ([A], ProposalEvent.COMPARE),
        ([R], ProposalEvent.COMPARE),
        ([A, A], ProposalEvent.ENDORSE),
        ([A, R], ProposalEvent.COMPARE),
        ([C, C], ProposalEvent.RETURN),
        ([R, R], ProposalEvent.REJECT),
        ([A, R, A], ProposalEvent.ENDORSE),
        ([A, R, C], ProposalEvent.COMPARE),
        ([A, R, C, A], ProposalEvent.COMPARE),
        ([A, R, C, A, A], ProposalEvent.ENDORSE),
    ],
)
def test_most_of_the_experts_decide(verdicts: list[Verdict], event: ProposalEvent) -> None:
    assert settle([OpinionFacts(i, v) for i, v in enumerate(verdicts)]) is event


def test_the_lowest_overlap_an_agreeing_expert_found_is_stated() -> None:
    opinions = [OpinionFacts(1, A, (90, None)), OpinionFacts(2, R, (40, 10)), OpinionFacts(3, A, (85, None))]
    assert (overlap_of(opinions, 0), overlap_of(opinions, 1)) == (85, None)


def test_a_side_alone_signs_twice() -> None:
    one, two = SignatureFacts(1, "a"), SignatureFacts(2, "b")
    assert missing_sides(("a", "b"), [one]) == ("b",)
    assert missing_sides(("a", "b"), [one, two]) == ()
    assert missing_sides(("a",), [one]) == ("a",)
    assert missing_sides(("a",), [one, SignatureFacts(3, "a")]) == ()
