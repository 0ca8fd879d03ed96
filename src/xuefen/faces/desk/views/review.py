"""Reviewing applications: the tray, one application beside it, the decision, the conversion."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from xuefen.bank.recognition import actions, queries
from xuefen.bank.recognition.types import Age, ApplicationView, Event, State
from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import STALE, Denied
from xuefen.bank.standards import queries as standards
from xuefen.faces.desk import pages
from xuefen.faces.desk.common import actor_of, at_work, page, refuse
from xuefen.faces.shared.i18n import language, say, t, t_lazy
from xuefen.faces.shared.numbers import whole

APPROVE, REFUSE = Event.APPROVE.value, Event.REFUSE.value
MOST_NOTE = 400  # characters


class DecisionForm(forms.Form):
    """The decision on one application. ``version`` is the one the reviewer saw."""

    verdict = forms.ChoiceField(
        label=t_lazy("您的决定", "Your decision"),
        choices=[(APPROVE, t_lazy("同意", "Agree")), (REFUSE, t_lazy("不同意", "Refuse"))],
        widget=forms.RadioSelect,
        error_messages={"required": t_lazy("请选同意或不同意。", "Choose agree or refuse.")},
    )
    reason_code = forms.ChoiceField(
        label=t_lazy("不同意的理由", "Reason for refusing"),
        error_messages={"required": t_lazy("不同意时请选理由。", "Choose the reason for refusing.")},
    )
    note = forms.CharField(
        label=t_lazy("写给学习者的话", "Words for the learner"),
        max_length=MOST_NOTE,
        error_messages={
            "required": t_lazy("请写明依据，学习者会看到。", "State the grounds; the learner will read them.")
        },
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    use_required_attribute = False  # reason and grounds are asked for a refusal only

    def __init__(self, view: ApplicationView, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["version"] = view.row.version
        codes = standards.by_id(view.standard_version_id).pack.refusal_codes.values()
        choices = [(code.code, f"{code.code} {say(code)}") for code in codes]
        self.fields["reason_code"].choices = [("", t("请选择", "Choose")), *choices]  # type: ignore[attr-defined]
        if self.data.get("verdict") != REFUSE and self.is_bound:
            self.fields["reason_code"].required = self.fields["note"].required = False


@require_safe
@at_work
def queue(request: HttpRequest) -> HttpResponse:
    """What waits for the reviewer, the most urgent application open beside it."""
    scope = actor_of(request).scope("applications.review")
    age = request.GET.get("age", "")
    waiting = queries.queue(
        scope, now=clock.now(), age=Age(age) if age in set(Age) else None, page=_number(request.GET.get("page", "1"))
    )
    view = None
    if waiting.rows:
        view = queries.application(
            actor_of(request).scope("applications.read"), waiting.rows[0].number, now=clock.now()
        )
    return _show(request, waiting=waiting, view=view, age=age)


@require_safe
@at_work
def application(request: HttpRequest, number: str) -> HttpResponse:
    """One application by its number, for those who may read it; with the tray for those who review."""
    view = queries.application(actor_of(request).scope("applications.read"), number, now=clock.now())
    return _show(request, waiting=_tray(request), view=view)


@require_POST
@at_work
def decide(request: HttpRequest, number: str) -> HttpResponse:
    """Agree or refuse, then on to the next one. A second click on the same decision changes nothing."""
    actor, now = actor_of(request), clock.now()
    actor.scope("applications.review")
    view = queries.application(actor.scope("applications.read"), number, now=now)
    form = DecisionForm(view, request.POST)
    if not form.is_valid():
        return _show(request, waiting=_tray(request), view=view, form=form, status=422)
    values = form.cleaned_data
    _, behind = queries.neighbours(actor.scope("applications.review"), number)
    try:
        if values["verdict"] == APPROVE:
            actions.approve(number=number, version=values["version"], note=values["note"], by=actor, now=now)
        else:
            actions.refuse(
                number=number,
                version=values["version"],
                reason_code=values["reason_code"],
                note=values["note"],
                by=actor,
                now=now,
            )
    except Denied as denied:
        if denied.problem.status != STALE.status:
            refuse(form, denied)
            return _show(request, waiting=_tray(request), view=view, form=form, status=denied.problem.status)
        if not _already_done(view, version=values["version"], event=values["verdict"], by=actor.name):
            messages.error(request, denied.sentence(language()))
            return redirect("desk:application", number)
    done = (
        t("已同意", "Agreed") if values["verdict"] == APPROVE else t("已退回，写明了理由", "Refused, with the reason")
    )
    messages.success(request, t("{done}：{name}。", "{done}: {name}.", done=done, name=view.row.programme_name))
    return redirect("desk:application", behind) if behind else redirect("desk:queue")


@require_POST
@at_work
def convert(request: HttpRequest, number: str) -> HttpResponse:
    """The conversion step: enter the credits and put the application on public notice."""
    actor = actor_of(request)
    actor.scope("applications.review")
    version = request.POST.get("version", "")
    try:
        actions.convert(number=number, version=_number(version, least=0), by=actor, now=clock.now())
    except Denied as denied:
        if denied.problem.status != STALE.status:
            raise
        messages.error(request, denied.sentence(language()))
    else:
        messages.success(request, t("已转换，开始公示。", "Converted; the public notice has begun."))
    return redirect("desk:application", number)


def _already_done(view: ApplicationView, *, version: int, event: str, by: str) -> bool:
    """The very same decision by the very same person came just before: a double click, not a conflict."""
    last = view.moves[-1] if view.moves else None
    return last is not None and (last.seq, last.event, last.actor_name) == (version + 1, event, by)


def _tray(request: HttpRequest) -> Any:
    actor = actor_of(request)
    return (
        queries.queue(actor.scope("applications.review"), now=clock.now()) if actor.may("applications.review") else None
    )


def _show(
    request: HttpRequest,
    *,
    waiting: Any,
    view: ApplicationView | None,
    form: DecisionForm | None = None,
    age: str = "",
    status: int = 200,
) -> HttpResponse:
    actor, now = actor_of(request), clock.now()
    reaches = view is not None and actor.may("applications.review")
    may_act = (
        view is not None and reaches and actor.scope("applications.review").reaches(institution_id=view.receiver_id)
    )
    deciding = view is not None and may_act and view.row.state is State.REVIEW and not _late(view)
    before, behind = (
        queries.neighbours(actor.scope("applications.review"), view.row.number)
        if view is not None and reaches
        else ("", "")
    )
    context = {
        "previous": before,
        "next": behind,
        "waiting": waiting,
        "everything": sum(waiting.counts.values()) if waiting else 0,
        "ages": pages.ages(waiting, chosen=age) if waiting else [],
        "tray": [pages.tray_row(row, now=now) for row in waiting.rows] if waiting else [],
        "tray_page": pages.pages_of(waiting) if waiting else None,
        "view": view,
        "shown": pages.application(view) if view else None,
        "works_today": pages.works_on(now),
        "may_draft": view is not None and view.row.state is State.ARCHIVED and actor.may("rules.draft"),
        "converting": may_act and view is not None and view.row.state is State.CONVERT,
        "form": (form or DecisionForm(view)) if deciding and view is not None else None,
    }
    return page(request, "desk/queue.html", context, nav="desk:queue", status=status)


def _late(view: ApplicationView) -> bool:
    return view.row.clock is not None and view.row.clock.late


def _number(text: str, *, least: int = 1) -> int:
    return max(least, whole(text) or least)
