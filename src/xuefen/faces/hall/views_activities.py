"""Activities for a learner: what is on, one's own place, check-in at the venue, good deeds, and what the period comes to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuefen.bank.activities import actions, queries
from xuefen.bank.activities.actions.deeds import DEED_MOST
from xuefen.bank.activities.types import How
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.shell.problems import Denied
from xuefen.faces.hall.doors import learner_page, show
from xuefen.faces.hall.forms import put_refusal
from xuefen.faces.shared import activities as shared
from xuefen.faces.shared.acting import carry_out
from xuefen.faces.shared.i18n import language, say, t, t_lazy
from xuefen.faces.shared.rates import spend

NAV = "hall:activities"
ON_OFFER, PER_PAGE, DEEDS_SHOWN = 30, 20, 10
TRIES, MINUTES = 10, 10
"""Wrong codes one person may type in so many minutes: a code of six digits must not be guessed."""


class DeedForm(forms.Form):
    """A good deed, in one's own words. ``kind`` names institution and kind of its scheme."""

    kind = forms.ChoiceField(label=t_lazy("报给谁", "For which institution"))
    text = forms.CharField(
        label=t_lazy("做了什么", "What you did"),
        max_length=DEED_MOST,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=t_lazy(
            "一两句话就行。只有您、证明人和组织方看得到。",
            "A sentence or two. Only you, the witness and the institution can read it.",
        ),
        error_messages={"required": t_lazy("请写一两句话。", "Write a sentence or two.")},
    )
    done_on = forms.DateField(
        label=t_lazy("哪一天", "On which day"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={
            "required": t_lazy("请选日期。", "Choose the day."),
            "invalid": t_lazy("日期写法如 2026-06-30。", "Write the day like 2026-06-30."),
        },
    )
    witness = forms.CharField(
        label=t_lazy("证明人的学习账号", "The witness's account number"),
        required=False,
        max_length=40,
        help_text=t_lazy(
            "在场的另一个人。没有可以不填，由组织方确认。",
            "Somebody else who was there. Without one the institution confirms.",
        ),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = _deed_kinds()  # type: ignore[attr-defined]


def _deed_kinds() -> list[tuple[str, str]]:
    """What can be reported today: every kind that a second person confirms, of every scheme in force."""
    return [
        (
            f"{row.institution_code}|{row.scheme.code}|{kind.code}",
            f"{row.institution_name}：{say((kind.zh, kind.en))}",
        )
        for row in queries.schemes_in_force(clock.today())
        for kind in row.scheme.kinds.values()
        if How.SECOND in kind.confirm
    ]


@require_safe
@learner_page
def activities(request: HttpRequest) -> HttpResponse:
    """What waits for me, what this period comes to so far, what is on, and what I took part in."""
    actor, now = request.actor, clock.now()  # type: ignore[attr-defined]
    me = actor.learner_id
    offered = queries.activity_facts(queries.on_offer(now=now)[:ON_OFFER], learner_id=me)
    mine = Paginator(queries.participations_of(actor.scope("activities.read"), me), PER_PAGE)
    page = mine.get_page(request.GET.get("page"))
    context = {
        "witnessed": queries.deed_facts(queries.deeds_to_witness(me)[:DEEDS_SHOWN], reader=actor),
        "progress": [
            {
                "progress": one,
                "bars": shared.bars_of(one.tally),
                "towards": shared.towards(one.tally, minimum=one.scheme.result.minimum),
            }
            for one in queries.progress(me, today=clock.today(now))
        ],
        "offered": [{"facts": one, "badge": shared.when(one, now=now)} for one in offered],
        "taken": [
            {"one": one, "badge": shared.taken_badge(one), "how": shared.HOWS[one.how]}
            for one in queries.taken(page.object_list)  # type: ignore[arg-type]
        ],
        "page": page,
        "deeds": [
            {"one": one, "badge": shared.deed_badge(one)}
            for one in queries.deed_facts(queries.deeds_of(me)[:DEEDS_SHOWN], reader=actor)
        ],
        "before": [{"row": row, "words": queries.words_of(row)} for row in queries.gathered_of(me)],
        "may_report": bool(_deed_kinds()),
        "nav": NAV,
    }
    return show(request, "activities.html", context)


@require_safe
@learner_page
def activity(request: HttpRequest, number: str) -> HttpResponse:
    """One activity, and what one can do about it now."""
    return _activity(request, number)


def _activity(request: HttpRequest, number: str, *, problem: Denied | None = None, code: str = "") -> HttpResponse:
    actor, now = request.actor, clock.now()  # type: ignore[attr-defined]
    actor.scope("activities.join")
    found = queries.activity(EVERYTHING, number, learner_id=actor.learner_id)
    begun = now >= found.starts_at - actions.EARLY
    context = {
        "facts": found,
        "badge": shared.when(found, now=now),
        "by_code": How.CODE in found.kind.confirm,
        "checking_in": How.CODE in found.kind.confirm
        and begun
        and now <= found.ends_at + actions.LATE
        and found.cancelled_at is None
        and not found.attended,
        "may_join": found.cancelled_at is None and now < found.ends_at and not found.registered and found.places_left,
        "may_leave": found.registered and not found.attended and now < found.ends_at,
        "code": code,
        "problem": problem.sentence(language()) if problem else "",
        "nav": NAV,
    }
    return show(request, "activity.html", context, status=problem.problem.status if problem else 200)


@require_POST
@learner_page
def join(request: HttpRequest, number: str) -> HttpResponse:
    """Take a place."""
    by = request.actor  # type: ignore[attr-defined]
    return carry_out(
        request,
        lambda: actions.join(number=number, learner_id=by.learner_id, by=by, now=clock.now()),
        t("已报名。到时到场签到，才会计分。", "You are registered. Check in at the venue, or it will not count."),
        back=("hall:activity", number),
    )


@require_POST
@learner_page
def leave(request: HttpRequest, number: str) -> HttpResponse:
    """Give the place back."""
    by = request.actor  # type: ignore[attr-defined]
    return carry_out(
        request,
        lambda: actions.leave(number=number, learner_id=by.learner_id, by=by, now=clock.now()),
        t("已取消报名，名额让给别人。", "Your place is free for somebody else."),
        back=("hall:activity", number),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@learner_page
def check_in(request: HttpRequest, number: str) -> HttpResponse:
    """Where the venue's QR code leads: the code is filled in, and one press confirms that one is here.

    Opening the address alone confirms nothing: a link somebody sends must not act.
    """
    actor, now = request.actor, clock.now()  # type: ignore[attr-defined]
    given = request.POST.get("code", "") if request.method == "POST" else request.GET.get("code", "")
    code = "".join(c for c in given if c.isascii() and c.isdigit())[:12]
    if request.method != "POST":
        return _activity(request, number, code=code)
    spend(request, f"check_in:{actor.learner_id}", most=TRIES, minutes=MINUTES)
    try:
        actions.check_in(number=number, code=code, learner_id=actor.learner_id, by=actor, now=now)
    except Denied as denied:
        if denied.problem.status in (403, 404):
            raise
        return _activity(request, number, problem=denied)
    messages.success(request, t("签到成功，这次参加已记下。", "You are checked in; it is recorded."))
    return redirect("hall:activity", number)


@require_http_methods(["GET", "HEAD", "POST"])
@learner_page
def report(request: HttpRequest) -> HttpResponse:
    """Tell of a good deed."""
    by = request.actor  # type: ignore[attr-defined]
    form = DeedForm(request.POST or None, initial={"done_on": clock.today()})
    status = 200 if request.method != "POST" else 422
    if request.method == "POST" and form.is_valid():
        institution, scheme, kind = form.cleaned_data["kind"].split("|")
        try:
            actions.report_deed(
                institution_code=institution,
                scheme_code=scheme,
                kind=kind,
                text=form.cleaned_data["text"],
                done_on=form.cleaned_data["done_on"],
                witness_account=form.cleaned_data["witness"],
                learner_id=by.learner_id,
                by=by,
                now=clock.now(),
            )
        except Denied as denied:
            put_refusal(form, denied)
            status = denied.problem.status
        else:
            messages.success(
                request, t("已上报，等别人确认后计分。", "Reported; it counts when somebody else has confirmed it.")
            )
            return redirect("hall:activities")
    return show(request, "deed_report.html", {"form": form, "nav": NAV}, status=status)


@require_POST
@learner_page
def confirm_deed(request: HttpRequest, number: str) -> HttpResponse:
    """Confirm, as the named witness, what another did."""
    by = request.actor  # type: ignore[attr-defined]
    return carry_out(
        request,
        lambda: actions.confirm_deed(number=number, by=by, now=clock.now()),
        t("已确认。谢谢您作证。", "Confirmed. Thank you for your word."),
        back=("hall:activities",),
    )


@require_POST
@learner_page
def decline_deed(request: HttpRequest, number: str) -> HttpResponse:
    """Say, as the named witness, that one cannot confirm it."""
    by = request.actor  # type: ignore[attr-defined]
    reason = request.POST.get("reason", "") or t("证明人没有确认", "The witness does not confirm it")
    return carry_out(
        request,
        lambda: actions.decline_deed(number=number, reason=reason, by=by, now=clock.now()),
        t("已回复，不予确认。", "Answered: not confirmed."),
        back=("hall:activities",),
    )
