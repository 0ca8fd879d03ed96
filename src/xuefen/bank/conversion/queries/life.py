"""Reading proposals: for their use cases, and for people. Experts do not see each other's opinion before giving theirs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from xuefen.bank.conversion.models import (
    Agreement,
    AgreementMember,
    Opinion,
    Proposal,
    ProposalMove,
    ProposalRevision,
    ProposalRule,
    ProposalSignature,
)
from xuefen.bank.conversion.rules import life
from xuefen.bank.conversion.states import PROPOSAL
from xuefen.bank.conversion.types import RuleDraft
from xuefen.bank.conversion.types.codec import Fault, decode
from xuefen.bank.conversion.types.life import (
    PROPOSAL_UNKNOWN,
    LifeMove,
    OpinionFacts,
    OpinionView,
    Origin,
    ProposalRow,
    ProposalState,
    ProposalView,
    SignatureFacts,
    SignatureView,
    Verdict,
)
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.shell.actor import Actor, Scope
from xuefen.bank.shell.clock import today
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock import ids

READ = ("rules.draft", "rules.compare", "rules.sign", "rules.publish")
"""Who may do one of these may read the proposals in reach."""

# --- for the use cases -----------------------------------------------------------------------------------------------


def reaches_agreement(scope: Scope, agreement: Agreement) -> bool:
    """Whether the scope reaches a member of the agreement."""
    members = agreement.members.filter(left_on=None).values_list("institution_id", flat=True)
    return scope.everything or any(scope.reaches(institution_id=i) for i in members)


def lock_proposal(scope: Scope, number: str) -> Proposal:
    """The proposal, locked, its agreement loaded. Raises ``Denied(proposal_unknown)``, the same when out of scope."""
    rows = _within(scope).select_for_update(of=("self",)).select_related("agreement")
    found = rows.filter(number=ids.normalise(number)).first()
    if found is None:
        raise Denied(PROPOSAL_UNKNOWN, place="number")
    return found


def drafts_of(proposal: Proposal, revision: int | None = None) -> tuple[RuleDraft, ...]:
    """The drafts of one revision, the one in force unless named; none for a revision there never was."""
    wanted = proposal.revision if revision is None else revision
    row = ProposalRevision.objects.filter(proposal=proposal, revision=wanted).first()
    return _drafts(row) if row else ()


def _drafts(row: ProposalRevision) -> tuple[RuleDraft, ...]:
    faults: list[Fault] = []
    drafts = [decode(RuleDraft, body, faults) for body in row.drafts]
    if faults:
        raise RuntimeError(f"proposal revision {row.pk} is stored malformed: {faults}")
    return tuple(draft for draft in drafts if draft is not None)


def case_of(proposal: Proposal) -> life.Case:
    """One proposal as it stands; five queries."""
    return _cases([proposal])[proposal.pk]


def _cases(found: Sequence[Proposal]) -> dict[int, life.Case]:
    """The proposals as they stand, by id; five queries, however many."""
    ids_, current = [p.pk for p in found], {p.pk: p.revision for p in found}
    drafts: dict[int, tuple[RuleDraft, ...]] = {}
    authors: dict[int, set[int]] = defaultdict(set)
    for row in ProposalRevision.objects.filter(proposal_id__in=ids_):
        if row.author_id is not None:
            authors[row.proposal_id].add(row.author_id)
        if row.revision == current[row.proposal_id]:
            drafts[row.proposal_id] = _drafts(row)
    opinions: dict[int, list[OpinionFacts]] = defaultdict(list)
    for o in Opinion.objects.filter(proposal_id__in=ids_, revision=F("proposal__revision")).order_by("id"):
        opinions[o.proposal_id].append(OpinionFacts(o.expert_id, Verdict(o.verdict), tuple(o.overlaps)))
    signed: dict[int, list[SignatureFacts]] = defaultdict(list)
    rows = ProposalSignature.objects.filter(proposal_id__in=ids_, revision=F("proposal__revision")).order_by("id")
    for pk, user_id, code in rows.values_list("proposal_id", "signer_id", "institution__code"):
        signed[pk].append(SignatureFacts(user_id, code))
    members: dict[int, list[str]] = defaultdict(list)
    joined = AgreementMember.objects.filter(agreement_id__in={p.agreement_id for p in found}, left_on=None)
    for agreement_id, code in joined.values_list("agreement_id", "institution__code"):
        members[agreement_id].append(code)
    return {
        p.pk: life.Case(
            state=ProposalState(p.state),
            drafts=drafts[p.pk],
            authors=frozenset(authors[p.pk]),
            opinions=tuple(opinions[p.pk]),
            signed=tuple(signed[p.pk]),
            wanted=life.sides(drafts[p.pk], members[p.agreement_id]),
        )
        for p in found
    }


def reader(by: Actor) -> life.Reader:
    """What the actor's posts allow with proposals; at most one query."""
    reached = {action: by.scope(action) for action in ("rules.sign", "rules.publish") if by.may(action)}
    pks = {pk for scope in reached.values() for pk in scope.institution_ids}
    rows = institutions.institutions(Scope(institution_ids=frozenset(pks))) if pks else ()
    codes = {row.pk: row.code for row in rows}

    def reach(action: str) -> frozenset[str] | None:
        scope = reached.get(action, Scope())
        return None if scope.everything else frozenset(codes[pk] for pk in scope.institution_ids)

    return life.Reader(
        user_id=by.user_id,
        carries_on=by.kind == "system" or by.may("agreements.edit"),
        drafts=by.may("rules.draft"),
        compares=by.may("rules.compare"),
        signs=reach("rules.sign"),
        publishes=reach("rules.publish"),
    )


