"""Showing a plan or a part of a certificate to somebody: making a link, taking it back, and what a plan's visitor sees."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.certificates import actions, queries
from xuefen.bank.certificates.types import (
    CHOICE_EMPTY,
    CHOICE_LINES,
    CREDENTIAL_TOO_LONG,
    FIELD_NAMES,
    SHARE_DAYS_CHOICE,
    SHARE_TOO_MANY,
    Choice,
    ShareFacts,
    ShareKind,
    ShownField,
)
from xuefen.bank.conversion.types import Plan
from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import Denied
from xuefen.faces.hall import pages_plan
from xuefen.faces.hall.doors import learner_page, show
from xuefen.faces.hall.views_certificates import certificate_page
from xuefen.faces.hall.views_plan import offered
from xuefen.faces.shared.i18n import language, t
from xuefen.faces.shared.templatetags.xf import link_to


@require_POST
@learner_page
def share(request: HttpRequest) -> HttpResponse:
    """Open a link to the plan that stood on the page."""
    actor, offer = request.actor, offered(request)  # type: ignore[attr-defined]
    actions.share(
        learner_id=actor.learner_id,
        kind=ShareKind.PLAN,
        title=catalogue.programme_by_id(offer["programme"]).name,
        content=offer["plan"],
        days=_number(request.POST.get("days", "")),
        named=request.POST.get("named") == "1",
        by=actor,
        now=clock.now(),
    )
    return redirect("hall:shares")


def _number(typed: str) -> int:
    """A small number as typed, -1 when it is none."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else -1


def _choice(request: HttpRequest) -> Choice:
    """What was ticked; details without any tick on their own lines mean none of them."""
    fields = frozenset(ShownField(name) for name in request.POST.getlist("fields") if name in set(ShownField))
    return Choice(fields, tuple(_number(typed) for typed in request.POST.getlist("lines")))


@require_POST
@learner_page
def share_part(request: HttpRequest, number: str) -> HttpResponse:
    """Open a link to what was ticked on the certificate's page."""
    actor, choice = request.actor, _choice(request)  # type: ignore[attr-defined]
    try:
        actions.share_certificate(
            learner_id=actor.learner_id,
            number=number,
            choice=choice,
            days=_number(request.POST.get("days", "")),
            by=actor,
            now=clock.now(),
        )
    except Denied as denied:
        return _refused(request, number, choice, denied)
    messages.success(request, t("链接做好了，复制给对方就行。", "The link is made; copy it for the other side."))
    return redirect("hall:shares")


@require_POST
@learner_page
def part(request: HttpRequest, number: str) -> HttpResponse:
    """The same as a signed file, an SD-JWT, that shows what was ticked and nothing else."""
    actor, choice = request.actor, _choice(request)  # type: ignore[attr-defined]
    scope = actor.scope("certificates.read")
    try:
        made = queries.selective(scope, number, choice, now=clock.now())
    except Denied as denied:
        return _refused(request, number, choice, denied)
    answer = HttpResponse(made, content_type="application/dc+sd-jwt")
    name = queries.facts(scope, number).number
    answer["Content-Disposition"] = f'attachment; filename="{name}.sd-jwt"'
    return answer


def _refused(request: HttpRequest, number: str, choice: Choice, denied: Denied) -> HttpResponse:
    """The certificate's page again with what was wrong; what is not about the choice is an error of its own."""
    if denied.problem not in (CHOICE_EMPTY, CHOICE_LINES, SHARE_DAYS_CHOICE, SHARE_TOO_MANY, CREDENTIAL_TOO_LONG):
        raise denied
    context = certificate_page(request, number, choice=choice) | {"refused": denied.sentence(language())}
    return show(request, "certificate.html", context, status=denied.problem.status)


def _address(link: ShareFacts) -> str:
    """Where the link leads; a certificate's page is among those for everybody, which a site may not carry."""
    if link.kind is ShareKind.PLAN:
        return reverse("hall:shared", args=[link.token])
    return f"{link_to('verify:home')}shared/{link.token}/"


@require_safe
@learner_page
def shares(request: HttpRequest) -> HttpResponse:
    """The learner's links, those still open first."""
    now = clock.now()
    rows = [
        {
            "link": link,
            "open": link.is_open(now),
            "address": request.build_absolute_uri(_address(link)),
            "title": tuple(link.title.split(" || ")) if link.certificate else link.title,
            "fields": [FIELD_NAMES[field] for field in link.fields],
        }
        for link in queries.share_links(request.actor.learner_id)  # type: ignore[attr-defined]
    ]
    rows.sort(key=lambda row: not row["open"])
    return show(request, "shares.html", {"rows": rows, "nav": "hall:home"})


@require_POST
@learner_page
def unshare(request: HttpRequest, link_id: int) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    actions.unshare(learner_id=actor.learner_id, link_id=link_id, by=actor, now=clock.now())
    messages.success(request, t("已收回，谁也打不开了。", "Taken back; nobody can open it any more."))
    return redirect("hall:shares")


@never_cache
@require_safe
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """What the link shows, to whoever has it."""
    found = actions.open_shared(token=token, now=clock.now())
    plan = Plan.from_json(found.content)
    context = {"shared": found, "plan": plan, "page": pages_plan.plan_page(plan)}
    return render(request, "hall/shared_plan.html", context)
