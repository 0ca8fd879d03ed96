"""The table of moves, and what is made from it."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from xuefen.bank.recognition import states
from xuefen.bank.recognition.types import MOVE_NOT_ALLOWED, Credit, Event, Moment, Party, State
from xuefen.bank.shell.problems import Denied

PROJECT = Path(__file__).resolve().parents[2]
LEGAL = {
    ("new", "apply"): "review",
    ("review", "approve"): "convert",
    ("review", "refuse"): "refused",
    ("review", "silence"): "convert",
    ("review", "withdraw"): "withdrawn",
    ("convert", "convert"): "notice",
    ("convert", "withdraw"): "withdrawn",
    ("notice", "object"): "objection",
    ("notice", "notice_over"): "archived",
    ("notice", "withdraw"): "withdrawn",
    ("objection", "object"): "objection",
    ("objection", "uphold"): "stopped",
    ("objection", "reject_objection"): "notice",
    ("review", "outcome_gone"): "voided",
    ("convert", "outcome_gone"): "voided",
    ("notice", "outcome_gone"): "voided",
    ("objection", "outcome_gone"): "voided",
    ("archived", "doubt"): "in_doubt",
    ("in_doubt", "doubt"): "in_doubt",
    ("in_doubt", "confirm"): "archived",
    ("in_doubt", "undo"): "undone",
}


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)), ids=lambda v: v.value)
def test_every_pair_moves_or_is_refused(state: State, event: Event) -> None:
    if (state, event) in LEGAL:
        assert states.after(state, event).to == LEGAL[state, event]
    else:
        with pytest.raises(Denied) as denied:
            states.after(state, event)
        assert denied.value.problem is MOVE_NOT_ALLOWED
        assert "{" not in denied.value.sentence("zh") + denied.value.sentence("en")


def test_every_state_can_be_reached_and_every_running_state_left() -> None:
    assert {move.to for move in states.MOVES.values()} == set(states.STATES)
    leaving = {state for state, event in states.MOVES if states.MOVES[state, event].to is not state}
    assert leaving - {State.NEW, State.ARCHIVED} == states.RUNNING
    assert set(State) - {State.NEW} == states.RUNNING | states.ENDED


def test_running_states_have_a_clock_and_hold_the_credit_and_ended_ones_settle_it() -> None:
    for state, facts in states.STATES.items():
        running = state in states.RUNNING
        assert bool(facts.clock) == running
        assert (facts.credit is Credit.HELD) == (state in states.UNDER_WAY)
        assert facts.step in states.STEPS


def test_what_the_house_does_at_a_deadline_is_a_move_the_house_may_make() -> None:
    for state, facts in states.STATES.items():
        if facts.at_deadline is not None:
            move = states.MOVES[state, facts.at_deadline]
            assert Party.HOUSE in move.by
            assert move.when is not Moment.IN_TIME


def test_nobodys_silence_decides_against_an_objector() -> None:
    assert states.STATES[State.OBJECTION].at_deadline is None


def test_the_drawing_is_the_table() -> None:
    drawn = PROJECT / "docs" / "states" / "application.md"
    assert drawn.read_text(encoding="utf-8") == states.states_markdown(), (
        "docs/states/application.md is not what recognition/states.py says: write states_markdown() to it"
    )


def test_the_drawing_shows_every_move() -> None:
    lines = states.states_markdown().splitlines()
    arrows = {line.strip().split(":")[0] for line in lines if "-->" in line}
    for (state, _), move in states.MOVES.items():
        assert f"{'[*]' if state is State.NEW else state} --> {move.to}" in arrows
    assert arrows >= {f"{state} --> [*]" for state in states.ENDED}


def test_the_databases_table_is_the_table() -> None:
    guards = PROJECT / "src" / "xuefen" / "bank" / "recognition" / "guards.sql"
    listed = guards.read_text(encoding="utf-8").split("IN (\n", 1)[1].split("\n    )", 1)[0]
    assert listed == states.guard_rows()
