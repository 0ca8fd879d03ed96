"""Where the job library looks; each task lives in its room."""

from xuefen.bank.activities import tasks as activities
from xuefen.bank.certificates import tasks as certificates
from xuefen.bank.conversion import tasks as conversion
from xuefen.bank.custody import tasks as custody
from xuefen.bank.deposits import tasks as deposits
from xuefen.bank.intake import tasks as intake
from xuefen.bank.ledger import tasks as ledger
from xuefen.bank.recognition import tasks as recognition
from xuefen.bank.shell import tasks as shell
from xuefen.bank.standards import tasks as standards
from xuefen.bank.supervision import tasks as supervision
from xuefen.bank.translog import tasks as translog

__all__ = [
    "activities",
    "certificates",
    "conversion",
    "custody",
    "deposits",
    "intake",
    "ledger",
    "recognition",
    "shell",
    "standards",
    "supervision",
    "translog",
]