# --- for people ------------------------------------------------------------------------------------------------------


def _within(scope: Scope) -> QuerySet[Proposal]:
    if scope.everything:
        return Proposal.objects.all()
    mine = AgreementMember.objects.filter(
        agreement_id=OuterRef("agreement_id"), institution_id__in=sorted(scope.institution_ids), left_on=None
    )
    return Proposal.objects.filter(Exists(mine))


def reading_scope(by: Actor) -> Scope:
    """Whose proposals the actor may read. Raises ``Denied(not_allowed)`` for whoever has no part in rules."""
    scopes = [by.scope(action) for action in READ if by.may(action)]
    reach = scopes[0] if scopes else by.scope(READ[0])
    for scope in scopes[1:]:
        reach = reach | scope
    return reach


OPEN = tuple(state for state, facts in PROPOSAL.states.items() if facts.acts.value != "nobody")


def proposals(by: Actor, *, ended: bool = False, limit: int = 100) -> tuple[ProposalRow, ...]:
    """Proposals in reach, those that wait for the reader first, then the newest. ``ended``: the settled ones instead. The
    number of queries does not depend on how many there are.
    """
    chosen = Q(state__in=OPEN)
    rows = _within(reading_scope(by)).filter(~chosen if ended else chosen).select_related("agreement")
    found = list(rows.order_by("-changed_at", "-id")[:limit])
    cases, who = _cases(found), reader(by)
    shown = [_row(proposal, cases[proposal.pk], who) for proposal in found]
    return tuple(sorted(shown, key=lambda row: not row.mine))


def _row(proposal: Proposal, case: life.Case, who: life.Reader) -> ProposalRow:
    return ProposalRow(
        number=proposal.number,
        title=proposal.title,
        state=case.state,
        agreement=proposal.agreement.number,
        agreement_name=proposal.agreement.name,
        revision=proposal.revision,
        rules=len(case.drafts),
        opinions=len(case.opinions),
        signed=tuple(dict.fromkeys(s.institution for s in case.signed)),
        wanted=case.missing,
        changed_at=proposal.changed_at,
        mine=life.is_task(case, who),
    )


def proposal(by: Actor, number: str) -> ProposalView:
    """Everything about one proposal the reader may see. Raises ``Denied(proposal_unknown)``, the same out of reach."""
    rows = _within(reading_scope(by)).select_related("agreement")
    found = rows.filter(number=ids.normalise(number)).first()
    if found is None:
        raise Denied(PROPOSAL_UNKNOWN, place="number")
    case, who = case_of(found), reader(by)
    opinions = list(Opinion.objects.filter(proposal=found).select_related("expert").order_by("id"))
    gave = any(o.expert_id == by.user_id and o.revision == found.revision for o in opinions)
    shown = [o for o in opinions if o.revision != found.revision or life.sees_opinions(case.state, gave=gave)]
    return ProposalView(
        row=_row(found, case, who),
        drafts=case.drafts,
        changes=life.changes(drafts_of(found, found.revision - 1), case.drafts) if found.revision > 1 else (),
        opinions=tuple(_opinion(o) for o in shown),
        hidden_opinions=len(opinions) - len(shown),
        signatures=tuple(
            SignatureView(s.institution.code, s.institution.name_zh, s.signer.display_name, s.revision, s.at)
            for s in ProposalSignature.objects.filter(proposal=found)
            .select_related("institution", "signer")
            .order_by("id")
        ),
        moves=tuple(
            LifeMove(m.seq, m.event, m.to_state, m.actor_name, m.note, m.at)
            for m in ProposalMove.objects.filter(proposal=found).order_by("seq")
        ),
        basis_application=found.basis_application,
        published=tuple(
            ProposalRule.objects.filter(proposal=found).order_by("id").values_list("rule__number", flat=True)
        ),
        may=life.allowed(case, who),
        may_sign_for=life.may_sign_for(case, who),
    )


def origins(number: str) -> dict[int, Origin]:
    """How each version of a rule came about, by version; one imported under an agreement on paper has none. Public."""
    made = ProposalRule.objects.filter(rule__number=ids.normalise(number)).select_related("proposal", "rule")
    found = {}
    for row in made:
        current = {"proposal": row.proposal, "revision": row.proposal.revision}
        opinions = Opinion.objects.filter(**current)
        signed = ProposalSignature.objects.filter(**current).order_by("id")
        found[row.rule.version] = Origin(
            proposal=row.proposal.number,
            experts=opinions.count(),
            overlaps=tuple(
                sorted(o for overlaps in opinions.values_list("overlaps", flat=True) for o in overlaps if o is not None)
            ),
            signed=tuple((name, today(at)) for name, at in signed.values_list("institution__name_zh", "at")),
        )
    return found


def _opinion(row: Opinion) -> OpinionView:
    return OpinionView(
        expert=row.expert.display_name,
        revision=row.revision,
        verdict=Verdict(row.verdict),
        overlaps=tuple(row.overlaps),
        reasons=row.reasons,
        at=row.at,
    )
