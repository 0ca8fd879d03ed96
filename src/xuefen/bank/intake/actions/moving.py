"""The one mover: nothing else changes a slip's state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from xuefen.bank.audit import actions as audit
from xuefen.bank.evidence import queries as evidence
from xuefen.bank.intake import queries, rules, states
from xuefen.bank.intake.models import Slip, SlipFile, SlipMove
from xuefen.bank.intake.types import SLIP_HOLDER_GONE, Event, Kind, State
from xuefen.bank.learners import queries as learners
from xuefen.bank.learners import rules as learner_rules
from xuefen.bank.learners.types import LearnerFacts
from xuefen.bank.recognition.types import Clock
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.clock import stamp
from xuefen.bank.shell.problems import STALE, Denied
from xuefen.bank.shell.transaction import inside_transaction
from xuefen.bank.standards import queries as standards
from xuefen.bank.standards.types import Pack
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon

_MOVING = (
    "state", "version", "natural_key", "sent_by", "decided_by", "outcome", "entered_at", "due_at", "remind_at", "reminded_at",
    "reminders",
)  # fmt: skip


def holder_of(slip: Slip) -> tuple[LearnerFacts, bytes]:
    """The holder and their key. Raises ``Denied(slip_holder_gone)``."""
    facts = learners.facts_of([slip.learner_id])[slip.learner_id]
    if facts.data_key is None:
        raise Denied(SLIP_HOLDER_GONE)
    return facts, facts.data_key


def pack_of(slip: Slip) -> Pack:
    """The standard the slip was opened under; a later one does not change its checklist and clocks."""
    return standards.by_id(slip.standard_version_id).pack


def refuse_stale(slip: Slip, version: int | None) -> None:
    """Raise ``Denied(stale)`` when the slip has moved since it was seen."""
    if version is not None and slip.version != version:
        raise Denied(STALE, place="version")


@inside_transaction
def move(
    slip: Slip,
    *,
    event: Event,
    by: Actor,
    now: datetime,
    clock: Clock | None = None,
    reason_code: str = "",
    note: str = "",
    leaf: Mapping[str, Any] | None = None,
) -> Slip:
    """Make one move of a locked (or new) slip: its state, its row, its audit entry, its leaf. ``clock`` is that of the state it
    enters where the standard's does not run.
    """
    kind, origin = Kind(slip.kind), State(slip.state)
    to = states.after(kind, origin, event).to
    rules.check_moment(kind, origin, event, due_at=slip.due_at, now=now)
    slip.state, slip.version, slip.entered_at = to, slip.version + 1, now
    clock = clock or rules.clock_of(to, pack_of(slip), now=now)
    slip.due_at = clock.due_at if clock else None
    slip.remind_at = clock.reminders[0] if clock and clock.reminders else None
    slip.reminded_at, slip.reminders = None, 0
    slip.save(update_fields=None if origin is State.NEW else _MOVING)
    said = {
        "kind": "slip.move",
        "v": 1,
        "at": stamp(now),
        "slip": slip.number,
        "seq": slip.version,
        "from": origin.value,
        "event": event.value,
        "to": to.value,
        **(leaf or {}),
    }
    if reason_code:
        said["reason"] = reason_code
    SlipMove.objects.create(
        slip=slip,
        seq=slip.version,
        from_state=origin,
        event=event,
        to_state=to,
        actor_kind=by.kind,
        actor_name=by.name if by.kind in ("staff", "system") else "",
        reason_code=reason_code,
        note_sealed=_sealed(slip, note),
        at=now,
        leaf_id=translog.append(body=canon.canonical(said)),
    )
    audit.record(
        action=f"slip.{event}",
        by=by,
        now=now,
        subject=("slip", slip.number),
        reason=reason_code,
        before={"state": origin.value},
        after={"state": to.value, "version": slip.version},
    )
    return slip


def _sealed(slip: Slip, note: str) -> bytes:
    """A slip without a note moves also when its holder can no longer be read: an old backup may bring such slips back."""
    if not note:
        return b""
    _, data_key = holder_of(slip)
    return rules.seal_note(note, data_key=data_key, number=slip.number, seq=slip.version)


def told(slip: Slip) -> dict[str, str]:
    """What the leaf of a sending or an offer says of whom and what: public codes, and commitments under the holder's key."""
    holder, data_key = holder_of(slip)
    salt = learner_rules.leaf_salt(data_key, slip.number)
    form = rules.open_form(bytes(slip.sealed), data_key=data_key, number=slip.number)
    file_ids = list(SlipFile.objects.filter(slip_id=slip.pk).values_list("file_id", flat=True).distinct())
    item = queries.item_of(slip)
    return {
        "issuer": slip.issuer.code,
        "item": f"{item.code}@{item.version}",
        "standard": pack_of(slip).name,
        "holder": learner_rules.holder_commitment(salt, holder.account_no),
        **rules.content_commitments(form, evidence.marks(file_ids), salt=salt),
    }
