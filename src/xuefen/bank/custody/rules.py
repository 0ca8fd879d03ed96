"""What may be done with a key, and what a leaf says of it. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from xuefen.bank.custody.types import (
    ERASURE_BASIS,
    ERASURE_SAME_PERSON,
    KEY_COMPROMISED_TIME,
    KEY_NOT_ROTATED,
    KEY_OVERLAP,
    KEY_REASON,
    LONGEST_OVERLAP,
    WRITES_END,
    Basis,
    KeyRow,
    KeyStanding,
    KeyState,
)
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock import canon
from xuefen.bedrock.gm import Held
from xuefen.bedrock.names import clean


def last_moment(old: Held, *, overlap: timedelta, compromised_since: datetime | None, now: datetime) -> datetime:
    """Until when a key that is replaced now is good: to the end of the overlap, or only to its compromise.

    The wrapping key opens for one more hour: by then every write that began with it has ended, and what it wrapped is
    wrapped anew. Raises ``Denied``: key_not_rotated, key_overlap, key_compromised_time.
    """
    if old.purpose == "blind":
        raise Denied(KEY_NOT_ROTATED, place="purpose", purpose=old.purpose)
    if not old.signs:
        return now + WRITES_END
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise Denied(KEY_OVERLAP, place="overlap", most=LONGEST_OVERLAP.days)
    if compromised_since is not None:
        if compromised_since > now or (old.since is not None and compromised_since < old.since):
            raise Denied(KEY_COMPROMISED_TIME, place="compromised")
        return compromised_since
    return now + overlap


def checked_reason(text: str) -> str:
    """Why a key is replaced, in stored form. Raises ``Denied(key_reason)``."""
    reason = clean(text)
    if not 1 <= len(reason) <= 200:
        raise Denied(KEY_REASON, place="reason")
    return reason


def rotated_leaf(*, fresh: Held, replaced: Held, at: str, until: str, compromised: bool) -> bytes:
    """What the log says of a rotation."""
    return canon.flat(
        {
            "kind": "key.rotated",
            "v": 1,
            "at": at,
            "purpose": fresh.purpose,
            "generation": fresh.generation,
            "algorithm": fresh.kind,
            "key": fresh.key_id,
            "replaces": replaced.key_id,
            "until": until,
            "compromised": compromised,
        }
    )


def key_standing(row: KeyRow, *, made_at: datetime, compromised: bool, now: datetime) -> KeyStanding:
    """How a key stands now: in use, good for a while longer, or retired; and how long it was, or has been, in use.

    ``made_at`` is when the bank was made, and its first keys with it.
    """
    held = row.held
    since = held.since or made_at
    if held.until is None:
        return KeyStanding(row, KeyState.IN_USE, since, days=(now - since).days, compromised=compromised)
    state = KeyState.OVERLAP if held.until > now else KeyState.RETIRED
    return KeyStanding(row, state, since, days=(min(held.until, now) - since).days, compromised=compromised)


def checked_basis(text: str) -> Basis:
    """The legal basis of an erasure. Raises ``Denied(erasure_basis)``."""
    if text not in set(Basis):
        raise Denied(ERASURE_BASIS, place="basis", bases=", ".join(Basis))
    return Basis(text)


def check_two_persons(*, asked_by: int | None, confirms: int) -> None:
    """Raise ``Denied(erasure_same_person)`` when the one who confirms is the one who asked."""
    if asked_by == confirms:
        raise Denied(ERASURE_SAME_PERSON)


def erased_leaf(*, holder: str, at: str, basis: Basis) -> bytes:
    """What the log says of an erasure: the commitment that the opening of the account carried, and nothing new."""
    return canon.flat({"kind": "learner.erased", "v": 1, "at": at, "holder": holder, "basis": basis.value})
