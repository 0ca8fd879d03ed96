"""Agreements, rules, their life, contracts, and long looks at all of them."""

from xuefen.bank.conversion.models.agreements import Agreement, AgreementMember, AllianceTerms
from xuefen.bank.conversion.models.life import (
    Contract,
    ContractMove,
    ContractSignature,
    Opinion,
    Proposal,
    ProposalMove,
    ProposalRevision,
    ProposalRule,
    ProposalSignature,
)
from xuefen.bank.conversion.models.rules import Rule, RuleSource, RuleTarget
from xuefen.bank.conversion.models.runs import DoctorRun, ImpactRun

__all__ = [
    "Agreement",
    "AgreementMember",
    "AllianceTerms",
    "Contract",
    "ContractMove",
    "ContractSignature",
    "DoctorRun",
    "ImpactRun",
    "Opinion",
    "Proposal",
    "ProposalMove",
    "ProposalRevision",
    "ProposalRule",
    "ProposalSignature",
    "Rule",
    "RuleSource",
    "RuleTarget",
]
