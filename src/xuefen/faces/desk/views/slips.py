"""Deposit slips at the desk: filled in for somebody, checked by another, awarded by an issuer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuefen.bank.institutions import queries as institutions
from xuefen.bank.intake import actions, queries, states
from xuefen.bank.intake.types import CLAIM_DAYS, Award, Form, Kind, SlipView, State
from xuefen.bank.learners import queries as learners
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import NOT_ALLOWED, Denied
from xuefen.faces.desk.common import actor_of, at_work, page, refuse, tell
from xuefen.faces.shared import slips as shared
from xuefen.faces.shared.i18n import language, say, t, t_lazy
from xuefen.faces.shared.uploads import bounded_upload

NAV = "desk:slips"
PER_PAGE = 25
SEEN: dict[str, tuple[tuple[str, str], tuple[State, ...]]] = {
    "check": (("等核对", "To be checked"), (State.CHECKING,)),
    "open": (("填写与补充中", "With the learner"), (State.DRAFT, State.MORE)),
    "offered": (("等领取", "Awards waiting"), (State.OFFERED,)),
    "done": (("办完的", "Ended"), tuple(s for s in State if s in states.STATES and s not in states.RUNNING)),
}
"""The lists of the page: what they are called, which states they show."""


class AwardForm(forms.Form):
    """One award; the field names are those of the deposit sheet."""

    issuer_code = forms.ChoiceField(label=t_lazy("颁发机构", "Issuer"))
    account = forms.CharField(label=t_lazy("学习账号", "Account number"), max_length=40)
    name = forms.CharField(label=t_lazy("姓名", "Name"), max_length=80, required=False)
    item_code = forms.CharField(label=t_lazy("成果代码", "Item code"), max_length=40)
    awarded_on = forms.CharField(
        label=t_lazy("取得日期", "Awarded on"),
        max_length=40,
        help_text=t_lazy("例如 2026-06-30", "For example 2026-06-30"),
    )
    grade = forms.CharField(label=t_lazy("成绩", "Grade"), max_length=12, required=False)
    hours = forms.CharField(label=t_lazy("学时", "Hours"), max_length=12, required=False)
    serial = forms.CharField(label=t_lazy("证书编号", "Certificate number"), max_length=60, required=False)
    days = forms.IntegerField(label=t_lazy("几天内领取", "Days to claim it"), initial=CLAIM_DAYS)
    note = forms.CharField(
        label=t_lazy("给学习者的话", "To the learner"),
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = institutions.institutions(actor.scope("awards.push"))
        choices = [(found.code, say((found.name_zh, found.name_en))) for found in mine]
        self.fields["issuer_code"].choices = choices  # type: ignore[attr-defined]
        if len(choices) == 1:  # nothing to choose
            self.fields["issuer_code"].widget = forms.HiddenInput()
            self.initial.setdefault("issuer_code", choices[0][0])

    def award(self) -> Award:
        said = self.cleaned_data
        form = Form(**{name: said.get(name, "") for name in ("awarded_on", "grade", "hours", "serial", "note")})
        return Award(
            account=said["account"], name=said["name"], item_code=said["item_code"], form=form, days=said["days"]
        )


@require_safe
@at_work
def slips(request: HttpRequest) -> HttpResponse:
    """The slips in reach, what waits to be checked first."""
    by, now = actor_of(request), clock.now()
    wanted = request.GET.get("list", "check" if by.may("submissions.check") else "open")
    words, shown = SEEN.get(wanted, SEEN["check"])
    rows = queries.slips(by).filter(state__in=shown)
    rows = rows.order_by("due_at", "id") if wanted in ("check", "offered") else rows
    found = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "rows": shared.rows(queries.rows(found.object_list, now=now)),
        "page": found,
        "lists": [(name, says) for name, (says, _) in SEEN.items()],
        "wanted": wanted,
        "words": words,
        "may_award": by.may("awards.push"),
    }
    return page(request, "desk/slips.html", context, nav=NAV)


@require_http_methods(["GET", "HEAD", "POST"])
@at_work
def awards(request: HttpRequest) -> HttpResponse:
    """An issuer's awards and the form that pushes one."""
    by, now = actor_of(request), clock.now()
    form = AwardForm(by, request.POST or None)
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            pushed = actions.push(issuer_code=form.cleaned_data["issuer_code"], award=form.award(), by=by, now=now)
        except Denied as denied:
            refuse(form, denied)
            status = denied.problem.status
        else:
            if pushed.already:
                messages.info(
                    request, t("这项已经颁发过，正等着领取。", "This was awarded before and waits to be claimed.")
                )
            else:
                messages.success(request, t("已颁发，等学习者领取。", "Awarded; the learner claims it next."))
            return redirect("desk:awards")
    rows = queries.slips(by).filter(kind=Kind.AWARD)
    found = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "rows": shared.rows(queries.rows(found.object_list, now=now)), "page": found}
    return page(request, "desk/awards.html", context, nav=NAV, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@at_work
def slip_new(request: HttpRequest, learner_id: int) -> HttpResponse:
    """Choose the item for somebody at the counter; POST begins the slip."""
    by = actor_of(request)
    learner = learners.by_id(by.scope("submissions.make"), learner_id)
    number, context, status = shared.begun(request, learner_id=learner_id, by=by, now=clock.now())
    if number:
        return redirect("desk:slip", number)
    return page(request, "desk/slip_new.html", {**context, "learner": learner}, nav="desk:learners", status=status)


@require_safe
@at_work
def slip(request: HttpRequest, number: str) -> HttpResponse:
    """One slip: filled in for somebody, or what is to be checked with its evidence."""
    return _page(request, number)


@require_POST
@bounded_upload(shared.MOST_FORM_BYTES)
@at_work
def slip_change(request: HttpRequest, number: str) -> HttpResponse:
    """Every button of a slip's page."""
    by, now, do = actor_of(request), clock.now(), request.POST.get("do", "")
    try:
        if do == "take_back":
            actions.take_back(number=number, version=None, note=request.POST.get("note", ""), by=by, now=now)
            done = t("已收回。", "Taken back.")
        elif do == "decide":
            return _decide(request, number, by)
        else:
            told = shared.change(request, number, by=by, now=now)
            done = (
                t("已送出，由同事核对。", "Sent; a colleague checks it.") if told == "sent" else t("已保存。", "Saved.")
            )
    except Denied as denied:
        if denied.problem.status == 404 or denied.problem is NOT_ALLOWED:
            raise
        return _page(request, number, problem=shared.sentence(denied), status=denied.problem.status)
    messages.success(request, done)
    return redirect("desk:slip", number)


@require_safe
@at_work
def slip_file(request: HttpRequest, number: str, file_number: str) -> HttpResponse:
    """A file of a slip in reach, as a download; that it was read is in the audit."""
    by = actor_of(request)
    return shared.download(actions.open_file(number=number, file_number=file_number, by=by, now=clock.now()))


def _decide(request: HttpRequest, number: str, by: Actor) -> HttpResponse:
    by.scope("submissions.check")
    view = queries.view(queries.one(by, number))
    form = shared.AnswerForm(view, request.POST)
    if not form.is_valid():
        return _page(request, number, form=form, status=422)
    said, now = form.cleaned_data, clock.now()
    given: dict[str, Any] = {"number": number, "version": said["version"], "note": said["note"], "by": by, "now": now}
    try:
        if said["verdict"] == "accept":
            outcome = actions.accept(**given)
            messages.success(
                request, t("已存入 {x} 学分。", "{x} credits deposited.", x=f"{outcome.credits / 100:.1f}")
            )
        elif said["verdict"] == "refuse":
            actions.refuse(**given, reason_code=said["reason_code"])
            messages.success(request, t("已告知不予存入的理由。", "Refused; the learner reads why."))
        else:
            actions.ask_more(**given)
            messages.success(request, t("已请学习者补充。", "The learner was asked for more."))
    except Denied as denied:
        if denied.problem.status == 404:
            raise
        refuse(form, denied)
        return _page(request, number, form=form, status=denied.problem.status)
    return redirect("desk:slip", number)


def _page(
    request: HttpRequest, number: str, *, form: forms.Form | None = None, problem: str = "", status: int = 200
) -> HttpResponse:
    by, now = actor_of(request), clock.now()
    found = queries.one(by, number)
    checks = by.may("submissions.check") and found.state == State.CHECKING
    view: SlipView = queries.view(found, now=now, officer=by.may("submissions.check"))
    mine = by.user_id in (found.opened_by_id, found.sent_by_id)
    context = shared.shown(view) | {"problem": problem, "mine": mine}
    context["editable"] = context["editable"] and by.may("submissions.make")
    if context["editable"]:
        context["form"] = shared.form_of(view)
    elif checks and not mine:
        context["answer"] = form or shared.AnswerForm(view)
    elif form is not None:
        tell(request, form)
    if view.row.state in (State.CHECKING, State.OFFERED):
        context["credits"], why_not = actions.worth(found, now=now)
        context["why_not"] = why_not.sentence(language()) if why_not else ""
    context["may_take_back"] = view.row.state is State.OFFERED and by.may("awards.push")
    context["file_route"], context["change_route"] = "desk:slip_file", "desk:slip_change"
    return page(request, "desk/slip.html", context, nav=NAV, status=status)
