"""Proposals of rules at the desk: my tasks first; drafting, comparing, signing, publishing, sending back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuefen.bank.conversion import actions, queries
from xuefen.bank.conversion.rules.text import read_text, write_text
from xuefen.bank.conversion.types import RuleDraft
from xuefen.bank.recognition import queries as recognition
from xuefen.bank.recognition.types import State
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import STALE, Denied
from xuefen.bank.standards import queries as standards
from xuefen.faces.desk import pages_rules as pages
from xuefen.faces.desk.common import actor_of, at_work, page, refuse
from xuefen.faces.desk.forms_rules import OpinionForm, ProposeForm, ReasonForm, RetireForm, ReviseForm
from xuefen.faces.shared.acting import carry_out, seen
from xuefen.faces.shared.i18n import say, t
from xuefen.faces.shared.numbers import whole

NAV = "desk:proposals"
MOST_TEXT = 1024 * 1024
"""Characters of rules somebody pastes."""


@require_safe
@at_work
def proposals(request: HttpRequest) -> HttpResponse:
    """What waits for the reader first, then what is under way, then (asked for) what is settled."""
    by, ended = actor_of(request), "ended" in request.GET
    names = pages.names_of_members()
    rows = [pages.row(found, names) for found in queries.proposals(by, ended=ended)]
    context = {
        "mine": [one for one in rows if one["row"].mine],
        "others": [one for one in rows if not one["row"].mine],
        "ended": ended,
        "may_draft": by.may("rules.draft"),
        "may_register": by.may("agreements.edit"),
        "may_contract": by.may("contracts.sign"),
    }
    return page(request, "desk/proposals.html", context, nav=NAV)


@require_safe
@at_work
def proposal(request: HttpRequest, number: str) -> HttpResponse:
    """One proposal: its rules in words and side by side, what the reader may know of the comparison, what they may do."""
    return _show(request, number)


def _show(request: HttpRequest, number: str, *, form: forms.Form | None = None, status: int = 200) -> HttpResponse:
    by = actor_of(request)
    view = queries.proposal(by, number)
    context: dict[str, Any] = pages.proposal(view)
    opinion = OpinionForm(drafts=view.drafts, initial={"revision": view.row.revision})
    context["opinion_form"] = form if isinstance(form, OpinionForm) else opinion
    context["reason_form"] = form if isinstance(form, ReasonForm) else ReasonForm()
    return page(request, "desk/proposal.html", context, nav=NAV, status=status)


# --- drafting --------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@at_work
def propose(request: HttpRequest) -> HttpResponse:
    """Draft a rule by fields, or any rules as text. Looking for items sends the form back with what was found."""
    by = actor_of(request)
    choices = pages.agreement_choices(by)
    if request.method != "POST":
        return _propose_page(request, ProposeForm(agreements=choices, initial={"effective_from": clock.today()}))
    form = ProposeForm(request.POST, agreements=choices)
    if "find" in request.POST:
        shown = ProposeForm(agreements=choices, initial=request.POST.dict())
        return _propose_page(request, shown)
    if not form.is_valid():
        return _propose_page(request, form, status=422)
    try:
        number = actions.propose_rules(
            agreement_number=form.cleaned_data["agreement"],
            title=form.cleaned_data["title"],
            drafts=_drafts(request, form),
            submit="submit" in request.POST,
            by=by,
            now=clock.now(),
        )
    except Denied as denied:
        refuse(form, denied)
        return _propose_page(request, form, status=denied.problem.status)
    messages.success(request, t("提案存好了。", "The proposal is saved."))
    return redirect("desk:proposal", number)


def _drafts(request: HttpRequest, form: ProposeForm) -> tuple[RuleDraft, ...]:
    text = form.cleaned_data["text"]
    if text.strip():
        return _read(text)
    sources, targets = request.POST.getlist("source")[:50], request.POST.getlist("target")[:50]
    return (form.draft(sources=sources, targets=targets, today=clock.today()),)


def _read(text: str) -> tuple[RuleDraft, ...]:
    found = read_text(text[:MOST_TEXT].encode(), pack=standards.current(on=clock.today()).pack)
    if found.faults:
        raise actions.faulty(found.faults)
    return found.drafts


def _propose_page(request: HttpRequest, form: ProposeForm, *, status: int = 200) -> HttpResponse:
    given = request.POST
    context = {
        "form": form,
        # Pages that compare items lead here with both filled in.
        "sources": pages.picked(given.get("find_source", "")[:80], _chosen(request, "source", "from")),
        "targets": pages.picked(given.get("find_target", "")[:80], _chosen(request, "target", "to")),
        "members": [(code, say((zh, en))) for code, zh, en in queries.members()],
        "receiver": given.get("receiver", ""),
    }
    return page(request, "desk/propose.html", context, nav=NAV, status=status)


def _chosen(request: HttpRequest, sent: str, linked: str) -> list[str]:
    codes = request.POST.getlist(sent) if request.method == "POST" else request.GET.getlist(linked)
    return [code[:90] for code in codes[:50]]


@require_http_methods(["GET", "HEAD", "POST"])
@at_work
def revise(request: HttpRequest, number: str) -> HttpResponse:
    """Write the next revision of a draft, as text."""
    by = actor_of(request)
    view = queries.proposal(by, number)
    initial = {"title": view.row.title, "text": write_text(view.drafts), "revision": view.row.revision}
    form = ReviseForm(request.POST) if request.method == "POST" else ReviseForm(initial=initial)
    status = 200
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            actions.revise_proposal(
                number=number, revision=data["revision"], drafts=_read(data["text"]), title=data["title"], by=by, now=clock.now()
            )  # fmt: skip
        except Denied as denied:
            refuse(form, denied)
            status = denied.problem.status
        else:
            messages.success(request, t("存成新的一稿。", "Saved as a new revision."))
            return redirect("desk:proposal", number)
    elif request.method == "POST":
        status = 422
    return page(request, "desk/proposal_revise.html", {"view": view, "form": form}, nav=NAV, status=status)


@require_POST
@at_work
def from_decision(request: HttpRequest, number: str) -> HttpResponse:
    """One line of an archived application becomes a draft rule; nothing about the person goes with it."""
    by = actor_of(request)
    by.scope("rules.draft")
    view = recognition.application(by.scope("applications.read"), number, now=clock.now())
    place = whole(request.POST.get("line", ""))
    if view.row.state is not State.ARCHIVED or place is None or place >= len(view.plan.lines):
        raise Denied(STALE, place="line")
    line = view.plan.lines[place]
    sources, courses = pages.decision_parts(view, line)
    made = actions.draft_from_decision(
        agreement_number=queries.rule(line.rule.number)[0].agreement,
        receiver_code=view.receiver_code,
        sources=sources,
        targets=courses,
        elective_credits=0 if courses else line.credits,
        application_number=view.row.number,
        archived_on=clock.today(view.row.entered_at),
        by=by,
        now=clock.now(),
    )
    messages.success(
        request, t("已存成规则草案，可以修改后提交比对。", "Saved as a draft rule; change it, then submit it.")
    )
    return redirect("desk:proposal", made)


# --- acts ------------------------------------------------------------------------------------------------------------


def _acting(
    request: HttpRequest, number: str, act: Callable[[Actor, int], object], done: str, *, needs: str = "rules.draft"
) -> HttpResponse:
    """Do it on the revision the reader saw; a refusal is told on top of the page it came from."""
    actor_of(request).scope(needs)
    queries.proposal(actor_of(request), number)  # outside their reach it is not found, whatever is sent
    return carry_out(
        request, lambda: act(actor_of(request), seen(request, "revision")), done, back=("desk:proposal", number)
    )


@require_POST
@at_work
def submit(request: HttpRequest, number: str) -> HttpResponse:
    def act(by: Actor, revision: int) -> None:
        actions.submit_proposal(number=number, revision=revision, by=by, now=clock.now())

    return _acting(request, number, act, t("已交专家比对。", "Handed to the experts."))


@require_POST
@at_work
def compare(request: HttpRequest, number: str) -> HttpResponse:
    """An expert's opinion; what is wrong with it stands under its field."""
    by = actor_of(request)
    by.scope("rules.compare")
    form = OpinionForm(request.POST, drafts=queries.proposal(by, number).drafts)
    if not form.is_valid():
        return _show(request, number, form=form, status=422)
    data = form.cleaned_data
    try:
        actions.give_opinion(
            number=number,
            revision=data["revision"],
            verdict=data["verdict"],
            overlaps=form.overlaps(),
            reasons=data["reasons"],
            by=by,
            now=clock.now(),
        )
    except Denied as denied:
        if denied.problem.status in (403, 404):
            raise
        refuse(form, denied)
        return _show(request, number, form=form, status=denied.problem.status)
    messages.success(request, t("意见已收到。", "Your opinion has been recorded."))
    return redirect("desk:proposal", number)


