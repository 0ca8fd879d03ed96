"""The account and its outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from xuefen.bank.certificates import queries as certificates
from xuefen.bank.deposits import queries as deposits
from xuefen.bank.deposits.types import OutcomeState
from xuefen.bank.intake import queries as intake
from xuefen.bank.intake.types import State as SlipState
from xuefen.bank.learners import queries as learners
from xuefen.bank.learners.types import AccountState
from xuefen.bank.ledger import queries as ledger
from xuefen.bank.ledger.types import BookKind
from xuefen.bank.recognition import queries as recognition
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor
from xuefen.bank.supervision import queries as supervision
from xuefen.bank.translog import queries as translog
from xuefen.bedrock.ids import normalise
from xuefen.faces.hall import pages, pages_progress
from xuefen.faces.hall.doors import learner_page, show
from xuefen.faces.shared import slips as shared_slips
from xuefen.faces.shared.outcomes import history
from xuefen.faces.shared.papers import paper

if TYPE_CHECKING:
    from django.db.models import QuerySet

RECENT, PER_PAGE, CARDS = 5, 20, 3
TAKEN_BACK = "taken"
"""The choice that shows what was revoked or corrected, instead of a class."""


@require_safe
@learner_page
def home(request: HttpRequest) -> HttpResponse:
    """The passbook: what is available, what is under way, what came last, and where it all comes from."""
    actor, now = request.actor, clock.now()  # type: ignore[attr-defined]
    learner = learners.by_id(actor.scope("learners.read"), actor.learner_id)
    scope = actor.scope("outcomes.read")
    balance = ledger.balance(BookKind.LEARNER, actor.learner_id)
    sums = deposits.sums_by_year(scope, actor.learner_id)
    recent = deposits.outcomes(scope).filter(state=OutcomeState.VALID)[:RECENT]
    rows = recognition.mine(actor.scope("applications.read"), now=now)
    running = [row for row in rows if row.clock is not None]
    recognised = sum(credits for *_, credits in sums)
    context = {
        "name": learners.personal(learner, by=actor).name,
        "account_no": learner.account_no,
        "stamp": pages.ASSURANCE[learner.assurance][0],
        "level": pages.ASSURANCE[learner.assurance][1],
        "waiting": shared_slips.rows(intake.rows(_waiting(actor), now=now)),
        "frozen": learner.state == AccountState.FROZEN,
        "balance": balance,
        "used": recognised - balance.available - balance.held,  # what was revoked is neither there nor used
        "cards": [pages_progress.application_card(row, now=now) for row in running[:CARDS]],
        "applications": len(rows),
        "recent": pages.ledger_rows(deposits.outcome_facts(recent), now=now),
        "total": sum(count for _, _, count, _ in sums),
        "classes": pages.class_bars(sums),
        "years": pages.year_columns(sums, now=now),
        "certificates": [paper(p) for p in certificates.mine(actor.scope("certificates.read"), limit=CARDS)],
        "nav": "hall:home",
    }
    return show(request, "home.html", context)


def _waiting(actor: Actor) -> QuerySet[Any]:
    """Awards to be claimed and slips that more was asked for."""
    found = intake.slips(actor).filter(learner_id=actor.learner_id or 0)
    return found.filter(state__in=(SlipState.OFFERED, SlipState.MORE))[:CARDS]


@require_safe
@learner_page
def outcomes(request: HttpRequest) -> HttpResponse:
    """All outcomes, newest award first, of one class when asked (``?class=degree``), or what was taken back."""
    actor = request.actor  # type: ignore[attr-defined]
    wanted = request.GET.get("class", "")
    rows = deposits.outcomes(actor.scope("outcomes.read"))
    if wanted == TAKEN_BACK:
        rows = rows.exclude(state=OutcomeState.VALID)
    else:
        wanted = wanted if wanted in pages.CLASSES else ""
        rows = rows.filter(state=OutcomeState.VALID, **({"outcome_class": wanted} if wanted else {}))
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    facts = deposits.outcome_facts(cast("QuerySet[Any]", page.object_list))
    context = {
        "page": page,
        "rows": pages.ledger_rows(facts, now=clock.now()),
        "wanted": wanted,
        "classes": [
            *((code, words) for code, (words, _) in pages.CLASSES.items()),
            (TAKEN_BACK, ("更正过、撤销过的", "Taken back")),
        ],
    }
    return show(request, "outcomes.html", context)


@require_safe
@learner_page
def outcome(request: HttpRequest, number: str) -> HttpResponse:
    """One outcome: what it is, why it has its credit, where that credit went, and where it stands in the public log."""
    actor, now = request.actor, clock.now()  # type: ignore[attr-defined]
    found = deposits.outcome(actor.scope("outcomes.read"), normalise(number))
    rows = recognition.mine(actor.scope("applications.read"), now=now)
    why = deposits.explanation(found)
    told = deposits.history(found.id)
    context = {
        "changes": history(told),
        "last": told.changes[-1] if told.changes else None,
        "corrects": told.corrects,
        "cases": supervision.arbitration_of(actor.scope("arbitrations.read"), outcome=found.number, now=now),
        "outcome": found,
        "class": pages.CLASSES[found.outcome_class][0],
        "why": why,
        "references": pages.references(why),
        "moves": pages.credit_moves(ledger.transfers_of(found.id), rows),
        "proof": translog.proof_of(found.leaf_id),
        "nav": "hall:outcomes",
    }
    return show(request, "outcome.html", context)
