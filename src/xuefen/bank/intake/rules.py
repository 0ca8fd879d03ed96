"""Sealing what slips say, and their clocks. Pure, except that sealing draws a fresh nonce."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from xuefen.bank.intake import states
from xuefen.bank.intake.types import (
    CLAIM_DAYS_WRONG,
    CLAIM_REMINDERS,
    LEAST_CLAIM_DAYS,
    MOST_CLAIM_DAYS,
    NOTE_MOST,
    SLIP_EARLY,
    SLIP_LATE,
    SLIP_MISSING,
    SLIP_SAME_PERSON,
    Asked,
    Event,
    Form,
    Kind,
    State,
)
from xuefen.bank.recognition import rules as recognition
from xuefen.bank.recognition.types import NOTE_NEEDED, Clock, Moment
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards.types import Pack
from xuefen.bedrock import canon
from xuefen.bedrock.gm import hmac_sm3, open_sealed, seal, sm3
from xuefen.bedrock.names import BadText, half_width, reject_controls
from xuefen.bedrock.workdays import BEIJING

LONGEST: Mapping[str, int] = {"awarded_on": 40, "grade": 12, "hours": 12, "serial": 60}

# --- what is said ----------------------------------------------------------------------------------------------------


def checked_form(form: Form) -> Form:
    """The stored form: trimmed, without controls, no longer than a sheet allows. Judging comes when it is sent."""
    plain = {name: _plain(text, LONGEST[name]) for name, text in form.to_json().items() if name in LONGEST}
    return Form(**plain, note=checked_note(form.note, needed=False))


def _plain(text: str, most: int) -> str:
    try:
        reject_controls(text)
    except BadText:
        text = "".join(c for c in text if c.isprintable())
    return half_width(text).strip()[:most]


def checked_note(note: str, *, needed: bool) -> str:
    """Raises ``Denied``: text_controls, note_long, note_needed."""
    return recognition.checked_text(note, place="note", most=NOTE_MOST, missing=NOTE_NEEDED if needed else None)


def row_values(form: Form, *, account: str, item_code: str, version: str, name: str = "") -> dict[str, str]:
    """The slip as a row of the deposit sheet."""
    values = {
        "account": account,
        "item_code": item_code,
        "version": version,
        "awarded_on": form.awarded_on,
        "grade": form.grade,
        "hours": form.hours,
        "serial": form.serial,
    }
    return values | ({"name": name} if name else {})


# --- sealing ---------------------------------------------------------------------------------------------------------


def _key(data_key: bytes) -> bytes:
    return hmac_sm3(data_key, b"slip")[:16]


def seal_form(form: Form, *, data_key: bytes, number: str) -> bytes:
    """SM4-GCM under a key made of the holder's, bound to the slip."""
    return seal(_key(data_key), canon.flat(dict(form.to_json())), aad=f"slip:{number}".encode("ascii"))


def open_form(sealed: bytes, *, data_key: bytes, number: str) -> Form:
    """Undo ``seal_form``. Raises ``DecryptionFailed``."""
    return Form(**json.loads(open_sealed(_key(data_key), sealed, aad=f"slip:{number}".encode("ascii"))))


def seal_note(note: str, *, data_key: bytes, number: str, seq: int) -> bytes:
    """What somebody wrote about the slip; nothing for an empty note."""
    return seal(_key(data_key), note.encode(), aad=f"slip:{number}:{seq}".encode("ascii")) if note else b""


def open_note(sealed: bytes, *, data_key: bytes, number: str, seq: int) -> str:
    """Undo ``seal_note``. Raises ``DecryptionFailed``."""
    return open_sealed(_key(data_key), sealed, aad=f"slip:{number}:{seq}".encode("ascii")).decode() if sealed else ""


def content_commitments(form: Form, marks: Iterable[bytes], *, salt: bytes) -> dict[str, str]:
    """What a leaf says of the content and of the evidence without telling them."""
    return {
        "content": sm3(salt + canon.flat(dict(form.to_json()))).hex(),
        "evidence": sm3(salt + b"".join(sorted(marks))).hex(),
    }


# --- clocks ----------------------------------------------------------------------------------------------------------


def clock_of(state: State, pack: Pack, *, now: datetime) -> Clock | None:
    """The clock of a state a submission enters: the days the standard gives a review, for either side."""
    if state in (State.CHECKING, State.MORE):
        return recognition.start_clock(pack.steps["review"], now=now)
    return None


def claim_clock(days: int, *, now: datetime) -> Clock:
    """An award waits to the end of the last day. Raises ``Denied(claim_days)``."""
    if not LEAST_CLAIM_DAYS <= days <= MOST_CLAIM_DAYS:
        raise Denied(CLAIM_DAYS_WRONG, place="days", least=LEAST_CLAIM_DAYS, most=MOST_CLAIM_DAYS)
    midnight = now.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    due_at = midnight + timedelta(days=days + 1)
    reminders = tuple(midnight + timedelta(days=days * percent // 100) for percent in CLAIM_REMINDERS)
    return Clock(started_at=now, due_at=due_at, reminders=tuple(m for m in reminders if m > now))


def reminder_moments(state: State, pack: Pack, *, entered_at: datetime, due_at: datetime) -> Sequence[datetime]:
    """When a running slip is to be reminded of."""
    clock = clock_of(state, pack, now=entered_at)
    if clock is not None:
        return clock.reminders
    days = (due_at.astimezone(BEIJING) - timedelta(seconds=1)).date() - entered_at.astimezone(BEIJING).date()
    return claim_clock(days.days, now=entered_at).reminders


def check_moment(kind: Kind, state: State, event: Event, *, due_at: datetime | None, now: datetime) -> None:
    """Raise ``Denied(slip_late)`` or ``Denied(slip_early)`` when the table wants the event at another time."""
    when = states.after(kind, state, event).when
    if due_at is None or when is Moment.ANY:
        return
    if when is Moment.IN_TIME and now >= due_at:
        raise Denied(SLIP_LATE, place="number")
    if when is Moment.TIME_UP and now < due_at:
        raise Denied(SLIP_EARLY, place="number")


# --- who and what ----------------------------------------------------------------------------------------------------


def check_two_persons(*, filled_in_by: Iterable[int | None], checks: int) -> None:
    """Raise ``Denied(slip_same_person)``: who fills in for somebody does not check it."""
    if checks in filled_in_by:
        raise Denied(SLIP_SAME_PERSON)


def check_complete(missing: Sequence[Asked]) -> None:
    """Raise ``Denied(slip_missing)`` naming what the checklist still asks for."""
    if missing:
        raise Denied(
            SLIP_MISSING,
            place="evidence",
            missing_zh="、".join(asked.zh for asked in missing),
            missing_en=", ".join(asked.en for asked in missing),
        )
