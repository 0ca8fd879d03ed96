"""What the desk's pages about rules show: drafts in words, experts' comparison side by side, what a proposal waits for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.catalogue.rules.similarity import marked, terms_of
from xuefen.bank.catalogue.types import ItemVersionFacts
from xuefen.bank.conversion import queries
from xuefen.bank.conversion.rules.text import sentence_of
from xuefen.bank.conversion.states import PROPOSAL
from xuefen.bank.conversion.types import PlanLine, RuleDraft, Text
from xuefen.bank.conversion.types.agreements import (
    JointProgramme,
    Quota,
    Resource,
    ResourceKind,
    Share,
    Terms,
)
from xuefen.bank.conversion.types.life import (
    LifeMove,
    ProposalEvent,
    ProposalRow,
    ProposalState,
    ProposalView,
    Role,
    Verdict,
)
from xuefen.bank.deposits import queries as deposits
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.recognition.types import ApplicationView
from xuefen.bank.shell.actor import Actor, Scope
from xuefen.bank.shell.problems import Denied
from xuefen.faces.desk.forms_rules import VERDICTS
from xuefen.faces.shared.i18n import say, t
from xuefen.faces.shared.words import date_text

COMPARED = 10
"""Rules of a set that are shown item by item; beyond it the words alone."""
TOGETHER = 8
"""Items on one side that are shown item by item."""

KINDS: Mapping[ProposalState, str] = {
    ProposalState.DRAFT: "",
    ProposalState.COMPARING: "info",
    ProposalState.SIGNING: "warn",
    ProposalState.SIGNED: "warn",
    ProposalState.PUBLISHED: "ok",
    ProposalState.REJECTED: "bad",
    ProposalState.WITHDRAWN: "",
}
WAITS: Mapping[Role, tuple[str, str]] = {
    Role.DRAFTER: ("等起草人提交", "Waiting for its author"),
    Role.EXPERT: ("等专家比对", "Waiting for experts"),
    Role.SIDE: ("等双方签署", "Waiting for signatures"),
    Role.PUBLISHER: ("等发布", "Waiting to be published"),
}


def badge(state: ProposalState) -> tuple[str, tuple[str, str]]:
    facts = PROPOSAL.states[state]
    return KINDS[state], (facts.zh, facts.en.capitalize())


def names_of_members() -> dict[str, str]:
    """What the institutions of all agreements are called; one query."""
    return {code: str(say((zh, en))) for code, zh, en in queries.members()}


def row(found: ProposalRow, names: Mapping[str, str]) -> dict[str, Any]:
    """One proposal in a list."""
    return {
        "row": found,
        "badge": badge(found.state),
        "waits": WAITS.get(PROPOSAL.states[found.state].acts, ("", "")),
        "wanted": t("、", ", ").join(names.get(code, code) for code in found.wanted),
    }


def proposal(view: ProposalView) -> dict[str, Any]:
    """Everything one proposal's page shows."""
    names = names_of_members()
    return {
        "view": view,
        "badge": badge(view.row.state),
        "rules": drafts(view.drafts, compare=True),
        "opinions": [
            {"one": one, "badge": _opinion_badge(one.verdict), "current": one.revision == view.row.revision}
            for one in view.opinions
        ],
        "moves": [_move(move, PROPOSAL.events[ProposalEvent(move.event)]) for move in view.moves],
        "may": {event.value for event in view.may},
        "wanted": [names.get(code, code) for code in view.row.wanted],
        "sign_for": [(code, names.get(code, code)) for code in view.may_sign_for],
    }


def _opinion_badge(verdict: Verdict) -> tuple[str, tuple[str, str]]:
    kind = {Verdict.AGREE: "ok", Verdict.CHANGE: "warn", Verdict.REJECT: "bad"}[verdict]
    return kind, VERDICTS[verdict]


def _move(move: LifeMove, words: tuple[str, str]) -> dict[str, Any]:
    when, said = date_text(move.at, "time"), (words[0], words[1].capitalize())
    return {"words": said, "when": f"{when} · {move.who}" if move.who else when, "note": move.note}


# --- drafts in words and side by side --------------------------------------------------------------------------------


def drafts(found: Sequence[RuleDraft], *, compare: bool = False) -> list[dict[str, Any]]:
    """Each draft in words; the first few with their items side by side, the words both have in common marked."""
    codes = {item for draft in found for item in (*draft.items(), *(target.item for target in draft.targets))}
    names = queries.item_names(codes)
    return [
        {
            "draft": draft,
            "number": index + 1,
            "sentence": sentence(draft, names),
            "sides": _sides(draft) if compare and index < COMPARED else None,
        }
        for index, draft in enumerate(found)
    ]


def sentence(draft: RuleDraft, names: Mapping[str, str]) -> Text:
    return sentence_of(draft, name=lambda code: names.get(code, code))


def _sides(draft: RuleDraft) -> dict[str, Any]:
    """The items a rule takes and gives, with what both say marked."""
    left = _versions(draft.items()[:TOGETHER])
    right = _versions([target.item for target in draft.targets][:TOGETHER])
    shared = _terms(left.values()) & _terms(right.values())
    return {
        "left": [_item(code, one, shared) for code, one in left.items()],
        "right": [_item(code, one, shared) for code, one in right.items()],
        "more": max(0, len(draft.items()) - TOGETHER),
    }


