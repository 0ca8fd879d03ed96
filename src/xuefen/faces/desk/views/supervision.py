"""Supervision at the desk: arbitrations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import Denied
from xuefen.bank.supervision import actions, queries
from xuefen.bank.supervision.types import DECISION_WORDS, ArbitrationState
from xuefen.faces.desk.common import actor_of, at_work, page, refuse, tell
from xuefen.faces.desk.pages import STATE_KINDS, state_words, works_on
from xuefen.faces.shared.i18n import t, t_lazy
from xuefen.faces.shared.outcomes import CHANGE_WORDS

NAV = "desk:arbitrations"
KINDS = {ArbitrationState.OPEN: "warn", ArbitrationState.UPHELD: "bad", ArbitrationState.OVERTURNED: "ok"}
UPHOLD, OVERTURN = "uphold", "overturn"


class DecideForm(forms.Form):
    decision = forms.ChoiceField(
        label=t_lazy("您的决定", "Your decision"),
        choices=[
            (
                UPHOLD,
                t_lazy("维持：成果不算，转换撤销，证书吊销", "Uphold: the conversion is undone"),
            ),
            (OVERTURN, t_lazy("恢复：成果有效，转换和证书照旧", "Overturn: outcome, conversion and certificate stand")),
        ],
        widget=forms.RadioSelect,
    )
    grounds = forms.CharField(
        label=t_lazy("依据", "Grounds"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=t_lazy("学习者、发证机构和接收机构都会看到。", "Learner, issuer and receiver read it."),
    )


@require_safe
@at_work
def arbitrations(request: HttpRequest) -> HttpResponse:
    """Those that wait, the most urgent first; or those decided (``?decided=1``)."""
    actor, now, decided = actor_of(request), clock.now(), "decided" in request.GET
    rows = queries.arbitrations(actor.scope("arbitrations.read"), now=now, open_ones=not decided)
    shown = [{"view": row, "kind": KINDS[row.state], "state": DECISION_WORDS[row.state]} for row in rows]
    context = {"rows": shown, "decided": decided, "alarms": actor.may("alarms.read")}
    return page(request, "desk/arbitrations.html", context, nav=NAV)


@require_safe
@at_work
def arbitration(request: HttpRequest, number: str) -> HttpResponse:
    return _show(request, number)


@require_POST
@at_work
def decide(request: HttpRequest, number: str) -> HttpResponse:
    """Uphold or overturn; the person who took the outcome back is told that somebody else decides."""
    actor = actor_of(request)
    actor.scope("arbitrations.decide")
    form = DecideForm(request.POST)
    if not form.is_valid():
        return _show(request, number, form=form, status=422)
    values = form.cleaned_data
    try:
        actions.decide_arbitration(
            number=number, uphold=values["decision"] == UPHOLD, grounds=values["grounds"], by=actor, now=clock.now()
        )
    except Denied as denied:
        if denied.problem.status == 404:
            raise
        refuse(form, denied)
        return _show(request, number, form=form, status=denied.problem.status)
    messages.success(request, t("已决定，有关的各方都能看到。", "Decided; everybody concerned can read it."))
    return redirect("desk:arbitration", number)


def _show(request: HttpRequest, number: str, *, form: DecideForm | None = None, status: int = 200) -> HttpResponse:
    actor, now = actor_of(request), clock.now()
    view = queries.arbitration(actor.scope("arbitrations.read"), number, now=now)
    context: dict[str, Any] = {
        "view": view,
        "kind": KINDS[view.state],
        "state": DECISION_WORDS[view.state],
        "event": CHANGE_WORDS[view.event],
        "affected": [(one, STATE_KINDS[one.state], state_words(one.state)) for one in view.affected],
        "works_today": works_on(now),
        "may_read": actor.may("applications.read"),
    }
    if view.state is ArbitrationState.OPEN and actor.may("arbitrations.decide"):
        context["form"] = form or DecideForm()
    elif form is not None:
        tell(request, form)
    return page(request, "desk/arbitration.html", context, nav=NAV, status=status)
