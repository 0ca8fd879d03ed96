"""Writers of custody."""

from xuefen.bank.custody.actions.drilling import drill
from xuefen.bank.custody.actions.erasing import (
    ask_erasure,
    confirm_erasure,
    decline_erasure,
    finish,
    request_erasure,
    withdraw_request,
)
from xuefen.bank.custody.actions.rotating import rotate, seal_files, tidy

__all__ = [
    "ask_erasure",
    "confirm_erasure",
    "decline_erasure",
    "drill",
    "finish",
    "request_erasure",
    "rotate",
    "seal_files",
    "tidy",
    "withdraw_request",
]
