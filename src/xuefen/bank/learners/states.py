"""How an account moves between its states."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from xuefen.bank.learners.types import ACCOUNT_STATE, AccountState
from xuefen.bank.shell.problems import Denied

MOVES: Mapping[tuple[AccountState, str], AccountState] = MappingProxyType(
    {
        (AccountState.OPEN, "freeze"): AccountState.FROZEN,
        (AccountState.FROZEN, "unfreeze"): AccountState.OPEN,
        (AccountState.OPEN, "erase"): AccountState.CLOSED,
        (AccountState.FROZEN, "erase"): AccountState.CLOSED,
    }
)
"""(from, event) → to. Freezing is an act of a branch or a supervisor, with a reason; erasing one of two officers (custody)."""


def after(state: AccountState, event: str) -> AccountState:
    """The state after ``event``. Raises ``Denied(account_state)`` when the table has no such move."""
    if (state, event) not in MOVES:
        raise Denied(ACCOUNT_STATE, state=state.value)
    return MOVES[state, event]
