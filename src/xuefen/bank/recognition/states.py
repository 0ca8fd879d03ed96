"""The table of moves. What is not in it does not happen: the mover asks it, a trigger in the database holds the same list,
and ``docs/states/application.md`` is drawn from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from xuefen.bank.recognition.types import MOVE_NOT_ALLOWED, Credit, Event, Moment, Party, State
from xuefen.bank.shell import moves


@dataclass(frozen=True, slots=True)
class StateFacts:
    """A state: its words, the step of the five it belongs to, who acts next, the standard's step whose clock runs ("" for
    none), what the house does when the time is up, and what it means for the credit.
    """

    zh: str
    en: str
    step: str
    acts: Party
    clock: str
    at_deadline: Event | None
    credit: Credit


STATES: Mapping[State, StateFacts] = MappingProxyType(
    {
        State.REVIEW: StateFacts(
            "审核中", "under review", "review", Party.RECEIVER, "review", Event.SILENCE, Credit.HELD
        ),
        State.CONVERT: StateFacts(
            "待转换", "to be converted", "convert", Party.RECEIVER, "convert", Event.CONVERT, Credit.HELD
        ),
        State.NOTICE: StateFacts(
            "公示中", "in public notice", "notice", Party.PUBLIC, "notice", Event.NOTICE_OVER, Credit.HELD
        ),
        # Nobody's silence may decide against somebody who objects: this clock only makes lateness visible.
        State.OBJECTION: StateFacts(
            "异议处理中", "objection being handled", "notice", Party.BRANCH, "objection", None, Credit.HELD
        ),
        State.ARCHIVED: StateFacts("已归档", "archived", "archive", Party.NOBODY, "", None, Credit.USED),
        State.REFUSED: StateFacts("不同意", "refused", "review", Party.NOBODY, "", None, Credit.FREED),
        State.STOPPED: StateFacts(
            "异议成立，已终止", "stopped: objection upheld", "notice", Party.NOBODY, "", None, Credit.FREED
        ),
        State.WITHDRAWN: StateFacts("已撤回", "withdrawn", "apply", Party.NOBODY, "", None, Credit.FREED),
        State.VOIDED: StateFacts(
            "所用成果已撤销，已终止",
            "ended: an outcome it uses was taken back",
            "apply",
            Party.NOBODY,
            "",
            None,
            Credit.FREED,
        ),
        # As with objections, nobody's silence decides here. The credit of the outcome in question is back with its issuer.
        State.IN_DOUBT: StateFacts(
            "存疑，待仲裁", "in doubt: with an arbiter", "archive", Party.ARBITER, "objection", None, Credit.USED
        ),
        State.UNDONE: StateFacts("转换已撤销", "conversion undone", "archive", Party.NOBODY, "", None, Credit.RETURNED),
    }
)


@dataclass(frozen=True, slots=True)
class MoveFacts:
    """A move: where it leads, who makes it, and when, seen from the state's deadline."""

    to: State
    by: tuple[Party, ...]
    when: Moment = Moment.ANY


MOVES: Mapping[tuple[State, Event], MoveFacts] = MappingProxyType(
    {
        (State.NEW, Event.APPLY): MoveFacts(State.REVIEW, (Party.LEARNER,)),
        (State.REVIEW, Event.APPROVE): MoveFacts(State.CONVERT, (Party.RECEIVER,), Moment.IN_TIME),
        # A refusal after the deadline would take back a consent the learner already has.
        (State.REVIEW, Event.REFUSE): MoveFacts(State.REFUSED, (Party.RECEIVER,), Moment.IN_TIME),
        (State.REVIEW, Event.SILENCE): MoveFacts(State.CONVERT, (Party.HOUSE,), Moment.TIME_UP),
        (State.REVIEW, Event.WITHDRAW): MoveFacts(State.WITHDRAWN, (Party.LEARNER,)),
        (State.CONVERT, Event.CONVERT): MoveFacts(State.NOTICE, (Party.RECEIVER, Party.HOUSE)),
        (State.CONVERT, Event.WITHDRAW): MoveFacts(State.WITHDRAWN, (Party.LEARNER,)),
        (State.NOTICE, Event.OBJECT): MoveFacts(State.OBJECTION, (Party.PUBLIC,), Moment.IN_TIME),
        (State.NOTICE, Event.NOTICE_OVER): MoveFacts(State.ARCHIVED, (Party.HOUSE,), Moment.TIME_UP),
        (State.NOTICE, Event.WITHDRAW): MoveFacts(State.WITHDRAWN, (Party.LEARNER,)),
        (State.OBJECTION, Event.OBJECT): MoveFacts(State.OBJECTION, (Party.PUBLIC,)),
        (State.OBJECTION, Event.UPHOLD): MoveFacts(State.STOPPED, (Party.BRANCH,)),
        (State.OBJECTION, Event.REJECT_OBJECTION): MoveFacts(State.NOTICE, (Party.BRANCH,)),
        # What follows from taking an outcome back, whoever did it (docs/revocation.md).
        (State.REVIEW, Event.OUTCOME_GONE): MoveFacts(State.VOIDED, (Party.HOUSE,)),
        (State.CONVERT, Event.OUTCOME_GONE): MoveFacts(State.VOIDED, (Party.HOUSE,)),
        (State.NOTICE, Event.OUTCOME_GONE): MoveFacts(State.VOIDED, (Party.HOUSE,)),
        (State.OBJECTION, Event.OUTCOME_GONE): MoveFacts(State.VOIDED, (Party.HOUSE,)),
        (State.ARCHIVED, Event.DOUBT): MoveFacts(State.IN_DOUBT, (Party.HOUSE,)),
        (State.IN_DOUBT, Event.DOUBT): MoveFacts(State.IN_DOUBT, (Party.HOUSE,)),
        (State.IN_DOUBT, Event.CONFIRM): MoveFacts(State.ARCHIVED, (Party.ARBITER,)),
        (State.IN_DOUBT, Event.UNDO): MoveFacts(State.UNDONE, (Party.ARBITER,)),
    }
)

