"""Whatever people and deadlines do, in whatever order: the table is followed and every promise holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bank.recognition_builders import APPLIED, World, another_learner, applied, world
from xuefen.bank.ledger import queries as ledger
from xuefen.bank.recognition import actions, queries, states
from xuefen.bank.recognition.models import Application, Move
from xuefen.bank.recognition.types import Credit, Event, Moment, State
from xuefen.bank.shell.actor import PUBLIC
from xuefen.bank.shell.problems import Denied

_ACTS = (
    Event.APPROVE, Event.REFUSE, Event.CONVERT, Event.OBJECT, Event.UPHOLD, Event.REJECT_OBJECTION, Event.WITHDRAW,
)  # fmt: skip
"""What people do on the road of the five steps; what follows from an outcome taken back is in test_deposits_correcting."""
_acts = st.one_of(st.sampled_from(_ACTS), st.just("sweep"))
_steps = st.lists(st.tuples(_acts, st.integers(0, 8 * 24)), min_size=1, max_size=12)


def act(w: World, application: Application, event: Event, now: object) -> None:
    about = {"number": application.number, "now": now}
    if event is Event.OBJECT:
        actions.object_(by_name="甲", text="不属实", contact="乙", by=PUBLIC, **about)
        return
    about["version"] = application.version
    if event is Event.APPROVE:
        actions.approve(by=w.reviewer, **about)
    elif event is Event.REFUSE:
        actions.refuse(reason_code="R-01", note="依据", by=w.reviewer, **about)
    elif event is Event.CONVERT:
        actions.convert(by=w.reviewer, **about)
    elif event is Event.WITHDRAW:
        actions.withdraw(by=w.learner, **about)
    else:
        actions.answer_objection(uphold=event is Event.UPHOLD, reply="依据", by=w.branch, **about)


def expected(application: Application, event: Event | str, now: object) -> State:
    """Where the table says the application goes; where it stands when the act must be refused."""
    state = State(application.state)
    late = application.due_at is not None and now >= application.due_at
    if event == "sweep":
        event = states.STATES[state].at_deadline if late else None
    move = states.MOVES.get((state, event))
    if move is None or (move.when is Moment.IN_TIME and late):
        return state
    return move.to


@pytest.mark.django_db
def test_every_sequence_of_acts_keeps_every_promise() -> None:
    w = world(outcomes=0)
    numbers = iter(range(2, 10_000))

    @given(_steps)
    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
    def run(steps: list[tuple[Event | str, int]]) -> None:
        who = another_learner(w, next(numbers))
        mine = replace(w, learner_id=who)
        application = applied(w, learner_id=who)
        now, moves = APPLIED, 1
        for event, hours in steps:
            now += timedelta(hours=hours)
            goes_to = expected(application, event, now)
            before = State(application.state)
            if event == "sweep":
                report = actions.sweep(now=now)
                assert report.failed == 0
            else:
                legal = (before, event) in states.MOVES and (
                    goes_to is not before or (before, event) == (State.OBJECTION, Event.OBJECT)
                )
                try:
                    act(mine, application, event, now)
                    assert legal
                except Denied:
                    assert not legal
            application = Application.objects.get(pk=application.pk)
            assert application.state == goes_to
            moves += application.state != before or (
                (before, event) == (State.OBJECTION, Event.OBJECT) and application.version > moves
            )
            assert application.version == moves == Move.objects.filter(application=application).count()
        credit = states.STATES[State(application.state)].credit
        outcome = application.uses.get().outcome_id
        lot = ledger.lots([outcome])[outcome]
        assert (lot.reserved, lot.redeemed, lot.free) == {
            Credit.HELD: (300, 0, 0),
            Credit.USED: (0, 300, 0),
            Credit.FREED: (0, 0, 300),
        }[credit]
        assert [*queries.violations(), *ledger.violations()] == []

    run()
