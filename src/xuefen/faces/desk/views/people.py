"""Accounts at the counter: open one, find one, look at one. No personal number ever stands in an address."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from xuefen.bank.certificates import queries as certificates
from xuefen.bank.deposits import queries as deposits
from xuefen.bank.learners import actions, queries
from xuefen.bank.learners.types import AccountState, Assurance, OpeningMethod
from xuefen.bank.ledger import queries as ledger
from xuefen.bank.ledger.types import BookKind
from xuefen.bank.places import queries as places
from xuefen.bank.places.types import PlaceKind
from xuefen.bank.recognition import queries as recognition
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor, Scope
from xuefen.bank.shell.problems import Denied
from xuefen.faces.desk import pages
from xuefen.faces.desk.common import actor_of, at_work, page, refuse
from xuefen.faces.shared.i18n import language, t, t_lazy
from xuefen.faces.shared.papers import paper
from xuefen.faces.shared.words import groups_text

SHOWN = 10
"""The newest accounts listed under the search, and the newest certificates of one."""

STATES = {
    AccountState.OPEN: ("ok", ("正常", "Open")),
    AccountState.FROZEN: ("warn", ("已冻结", "Frozen")),
    AccountState.CLOSED: ("bad", ("已注销", "Closed")),
}
ASSURANCES = {
    Assurance.SELF_DECLARED: ("一级，自报", "1, self-declared"),
    Assurance.SEEN: ("二级，当面核验", "2, seen in person"),
    Assurance.THIRD_PARTY: ("三级，第三方核验", "3, third party"),
}


DOCUMENTS = {
    "identity_card": ("居民身份证", "Identity card"),
    "social_security_card": ("社会保障卡", "Social security card"),
    "other_document": ("护照或其他有效证件", "Passport or another valid document"),
}
"""What a clerk may have seen; the key is what is recorded."""


class SearchForm(forms.Form):
    number = forms.CharField(
        label=t_lazy("学习账号或身份证号", "Account number or identity number"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class OpenForm(forms.Form):
    """Opening an account with the person in front of the clerk."""

    name = forms.CharField(
        label=t_lazy("姓名", "Name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    id_number = forms.CharField(
        label=t_lazy("身份证号", "Identity number"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    phone = forms.CharField(
        label=t_lazy("手机号", "Mobile"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
    )
    place_code = forms.ChoiceField(label=t_lazy("受理点", "Service point"))
    password = forms.CharField(
        label=t_lazy("登录密码", "Password"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=t_lazy(
            "填了，本人就能自己登录。至少 10 位。", "With one the person can sign in. At least 10 characters."
        ),
    )
    agreed = forms.BooleanField(
        label=t_lazy(
            "身份证件已当面核对，本人已签服务协议", "I have seen the identity card and the person signed the agreement"
        ),
        required=False,
    )

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        points = places.within(actor.scope("learners.open")).filter(kind=PlaceKind.SERVICE_POINT)
        self.fields["place_code"].choices = [(point.code, point.name) for point in points]  # type: ignore[attr-defined]


@require_safe
@at_work
def learners(request: HttpRequest) -> HttpResponse:
    """Search, the newest accounts in reach, and the opening form for those who open accounts."""
    return _counter(request)


@require_POST
@at_work
def search(request: HttpRequest) -> HttpResponse:
    """One account by its number or by the identity number."""
    actor = actor_of(request)
    scope = actor.scope("learners.read")
    form = SearchForm(request.POST)
    if not form.is_valid():
        return _counter(request, search_form=form, status=422)
    typed = form.cleaned_data["number"]
    try:
        found = (
            queries.by_identity(scope, typed) if len(typed.replace(" ", "")) == 18 else queries.by_account(scope, typed)
        )
    except Denied as denied:
        form.add_error("number", denied.sentence(language()))
        return _counter(request, search_form=form, status=denied.problem.status)
    return redirect("desk:learner", found.pk)


@require_POST
@at_work
def open_account(request: HttpRequest) -> HttpResponse:
    """Open an account for the person at the counter."""
    actor = actor_of(request)
    actor.scope("learners.open")
    form = OpenForm(actor, request.POST)
    if not form.is_valid():
        return _counter(request, open_form=form, status=422)
    try:
        opened = actions.open_account(
            **form.cleaned_data, method=OpeningMethod.SERVICE_POINT, by=actor, now=clock.now()
        )
    except Denied as denied:
        refuse(form, denied)
        return _counter(request, open_form=form, status=denied.problem.status)
    number = groups_text(opened.account_no)
    messages.success(request, t("账户已开立，账号 {n}。", "The account is open; its number is {n}.", n=number))
    for problem in opened.warnings:
        messages.warning(request, problem.sentence(language()))
    return redirect("desk:learner", opened.learner_id)


@require_safe
@at_work
def learner(request: HttpRequest, learner_id: int) -> HttpResponse:
    """One account: standing, outcomes, applications. Names masked; each part only for those who may read it."""
    return _account(request, queries.by_id(actor_of(request).scope("learners.read"), learner_id))


@require_POST
@at_work
def reset_sign_in(request: HttpRequest, learner_id: int) -> HttpResponse:
    """A temporary password, shown on this one answer and never again; without ``sure`` the question comes first."""
    actor = actor_of(request)
    found = queries.by_id(actor.scope("learners.prove"), learner_id)
    if request.POST.get("sure") != "yes":
        return _ask(learner_id, "reset")
    try:
        password = actions.reset_sign_in(account_no=found.account_no, by=actor, now=clock.now())
    except Denied as denied:
        messages.error(request, denied.sentence(language()))
        return redirect("desk:learner", learner_id)
    return _account(request, found, password=password)


@require_POST
@at_work
def prove(request: HttpRequest, learner_id: int) -> HttpResponse:
    """The clerk has seen the person and a document; without saying which one the question comes first."""
    actor = actor_of(request)
    found = queries.by_id(actor.scope("learners.prove"), learner_id)
    method = request.POST.get("method", "")
    if method not in DOCUMENTS:
        return _ask(learner_id, "prove")
    actions.prove_identity(
        account_no=found.account_no, assurance=Assurance.SEEN, method=method, by=actor, now=clock.now()
    )
    messages.success(request, t("已记下当面核验，实名等级是二级。", "Recorded: seen in person, identity level 2."))
    return redirect("desk:learner", learner_id)


def _ask(learner_id: int, question: str) -> HttpResponse:
    return redirect(f"{reverse('desk:learner', args=[learner_id])}?ask={question}")


def _account(request: HttpRequest, found: Any, *, password: str = "") -> HttpResponse:
    actor, now = actor_of(request), clock.now()
    may_prove = _may(actor, "learners.prove", found) and found.state != AccountState.CLOSED
    whole = Scope(learner_ids=frozenset({found.pk}))  # the reach was checked; these pages show one person's rows
    outcomes = deposits.outcomes_of(whole, found.pk) if _may(actor, "outcomes.read", found) else []
    applications = recognition.mine(whole, now=now) if _may(actor, "applications.read", found) else ()
    context = {
        "learner": found,
        "state": STATES[AccountState(found.state)],
        "assurance": ASSURANCES[Assurance(found.assurance)],
        "balance": ledger.balance(BookKind.LEARNER, found.pk),
        "may_deposit": _may(actor, "submissions.make", found) and found.state == AccountState.OPEN,
        "papers": _papers(actor, found),
        "may_erase": _may(actor, "learners.erase", found) and found.state != AccountState.CLOSED,
        "may_reset": may_prove,
        "may_prove": may_prove and found.assurance < Assurance.SEEN,
        "documents": DOCUMENTS,
        "ask": request.GET.get("ask", ""),
        "password": password,
        "here_url": reverse("desk:learner", args=[found.pk]),  # a switch of language leads back here after a POST too
        "outcomes": [{"facts": facts, "class_name": pages.CLASSES[facts.outcome_class]} for facts in outcomes],
        "applications": [
            {"row": row, "kind": pages.STATE_KINDS[row.state], "state": pages.state_words(row.state)}
            for row in applications
        ],
    }
    return page(request, "desk/learner.html", context, nav="desk:learners")


def _may(actor: Actor, action: str, learner: Any) -> bool:
    return actor.may(action) and actor.scope(action).reaches(learner_id=learner.pk, place_path=learner.place.path)


def _papers(actor: Actor, learner: Any) -> list[dict[str, Any]]:
    """The newest certificates, for those who may take one back."""
    if not _may(actor, "certificates.revoke", learner):
        return []
    return [paper(one) for one in certificates.mine(Scope(learner_ids=frozenset({learner.pk})), limit=SHOWN)]


def _counter(
    request: HttpRequest,
    *,
    search_form: SearchForm | None = None,
    open_form: OpenForm | None = None,
    status: int = 200,
) -> HttpResponse:
    actor = actor_of(request)
    newest = queries.learners(actor.scope("learners.read"))[:SHOWN]
    context = {
        "search_form": search_form or SearchForm(),
        "open_form": (open_form or OpenForm(actor)) if actor.may("learners.open") else None,
        "rows": [{"learner": row, "state": STATES[AccountState(row.state)]} for row in newest],
        "agreement": queries.agreement(language()),
    }
    return page(request, "desk/learners.html", context, nav="desk:learners", status=status)
