"""What taking an outcome back does to the applications that use it (docs/revocation.md). Building blocks for the room above."""

from __future__ import annotations

from datetime import datetime

from xuefen.bank.ledger import actions as ledger
from xuefen.bank.ledger import queries as books
from xuefen.bank.ledger.types import BookKind, Posting, TransferKind
from xuefen.bank.recognition.actions.moving import move
from xuefen.bank.recognition.models import Application, ApplicationUse
from xuefen.bank.recognition.types import Event
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.transaction import inside_transaction


@inside_transaction
def void(*, application_id: int, note: str, by: Actor, now: datetime) -> str:
    """End an application under way that uses an outcome taken back: its reservations are released. Its number."""
    application = _locked(application_id)
    move(application, event=Event.OUTCOME_GONE, by=by, now=now, note=note)
    return application.number


@inside_transaction
def doubt(*, application_id: int, outcome_id: int, note: str, by: Actor, now: datetime) -> str:
    """Suspend an archived conversion: what it used of the outcome is given back, so that the outcome can be taken back."""
    application = _locked(application_id)
    move(application, event=Event.DOUBT, by=by, now=now, note=note)
    _give_back(application, outcome_id, now=now)
    return application.number


@inside_transaction
def confirm(*, application_id: int, outcome_id: int, lift: bool, note: str, by: Actor, now: datetime) -> str:
    """The outcome counts again and the conversion uses it as before. ``lift``: nothing else keeps it in doubt."""
    application = _locked(application_id)
    _use_again(application, outcome_id, now=now)
    if lift:
        move(application, event=Event.CONFIRM, by=by, now=now, note=note)
    return application.number


@inside_transaction
def undo(*, application_id: int, note: str, by: Actor, now: datetime) -> str:
    """The conversion is undone: everything it still uses is the learner's again."""
    application = _locked(application_id)
    move(application, event=Event.UNDO, by=by, now=now, note=note)
    _give_back(application, None, now=now)
    return application.number


@inside_transaction
def substitute(*, application_id: int, outcome_id: int, replacement_id: int, now: datetime) -> None:
    """Let an archived conversion, after ``give_back``, use the outcome that took another's place: as much credit of it."""
    application = Application.objects.get(pk=application_id)
    owner = ledger.book_ids(BookKind.LEARNER, [application.learner_id])[application.learner_id]
    receiver = ledger.book_ids(BookKind.RECEIVER, [application.receiver_id])[application.receiver_id]
    for use in ApplicationUse.objects.filter(application=application, outcome_id=outcome_id, replaced_by=None):
        key = f"{application.number}:{replacement_id}"
        reserve = Posting(TransferKind.RESERVE, owner, receiver, use.credits, replacement_id, key=key)
        (reservation,) = ledger.post(postings=[reserve], now=now)
        ledger.end_reservations(
            reservation_ids=[reservation], kind=TransferKind.REDEEM, key=f"{application.number}:end", now=now
        )
        ApplicationUse.objects.create(
            application=application,
            outcome_id=replacement_id,
            line=use.line,
            credits=use.credits,
            reservation_id=reservation,
            replaces=use,
        )


@inside_transaction
def give_back(*, application_id: int, outcome_id: int, now: datetime) -> str:
    """Give back what a conversion used of one outcome, before another takes its place. Its number."""
    application = _locked(application_id)
    _give_back(application, outcome_id, now=now)
    return application.number


def _locked(application_id: int) -> Application:
    return Application.objects.select_for_update().get(pk=application_id)


def _reservations(application: Application, outcome_id: int | None) -> list[int]:
    uses = ApplicationUse.objects.filter(application=application, replaced_by=None).order_by("outcome_id")
    if outcome_id is not None:
        uses = uses.filter(outcome_id=outcome_id)
    return list(uses.values_list("reservation_id", flat=True))


def _give_back(application: Application, outcome_id: int | None, *, now: datetime) -> None:
    standing = books.uses_standing(_reservations(application, outcome_id))
    ledger.undo(transfer_ids=sorted(standing.values()), key=f"{application.number}:back", now=now)


def _use_again(application: Application, outcome_id: int, *, now: datetime) -> None:
    given_back = books.uses_given_back(_reservations(application, outcome_id))
    ledger.undo(transfer_ids=sorted(given_back.values()), key=f"{application.number}:again", now=now)
