"""What one's outcomes are worth: choosing a goal, seeing the plan, applying with it."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.signing import BadSignature, dumps, loads
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.catalogue.types import ProgrammeFacts
from xuefen.bank.conversion import rules as planner
from xuefen.bank.conversion.types import Plan
from xuefen.bank.recognition import actions as recognition
from xuefen.bank.recognition import queries as applications
from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import STALE, Denied
from xuefen.faces.hall import pages, pages_plan
from xuefen.faces.hall.doors import learner_page, show
from xuefen.faces.shared.i18n import language

OFFER = "hall.plan.offer"
OFFER_AGE = 24 * 3600  # seconds a plan on a page may wait for its button to be pressed
MOST_FOUND = 30


@require_safe
@learner_page
def choose(request: HttpRequest) -> HttpResponse:
    """Look for a programme by its name or code; without words, the first ones there are."""
    text = request.GET.get("q", "").strip()[:80]
    found = catalogue.search_programmes(text, limit=MOST_FOUND)
    schools = pages.institution_names({programme.institution_id for programme in found})
    rows = [{"programme": programme, "school": schools[programme.institution_id]} for programme in found]
    return show(request, "plan.html", {"text": text, "rows": rows, "most": MOST_FOUND})


@require_http_methods(["GET", "HEAD", "POST"])
@learner_page
def plan_for(request: HttpRequest, programme_id: int) -> HttpResponse:
    """The best plan for one programme; POST applies with the plan that stood on the page."""
    programme = catalogue.programme_by_id(programme_id)
    if request.method != "POST":
        return _plan_page(request, programme)
    try:
        return _apply(request, programme)
    except Denied as denied:
        return _plan_page(request, programme, refused=denied)


def _plan_page(request: HttpRequest, programme: ProgrammeFacts, *, refused: Denied | None = None) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    problem = applications.problem_for(
        actor.scope("plans.make"), learner_id=actor.learner_id, programme=programme, on=clock.today()
    )
    plan = planner.plan(problem)
    offer = {
        "key": uuid.uuid4().hex,
        "learner": actor.learner_id,
        "programme": programme.id,
        "plan": plan.to_json(),
    }
    context = {
        "plan": plan,
        "page": pages_plan.plan_page(plan),
        "programme": programme,
        "receiver": problem.receiver_name,
        "today": problem.on,
        "offer": dumps(offer, salt=OFFER, compress=True),
        "refused": refused.sentence(language()) if refused else "",
        "nav": "hall:plan",
    }
    return show(request, "plan_for.html", context, status=refused.problem.status if refused else 200)


def offered(request: HttpRequest) -> dict[str, Any]:
    """The plan that stood on this learner's page, as it was signed. Raises ``Denied(stale)``."""
    try:
        offer: dict[str, Any] = loads(request.POST.get("offer", ""), salt=OFFER, max_age=OFFER_AGE)
    except BadSignature:  # changed, cut off, or older than a day
        raise Denied(STALE, place="offer") from None
    if offer["learner"] != request.actor.learner_id:  # type: ignore[attr-defined]
        raise Denied(STALE, place="offer")
    return offer


def _apply(request: HttpRequest, programme: ProgrammeFacts) -> HttpResponse:
    """Apply with the plan the learner saw. It comes back signed, with its own key: two clicks are one application."""
    actor = request.actor  # type: ignore[attr-defined]
    offer = offered(request)
    if offer["programme"] != programme.id:
        raise Denied(STALE, place="offer")
    application = recognition.apply(
        learner_id=actor.learner_id,
        programme_id=programme.id,
        plan=Plan.from_json(offer["plan"]),
        key=offer["key"],
        by=actor,
        now=clock.now(),
    )
    return redirect("hall:application", number=application.number)
