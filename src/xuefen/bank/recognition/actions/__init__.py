"""The use cases of an application."""

from xuefen.bank.recognition.actions.applying import apply, one_at_a_time
from xuefen.bank.recognition.actions.deciding import approve, convert, refuse, withdraw
from xuefen.bank.recognition.actions.doubting import confirm, doubt, give_back, substitute, undo, void
from xuefen.bank.recognition.actions.objecting import answer_objection, forget_objectors, object_, rewrap_contacts
from xuefen.bank.recognition.actions.sweeping import sweep

__all__ = [
    "answer_objection",
    "apply",
    "approve",
    "confirm",
    "convert",
    "doubt",
    "forget_objectors",
    "give_back",
    "object_",
    "one_at_a_time",
    "refuse",
    "rewrap_contacts",
    "substitute",
    "sweep",
    "undo",
    "void",
    "withdraw",
]
