"""Pure decisions of the deposits room: what a header means, what a row says, what becomes of it."""

from xuefen.bank.deposits.rules.chunks import OUTCOME_COLUMNS, Chunk, Frame, made_ready, only_judged, repeats
from xuefen.bank.deposits.rules.judging import (
    Accepted,
    Context,
    Judged,
    Known,
    Worth,
    facts_of,
    item_of,
    judge,
    may_lack,
    natural_key,
    replaced_key,
    result_commitment,
    worth_of,
)
from xuefen.bank.deposits.rules.rows import parse_date, parse_row
from xuefen.bank.deposits.rules.sheet import FIELDS, Columns, map_columns
from xuefen.bank.deposits.rules.telling import Told, in_vain, told

__all__ = [
    "FIELDS",
    "OUTCOME_COLUMNS",
    "Accepted",
    "Chunk",
    "Columns",
    "Context",
    "Frame",
    "Judged",
    "Known",
    "Told",
    "Worth",
    "facts_of",
    "in_vain",
    "item_of",
    "judge",
    "made_ready",
    "map_columns",
    "may_lack",
    "natural_key",
    "only_judged",
    "parse_date",
    "parse_row",
    "repeats",
    "replaced_key",
    "result_commitment",
    "told",
    "worth_of",
]
