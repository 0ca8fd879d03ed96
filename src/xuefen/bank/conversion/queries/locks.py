"""Rows locked for a use case."""

from __future__ import annotations

from xuefen.bank.conversion.models import Agreement, Rule
from xuefen.bank.conversion.types.drafts import AGREEMENT_UNKNOWN, RULE_UNKNOWN
from xuefen.bank.shell.problems import Denied


def lock_agreement(number: str) -> Agreement:
    """The agreement, locked: sets of rules under one agreement are published one after the other."""
    found = Agreement.objects.select_for_update().filter(number=number).first()
    if found is None:
        raise Denied(AGREEMENT_UNKNOWN, place="agreement_number", number=number)
    return found


def agreement_by_number(number: str) -> Agreement:
    """The agreement, not locked. Raises ``Denied(agreement_unknown)``."""
    found = Agreement.objects.filter(number=number).first()
    if found is None:
        raise Denied(AGREEMENT_UNKNOWN, place="agreement_number", number=number)
    return found


def lock_rule(number: str) -> Rule:
    """The newest version of a rule, locked. Raises ``Denied(rule_unknown)``."""
    found = Rule.objects.select_for_update().filter(number=number).order_by("-version").first()
    if found is None:
        raise Denied(RULE_UNKNOWN, place="number", number=number)
    return found
