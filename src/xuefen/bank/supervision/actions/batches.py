"""Revoking a whole batch, with all that rests on its outcomes (docs/revocation.md): decided once, then done chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import OperationalError
from psycopg.errors import DeadlockDetected

from xuefen.bank.deposits import actions as deposits
from xuefen.bank.deposits import queries as outcomes
from xuefen.bank.deposits.actions import Standing
from xuefen.bank.deposits.types import BatchFacts, BatchState
from xuefen.bank.ledger.types import CREDIT_NOT_FREE
from xuefen.bank.recognition import actions as recognition
from xuefen.bank.recognition import queries as applications
from xuefen.bank.recognition.states import UNDER_WAY
from xuefen.bank.recognition.types import State
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import use_case
from xuefen.bank.supervision.actions.taking_back import publish, take

CHUNK_OUTCOMES = 1000
MOST_USED = 50
"""Outcomes of a chunk that archived conversions rest on: each is an act of its own, and a chunk should not take minutes."""
_ATTEMPTS = 5
Users = dict[int, list[tuple[int, State]]]


class _Done(NamedTuple):
    """What one chunk did; ``outcomes`` is None when nothing is left and the batch is closed."""

    outcomes: int | None
    doubted: tuple[str, ...] = ()


@use_case
def begin_batch(*, number: str, reason: str, by: Actor, now: datetime) -> BatchFacts:
    """Decide that a whole batch is taken back; ``run_batch``, now or in a job, does it.

    Raises ``Denied``: not_allowed, batch_unknown, reason_missing, batch_not_whole, batch_move, nothing_to_revoke.
    """
    return deposits.begin_revoking(number=number, reason=reason, by=by, now=now)


def run_batch(
    *,
    batch_id: int,
    now: datetime,
    progress: Callable[[int, int], None] | None = None,
    chunk: int = CHUNK_OUTCOMES,
) -> None:
    """Take back what is left of a batch that is being revoked, in the name of whoever decided it; one that is not is left alone.

    Each chunk is one transaction. Killed anywhere, the next run goes on; two runs at once take turns. Raises
    ``Denied(credit_not_free)`` when applications took hold of the credit again and again: run it once more.
    """
    while True:
        done = _again(batch_id=batch_id, now=now, chunk=chunk)
        publish(done.doubted, now=now)
        told = outcomes.revocation(batch_id)
        if progress and told is not None:
            progress(told.withdrawn + told.revoked, told.outcomes)
        if done.outcomes is None:
            return


def _again(*, batch_id: int, now: datetime, chunk: int) -> _Done:
    """One chunk, tried again when somebody used its credit at that moment or stood in its way."""
    for attempts_left in reversed(range(_ATTEMPTS)):
        try:
            return _chunk(batch_id=batch_id, now=now, size=chunk)
        except Denied as denied:
            if denied.problem is not CREDIT_NOT_FREE or not attempts_left:
                raise
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected) or not attempts_left:
                raise
    raise AssertionError("the last attempt returns or raises")


@use_case
def _chunk(*, batch_id: int, now: datetime, size: int) -> _Done:
    revocation = deposits.lock_revocation(batch_id)
    if revocation is None:
        return _Done(None)
    by = Actor(kind=revocation.by_kind, name=revocation.by_name, user_id=revocation.by_user_id)
    rows = deposits.standing_of(batch_id, limit=size)
    if not rows:
        deposits.end_revoking(revocation, by=by, now=now)
        return _Done(None)
    rows, users = _cut(rows, applications.users_of_all([row.id for row in rows]))
    for learner_id in sorted({row.learner_id for row in rows if row.id in users}):
        recognition.one_at_a_time(learner_id)
    # asked again: nobody applies with these outcomes from here on
    users = applications.users_of_all([row.id for row in rows])
    reason = revocation.reason
    under_way = sorted({pk for found in users.values() for pk, state in found if state in UNDER_WAY})
    for pk in under_way:
        recognition.void(application_id=pk, note=reason, by=by, now=now)
    settled = [row for row in rows if _rests(users.get(row.id, []))]
    doubted = [
        number
        for row in settled
        for number in take(number=row.number, correction=None, reason=reason, by=by, now=now).doubted
    ]
    held = {row.id for row in settled}
    free = [row for row in rows if row.id not in held]
    if free:
        deposits.withdraw(batch=revocation.batch, rows=free, reason=reason, by=by, now=now)
    fresh = {pk for found in users.values() for pk, state in found if state is State.ARCHIVED}
    deposits.advance(revocation, withdrawn=len(free), revoked=len(settled), ended=len(under_way), doubted=len(fresh))
    return _Done(len(rows), tuple(doubted))


def _rests(users: Sequence[tuple[int, State]]) -> bool:
    """Whether an archived conversion, or one in doubt, rests on an outcome."""
    return any(state not in UNDER_WAY for _, state in users)


def _cut(rows: list[Standing], users: Users) -> tuple[list[Standing], Users]:
    """The rows up to the last of ``MOST_USED`` that something uses."""
    used = [place for place, row in enumerate(rows) if row.id in users]
    if len(used) > MOST_USED:
        rows = rows[: used[MOST_USED]]
    return rows, {row.id: users[row.id] for row in rows if row.id in users}


def revoke_batch(
    *,
    number: str,
    reason: str,
    by: Actor,
    now: datetime,
    progress: Callable[[int, int], None] | None = None,
    chunk: int = CHUNK_OUTCOMES,
) -> BatchFacts:
    """Decide it and do it to its end, or go on with one that was decided. Raises as ``begin_batch`` and ``run_batch``."""
    scope = by.scope("outcomes.correct")
    facts = outcomes.batch(scope, number)
    if facts.state is not BatchState.REVOKING:
        facts = begin_batch(number=number, reason=reason, by=by, now=now)
    run_batch(batch_id=facts.id, now=now, progress=progress, chunk=chunk)
    return outcomes.batch(EVERYTHING, number)
