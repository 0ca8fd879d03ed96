"""Agreements and rules."""

from xuefen.bank.conversion.models.agreements import Agreement
from xuefen.bank.conversion.models.rules import Rule, RuleSource, RuleTarget

__all__ = ["Agreement", "Rule", "RuleSource", "RuleTarget"]
