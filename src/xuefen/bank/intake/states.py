"""The table of moves of both kinds of slips. The mover asks it, a trigger in the database holds the same list, and
``docs/states/slip.md`` is drawn from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from xuefen.bank.intake.types import SLIP_MOVE, Event, Kind, Party, State
from xuefen.bank.recognition.types import Moment
from xuefen.bank.shell import moves


@dataclass(frozen=True, slots=True)
class StateFacts:
    """A state: its words, who acts next, what the house does when the time is up, and whether evidence may be changed."""

    zh: str
    en: str
    acts: Party
    at_deadline: Event | None = None
    editable: bool = False


STATES: Mapping[State, StateFacts] = MappingProxyType(
    {
        State.DRAFT: StateFacts("填写中", "being filled in", Party.LEARNER, editable=True),
        # Nobody's silence puts an outcome into an account: this clock reminds and shows lateness, and decides nothing.
        State.CHECKING: StateFacts("核对中", "being checked", Party.OFFICER),
        State.MORE: StateFacts("待补充", "more is asked for", Party.LEARNER, Event.LAPSE, editable=True),
        State.ACCEPTED: StateFacts("已存入", "deposited", Party.NOBODY),
        State.REFUSED: StateFacts("不予存入", "refused", Party.NOBODY),
        State.WITHDRAWN: StateFacts("已撤回", "withdrawn", Party.NOBODY),
        State.OFFERED: StateFacts("待领取", "waits to be claimed", Party.LEARNER, Event.LAPSE),
        State.CLAIMED: StateFacts("已领取", "claimed", Party.NOBODY),
        State.DECLINED: StateFacts("已谢绝", "declined", Party.NOBODY),
        State.TAKEN_BACK: StateFacts("机构已收回", "taken back by the issuer", Party.NOBODY),
        State.LAPSED: StateFacts("已过期", "lapsed", Party.NOBODY),
    }
)


@dataclass(frozen=True, slots=True)
class MoveFacts:
    """A move: where it leads, who makes it, and when, seen from the state's deadline."""

    to: State
    by: tuple[Party, ...]
    when: Moment = Moment.ANY


MOVES: Mapping[Kind, Mapping[tuple[State, Event], MoveFacts]] = MappingProxyType(
    {
        Kind.SUBMISSION: {
            (State.DRAFT, Event.SEND): MoveFacts(State.CHECKING, (Party.LEARNER,)),
            (State.DRAFT, Event.WITHDRAW): MoveFacts(State.WITHDRAWN, (Party.LEARNER,)),
            (State.DRAFT, Event.CLOSE): MoveFacts(State.WITHDRAWN, (Party.HOUSE,)),
            (State.CHECKING, Event.ACCEPT): MoveFacts(State.ACCEPTED, (Party.OFFICER,)),
            (State.CHECKING, Event.REFUSE): MoveFacts(State.REFUSED, (Party.OFFICER,)),
            (State.CHECKING, Event.ASK_MORE): MoveFacts(State.MORE, (Party.OFFICER,)),
            (State.CHECKING, Event.WITHDRAW): MoveFacts(State.WITHDRAWN, (Party.LEARNER,)),
            (State.MORE, Event.SEND): MoveFacts(State.CHECKING, (Party.LEARNER,), Moment.IN_TIME),
            (State.MORE, Event.WITHDRAW): MoveFacts(State.WITHDRAWN, (Party.LEARNER,)),
            (State.MORE, Event.LAPSE): MoveFacts(State.LAPSED, (Party.HOUSE,), Moment.TIME_UP),
        },
        Kind.AWARD: {
            (State.NEW, Event.OFFER): MoveFacts(State.OFFERED, (Party.ISSUER,)),
            (State.OFFERED, Event.CLAIM): MoveFacts(State.CLAIMED, (Party.LEARNER,), Moment.IN_TIME),
            (State.OFFERED, Event.DECLINE): MoveFacts(State.DECLINED, (Party.LEARNER,), Moment.IN_TIME),
            (State.OFFERED, Event.TAKE_BACK): MoveFacts(State.TAKEN_BACK, (Party.ISSUER,)),
            (State.OFFERED, Event.LAPSE): MoveFacts(State.LAPSED, (Party.HOUSE,), Moment.TIME_UP),
            (State.OFFERED, Event.CLOSE): MoveFacts(State.LAPSED, (Party.HOUSE,)),
        },
    }
)

