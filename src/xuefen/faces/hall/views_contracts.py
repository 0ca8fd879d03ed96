"""My guaranteed-conversion contracts: see, sign, decline, give up."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from xuefen.bank.conversion import actions, queries
from xuefen.bank.shell import clock
from xuefen.faces.hall.doors import learner_page, show
from xuefen.faces.shared import contracts as shared
from xuefen.faces.shared.acting import carry_out
from xuefen.faces.shared.i18n import t

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
    return carry_out(
        request,
        lambda: actions.sign_contract(number=number, by=by, now=clock.now()),
        t("已签署。", "Signed."),
        back=("hall:contract", number),
    )


@require_POST
@learner_page
def decline(request: HttpRequest, number: str) -> HttpResponse:
    by, reason = request.actor, request.POST.get("reason", "") or t("学习者不签", "The learner does not sign")  # type: ignore[attr-defined]
    return carry_out(
        request,
        lambda: actions.decline_contract(number=number, reason=reason, by=by, now=clock.now()),
        t("已拒签，这份合同作废。", "Declined; there is no contract."),
        back=("hall:contract", number),
    )


@require_POST
@learner_page
def end(request: HttpRequest, number: str) -> HttpResponse:
    by = request.actor  # type: ignore[attr-defined]
    return carry_out(
        request,
        lambda: actions.end_contract(number=number, by=by, now=clock.now()),
        t("合同已终止，以后按现行规则转换。", "The contract has ended; the present rules apply."),
        back=("hall:contract", number),
    )
