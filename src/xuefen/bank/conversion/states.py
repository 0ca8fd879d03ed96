"""The tables of moves: of a proposal, of a published version of a rule, of a guaranteed-conversion contract.

What is not in them does not happen: the movers ask them, triggers in the database hold the same lists, and
``docs/states/rule.md`` is drawn from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Generic, TypeVar

from xuefen.bank.conversion.types.drafts import RuleState
from xuefen.bank.conversion.types.life import (
    CONTRACT_MOVE,
    PROPOSAL_MOVE,
    ContractEvent,
    ContractState,
    ProposalEvent,
    ProposalState,
    Role,
    RuleEvent,
)
from xuefen.bank.shell import moves
from xuefen.bank.shell.problems import Problem

S = TypeVar("S")
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class StateFacts:
    """A state: its words, and who acts next (nobody: it is an end)."""

    zh: str
    en: str
    acts: Role


@dataclass(frozen=True, slots=True)
class Life(Generic[S, E]):
    """One table: states, moves (from, event) → (to, by whom), and the words of the events."""

    name: tuple[str, str]
    states: Mapping[S, StateFacts]
    moves: Mapping[tuple[S, E], tuple[S, tuple[Role, ...]]]
    events: Mapping[E, tuple[str, str]]
    new: S | None
    refusal: Problem | None

    def after(self, state: S, event: E) -> S:
        """Where ``event`` leads from ``state``. Raises ``Denied`` with the table's refusal when it leads nowhere."""
        found = self.moves.get((state, event))
        if found is None:
            assert self.refusal is not None
            words = self.states.get(state)
            at = (words.zh, words.en) if words else moves.NOT_YET
            raise moves.refused(self.refusal, state=at, event=self.events[event])
        return found[0]

    def events_from(self, state: S) -> frozenset[E]:
        return frozenset(event for origin, event in self.moves if origin == state)

    def guard_rows(self) -> str:
        """The table as it stands in ``guards.sql``: one (from, event, to) a line."""
        return moves.guard_rows((str(state), str(event), str(to)) for (state, event), (to, _) in self.moves.items())


_P, _PE = ProposalState, ProposalEvent

PROPOSAL: Life[ProposalState, ProposalEvent] = Life(
    name=("规则提案", "A proposal: one or more drafts of rules"),
    states=MappingProxyType(
        {
            _P.DRAFT: StateFacts("起草中", "being drafted", Role.DRAFTER),
            _P.COMPARING: StateFacts("专家比对中", "being compared by experts", Role.EXPERT),
            _P.SIGNING: StateFacts("待双方签署", "to be signed by both sides", Role.SIDE),
            _P.SIGNED: StateFacts("已签署，待发布", "signed, to be published", Role.PUBLISHER),
            _P.PUBLISHED: StateFacts("已发布", "published", Role.NOBODY),
            _P.REJECTED: StateFacts("不通过", "rejected", Role.NOBODY),
            _P.WITHDRAWN: StateFacts("已撤回", "withdrawn", Role.NOBODY),
        }
    ),
    moves=MappingProxyType(
        {
            (_P.NEW, _PE.PROPOSE): (_P.DRAFT, (Role.DRAFTER,)),
            (_P.DRAFT, _PE.REVISE): (_P.DRAFT, (Role.DRAFTER,)),
            (_P.DRAFT, _PE.SUBMIT): (_P.COMPARING, (Role.DRAFTER,)),
            (_P.COMPARING, _PE.COMPARE): (_P.COMPARING, (Role.EXPERT,)),
            (_P.COMPARING, _PE.ENDORSE): (_P.SIGNING, (Role.EXPERT,)),
            (_P.COMPARING, _PE.RETURN): (_P.DRAFT, (Role.EXPERT, Role.DRAFTER)),
            (_P.COMPARING, _PE.REJECT): (_P.REJECTED, (Role.EXPERT,)),
            (_P.SIGNING, _PE.SIGN): (_P.SIGNING, (Role.SIDE,)),
            (_P.SIGNING, _PE.SIGN_LAST): (_P.SIGNED, (Role.SIDE,)),
            (_P.SIGNING, _PE.RETURN): (_P.DRAFT, (Role.SIDE, Role.DRAFTER)),
            (_P.SIGNING, _PE.REJECT): (_P.REJECTED, (Role.SIDE,)),
            (_P.SIGNED, _PE.PUBLISH): (_P.PUBLISHED, (Role.PUBLISHER,)),
            (_P.SIGNED, _PE.RETURN): (_P.DRAFT, (Role.PUBLISHER, Role.DRAFTER)),
            (_P.DRAFT, _PE.WITHDRAW): (_P.WITHDRAWN, (Role.DRAFTER,)),
            (_P.COMPARING, _PE.WITHDRAW): (_P.WITHDRAWN, (Role.DRAFTER,)),
            (_P.SIGNING, _PE.WITHDRAW): (_P.WITHDRAWN, (Role.DRAFTER,)),
            (_P.SIGNED, _PE.WITHDRAW): (_P.WITHDRAWN, (Role.DRAFTER,)),
        }
    ),
    events=MappingProxyType(
        {
            _PE.PROPOSE: ("起草", "drafted"),
            _PE.REVISE: ("修改", "revised"),
            _PE.SUBMIT: ("提交比对", "submitted for comparison"),
            _PE.COMPARE: ("比对", "compared"),
            _PE.ENDORSE: ("比对通过", "endorsed by the experts"),
            _PE.RETURN: ("退回修改", "returned for change"),
            _PE.REJECT: ("否决", "rejected"),
            _PE.SIGN: ("签署", "signed"),
            _PE.SIGN_LAST: ("签署齐全", "signed by the last side"),
            _PE.PUBLISH: ("发布", "published"),
            _PE.WITHDRAW: ("撤回", "withdrawn"),
        }
    ),
    new=_P.NEW,
    refusal=PROPOSAL_MOVE,
)

