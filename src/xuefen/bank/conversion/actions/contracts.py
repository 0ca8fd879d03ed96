"""Guaranteed-conversion contracts: learner, issuer and receiver keep today's version of a rule until a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from xuefen.bank.conversion import queries
from xuefen.bank.conversion.actions.moving import move_contract
from xuefen.bank.conversion.models import Contract, ContractSignature
from xuefen.bank.conversion.rules import contracts as rules
from xuefen.bank.conversion.rules.life import checked_text, person
from xuefen.bank.conversion.states import CONTRACT
from xuefen.bank.conversion.types.life import (
    CONTRACT_ITEMS,
    CONTRACT_RULE,
    CONTRACT_TWICE,
    NOT_A_SIDE,
    REASONS_NEEDED,
    SIGNED_ALREADY,
    ContractEvent,
    ContractState,
    Side,
)
from xuefen.bank.learners import queries as learners
from xuefen.bank.learners import rules as learner_rules
from xuefen.bank.learners.types import ACCOUNT_UNKNOWN
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.clock import today
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case
from xuefen.bedrock import ids

REASON_MOST = 400


@use_case
def offer_contract(
    *,
    rule_number: str,
    until: date,
    by: Actor,
    now: datetime,
    account_no: str = "",
    learner_id: int | None = None,
    items: Sequence[str] = (),
) -> str:
    """Offer a contract on the version of a rule that is in force today, and sign it for one's own side. Its number.

    ``items`` (``INSTITUTION/CODE``) narrow what it is for; all the rule takes when none is named. The learner is named by
    account number, or by id when they offer it themselves.
    Raises ``Denied``: not_allowed, person_needed, account_unknown, contract_rule, contract_items, contract_until,
    contract_twice, not_a_side.
    """
    scope, day = by.scope("contracts.sign"), today(now)
    person(by)
    rule = queries.version_in_force(rule_number, on=day)
    if rule is None or rule.denies:
        raise Denied(CONTRACT_RULE, place="rule_number", number=rule_number)
    rules.check_until(until, today=day)
    learner = _learner_id(account_no, learner_id)
    chosen, issuer_id = _items(rule, items)
    sides = queries.sides_reached(scope, learner_id=learner, issuer_id=issuer_id, receiver_id=rule.receiver_id)
    if not sides:
        raise Denied(NOT_A_SIDE, place="rule_number", institution=rule.receiver.code)
    _refuse_second(learner, rule.number)
    contract = Contract(
        number=ids.new_number(ids.NumberClass.CONTRACT),
        learner_id=learner,
        rule=rule,
        rule_number=rule.number,
        issuer_id=issuer_id,
        receiver_id=rule.receiver_id,
        items=chosen,
        until=until,
        state=ContractState.NEW,
        offered_at=now,
    )
    contract.save()
    said: dict[str, Any] = {
        "rule": rule.number,
        "version": rule.version,
        "items": len(chosen),
        "until": until.isoformat(),
    }
    move_contract(contract, event=ContractEvent.OFFER, by=by, now=now, **said, **_holder(contract))
    _sign(contract, sides[0], by=by, now=now)
    return contract.number


def _learner_id(account_no: str, learner_id: int | None) -> int:
    if learner_id is not None:
        return learner_id
    found = learners.resolve(account_nos=[account_no]).by_account.get(account_no)
    if found is None:
        raise Denied(ACCOUNT_UNKNOWN, place="account_no")
    return found.id


def _items(rule: Any, items: Sequence[str]) -> tuple[list[int], int]:
    """The ids of the items the contract is for, and the one institution that issues them."""
    plan = queries.planned(rule.number, rule.version, rule.body)
    by_code = dict(zip(rule.body["from"], queries.source_ids(plan), strict=True))
    wanted = list(items) or list(by_code)
    owners = {code.partition("/")[0] for code in wanted}
    if not wanted or len(owners) != 1 or not set(wanted) <= by_code.keys():
        raise Denied(CONTRACT_ITEMS, place="items")
    chosen = [by_code[code] for code in wanted]
    if rules.kept(plan, chosen, contract="") is None:
        raise Denied(CONTRACT_ITEMS, place="items")
    return chosen, queries.institution_id(owners.pop())


def _refuse_second(learner_id: int, rule_number: str) -> None:
    running = Contract.objects.filter(
        learner_id=learner_id, rule_number=rule_number, state__in=(ContractState.OPEN, ContractState.IN_FORCE)
    )
    number = running.values_list("number", flat=True).first()
    if number is not None:
        raise Denied(CONTRACT_TWICE, place="rule_number", number=rule_number, contract=number)


def _holder(contract: Contract) -> dict[str, str]:
    """The commitment that stands for the learner in the log."""
    facts = learners.facts_of([contract.learner_id])[contract.learner_id]
    if facts.data_key is None:
        return {}
    salt = learner_rules.leaf_salt(facts.data_key, contract.number)
    return {"holder": learner_rules.holder_commitment(salt, facts.account_no)}


@inside_transaction
def _sign(contract: Contract, side: Side, *, by: Actor, now: datetime) -> None:
    signed = dict(contract.signatures.values_list("side", "signer_id"))
    if side in signed or by.user_id in signed.values():
        raise Denied(SIGNED_ALREADY)
    ContractSignature.objects.create(contract=contract, side=side, signer_id=person(by), at=now)
    last = not rules.missing({*map(Side, signed), side})
    event = ContractEvent.SIGN_LAST if last else ContractEvent.SIGN
    move_contract(contract, event=event, by=by, now=now, side=side)


@use_case
def sign_contract(*, number: str, by: Actor, now: datetime) -> ContractState:
    """Sign for the side one stands on. The third signature puts it in force.

    Raises ``Denied``: not_allowed, person_needed, contract_unknown, contract_move, signed_already.
    """
    contract = queries.lock_contract(by.scope("contracts.sign"), number)
    CONTRACT.after(ContractState(contract.state), ContractEvent.SIGN)
    signed = {Side(side) for side in contract.signatures.values_list("side", flat=True)}
    sides = [side for side in queries.contract_sides(contract, by=by) if side not in signed]
    if not sides:
        raise Denied(SIGNED_ALREADY)
    _sign(contract, sides[0], by=by, now=now)
    return ContractState(contract.state)


@use_case
def decline_contract(*, number: str, reason: str, by: Actor, now: datetime) -> None:
    """One side does not sign; there is no contract. Raises ``Denied``: not_allowed, contract_unknown, contract_move,
    reasons_needed.
    """
    contract = queries.lock_contract(by.scope("contracts.sign"), number)
    contract.reason = checked_text(reason, place="reason", most=REASON_MOST, missing=REASONS_NEEDED)
    move_contract(contract, event=ContractEvent.DECLINE, by=by, now=now, note=contract.reason)


@use_case
def end_contract(*, number: str, reason: str = "", by: Actor, now: datetime) -> None:
    """The learner gives it up: from today their plans follow the rule's present version. No institution can do this.

    Raises ``Denied``: not_allowed, contract_unknown, contract_move, not_a_side.
    """
    contract = queries.lock_contract(by.scope("contracts.sign"), number)
    if Side.LEARNER not in queries.contract_sides(contract, by=by):
        raise Denied(NOT_A_SIDE, place="number", institution=contract.receiver.code)
    contract.ended_on = today(now)
    contract.reason = checked_text(reason, place="reason", most=REASON_MOST, missing=None)
    move_contract(contract, event=ContractEvent.END, by=by, now=now, note=contract.reason)
