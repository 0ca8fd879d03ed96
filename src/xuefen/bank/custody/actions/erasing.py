"""Forgetting a person: requested by themselves or not, asked by one officer, confirmed by another.

First the database forgets, in one transaction with the leaf; then the halves of the keys that no database holds are
destroyed, which no backup brings back. A kill between the two leaves an erasure without ``destroyed_at``; ``finish``
goes on with it.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from xuefen.bank.audit import actions as audit
from xuefen.bank.custody import queries, rules
from xuefen.bank.custody.models import Erasure
from xuefen.bank.custody.types import (
    BATCHES_IN_THE_WAY,
    ERASURE_OPEN,
    ERASURE_PERSON,
    ERASURE_RUNNING,
    ERASURE_STATE,
    ERASURE_UNFINISHED,
    ERASURE_UNKNOWN,
    ERASURE_WORDS,
    Basis,
    ErasureFacts,
    ErasureState,
)
from xuefen.bank.deposits import actions as deposits
from xuefen.bank.deposits import states
from xuefen.bank.evidence import actions as evidence
from xuefen.bank.intake import actions as intake
from xuefen.bank.learners import actions as learners
from xuefen.bank.learners import queries as people
from xuefen.bank.learners import rules as learner_rules
from xuefen.bank.learners.types import PERSON_ERASED, Personal
from xuefen.bank.recognition import actions as recognition
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.clock import stamp
from xuefen.bank.shell.keys import papers
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import ids

log = logging.getLogger(__name__)
HOUSE = Actor.system("custody")
MARK = "█"


@use_case
def request_erasure(*, by: Actor, now: datetime) -> ErasureFacts:
    """A learner asks to be forgotten; two officers decide. Raises ``Denied``: not_allowed, erasure_open, person_erased."""
    scope = by.scope("learners.ask_erasure")
    learner_id = by.learner_id or 0
    _refuse_erased(learner_id)
    row = _begin(learner_id=learner_id, state=ErasureState.REQUESTED, requested_at=now)
    _record(row, "erasure_requested", by=by, now=now)
    return queries.facts(queries.one(scope, row.pk))


@use_case
def withdraw_request(*, by: Actor, now: datetime) -> None:
    """The learner thought better of it, before any officer asked. Raises ``Denied``: not_allowed, erasure_unknown."""
    by.scope("learners.ask_erasure")
    row = (
        Erasure.objects.select_for_update().filter(learner_id=by.learner_id or 0, state=ErasureState.REQUESTED).first()
    )
    if row is None:
        raise Denied(ERASURE_UNKNOWN)
    row.state, row.declined_at = ErasureState.DECLINED, now
    row.save(update_fields=["state", "declined_at"])
    _record(row, "erasure_withdrawn", by=by, now=now)


@use_case
def ask_erasure(*, account_no: str, basis: Basis | str, by: Actor, now: datetime) -> ErasureFacts:
    """The first officer asks, with the legal basis.

    Raises ``Denied``: not_allowed, erasure_person, account_unknown, person_erased, erasure_basis, erasure_open (asked
    already), erasure_running.
    """
    scope, user_id = by.scope("learners.erase"), _person(by)
    learner = people.by_account(scope, account_no)
    chosen = rules.checked_basis(basis)
    _refuse_erased(learner.pk)
    _refuse_running(learner.pk)
    row = Erasure.objects.select_for_update().filter(learner=learner, state=ErasureState.REQUESTED).first()
    row = row or _begin(learner_id=learner.pk, state=ErasureState.REQUESTED, requested_at=None)
    row.state, row.basis, row.asked_by_id, row.asked_at = ErasureState.ASKED, chosen, user_id, now
    row.save(update_fields=["state", "basis", "asked_by", "asked_at"])
    _record(row, "erasure_asked", by=by, now=now, basis=chosen.value)
    return queries.facts(queries.one(EVERYTHING, row.pk))


@use_case
def decline_erasure(*, erasure_id: int, by: Actor, now: datetime) -> None:
    """An officer ends what was requested or asked; nothing is erased.

    Raises ``Denied``: not_allowed, erasure_person, erasure_unknown, erasure_state.
    """
    scope, user_id = by.scope("learners.erase"), _person(by)
    row = _locked(queries.one(scope, erasure_id).pk, *queries.UNDER_WAY)
    row.state, row.declined_by_id, row.declined_at = ErasureState.DECLINED, user_id, now
    row.save(update_fields=["state", "declined_by", "declined_at"])
    _record(row, "erasure_declined", by=by, now=now)


def confirm_erasure(*, erasure_id: int, by: Actor, now: datetime) -> ErasureFacts:
    """The second officer confirms: the person is gone when this returns.

    Raises ``Denied``: not_allowed, erasure_person, erasure_unknown, erasure_state, erasure_same_person, erasure_running;
    erasure_unfinished when a key file cannot be written: the database has forgotten, the rest is tried again.
    """
    _forget(erasure_id=erasure_id, by=by, now=now)
    try:
        _destroy(erasure_id=erasure_id, now=now)
    except OSError as error:
        log.exception("erasure %s: keys not destroyed", erasure_id)
        raise Denied(ERASURE_UNFINISHED, detail=error.strerror or type(error).__name__) from error
    return queries.facts(queries.one(EVERYTHING, erasure_id))


def finish(*, now: datetime) -> int:
    """Go on with confirmed erasures a kill or a full disk interrupted, and with people an old backup brought back."""
    unfinished = Erasure.objects.filter(state=ErasureState.CONFIRMED, destroyed_at=None).values_list("pk", flat=True)
    done = 0
    for erasure_id in [*unfinished, *(_again(learner_id=pk, now=now) for pk in people.brought_back())]:
        try:
            _destroy(erasure_id=erasure_id, now=now)
        except OSError:
            log.exception("erasure %s: keys not destroyed", erasure_id)
        else:
            done += 1
    return done


# --- building blocks -------------------------------------------------------------------------------------------------


def _person(by: Actor) -> int:
    if by.user_id is None:
        raise Denied(ERASURE_PERSON)
    return by.user_id


def _refuse_erased(learner_id: int) -> None:
    if people.facts_of([learner_id])[learner_id].data_key is None:
        raise Denied(PERSON_ERASED)


def _refuse_running(learner_id: int) -> None:
    learner = people.by_id(EVERYTHING, learner_id)
    words = [*_words(people.personal(learner, by=HOUSE)), learner.account_no]
    what = queries.in_the_way(learner_id)
    for number, issuer, state in deposits.batches_naming(words=words):
        zh, en = BATCHES_IN_THE_WAY[state in states.WAITING]
        shown = ids.display(number)
        what.append((f"批次 {shown}（{issuer}，{zh}）", f"batch {shown} ({issuer}: {en})"))
    if what:
        raise Denied(ERASURE_RUNNING, what_zh="；".join(zh for zh, _ in what), what="; ".join(en for _, en in what))


@inside_transaction
def _begin(*, learner_id: int, state: ErasureState, requested_at: datetime | None) -> Erasure:
    try:
        with transaction.atomic():
            return Erasure.objects.create(learner_id=learner_id, state=state, requested_at=requested_at)
    except IntegrityError:
        raise Denied(ERASURE_OPEN) from None


def _locked(erasure_id: int, *states: ErasureState) -> Erasure:
    row = Erasure.objects.select_for_update(of=("self",)).select_related("learner").get(pk=erasure_id)
    if row.state not in states:
        zh, en = ERASURE_WORDS[ErasureState(row.state)]
        raise Denied(ERASURE_STATE, state_zh=zh, state=en)
    return row


def _record(row: Erasure, event: str, *, by: Actor, now: datetime, basis: str = "") -> None:
    number = row.learner.account_no
    audit.record(action=f"learners.{event}", by=by, now=now, subject=("account", number), reason=basis)


@use_case
def _forget(*, erasure_id: int, by: Actor, now: datetime) -> None:
    scope, user_id = by.scope("learners.erase"), _person(by)
    row = _locked(queries.one(scope, erasure_id).pk, ErasureState.ASKED)
    rules.check_two_persons(asked_by=row.asked_by_id, confirms=user_id)
    number = row.learner.account_no
    data_key = people.facts_of([row.learner_id])[row.learner_id].data_key
    if data_key is None:
        raise Denied(PERSON_ERASED)
    _refuse_running(row.learner_id)
    intake.close_for_erasure(learner_id=row.learner_id, now=now)
    words = _words(people.personal(people.by_id(EVERYTHING, row.learner_id), by=HOUSE))
    holder = learner_rules.holder_commitment(learner_rules.leaf_salt(data_key, number), number)
    row.papers = [
        *deposits.forget_in_refused_rows(words=[*words, number]),
        *recognition.forget_objectors(learner_id=row.learner_id, words=words),
    ]
    row.state, row.confirmed_by_id, row.confirmed_at = ErasureState.CONFIRMED, user_id, now
    row.leaf_id = translog.append(body=rules.erased_leaf(holder=holder, at=stamp(now), basis=Basis(row.basis)))
    row.save(update_fields=["state", "confirmed_by", "confirmed_at", "papers", "leaf_id"])
    touched = _forget_words(row.learner_id, words)
    evidence.forget_files(learner_id=row.learner_id, now=now)
    learners.erase_person(learner_id=row.learner_id)
    audit.record(
        action="learners.erased",
        by=by,
        now=now,
        subject=("account", number),
        reason=row.basis,
        after={"texts": touched, "papers": len(row.papers)},
    )


def _words(person: Personal) -> list[str]:
    """The person's words, and as they stand where capitals are written small (an identity number may end in X)."""
    told = [word for word in (person.name, person.id_number, person.phone) if word]
    return list(dict.fromkeys([*told, *(word.lower() for word in told)]))


