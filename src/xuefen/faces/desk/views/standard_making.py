"""One proposal at the desk: compare it, ask the public, answer, sign it into force, or end it."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import NOT_ALLOWED, Denied
from xuefen.bank.standards import actions, queries
from xuefen.bank.standards.rules.diff import to_yaml
from xuefen.bank.standards.types.life import Event
from xuefen.faces.desk import pages_standards as pages
from xuefen.faces.desk.common import actor_of, at_work, page, refuse
from xuefen.faces.desk.forms_standards import AnswerForm, CompareForm, ConsultForm, ReasonForm
from xuefen.faces.desk.views.standards import NAV, yaml_file
from xuefen.faces.shared.i18n import language, t

Act = Callable[[forms.Form], str]


@require_safe
@at_work
def proposal(request: HttpRequest, number: str) -> HttpResponse:
    """What a proposal changes, what was said of it, and what the reader may do."""
    return _show(request, number)


def _show(
    request: HttpRequest, number: str, *, form: forms.Form | None = None, seq: int = 0, status: int = 200
) -> HttpResponse:
    by = actor_of(request)
    if not queries.works_inside(by):
        raise Denied(NOT_ALLOWED, action="standards.propose")
    context = pages.proposal(by, number)
    answers = Event.REJECT.value in context["may"]  # who may end it answers the public too
    context |= {
        "compare_form": form if isinstance(form, CompareForm) else CompareForm(),
        "consult_form": form if isinstance(form, ConsultForm) else ConsultForm(),
        "reason_form": form if isinstance(form, ReasonForm) else ReasonForm(),
        "comments": [
            {
                "one": one,
                "place": context["titles"].get(one.place, ""),
                "form": (
                    form if isinstance(form, AnswerForm) and seq == one.seq else AnswerForm(auto_id=f"c{one.seq}_%s")
                )
                if answers and one.replied_at is None
                else None,
            }
            for one in context["view"].comments
        ],
        "over": context["view"].row.consulted_until is not None and context["view"].row.consulted_until <= clock.now(),
    }
    return page(request, "desk/standard_proposal.html", context, nav=NAV, status=status)


@require_safe
@at_work
def proposal_yaml(request: HttpRequest, number: str) -> HttpResponse:
    """The proposed text as YAML."""
    by = actor_of(request)
    if not queries.works_inside(by):
        raise Denied(NOT_ALLOWED, action="standards.propose")
    view = queries.proposal(by, number)
    return yaml_file(to_yaml(view.body), f"{view.row.code}-{view.row.version}-{view.row.number}.yaml")


def _act(request: HttpRequest, number: str, form: forms.Form, act: Act, *, action: str, seq: int = 0) -> HttpResponse:
    """Fill in, act, say what happened; a refusal goes under its field, or on top of the page when it has none."""
    actor_of(request).scope(action)
    if not form.is_valid():
        return _show(request, number, form=form, seq=seq, status=422)
    try:
        done = act(form)
    except Denied as denied:
        if denied.problem.status in (403, 404):
            raise
        if denied.place in form.fields:
            refuse(form, denied)
            return _show(request, number, form=form, seq=seq, status=denied.problem.status)
        messages.error(request, denied.sentence(language()))
        return redirect("desk:standard_proposal", number)
    messages.success(request, done)
    return redirect("desk:standard_proposal", number)


@require_POST
@at_work
def compare(request: HttpRequest, number: str) -> HttpResponse:
    """An expert's comparison."""

    def act(form: forms.Form) -> str:
        actions.compare(number=number, **form.cleaned_data, by=actor_of(request), now=clock.now())
        return t("您的比对意见已经记下。", "Your comparison is recorded.")

    return _act(request, number, CompareForm(request.POST), act, action="standards.compare")


@require_POST
@at_work
def consult(request: HttpRequest, number: str) -> HttpResponse:
    """Open the public consultation."""

    def act(form: forms.Form) -> str:
        actions.open_consultation(number=number, **form.cleaned_data, by=actor_of(request), now=clock.now())
        return t("已经公开征求意见。", "The public is asked now.")

    return _act(request, number, ConsultForm(request.POST), act, action="standards.publish")


@require_POST
@at_work
def answer(request: HttpRequest, number: str, seq: int) -> HttpResponse:
    """Answer one comment."""

    def act(form: forms.Form) -> str:
        values = form.cleaned_data
        actions.answer_comment(number=number, seq=seq, **values, by=actor_of(request), now=clock.now())
        return t("已经答复，公众能看到。", "Answered; the public can read it.")

    form = AnswerForm(request.POST, auto_id=f"c{seq}_%s")
    return _act(request, number, form, act, action="standards.publish", seq=seq)


@require_POST
@at_work
def close(request: HttpRequest, number: str) -> HttpResponse:
    """End the consultation."""

    def act(form: forms.Form) -> str:
        actions.close_consultation(number=number, by=actor_of(request), now=clock.now())
        return t("征求意见已经结束，等两位签署。", "The consultation is closed; two persons sign next.")

    return _act(request, number, forms.Form(request.POST), act, action="standards.publish")


@require_POST
@at_work
def sign(request: HttpRequest, number: str) -> HttpResponse:
    """One of the two signatures."""

    def act(form: forms.Form) -> str:
        event = actions.sign(number=number, by=actor_of(request), now=clock.now())
        if event is Event.PUBLISH:
            return t("两位都已签署，标准发布了。", "Both have signed; the standard is published.")
        return t("您已签署，再由另一位签署就发布。", "You have signed; another person's signature publishes it.")

    return _act(request, number, forms.Form(request.POST), act, action="standards.publish")


@require_POST
@at_work
def reject(request: HttpRequest, number: str) -> HttpResponse:
    """Turn a proposal down."""

    def act(form: forms.Form) -> str:
        actions.reject(number=number, **form.cleaned_data, by=actor_of(request), now=clock.now())
        return t("已经驳回。", "Rejected.")

    return _act(request, number, ReasonForm(request.POST), act, action="standards.publish")


@require_POST
@at_work
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    """Take one's own proposal back."""

    def act(form: forms.Form) -> str:
        actions.withdraw(number=number, **form.cleaned_data, by=actor_of(request), now=clock.now())
        return t("已经撤回。", "Withdrawn.")

    return _act(request, number, ReasonForm(request.POST), act, action="standards.propose")