EVENT_WORDS: Mapping[Event, tuple[str, str]] = MappingProxyType(
    {
        Event.APPLY: ("提交申请", "apply"),
        Event.APPROVE: ("同意", "approve"),
        Event.REFUSE: ("不同意", "refuse"),
        Event.SILENCE: ("默认同意", "consent by silence"),
        Event.CONVERT: ("转换", "convert"),
        Event.NOTICE_OVER: ("公示期满归档", "archive after the notice"),
        Event.OBJECT: ("提出异议", "object"),
        Event.UPHOLD: ("认定异议成立", "uphold the objection"),
        Event.REJECT_OBJECTION: ("驳回异议", "reject the objection"),
        Event.WITHDRAW: ("撤回", "withdraw"),
        Event.OUTCOME_GONE: ("所用成果被撤销或更正", "an outcome was taken back"),
        Event.DOUBT: ("所用成果被撤销，暂停", "an outcome was taken back: suspended"),
        Event.CONFIRM: ("仲裁维持转换", "let it stand by arbitration"),
        Event.UNDO: ("仲裁撤销转换", "undo it by arbitration"),
    }
)

STEPS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "apply": ("申请", "Application"),
        "review": ("审核", "Review"),
        "convert": ("转换", "Conversion"),
        "notice": ("公示", "Public notice"),
        "archive": ("归档", "Archive"),
    }
)
"""The five steps, in order."""

RUNNING: frozenset[State] = frozenset(state for state, facts in STATES.items() if facts.acts is not Party.NOBODY)
"""Somebody is waited for."""
UNDER_WAY: frozenset[State] = RUNNING - {State.IN_DOUBT}
"""On the road of the five steps: a learner has one such application for a programme at a time."""
ENDED: frozenset[State] = frozenset(STATES) - RUNNING


def after(state: State, event: Event) -> MoveFacts:
    """The move of ``event`` from ``state``. Raises ``Denied(move_not_allowed)`` when the table has none."""
    found = MOVES.get((state, event))
    if found is None:
        words = STATES.get(state)
        at = (words.zh, words.en) if words else moves.NOT_YET
        raise moves.refused(MOVE_NOT_ALLOWED, state=at, event=EVENT_WORDS[event])
    return found


# --- what is made from the table -------------------------------------------------------------------------------------


def guard_rows() -> str:
    """The table as it stands in ``guards.sql``: one (from, event, to) a line."""
    return moves.guard_rows((state, event, move.to) for (state, event), move in MOVES.items())


_PARTY_WORDS: Mapping[Party, str] = {
    Party.LEARNER: "学习者 learner",
    Party.RECEIVER: "接收机构 receiver",
    Party.BRANCH: "省级分中心 branch",
    Party.ARBITER: "仲裁人 arbiter",
    Party.PUBLIC: "公众 the public",
    Party.HOUSE: "系统 the house",
    Party.NOBODY: "—",
}
_MOMENT_WORDS: Mapping[Moment, str] = {
    Moment.ANY: "随时 any time",
    Moment.IN_TIME: "期限内 in time",
    Moment.TIME_UP: "期满 time is up",
}
_CREDIT_WORDS: Mapping[Credit, str] = {
    Credit.HELD: "占用 held",
    Credit.USED: "已用 used",
    Credit.FREED: "退回 released",
    Credit.RETURNED: "用后退回 given back",
}


def states_markdown() -> str:
    """The page ``docs/states/application.md``: the diagram and both tables."""
    lines = moves.heading("How an application moves · 申请的流转", room="recognition")
    lines += moves.drawn(
        [(state, *_cells(facts)) for state, facts in STATES.items()],
        [
            (state, event, *EVENT_WORDS[event], move.to, _by(move), _MOMENT_WORDS[move.when])
            for (state, event), move in MOVES.items()
        ],
        ends=ENDED,
        columns=("step | acts next | clock | when time is up | credit", "by | when"),
        titled=True,
    )
    return "\n".join(lines) + "\n"


def _cells(facts: StateFacts) -> tuple[str, ...]:
    clock = f"`steps.{facts.clock}`" if facts.clock else "—"
    up = f"`{facts.at_deadline}`" if facts.at_deadline else "—"
    step = " ".join(STEPS[facts.step])
    return facts.zh, facts.en, step, _PARTY_WORDS[facts.acts], clock, up, _CREDIT_WORDS[facts.credit]


def _by(move: MoveFacts) -> str:
    return ", ".join(_PARTY_WORDS[party] for party in move.by)
