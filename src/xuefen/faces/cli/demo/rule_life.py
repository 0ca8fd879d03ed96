"""What the demo shows of the life of rules: a proposal as far as it shall go, an alliance, a framework's chain, a contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Literal

from xuefen.bank.conversion import actions, queries
from xuefen.bank.conversion.types import AgreementMode, RuleDraft, TargetDraft, Text
from xuefen.bank.conversion.types.agreements import AgreementKind, Terms
from xuefen.bank.conversion.types.life import Verdict
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.clock import today

Until = Literal["draft", "comparing", "signing", "signed", "published"]
ROAD: tuple[Until, ...] = ("draft", "comparing", "signing", "signed", "published")
REASONS = ("逐章比对大纲，教学目标一致，实践环节略少。", "两边课程目标和考核方式相近，内容覆盖充分。")


def proposal(
    *,
    agreement: str,
    title: str,
    drafts: Sequence[RuleDraft],
    drafter: Actor,
    experts: Sequence[Actor],
    signers: Mapping[str, Actor],
    publisher: Actor,
    until: Until,
    now: datetime,
) -> str:
    """Carry a proposal along its road ``until`` it stands there: two experts agree, then each of ``signers`` (institution →
    who signs) signs, then it is published. Its number.
    """
    goes = ROAD.index(until)
    number = actions.propose_rules(
        agreement_number=agreement, title=title, drafts=drafts, submit=goes > 0, by=drafter, now=now
    )
    step = {"number": number, "revision": 1, "now": now}
    if goes > 1:
        for nth, (expert, reasons) in enumerate(zip(experts, REASONS, strict=False)):
            found = [None if draft.denies else 86 - 3 * nth for draft in drafts]
            actions.give_opinion(verdict=Verdict.AGREE, overlaps=found, reasons=reasons, by=expert, **step)  # type: ignore[arg-type]
    if goes > 2:
        for code, signer in signers.items():
            actions.sign_proposal(institution_code=code, by=signer, **step)  # type: ignore[arg-type]
    if goes > 3:
        actions.publish_proposal(by=publisher, **step)  # type: ignore[arg-type]
    return number


def alliance(*, name: str, members: Mapping[str, str], terms: Terms, since: date, by: Actor, now: datetime) -> str:
    """An alliance: the first two of ``members`` (institution → who signs) found it, the others join; then they agree on
    terms. Its number.
    """
    founders = dict(list(members.items())[:2])
    signed = actions.sign_agreement(
        name=name, kind=AgreementKind.ALLIANCE, mode=AgreementMode.AGREEMENT, party_codes=list(founders),
        signatories=founders, effective_from=since, by=by, now=now,
    )  # fmt: skip
    for code, signatory in list(members.items())[2:]:
        actions.join_alliance(
            number=signed.number, institution_code=code, signatory=signatory, on=today(now), by=by, now=now
        )
    actions.agree_terms(
        number=signed.number, terms=terms, effective_from=since, basis="联盟理事会第一次会议决议", by=by, now=now
    )
    return signed.number


def chain(
    *, reference: str, unit: str, source: str, target: str, signatories: Mapping[str, str], drafter: Actor, by: Actor,
    now: datetime,
) -> str:  # fmt: skip
    """A framework kept by ``reference``, a rule from ``source`` into its ``unit`` and one out of it to ``target`` (items are
    ``INSTITUTION/CODE``), and the draft rule they amount to. The draft's number.
    """
    issuer, receiver = source.partition("/")[0], target.partition("/")[0]
    framework = actions.sign_agreement(
        name="云岭资历框架互认公约", mode=AgreementMode.FRAMEWORK, party_codes=list(signatories), signatories=signatories,
        reference_code=reference, effective_from=today(now), by=by, now=now,
    )  # fmt: skip
    basis = Text("对照资历框架参照单元", "Against the framework's reference units")
    rules = [
        RuleDraft(place, basis, today(now), sources=(taken,), targets=(TargetDraft(given),))
        for place, taken, given in ((reference, source, unit), (receiver, unit, target))
    ]
    first, second = actions.publish_rules(agreement_number=framework.number, rules=rules, by=by, now=now)
    return actions.propose_chain(
        agreement_number=framework.number, source_code=issuer, receiver_code=receiver, first=first, second=second,
        by=drafter, now=now,
    )  # fmt: skip


def contract(
    *, rule: str, account_no: str, until: date, receiver: Actor, others: Sequence[Actor], now: datetime
) -> str:
    """A contract on a rule in force, offered by the receiver and signed by ``others`` (issuer, learner). Its number."""
    number = actions.offer_contract(rule_number=rule, account_no=account_no, until=until, by=receiver, now=now)
    for by in others:
        actions.sign_contract(number=number, by=by, now=now)
    return queries.contract(receiver, number).number
