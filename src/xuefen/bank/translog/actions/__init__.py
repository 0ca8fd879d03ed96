"""Writers of the log, and its dealings with witnesses."""

from xuefen.bank.translog.actions.anchoring import (
    account,
    anchor_by_itself,
    check_anchors,
    deploy,
    hear_chain,
    overrule_chain,
    send_anchor,
)
from xuefen.bank.translog.actions.recovering import missing, rebuild
from xuefen.bank.translog.actions.sealing import append, append_lines, append_many, draw_ids, publish, seal, store
from xuefen.bank.translog.actions.witnessing import (
    add_checkpoint,
    add_witness,
    ask_standing,
    ask_witnesses,
    forget_witness,
    rekey,
    seal_all,
    set_policy,
    watch,
)

__all__ = [
    "account",
    "add_checkpoint",
    "add_witness",
    "anchor_by_itself",
    "append",
    "append_lines",
    "append_many",
    "ask_standing",
    "ask_witnesses",
    "check_anchors",
    "deploy",
    "draw_ids",
    "forget_witness",
    "hear_chain",
    "missing",
    "overrule_chain",
    "publish",
    "rebuild",
    "rekey",
    "seal",
    "seal_all",
    "send_anchor",
    "set_policy",
    "store",
    "watch",
]
