"""What the log may say: no identity or account number, and no line as long as a visitor likes."""

from __future__ import annotations

import logging
import re

# 15 to 18 digits standing alone: identity numbers (the last may be X) and account numbers. Public numbers begin with letters.
_PERSONAL = re.compile(r"(?<![0-9A-Za-z])\d{15,17}[\dXx]?(?![0-9A-Za-z])")
_LONG = re.compile(r"\S{500,}")


class Discreet(logging.Formatter):
    """Masks personal numbers in whole records, stack traces included, and cuts words of 500 characters and more."""

    def format(self, record: logging.LogRecord) -> str:
        text = _PERSONAL.sub("[…]", super().format(record))
        return _LONG.sub(lambda found: f"{found[0][:100]}[… {len(found[0])}]", text)
