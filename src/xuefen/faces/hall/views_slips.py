"""Deposit slips of a learner: putting one outcome forward with its evidence, and answering awards."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuefen.bank.intake import actions, queries
from xuefen.bank.intake.types import State
from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import Denied
from xuefen.faces.hall.doors import learner_page, show
from xuefen.faces.shared import slips as shared
from xuefen.faces.shared.i18n import language, t
from xuefen.faces.shared.uploads import bounded_upload

NAV = "hall:outcomes"
SHOWN = 50


@require_safe
@learner_page
def slips(request: HttpRequest) -> HttpResponse:
    """The learner's slips: what waits for them first, then the rest."""
    by = request.actor  # type: ignore[attr-defined]
    found = shared.rows(queries.rows(queries.slips(by).filter(learner_id=by.learner_id)[:SHOWN], now=clock.now()))
    waits = [one for one in found if one["row"].state in (State.OFFERED, State.MORE, State.DRAFT)]
    return show(request, "slips.html", {"waits": waits, "rest": [one for one in found if one not in waits], "nav": NAV})


@require_http_methods(["GET", "HEAD", "POST"])
@learner_page
def slip_new(request: HttpRequest) -> HttpResponse:
    """Choose the item; POST begins the slip."""
    by = request.actor  # type: ignore[attr-defined]
    number, context, status = shared.begun(request, learner_id=by.learner_id, by=by, now=clock.now())
    return (
        redirect("hall:slip", number)
        if number
        else show(request, "slip_new.html", {**context, "nav": NAV}, status=status)
    )


@require_safe
@learner_page
def slip(request: HttpRequest, number: str) -> HttpResponse:
    """One slip: to be filled in, on its way, or done; an award with its two buttons."""
    return _page(request, number)


@require_POST
@bounded_upload(shared.MOST_FORM_BYTES)
@learner_page
def slip_change(request: HttpRequest, number: str) -> HttpResponse:
    """Every button of a slip's page."""
    by, now, do = request.actor, clock.now(), request.POST.get("do", "")  # type: ignore[attr-defined]
    try:
        if do == "claim":
            outcome = actions.claim(number=number, by=by, now=now)
            messages.success(request, t("领取成功，已存入您的账户。", "Claimed and deposited into your account."))
            return redirect("hall:outcome", outcome.number)
        if do == "decline":
            actions.decline(number=number, note=request.POST.get("note", ""), by=by, now=now)
            messages.success(request, t("已谢绝，颁发机构会看到。", "Declined; the issuer will see it."))
            return redirect("hall:slips")
        done = shared.change(request, number, by=by, now=now)
    except Denied as denied:
        if denied.problem.status in (403, 404):
            raise
        return _page(request, number, problem=shared.sentence(denied), status=denied.problem.status)
    if done == "sent":
        messages.success(request, t("已送出，核对完会在这里告诉您。", "Sent. You will read the result here."))
    elif done == "withdrawn":
        messages.success(request, t("已撤回。", "Withdrawn."))
        return redirect("hall:slips")
    else:
        messages.success(request, t("已保存，还没有送出。", "Saved, not sent yet."))
    return redirect("hall:slip", number)


@require_safe
@learner_page
def slip_file(request: HttpRequest, number: str, file_number: str) -> HttpResponse:
    """One's own file, as a download."""
    by = request.actor  # type: ignore[attr-defined]
    return shared.download(actions.open_file(number=number, file_number=file_number, by=by, now=clock.now()))


def _page(request: HttpRequest, number: str, *, problem: str = "", status: int = 200) -> HttpResponse:
    by, now = request.actor, clock.now()  # type: ignore[attr-defined]
    found = queries.one(by, number)
    view = queries.view(found, now=now)
    context = shared.shown(view) | {"problem": problem, "form": shared.form_of(view), "nav": NAV}
    if view.row.state is State.OFFERED:
        context["credits"], why_not = actions.worth(found, now=now)
        context["why_not"] = why_not.sentence(language()) if why_not else ""
    context["file_route"], context["change_route"] = "hall:slip_file", "hall:slip_change"
    return show(request, "slip.html", context, status=status)
