"""What became of an outcome since its deposit, in the words of hall and desk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xuefen.bank.deposits.types import OutcomeEvent, OutcomeHistory, OutcomeState
from xuefen.faces.shared.words import date_text

Words = tuple[str, str]

STATE_WORDS: Mapping[OutcomeState, tuple[str, Words]] = {
    OutcomeState.VALID: ("ok", ("有效", "Valid")),
    OutcomeState.REVOKED: ("bad", ("已撤销", "Revoked")),
    OutcomeState.CORRECTED: ("warn", ("已更正", "Corrected")),
    OutcomeState.WITHDRAWN: ("", ("已撤回", "Withdrawn")),
}
CHANGE_WORDS: Mapping[OutcomeEvent, Words] = {
    OutcomeEvent.REVOKED: ("撤销", "Revoked"),
    OutcomeEvent.CORRECTED: ("更正", "Corrected"),
    OutcomeEvent.REINSTATED: ("恢复有效", "Reinstated"),
    OutcomeEvent.WITHDRAWN: ("随批次撤回", "Withdrawn with its batch"),
}


def history(told: OutcomeHistory) -> list[dict[str, Any]]:
    """The changes, oldest first, each with its words, who and when, and the outcome that took the place."""
    return [
        {
            "words": CHANGE_WORDS[change.event],
            "when": f"{date_text(change.at, 'year_time')} · {change.by_name}",
            "reason": change.reason,
            "replacement": change.replacement,
        }
        for change in told.changes
    ]
