"""Schemes, and gathering a period: what it would come to, first; then the deposit, in the background."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from xuefen.bank.activities import actions, queries, rules
from xuefen.bank.activities.types import Preview, SchemeRow
from xuefen.bank.deposits.tasks import defer_batch
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied
from xuefen.faces.desk.common import actor_of, at_work, page, refuse
from xuefen.faces.desk.forms_activities import SchemeForm
from xuefen.faces.desk.views.activities import NAV
from xuefen.faces.shared.acting import carry_out
from xuefen.faces.shared.i18n import language, t

PER_PAGE = 50
PERIODS_OFFERED = 4


def _offered(actor: Actor) -> list[dict[str, Any]]:
    """The last periods of every scheme the actor gathers for, newest first."""
    today = clock.today()
    found: list[dict[str, Any]] = []
    for row, period in queries.periods(actor.scope("activities.gather"), today=today, most=PERIODS_OFFERED):
        until = rules.confirms_until(row.scheme, period)
        ref = f"{row.institution_code}|{row.scheme.code}|{period.code}"
        found.append({"ref": ref, "period": period, "row": row, "until": until, "due": until < today})
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@at_work
def gather(request: HttpRequest) -> HttpResponse:
    """Look at what a period would come to; gather it when its confirmations are over."""
    actor, now = actor_of(request), clock.now()
    offered = _offered(actor)
    wanted = (
        request.POST.get("period") or request.GET.get("period") or next((o["ref"] for o in offered if o["due"]), "")
    )
    chosen = next((o for o in offered if o["ref"] == wanted), None)
    problem = ""
    status = 200
    if request.method == "POST" and chosen is not None:
        try:
            made = actions.gather(
                institution_code=chosen["row"].institution_code,
                scheme_code=chosen["row"].scheme.code,
                period=chosen["period"].code,
                by=actor,
                now=now,
            )
        except Denied as denied:
            problem, status = denied.sentence(language()), denied.problem.status
        else:
            if made.batch_id is None:
                messages.info(
                    request,
                    t(
                        "已归集；没有人达到最低分，没有成果。",
                        "Gathered; nobody reached the minimum, so there is no outcome.",
                    ),
                )
                return redirect("desk:gather")
            defer_batch(batch_id=made.batch_id)
            messages.success(request, t("已归集，正在存入。", "Gathered; the outcomes are being deposited."))
            return redirect("desk:batch", made.batch_number)
    preview = _preview(actor, chosen) if chosen else None
    lines = Paginator(preview.lines if preview else (), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "offered": offered,
        "chosen": chosen,
        "preview": preview,
        "page": lines,
        "problem": problem,
        "gatherings": queries.gathering_facts(queries.gatherings(actor.scope("activities.gather"))[:PER_PAGE]),
    }
    return page(request, "desk/gather.html", context, nav=NAV, status=status)


def _preview(actor: Actor, chosen: dict[str, Any]) -> Preview:
    row: SchemeRow = chosen["row"]
    return queries.preview(
        actor.scope("activities.gather"),
        institution_id=row.institution_id,
        place_path="",
        code=row.scheme.code,
        period=chosen["period"].code,
        today=clock.today(),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@at_work
def schemes(request: HttpRequest) -> HttpResponse:
    """Every version in reach; a form to propose the next one for those who may."""
    actor = actor_of(request)
    scope = actor.scope("activities.read")
    rows = queries.scheme_rows(queries.schemes(scope)[:PER_PAGE])
    form = None
    status = 200
    if actor.may("activities.propose"):
        newest = rows[0].text if rows else ""
        form = SchemeForm(actor, request.POST or None, initial={"text": newest})
        status = 422 if request.method == "POST" else 200
        if request.method == "POST" and form.is_valid():
            try:
                actions.propose_scheme(
                    institution_code=form.cleaned_data["institution"],
                    text=form.cleaned_data["text"],
                    by=actor,
                    now=clock.now(),
                )
            except Denied as denied:
                refuse(form, denied)
                status = denied.problem.status
            else:
                messages.success(request, t("已提出，等分中心签署。", "Proposed; the branch signs next."))
                return redirect("desk:schemes")
    elif request.method == "POST":
        actor.scope("activities.propose")  # says who may
    context = {
        "rows": [
            {
                "row": row,
                "may_sign": row.signed_at is None
                and actor.may("activities.sign")
                and row.proposed_by_id != actor.user_id,
            }
            for row in rows
        ],
        "form": form,
        "today": clock.today(),
    }
    return page(request, "desk/schemes.html", context, nav=NAV, status=status)


@require_POST
@at_work
def sign(request: HttpRequest, scheme_id: int) -> HttpResponse:
    """Put a version in force, as the second person."""
    by = actor_of(request)
    return carry_out(
        request,
        lambda: actions.sign_scheme(scheme_id=scheme_id, by=by, now=clock.now()),
        t("已签署，到起始日施行。", "Signed; it is in force from its first day on."),
        back=("desk:schemes",),
    )
