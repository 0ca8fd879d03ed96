"""Versions of rules: which are in force, and how the planner reads them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from xuefen.bank.conversion.models import Rule
from xuefen.bank.conversion.types import PlanRule, RuleState
from xuefen.bank.conversion.types.codec import Fault, decode


def in_force(on: date) -> QuerySet[Rule]:
    """Versions of rules in force on a day, of agreements in force."""
    return Rule.objects.filter(
        Q(retired_on=None) | Q(retired_on__gt=on),
        Q(agreement__ended_on=None) | Q(agreement__ended_on__gt=on),
        effective_from__lte=on,
        agreement__effective_from__lte=on,
    ).exclude(state=RuleState.DRAFT)


def planned(number: str, version: int, body: Mapping[str, Any]) -> PlanRule:
    """A stored version as the planner sees it."""
    faults: list[Fault] = []
    rule = decode(PlanRule, {"number": number, "version": version, **body["rule"]}, faults)
    if rule is None:
        raise RuntimeError(f"rule {number} version {version} is stored malformed: {faults}")
    return rule
