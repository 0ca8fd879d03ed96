"""The only writers of the activities room."""

from xuefen.bank.activities.actions.confirming import EARLY, LATE, check_in, confirm_list, withdraw
from xuefen.bank.activities.actions.deeds import confirm_deed, decline_deed, report_deed
from xuefen.bank.activities.actions.gathering import gather, gather_due
from xuefen.bank.activities.actions.joining import join, leave
from xuefen.bank.activities.actions.opening import cancel_activity, open_activity
from xuefen.bank.activities.actions.schemes import propose_scheme, sign_scheme

__all__ = [
    "EARLY",
    "LATE",
    "cancel_activity",
    "check_in",
    "confirm_deed",
    "confirm_list",
    "decline_deed",
    "gather",
    "gather_due",
    "join",
    "leave",
    "open_activity",
    "propose_scheme",
    "report_deed",
    "sign_scheme",
    "withdraw",
]
