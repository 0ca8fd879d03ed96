"""Outcomes at the desk: finding one, what became of it, revoking it, correcting it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuefen.bank.deposits import queries
from xuefen.bank.deposits.types import Correction, OutcomeState
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bank.supervision import actions
from xuefen.bank.supervision.types import TakenBack
from xuefen.bedrock.ids import normalise
from xuefen.faces.desk import pages_outcomes as pages
from xuefen.faces.desk.common import actor_of, at_work, page, refuse, tell
from xuefen.faces.shared.i18n import t, t_lazy

PER_PAGE = 20
NAV = "desk:outcomes"


class RevokeForm(forms.Form):
    reason = forms.CharField(
        label=t_lazy("撤销的理由", "Why it is revoked"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=t_lazy(
            "学习者和接收机构会看到，请不要写个人信息。", "The learner and receivers read it; no personal data."
        ),
    )


class CorrectForm(forms.Form):
    """What it should say; a field left as it is stays as it is."""

    item_code = forms.CharField(label=t_lazy("成果代码", "Item code"), max_length=40)
    version = forms.CharField(label=t_lazy("版本", "Version"), max_length=20, required=False)
    awarded_on = forms.CharField(label=t_lazy("取得日期", "Awarded on"), max_length=40)
    grade = forms.CharField(label=t_lazy("成绩", "Grade"), max_length=12, required=False)
    hours = forms.CharField(label=t_lazy("学时", "Hours"), max_length=12, required=False)
    attendance = forms.CharField(label=t_lazy("出勤率（%）", "Attendance (%)"), max_length=8, required=False)
    online_share = forms.CharField(
        label=t_lazy("线上学时占比（%）", "Share held online (%)"), max_length=8, required=False
    )
    workload = forms.CharField(label=t_lazy("学习总时数", "All hours of learning"), max_length=12, required=False)
    serial = forms.CharField(label=t_lazy("证书编号", "Certificate number"), max_length=60, required=False)
    why = forms.CharField(
        label=t_lazy("更正的理由", "Why it is corrected"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=t_lazy(
            "学习者和接收机构会看到，请不要写个人信息。", "The learner and receivers read it; no personal data."
        ),
    )


class FindForm(forms.Form):
    number = forms.CharField(label=t_lazy("成果编号", "Outcome number"), max_length=40)


@require_safe
@at_work
def outcomes(request: HttpRequest) -> HttpResponse:
    """Find an outcome by its number; below, those that were revoked or corrected, and those of a batch when asked."""
    actor = actor_of(request)
    actor.scope("outcomes.correct")
    scope = actor.scope("outcomes.read")
    form, status = FindForm(request.GET if "number" in request.GET else None), 200
    if form.is_bound and form.is_valid():
        try:
            return redirect("desk:outcome", queries.outcome(scope, normalise(form.cleaned_data["number"])).number)
        except Denied as denied:
            refuse(form, denied)
            status = denied.problem.status
    batch = normalise(request.GET.get("batch", ""))[:20]
    rows = queries.outcomes(scope)
    rows = (
        rows.filter(batch__number=batch).order_by("row")
        if batch
        else rows.exclude(state=OutcomeState.VALID).order_by("-id")
    )
    shown = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    facts = queries.outcome_facts(rows[shown.start_index() - 1 : shown.end_index()]) if shown.paginator.count else []
    context = {"form": form, "page": shown, "rows": [pages.row(one) for one in facts], "batch": batch}
    return page(request, "desk/outcomes.html", context, nav=NAV, status=status)


@require_safe
@at_work
def outcome(request: HttpRequest, number: str) -> HttpResponse:
    """One outcome: what it says, what became of it, and what may be done with it."""
    return _show(request, number)


@require_http_methods(["POST"])
@at_work
def revoke(request: HttpRequest, number: str) -> HttpResponse:
    actor = actor_of(request)
    actor.scope("outcomes.correct")
    form = RevokeForm(request.POST)
    if not form.is_valid():
        return _show(request, number, revoking=form, status=422)
    try:
        done = actions.revoke(number=number, reason=form.cleaned_data["reason"], by=actor, now=clock.now())
    except Denied as denied:
        if denied.problem.status in (403, 404):
            raise
        refuse(form, denied)
        return _show(request, number, revoking=form, status=denied.problem.status)
    _tell(request, t("已撤销。", "Revoked."), done)
    return redirect("desk:outcome", number)


@require_POST
@at_work
def correct(request: HttpRequest, number: str) -> HttpResponse:
    actor = actor_of(request)
    actor.scope("outcomes.correct")
    form = CorrectForm(request.POST)
    if not form.is_valid():
        return _show(request, number, correcting=form, status=422)
    values = form.cleaned_data
    # an emptied field is meant to be empty, which the room reads from "-"; a version left out is the item's newest
    said = {name: value.strip() or "-" for name, value in values.items() if name not in ("version", "why")}
    correction = Correction(version=values["version"], **said)
    try:
        done = actions.correct(number=number, correction=correction, reason=values["why"], by=actor, now=clock.now())
    except Denied as denied:
        if denied.problem.status in (403, 404):
            raise
        refuse(form, denied)
        return _show(request, number, correcting=form, status=denied.problem.status)
    _tell(request, t("已更正。", "Corrected."), done)
    return redirect("desk:outcome", done.replacement)


def _tell(request: HttpRequest, words: str, done: TakenBack) -> None:
    messages.success(request, " ".join([words, *pages.consequences(done)]))


def _show(
    request: HttpRequest,
    number: str,
    *,
    revoking: RevokeForm | None = None,
    correcting: CorrectForm | None = None,
    status: int = 200,
) -> HttpResponse:
    actor, now = actor_of(request), clock.now()
    facts = queries.outcome(actor.scope("outcomes.read"), normalise(number))
    context: dict[str, Any] = pages.shown(facts, actor=actor, now=now) | {"finds": actor.may("outcomes.correct")}
    if facts.state is OutcomeState.VALID and _may_take_back(actor, facts.issuer_id):
        context["revoking"] = revoking or RevokeForm()
        context["correcting"] = correcting or CorrectForm(initial=pages.as_it_is(facts))
        context["wrong"] = "revoke" if revoking else "correct" if correcting else ""
        context["would"] = pages.would_touch(facts, correcting=False)
        context["corrected_would"] = pages.would_touch(facts, correcting=True)
    elif refused := revoking or correcting:
        tell(request, refused)
    return page(request, "desk/outcome.html", context, nav=NAV, status=status)


def _may_take_back(actor: Actor, issuer_id: int) -> bool:
    return actor.may("outcomes.correct") and actor.scope("outcomes.correct").reaches(institution_id=issuer_id)
