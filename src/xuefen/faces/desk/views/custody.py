"""How keys and log stand: looked at here, changed on the server's command line only."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from xuefen.bank.custody import queries
from xuefen.bank.shell import clock
from xuefen.faces.desk import pages_custody as pages
from xuefen.faces.desk.common import actor_of, at_work, page


@require_safe
@at_work
def custody(request: HttpRequest) -> HttpResponse:
    """Every key, the last rehearsal, the log, its witnesses and anchors, and what to do about an alarm."""
    found = queries.standing(actor_of(request), now=clock.now())
    return page(request, "desk/custody.html", pages.standing(found), nav="desk:custody")
