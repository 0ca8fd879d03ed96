"""Amounts of credit: whole numbers of hundredths, and the few exact operations on them. No floating point anywhere."""

import re
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import NewType

from xuefen.bedrock.names import half_width

Credits = NewType("Credits", int)
"""An amount of credit in hundredths: `Credits(350)` is 3.5 credits. Plain `+` and `-` give ints of the same unit."""

MAX_PARSED = Credits(1000 * 100)
"""No programme, let alone one outcome, carries more than 1000 credits: a larger figure is a slip (hours, a code)."""

_AMOUNT = re.compile(r"([0-9]+)(?:\.([0-9]+))?", re.ASCII)
_SENTENCES = {
    "credits_format": ("学分应为数字，例如 3 或 3.5。", "Credits must be a number such as 3 or 3.5."),
    "credits_negative": ("学分不能为负数。", "Credits cannot be negative."),
    "credits_decimals": ("学分最多保留两位小数。", "Credits have at most two decimals."),
    "credits_too_many": ("学分不能超过 1000。", "Credits cannot be more than 1000."),
    "credits_inexact": ("换算结果不在学分最小单位上。", "The result does not fall on the smallest unit of credit."),
}


class BadQuantity(ValueError):
    """An amount that cannot be accepted. `code` is stable; `zh` and `en` are sentences for people."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.zh, self.en = _SENTENCES[code]
        super().__init__(self.en)


class Rounding(StrEnum):
    """How an exact result is brought onto the grain. The grain is separate: nearest half credit = HALF_UP, grain 50."""

    HALF_UP = "half_up"
    DOWN = "down"
    UP = "up"
    EXACT = "exact"
    """Refuse (`credits_inexact`) instead of rounding."""


@lru_cache(maxsize=4096)  # a file of a million rows holds a few dozen different amounts
def parse_credits(text: str) -> Credits:
    """Read an amount as people write it ("3", "3.5", full-width digits too) into hundredths.

    Raises `BadQuantity`: `credits_format` (empty, a word, NaN, an exponent, thousands separators), `credits_negative`,
    `credits_decimals` (more than two written, even zeros), `credits_too_many` (above 1000).
    """
    plain = half_width(text).strip()
    match = _AMOUNT.fullmatch(plain)
    if not match:
        negative = plain[:1] in ("-", "\u2212") and _AMOUNT.fullmatch(plain[1:].strip())
        raise BadQuantity("credits_negative" if negative else "credits_format")
    whole, part = match[1].lstrip("0"), match[2] or ""
    if len(part) > 2:
        raise BadQuantity("credits_decimals")
    # The length is looked at first: int() of thousands of digits is slow and, from 4301 on, an error of its own.
    if len(whole) > 4 or (amount := int(whole + part.ljust(2, "0"))) > MAX_PARSED:
        raise BadQuantity("credits_too_many")
    return Credits(amount)


def format_credits(amount: int) -> str:
    """Write hundredths as credits, with one decimal or two: 300 → "3.0", 325 → "3.25", -50 → "-0.5"."""
    whole, part = divmod(abs(amount), 100)
    digits = f"{part:02d}"
    return f"{'-' if amount < 0 else ''}{whole}.{digits[0] if digits[1] == '0' else digits}"


def _onto_grain(numerator: int, denominator: int, rounding: Rounding, grain: int) -> Credits:
    """Round numerator / denominator, in hundredths and not negative, to a multiple of `grain` hundredths."""
    if numerator < 0 or denominator <= 0 or grain <= 0:
        raise ValueError("amounts must not be negative; divisor and grain must be positive")
    denominator *= grain
    if rounding is Rounding.DOWN:
        steps = numerator // denominator
    elif rounding is Rounding.UP:
        steps = -(-numerator // denominator)
    elif rounding is Rounding.HALF_UP:
        steps = (2 * numerator + denominator) // (2 * denominator)
    else:
        steps, rest = divmod(numerator, denominator)
        if rest:
            raise BadQuantity("credits_inexact")
    return Credits(steps * grain)


def ratio(hours: int | Fraction, per: int | Fraction, *, rounding: Rounding, grain: int = 1) -> Credits:
    """Return `hours / per` credits, exactly, then rounded to a multiple of `grain` hundredths (50 = half a credit).

    `hours` and `per` share one unit (class hours, weeks, minutes). Raises ValueError if `hours` < 0 or `per` ≤ 0, and
    `BadQuantity("credits_inexact")` under `Rounding.EXACT`.
    """
    numerator = hours.numerator * per.denominator * 100
    return _onto_grain(numerator, hours.denominator * per.numerator, rounding, grain)


def scale(amount: int, factor: int | Fraction, *, rounding: Rounding, grain: int = 1) -> Credits:
    """Return `amount` hundredths times an exact factor (five units counting as four: `Fraction(4, 5)`), rounded."""
    return _onto_grain(amount * factor.numerator, factor.denominator, rounding, grain)


def percent_of(amount: int, percent: int | Fraction, *, grain: int = 1) -> Credits:
    """Return a share of `amount` hundredths as a cap. Always rounds down: a cap of 50 % is never exceeded by rounding.

    `percent` runs from 0 to 100, else ValueError.
    """
    if not 0 <= percent <= 100:
        raise ValueError("a share lies between 0 and 100 percent")
    return _onto_grain(amount * percent.numerator, 100 * percent.denominator, Rounding.DOWN, grain)