EVENT_WORDS: Mapping[Event, tuple[str, str]] = MappingProxyType(
    {
        Event.SEND: ("送出", "send"),
        Event.ACCEPT: ("核对无误，存入", "accept"),
        Event.REFUSE: ("不予存入", "refuse"),
        Event.ASK_MORE: ("请补充材料", "ask for more"),
        Event.WITHDRAW: ("撤回", "withdraw"),
        Event.OFFER: ("颁发", "award"),
        Event.CLAIM: ("领取", "claim"),
        Event.DECLINE: ("谢绝", "decline"),
        Event.TAKE_BACK: ("收回", "take back"),
        Event.LAPSE: ("到期失效", "lapse"),
        Event.CLOSE: ("随账户注销关闭", "close with the account"),
    }
)
KIND_WORDS: Mapping[Kind, tuple[str, str]] = MappingProxyType(
    {Kind.SUBMISSION: ("单项存入", "Single deposit"), Kind.AWARD: ("颁发", "Award")}
)
EDITABLE = frozenset(state for state, facts in STATES.items() if facts.editable)
RUNNING = frozenset(state for state, facts in STATES.items() if facts.acts is not Party.NOBODY)
DONE = frozenset({State.ACCEPTED, State.CLAIMED})
"""Where there is an outcome."""
COUNTED = frozenset({State.CHECKING, State.MORE, State.OFFERED}) | DONE
"""Where a slip stands in the way of another one for the same outcome."""


def after(kind: Kind, state: State, event: Event) -> MoveFacts:
    """The move of ``event`` from ``state``. Raises ``Denied(slip_move)`` when the table has none."""
    found = MOVES[kind].get((state, event))
    if found is None:
        words = STATES.get(state)
        at = (words.zh, words.en) if words else moves.NOT_YET
        raise moves.refused(SLIP_MOVE, place="number", state=at, event=EVENT_WORDS[event])
    return found


# --- what is made from the table -------------------------------------------------------------------------------------


def guard_rows() -> str:
    """The table as it stands in ``guards.sql``: one (kind, from, event, to) a line."""
    return moves.guard_rows(
        (kind, state, event, move.to) for kind, table in MOVES.items() for (state, event), move in table.items()
    )


_PARTY_WORDS: Mapping[Party, str] = {
    Party.LEARNER: "学习者（或柜台代办） learner, or a clerk for them",
    Party.OFFICER: "核对人员 checking officer",
    Party.ISSUER: "颁发机构 issuer",
    Party.HOUSE: "系统 the house",
    Party.NOBODY: "—",
}
_MOMENT_WORDS: Mapping[Moment, str] = {
    Moment.ANY: "随时 any time",
    Moment.IN_TIME: "期限内 in time",
    Moment.TIME_UP: "期满 time is up",
}
_CLOCKS: Mapping[State, str] = {
    State.CHECKING: "`steps.review`",
    State.MORE: "`steps.review`",
    State.OFFERED: "7–365 天 days, the issuer's choice",
}


def states_markdown() -> str:
    """The page ``docs/states/slip.md``: for both kinds the diagram and the tables."""
    lines = moves.heading("How a deposit slip moves · 存入单的流转", room="intake")
    for kind, table in MOVES.items():
        met = dict.fromkeys(s for (origin, _), move in table.items() for s in (origin, move.to) if s is not State.NEW)
        lines += [f"## {KIND_WORDS[kind][0]} · {KIND_WORDS[kind][1]}", ""]
        lines += moves.drawn(
            [(state, *_cells(state)) for state in met],
            [
                (state, event, *EVENT_WORDS[event], move.to, _by(move), _MOMENT_WORDS[move.when])
                for (state, event), move in table.items()
            ],
            ends=set(STATES) - RUNNING,
            columns=("acts next | clock | when time is up", "by | when"),
            begins=State.DRAFT if State.DRAFT in met else "",
        )
        lines.append("")
    return "\n".join(lines)


def _cells(state: State) -> tuple[str, ...]:
    facts = STATES[state]
    up = f"`{facts.at_deadline}`" if facts.at_deadline else "—"
    return facts.zh, facts.en, _PARTY_WORDS[facts.acts], _CLOCKS.get(state, "—"), up


def _by(move: MoveFacts) -> str:
    return ", ".join(_PARTY_WORDS[party] for party in move.by)
