"""An officer looks at a submission: takes it, refuses it with a code of the standard, or asks for more."""

from __future__ import annotations

from datetime import datetime

from xuefen.bank.audit import actions as audit
from xuefen.bank.deposits import actions as deposits
from xuefen.bank.deposits.types import OutcomeFacts
from xuefen.bank.evidence import queries as evidence
from xuefen.bank.evidence.types import EVIDENCE_UNKNOWN, Content
from xuefen.bank.intake import queries, rules, states
from xuefen.bank.intake.actions.moving import move, pack_of, refuse_stale
from xuefen.bank.intake.actions.submitting import refuse_persons, single_of
from xuefen.bank.intake.models import Slip, SlipFile
from xuefen.bank.intake.types import SLIP_PERSON, SLIP_UNKNOWN, Event, Kind, State
from xuefen.bank.recognition import rules as recognition
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import use_case

CHECK = "submissions.check"


@use_case
def accept(*, number: str, version: int, note: str = "", by: Actor, now: datetime) -> OutcomeFacts:
    """What was shown is so: the outcome is deposited in this very transaction, judged as of today.

    Raises ``Denied``: not_allowed, slip_unknown, slip_person, slip_same_person, stale, slip_move, slip_institutions_only,
    note_long, text_controls, and everything a row can be refused with (the item may have been retired, or deposited by its
    issuer meanwhile).
    """
    slip = _locked(number, version, by)
    stored = rules.checked_note(note, needed=False)
    states.after(Kind.SUBMISSION, State(slip.state), Event.ACCEPT)
    refuse_persons(now=now)
    outcome = deposits.deposit_one(single=single_of(slip), by=by, now=now)
    slip.outcome_id = outcome.id
    move(slip, event=Event.ACCEPT, by=by, now=now, note=stored, leaf={"outcome": outcome.number})
    return outcome


@use_case
def refuse(*, number: str, version: int, reason_code: str, note: str, by: Actor, now: datetime) -> None:
    """With a code of the standard and the grounds. Raises as ``accept``, and reason_unknown, note_needed."""
    slip = _locked(number, version, by)
    stored = recognition.checked_refusal(pack_of(slip), reason_code=reason_code, note=note)
    move(slip, event=Event.REFUSE, by=by, now=now, reason_code=reason_code, note=stored)


@use_case
def ask_more(*, number: str, version: int, note: str, by: Actor, now: datetime) -> None:
    """Send it back with what is missing; the learner's own clock starts. Raises as ``refuse``."""
    slip = _locked(number, version, by)
    move(slip, event=Event.ASK_MORE, by=by, now=now, note=rules.checked_note(note, needed=True))


@use_case
def open_file(*, number: str, file_number: str, by: Actor, now: datetime) -> Content:
    """A file that lies with a slip in reach. Everybody's look but the holder's own is recorded.

    Raises ``Denied``: not_allowed, slip_unknown, evidence_unknown, evidence_gone.
    """
    slip = queries.one(by, number)
    file_id = SlipFile.objects.filter(slip=slip, file__number=file_number).values_list("file_id", flat=True).first()
    if file_id is None:
        raise Denied(EVIDENCE_UNKNOWN, place="file")
    found = evidence.content(file_id)
    if by.learner_id != slip.learner_id:
        audit.record(action="evidence.read", by=by, now=now, subject=("slip", slip.number), after={"file": file_number})
    return found


def _locked(number: str, version: int, by: Actor) -> Slip:
    scope = by.scope(CHECK)
    if by.user_id is None:
        raise Denied(SLIP_PERSON)
    slip = queries.lock(scope, number)
    if slip.kind != Kind.SUBMISSION or slip.version == 0:
        raise Denied(SLIP_UNKNOWN, place="number")
    rules.check_two_persons(filled_in_by=(slip.opened_by_id, slip.sent_by_id), checks=by.user_id)
    refuse_stale(slip, version)
    slip.decided_by_id = by.user_id
    return slip
