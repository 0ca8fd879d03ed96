"""Pure decisions of the deposits room: what a header means, what a row says, what becomes of it."""

from xuefen.bank.deposits.rules.judging import (
    Accepted,
    Context,
    Judged,
    Known,
    count,
    facts_of,
    judge,
    natural_key,
    result_commitment,
)
from xuefen.bank.deposits.rules.rows import parse_date, parse_row
from xuefen.bank.deposits.rules.sheet import FIELDS, Columns, map_columns

__all__ = [
    "FIELDS",
    "Accepted",
    "Columns",
    "Context",
    "Judged",
    "Known",
    "count",
    "facts_of",
    "judge",
    "map_columns",
    "natural_key",
    "parse_date",
    "parse_row",
    "result_commitment",
]