@require_POST
@at_work
def sign(request: HttpRequest, number: str) -> HttpResponse:
    code = request.POST.get("institution", "")[:40]

    def act(by: Actor, revision: int) -> None:
        actions.sign_proposal(number=number, revision=revision, institution_code=code, by=by, now=clock.now())

    return _acting(request, number, act, t("已签署。", "Signed."), needs="rules.sign")


@require_POST
@at_work
def publish(request: HttpRequest, number: str) -> HttpResponse:
    def act(by: Actor, revision: int) -> None:
        actions.publish_proposal(number=number, revision=revision, by=by, now=clock.now())

    done = t("已发布，从生效日期起可以转换。", "Published; it counts from its date on.")
    return _acting(request, number, act, done, needs="rules.publish")


@require_POST
@at_work
def send_back(request: HttpRequest, number: str) -> HttpResponse:
    """Return for change, reject, or withdraw: the button pressed says which."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _show(request, number, form=form, status=422)
    reason = form.cleaned_data["reason"]

    def act(by: Actor, revision: int) -> None:
        if "withdraw" in request.POST:
            actions.withdraw_proposal(number=number, reason=reason, by=by, now=clock.now())
        elif "reject" in request.POST:
            actions.reject_proposal(number=number, revision=revision, reason=reason, by=by, now=clock.now())
        else:
            actions.return_proposal(number=number, revision=revision, reason=reason, by=by, now=clock.now())

    return _acting(request, number, act, t("已办理。", "Done."))


@require_http_methods(["GET", "HEAD", "POST"])
@at_work
def retire(request: HttpRequest, number: str) -> HttpResponse:
    """End a published rule on a day, with the reason."""
    by = actor_of(request)
    by.scope("rules.publish")
    form = RetireForm(request.POST or None, initial={"on": clock.today()})
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            actions.retire_rule(number=number, **form.cleaned_data, by=by, now=clock.now())
        except Denied as denied:
            refuse(form, denied)
            status = denied.problem.status
        else:
            messages.success(request, t("已停用。", "Retired."))
            return redirect("verify:rule", number)
    return page(
        request, "desk/rule_retire.html", {"rule": queries.rule(number)[0], "form": form}, nav=NAV, status=status
    )
