"""The table of moves of a standard: complete, drawn, and the same in the database."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from django.db import connection

import xuefen
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards import states
from xuefen.bank.standards.types.life import Event, Party, State

ROOT = Path(__file__).resolve().parents[2]
GUARDS = Path(xuefen.__file__).parent / "bank/standards/guards.sql"


def test_every_state_is_reached_and_every_event_used() -> None:
    assert {move.to for move in states.MOVES.values()} == set(states.STATES)
    assert {event for _, event in states.MOVES} == set(Event)


def test_whoever_is_waited_for_can_move_it() -> None:
    for state, facts in states.STATES.items():
        moves = [move for (at, _), move in states.MOVES.items() if at is state]
        if facts.acts is Party.PUBLIC:
            continue  # their comments are answered, they move nothing
        if facts.acts is not Party.NOBODY:
            assert any(facts.acts in move.by for move in moves), state


def test_a_move_that_is_not_in_the_table_is_refused_in_words() -> None:
    with pytest.raises(Denied) as caught:
        states.after(State.REJECTED, Event.PUBLISH)
    assert caught.value.code == "standard_move_not_allowed"
    assert "已驳回" in caught.value.sentence("zh") and "rejected" in caught.value.sentence("en")


def test_only_the_house_publishes_without_signatures() -> None:
    roads = [(event, move.by) for (_, event), move in states.MOVES.items() if move.to is State.PUBLISHED]
    assert dict(roads) == {Event.LOAD: (Party.HOUSE,), Event.PUBLISH: (Party.PUBLISHER,)}


def test_the_guard_file_holds_the_table() -> None:
    assert states.guard_rows() in GUARDS.read_text(encoding="utf-8")


@pytest.mark.django_db
def test_the_function_in_the_database_is_the_table() -> None:
    with connection.cursor() as cursor:
        for origin, event, to in product(State, Event, State):
            cursor.execute("SELECT standard_move_is_in_table(%s, %s, %s)", [origin, event, to])
            move = states.MOVES.get((origin, event))
            assert cursor.fetchone()[0] == (move is not None and move.to is to), (origin, event, to)


def test_the_page_is_what_the_table_says() -> None:
    assert (ROOT / "docs/states/standard.md").read_text(encoding="utf-8") == states.states_markdown()
