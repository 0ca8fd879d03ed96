"""Two persons sign a version into force; one retires it; one confirms it at its yearly revision."""

from __future__ import annotations

import base64
from datetime import date, datetime
from typing import Any

from xuefen.bank.audit import actions as audit
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.clock import stamp, today
from xuefen.bank.shell.keys import keys
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case
from xuefen.bank.standards import queries, states
from xuefen.bank.standards.actions.kinds import settle_named
from xuefen.bank.standards.actions.loading import new_version, refuse_overlap
from xuefen.bank.standards.actions.moving import lock, lock_code, move, person, require
from xuefen.bank.standards.models import StandardProposal, StandardSignature, StandardVersion
from xuefen.bank.standards.rules import life, parse_pack
from xuefen.bank.standards.types import PACK_OVERLAPS, Pack
from xuefen.bank.standards.types.life import RETIRED_ALREADY, Event, State
from xuefen.bank.translog import actions as translog
from xuefen.bedrock.canon import canonical


@use_case
def sign(*, number: str, by: Actor, now: datetime) -> Event:
    """Sign a version for publication. The first signature waits for the second, which must be another person's and puts the
    version in force from its first day; the version before it ends on that day. Tells which of the two this was.

    Raises ``Denied``: not_allowed, standard_person_needed, not_found, standard_move_not_allowed, standard_proposer_excluded,
    standard_signed_already, standard_effective_passed, pack_overlaps.
    """
    user_id = person(by, "standards.publish")
    proposal = lock(number)
    states.after(State(proposal.state), Event.SIGN)
    signed = dict(StandardSignature.objects.filter(proposal=proposal).order_by("id").values_list("user_id", "name"))
    event = life.check_signer(user_id=user_id, proposer_id=proposal.proposed_by_id, signed=signed)
    life.check_effective(proposal.effective_from, today=today(now))
    StandardSignature.objects.create(proposal=proposal, user_id=user_id, name=by.name, digest=proposal.digest, at=now)
    if event is Event.SIGN:
        move(proposal, event=event, by=by, now=now, after={"signature": 1})
    else:
        _publish(proposal, names=[*signed.values(), by.name], by=by, now=now)
    return event


@inside_transaction
def _publish(proposal: StandardProposal, *, names: list[str], by: Actor, now: datetime) -> None:
    lock_code(proposal.code)
    pack = parse_pack(proposal.body)
    _end_the_one_before(pack, by=by, now=now)
    refuse_overlap(pack, list(StandardVersion.objects.filter(code=pack.code)))
    said = _publication(proposal, names=names, now=now)
    signature = _signature(said)
    proposal.standard_version = new_version(
        pack,
        body=proposal.body,
        digest=proposal.digest,
        now=now,
        publication=canonical({"publication": said, "signature": signature}),
    )
    about = {"effective_from": said["effective_from"], "signed_by": names}
    move(proposal, event=Event.PUBLISH, by=by, now=now, leaf={**about, "signature": signature}, after=about)
    settle_named(proposal.standard_version, pack, by=by, now=now)


def _publication(proposal: StandardProposal, *, names: list[str], now: datetime) -> dict[str, Any]:
    """What the two persons put their names to."""
    return {
        "kind": "standards.publication",
        "v": 1,
        "at": stamp(now),
        "proposal": proposal.number,
        "code": proposal.code,
        "version": proposal.version,
        "digest": proposal.digest,
        "effective_from": proposal.effective_from.isoformat(),
        "signed_by": names,
    }


def _signature(said: dict[str, Any]) -> dict[str, str]:
    """The node's signature over the canonical bytes of ``said``."""
    signer = keys().signer("certificates")
    return {
        "algorithm": signer.algorithm,
        "public_key": signer.public.raw.hex(),
        "value": base64.b64encode(signer.sign(canonical(said))).decode(),
    }


def _end_the_one_before(pack: Pack, *, by: Actor, now: datetime) -> None:
    """The version whose time has no end before this one's first day ends on it."""
    for row in StandardVersion.objects.filter(code=pack.code, effective_from__lt=pack.effective_from):
        if row.retired_on is None or row.retired_on > pack.effective_from:
            reason = f"第 {pack.version} 版接替 succeeded by version {pack.version}"
            _retire(row, on=pack.effective_from, reason=reason, by=by, now=now)


@use_case
def retire(*, version_id: int, on: date, reason: str, by: Actor, now: datetime) -> None:
    """Set the first day on which a version no longer applies, with the reason; a successor may begin that day.

    Raises ``Denied``: not_allowed, standard_unknown, standard_retired_already, pack_overlaps (the day lies inside another
    version's time, or not after its own first day), standard_effective_passed (the day is past), standard_words_needed.
    """
    require(by, "standards.publish")
    loaded = queries.by_id(version_id)
    lock_code(loaded.code)
    row = StandardVersion.objects.get(id=version_id)
    stored = life.checked_words(reason, place="reason", most=400)
    life.check_effective(on, today=today(now))
    others = StandardVersion.objects.filter(code=row.code).exclude(id=row.id)
    clash = others.filter(effective_from__gt=row.effective_from, effective_from__lt=on).first()
    if clash or on <= row.effective_from:
        other = clash.version if clash else row.version
        raise Denied(PACK_OVERLAPS, place="retired_on", code=row.code, version=row.version, other=other)
    _retire(row, on=on, reason=stored, by=by, now=now)


@inside_transaction
def _retire(row: StandardVersion, *, on: date, reason: str, by: Actor, now: datetime) -> None:
    proposal = StandardProposal.objects.select_for_update().get(standard_version=row)
    if proposal.state == State.RETIRED:
        raise Denied(RETIRED_ALREADY, on=str(row.retired_on))
    before = row.retired_on.isoformat() if row.retired_on else None
    row.retired_on, row.retired_reason = on, reason
    row.save(update_fields=["retired_on", "retired_reason"])
    move(
        proposal,
        event=Event.RETIRE,
        by=by,
        now=now,
        reason=reason,
        leaf={"retired_on": on.isoformat()},
        after={"retired_on": on.isoformat(), "retired_on_before": before},
    )


@use_case
def confirm_review(*, version_id: int, note: str, by: Actor, now: datetime) -> date:
    """The yearly revision found nothing to change; the day of the next one.

    Raises ``Denied``: not_allowed, standard_unknown, standard_words_needed (and _long, _controls).
    """
    require(by, "standards.publish")
    loaded = queries.by_id(version_id)
    row = StandardVersion.objects.select_for_update().get(id=version_id)
    stored = life.checked_words(note, place="note", most=life.NOTE_MOST)
    row.review_on, row.review_reminded_on = life.review_day(today(now), loaded.pack), None
    row.save(update_fields=["review_on", "review_reminded_on"])
    fact = {
        "kind": "standards.reviewed",
        "v": 1,
        "at": stamp(now),
        "code": loaded.code,
        "version": loaded.version,
        "next": row.review_on.isoformat(),
    }
    translog.append(body=canonical(fact))
    audit.record(
        action="standards.review",
        by=by,
        now=now,
        subject=("standard", f"{loaded.code}/{loaded.version}"),
        reason=stored,
        after={"review_on": row.review_on.isoformat()},
    )
    return row.review_on
