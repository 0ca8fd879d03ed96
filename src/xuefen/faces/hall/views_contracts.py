"""My guaranteed-conversion contracts: see, sign, decline, give up."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from xuefen.bank.conversion import actions, queries
from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import Denied
from xuefen.faces.hall.doors import learner_page, show
from xuefen.faces.shared import contracts as shared
from xuefen.faces.shared.i18n import language, t

NAV = "hall:applications"


@require_safe
@learner_page
def contracts(request: HttpRequest) -> HttpResponse:
    """One's contracts, what waits for a signature first."""
    found = queries.contracts(request.actor)  # type: ignore[attr-defined]
    return show(request, "contracts.html", {"rows": shared.rows(found), "nav": NAV})


@require_safe
@learner_page
def contract(request: HttpRequest, number: str) -> HttpResponse:
    """One contract as a certificate, and what the learner may do."""
    view = queries.contract(request.actor, number)  # type: ignore[attr-defined]
    return show(request, "contract.html", {**shared.shown(view), "nav": NAV})


@require_POST
@learner_page
def sign(request: HttpRequest, number: str) -> HttpResponse:
    by = request.actor  # type: ignore[attr-defined]
    return _acting(
        request,
        number,
        lambda: actions.sign_contract(number=number, by=by, now=clock.now()),
        t("已签署。", "Signed."),
    )


@require_POST
@learner_page
def decline(request: HttpRequest, number: str) -> HttpResponse:
    by, reason = request.actor, request.POST.get("reason", "") or t("学习者不签", "The learner does not sign")  # type: ignore[attr-defined]
    return _acting(
        request,
        number,
        lambda: actions.decline_contract(number=number, reason=reason, by=by, now=clock.now()),
        t("已拒签，这份合同作废。", "Declined; there is no contract."),
    )


@require_POST
@learner_page
def end(request: HttpRequest, number: str) -> HttpResponse:
    by = request.actor  # type: ignore[attr-defined]
    return _acting(
        request,
        number,
        lambda: actions.end_contract(number=number, by=by, now=clock.now()),
        t("合同已终止，以后按现行规则转换。", "The contract has ended; the present rules apply."),
    )


def _acting(request: HttpRequest, number: str, act: Callable[[], object], done: str) -> HttpResponse:
    try:
        act()
    except Denied as denied:
        if denied.problem.status in (403, 404):
            raise
        messages.error(request, denied.sentence(language()))
    else:
        messages.success(request, done)
    return redirect("hall:contract", number)
