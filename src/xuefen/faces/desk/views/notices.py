"""Public notice from the inside: what is on notice, and the objections that wait for an answer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from xuefen.bank.recognition import actions, queries
from xuefen.bank.recognition.types import ApplicationView, Party, Row
from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import STALE, Denied
from xuefen.faces.desk.common import actor_of, at_work, page, refuse
from xuefen.faces.desk.pages import works_on
from xuefen.faces.shared.i18n import language, t, t_lazy

UPHOLD, REJECT = "uphold", "reject"


class AnswerForm(forms.Form):
    """One reply to all open objections to an application."""

    answer = forms.ChoiceField(
        label=t_lazy("怎么答复", "Your answer"),
        choices=[
            (REJECT, t_lazy("异议不成立，公示继续", "Reject: the notice goes on")),
            (UPHOLD, t_lazy("异议成立，终止申请", "Uphold: the application ends")),
        ],
        widget=forms.RadioSelect,
    )
    reply = forms.CharField(
        label=t_lazy("答复和依据", "Reply and grounds"),
        max_length=800,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=t_lazy("会公开，请不要写个人信息。", "It is public; write no personal data."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


@require_safe
@at_work
def notices(request: HttpRequest) -> HttpResponse:
    """Objections first, one of them open; below, what is on notice without objection."""
    return _show(request, chosen=request.GET.get("open", ""))


@require_POST
@at_work
def answer(request: HttpRequest, number: str) -> HttpResponse:
    """Uphold or reject the open objections to an application."""
    actor = actor_of(request)
    actor.scope("objections.answer")
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _show(request, chosen=number, form=form, status=422)
    values = form.cleaned_data
    try:
        actions.answer_objection(
            number=number,
            version=values["version"],
            uphold=values["answer"] == UPHOLD,
            reply=values["reply"],
            by=actor,
            now=clock.now(),
        )
    except Denied as denied:
        if denied.problem.status == STALE.status:
            messages.error(request, denied.sentence(language()))
            return redirect("desk:notices")
        if denied.place not in form.fields:
            raise
        refuse(form, denied)
        return _show(request, chosen=number, form=form, status=denied.problem.status)
    messages.success(
        request, t("已答复，申请人和提出的人都能看到。", "Answered; the applicant and the objector can read it.")
    )
    return redirect("desk:notices")


def _show(request: HttpRequest, *, chosen: str = "", form: AnswerForm | None = None, status: int = 200) -> HttpResponse:
    actor, now = actor_of(request), clock.now()
    scope = actor.scope("objections.answer")
    waiting = queries.queue(scope, acts=Party.BRANCH, now=now)
    on_notice = queries.queue(scope, acts=Party.PUBLIC, now=now)
    view = _chosen(waiting.rows, chosen, request)
    context: dict[str, Any] = {"waiting": waiting, "on_notice": on_notice, "view": view, "works_today": works_on(now)}
    if view is not None:
        context["objectors"] = list(zip(view.objections, queries.objectors(actor, view.row.number), strict=True))
        context["form"] = form or AnswerForm(initial={"version": view.row.version})
    return page(request, "desk/notices.html", context, nav="desk:notices", status=status)


def _chosen(rows: tuple[Row, ...], number: str, request: HttpRequest) -> ApplicationView | None:
    """The objection the reader asked for, else the most urgent one."""
    numbers = [row.number for row in rows]
    if not numbers:
        return None
    wanted = number if number in numbers else numbers[0]
    return queries.application(actor_of(request).scope("applications.read"), wanted, now=clock.now())
