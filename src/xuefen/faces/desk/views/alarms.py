"""Alarms at the desk: the list with its filters, a case, and ending it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from xuefen.bank.deposits import queries as deposits
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.shell.problems import Denied
from xuefen.bank.supervision import actions, queries
from xuefen.bank.supervision.states import EVENT_WORDS, STATE_WORDS, events_of
from xuefen.bank.supervision.types.alarms import (
    KIND_WORDS,
    AlarmEvent,
    AlarmKind,
    AlarmMove,
    AlarmState,
    AlarmView,
)
from xuefen.faces.desk.common import ANOTHER_WAS_FIRST, actor_of, at_work, page, refuse
from xuefen.faces.shared.i18n import say, t, t_lazy
from xuefen.faces.shared.outcomes import STATE_WORDS as OUTCOME_WORDS
from xuefen.faces.shared.words import date_text

NAV = "desk:alarms"
PER_PAGE = 20
SHOWN = 5
"""Outcomes a case shows at once; the others fold."""
KINDS = {
    AlarmState.OPEN: "warn",
    AlarmState.EXPLAINED: "ok",
    AlarmState.CONFIRMED: "bad",
    AlarmState.CLOSED: "",
}


class AlarmForm(forms.Form):
    """What a person may do with a case as it stands, and why."""

    event = forms.ChoiceField(
        label=t_lazy("怎么处理", "What you decide"), widget=forms.RadioSelect, error_messages=ANOTHER_WAS_FIRST
    )
    reason = forms.CharField(
        label=t_lazy("理由", "Reason"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=t_lazy(
            "写核查了什么、结论是什么；不要写个人信息。", "What was looked at, what came of it; no personal data."
        ),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, view: AlarmView, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(event.value, say(EVENT_WORDS[event])) for event in events_of(view.state)]
        self.fields["event"].choices = choices  # type: ignore[attr-defined]
        self.initial.setdefault("version", view.version)


@require_safe
@at_work
def alarms(request: HttpRequest) -> HttpResponse:
    """The cases in reach, of one state and kind when asked; those that wait unless another state is chosen."""
    actor = actor_of(request)
    state = request.GET.get("state", AlarmState.OPEN.value)
    kind = request.GET.get("kind", "")
    rows = queries.alarms(
        actor.scope("alarms.read"),
        state=AlarmState(state) if state in STATE_WORDS else None,
        kind=AlarmKind(kind) if kind in set(AlarmKind) else None,
    )
    shown = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    views = queries.alarm_views(rows[max(0, shown.start_index() - 1) : shown.end_index()])
    context = {
        "page": shown,
        "rows": [_row(view) for view in views],
        "state": state if state in STATE_WORDS else "all",
        "kind": kind,
        "states": [*((s.value, words) for s, words in STATE_WORDS.items()), ("all", ("全部", "all"))],
        "kinds": [("", ("各种", "every kind")), *((k.value, words) for k, words in KIND_WORDS.items())],
        "arbitrations": actor.may("arbitrations.read"),
    }
    return page(request, "desk/alarms.html", context, nav=NAV)


@require_safe
@at_work
def alarm(request: HttpRequest, number: str) -> HttpResponse:
    return _show(request, number)


@require_POST
@at_work
def decide(request: HttpRequest, number: str) -> HttpResponse:
    """One step of a case, by a person, with a reason."""
    actor = actor_of(request)
    scope = actor.scope("alarms.decide")
    form = AlarmForm(queries.alarm(scope, number), request.POST)
    if not form.is_valid():
        return _show(request, number, form=form, status=422)
    values = form.cleaned_data
    try:
        actions.decide_alarm(
            number=number,
            event=AlarmEvent(values["event"]),
            reason=values["reason"],
            version=values["version"],
            by=actor,
            now=clock.now(),
        )
    except Denied as denied:
        if denied.problem.status in (403, 404):
            raise
        refuse(form, denied)
        return _show(request, number, form=form, status=denied.problem.status)
    messages.success(request, t("已记下。", "Recorded."))
    return redirect("desk:alarm", number)


def _row(view: AlarmView) -> dict[str, Any]:
    return {
        "view": view,
        "kind": KIND_WORDS[view.kind],
        "mark": KINDS[view.state],
        "state": STATE_WORDS[view.state],
        "sentence": view.sentence,
    }


def _who(move: AlarmMove) -> str:
    return t("系统", "the house") if move.event is AlarmEvent.FIND else move.by_name


def _show(request: HttpRequest, number: str, *, form: AlarmForm | None = None, status: int = 200) -> HttpResponse:
    actor = actor_of(request)
    view = queries.alarm(actor.scope("alarms.read"), number)
    rows = deposits.outcomes(EVERYTHING).filter(number__in=view.outcomes).order_by("id")
    linked = actor.may("outcomes.read")
    context: dict[str, Any] = {
        **_row(view),
        "outcomes": [{"facts": facts, "state": OUTCOME_WORDS[facts.state]} for facts in deposits.outcome_facts(rows)],
        "rest": max(0, len(view.outcomes) - SHOWN),
        "more": max(0, int(view.found.get("count", 0)) - len(view.outcomes)) if view.outcomes else 0,
        "files": view.found.get("files", ()),
        "linked": linked,
        "chart": view.chart,
        "chart_mark": 0 if view.kind is AlarmKind.AT_THRESHOLD else -1,
        "chart_line": view.line,
        "chart_label": KIND_WORDS[view.kind],
        "moves": [
            {
                "words": EVENT_WORDS[move.event],
                "when": f"{date_text(move.at, 'year_time')} · {_who(move)}",
                "reason": move.reason,
            }
            for move in view.moves
        ],
        "reads_batches": actor.may("deposits.read_batches"),
    }
    if actor.may("alarms.decide"):
        context["form"] = form or AlarmForm(view)
    return page(request, "desk/alarm.html", context, nav=NAV, status=status)
