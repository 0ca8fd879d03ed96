"""Depositing: the only writer of batches and outcomes. ``receive`` keeps a file, ``run`` deposits it, ``dry_run`` only says."""

from xuefen.bank.deposits.actions.checking import MOST_CHECKED_BYTES, check_sheet
from xuefen.bank.deposits.actions.correcting import (
    checked_reason,
    lock_outcome,
    reinstate,
    revoke_outcome,
    take_back,
    write_correction,
)
from xuefen.bank.deposits.actions.forgetting import (
    batches_naming,
    drop_leftover_files,
    forget_in_refused_rows,
    rewrap_papers,
)
from xuefen.bank.deposits.actions.receipt import named_range, sealed_receipt
from xuefen.bank.deposits.actions.receiving import receive, receive_rows
from xuefen.bank.deposits.actions.revoking import (
    Standing,
    advance,
    begin_revoking,
    end_revoking,
    lock_revocation,
    standing_of,
    withdraw,
)
from xuefen.bank.deposits.actions.running import CHUNK_ROWS, Progress, dry_run, run
from xuefen.bank.deposits.actions.single import Single, deposit_one, deposit_row, judged_one
from xuefen.bank.deposits.actions.steering import (
    cancel,
    choose_columns,
    column_names,
    forget_column,
    pause,
    resume,
)
from xuefen.bank.deposits.actions.workbook import write_error_workbook
from xuefen.bank.deposits.reading import glance

__all__ = [
    "CHUNK_ROWS",
    "MOST_CHECKED_BYTES",
    "Progress",
    "Single",
    "Standing",
    "advance",
    "batches_naming",
    "begin_revoking",
    "cancel",
    "check_sheet",
    "checked_reason",
    "choose_columns",
    "column_names",
    "deposit_one",
    "deposit_row",
    "drop_leftover_files",
    "dry_run",
    "end_revoking",
    "forget_column",
    "forget_in_refused_rows",
    "glance",
    "judged_one",
    "lock_outcome",
    "lock_revocation",
    "named_range",
    "pause",
    "receive",
    "receive_rows",
    "reinstate",
    "resume",
    "revoke_outcome",
    "rewrap_papers",
    "run",
    "sealed_receipt",
    "standing_of",
    "take_back",
    "withdraw",
    "write_correction",
    "write_error_workbook",
]
