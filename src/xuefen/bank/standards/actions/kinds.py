"""New kinds of outcome: asked for by an issuer or the hub, answered by a standard within three months."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from xuefen.bank.audit import actions as audit
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.clock import stamp, today
from xuefen.bank.shell.problems import NOT_ALLOWED, Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case
from xuefen.bank.standards import queries
from xuefen.bank.standards.actions.moving import require
from xuefen.bank.standards.models import KindRequest, StandardVersion
from xuefen.bank.standards.rules import life, read_type_code
from xuefen.bank.standards.types import Pack
from xuefen.bank.standards.types.life import (
    KIND_ASKED,
    KIND_CLASS,
    KIND_CLOSED,
    KIND_KNOWN,
    KIND_TYPE,
    KIND_UNKNOWN,
    KindState,
)
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import ids
from xuefen.bedrock.canon import canonical


@use_case
def ask_kind(
    *, name: str, outcome_class: str, description: str, institution_code: str, by: Actor, now: datetime
) -> str:
    """Register a new kind of outcome; its time begins (three months by cn-2026). Its number.

    The hub may ask without an institution.

    Raises ``Denied``: not_allowed, institution_unknown, kind_class, kind_known, kind_asked, standard_words_needed (and _long,
    _controls).
    """
    scope = by.scope("standards.ask_kind")
    asker = institutions.by_code(institution_code) if institution_code else None
    if not scope.reaches(institution_id=asker.pk if asker else None):
        raise Denied(NOT_ALLOWED, action="standards.ask_kind")
    called = life.checked_words(name, place="name", most=60, least=2)
    if outcome_class not in set(OutcomeClass):
        raise Denied(KIND_CLASS, place="outcome_class")
    stored = life.checked_words(description, place="description", least=10)
    key, day = life.kind_key(called), today(now)
    packs = [loaded.pack for loaded in queries.in_force(on=day)]
    for pack in packs:
        if (found := life.type_named(key, pack.types)) is not None:
            raise Denied(KIND_KNOWN, place="name", type_code=found.code, name=found.zh)
    earlier = KindRequest.objects.filter(name_key=key, state=KindState.OPEN).first()
    if earlier is not None:
        raise Denied(KIND_ASKED, place="name", number=earlier.number)
    row = KindRequest.objects.create(
        number=ids.new_number(ids.NumberClass.TYPE),
        name=called,
        name_key=key,
        outcome_class=outcome_class,
        description=stored,
        institution=asker,
        asked_by=by.name,
        asked_at=now,
        asked_on=day,
        due_on=life.kind_due(day, packs),
    )
    _tell(row, "asked", by=by, now=now, more={"name": row.name, "due_on": row.due_on.isoformat()})
    return row.number


@use_case
def settle_kind(*, number: str, type_code: str, by: Actor, now: datetime) -> None:
    """Close a request with a type of a standard in force that covers it under another name.

    Raises ``Denied``: not_allowed, kind_unknown, kind_closed, type_code_check, kind_type.
    """
    require(by, "standards.publish")
    row, code = _lock(number), read_type_code(type_code)
    for loaded in queries.in_force(on=today(now)):
        if code in loaded.pack.types:
            _settle(row, version_id=loaded.id, type_code=code, by=by, now=now)
            return
    raise Denied(KIND_TYPE, place="type_code", type_code=code)


@use_case
def decline_kind(*, number: str, reason: str, by: Actor, now: datetime) -> None:
    """Close a request because the kind gets no standard. Raises ``Denied``: not_allowed, kind_unknown, kind_closed,
    standard_words_needed (and _long, _controls).
    """
    require(by, "standards.publish")
    row = _lock(number)
    row.reason = life.checked_words(reason, place="reason", most=life.NOTE_MOST)
    row.state, row.closed_at = KindState.DECLINED, now
    row.save(update_fields=["state", "reason", "closed_at"])
    _tell(row, "declined", by=by, now=now, more={})


@inside_transaction
def settle_named(version: StandardVersion, pack: Pack, *, by: Actor, now: datetime) -> None:
    """A version was published: requests for kinds that its type tree holds by name are settled by it."""
    for row in KindRequest.objects.select_for_update().filter(state=KindState.OPEN).order_by("id"):
        if (found := life.type_named(row.name_key, pack.types)) is not None:
            _settle(row, version_id=version.pk, type_code=found.code, by=by, now=now)


def _settle(row: KindRequest, *, version_id: int, type_code: str, by: Actor, now: datetime) -> None:
    row.state, row.closed_at, row.type_code, row.settled_by_id = KindState.SETTLED, now, type_code, version_id
    row.save(update_fields=["state", "closed_at", "type_code", "settled_by"])
    _tell(row, "settled", by=by, now=now, more={"type_code": type_code})


def _lock(number: str) -> KindRequest:
    row = KindRequest.objects.select_for_update().filter(number=number).first()
    if row is None:
        raise Denied(KIND_UNKNOWN)
    if row.state != KindState.OPEN:
        raise Denied(KIND_CLOSED)
    return row


def _tell(row: KindRequest, what: str, *, by: Actor, now: datetime, more: dict[str, Any]) -> None:
    fact = {"kind": f"standards.kind_{what}", "v": 1, "at": stamp(now), "request": row.number, **more}
    translog.append(body=canonical(fact))
    audit.record(action=f"standards.kind_{what}", by=by, now=now, subject=("kind", row.number), after=more or None)
