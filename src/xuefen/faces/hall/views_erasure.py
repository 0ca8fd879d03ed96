"""Asking to be forgotten: what would go, what would stay, and taking the request back while nobody has acted on it."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from xuefen.bank.custody import actions, queries
from xuefen.bank.custody.types import ERASURE_OPEN, ERASURE_UNKNOWN
from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import Denied
from xuefen.faces.hall.doors import learner_page, show
from xuefen.faces.shared.i18n import say, t, t_lazy


class EraseForm(forms.Form):
    sure = forms.BooleanField(
        label=t_lazy("我明白：删除以后谁也恢复不了", "I understand that nobody can bring it back"),
        error_messages={"required": t_lazy("请先勾上这一格。", "Tick this box first.")},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@learner_page
def erase(request: HttpRequest) -> HttpResponse:
    """What is asked and how far it is; POST asks, or with ``withdraw`` takes it back."""
    form = EraseForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _page(request, form)
    if "withdraw" in request.POST:
        _withdraw(request)
        return redirect("hall:erase")
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        actions.request_erasure(by=request.actor, now=clock.now())  # type: ignore[attr-defined]
    except Denied as denied:
        if denied.problem is not ERASURE_OPEN:  # a second click finds the first one's request
            raise
    return redirect("hall:erase")


def _withdraw(request: HttpRequest) -> None:
    try:
        actions.withdraw_request(by=request.actor, now=clock.now())  # type: ignore[attr-defined]
    except Denied as denied:
        if denied.problem is not ERASURE_UNKNOWN:
            raise
        messages.error(request, t("没有可以撤回的申请。", "There is no request that could be taken back."))
    else:
        messages.success(request, t("已撤回，什么也没有删除。", "Taken back; nothing was erased."))


def _page(request: HttpRequest, form: EraseForm, *, status: int = 200) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    learner_id = int(actor.learner_id)
    context = {
        "form": form,
        "last": queries.latest(actor.scope("learners.ask_erasure"), learner_id),
        "running": [say(words) for words in queries.in_the_way(learner_id)],
        "nav": "hall:home",
    }
    return show(request, "erase.html", context, status=status)
