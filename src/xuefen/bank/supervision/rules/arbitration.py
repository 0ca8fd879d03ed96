"""Who may arbitrate, and when a correction touches the ground a conversion stands on. Pure."""

from __future__ import annotations

from xuefen.bank.deposits.types import OutcomeFacts
from xuefen.bank.shell.problems import Denied
from xuefen.bank.supervision.types import ARBITRATION_PERSON, ARBITRATION_SAME_PERSON, GROUNDS_MISSING
from xuefen.bedrock.names import clean

GROUNDS_MOST = 400


def weakens(old: OutcomeFacts, new: OutcomeFacts) -> bool:
    """Whether a conversion of ``old`` might not have been made of ``new``: another item, less credit, a lower level, mark or
    quality, or another day of award. A serial number or hours that are put right change nothing.
    """
    return (
        new.item_id != old.item_id
        or new.credits < old.credits
        or (new.level or 0) < (old.level or 0)
        or (new.mark or 0) < (old.mark or 0)
        or new.quality > old.quality  # A is the best
        or new.awarded_on != old.awarded_on
    )


def check_arbiter(*, taken_by: int | None, arbiter: int | None) -> int:
    """The arbiter's user id. Raises ``Denied``: arbitration_person, arbitration_same_person."""
    if arbiter is None:
        raise Denied(ARBITRATION_PERSON)
    if arbiter == taken_by:
        raise Denied(ARBITRATION_SAME_PERSON)
    return arbiter


def checked_grounds(text: str) -> str:
    """The stored form of the grounds of a decision. Raises ``Denied(grounds_missing)``."""
    stored = clean(text)
    if not 1 <= len(stored) <= GROUNDS_MOST:
        raise Denied(GROUNDS_MISSING, place="grounds")
    return stored
