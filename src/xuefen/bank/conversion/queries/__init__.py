"""Reading agreements and rules (public), proposals and contracts (scoped), and gathering a learner's planning problem."""

from xuefen.bank.conversion.queries.agreements import Chains, agreement, agreements, chains, item_names, members
from xuefen.bank.conversion.queries.browse import MOST_COUNTED, PAGE, reach, rule, rules_browser
from xuefen.bank.conversion.queries.contracts import (
    contract,
    contract_sides,
    contracts,
    contracts_for,
    contracts_under_way,
    institution_id,
    lock_contract,
    sides_reached,
    source_ids,
    version_in_force,
)
from xuefen.bank.conversion.queries.export import as_ctdl, published_drafts
from xuefen.bank.conversion.queries.gather import (
    candidate_rules,
    closer_rules,
    issuer_denials,
    problem_for,
    problem_from,
)
from xuefen.bank.conversion.queries.life import (
    case_of,
    drafts_of,
    lock_proposal,
    origins,
    proposal,
    proposals,
    reaches_agreement,
    reader,
)
from xuefen.bank.conversion.queries.locks import agreement_by_number, lock_agreement, lock_rule
from xuefen.bank.conversion.queries.proof import violations
from xuefen.bank.conversion.queries.usage import rules_of_item
from xuefen.bank.conversion.queries.versions import in_force, planned

__all__ = [
    "MOST_COUNTED",
    "PAGE",
    "Chains",
    "agreement",
    "agreement_by_number",
    "agreements",
    "as_ctdl",
    "candidate_rules",
    "case_of",
    "chains",
    "closer_rules",
    "contract",
    "contract_sides",
    "contracts",
    "contracts_for",
    "contracts_under_way",
    "drafts_of",
    "in_force",
    "institution_id",
    "issuer_denials",
    "item_names",
    "lock_agreement",
    "lock_contract",
    "lock_proposal",
    "lock_rule",
    "members",
    "origins",
    "planned",
    "problem_for",
    "problem_from",
    "proposal",
    "proposals",
    "published_drafts",
    "reach",
    "reaches_agreement",
    "reader",
    "rule",
    "rules_browser",
    "rules_of_item",
    "sides_reached",
    "source_ids",
    "version_in_force",
    "violations",
]
