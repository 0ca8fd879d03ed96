"""The use cases of deposit slips."""

from xuefen.bank.intake.actions.awarding import claim, decline, push, push_many, take_back
from xuefen.bank.intake.actions.checking import accept, ask_more, open_file, refuse
from xuefen.bank.intake.actions.submitting import attach, detach, save_form, send, start, withdraw, worth
from xuefen.bank.intake.actions.sweeping import close_for_erasure, sweep

__all__ = [
    "accept",
    "ask_more",
    "attach",
    "claim",
    "close_for_erasure",
    "decline",
    "detach",
    "open_file",
    "push",
    "push_many",
    "refuse",
    "save_form",
    "send",
    "start",
    "sweep",
    "take_back",
    "withdraw",
    "worth",
]
