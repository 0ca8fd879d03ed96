"""Proposing a version, comparing it, turning it down or taking it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import NOT_ALLOWED, Denied
from xuefen.bank.shell.transaction import use_case
from xuefen.bank.standards import states
from xuefen.bank.standards.actions.loading import digest_of, new_proposal
from xuefen.bank.standards.actions.moving import lock, lock_code, move, person, require
from xuefen.bank.standards.models import StandardComparison, StandardProposal, StandardVersion
from xuefen.bank.standards.rules import life, parse_pack
from xuefen.bank.standards.types.life import PROPOSAL_RUNNING, VERDICT_UNKNOWN, Event, State, Verdict
from xuefen.bedrock.gm.sm3 import sm3


@use_case
def propose(*, body: Mapping[str, Any], note: str, by: Actor, now: datetime) -> str:
    """Propose the next version of a standard, or the first of a new one; its number. ``note`` says why.

    Raises ``Denied``: not_allowed, pack_invalid (with every error), standard_words_needed (and _long, _controls),
    standard_version_not_next, standard_proposal_running.
    """
    require(by, "standards.propose")
    pack = parse_pack(body)
    stored_note = life.checked_words(note, place="note", most=life.NOTE_MOST)
    digest = digest_of(body)
    lock_code(pack.code)
    running = StandardProposal.objects.filter(code=pack.code, state__in=sorted(states.RUNNING)).first()
    if running is not None:
        raise Denied(PROPOSAL_RUNNING, code=pack.code, number=running.number)
    published = set(StandardVersion.objects.filter(code=pack.code).values_list("version", flat=True))
    life.check_next_version(code=pack.code, version=pack.version, published=published)
    proposal = new_proposal(pack, body=body, digest=digest, by=by, now=now, note=stored_note)
    move(proposal, event=Event.PROPOSE, by=by, now=now, after={"proposal": proposal.number, "digest": digest})
    return proposal.number


@use_case
def compare(*, number: str, verdict: str, reasons: str, by: Actor, now: datetime) -> None:
    """An expert says how the proposal compares with what is in force. Nobody sees another's opinion before giving one.

    Raises ``Denied``: not_allowed, standard_person_needed, not_found, standard_move_not_allowed, standard_proposer_excluded,
    standard_compared_already, standard_verdict_unknown, standard_words_needed (and _long, _controls).
    """
    user_id = person(by, "standards.compare")
    proposal = lock(number)
    states.after(State(proposal.state), Event.COMPARE)
    compared = set(StandardComparison.objects.filter(proposal=proposal).values_list("user_id", flat=True))
    life.check_comparer(user_id=user_id, proposer_id=proposal.proposed_by_id, compared=compared)
    if verdict not in set(Verdict):
        raise Denied(VERDICT_UNKNOWN, place="verdict")
    stored = life.checked_words(reasons, place="reasons")
    StandardComparison.objects.create(
        proposal=proposal, user_id=user_id, name=by.name, verdict=verdict, reasons=stored, at=now
    )
    said = {"verdict": verdict, "reasons_sm3": sm3(stored.encode()).hex()}
    move(proposal, event=Event.COMPARE, by=by, now=now, leaf=said, after={"verdict": verdict})


@use_case
def reject(*, number: str, reason: str, by: Actor, now: datetime) -> None:
    """Turn a running proposal down. Raises ``Denied``: not_allowed, not_found, standard_move_not_allowed,
    standard_words_needed (and _long, _controls).
    """
    require(by, "standards.publish")
    _end(number, event=Event.REJECT, reason=reason, by=by, now=now)


@use_case
def withdraw(*, number: str, reason: str, by: Actor, now: datetime) -> None:
    """Its proposer takes a running proposal back. Raises as ``reject``."""
    require(by, "standards.propose")
    if lock(number).proposed_by_id != by.user_id:
        raise Denied(NOT_ALLOWED, action="standards.withdraw")
    _end(number, event=Event.WITHDRAW, reason=reason, by=by, now=now)


def _end(number: str, *, event: Event, reason: str, by: Actor, now: datetime) -> None:
    proposal = lock(number)
    states.after(State(proposal.state), event)
    stored = life.checked_words(reason, place="reason", most=life.NOTE_MOST)
    move(proposal, event=event, by=by, now=now, reason=stored, leaf={"reason_sm3": sm3(stored.encode()).hex()})
