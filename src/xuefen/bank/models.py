"""Where Django looks for tables; each lives in its room."""

from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.catalogue.models import Item, ItemVerdict, ItemVersion, Programme, ProgrammeItem
from xuefen.bank.certificates.models import Badge, Certificate, CredentialPlace, ShareLink, ShareView
from xuefen.bank.conversion.models import (
    Agreement,
    AgreementMember,
    AllianceTerms,
    Contract,
    ContractMove,
    ContractSignature,
    DoctorRun,
    ImpactRun,
    Opinion,
    Proposal,
    ProposalMove,
    ProposalRevision,
    ProposalRule,
    ProposalSignature,
    Rule,
    RuleSource,
    RuleTarget,
)
from xuefen.bank.custody.models import Erasure, KeyChange
from xuefen.bank.deposits.models import Batch, Outcome, RefusedRow
from xuefen.bank.evidence.models import EvidenceFile
from xuefen.bank.institutions.models import Institution, Qualification
from xuefen.bank.learners.models import IdentityProof, Learner, ServiceAgreement
from xuefen.bank.ledger.models import Book, Lot, Transfer
from xuefen.bank.places.models import Place
from xuefen.bank.recognition.models import Application, ApplicationUse, Move, Objection
from xuefen.bank.shell.models import Node
from xuefen.bank.staff.models import Post, User
from xuefen.bank.standards.models import (
    KindRequest,
    StandardAdoption,
    StandardComment,
    StandardComparison,
    StandardMove,
    StandardProposal,
    StandardSignature,
    StandardVersion,
)
from xuefen.bank.translog.models import Checkpoint, Cosignature, Leaf, QueuedLeaf, WatchedLog, Witness

__all__ = [
    "Agreement",
    "AgreementMember",
    "AllianceTerms",
    "Application",
    "ApplicationUse",
    "AuditEntry",
    "Badge",
    "Batch",
    "Book",
    "Certificate",
    "Checkpoint",
    "Contract",
    "ContractMove",
    "ContractSignature",
    "Cosignature",
    "CredentialPlace",
    "DoctorRun",
    "Erasure",
    "EvidenceFile",
    "IdentityProof",
    "ImpactRun",
    "Institution",
    "Item",
    "ItemVerdict",
    "ItemVersion",
    "KeyChange",
    "KindRequest",
    "Leaf",
    "Learner",
    "Lot",
    "Move",
    "Node",
    "Objection",
    "Opinion",
    "Outcome",
    "Place",
    "Post",
    "Programme",
    "ProgrammeItem",
    "Proposal",
    "ProposalMove",
    "ProposalRevision",
    "ProposalRule",
    "ProposalSignature",
    "Qualification",
    "QueuedLeaf",
    "RefusedRow",
    "Rule",
    "RuleSource",
    "RuleTarget",
    "ServiceAgreement",
    "ShareLink",
    "ShareView",
    "StandardAdoption",
    "StandardComment",
    "StandardComparison",
    "StandardMove",
    "StandardProposal",
    "StandardSignature",
    "StandardVersion",
    "Transfer",
    "User",
    "WatchedLog",
    "Witness",
]