def _forget_words(learner_id: int, words: list[str]) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT forget_person(%s, %s::text[], %s)", [learner_id, words, MARK])
        return int(cursor.fetchone()[0])


@use_case
def _again(*, learner_id: int, now: datetime) -> int:
    """An older backup was restored: the person cannot be read any more, but their mask and index are back."""
    row = Erasure.objects.create(learner_id=learner_id, state=ErasureState.CONFIRMED, confirmed_at=now, again=True)
    Erasure.objects.filter(learner_id=learner_id, state__in=queries.UNDER_WAY).update(
        state=ErasureState.DECLINED, declined_at=now
    )
    _forget_words(learner_id, [])
    evidence.forget_files(learner_id=learner_id, now=now)
    learners.erase_person(learner_id=learner_id)
    _record(row, "erased_again", by=HOUSE, now=now)
    return row.pk


def _destroy(*, erasure_id: int, now: datetime) -> None:
    """The halves first, then the note that they are gone: a kill between the two only destroys once more."""
    row = Erasure.objects.get(pk=erasure_id)
    for number in row.papers:
        papers().erase(number)
    deposits.drop_leftover_files(now=now)
    learners.destroy_half(learner_id=row.learner_id)
    evidence.destroy_files(learner_id=row.learner_id)
    _note_destroyed(erasure_id=erasure_id, now=now)


@use_case
def _note_destroyed(*, erasure_id: int, now: datetime) -> None:
    Erasure.objects.filter(pk=erasure_id).update(destroyed_at=now)