RULE: Life[RuleState, RuleEvent] = Life(
    name=("规则的一版", "A version of a rule"),
    states=MappingProxyType(
        {
            RuleState.PUBLISHED: StateFacts("已发布", "published", Role.PUBLISHER),
            RuleState.RETIRED: StateFacts("已停用", "retired", Role.NOBODY),
        }
    ),
    moves=MappingProxyType(
        {
            (RuleState.PUBLISHED, RuleEvent.RETIRE): (RuleState.RETIRED, (Role.PUBLISHER,)),
            (RuleState.PUBLISHED, RuleEvent.SUPERSEDE): (RuleState.RETIRED, (Role.PUBLISHER,)),
        }
    ),
    events=MappingProxyType(
        {
            RuleEvent.RETIRE: ("停用", "retired"),
            RuleEvent.SUPERSEDE: ("由新版取代", "superseded by its next version"),
        }
    ),
    new=None,
    refusal=None,
)

_C, _CE = ContractState, ContractEvent
CONTRACT: Life[ContractState, ContractEvent] = Life(
    name=("保证转换合同", "A guaranteed-conversion contract"),
    states=MappingProxyType(
        {
            _C.OPEN: StateFacts("待三方签署", "to be signed by three sides", Role.SIDE),
            _C.IN_FORCE: StateFacts("生效", "in force", Role.LEARNER),
            _C.DECLINED: StateFacts("没有签成", "declined", Role.NOBODY),
            _C.ENDED: StateFacts("已终止", "ended", Role.NOBODY),
        }
    ),
    moves=MappingProxyType(
        {
            (_C.NEW, _CE.OFFER): (_C.OPEN, (Role.LEARNER, Role.SIDE)),
            (_C.OPEN, _CE.SIGN): (_C.OPEN, (Role.LEARNER, Role.SIDE)),
            (_C.OPEN, _CE.SIGN_LAST): (_C.IN_FORCE, (Role.LEARNER, Role.SIDE)),
            (_C.OPEN, _CE.DECLINE): (_C.DECLINED, (Role.LEARNER, Role.SIDE)),
            # An institution that could end it would guarantee nothing: only the learner may give it up.
            (_C.IN_FORCE, _CE.END): (_C.ENDED, (Role.LEARNER,)),
        }
    ),
    events=MappingProxyType(
        {
            _CE.OFFER: ("提出", "offered"),
            _CE.SIGN: ("签署", "signed"),
            _CE.SIGN_LAST: ("签署齐全", "signed by the last side"),
            _CE.DECLINE: ("拒签", "declined"),
            _CE.END: ("终止", "ended"),
        }
    ),
    new=_C.NEW,
    refusal=CONTRACT_MOVE,
)

_ROLES: Mapping[Role, str] = {
    Role.DRAFTER: "起草人 drafter",
    Role.EXPERT: "专家 expert",
    Role.SIDE: "协议一方 side",
    Role.PUBLISHER: "总平台、接收机构 hub, receiver",
    Role.LEARNER: "学习者 learner",
    Role.NOBODY: "—",
}


def states_markdown() -> str:
    """The page ``docs/states/rule.md``: a diagram and both tables for each of the three lives."""
    lines = moves.heading("The life of a rule · 规则的一生", room="conversion")
    lines += [
        "Experts judge without seeing each other's opinion; at least two, and most of them, must agree. Both sides sign, two",
        "persons at least. A revision makes earlier opinions and signatures void. Rules of an agreement signed on paper may be",
        "published directly (`xuefen rules import`); the audit and the leaf say so.",
    ]
    for life in (PROPOSAL, RULE, CONTRACT):
        lines += _life(life)  # type: ignore[arg-type] # three tables of one shape
    return "\n".join(lines) + "\n"


def _life(life: Life[str, str]) -> list[str]:
    return [
        "",
        f"## {life.name[1]} · {life.name[0]}",
        "",
        *moves.drawn(
            [(state, facts.zh, facts.en, _ROLES[facts.acts]) for state, facts in life.states.items()],
            [
                (state, event, *life.events[event], to, ", ".join(_ROLES[role] for role in by))
                for (state, event), (to, by) in life.moves.items()
            ],
            ends=[state for state, facts in life.states.items() if facts.acts is Role.NOBODY],
            columns=("acts next", "by"),
        ),
    ]
