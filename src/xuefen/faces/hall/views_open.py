"""Before there is an account: the start page, and opening an account online."""

from __future__ import annotations

from django.contrib.auth import authenticate, login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from xuefen.bank.learners import actions as learners
from xuefen.bank.learners.queries import agreement, by_id
from xuefen.bank.learners.types import OpeningMethod
from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import Denied
from xuefen.faces.hall import pages
from xuefen.faces.hall.doors import learner_page, show
from xuefen.faces.hall.forms import OpenForm, put_refusal
from xuefen.faces.shared import rates
from xuefen.faces.shared.i18n import language

OPENINGS, MINUTES = 60, 60  # a town's reading room opens accounts for a whole class; a script tries identity numbers


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """What this is, for everybody; whoever is signed in goes to their own first page."""
    if request.actor.kind == "staff":  # type: ignore[attr-defined]
        return redirect("/desk/")
    if request.actor.learner_id is not None:  # type: ignore[attr-defined]
        return redirect("hall:home")
    return show(request, "start.html")


@never_cache
@sensitive_post_parameters("name", "id_number", "phone", "password")
@require_http_methods(["GET", "HEAD", "POST"])
def open_account(request: HttpRequest) -> HttpResponse:
    """Open one's own account and be signed in with it."""
    if request.actor.learner_id is not None:  # type: ignore[attr-defined]
        return redirect("hall:home")
    form = OpenForm(request.POST or None, places=pages.opening_places())
    if form.is_valid():
        given = form.cleaned_data
        try:
            rates.spend(request, "open", most=OPENINGS, minutes=MINUTES)
            opened = learners.open_account(
                name=given["name"],
                id_number=given["id_number"],
                phone=given["phone"],
                place_code=given["place"],
                method=OpeningMethod.ONLINE,
                agreed=given["agreed"],
                password=given["password"],
                by=request.actor,  # type: ignore[attr-defined]
                now=clock.now(),
            )
        except Denied as denied:
            put_refusal(form, denied)
        else:
            login(request, authenticate(request, username=opened.account_no, password=given["password"]))
            return redirect("hall:opened")
    status = 422 if form.is_bound else 200
    return show(request, "open.html", {"form": form, "agreement": agreement(language())}, status=status)


@require_safe
@learner_page
def opened(request: HttpRequest) -> HttpResponse:
    """The new account's number, big enough to copy down."""
    actor = request.actor  # type: ignore[attr-defined]
    learner = by_id(actor.scope("learners.read"), actor.learner_id)
    return show(request, "opened.html", {"account_no": learner.account_no, "place": learner.place, "nav": "hall:home"})
