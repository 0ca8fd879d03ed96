"""Good deeds: told by whoever did them, confirmed or declined by somebody else."""

from __future__ import annotations

from datetime import date, datetime

from xuefen.bank.activities import rules
from xuefen.bank.activities.actions.common import hold_deed, hold_period
from xuefen.bank.activities.actions.confirming import Happened, open_period, write
from xuefen.bank.activities.actions.joining import own_account
from xuefen.bank.activities.models import Deed
from xuefen.bank.activities.queries.happening import DEED_AAD, standing
from xuefen.bank.activities.queries.schemes import scheme_in_force
from xuefen.bank.activities.types import (
    DEED_DAY,
    DEED_SELF,
    DEED_SETTLED,
    DEED_UNKNOWN,
    DEED_WITNESS,
    KIND_UNKNOWN,
    How,
)
from xuefen.bank.audit import actions as audit
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.learners import queries as learners
from xuefen.bank.learners.types import ACCOUNT_STATE, AccountState, LearnerFacts
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.clock import today
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import use_case
from xuefen.bedrock import ids
from xuefen.bedrock.gm import seal

DEED_MOST = 300
REASON_MOST = 200


@use_case
def report_deed(
    *,
    institution_code: str,
    kind: str,
    text: str,
    done_on: date,
    learner_id: int,
    by: Actor,
    now: datetime,
    witness_account: str = "",
    scheme_code: str = "",
) -> str:
    """Tell of a good deed; it counts when the named witness, or the institution, has confirmed it. Its number.

    Raises ``Denied``: not_allowed, institution_unknown, scheme_none, kind_unknown, activity_text, deed_day, deed_witness,
    deed_self, account_state, period_closed.
    """
    own_account(learner_id, by=by)
    text = rules.short_text(text, place="text", most=DEED_MOST)
    institution = institutions.by_code(institution_code)
    if done_on > today(now):
        raise Denied(DEED_DAY, place="done_on")
    row = scheme_in_force(done_on, institution_id=institution.pk, code=scheme_code)
    found = row.scheme.kinds.get(kind)
    if found is None or How.SECOND not in found.confirm:
        raise Denied(KIND_UNKNOWN, place="kind")
    what = Happened(
        institution_id=institution.pk, institution_code=institution.code, scheme_id=row.id, scheme=row.scheme, kind=kind,
        on=done_on, how=How.SECOND,
    )  # fmt: skip
    open_period(what, now=now)
    person = learners.facts_of([learner_id])[learner_id]
    if person.state is not AccountState.OPEN or person.data_key is None:
        raise Denied(ACCOUNT_STATE, state=person.state.value)
    witness = _witness(witness_account, learner_id)
    number = ids.new_number(ids.NumberClass.DEED)
    Deed.objects.create(
        number=number, institution=institution, scheme_id=row.id, kind=kind, learner_id=learner_id, done_on=done_on,
        text_sealed=seal(person.data_key, text.encode(), aad=f"{DEED_AAD}{number}".encode()),
        witness_id=witness.id if witness else None, reported_at=now,
    )  # fmt: skip
    audit.record(
        action="activities.deed_reported",
        by=by,
        now=now,
        subject=("deed", number),
        after={"institution": institution.code},
    )
    return number


def _witness(account: str, learner_id: int) -> LearnerFacts | None:
    wanted = ids.normalise(account)
    if not wanted:
        return None
    found = learners.resolve(account_nos=[wanted]).by_account.get(wanted)
    if found is None or found.state is not AccountState.OPEN:
        raise Denied(DEED_WITNESS, place="witness")
    if found.id == learner_id:
        raise Denied(DEED_SELF, place="witness")
    return found


@use_case
def confirm_deed(*, number: str, by: Actor, now: datetime) -> str:
    """Confirm a good deed as its named witness or as staff of the institution. The participation's number.

    Raises ``Denied``: not_allowed, deed_unknown, deed_self, deed_settled, period_closed, account_state.
    """
    deed = _settled_by(number, by=by)
    hold_period(deed.institution_id, alone=False)
    _still_open(deed)
    person = learners.facts_of([deed.learner_id])[deed.learner_id]
    if person.state is not AccountState.OPEN:
        raise Denied(ACCOUNT_STATE, state=person.state.value)
    what = Happened(
        institution_id=deed.institution_id,
        institution_code=deed.institution.code,
        scheme_id=deed.scheme_id,
        scheme=rules.stored_scheme(deed.scheme.body),
        kind=deed.kind,
        on=deed.done_on,
        how=How.SECOND,
        deed_id=deed.pk,
    )
    return write([person], what, by=by, now=now, second=by.learner_id)[0]


@use_case
def decline_deed(*, number: str, reason: str, by: Actor, now: datetime) -> None:
    """Say that a good deed cannot be confirmed, and why.

    Raises ``Denied``: not_allowed, deed_unknown, deed_self, deed_settled, activity_text.
    """
    reason = rules.short_text(reason, place="reason", most=REASON_MOST)
    deed = _settled_by(number, by=by)
    _still_open(deed)
    deed.declined_at, deed.decline_reason = now, reason
    deed.declined_by = by.name if by.kind != "learner" else ""
    deed.save(update_fields=["declined_at", "declined_by", "decline_reason"])
    audit.record(action="activities.deed_declined", by=by, now=now, subject=("deed", deed.number), reason=reason)


def _settled_by(number: str, *, by: Actor) -> Deed:
    """The deed, for somebody who may settle it: the named witness or the institution's staff, never whoever did it."""
    rows = Deed.objects.select_related("institution__place", "scheme")
    deed = rows.filter(number=ids.normalise(number)).first()
    if by.learner_id is not None:
        if deed is not None and deed.learner_id == by.learner_id:
            raise Denied(DEED_SELF)
        if deed is None or deed.witness_id != by.learner_id:
            raise Denied(DEED_UNKNOWN, place="deed")
        return deed
    scope = by.scope("activities.organise")
    if deed is None or not scope.reaches(institution_id=deed.institution_id, place_path=deed.institution.place.path):
        raise Denied(DEED_UNKNOWN, place="deed")
    return deed


def _still_open(deed: Deed) -> None:
    """Hold the deed and raise ``Denied(deed_settled)`` when somebody has settled it meanwhile."""
    hold_deed(deed.pk)
    deed.refresh_from_db(fields=["declined_at"])
    if deed.declined_at is not None or standing().filter(deed_id=deed.pk).exists():
        raise Denied(DEED_SETTLED, place="deed")
