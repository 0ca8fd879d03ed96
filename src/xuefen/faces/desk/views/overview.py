"""The first page of the day, the audit trail and the figures."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from xuefen.bank.audit import queries as audit
from xuefen.bank.shell import clock
from xuefen.faces.desk import pages_overview as pages
from xuefen.faces.desk.audit_words import ACTS
from xuefen.faces.desk.common import actor_of, at_work, page
from xuefen.faces.shared.frames import pages_of

PER_PAGE = 50


@require_safe
@at_work
def home(request: HttpRequest) -> HttpResponse:
    """To the first page this post opens."""
    return redirect(pages_of(actor_of(request))[0]["name"])


@require_safe
@at_work
def audit_trail(request: HttpRequest) -> HttpResponse:
    """Who did what, when and why, newest first."""
    action = request.GET.get("action", "")[:64]
    shown = Paginator(audit.entries(actor_of(request), action=action), PER_PAGE).get_page(request.GET.get("page"))
    words = ACTS.get(action, (action, action)) if action else ""
    context = {"page": shown, "rows": [pages.audit_row(entry) for entry in shown], "action": words}
    return page(request, "desk/audit.html", context, nav="desk:audit")


@require_safe
@at_work
def insight(request: HttpRequest) -> HttpResponse:
    """Figures of the actor's area: what was deposited, how applications stand, why they were refused, the log."""
    scope = actor_of(request).scope("insight.read")
    return page(request, "desk/insight.html", pages.figures(scope, now=clock.now()), nav="desk:insight")
