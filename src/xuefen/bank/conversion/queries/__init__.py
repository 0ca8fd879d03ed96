"""Reading rules (public) and gathering a learner's planning problem (scoped)."""

from xuefen.bank.conversion.queries.browse import PAGE, coverage, rule, rules_browser
from xuefen.bank.conversion.queries.gather import candidate_rules, problem_for, problem_from
from xuefen.bank.conversion.queries.locks import lock_agreement, lock_rule
from xuefen.bank.conversion.queries.proof import violations
from xuefen.bank.conversion.queries.versions import in_force, planned

__all__ = [
    "PAGE",
    "candidate_rules",
    "coverage",
    "in_force",
    "lock_agreement",
    "lock_rule",
    "planned",
    "problem_for",
    "problem_from",
    "rule",
    "rules_browser",
    "violations",
]
