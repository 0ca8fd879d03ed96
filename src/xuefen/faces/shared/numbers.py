"""Numbers as browsers and people send them."""

from __future__ import annotations


def whole(text: str) -> int | None:
    """A whole number of nine digits at most; None when it is none ("²" is a digit to Python, and no number)."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
