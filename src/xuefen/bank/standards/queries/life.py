"""Reading proposals, consultations and requests for new kinds: each reader sees what they may."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery

from xuefen.bank.shell.actor import Actor, Scope
from xuefen.bank.shell.problems import NOT_ALLOWED, NOT_FOUND, Denied
from xuefen.bank.standards import states
from xuefen.bank.standards.models import (
    KindRequest,
    StandardComment,
    StandardComparison,
    StandardMove,
    StandardProposal,
    StandardSignature,
)
from xuefen.bank.standards.rules import life
from xuefen.bank.standards.types.life import (
    CommentView,
    ComparisonView,
    Event,
    KindState,
    KindView,
    MoveView,
    ProposalRow,
    ProposalView,
    State,
    Verdict,
)

INSIDE = ("standards.propose", "standards.compare", "standards.publish")
"""Whoever holds one of these sees proposals before they are public."""


def works_inside(by: Actor) -> bool:
    """Whether the reader takes part in making standards."""
    return any(by.may(action) for action in INSIDE)


def proposals(by: Actor, *, running: bool | None = None) -> list[ProposalRow]:
    """Proposals of people, newest first; ``running`` only those under way, or only those that ended. Raises
    ``Denied(not_allowed)``.
    """
    if not works_inside(by):
        raise Denied(NOT_ALLOWED, action="standards.propose")
    rows = StandardProposal.objects.filter(moves__event=Event.PROPOSE)
    if running is not None:
        under_way = Q(state__in=sorted(states.RUNNING))
        rows = rows.filter(under_way if running else ~under_way)
    return _rows(rows.order_by("-id"))


def consultations(*, now: datetime) -> list[ProposalRow]:
    """Consultations the public may comment on now, the one that ends first on top."""
    rows = StandardProposal.objects.filter(state=State.CONSULTING, consulted_until__gt=now)
    return _rows(rows.order_by("consulted_until"))


def proposal(by: Actor, number: str) -> ProposalView:
    """One proposal. The public sees it from its consultation on, with answered comments; an expert who may still compare
    sees no other's comparison. Raises ``Denied(not_found)``.
    """
    rows = StandardProposal.objects.filter(number=number)
    inside = works_inside(by)
    found = (rows if inside else rows.exclude(consulted_until=None)).first()
    if found is None:
        raise Denied(NOT_FOUND, place="number")
    state, given = State(found.state), list(StandardComparison.objects.filter(proposal=found).order_by("id"))
    is_proposer = by.user_id is not None and by.user_id == found.proposed_by_id
    compared = any(one.user_id == by.user_id for one in given)
    shown = not inside or life.sees_comparisons(
        state=state, may_compare=by.may("standards.compare"), is_proposer=is_proposer, compared=compared
    )
    signatures = list(StandardSignature.objects.filter(proposal=found).order_by("id"))
    return ProposalView(
        row=_rows(rows)[0],
        body=found.body,
        digest=found.digest,
        note=found.note,
        comparisons=tuple(
            ComparisonView(expert=one.name, verdict=Verdict(one.verdict), reasons=one.reasons, at=one.at)
            for one in given
        )
        if shown
        else (),
        hidden=0 if shown else len(given),
        signed_by=tuple(one.name for one in signatures),
        comments=_comments(found, inside=inside),
        moves=_moves(found, inside=inside),
        may=life.moves_open(
            state=state,
            is_proposer=is_proposer,
            compares=by.kind == "staff" and by.may("standards.compare"),
            publishes=by.kind == "staff" and by.may("standards.publish"),
            compared=compared,
            signatures=len(signatures),
            signed=any(one.user_id == by.user_id for one in signatures),
        ),
    )


def _comments(found: StandardProposal, *, inside: bool) -> tuple[CommentView, ...]:
    """Before it is answered, a comment is for those who answer it; afterwards for everybody, unless withheld."""
    rows = StandardComment.objects.filter(proposal=found).order_by("seq")
    if not inside:
        rows = rows.exclude(replied_at=None)
    return tuple(
        CommentView(
            seq=one.seq,
            name=one.name,
            place=one.place,
            text=one.text if inside or not one.withheld else "",
            said_at=one.said_at,
            reply=one.reply,
            replied_at=one.replied_at,
            withheld=one.withheld,
        )
        for one in rows
    )


def _moves(found: StandardProposal, *, inside: bool) -> tuple[MoveView, ...]:
    """Who compared is told with the comparisons, not here: the list would give away who has not."""
    rows = StandardMove.objects.filter(proposal=found).order_by("seq")
    if not inside:
        rows = rows.exclude(event=Event.COMPARE)
    return tuple(
        MoveView(
            event=Event(one.event),
            to=State(one.to_state),
            who="" if one.event == Event.COMPARE or one.actor_kind == "system" else one.actor_name,
            reason=one.reason,
            at=one.at,
        )
        for one in rows
    )


def _count(rows: QuerySet[Any]) -> Subquery:
    counted = rows.filter(proposal=OuterRef("pk")).order_by().values("proposal").annotate(n=Count("*")).values("n")
    return Subquery(counted)


def _rows(rows: QuerySet[StandardProposal]) -> list[ProposalRow]:
    """Rows of a list, in one query, without the bodies."""
    counted: Iterable[Any] = rows.values(
        "number", "code", "version", "state", "effective_from", "proposed_at", "entered_at", "consulted_until",
        zh=F("body__title__zh"), en=F("body__title__en"), proposer=F("proposed_by__display_name"),
        compared=_count(StandardComparison.objects.all()),
        signed=_count(StandardSignature.objects.all()),
        said=_count(StandardComment.objects.all()),
        unanswered=_count(StandardComment.objects.filter(replied_at=None)),
    )  # fmt: skip
    return [
        ProposalRow(
            number=row["number"],
            code=row["code"],
            version=row["version"],
            title_zh=row["zh"],
            title_en=row["en"],
            state=State(row["state"]),
            effective_from=row["effective_from"],
            proposed_by=row["proposer"] or "",
            proposed_at=row["proposed_at"],
            entered_at=row["entered_at"],
            consulted_until=row["consulted_until"],
            comparisons=row["compared"] or 0,
            signatures=row["signed"] or 0,
            comments=row["said"] or 0,
            unanswered=row["unanswered"] or 0,
        )
        for row in counted
    ]


def kind_requests(scope: Scope) -> list[KindView]:
    """Requests for new kinds inside a scope: open ones first, the most urgent on top. An issuer sees its own."""
    rows = KindRequest.objects.select_related("institution", "settled_by")
    if not scope.everything:
        rows = rows.filter(institution_id__in=scope.institution_ids)
    found = sorted(rows, key=lambda row: (row.state != KindState.OPEN, row.due_on, row.pk))
    return [_kind(row) for row in found]


def _kind(row: KindRequest) -> KindView:
    settled = row.settled_by
    return KindView(
        number=row.number,
        name=row.name,
        outcome_class=row.outcome_class,
        description=row.description,
        asked_by=row.institution.name_zh if row.institution else row.asked_by,
        asked_on=row.asked_on,
        due_on=row.due_on,
        state=KindState(row.state),
        type_code=row.type_code,
        settled_by=f"{settled.code}/{settled.version}" if settled else "",
        reason=row.reason,
        reminders=row.reminders,
    )
