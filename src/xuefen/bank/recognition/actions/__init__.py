"""The use cases of an application."""

from xuefen.bank.recognition.actions.applying import apply
from xuefen.bank.recognition.actions.deciding import approve, convert, refuse, withdraw
from xuefen.bank.recognition.actions.objecting import answer_objection, forget_objectors, object_, rewrap_contacts
from xuefen.bank.recognition.actions.sweeping import sweep

__all__ = [
    "answer_objection",
    "apply",
    "approve",
    "convert",
    "forget_objectors",
    "object_",
    "refuse",
    "rewrap_contacts",
    "sweep",
    "withdraw",
]
