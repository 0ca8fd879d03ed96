"""Activities at the desk: announcing one, the code at the venue, who came, and good deeds that wait for a second person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from xuefen.bank.activities import actions, queries, rules
from xuefen.bank.activities.rules.lists import LIST_MOST
from xuefen.bank.activities.types import TEXT_LENGTH, ActivityFacts, How, Listed
from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import Denied
from xuefen.faces.desk.common import actor_of, at_work, page, refuse
from xuefen.faces.desk.forms_activities import ListForm, OpenForm, WhyForm
from xuefen.faces.shared import activities as shared
from xuefen.faces.shared.acting import carry_out
from xuefen.faces.shared.i18n import language, t
from xuefen.faces.shared.uploads import bounded_upload

NAV = "desk:activities"
PER_PAGE, DEEDS_SHOWN = 20, 30
LIST_BYTES = 1 << 20


@require_safe
@at_work
def activities(request: HttpRequest) -> HttpResponse:
    """Good deeds that wait, the activities in reach, and the form for those who announce."""
    return _list(request)


def _list(request: HttpRequest, *, form: OpenForm | None = None, status: int = 200) -> HttpResponse:
    actor, now = actor_of(request), clock.now()
    scope = actor.scope("activities.read")
    found = Paginator(queries.activities(scope), PER_PAGE).get_page(request.GET.get("page"))
    organises = actor.may("activities.organise")
    deeds = (
        queries.deed_facts(queries.deeds(actor.scope("activities.organise"))[:DEEDS_SHOWN], reader=actor)
        if organises
        else []
    )
    context = {
        "rows": [
            {"facts": one, "badge": shared.when(one, now=now)}
            for one in queries.activity_facts(found.object_list)  # type: ignore[arg-type]
        ],
        "page": found,
        "deeds": [{"one": one, "badge": shared.deed_badge(one)} for one in deeds if one.state == "reported"],
        "settled": [{"one": one, "badge": shared.deed_badge(one)} for one in deeds if one.state != "reported"],
        "form": (form or OpenForm(actor)) if organises else None,
        "may_gather": actor.may("activities.gather"),
        "why": WhyForm(),
    }
    return page(request, "desk/activities.html", context, nav=NAV, status=status)


@require_POST
@at_work
def open_activity(request: HttpRequest) -> HttpResponse:
    """Announce one."""
    actor = actor_of(request)
    actor.scope("activities.organise")
    form = OpenForm(actor, request.POST)
    if not form.is_valid():
        return _list(request, form=form, status=422)
    given = dict(form.cleaned_data)
    institution, scheme, kind = given.pop("kind").split("|")
    try:
        made = actions.open_activity(
            institution_code=institution, scheme_code=scheme, kind=kind, **given, by=actor, now=clock.now()
        )
    except Denied as denied:
        refuse(form, denied)
        return _list(request, form=form, status=denied.problem.status)
    messages.success(request, t("活动已发布，可以报名了。", "Announced; people can register."))
    return redirect("desk:activity", made.number)


@require_safe
@at_work
def activity(request: HttpRequest, number: str) -> HttpResponse:
    """One activity: its venue code, who came, and the list to paste."""
    return _one(request, queries.activity(actor_of(request).scope("activities.read"), number))


def _one(
    request: HttpRequest,
    facts: ActivityFacts,
    *,
    form: ListForm | None = None,
    listed: list[Listed] | None = None,
    status: int = 200,
) -> HttpResponse:
    actor, now = actor_of(request), clock.now()
    organises = actor.may("activities.organise") and actor.scope("activities.organise").reaches(
        institution_id=facts.institution_id, place_path=facts.place_path
    )
    people = Paginator(queries.take_part(facts), PER_PAGE * 5).get_page(request.GET.get("page"))
    context = {
        "facts": facts,
        "badge": shared.when(facts, now=now),
        "organises": organises,
        "by_code": How.CODE in facts.kind.confirm and now <= facts.ends_at + actions.LATE,
        "by_list": organises and _listing(facts, now=now),
        "may_cancel": organises and facts.cancelled_at is None and not facts.confirmed and now < facts.ends_at,
        "rows": [
            {"one": one, "badge": shared.taken_badge(one), "how": shared.HOWS[one.how]}
            for one in queries.taken(people.object_list)  # type: ignore[arg-type]
        ],
        "page": people,
        "form": form or ListForm(),
        "listed": listed or [],
        "went_in": sum(1 for one in listed or [] if one.problem is None),
        "refused": [
            {"line": one.line, "account": one.account_no, "why": one.problem.sentence(language())}
            for one in listed or []
            if one.problem is not None
        ],
        "why": WhyForm(),
    }
    return page(request, "desk/activity.html", context, nav=NAV, status=status)


def _listing(facts: ActivityFacts, *, now: datetime) -> bool:
    """Whether a list can be confirmed now: the activity has begun, and its period still takes confirmations."""
    if How.LIST not in facts.kind.confirm or facts.cancelled_at is not None or now < facts.starts_at:
        return False
    period = rules.period_of(facts.scheme, clock.today(facts.starts_at))
    return clock.today(now) <= rules.confirms_until(facts.scheme, period)


@require_safe
@at_work
def venue(request: HttpRequest, number: str) -> HttpResponse:
    """For the screen at the venue: the QR code and the six digits, renewed by themselves."""
    facts = queries.activity(actor_of(request).scope("activities.organise"), number)
    now = clock.now()
    by_code = How.CODE in facts.kind.confirm and facts.cancelled_at is None
    is_open = by_code and facts.starts_at - actions.EARLY <= now <= facts.ends_at + actions.LATE
    code = queries.code_now(facts, now=now) if is_open else ""
    target = request.build_absolute_uri(reverse("hall:check_in", args=[facts.number])) + f"?code={code}"
    context: dict[str, Any] = {
        "facts": facts,
        "by_code": by_code,
        "is_open": is_open,
        "code": f"{code[:3]} {code[3:]}",
        "qr": shared.qr_picture(target) if code else "",
        "left": rules.seconds_left(now),
        "opens_at": facts.starts_at - actions.EARLY,
    }
    if request.headers.get("HX-Request"):
        return render(request, "desk/venue_code.html", context)
    return page(request, "desk/venue.html", context, nav=NAV)


@bounded_upload(LIST_BYTES)
@require_POST
@at_work
def confirm_list(request: HttpRequest, number: str) -> HttpResponse:
    """Confirm everybody on the list; what could not be is told line by line."""
    actor = actor_of(request)
    facts = queries.activity(actor.scope("activities.organise"), number)
    form = ListForm(request.POST, request.FILES)
    if not form.is_valid():
        return _one(request, facts, form=form, status=422)
    text = form.cleaned_data["accounts"]
    if file := form.cleaned_data["file"]:
        try:
            text += "\n" + file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            form.add_error("file", TEXT_LENGTH.sentence(language(), {"most": LIST_MOST}))
            return _one(request, facts, form=form, status=422)
    try:
        listed = actions.confirm_list(number=facts.number, text=text, by=actor, now=clock.now())
    except Denied as denied:
        refuse(form, denied)
        return _one(request, facts, form=form, status=denied.problem.status)
    facts = queries.activity(actor.scope("activities.organise"), number)
    return _one(request, facts, listed=listed, form=ListForm())


@require_POST
@at_work
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    """Call it off."""
    by, reason = actor_of(request), request.POST.get("reason", "")
    return carry_out(
        request,
        lambda: actions.cancel_activity(number=number, reason=reason, by=by, now=clock.now()),
        t("活动已取消。", "Cancelled."),
        back=("desk:activity", number),
    )


@require_POST
@at_work
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    """Take one confirmation back."""
    by, reason = actor_of(request), request.POST.get("reason", "")
    came_from = request.POST.get("activity", "")
    return carry_out(
        request,
        lambda: actions.withdraw(number=number, reason=reason, by=by, now=clock.now()),
        t("已撤销；原来的确认和理由都留着。", "Withdrawn; the confirmation and the reason both stay."),
        back=("desk:activity", came_from) if came_from.isalnum() and came_from.isascii() else ("desk:activities",),
    )


@require_POST
@at_work
def confirm_deed(request: HttpRequest, number: str) -> HttpResponse:
    """Confirm a good deed for the institution."""
    by = actor_of(request)
    return carry_out(
        request,
        lambda: actions.confirm_deed(number=number, by=by, now=clock.now()),
        t("已确认。", "Confirmed."),
        back=("desk:activities",),
    )


@require_POST
@at_work
def decline_deed(request: HttpRequest, number: str) -> HttpResponse:
    """Decline one, with the reason."""
    by, reason = actor_of(request), request.POST.get("reason", "")
    return carry_out(
        request,
        lambda: actions.decline_deed(number=number, reason=reason, by=by, now=clock.now()),
        t("已回复。", "Answered."),
        back=("desk:activities",),
    )
