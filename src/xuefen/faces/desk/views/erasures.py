"""People who are forgotten: what is requested, putting it to a second officer, who confirms it or not."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from xuefen.bank.custody import actions, queries
from xuefen.bank.custody.types import BASIS_WORDS, ERASURE_UNFINISHED, ERASURE_WORDS, ErasureFacts, ErasureState
from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import Denied
from xuefen.faces.desk.common import actor_of, at_work, page, refuse
from xuefen.faces.shared.i18n import language, say, t, t_lazy

NAV = "desk:erasures"
SHOWN = 20
"""Those that ended, the newest."""
KINDS = {
    ErasureState.REQUESTED: "warn",
    ErasureState.ASKED: "info",
    ErasureState.CONFIRMED: "ok",
    ErasureState.DECLINED: "",
}


class AskForm(forms.Form):
    """Putting an account forward, with the clause of the law it rests on."""

    account_no = forms.CharField(
        label=t_lazy("学习账号", "Account number"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    basis = forms.ChoiceField(label=t_lazy("法律依据", "Legal basis"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["basis"].choices = [(b.value, say(words)) for b, words in BASIS_WORDS.items()]  # type: ignore[attr-defined]


@require_safe
@at_work
def erasures(request: HttpRequest) -> HttpResponse:
    """What waits, the form for somebody at the counter, and what ended lately."""
    return _page(request)


@require_POST
@at_work
def ask(request: HttpRequest) -> HttpResponse:
    """The first officer's act."""
    actor, form = actor_of(request), AskForm(request.POST)
    actor.scope("learners.erase")
    if not form.is_valid():
        return _page(request, form=form, status=422)
    try:
        actions.ask_erasure(**form.cleaned_data, by=actor, now=clock.now())
    except Denied as denied:
        if denied.problem.status == 403:
            raise
        refuse(form, denied)
        return _page(request, form=form, status=denied.problem.status)
    messages.success(request, t("已提请，由另一位同事确认。", "Put forward; another officer confirms it."))
    return redirect("desk:erasures")


@require_POST
@at_work
def confirm(request: HttpRequest, erasure_id: int) -> HttpResponse:
    """The second officer's act: the person is gone when this answers."""
    try:
        actions.confirm_erasure(erasure_id=erasure_id, by=actor_of(request), now=clock.now())
    except Denied as denied:
        return _said(request, denied)
    messages.success(request, t("已删除，密钥已销毁。", "Erased; the key is destroyed."))
    return redirect("desk:erasures")


@require_POST
@at_work
def decline(request: HttpRequest, erasure_id: int) -> HttpResponse:
    """Nothing is erased."""
    try:
        actions.decline_erasure(erasure_id=erasure_id, by=actor_of(request), now=clock.now())
    except Denied as denied:
        return _said(request, denied)
    messages.success(request, t("已记下：没有删除。", "Recorded: nothing was erased."))
    return redirect("desk:erasures")


def _said(request: HttpRequest, denied: Denied) -> HttpResponse:
    """A refusal that is about the case is said above the list, where the next step is; others are pages of their own."""
    if denied.problem.status in (403, 404):
        raise denied
    tell = messages.warning if denied.problem is ERASURE_UNFINISHED else messages.error
    tell(request, denied.sentence(language()))
    return redirect("desk:erasures")


def _row(facts: ErasureFacts, *, user_id: int | None) -> dict[str, Any]:
    return {
        "facts": facts,
        "kind": KINDS[facts.state],
        "state": ERASURE_WORDS[facts.state],
        "basis": BASIS_WORDS[facts.basis] if facts.basis else "",
        "mine": facts.asked_by_id == user_id,
        "when": facts.confirmed_at or facts.declined_at,
    }


def _page(request: HttpRequest, *, form: AskForm | None = None, status: int = 200) -> HttpResponse:
    actor = actor_of(request)
    scope = actor.scope("learners.erase")
    asked = request.GET.get("account", "")[:40]
    context = {
        "rows": [_row(one, user_id=actor.user_id) for one in queries.waiting(scope)],
        "ended": [_row(one, user_id=actor.user_id) for one in queries.ended(scope, limit=SHOWN)],
        "form": form or AskForm(initial={"account_no": asked}),
        "bases": [(basis.value, words) for basis, words in BASIS_WORDS.items()],
    }
    return page(request, "desk/erasures.html", context, nav=NAV, status=status)
