"""How a certificate's status moves. Revocation is final."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from xuefen.bank.certificates.types import CERTIFICATE_STATE, STATE_WORDS, CertificateState
from xuefen.bank.shell.problems import Denied

MOVES: Mapping[tuple[CertificateState, str], CertificateState] = MappingProxyType(
    {
        (CertificateState.VALID, "suspended"): CertificateState.SUSPENDED,
        (CertificateState.SUSPENDED, "reinstated"): CertificateState.VALID,
        (CertificateState.VALID, "revoked"): CertificateState.REVOKED,
        (CertificateState.SUSPENDED, "revoked"): CertificateState.REVOKED,
    }
)
"""(from, event) → to. Each is an act of a branch or a supervisor, with a reason from the closed list, and a leaf."""


def after(state: CertificateState, event: str) -> CertificateState:
    """The state after ``event``. Raises ``Denied(certificate_state)`` when the table has no such move."""
    if (state, event) not in MOVES:
        raise refusal(state)
    return MOVES[state, event]


def refusal(state: CertificateState, *, place: str = "") -> Denied:
    """What is said of a certificate that stands in the wrong state."""
    zh, en = STATE_WORDS[state]
    return Denied(CERTIFICATE_STATE, place=place, state_zh=zh, state=en.lower())
