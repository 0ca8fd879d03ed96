"""A learner, or a clerk for them, puts an outcome forward with its evidence."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime

from django.db import IntegrityError, transaction

from xuefen.bank.audit import actions as audit
from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.catalogue.types import ItemFacts
from xuefen.bank.deposits import actions as deposits
from xuefen.bank.deposits.actions import Single
from xuefen.bank.evidence import actions as evidence
from xuefen.bank.evidence.types import FileFacts
from xuefen.bank.intake import queries, rules, states
from xuefen.bank.intake.actions.moving import holder_of, move, pack_of, refuse_stale, told
from xuefen.bank.intake.models import Slip, SlipFile
from xuefen.bank.intake.types import (
    MOST_DRAFTS,
    MOST_FILES,
    SLIP_DRAFTS,
    SLIP_FILE_KIND,
    SLIP_FILES,
    SLIP_ITEM,
    SLIP_MOVE,
    SLIP_TWICE,
    SLIP_UNKNOWN,
    Event,
    Form,
    Kind,
    State,
)
from xuefen.bank.learners import queries as learners
from xuefen.bank.learners.types import PERSON_ERASED, AccountState
from xuefen.bank.recognition.types import ACCOUNT_NOT_OPEN
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.clock import today
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case
from xuefen.bank.standards import queries as standards
from xuefen.bedrock import ids

MAKE = "submissions.make"


@use_case
def start(*, learner_id: int, item_version_id: int, form: Form | None = None, by: Actor, now: datetime) -> str:
    """Begin a slip for one item of the catalogue; its number. The learner's own, or an account in the clerk's area.

    Raises ``Denied``: not_allowed, account_unknown, account_not_open, slip_item, slip_institutions_only, slip_drafts,
    standard_unknown, and as ``save_form``.
    """
    learner = learners.by_id(by.scope(MAKE), learner_id)
    if learner.state != AccountState.OPEN:
        raise Denied(ACCOUNT_NOT_OPEN)
    item = catalogue.versions_by_id([item_version_id]).get(item_version_id)
    if item is None:
        raise Denied(SLIP_ITEM, place="item")
    refuse_persons(now=now)
    if Slip.objects.filter(learner=learner, state=State.DRAFT).count() >= MOST_DRAFTS:
        raise Denied(SLIP_DRAFTS, most=MOST_DRAFTS)
    slip = new_slip(
        learner_id=learner_id, item=item, kind=Kind.SUBMISSION, state=State.DRAFT, form=form or Form(), by=by, now=now
    )
    slip.save()
    audit.record(action="slip.started", by=by, now=now, subject=("slip", slip.number))
    return slip.number


def new_slip(
    *, learner_id: int, item: ItemFacts, kind: Kind, state: State, form: Form, by: Actor, now: datetime
) -> Slip:
    """A slip that is not saved yet, its form sealed. Raises ``Denied(person_erased)``."""
    data_key = learners.facts_of([learner_id])[learner_id].data_key
    if data_key is None:
        raise Denied(PERSON_ERASED)
    number = ids.new_number(ids.NumberClass.SLIP)
    return Slip(
        number=number,
        kind=kind,
        learner_id=learner_id,
        issuer_id=item.institution_id,
        item_version_id=item.version_id,
        standard_version_id=standards.current(on=today(now)).id,
        state=state,
        sealed=rules.seal_form(rules.checked_form(form), data_key=data_key, number=number),
        opened_by_id=None if by.kind == "learner" else by.user_id,
        opened_at=now,
        entered_at=now,
    )


@use_case
def save_form(*, number: str, form: Form, by: Actor, now: datetime) -> None:
    """Keep what is typed so far; nothing is judged. Raises ``Denied``: not_allowed, slip_unknown, slip_move, text_controls,
    note_long.
    """
    slip = _editable(number, by)
    _, data_key = holder_of(slip)
    slip.sealed = rules.seal_form(rules.checked_form(form), data_key=data_key, number=slip.number)
    slip.save(update_fields=["sealed"])


@use_case
def attach(*, number: str, asked_as: str, name: str, content: bytes, by: Actor, now: datetime) -> FileFacts:
    """Put a file with a slip, for one line of the checklist, or for none (``""``).

    Raises ``Denied``: not_allowed, slip_unknown, slip_move, slip_file_kind, slip_files, and as ``evidence.keep_file``.
    """
    slip = _editable(number, by)
    item = queries.item_of(slip)
    asked = pack_of(slip).checklist(item.type_code, item.outcome_class)
    if asked_as and asked_as not in {one.code for one in asked.lines}:
        raise Denied(SLIP_FILE_KIND, place="asked_as")
    if SlipFile.objects.filter(slip=slip).count() >= MOST_FILES:
        raise Denied(SLIP_FILES, place="file", most=MOST_FILES)
    file = evidence.keep_file(learner_id=slip.learner_id, name=name, content=content, now=now)
    SlipFile.objects.get_or_create(slip=slip, file_id=file.id, asked_as=asked_as, defaults={"added_at": now})
    audit.record(action="slip.attached", by=by, now=now, subject=("slip", slip.number), after={"file": file.number})
    return file


@use_case
def detach(*, number: str, file_number: str, asked_as: str, by: Actor, now: datetime) -> None:
    """Take a file away again; it is dropped when it lies with no other slip. Raises as ``attach``."""
    slip = _editable(number, by)
    found = SlipFile.objects.filter(slip=slip, file__number=file_number, asked_as=asked_as).first()
    if found is None:
        return
    found.delete()
    _drop_unused([found.file_id], now=now)
    audit.record(action="slip.detached", by=by, now=now, subject=("slip", slip.number), after={"file": file_number})


@use_case
def send(*, number: str, version: int | None, by: Actor, now: datetime) -> None:
    """Hand the slip in: complete by the standard's checklist, and an outcome the bank would take today.

    Raises ``Denied``: not_allowed, slip_unknown, stale, slip_move, slip_late, slip_institutions_only, slip_missing, slip_twice,
    and everything a row of a sheet can be refused with, with its field as ``place``.
    """
    slip = _locked(number, by)
    refuse_stale(slip, version)
    if slip.state not in states.EDITABLE:
        states.after(Kind(slip.kind), State(slip.state), Event.SEND)
    refuse_persons(now=now)
    rules.check_complete(queries.view(slip).missing)
    slip.natural_key = deposits.judged_one(single=single_of(slip), now=now).key
    slip.sent_by_id = None if by.kind == "learner" else by.user_id
    with once(slip):
        move(slip, event=Event.SEND, by=by, now=now, leaf=told(slip))


@use_case
def withdraw(*, number: str, version: int | None, by: Actor, now: datetime) -> None:
    """The learner thinks better of it; files of a slip that was never sent are dropped.

    Raises ``Denied``: not_allowed, slip_unknown, stale, slip_move.
    """
    slip = _locked(number, by)
    refuse_stale(slip, version)
    never_sent = slip.version == 0
    file_ids = list(SlipFile.objects.filter(slip=slip).values_list("file_id", flat=True)) if never_sent else []
    if never_sent:
        SlipFile.objects.filter(slip=slip).delete()
    move(slip, event=Event.WITHDRAW, by=by, now=now)
    _drop_unused(file_ids, now=now)


def worth(slip: Slip, *, now: datetime) -> tuple[int, Denied | None]:
    """What the slip would be worth if it were deposited now (hundredths), or why it would not be. Nothing is written."""
    try:
        return deposits.judged_one(single=single_of(slip), now=now).worth.credits, None
    except Denied as denied:
        return 0, denied


# --- building blocks -------------------------------------------------------------------------------------------------


def refuse_persons(*, now: datetime) -> None:
    """Raise ``Denied(slip_institutions_only)`` where the standard in force lets nobody but institutions deposit."""
    refusal = queries.persons_refused(on=today(now))
    if refusal is not None:
        raise refusal


def single_of(slip: Slip) -> Single:
    """The slip as a row of a batch. Raises ``Denied(slip_holder_gone)``."""
    holder, data_key = holder_of(slip)
    item, form = queries.item_of(slip), rules.open_form(bytes(slip.sealed), data_key=data_key, number=slip.number)
    return Single(
        issuer_id=slip.issuer_id,
        issuer_code=slip.issuer.code,
        values=rules.row_values(form, account=holder.account_no, item_code=item.code, version=item.version),
        source="award" if slip.kind == Kind.AWARD else "single",
        key=slip.number,
    )


@contextlib.contextmanager
def once(slip: Slip) -> Iterator[None]:
    """Turns the database's "such a slip exists" into ``Denied(slip_twice)`` with its number."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "slip_once" not in str(error):
            raise
        other = queries.standing(slip)
        raise Denied(SLIP_TWICE, place="number", number=ids.display(other) if other else "") from error


def _locked(number: str, by: Actor) -> Slip:
    """The submission, locked; awards are not the learner's to fill in."""
    slip = queries.lock(by.scope(MAKE), number)
    if slip.kind != Kind.SUBMISSION:
        raise Denied(SLIP_UNKNOWN, place="number")
    return slip


def _editable(number: str, by: Actor) -> Slip:
    slip = _locked(number, by)
    if slip.state not in states.EDITABLE:
        words = states.STATES[State(slip.state)]
        raise Denied(
            SLIP_MOVE, place="number", state_zh=words.zh, state_en=words.en, event_zh="修改", event_en="change"
        )
    return slip


@inside_transaction
def _drop_unused(file_ids: list[int], *, now: datetime) -> None:
    used = set(SlipFile.objects.filter(file_id__in=file_ids).values_list("file_id", flat=True))
    for file_id in set(file_ids) - used:
        evidence.drop_file(file_id=file_id, now=now)
