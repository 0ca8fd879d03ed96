"""The code shown at a venue: six digits that live a minute, so that yesterday's photograph of the screen opens nothing."""

from __future__ import annotations

import hmac
from datetime import datetime

from xuefen.bedrock.gm import hmac_sm3

CODE_SECONDS = 60
CODE_DIGITS = 6
_STILL_GOOD = 1
"""How many windows back a code still counts: whoever scanned it must have time to press the button."""


def code_at(secret: bytes, *, activity: str, moment: datetime, back: int = 0) -> str:
    """The code of an activity at a moment, or ``back`` windows earlier."""
    window = int(moment.timestamp()) // CODE_SECONDS - back
    digest = hmac_sm3(secret, f"activity-code:{activity}:{window}".encode())
    return str(int.from_bytes(digest[:8], "big") % 10**CODE_DIGITS).zfill(CODE_DIGITS)


def code_fits(secret: bytes, given: str, *, activity: str, moment: datetime) -> bool:
    """Whether ``given`` is the code of this minute or of the one before; compared in constant time."""
    plain = "".join(given.split())
    if not (plain.isascii() and len(plain) == CODE_DIGITS):
        return False
    fits = [
        hmac.compare_digest(code_at(secret, activity=activity, moment=moment, back=back), plain)
        for back in range(_STILL_GOOD + 1)
    ]
    return any(fits)


def seconds_left(moment: datetime) -> int:
    """Until the code on the screen changes."""
    return CODE_SECONDS - int(moment.timestamp()) % CODE_SECONDS
