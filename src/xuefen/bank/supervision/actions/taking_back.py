"""Revoking and correcting an outcome, with all that rests on it: applications, conversions, certificates (docs/revocation.md)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from xuefen.bank.certificates import actions as certificates
from xuefen.bank.certificates import queries as papers
from xuefen.bank.certificates.types import CertificateState, StatusReason
from xuefen.bank.deposits import actions as deposits
from xuefen.bank.deposits import queries as outcomes
from xuefen.bank.deposits.types import Correction, OutcomeEvent
from xuefen.bank.recognition import actions as recognition
from xuefen.bank.recognition import queries as applications
from xuefen.bank.recognition.states import UNDER_WAY
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.clock import stamp, today
from xuefen.bank.shell.transaction import inside_transaction, use_case
from xuefen.bank.standards import queries as standards
from xuefen.bank.supervision import rules
from xuefen.bank.supervision.models import ArbitratedApplication, Arbitration
from xuefen.bank.supervision.types import TakenBack
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon, ids
from xuefen.bedrock.workdays import STATUTORY

log = logging.getLogger(__name__)
HOUSE = Actor.system("supervision")


def revoke(*, number: str, reason: str, by: Actor, now: datetime) -> TakenBack:
    """Revoke an outcome, whatever its credit is doing; every number of what that touched.

    Raises ``Denied``: not_allowed, outcome_unknown, reason_missing, outcome_revoked, outcome_corrected, credit_not_free (an
    application took hold of it at the same moment: try again).
    """
    done = _revoke(number=number, reason=reason, by=by, now=now)
    publish(done.doubted, now=now)
    return done


def correct(*, number: str, correction: Correction, reason: str, by: Actor, now: datetime) -> TakenBack:
    """Put a corrected outcome in the place of another. Raises what ``revoke`` does, nothing_corrected, person_erased,
    duplicate, revoked_before, and what is wrong with what the correction says.
    """
    done = _correct(number=number, correction=correction, reason=reason, by=by, now=now)
    publish(done.doubted, now=now)
    return done


@use_case
def _revoke(*, number: str, reason: str, by: Actor, now: datetime) -> TakenBack:
    outcome = deposits.lock_outcome(by=by, number=number)
    return take(number=outcome.number, correction=None, reason=deposits.checked_reason(reason), by=by, now=now)


@use_case
def _correct(*, number: str, correction: Correction, reason: str, by: Actor, now: datetime) -> TakenBack:
    outcome = deposits.lock_outcome(by=by, number=number)
    return take(number=outcome.number, correction=correction, reason=deposits.checked_reason(reason), by=by, now=now)


@inside_transaction
def take(*, number: str, correction: Correction | None, reason: str, by: Actor, now: datetime) -> TakenBack:
    """Take a valid outcome back: first let go of its credit everywhere, then the outcome itself."""
    outcome = outcomes.locked(number)
    recognition.one_at_a_time(outcome.learner_id)
    old = outcomes.outcome(EVERYTHING, outcome.number)
    replacement, weaker = None, True
    if correction is not None:
        replacement = deposits.write_correction(outcome=outcome, correction=correction, by=by, now=now)
        weaker = rules.weakens(old, outcomes.outcome(EVERYTHING, replacement.number))
    ended: list[str] = []
    doubted: dict[int, str] = {}
    moved: dict[int, str] = {}
    for pk, state in applications.users_of(outcome.pk):
        if state in UNDER_WAY:
            ended.append(recognition.void(application_id=pk, note=reason, by=by, now=now))
        elif weaker:
            doubted[pk] = recognition.doubt(application_id=pk, outcome_id=outcome.pk, note=reason, by=by, now=now)
        else:
            moved[pk] = recognition.give_back(application_id=pk, outcome_id=outcome.pk, now=now)
    event = OutcomeEvent.REVOKED if replacement is None else OutcomeEvent.CORRECTED
    change = deposits.take_back(outcome=outcome, event=event, reason=reason, by=by, now=now, replacement=replacement)
    if replacement is not None:
        for pk in moved:
            recognition.substitute(application_id=pk, outcome_id=outcome.pk, replacement_id=replacement.pk, now=now)
    return TakenBack(
        outcome=outcome.number,
        replacement=replacement.number if replacement is not None else "",
        ended=tuple(ended),
        moved=tuple(moved.values()),
        doubted=tuple(doubted.values()),
        arbitration=_open(change.pk, outcome.pk, outcome.number, doubted, by=by, now=now) if doubted else "",
    )


def _open(change_id: int, outcome_id: int, outcome: str, doubted: dict[int, str], *, by: Actor, now: datetime) -> str:
    """Open the arbitration about conversions in doubt, and suspend their certificates."""
    number = ids.new_number(ids.NumberClass.ARBITRATION)
    pack = standards.current(on=today(now)).pack
    case = Arbitration.objects.create(
        number=number,
        change_id=change_id,
        outcome_id=outcome_id,
        opened_by_id=by.user_id,
        opened_at=now,
        due_at=STATUTORY.deadline(now, pack.steps["objection"].working_days),
        open_leaf_id=translog.append(
            body=canon.canonical(
                {
                    "kind": "arbitration.opened",
                    "v": 1,
                    "arbitration": number,
                    "outcome": outcome,
                    "applications": sorted(doubted.values()),
                    "at": stamp(now),
                }
            )
        ),
    )
    ArbitratedApplication.objects.bulk_create(
        ArbitratedApplication(arbitration=case, application_id=pk, suspended=_suspend(application, now=now))
        for pk, application in doubted.items()
    )
    return number


def _suspend(application: str, *, now: datetime) -> bool:
    """Suspend the certificate of a conversion in doubt; whether there was one to suspend."""
    paper = papers.of_application(EVERYTHING, application)
    if paper is None or paper.state is not CertificateState.VALID:
        return False
    certificates.change(
        event="suspended", number=paper.number, reason=StatusReason.UNDER_INVESTIGATION, note="", by=HOUSE, now=now
    )
    return True


def publish(touched: Sequence[str], *, now: datetime) -> None:
    """Publish the status list when certificates may have changed; what fails here is done by the next round, in a minute."""
    if not touched:
        return
    try:
        certificates.publish_status(now=now)
    except OSError:
        log.exception("status list not written")
