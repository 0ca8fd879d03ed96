"""Taking an outcome back. Outcome, transfer and leaf stay; a reversal and a second leaf say that it no longer counts."""

from __future__ import annotations

from datetime import datetime

from xuefen.bank.audit import actions as audit
from xuefen.bank.deposits import queries
from xuefen.bank.deposits.models import Outcome
from xuefen.bank.deposits.types import (
    OUTCOME_REVOKED,
    OUTCOME_UNKNOWN,
    REASON_MISSING,
    OutcomeFacts,
    OutcomeState,
)
from xuefen.bank.ledger import actions as ledger
from xuefen.bank.ledger import queries as books
from xuefen.bank.shell.actor import Actor, Scope
from xuefen.bank.shell.clock import stamp
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import use_case
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon
from xuefen.bedrock.names import clean


@use_case
def revoke_outcome(*, number: str, reason: str, by: Actor, now: datetime) -> OutcomeFacts:
    """Revoke an outcome that should not have been deposited; its credit leaves the learner's book.

    Raises ``Denied``: not_allowed, outcome_unknown, reason_missing, outcome_revoked, credit_not_free (some of the credit is
    reserved or used: end that first).
    """
    scope = by.scope("deposits.deposit")
    reason = clean(reason)
    if not 1 <= len(reason) <= 400:
        raise Denied(REASON_MISSING, place="reason")
    issuers = Scope(everything=scope.everything, institution_ids=scope.institution_ids)
    outcome = queries.outcomes(issuers).filter(number=number).select_for_update().first()
    if outcome is None:
        raise Denied(OUTCOME_UNKNOWN, place="outcome")
    if outcome.state == OutcomeState.REVOKED:
        raise Denied(OUTCOME_REVOKED, place="outcome")
    ledger.reverse(deposit_id=books.deposit_of(outcome.pk).pk, key=f"revoke:{number}", now=now)
    Outcome.objects.filter(pk=outcome.pk).update(state=OutcomeState.REVOKED)
    translog.append(
        body=canon.flat(
            {
                "kind": "outcome.revoked",
                "v": 1,
                "outcome": number,
                "issuer": outcome.issuer.code,
                "credits": outcome.credits,
                "at": stamp(now),
            }
        )
    )
    audit.record(
        action="deposits.revoked",
        by=by,
        now=now,
        subject=("outcome", number),
        reason=reason,
        before={"state": OutcomeState.VALID.value},
        after={"state": OutcomeState.REVOKED.value},
    )
    return queries.outcome(issuers, number)
