"""Revoking a whole batch at the desk: what it would touch, and the decision with its reason."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from xuefen.bank.deposits import queries, states
from xuefen.bank.deposits.types import BatchEvent, BatchState
from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import Denied
from xuefen.bank.supervision import actions, tasks
from xuefen.bank.supervision import queries as supervision
from xuefen.faces.desk.common import actor_of, at_work, page, refuse
from xuefen.faces.desk.pages_deposits import title
from xuefen.faces.shared.i18n import t, t_lazy


class RevokeBatchForm(forms.Form):
    reason = forms.CharField(
        label=t_lazy("整批撤销的理由", "Why the batch is revoked"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=t_lazy(
            "这一批的每位学习者都会看到，请不要写个人信息。", "Every learner of this batch reads it; no personal data."
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@at_work
def revoke_batch(request: HttpRequest, number: str) -> HttpResponse:
    """What it would touch; sent with a reason, it is decided and done in a job. Sent again meanwhile, it is queued again."""
    actor, now = actor_of(request), clock.now()
    scope = actor.scope("outcomes.correct")
    facts = queries.batch(scope, number)
    if facts.state is BatchState.REVOKING:
        if request.method == "POST":
            tasks.defer_revocation(batch_id=facts.id)
            messages.info(
                request, t("已重新排队，会从停下的地方接着撤。", "Queued again; it goes on from where it stopped.")
            )
        return redirect("desk:batch", number)
    form, status = RevokeBatchForm(request.POST if request.method == "POST" else None), 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            try:
                actions.begin_batch(number=number, reason=form.cleaned_data["reason"], by=actor, now=now)
            except Denied as denied:
                refuse(form, denied)
                status = denied.problem.status
            else:
                tasks.defer_revocation(batch_id=facts.id)
                return redirect("desk:batch", number)
    context = {
        "batch": facts,
        "title": title(facts),
        "form": form,
        "preview": supervision.batch_preview(scope, number),
        "possible": states.may(facts.state, BatchEvent.REVOKE) and states.is_whole(facts.source, facts.file_name),
    }
    return page(request, "desk/batch_revoke.html", context, nav="desk:batches", status=status)
