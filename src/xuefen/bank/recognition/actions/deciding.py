"""What receivers and learners decide."""

from __future__ import annotations

from datetime import datetime

from xuefen.bank.recognition import rules
from xuefen.bank.recognition.actions.moving import lock, move, pack_of
from xuefen.bank.recognition.models import Application
from xuefen.bank.recognition.types import (
    Event,
)
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.transaction import use_case


@use_case
def approve(*, number: str, version: int, note: str = "", by: Actor, now: datetime) -> Application:
    """The receiver consents. ``version`` is the one the reviewer saw.

    Raises ``Denied``: not_allowed, not_found, stale, move_not_allowed, time_is_up, note_long, text_controls.
    """
    application = lock(by.scope("applications.review"), number, version)
    stored = rules.checked_text(note, place="note", most=rules.NOTE_MOST, missing=None)
    return move(application, event=Event.APPROVE, by=by, now=now, note=stored)


@use_case
def refuse(*, number: str, version: int, reason_code: str, note: str, by: Actor, now: datetime) -> Application:
    """The receiver refuses, with a code of the standard and the grounds; the credit is the learner's again.

    Raises ``Denied``: not_allowed, not_found, stale, move_not_allowed, time_is_up, reason_unknown, note_needed,
    note_long, text_controls.
    """
    application = lock(by.scope("applications.review"), number, version)
    stored = rules.checked_refusal(pack_of(application), reason_code=reason_code, note=note)
    return move(application, event=Event.REFUSE, by=by, now=now, reason_code=reason_code, note=stored)


@use_case
def convert(*, number: str, version: int, by: Actor, now: datetime) -> Application:
    """The receiver enters the credit, and the public notice begins. At the deadline the sweep does it.

    Raises ``Denied``: not_allowed, not_found, stale, move_not_allowed.
    """
    return move(lock(by.scope("applications.review"), number, version), event=Event.CONVERT, by=by, now=now)


@use_case
def withdraw(*, number: str, version: int, note: str = "", by: Actor, now: datetime) -> Application:
    """The learner takes the application back; the credit is free again.

    Raises ``Denied``: not_allowed, not_found, stale, move_not_allowed, note_long, text_controls.
    """
    application = lock(by.scope("applications.withdraw"), number, version)
    stored = rules.checked_text(note, place="note", most=rules.NOTE_MOST, missing=None)
    return move(application, event=Event.WITHDRAW, by=by, now=now, note=stored)
