"""Other systems' articulations to rule drafts, and rules to CTDL. What cannot be carried is named, never dropped."""

from xuefen.bank.conversion.rules.exchange.assist import read_assist
from xuefen.bank.conversion.rules.exchange.ctdl import read_ctdl
from xuefen.bank.conversion.rules.exchange.ctdl_writing import write_ctdl
from xuefen.bank.conversion.rules.exchange.igetc import read_igetc

__all__ = ["read_assist", "read_ctdl", "read_igetc", "write_ctdl"]
