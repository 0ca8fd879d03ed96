"""Guaranteed-conversion contracts at the desk of the issuer and of the receiver."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuefen.bank.conversion import actions, queries
from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import Denied
from xuefen.faces.desk.common import actor_of, at_work, page, refuse
from xuefen.faces.desk.forms_rules import ContractForm, ReasonForm
from xuefen.faces.shared import contracts as shared
from xuefen.faces.shared.acting import carry_out
from xuefen.faces.shared.i18n import t

NAV = "desk:proposals"


@require_http_methods(["GET", "HEAD", "POST"])
@at_work
def contracts(request: HttpRequest) -> HttpResponse:
    """The institution's contracts, what waits for a signature first, and the form that offers one."""
    by = actor_of(request)
    found = queries.contracts(by)
    form = ContractForm(request.POST or None)
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            number = actions.offer_contract(**form.cleaned_data, by=by, now=clock.now())
        except Denied as denied:
            refuse(form, denied)
            status = denied.problem.status
        else:
            messages.success(request, t("已提出，等另外两方签署。", "Offered; the other two sides sign next."))
            return redirect("desk:contract", number)
    context = {"rows": shared.rows(found), "form": form}
    return page(request, "desk/contracts.html", context, nav=NAV, status=status)


@require_safe
@at_work
def contract(request: HttpRequest, number: str) -> HttpResponse:
    """One contract as a certificate, and what this side may do."""
    context = {**shared.shown(queries.contract(actor_of(request), number)), "form": ReasonForm()}
    return page(request, "desk/contract.html", context, nav=NAV)


@require_POST
@at_work
def sign(request: HttpRequest, number: str) -> HttpResponse:
    by = actor_of(request)
    return _acting(request, number, lambda: actions.sign_contract(number=number, by=by, now=clock.now()))


@require_POST
@at_work
def decline(request: HttpRequest, number: str) -> HttpResponse:
    by, reason = actor_of(request), request.POST.get("reason", "")
    return _acting(
        request, number, lambda: actions.decline_contract(number=number, reason=reason, by=by, now=clock.now())
    )


def _acting(request: HttpRequest, number: str, act: Callable[[], object]) -> HttpResponse:
    return carry_out(request, act, t("已办理。", "Done."), back=("desk:contract", number))