def _versions(codes: Iterable[str]) -> dict[str, ItemVersionFacts]:
    found = {}
    for code in codes:
        institution, _, item = code.partition("/")
        try:
            found[code] = catalogue.item_story(institution, item).latest
        except Denied:
            continue  # retired or renamed meanwhile; the words still name it
    return found


def _terms(versions: Iterable[ItemVersionFacts]) -> set[str]:
    return {term for one in versions for term in terms_of(one.facts.name, (*one.statements, *one.skills))}


def _item(code: str, one: ItemVersionFacts, shared: Collection[str]) -> dict[str, Any]:
    return {
        "code": code,
        "facts": one.facts,
        "hours": one.facts.theory_hours + one.facts.practice_hours,
        "name": marked(one.facts.name, shared),
        "statements": [marked(text, shared) for text in (*one.statements, *one.skills)],
    }


def picked(query: str, chosen: Sequence[str]) -> dict[str, Any]:
    """What a search found, and what is chosen already, as (code, name) for check boxes."""
    names = queries.item_names(chosen)
    hits = catalogue.search_items(query, limit=12) if len(query.strip()) > 1 else []
    codes = institution_codes(hit.institution_id for hit in hits)
    found = [(f"{codes[hit.institution_id]}/{hit.code}", hit.name) for hit in hits]
    return {
        "query": query,
        "chosen": [(code, names.get(code, "")) for code in chosen],
        "found": [(code, name) for code, name in found if code not in chosen],
        "searched": bool(query.strip()),
    }


def institution_codes(ids: Iterable[int]) -> dict[int, str]:
    rows = institutions.institutions(Scope(institution_ids=frozenset(ids)))
    return {one.pk: one.code for one in rows}


def decision_parts(view: ApplicationView, line: PlanLine) -> tuple[list[str], list[tuple[str, int]]]:
    """What one line of a decision took and gave, as ``INSTITUTION/CODE``: items of the catalogue, nothing of the person."""
    numbers = {source.number for source in line.uses}
    rows = deposits.outcomes(Scope(learner_ids=frozenset({view.learner_id}))).filter(number__in=numbers)
    held = {facts.number: f"{facts.issuer_code}/{facts.item_code}" for facts in deposits.outcome_facts(rows)}
    courses = catalogue.items_by_id({give.item_id for give in line.gives if give.item_id is not None})
    targets = [
        (f"{view.receiver_code}/{courses[give.item_id].code}", give.credits)
        for give in line.gives
        if give.item_id in courses
    ]
    return [held[source.number] for source in line.uses if source.number in held], targets


# --- agreements and contracts ----------------------------------------------------------------------------------------


def agreement_choices(by: Actor) -> list[tuple[str, str]]:
    """The agreements somebody may propose rules under, by number and name."""
    scope = by.scope("rules.draft")
    rows = [one for one in queries.agreements() if one.ended_on is None]
    if not scope.everything:
        mine = set(institution_codes(scope.institution_ids).values())
        rows = [
            one for one in rows if mine & {m.code for m in queries.agreement(one.number).members if m.left_on is None}
        ]
    return [(one.number, one.name) for one in rows]


def terms(data: Mapping[str, str]) -> Terms:
    """The terms as typed, one line each. Raises ValueError with the line that cannot be read."""
    return Terms(
        shares=tuple(_share(parts) for parts in _lines(data["shares"], 2)),
        quotas=tuple(_quota(parts) for parts in _lines(data["quotas"], 3)),
        resources=tuple(_resource(parts) for parts in _lines(data["resources"], 3, least=2)),
        joint=tuple(
            JointProgramme(name, programme, certificate) for programme, certificate, name in _lines(data["joint"], 3)
        ),
    )


def _lines(text: str, most: int, *, least: int = 0) -> list[list[str]]:
    rows = [line.split(None, most - 1) for line in text.splitlines() if line.strip()]
    for parts in rows:
        if len(parts) < (least or most):
            raise ValueError(" ".join(parts))
    return rows


def _share(parts: list[str]) -> Share:
    return Share(parts[0], int(parts[1].rstrip("%")))


def _quota(parts: list[str]) -> Quota:
    code, credits, persons = parts
    # A quota may be far above what one outcome carries, so it is read as a plain number of whole credits.
    return Quota(code, None if credits == "-" else int(credits) * 100, None if persons == "-" else int(persons))


def _resource(parts: list[str]) -> Resource:
    return Resource(ResourceKind(parts[0]), parts[1], parts[2] if len(parts) > 2 else "")


def terms_text(found: Terms) -> dict[str, str]:
    """Terms as somebody types them."""

    def credits(quota: Quota) -> str:
        return "-" if quota.credits is None else str(quota.credits // 100)

    return {
        "shares": "\n".join(f"{s.institution} {s.percent}" for s in found.shares),
        "quotas": "\n".join(
            f"{q.institution} {credits(q)} {'-' if q.persons is None else q.persons}" for q in found.quotas
        ),
        "resources": "\n".join(f"{r.kind} {r.code} {r.note}".rstrip() for r in found.resources),
        "joint": "\n".join(f"{j.programme} {j.certificate} {j.name}" for j in found.joint),
    }
