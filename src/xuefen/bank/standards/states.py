"""The table of moves in the life of a version. What is not in it does not happen: the mover asks it, a trigger in the
database holds the same list, and ``docs/states/standard.md`` is drawn from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from xuefen.bank.shell import moves
from xuefen.bank.standards.types.life import LIFE_MOVE, Event, Party, State


@dataclass(frozen=True, slots=True)
class StateFacts:
    """A state: its words, and who acts next."""

    zh: str
    en: str
    acts: Party


STATES: Mapping[State, StateFacts] = MappingProxyType(
    {
        State.COMPARING: StateFacts("专家比对中", "being compared", Party.EXPERT),
        State.CONSULTING: StateFacts("公开征求意见", "in public consultation", Party.PUBLIC),
        State.SIGNING: StateFacts("待签署发布", "to be signed", Party.PUBLISHER),
        State.PUBLISHED: StateFacts("已发布", "published", Party.NOBODY),
        State.RETIRED: StateFacts("停用已定", "retirement decided", Party.NOBODY),
        State.REJECTED: StateFacts("已驳回", "rejected", Party.NOBODY),
        State.WITHDRAWN: StateFacts("已撤回", "withdrawn", Party.NOBODY),
    }
)


@dataclass(frozen=True, slots=True)
class MoveFacts:
    """A move: where it leads, who makes it, and what it asks for."""

    to: State
    by: tuple[Party, ...]
    asks: tuple[str, str]


_REASON = ("写明理由", "a reason")
MOVES: Mapping[tuple[State, Event], MoveFacts] = MappingProxyType(
    {
        (State.NEW, Event.PROPOSE): MoveFacts(
            State.COMPARING, (Party.PROPOSER,), ("没有错误的标准，下一个版本号", "a sound pack with the next version number")
        ),
        (State.NEW, Event.LOAD): MoveFacts(
            State.PUBLISHED, (Party.HOUSE,), ("随产品提供的标准", "a pack that comes with the product")
        ),
        (State.COMPARING, Event.COMPARE): MoveFacts(
            State.COMPARING, (Party.EXPERT,), ("意见和理由，各写各的；不是提出人", "verdict and reasons, each alone")
        ),
        (State.COMPARING, Event.CONSULT): MoveFacts(
            State.CONSULTING, (Party.PUBLISHER,), ("至少两位专家比对，支持多于反对", "two experts or more, more for than against")
        ),
        (State.COMPARING, Event.REJECT): MoveFacts(State.REJECTED, (Party.PUBLISHER,), _REASON),
        (State.COMPARING, Event.WITHDRAW): MoveFacts(State.WITHDRAWN, (Party.PROPOSER,), _REASON),
        (State.CONSULTING, Event.CLOSE): MoveFacts(
            State.SIGNING, (Party.PUBLISHER, Party.HOUSE), ("期满，意见全部答复", "time is up, every comment answered")
        ),
        (State.CONSULTING, Event.REJECT): MoveFacts(State.REJECTED, (Party.PUBLISHER,), _REASON),
        (State.CONSULTING, Event.WITHDRAW): MoveFacts(State.WITHDRAWN, (Party.PROPOSER,), _REASON),
        (State.SIGNING, Event.SIGN): MoveFacts(
            State.SIGNING, (Party.PUBLISHER,), ("第一位签署，不是提出人", "the first signature, not the proposer's")
        ),
        (State.SIGNING, Event.PUBLISH): MoveFacts(
            State.PUBLISHED, (Party.PUBLISHER,), ("第二位签署，与第一位不是同一人", "the second signature, another person's")
        ),
        (State.SIGNING, Event.REJECT): MoveFacts(State.REJECTED, (Party.PUBLISHER,), _REASON),
        (State.SIGNING, Event.WITHDRAW): MoveFacts(State.WITHDRAWN, (Party.PROPOSER,), _REASON),
        (State.PUBLISHED, Event.RETIRE): MoveFacts(
            State.RETIRED, (Party.PUBLISHER, Party.HOUSE), ("日期和理由；新版生效之日旧版停用", "a day and a reason")
        ),
    }
)  # fmt: skip

EVENT_WORDS: Mapping[Event, tuple[str, str]] = MappingProxyType(
    {
        Event.PROPOSE: ("提出", "propose"),
        Event.LOAD: ("随产品载入", "load with the product"),
        Event.COMPARE: ("比对", "compare"),
        Event.CONSULT: ("开始征求意见", "open the consultation"),
        Event.CLOSE: ("结束征求意见", "close the consultation"),
        Event.SIGN: ("签署", "sign"),
        Event.PUBLISH: ("发布", "publish"),
        Event.RETIRE: ("停用", "retire"),
        Event.REJECT: ("驳回", "reject"),
        Event.WITHDRAW: ("撤回", "withdraw"),
    }
)

RUNNING: frozenset[State] = frozenset({State.COMPARING, State.CONSULTING, State.SIGNING})
IN_FORCE: frozenset[State] = frozenset({State.PUBLISHED, State.RETIRED})
"""States of a proposal that has become a version."""


def after(state: State, event: Event) -> MoveFacts:
    """The move of ``event`` from ``state``. Raises ``Denied(standard_move_not_allowed)`` when the table has none."""
    found = MOVES.get((state, event))
    if found is None:
        words = STATES.get(state)
        at = (words.zh, words.en) if words else ("尚未提出", "not yet proposed")
        raise moves.refused(LIFE_MOVE, state=at, event=EVENT_WORDS[event])
    return found


# --- what is made from the table -------------------------------------------------------------------------------------


def guard_rows() -> str:
    """The table as it stands in ``guards.sql``: one (from, event, to) a line."""
    return moves.guard_rows((state, event, move.to) for (state, event), move in MOVES.items())


_PARTY_WORDS: Mapping[Party, str] = {
    Party.PROPOSER: "提出人 proposer",
    Party.EXPERT: "专家 expert",
    Party.PUBLISHER: "总平台 hub officer",
    Party.PUBLIC: "公众 the public",
    Party.HOUSE: "系统 the house",
    Party.NOBODY: "—",
}


def states_markdown() -> str:
    """The page ``docs/states/standard.md``: the diagram and both tables."""
    lines = moves.heading("How a version of a standard moves · 标准版本的流转", room="standards")
    lines += moves.drawn(
        [(state, facts.zh, facts.en, _PARTY_WORDS[facts.acts]) for state, facts in STATES.items()],
        [
            (state, event, *EVENT_WORDS[event], move.to, _by(move), " · ".join(move.asks))
            for (state, event), move in MOVES.items()
        ],
        ends=set(STATES) - RUNNING - {State.PUBLISHED},
        columns=("acts next", "by | asks for"),
        titled=True,
    )
    return "\n".join(lines) + "\n"


def _by(move: MoveFacts) -> str:
    return ", ".join(_PARTY_WORDS[party] for party in move.by)
