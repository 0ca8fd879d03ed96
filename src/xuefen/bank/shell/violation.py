"""What ``xuefen prove`` reports."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken promise: which invariant (I1..I12), on what, and what was found instead."""

    invariant: str
    subject: str
    found: str
