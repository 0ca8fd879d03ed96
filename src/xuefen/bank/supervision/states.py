"""The table of a case's moves. Finding is the house's, all else a person's, each with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from xuefen.bank.shell import moves
from xuefen.bank.supervision.types.alarms import ALARM_MOVE, AlarmEvent, AlarmState

STATE_WORDS: Mapping[AlarmState, tuple[str, str]] = MappingProxyType(
    {
        AlarmState.OPEN: ("待核查", "to be looked into"),
        AlarmState.EXPLAINED: ("有合理解释", "explained"),
        AlarmState.CONFIRMED: ("查实", "confirmed"),
        AlarmState.CLOSED: ("已结案", "closed"),
    }
)
EVENT_WORDS: Mapping[AlarmEvent, tuple[str, str]] = MappingProxyType(
    {
        AlarmEvent.FIND: ("发现", "found"),
        AlarmEvent.EXPLAIN: ("认定有合理解释", "explain"),
        AlarmEvent.CONFIRM: ("认定查实", "confirm"),
        AlarmEvent.CLOSE: ("结案", "close"),
        AlarmEvent.REOPEN: ("重新核查", "reopen"),
    }
)
MOVES: Mapping[tuple[AlarmState, AlarmEvent], AlarmState] = MappingProxyType(
    {
        (AlarmState.NEW, AlarmEvent.FIND): AlarmState.OPEN,
        (AlarmState.OPEN, AlarmEvent.FIND): AlarmState.OPEN,
        (AlarmState.EXPLAINED, AlarmEvent.FIND): AlarmState.OPEN,
        (AlarmState.CONFIRMED, AlarmEvent.FIND): AlarmState.OPEN,
        (AlarmState.CLOSED, AlarmEvent.FIND): AlarmState.OPEN,
        (AlarmState.OPEN, AlarmEvent.EXPLAIN): AlarmState.EXPLAINED,
        (AlarmState.OPEN, AlarmEvent.CONFIRM): AlarmState.CONFIRMED,
        (AlarmState.EXPLAINED, AlarmEvent.CLOSE): AlarmState.CLOSED,
        (AlarmState.CONFIRMED, AlarmEvent.CLOSE): AlarmState.CLOSED,
        (AlarmState.EXPLAINED, AlarmEvent.REOPEN): AlarmState.OPEN,
        (AlarmState.CONFIRMED, AlarmEvent.REOPEN): AlarmState.OPEN,
        (AlarmState.CLOSED, AlarmEvent.REOPEN): AlarmState.OPEN,
    }
)


def after(state: AlarmState, event: AlarmEvent) -> AlarmState:
    """Where ``event`` leads. Raises ``Denied(alarm_move)`` when the table has no such move."""
    found = MOVES.get((state, event))
    if found is None:
        raise moves.refused(ALARM_MOVE, state=STATE_WORDS[state], event=EVENT_WORDS[event])
    return found


def events_of(state: AlarmState) -> list[AlarmEvent]:
    """What a person may do with a case in this state."""
    return [event for origin, event in MOVES if origin is state and event is not AlarmEvent.FIND]


def guard_rows() -> str:
    """The table as it stands in ``guards.sql``: one (from, event, to) a line."""
    return moves.guard_rows((state, event, to) for (state, event), to in MOVES.items())
