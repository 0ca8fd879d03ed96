"""The only writers of standards: the house loads what ships; people propose, compare, consult, sign, retire."""

from xuefen.bank.standards.actions.adopting import adopt
from xuefen.bank.standards.actions.consulting import answer_comment, close_consultation, comment, open_consultation
from xuefen.bank.standards.actions.kinds import ask_kind, decline_kind, settle_kind
from xuefen.bank.standards.actions.loading import SHIPPED, load_pack, load_shipped_packs
from xuefen.bank.standards.actions.proposing import compare, propose, reject, withdraw
from xuefen.bank.standards.actions.publishing import confirm_review, retire, sign
from xuefen.bank.standards.actions.sweeping import sweep

__all__ = [
    "SHIPPED",
    "adopt",
    "answer_comment",
    "ask_kind",
    "close_consultation",
    "comment",
    "compare",
    "confirm_review",
    "decline_kind",
    "load_pack",
    "load_shipped_packs",
    "open_consultation",
    "propose",
    "reject",
    "retire",
    "settle_kind",
    "sign",
    "sweep",
    "withdraw",
]
