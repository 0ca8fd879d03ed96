"""The use cases of agreements and rules. Rules arrive in sets: one rule is a set of one."""

from xuefen.bank.conversion.actions.agreements import sign_agreement
from xuefen.bank.conversion.actions.importing import import_rules, read_rules
from xuefen.bank.conversion.actions.life import retire_rule
from xuefen.bank.conversion.actions.publishing import publish_rules

__all__ = ["import_rules", "publish_rules", "read_rules", "retire_rule", "sign_agreement"]
