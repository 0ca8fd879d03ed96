"""Showing a plan to somebody: making a link, taking it back, and what its visitor sees."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.certificates import actions, queries
from xuefen.bank.certificates.types import ShareKind
from xuefen.bank.conversion.types import Plan
from xuefen.bank.shell import clock
from xuefen.faces.hall import pages_plan
from xuefen.faces.hall.doors import learner_page, show
from xuefen.faces.hall.views_plan import offered


@require_POST
@learner_page
def share(request: HttpRequest) -> HttpResponse:
    """Open a link to the plan that stood on the page."""
    actor, offer = request.actor, offered(request)  # type: ignore[attr-defined]
    days = request.POST.get("days", "")
    actions.share(
        learner_id=actor.learner_id,
        kind=ShareKind.PLAN,
        title=catalogue.programme_by_id(offer["programme"]).name,
        content=offer["plan"],
        days=int(days) if days.isascii() and days.isdigit() and len(days) < 4 else 0,
        named=request.POST.get("named") == "1",
        by=actor,
        now=clock.now(),
    )
    return redirect("hall:shares")


@require_safe
@learner_page
def shares(request: HttpRequest) -> HttpResponse:
    """The learner's links, those still open first."""
    now = clock.now()
    rows = [
        {
            "link": link,
            "open": link.is_open(now),
            "address": request.build_absolute_uri(reverse("hall:shared", args=[link.token])),
        }
        for link in queries.share_links(request.actor.learner_id)  # type: ignore[attr-defined]
    ]
    rows.sort(key=lambda row: not row["open"])
    return show(request, "shares.html", {"rows": rows, "nav": "hall:plan"})


@require_POST
@learner_page
def unshare(request: HttpRequest, link_id: int) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    actions.unshare(learner_id=actor.learner_id, link_id=link_id, by=actor, now=clock.now())
    return redirect("hall:shares")


@never_cache
@require_safe
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """What the link shows, to whoever has it."""
    found = actions.open_shared(token=token, now=clock.now())
    plan = Plan.from_json(found.content)
    context = {"shared": found, "plan": plan, "page": pages_plan.plan_page(plan)}
    return render(request, "hall/shared_plan.html", context)
