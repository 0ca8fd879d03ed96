"""The use cases of agreements, rules and contracts. Rules arrive in sets: one rule is a set of one."""

from xuefen.bank.conversion.actions.agreements import (
    agree_terms,
    end_agreement,
    join_alliance,
    leave_alliance,
    sign_agreement,
)
from xuefen.bank.conversion.actions.contracts import decline_contract, end_contract, offer_contract, sign_contract
from xuefen.bank.conversion.actions.exchanging import missing_items, publish_items, read_exchange
from xuefen.bank.conversion.actions.importing import check_text, faulty, import_rules, read_rule_text, read_rules
from xuefen.bank.conversion.actions.life import retire_rule
from xuefen.bank.conversion.actions.proposals import (
    draft_from_decision,
    give_opinion,
    propose_chain,
    propose_rules,
    publish_proposal,
    reject_proposal,
    return_proposal,
    revise_proposal,
    sign_proposal,
    submit_proposal,
    withdraw_proposal,
)
from xuefen.bank.conversion.actions.publishing import check_rules, publish_rules

__all__ = [
    "agree_terms",
    "check_rules",
    "check_text",
    "decline_contract",
    "draft_from_decision",
    "end_agreement",
    "end_contract",
    "faulty",
    "give_opinion",
    "import_rules",
    "join_alliance",
    "leave_alliance",
    "missing_items",
    "offer_contract",
    "propose_chain",
    "propose_rules",
    "publish_items",
    "publish_proposal",
    "publish_rules",
    "read_exchange",
    "read_rule_text",
    "read_rules",
    "reject_proposal",
    "retire_rule",
    "return_proposal",
    "revise_proposal",
    "sign_agreement",
    "sign_contract",
    "sign_proposal",
    "submit_proposal",
    "withdraw_proposal",
]
