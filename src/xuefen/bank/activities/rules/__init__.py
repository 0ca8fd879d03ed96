"""Pure decisions of the activities room: read a scheme, tell periods apart, sum a period up, make and test a venue's code."""

from xuefen.bank.activities.rules.codes import CODE_DIGITS, CODE_SECONDS, code_at, code_fits, seconds_left
from xuefen.bank.activities.rules.lists import read_list, short_text
from xuefen.bank.activities.rules.periods import (
    confirms_until,
    earliest_start,
    period_before,
    period_by_code,
    period_of,
    starts_period,
)
from xuefen.bank.activities.rules.schemes import check_scheme, read_scheme, stored_scheme
from xuefen.bank.activities.rules.tallies import tally, told

__all__ = [
    "CODE_DIGITS",
    "CODE_SECONDS",
    "check_scheme",
    "code_at",
    "code_fits",
    "confirms_until",
    "earliest_start",
    "period_before",
    "period_by_code",
    "period_of",
    "read_list",
    "read_scheme",
    "seconds_left",
    "short_text",
    "starts_period",
    "stored_scheme",
    "tally",
    "told",
]
