"""The register of agreements and alliances, for the hub; and chains through a framework, for whoever drafts rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuefen.bank.conversion import actions, queries
from xuefen.bank.conversion.rules import chains as composing
from xuefen.bank.conversion.types.agreements import TERMS_REFUSED, AgreementKind, Terms
from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import Denied
from xuefen.faces.desk import pages_rules as pages
from xuefen.faces.desk.common import actor_of, at_work, page, refuse
from xuefen.faces.desk.forms_rules import EndForm, JoinForm, LeaveForm, RegisterForm, TermsForm
from xuefen.faces.shared.i18n import language, say, t

NAV = "desk:proposals"


@require_http_methods(["GET", "HEAD", "POST"])
@at_work
def agreements(request: HttpRequest) -> HttpResponse:
    """The register, and the form that enters a new agreement or alliance."""
    by = actor_of(request)
    by.scope("agreements.edit")
    form = RegisterForm(request.POST or None, initial={"effective_from": clock.today()})
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        data, signatories = form.cleaned_data, form.signatories()
        try:
            made = actions.sign_agreement(
                name=data["name"],
                mode=data["mode"],
                kind=data["kind"],
                party_codes=list(signatories),
                signatories=signatories,
                reference_code=data["reference"],
                effective_from=data["effective_from"],
                by=by,
                now=clock.now(),
            )
        except Denied as denied:
            refuse(form, denied)
            status = denied.problem.status
        else:
            messages.success(request, t("已登记。", "Registered."))
            return redirect("desk:agreement", made.number)
    context = {"rows": queries.agreements(), "form": form}
    return page(request, "desk/agreements.html", context, nav=NAV, status=status)


_FORMS: dict[str, type[forms.Form]] = {"join": JoinForm, "leave": LeaveForm, "terms": TermsForm, "end": EndForm}


@require_safe
@at_work
def agreement(request: HttpRequest, number: str) -> HttpResponse:
    """One agreement: members, terms, and what the hub may enter."""
    return _show(request, number)


def _show(
    request: HttpRequest, number: str, *, name: str = "", form: forms.Form | None = None, status: int = 200
) -> HttpResponse:
    actor_of(request).scope("agreements.edit")
    view = queries.agreement(number)
    newest = view.terms[0].terms if view.terms else Terms()
    today = clock.today()
    fresh: dict[str, forms.Form] = {
        "join": JoinForm(initial={"on": today}, auto_id="join_%s"),
        "leave": LeaveForm(initial={"on": today}, auto_id="leave_%s"),
        "terms": TermsForm(initial={**pages.terms_text(newest), "effective_from": today}, auto_id="terms_%s"),
        "end": EndForm(initial={"on": today}, auto_id="end_%s"),
    }
    if form is not None:
        fresh[name] = form
    context: dict[str, Any] = {
        "view": view,
        "alliance": view.row.kind is AgreementKind.ALLIANCE,
        "forms": fresh,
        "opened": name,
    }
    return page(request, "desk/agreement.html", context, nav=NAV, status=status)


@require_POST
@at_work
def change(request: HttpRequest, number: str, what: str) -> HttpResponse:
    """Join, leave, agree on terms, or end: one form each."""
    by, now = actor_of(request), clock.now()
    by.scope("agreements.edit")
    form = _FORMS[what](request.POST, auto_id=f"{what}_%s")
    if not form.is_valid():
        return _show(request, number, name=what, form=form, status=422)
    data = form.cleaned_data
    acts: dict[str, Callable[[], object]] = {
        "join": lambda: actions.join_alliance(number=number, **data, by=by, now=now),
        "leave": lambda: actions.leave_alliance(number=number, **data, by=by, now=now),
        "end": lambda: actions.end_agreement(number=number, **data, by=by, now=now),
        "terms": lambda: actions.agree_terms(
            number=number,
            terms=_terms(data),
            basis=data["basis"],
            effective_from=data["effective_from"],
            by=by,
            now=now,
        ),
    }
    try:
        acts[what]()
    except Denied as denied:
        refuse(form, denied)
        return _show(request, number, name=what, form=form, status=denied.problem.status)
    messages.success(request, t("已登记。", "Registered."))
    return redirect("desk:agreement", number)


def _terms(data: dict[str, Any]) -> Terms:
    try:
        return pages.terms(data)
    except ValueError as error:
        raise Denied(TERMS_REFUSED, zh=f"这一行读不懂：{error}", en=f"this line cannot be read: {error}") from None


@require_http_methods(["GET", "HEAD", "POST"])
@at_work
def chains(request: HttpRequest) -> HttpResponse:
    """Rules that two rules through a framework amount to, with the loss of each hop; one click proposes one."""
    by = actor_of(request)
    by.scope("rules.draft")
    asked = request.POST if request.method == "POST" else request.GET
    source, receiver = asked.get("from", "")[:40], asked.get("to", "")[:40]
    if request.method == "POST":
        try:
            number = actions.propose_chain(
                agreement_number=asked.get("agreement", "")[:40],
                source_code=source,
                receiver_code=receiver,
                first=asked.get("first", "")[:40],
                second=asked.get("second", "")[:40],
                by=by,
                now=clock.now(),
            )
        except Denied as denied:
            if denied.problem.status == 403:
                raise
            messages.error(request, denied.sentence(language()))
        else:
            messages.success(request, t("已存成规则草案。", "Saved as a draft rule."))
            return redirect("desk:proposal", number)
    return _chains_page(request, source=source, receiver=receiver)


def _chains_page(request: HttpRequest, *, source: str, receiver: str) -> HttpResponse:
    found, missing = queries.Chains((), {}, {}), ""
    if source and receiver:
        try:
            found = queries.chains(source_code=source, receiver_code=receiver, on=clock.today())
        except Denied as denied:
            missing = denied.sentence(language())
    rows = [
        {
            "chain": one,
            "from": [found.titles[i] for i in one.sources],
            "unit": found.titles[one.unit],
            "to": [(found.titles[i], credits) for i, credits in zip(one.targets, one.credits, strict=True)],
            "hops": list(composing.sentences(one)),
        }
        for one in found.chains
    ]
    context = {
        "source": source,
        "receiver": receiver,
        "institutions": [(code, say((zh, en))) for code, zh, en in queries.members()],
        "agreements": pages.agreement_choices(actor_of(request)),
        "rows": rows,
        "asked": bool(source and receiver),
        "missing": missing,
    }
    return page(request, "desk/chains.html", context, nav=NAV)
