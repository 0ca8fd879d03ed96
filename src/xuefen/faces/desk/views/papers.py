"""Certificates at the desk: finding one, and suspending, reinstating or revoking it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from xuefen.bank.certificates import actions, queries, states
from xuefen.bank.certificates.types import REASON_WORDS, CertificateFacts, CertificateState
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied
from xuefen.faces.desk.common import ANOTHER_WAS_FIRST, actor_of, at_work, page, refuse, tell
from xuefen.faces.shared.i18n import say, t, t_lazy
from xuefen.faces.shared.papers import paper as shown

NAV = "desk:papers"
PER_PAGE = 20
EVENTS = {
    "suspended": ("先停用，查清楚再说", "Suspend it while it is looked into"),
    "reinstated": ("恢复，照常有效", "Let it count again"),
    "revoked": ("吊销，以后不能恢复", "Revoke it for good"),
}


class FindForm(forms.Form):
    number = forms.CharField(label=t_lazy("证书编号", "Certificate number"), max_length=40)


class ChangeForm(forms.Form):
    """What may be done with a certificate as it stands. The reason is published, the note stays in the audit trail."""

    event = forms.ChoiceField(
        label=t_lazy("怎么处理", "What you decide"), widget=forms.RadioSelect, error_messages=ANOTHER_WAS_FIRST
    )
    reason = forms.ChoiceField(
        label=t_lazy("原因", "Reason"),
        required=False,
        help_text=t_lazy(
            "会公开：核验的人看得到。恢复时不用选。", "Published: verifiers see it. Not needed to reinstate."
        ),
    )
    note = forms.CharField(
        label=t_lazy("内部备注", "Note for the record"),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=t_lazy("只留在操作记录里，不公开。", "Kept in the audit trail, not published."),
    )

    def __init__(self, state: CertificateState, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        events = [(name, say(words)) for name, words in EVENTS.items() if (state, name) in states.MOVES]
        reasons = [(reason.value, say(words)) for reason, words in REASON_WORDS.items()]
        self.fields["reason"].required = "reinstated" not in dict(events)
        self.fields["event"].choices = events  # type: ignore[attr-defined]
        self.fields["reason"].choices = [("", t("请选择", "Choose")), *reasons]  # type: ignore[attr-defined]


@require_safe
@at_work
def papers(request: HttpRequest) -> HttpResponse:
    """Find one by its number; below, those that are suspended or revoked."""
    scope = actor_of(request).scope("certificates.revoke")
    form, status = FindForm(request.GET if "number" in request.GET else None), 200
    if form.is_bound and form.is_valid():
        try:
            return redirect("desk:paper", queries.facts(scope, form.cleaned_data["number"]).number)
        except Denied as denied:
            refuse(form, denied)
            status = denied.problem.status
    shown_page = Paginator(queries.taken_back(scope), PER_PAGE).get_page(request.GET.get("page"))
    rows = [shown(one) for one in queries.facts_of(shown_page.object_list)]
    counts = queries.counts(scope)
    context = {"form": form, "page": shown_page, "rows": rows, "valid": counts[CertificateState.VALID]}
    return page(request, "desk/papers.html", context, nav=NAV, status=status)


@require_safe
@at_work
def paper(request: HttpRequest, number: str) -> HttpResponse:
    return _show(request, number)


@require_POST
@at_work
def change(request: HttpRequest, number: str) -> HttpResponse:
    """Suspend, reinstate or revoke; the status list is published at once."""
    actor = actor_of(request)
    facts = queries.facts(actor.scope("certificates.revoke"), number)
    form = ChangeForm(facts.state, request.POST)
    if not form.is_valid():
        return _show(request, number, form=form, status=422)
    try:
        _change(facts, form.cleaned_data, by=actor)
    except Denied as denied:
        if denied.problem.status in (403, 404):
            raise
        refuse(form, denied)
        return _show(request, number, form=form, status=denied.problem.status)
    messages.success(request, t("已记下，核验的人马上看到。", "Recorded; whoever verifies it sees it at once."))
    return redirect("desk:paper", facts.number)


def _change(facts: CertificateFacts, said: dict[str, str], *, by: Actor) -> None:
    given = {"number": facts.number, "note": said["note"], "by": by, "now": clock.now()}
    if said["event"] == "reinstated":
        actions.reinstate(**given)  # type: ignore[arg-type]
    elif said["event"] == "suspended":
        actions.suspend(reason=said["reason"], **given)  # type: ignore[arg-type]
    else:
        actions.revoke(reason=said["reason"], **given)  # type: ignore[arg-type]


def _show(request: HttpRequest, number: str, *, form: ChangeForm | None = None, status: int = 200) -> HttpResponse:
    facts = queries.facts(actor_of(request).scope("certificates.revoke"), number)
    may_change = facts.state is not CertificateState.REVOKED
    if form is not None and not may_change:
        tell(request, form)
    context = {**shown(facts), "form": (form or ChangeForm(facts.state)) if may_change else None}
    return page(request, "desk/paper.html", context, nav=NAV, status=status)
