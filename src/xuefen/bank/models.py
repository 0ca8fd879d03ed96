"""Where Django looks for tables; each lives in its room."""

from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.catalogue.models import Item, ItemVersion, Programme, ProgrammeItem
from xuefen.bank.certificates.models import Certificate, ShareLink, ShareView
from xuefen.bank.conversion.models import Agreement, Rule, RuleSource, RuleTarget
from xuefen.bank.deposits.models import Batch, Outcome, RefusedRow
from xuefen.bank.institutions.models import Institution, Qualification
from xuefen.bank.learners.models import IdentityProof, Learner, ServiceAgreement
from xuefen.bank.ledger.models import Book, Lot, Transfer
from xuefen.bank.places.models import Place
from xuefen.bank.recognition.models import Application, ApplicationUse, Move, Objection
from xuefen.bank.shell.models import Node
from xuefen.bank.staff.models import Post, User
from xuefen.bank.standards.models import StandardVersion
from xuefen.bank.translog.models import Checkpoint, Cosignature, Leaf, QueuedLeaf, WatchedLog, Witness

__all__ = [
    "Agreement",
    "Application",
    "ApplicationUse",
    "AuditEntry",
    "Batch",
    "Book",
    "Certificate",
    "Checkpoint",
    "Cosignature",
    "IdentityProof",
    "Institution",
    "Item",
    "ItemVersion",
    "Leaf",
    "Learner",
    "Lot",
    "Move",
    "Node",
    "Objection",
    "Outcome",
    "Place",
    "Post",
    "Programme",
    "ProgrammeItem",
    "Qualification",
    "QueuedLeaf",
    "RefusedRow",
    "Rule",
    "RuleSource",
    "RuleTarget",
    "ServiceAgreement",
    "ShareLink",
    "ShareView",
    "StandardVersion",
    "Transfer",
    "User",
    "WatchedLog",
    "Witness",
]
