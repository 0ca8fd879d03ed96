"""Proposals of rules: drafted, compared by experts, signed by both sides, published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from xuefen.bank.conversion import queries
from xuefen.bank.conversion.actions.moving import move_proposal
from xuefen.bank.conversion.actions.publishing import check_rules, publish_set, refused
from xuefen.bank.conversion.models import (
    Opinion,
    Proposal,
    ProposalRevision,
    ProposalRule,
    ProposalSignature,
    Rule,
)
from xuefen.bank.conversion.rules import chains, life
from xuefen.bank.conversion.states import PROPOSAL
from xuefen.bank.conversion.types import RuleDraft, TargetDraft, Text
from xuefen.bank.conversion.types.codec import encode
from xuefen.bank.conversion.types.life import (
    CHAIN_UNKNOWN,
    DECISION_EMPTY,
    NOT_A_SIDE,
    PROPOSAL_TITLE,
    PROPOSAL_UNCHANGED,
    REASONS_NEEDED,
    OpinionFacts,
    ProposalEvent,
    ProposalState,
    SignatureFacts,
    Verdict,
)
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.clock import today
from xuefen.bank.shell.problems import NOT_ALLOWED, Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case
from xuefen.bedrock import ids
from xuefen.bedrock.canon import canonical
from xuefen.bedrock.gm.sm3 import sm3


@use_case
def propose_rules(
    *,
    agreement_number: str,
    title: str,
    drafts: Sequence[RuleDraft],
    submit: bool = False,
    by: Actor,
    now: datetime,
) -> str:
    """Begin a proposal; ``submit`` hands it to the experts at once. Returns its number.

    Raises ``Denied``: not_allowed, agreement_unknown, proposal_title, proposal_empty, rules_refused, text_controls.
    """
    return _propose(agreement_number, title=title, drafts=drafts, submit=submit, by=by, now=now)


@use_case
def draft_from_decision(
    *,
    agreement_number: str,
    receiver_code: str,
    sources: Sequence[str],
    targets: Sequence[tuple[str, int]],
    elective_credits: int = 0,
    application_number: str,
    archived_on: date,
    by: Actor,
    now: datetime,
) -> str:
    """A past decision becomes a draft: what one line of an archived application took and gave, nothing about the person.

    ``sources`` are ``INSTITUTION/CODE``, ``targets`` the same with the credit recognised. Raises ``Denied``: not_allowed,
    agreement_unknown, decision_empty, rules_refused (also when such a rule is in force).
    """
    if not sources or not (targets or elective_credits):
        raise Denied(DECISION_EMPTY)
    number, day = ids.display(application_number), archived_on.isoformat()
    draft = RuleDraft(
        receiver=receiver_code,
        sources=tuple(sources),
        basis=Text(
            f"依据申请 {number} 的决定（{day} 归档）", f"After the decision on application {number}, archived {day}"
        ),
        effective_from=today(now),
        targets=tuple(TargetDraft(item, credits) for item, credits in targets),
        elective="" if targets else "*",
        result=None if targets else elective_credits,
    )
    title = f"由申请 {number} 的决定提出"
    return _propose(agreement_number, title=title, drafts=[draft], application=application_number, by=by, now=now)


@use_case
def propose_chain(
    *, agreement_number: str, source_code: str, receiver_code: str, first: str, second: str, by: Actor, now: datetime
) -> str:
    """Propose the rule that two rules through a reference standard amount to (``first`` and ``second``: their numbers).

    Raises ``Denied``: chain_unknown, and as ``propose_rules``.
    """
    found = queries.chains(source_code=source_code, receiver_code=receiver_code, on=today(now))
    chosen = [c for c in found.chains if (c.hops[0].rule, c.hops[1].rule) == (first, second)]
    if not chosen:
        raise Denied(CHAIN_UNKNOWN, source=source_code, target=receiver_code)
    drafts = [chains.draft_of(c, names=found.names, receiver=receiver_code, effective_from=today(now)) for c in chosen]
    title = f"经参照标准：{source_code} → {receiver_code}"
    return _propose(agreement_number, title=title, drafts=drafts, by=by, now=now)


@inside_transaction
def _propose(
    agreement_number: str,
    *,
    title: str,
    drafts: Sequence[RuleDraft],
    submit: bool = False,
    application: str = "",
    by: Actor,
    now: datetime,
) -> str:
    agreement = queries.lock_agreement(agreement_number)
    if not queries.reaches_agreement(by.scope("rules.draft"), agreement):
        raise Denied(NOT_ALLOWED, action="rules.draft")
    stored = life.checked_text(title, place="title", most=life.TITLE_MOST, missing=PROPOSAL_TITLE)
    _check(agreement_number, drafts, now=now)
    proposal = Proposal(
        number=ids.new_number(ids.NumberClass.PROPOSAL),
        agreement=agreement,
        title=stored,
        state=ProposalState.NEW,
        basis_application=application,
        changed_at=now,
    )
    proposal.save()
    digest = _write_revision(proposal, drafts, by=by, now=now)
    move_proposal(
        proposal, event=ProposalEvent.PROPOSE, by=by, now=now, agreement=agreement.number, rules=len(drafts), sm3=digest
    )
    if submit:
        move_proposal(proposal, event=ProposalEvent.SUBMIT, by=by, now=now)
    return proposal.number


def _check(agreement_number: str, drafts: Sequence[RuleDraft], *, now: datetime) -> None:
    life.check_size(drafts)
    if errors := check_rules(agreement_number=agreement_number, rules=drafts, on=today(now)):
        raise refused(errors)


def _write_revision(proposal: Proposal, drafts: Sequence[RuleDraft], *, by: Actor, now: datetime) -> str:
    body = [encode(draft) for draft in drafts]
    digest = sm3(canonical(body)).hex()
    ProposalRevision.objects.create(
        proposal=proposal, revision=proposal.revision, drafts=body, sm3=digest, author_id=by.user_id, at=now
    )
    return digest


@use_case
def revise_proposal(
    *, number: str, revision: int, drafts: Sequence[RuleDraft], title: str = "", by: Actor, now: datetime
) -> int:
    """Write a new revision of a proposal being drafted; earlier opinions and signatures no longer count.

    Raises ``Denied``: proposal_unknown, not_allowed, proposal_changed, proposal_move, proposal_unchanged, rules_refused.
    """
    proposal = _lock(number, revision, by=by)
    _require_author(proposal, by)
    PROPOSAL.after(ProposalState(proposal.state), ProposalEvent.REVISE)
    _check(proposal.agreement.number, drafts, now=now)
    if tuple(drafts) == queries.drafts_of(proposal) and title in ("", proposal.title):
        raise Denied(PROPOSAL_UNCHANGED)
    if title:
        proposal.title = life.checked_text(title, place="title", most=life.TITLE_MOST, missing=PROPOSAL_TITLE)
    proposal.revision += 1
    digest = _write_revision(proposal, drafts, by=by, now=now)
    move_proposal(proposal, event=ProposalEvent.REVISE, by=by, now=now, rules=len(drafts), sm3=digest)
    return proposal.revision


@use_case
def submit_proposal(*, number: str, revision: int, by: Actor, now: datetime) -> None:
    """Hand a draft to the experts. Raises ``Denied``: proposal_unknown, not_allowed, proposal_changed, proposal_move,
    proposal_unchanged (experts have spoken about this revision), rules_refused (the world may have changed meanwhile).
    """
    proposal = _lock(number, revision, by=by)
    _require_author(proposal, by)
    PROPOSAL.after(ProposalState(proposal.state), ProposalEvent.SUBMIT)
    if queries.case_of(proposal).opinions:
        raise Denied(PROPOSAL_UNCHANGED)
    _check(proposal.agreement.number, queries.drafts_of(proposal), now=now)
    move_proposal(proposal, event=ProposalEvent.SUBMIT, by=by, now=now)


@use_case
def give_opinion(
    *,
    number: str,
    revision: int,
    verdict: Verdict | str,
    overlaps: Sequence[int | None],
    reasons: str,
    by: Actor,
    now: datetime,
) -> ProposalState:
    """An expert's opinion on the revision they saw. With at least two, what most of them say happens; else one more is asked.

    Raises ``Denied``: not_allowed, person_needed, proposal_unknown, proposal_changed, proposal_move, expert_not_independent,
    opinion_given, overlap_bounds, reasons_needed, text_controls.
    """
    by.scope("rules.compare")
    expert = life.person(by)
    proposal = _lock(number, revision, by=by, action="rules.compare")
    PROPOSAL.after(ProposalState(proposal.state), ProposalEvent.COMPARE)
    case = queries.case_of(proposal)
    life.check_expert(expert, authors=case.authors, given=case.opinions)
    life.check_overlaps(overlaps, drafts=len(case.drafts))
    stored = life.checked_text(reasons, place="reasons", most=life.REASONS_MOST, missing=REASONS_NEEDED)
    opinion = OpinionFacts(expert, Verdict(verdict), tuple(overlaps))
    Opinion.objects.create(
        proposal=proposal,
        revision=revision,
        expert_id=expert,
        verdict=opinion.verdict,
        overlaps=list(overlaps),
        reasons=stored,
        at=now,
    )
    # Neither the move nor its leaf says what an expert thinks while others still judge.
    move_proposal(proposal, event=life.settle([*case.opinions, opinion]), by=by, now=now)
    return ProposalState(proposal.state)


@use_case
def sign_proposal(*, number: str, revision: int, institution_code: str, by: Actor, now: datetime) -> ProposalState:
    """Sign for one side. The last signature, of another person than the others, makes the set ready for publication.

    Raises ``Denied``: not_allowed, person_needed, proposal_unknown, proposal_changed, proposal_move, not_a_side,
    signed_already, signer_not_independent.
    """
    institution = institutions.by_code(institution_code)
    if not by.scope("rules.sign").reaches(institution_id=institution.pk):
        raise Denied(NOT_A_SIDE, place="institution", institution=institution_code)
    signer = life.person(by)
    proposal = _lock(number, revision, by=by, action="rules.sign")
    PROPOSAL.after(ProposalState(proposal.state), ProposalEvent.SIGN)
    case = queries.case_of(proposal)
    life.check_signer(signer, institution=institution_code, case=case)
    ProposalSignature.objects.create(
        proposal=proposal, revision=revision, institution=institution, signer_id=signer, at=now
    )
    missing = life.missing_sides(case.wanted, [*case.signed, SignatureFacts(signer, institution_code)])
    event = ProposalEvent.SIGN if missing else ProposalEvent.SIGN_LAST
    move_proposal(proposal, event=event, by=by, now=now, institution=institution_code)
    return ProposalState(proposal.state)


@use_case
def return_proposal(*, number: str, revision: int, reason: str, by: Actor, now: datetime) -> None:
    """Send it back for change: its author at any time, a side while it is to be signed, the publisher once it is signed.

    Raises ``Denied``: not_allowed, proposal_unknown, proposal_changed, proposal_move, reasons_needed.
    """
    _end_step(number, revision, ProposalEvent.RETURN, reason=reason, by=by, now=now)


@use_case
def reject_proposal(*, number: str, revision: int, reason: str, by: Actor, now: datetime) -> None:
    """A side refuses to sign, for good. Raises ``Denied``: not_allowed, proposal_unknown, proposal_changed, proposal_move,
    reasons_needed.
    """
    _end_step(number, revision, ProposalEvent.REJECT, reason=reason, by=by, now=now)


@inside_transaction
def _end_step(number: str, revision: int, event: ProposalEvent, *, reason: str, by: Actor, now: datetime) -> None:
    proposal = _lock(number, revision, by=by)
    PROPOSAL.after(ProposalState(proposal.state), event)
    if event not in life.allowed(queries.case_of(proposal), queries.reader(by)):
        raise Denied(NOT_ALLOWED, action=f"proposal.{event}")
    stored = life.checked_text(reason, place="reason", most=life.REASONS_MOST, missing=REASONS_NEEDED)
    move_proposal(proposal, event=event, by=by, now=now, note=stored)


@use_case
def withdraw_proposal(*, number: str, reason: str = "", by: Actor, now: datetime) -> None:
    """Its author takes it back. Raises ``Denied``: not_allowed, proposal_unknown, proposal_move, reasons_needed."""
    proposal = queries.lock_proposal(by.scope("rules.draft"), number)
    _require_author(proposal, by)
    stored = life.checked_text(reason, place="reason", most=life.REASONS_MOST, missing=None)
    move_proposal(proposal, event=ProposalEvent.WITHDRAW, by=by, now=now, note=stored)


@use_case
def publish_proposal(*, number: str, revision: int, by: Actor, now: datetime) -> list[str]:
    """Publish what both sides have signed, with the overlap the experts found; the rules' numbers.

    Raises ``Denied``: not_allowed, proposal_unknown, proposal_changed, proposal_move, rules_refused.
    """
    proposal = _lock(number, revision, by=by, action="rules.publish")
    PROPOSAL.after(ProposalState(proposal.state), ProposalEvent.PUBLISH)
    case = queries.case_of(proposal)
    drafts = [
        replace(draft, overlap=overlap) if (overlap := life.overlap_of(case.opinions, i)) is not None else draft
        for i, draft in enumerate(case.drafts)
    ]
    # What was signed for a day that has passed meanwhile holds from today: nothing is published backwards.
    drafts = [replace(draft, effective_from=max(draft.effective_from, today(now))) for draft in drafts]
    numbers = publish_set(
        agreement_number=proposal.agreement.number, rules=drafts, by=by, now=now, origin={"proposal": proposal.number}
    )
    newest = {rule.number: rule for rule in Rule.objects.filter(number__in=numbers).order_by("version")}
    ProposalRule.objects.bulk_create(ProposalRule(proposal=proposal, rule=newest[n]) for n in numbers)
    move_proposal(proposal, event=ProposalEvent.PUBLISH, by=by, now=now, rules=len(numbers), first=min(numbers))
    return numbers


def _lock(number: str, revision: int, *, by: Actor, action: str = "rules.draft") -> Proposal:
    """The proposal, locked; refused when the reader saw another revision than the one in force."""
    proposal = queries.lock_proposal(by.scope(action), number)
    if revision != proposal.revision:
        changed = life.changes(queries.drafts_of(proposal, revision), queries.drafts_of(proposal))
        life.check_revision(seen=revision, now=proposal.revision, changed=changed)
    return proposal


def _require_author(proposal: Proposal, by: Actor) -> None:
    if not queries.reader(by).is_author(queries.case_of(proposal)):
        raise Denied(NOT_ALLOWED, action="rules.draft")
