"""One move of a proposal: its row, its state, its audit entry and its leaf, all in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from xuefen.bank.audit import actions as audit
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.clock import stamp
from xuefen.bank.shell.problems import NOT_ALLOWED, NOT_FOUND, Denied
from xuefen.bank.shell.transaction import inside_transaction, wait_turn
from xuefen.bank.standards import states
from xuefen.bank.standards.models import StandardMove, StandardProposal
from xuefen.bank.standards.types.life import PERSON_NEEDED, Event, State
from xuefen.bank.translog import actions as translog
from xuefen.bedrock.canon import canonical

LEAF_KINDS: Mapping[Event, str] = {
    Event.LOAD: "standards.loaded",
    Event.PUBLISH: "standards.published",
    Event.RETIRE: "standards.retired",
}
"""The leaves that change what is in force have kinds of their own; every other move is ``standards.move``."""
ACTIONS: Mapping[Event, str] = {Event.LOAD: "standards.load"}


@inside_transaction
def lock_code(code: str) -> None:
    """One writer per standard: row locks would not keep two acts from both finding the days free."""
    wait_turn("standard", code)


@inside_transaction
def lock(number: str) -> StandardProposal:
    """The proposal, locked. Raises ``Denied(not_found)``."""
    found = StandardProposal.objects.select_for_update().filter(number=number).first()
    if found is None:
        raise Denied(NOT_FOUND, place="number")
    return found


def require(by: Actor, action: str) -> None:
    """Raise ``Denied(not_allowed)`` unless the actor may do this for the whole bank."""
    if not by.scope(action).everything:
        raise Denied(NOT_ALLOWED, action=action)


def person(by: Actor, action: str) -> int:
    """The user id of a person who may do this. Raises ``Denied``: not_allowed, standard_person_needed."""
    require(by, action)
    if by.user_id is None:
        raise Denied(PERSON_NEEDED)
    return by.user_id


@inside_transaction
def move(
    proposal: StandardProposal,
    *,
    event: Event,
    by: Actor,
    now: datetime,
    reason: str = "",
    leaf: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> StandardProposal:
    """Make one move of a locked (or new) proposal. ``leaf`` is said in the log besides the move itself, ``after`` in the
    audit trail. Raises ``Denied(standard_move_not_allowed)``.
    """
    origin = State(proposal.state) if proposal.pk else State.NEW
    to = states.after(origin, event).to
    if to is not origin:
        proposal.entered_at = now
    proposal.state, proposal.moves_made = to, proposal.moves_made + 1
    proposal.save()
    StandardMove.objects.create(
        proposal=proposal,
        seq=proposal.moves_made,
        from_state=origin,
        event=event,
        to_state=to,
        actor_kind=by.kind,
        actor_name=by.name,
        user_id=by.user_id,
        reason=reason,
        at=now,
        leaf_id=translog.append(body=_leaf(proposal, origin, event, now=now, more=leaf or {})),
    )
    audit.record(
        action=ACTIONS.get(event, f"standards.{event}"),
        by=by,
        now=now,
        subject=("standard", f"{proposal.code}/{proposal.version}"),
        reason=reason,
        before={"state": origin} if origin is not State.NEW else None,
        after={"state": to, **(after or {})} if event is not Event.LOAD else after,
    )
    return proposal


def _leaf(proposal: StandardProposal, origin: State, event: Event, *, now: datetime, more: Mapping[str, Any]) -> bytes:
    said: dict[str, Any] = {
        "kind": LEAF_KINDS.get(event, "standards.move"),
        "v": 1,
        "at": stamp(now),
        "code": proposal.code,
        "version": proposal.version,
        "digest": proposal.digest,
    }
    if event not in LEAF_KINDS:
        said |= {"from": origin.value, "event": event.value, "to": proposal.state}
    if event is not Event.LOAD:
        said |= {"proposal": proposal.number, "seq": proposal.moves_made}
    return canonical({**said, **more})
