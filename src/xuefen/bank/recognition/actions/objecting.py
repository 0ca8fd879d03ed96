"""Objections during public notice, and their answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from xuefen.bank.recognition import queries, rules
from xuefen.bank.recognition.actions.moving import lock, move
from xuefen.bank.recognition.models import Application, Objection
from xuefen.bank.recognition.types import (
    NOTE_NEEDED,
    OBJECTION_CONTACT,
    OBJECTOR_NAME,
    Event,
)
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.keys import paper_number, rewrapped_paper, sealed_paper
from xuefen.bank.shell.transaction import inside_transaction, use_case
from xuefen.bedrock import canon
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
        contact_sealed=sealed_paper(plain, aad=f"objection:{application.number}".encode()),
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


@inside_transaction
def forget_objectors(*, learner_id: int, words: Sequence[str]) -> list[int]:
    """Empty the name and contact of objectors who carry one of ``words``, and of all who objected against the learner.

    Returns the numbers of the keys that are to be destroyed once this is committed.
    """
    gone: list[int] = []
    rows = Objection.objects.select_for_update(of=("self",)).select_related("application").order_by("id")
    for row in rows.iterator():
        sealed, number = bytes(row.contact_sealed), row.application.number
        told = queries.contact_of(number, sealed)
        if row.application.learner_id == learner_id or any(word in part for word in words for part in told):
            nobody = canon.canonical({"name": "", "contact": ""})
            row.contact_sealed = sealed_paper(nobody, aad=f"objection:{number}".encode())
            row.by_name = ""
            row.save(update_fields=["contact_sealed", "by_name"])
            gone.append(paper_number(sealed))
    return gone


@use_case
def rewrap_contacts(*, after: int, most: int) -> int | None:
    """Wrap the keys of up to ``most`` contacts behind the id ``after`` with the key in use; the last id, None at the end."""
    rows = list(Objection.objects.select_for_update().filter(pk__gt=after).order_by("pk")[:most])
    for row in rows:
        row.contact_sealed = rewrapped_paper(bytes(row.contact_sealed))
        row.save(update_fields=["contact_sealed"])
    return rows[-1].pk if rows else None
