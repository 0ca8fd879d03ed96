"""Where the job library looks; each task lives in its room."""

from xuefen.bank.certificates import tasks as certificates
from xuefen.bank.deposits import tasks as deposits
from xuefen.bank.recognition import tasks as recognition
from xuefen.bank.shell import tasks as shell

__all__ = ["certificates", "deposits", "recognition", "shell"]
