"""Writers of the log, and its dealings with witnesses."""

from xuefen.bank.translog.actions.recovering import missing, rebuild
from xuefen.bank.translog.actions.sealing import append, append_many, publish, seal, seal_all, store
from xuefen.bank.translog.actions.witnessing import (
    add_checkpoint,
    add_witness,
    ask_standing,
    ask_witnesses,
    forget_witness,
    rekey,
    set_policy,
    watch,
)

__all__ = [
    "add_checkpoint",
    "add_witness",
    "append",
    "append_many",
    "ask_standing",
    "ask_witnesses",
    "forget_witness",
    "missing",
    "publish",
    "rebuild",
    "rekey",
    "seal",
    "seal_all",
    "set_policy",
    "store",
    "watch",
]
