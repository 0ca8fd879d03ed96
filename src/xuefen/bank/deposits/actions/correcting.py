"""Taking an outcome back, putting another in its place, and reinstating it.

Nothing is changed and nothing is removed: the outcome, its transfer and its leaf stay. A change, a transfer that undoes the
one before and a second leaf say what counts now, all in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime

from xuefen.bank.audit import actions as audit
from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.catalogue.types import ItemFacts
from xuefen.bank.deposits import queries, rules
from xuefen.bank.deposits.actions.receipt import signed_receipt
from xuefen.bank.deposits.actions.writing import write_one
from xuefen.bank.deposits.models import Batch, Outcome, OutcomeChange
from xuefen.bank.deposits.types import (
    DUPLICATE,
    NOTHING_CORRECTED,
    OUTCOME_CORRECTED,
    OUTCOME_REVOKED,
    OUTCOME_STANDS,
    OUTCOME_UNKNOWN,
    OUTCOME_WITHDRAWN,
    REASON_MISSING,
    REVOKED_BEFORE,
    BatchState,
    Correction,
    Effort,
    OutcomeEvent,
    OutcomeFacts,
    OutcomeState,
    Row,
    RowError,
)
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.learners import queries as learners
from xuefen.bank.learners.types import PERSON_ERASED
from xuefen.bank.ledger import actions as ledger
from xuefen.bank.ledger import queries as books
from xuefen.bank.ledger.types import TransferKind
from xuefen.bank.shell.actor import EVERYTHING, Actor, Scope
from xuefen.bank.shell.clock import stamp, today
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case
from xuefen.bank.standards import queries as standards
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon, ids
from xuefen.bedrock.gm import sm3
from xuefen.bedrock.names import clean


@use_case
def revoke_outcome(*, number: str, reason: str, by: Actor, now: datetime) -> OutcomeFacts:
    """Revoke an outcome whose credit is free. One that a conversion rests on goes through ``supervision.actions.revoke``.

    Raises ``Denied``: not_allowed, outcome_unknown, reason_missing, outcome_revoked, outcome_corrected, credit_not_free.
    """
    outcome = lock_outcome(by=by, number=number)
    take_back(outcome=outcome, event=OutcomeEvent.REVOKED, reason=checked_reason(reason), by=by, now=now)
    return queries.outcome(EVERYTHING, number)


# --- building blocks, also for the rooms above ---------------------------------------------------------------------------


def checked_reason(reason: str) -> str:
    """The stored form of why. Raises ``Denied(reason_missing)``."""
    stored = clean(reason)
    if not 1 <= len(stored) <= 400:
        raise Denied(REASON_MISSING, place="reason")
    return stored


@inside_transaction
def lock_outcome(*, by: Actor, number: str) -> Outcome:
    """A valid outcome that ``by`` may take back, locked.

    Raises ``Denied``: not_allowed, outcome_unknown, outcome_revoked, outcome_corrected, outcome_withdrawn.
    """
    scope = by.scope("outcomes.correct")
    reach = Scope(everything=scope.everything, institution_ids=scope.institution_ids)
    found = queries.outcomes(reach).filter(number=ids.normalise(number)).select_for_update(of=("self",)).first()
    if found is None:
        raise Denied(OUTCOME_UNKNOWN, place="outcome")
    if found.state == OutcomeState.REVOKED:
        raise Denied(OUTCOME_REVOKED, place="outcome")
    if found.state == OutcomeState.WITHDRAWN:
        raise Denied(OUTCOME_WITHDRAWN, place="outcome")
    if found.state == OutcomeState.CORRECTED:
        raise Denied(OUTCOME_CORRECTED, place="outcome", number=ids.display(queries.replaced_by(found.pk)))
    return found


@inside_transaction
def take_back(
    *, outcome: Outcome, event: OutcomeEvent, reason: str, by: Actor, now: datetime, replacement: Outcome | None = None
) -> OutcomeChange:
    """Take a valid, locked outcome back: its credit, all of it free, goes back to the issuer's book.

    Raises ``Denied(credit_not_free)`` while any of it is reserved or used.
    """
    deposit = books.standing(outcome.pk, TransferKind.DEPOSIT, TransferKind.RESTORE)
    assert deposit is not None, "a valid outcome has its deposit"
    (transfer_id,) = ledger.undo(transfer_ids=[deposit.pk], key=f"{event}:{outcome.number}", now=now)
    to = OutcomeState.CORRECTED if event is OutcomeEvent.CORRECTED else OutcomeState.REVOKED
    return _change(outcome, event, to, reason=reason, transfer_id=transfer_id, replacement=replacement, by=by, now=now)


@inside_transaction
def reinstate(*, outcome: Outcome, reason: str, by: Actor, now: datetime) -> OutcomeChange:
    """Let an outcome that was taken back count again: its credit comes back to its holder, free.

    Raises ``Denied``: outcome_stands, outcome_withdrawn.
    """
    if outcome.state == OutcomeState.WITHDRAWN:
        raise Denied(OUTCOME_WITHDRAWN, place="outcome")
    taken = books.standing(outcome.pk, TransferKind.REVERSE)
    if outcome.state == OutcomeState.VALID or taken is None:
        raise Denied(OUTCOME_STANDS, place="outcome")
    (transfer_id,) = ledger.undo(transfer_ids=[taken.pk], key=f"reinstated:{outcome.number}", now=now)
    return _change(
        outcome, OutcomeEvent.REINSTATED, OutcomeState.VALID, reason=reason, transfer_id=transfer_id, by=by, now=now
    )


def _change(
    outcome: Outcome,
    event: OutcomeEvent,
    to: OutcomeState,
    *,
    reason: str,
    transfer_id: int,
    by: Actor,
    now: datetime,
    replacement: Outcome | None = None,
) -> OutcomeChange:
    """The row, the leaf, the audit entry and the new state of one change."""
    before = outcome.state
    said: dict[str, str | int | bool | None] = {
        "kind": f"outcome.{event}",
        "v": 1,
        "outcome": outcome.number,
        "issuer": outcome.issuer.code,
        "credits": outcome.credits,
        "at": stamp(now),
    }
    if replacement is not None:
        said["replacement"] = replacement.number
    change = OutcomeChange.objects.create(
        outcome=outcome,
        seq=OutcomeChange.objects.filter(outcome=outcome).count() + 1,
        event=event,
        to_state=to,
        reason=reason,
        by_kind=by.kind,
        by_name=by.name,
        by_user_id=by.user_id,
        replacement=replacement,
        transfer_id=transfer_id,
        leaf_id=translog.append(body=canon.flat(said)),
        at=now,
    )
    Outcome.objects.filter(pk=outcome.pk).update(state=to)
    outcome.state = to
    audit.record(
        action=f"deposits.{event}",
        by=by,
        now=now,
        subject=("outcome", outcome.number),
        reason=reason,
        before={"state": before},
        after={"state": to.value} | ({"replacement": replacement.number} if replacement is not None else {}),
    )
    return change


# --- the outcome that takes the place ------------------------------------------------------------------------------------


@inside_transaction
def write_correction(*, outcome: Outcome, correction: Correction, by: Actor, now: datetime) -> Outcome:
    """A new outcome of the same learner and issuer that says what the old one should have said, as a batch of one.

    It is judged by the standard of the old one: a mistake of recording is mended, the regulation of its day stays. Raises
    ``Denied``: nothing_corrected, person_erased, duplicate, revoked_before, and what is wrong with what it says.
    """
    item, row, worth = _judged(outcome, correction, now=now)
    learner = learners.facts_of([outcome.learner_id])[outcome.learner_id]
    if learner.data_key is None:
        raise Denied(PERSON_ERASED)
    assert row.awarded_on is not None  # judged so
    key = _key(outcome, item, awarded_on=row.awarded_on, serial=row.serial)
    batch = Batch.objects.create(
        number=ids.new_number(ids.NumberClass.BATCH),
        issuer_id=outcome.issuer_id,
        source="correct",
        file_name="",
        content_sm3=sm3(f"corrects {outcome.number} {stamp(now)}".encode()).hex(),
        uploaded_by=by.name,
        standard_version_id=outcome.standard_version_id,
        received_at=now,
    )
    accepted = rules.Accepted(row, learner, item, worth, key, ())
    leaf = write_one(batch, accepted, now=now)
    batch.state, batch.finished_at = BatchState.DONE, now
    batch.total_rows = batch.read = batch.accepted = batch.cursor = 1
    batch.credits, batch.first_leaf_id, batch.last_leaf_id = worth.credits, leaf, leaf
    batch.receipt = signed_receipt(queries.facts(batch), now=now)
    batch.save()
    return Outcome.objects.get(batch=batch)


def _judged(outcome: Outcome, correction: Correction, *, now: datetime) -> tuple[ItemFacts, Row, rules.Worth]:
    """What the correction says, read as a row of a sheet is and worth what the standard of the old outcome makes of it."""
    said = catalogue.versions_by_id([outcome.item_version_id])[outcome.item_version_id]
    was = {
        "account": "0",
        "item_code": said.code,
        "version": said.version,
        "awarded_on": outcome.awarded_on.isoformat(),
        "grade": outcome.grade,
        "hours": str(outcome.hours or ""),
        "serial": outcome.serial,
        **{name: "" if (said_of := getattr(outcome, name)) is None else str(said_of) for name in Effort._fields},
    }
    changed = {name: value for name, given in asdict(correction).items() if (value := given.strip())}
    if changed.get("item_code", said.code) != said.code and "version" not in changed:
        changed["version"] = ""  # the newest of the other item
    row = _read(was | changed, now=now)
    context = rules.Context(
        issuer_id=outcome.issuer_id,
        batch_id=0,
        columns=rules.map_columns(list(was)),
        pack=standards.by_id(outcome.standard_version_id).pack,
        classes=frozenset(OutcomeClass),
        items=catalogue.items_for(outcome.issuer_id),
    )
    kept = (row.item_code, row.version) == (said.code, said.version)  # perhaps retired since
    item = said if kept else rules.item_of(row, context)
    if not isinstance(item, ItemFacts):
        raise _denied(item)
    worth = rules.worth_of(item, grade=row.grade, hours=row.hours, effort=row.effort, context=context)
    if worth.errors:
        raise _denied(worth.errors[0])
    same = (item.version_id, row.awarded_on, row.grade, row.hours, row.serial, row.effort)
    effort = Effort(outcome.attendance, outcome.online_share, outcome.workload)
    if same == (outcome.item_version_id, outcome.awarded_on, outcome.grade, outcome.hours, outcome.serial, effort):
        raise Denied(NOTHING_CORRECTED)
    return item, row, worth


def _read(cells: Mapping[str, str], *, now: datetime) -> Row:
    row = rules.parse_row(1, list(cells.values()), rules.map_columns(list(cells)), today=today(now))
    errors = [error for error in row.errors if error.field != "account"]
    if errors:
        raise _denied(errors[0])
    return row


def _denied(error: RowError | None) -> Denied:
    assert error is not None, "a correction always names an item"
    return Denied(error.problem, place=error.field, **error.params)


def _key(outcome: Outcome, item: ItemFacts, *, awarded_on: date, serial: str) -> bytes:
    """The natural key of what the correction says. Where the corrected outcomes themselves said the same, their number is
    added; where another outcome says it, that one counts already.
    """
    plain = rules.natural_key(
        issuer_id=outcome.issuer_id,
        learner_id=outcome.learner_id,
        item_version_id=item.version_id,
        awarded_on=awarded_on,
        serial=serial,
    )
    known = Outcome.objects.filter(natural_key=plain).exclude(state=OutcomeState.WITHDRAWN).first()
    if known is None:
        return plain
    if known.pk != outcome.pk and known.state != OutcomeState.CORRECTED:
        problem = REVOKED_BEFORE if known.state == OutcomeState.REVOKED else DUPLICATE
        raise Denied(problem, place="serial", number=ids.display(known.number))
    return rules.replaced_key(plain, corrects=outcome.number)
