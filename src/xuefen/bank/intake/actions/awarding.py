"""An issuer awards an outcome; the learner claims it, or does not want it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from xuefen.bank.deposits import actions as deposits
from xuefen.bank.deposits import queries as outcomes
from xuefen.bank.deposits.actions import Single
from xuefen.bank.deposits.types import OutcomeFacts
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.intake import queries, rules
from xuefen.bank.intake.actions.moving import move, refuse_stale, told
from xuefen.bank.intake.actions.submitting import new_slip, once, single_of
from xuefen.bank.intake.models import Slip
from xuefen.bank.intake.types import (
    MOST_AWARDS,
    SLIP_TWICE,
    SLIP_UNKNOWN,
    TOO_MANY_AWARDS,
    Award,
    Event,
    Kind,
    Offered,
    State,
)
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.problems import NOT_ALLOWED, Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case
from xuefen.bedrock import ids

PUSH, ANSWER = "awards.push", "awards.answer"


@use_case
def push(*, issuer_code: str, award: Award, by: Actor, now: datetime) -> Offered:
    """Award one outcome; the learner is told and has ``award.days`` to answer. Exactly the same award again is that one.

    Raises ``Denied``: not_allowed, institution_unknown, claim_days, slip_twice, note_long, text_controls, and everything a row
    of a sheet can be refused with, with its field as ``place``.
    """
    return _push(_issuer(issuer_code, by), award, by=by, now=now)


@use_case
def push_many(*, issuer_code: str, awards: Sequence[Award], by: Actor, now: datetime) -> list[Offered]:
    """Many awards of one call, in their order; one that cannot be offered says why and does not stop the others.

    Raises ``Denied``: not_allowed, institution_unknown, too_many_awards.
    """
    if len(awards) > MOST_AWARDS:
        raise Denied(TOO_MANY_AWARDS, place="awards", most=MOST_AWARDS)
    issuer = _issuer(issuer_code, by)
    answers = []
    for award in awards:
        try:
            answers.append(_push(issuer, award, by=by, now=now))
        except Denied as denied:
            answers.append(Offered(code=denied.code, zh=denied.sentence("zh"), en=denied.sentence("en")))
    return answers


@use_case
def claim(*, number: str, by: Actor, now: datetime) -> OutcomeFacts:
    """The learner takes it: the outcome is deposited in this very transaction. A second click finds the first one's outcome.

    Raises ``Denied``: not_allowed, slip_unknown, slip_move, slip_late, and everything a row can be refused with (the issuer's
    qualification may have ended meanwhile).
    """
    slip = _locked(by, number, ANSWER)
    if slip.state == State.CLAIMED and slip.outcome_id is not None:
        return outcomes.outcome(EVERYTHING, queries.outcome_number(slip))
    rules.check_moment(Kind.AWARD, State(slip.state), Event.CLAIM, due_at=slip.due_at, now=now)
    outcome = deposits.deposit_one(single=single_of(slip), by=by, now=now)
    slip.outcome_id = outcome.id
    move(slip, event=Event.CLAIM, by=by, now=now, leaf={"outcome": outcome.number})
    return outcome


@use_case
def decline(*, number: str, note: str = "", by: Actor, now: datetime) -> None:
    """The learner does not want it. Raises ``Denied``: not_allowed, slip_unknown, slip_move, slip_late, note_long,
    text_controls.
    """
    slip = _locked(by, number, ANSWER)
    move(slip, event=Event.DECLINE, by=by, now=now, note=rules.checked_note(note, needed=False))


@use_case
def take_back(*, number: str, version: int | None, note: str, by: Actor, now: datetime) -> None:
    """The issuer takes it back before it is answered, with the reason.

    Raises ``Denied``: not_allowed, slip_unknown, stale, slip_move, note_needed, note_long, text_controls.
    """
    slip = _locked(by, number, PUSH)
    refuse_stale(slip, version)
    move(slip, event=Event.TAKE_BACK, by=by, now=now, note=rules.checked_note(note, needed=True))


# --- building blocks -------------------------------------------------------------------------------------------------


def _issuer(issuer_code: str, by: Actor) -> tuple[int, str]:
    """Id and code of the issuer, if ``by`` may award for it."""
    scope = by.scope(PUSH)
    issuer = institutions.by_code(issuer_code)
    if not scope.reaches(institution_id=issuer.pk, place_path=issuer.place.path):
        raise Denied(NOT_ALLOWED, action=PUSH)
    return issuer.pk, issuer.code


@inside_transaction
def _push(issuer: tuple[int, str], award: Award, *, by: Actor, now: datetime) -> Offered:
    clock = rules.claim_clock(award.days, now=now)
    form = rules.checked_form(award.form)
    values = rules.row_values(
        form,
        account=award.account,
        item_code=award.item_code.strip(),
        version=award.version.strip(),
        name=award.name.strip(),
    )
    single = Single(issuer_id=issuer[0], issuer_code=issuer[1], values=values)
    one = deposits.judged_one(single=single, now=now)
    slip = new_slip(
        learner_id=one.learner.id, item=one.item, kind=Kind.AWARD, state=State.NEW, form=form, by=by, now=now
    )
    slip.natural_key = one.key
    credits = one.worth.credits
    try:
        with once(slip):
            move(slip, event=Event.OFFER, by=by, now=now, clock=clock, leaf=told(slip))
    except Denied as denied:
        waiting = queries.same_award(slip) if denied.problem is SLIP_TWICE else None
        if waiting is None:
            raise
        return Offered(number=waiting, credits=credits, already=True)
    return Offered(number=slip.number, credits=credits)


def _locked(by: Actor, number: str, action: str) -> Slip:
    slip = queries.lock(by.scope(action), ids.normalise(number))
    if slip.kind != Kind.AWARD:
        raise Denied(SLIP_UNKNOWN, place="number")
    return slip
