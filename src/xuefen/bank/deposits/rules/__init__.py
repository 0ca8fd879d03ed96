"""Pure decisions of the deposits room: what a header means, what a row says, what becomes of it."""

from xuefen.bank.deposits.rules.judging import (
    Accepted,
    Context,
    Judged,
    Known,
    Worth,
    count,
    facts_of,
    item_of,
    judge,
    natural_key,
    replaced_key,
    result_commitment,
    worth_of,
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
    "Worth",
    "count",
    "facts_of",
    "item_of",
    "judge",
    "map_columns",
    "natural_key",
    "parse_date",
    "parse_row",
    "replaced_key",
    "result_commitment",
    "worth_of",
]
