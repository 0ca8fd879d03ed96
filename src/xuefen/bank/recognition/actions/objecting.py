"""Objections during public notice, and their answers."""

from __future__ import annotations

from datetime import datetime

from xuefen.bank.recognition import rules
from xuefen.bank.recognition.actions.moving import lock, move
from xuefen.bank.recognition.models import Application, Objection
from xuefen.bank.recognition.types import (
    NOTE_NEEDED,
    OBJECTION_CONTACT,
    OBJECTOR_NAME,
    Event,
)
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.keys import keys
from xuefen.bank.shell.transaction import use_case
from xuefen.bedrock import canon
from xuefen.bedrock.gm import seal
from xuefen.bedrock.names import mask_name


@use_case
def object_(*, number: str, by_name: str, text: str, contact: str, by: Actor, now: datetime) -> Objection:
    """Anybody objects to an application in public notice. A further objection joins the one being handled.

    Raises ``Denied``: not_found, move_not_allowed, time_is_up, objector_name, objection_contact, note_needed, note_long,
    text_controls.
    """
    application = lock(EVERYTHING, number, None)
    name = rules.checked_text(by_name, place="by_name", most=40, missing=OBJECTOR_NAME)
    reach = rules.checked_text(contact, place="contact", most=80, missing=OBJECTION_CONTACT)
    stored = rules.checked_text(text, place="text", most=rules.TEXT_MOST, missing=NOTE_NEEDED)
    move(application, event=Event.OBJECT, by=by, now=now)
    plain = canon.canonical({"name": name, "contact": reach})
    return Objection.objects.create(
        application=application,
        by_name=mask_name(name),
        contact_sealed=seal(keys().secret("wrap"), plain, aad=f"objection:{application.number}".encode()),
        text=stored,
        raised_at=now,
    )


@use_case
def answer_objection(*, number: str, version: int, uphold: bool, reply: str, by: Actor, now: datetime) -> Application:
    """Answer the open objections with one reply: uphold ends the application, reject lets the notice go on.

    Raises ``Denied``: not_allowed, not_found, stale, move_not_allowed, note_needed, note_long, text_controls.
    """
    application = lock(by.scope("objections.answer"), number, version)
    stored = rules.checked_text(reply, place="reply", most=rules.TEXT_MOST, missing=NOTE_NEEDED)
    event = Event.UPHOLD if uphold else Event.REJECT_OBJECTION
    move(application, event=event, by=by, now=now)
    Objection.objects.filter(application=application, outcome="").update(
        outcome="upheld" if uphold else "rejected", reply=stored, replied_by=by.name, replied_at=now
    )
    return application
