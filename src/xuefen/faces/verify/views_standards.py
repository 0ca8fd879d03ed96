"""Standards for everybody: what is in force, what was on any day, what is proposed, and how to say something about it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import PUBLIC
from xuefen.bank.shell.problems import NOT_FOUND, Denied
from xuefen.bank.standards import actions, queries
from xuefen.bank.standards.rules import life
from xuefen.bank.standards.rules.diff import chapters, to_yaml
from xuefen.bank.standards.rules.diff import compare as differences
from xuefen.bank.standards.states import STATES
from xuefen.bank.standards.types.life import State, VersionRow
from xuefen.bedrock.workdays import STATUTORY
from xuefen.faces.shared import rates
from xuefen.faces.shared.i18n import language, t, t_lazy
from xuefen.faces.shared.numbers import whole

COMMENTS, MINUTES = 5, 60
"""Comments one address may make in so many minutes."""
NAV = "standards:home"
VERDICTS = {
    "support": ("支持", "supports it"),
    "changes": ("修改后支持", "supports it with changes"),
    "oppose": ("反对", "opposes it"),
}


class CommentForm(forms.Form):
    """What somebody says of a proposed standard."""

    text = forms.CharField(
        label=t_lazy("您的意见", "Your comment"),
        max_length=life.TEXT_MOST,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=t_lazy("会公开，请不要写个人信息。", "It will be public; write no personal data."),
    )
    place = forms.ChoiceField(label=t_lazy("说的是哪一章", "Which chapter it is about"), required=False)
    name = forms.CharField(
        label=t_lazy("您的姓名", "Your name"),
        max_length=40,
        required=False,
        help_text=t_lazy("可以不留；留了也只显示一部分。", "Not needed; only a part of it is shown."),
    )

    def __init__(self, *args: Any, places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].choices = [("", t_lazy("整个标准", "The whole standard")), *places]  # type: ignore[attr-defined]


def _page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return render(request, template, {"nav": NAV, **context}, status=status)


def _words(row: VersionRow, *, today: date) -> tuple[str, tuple[str, str]]:
    """A version's badge for the public."""
    if row.in_force(today):
        return "ok", ("施行中", "in force")
    if row.effective_from > today:
        return "info", ("将施行", "to come")
    return "", ("已停用", "retired")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Versions in force, consultations to take part in, and the history."""
    now = clock.now()
    today = clock.today(now)
    rows = [{"row": row, "state": _words(row, today=today)} for row in queries.listed()]
    context = {
        "in_force": [line for line in rows if line["row"].in_force(today)],  # type: ignore[attr-defined]
        "others": [line for line in rows if not line["row"].in_force(today)],  # type: ignore[attr-defined]
        "consultations": [
            {"row": row, "clock": _clock(row.entered_at, row.consulted_until, now=now)}
            for row in queries.consultations(now=now)
        ],
        "today": today,
    }
    return _page(request, "verify/standards.html", context)


def _clock(since: datetime, until: datetime | None, *, now: datetime) -> dict[str, Any]:
    """Working days of a consultation: how many there are, how many are over, which is the last."""
    assert until is not None  # a consultation has its end
    first, last, today = clock.today(since), clock.today(until - timedelta(seconds=1)), clock.today(now)
    total = STATUTORY.working_days_between(first, last)
    counts_today = today > first and STATUTORY.is_working_day(today)  # the first day is not counted
    passed = STATUTORY.working_days_between(first, today) - counts_today
    return {"total": total, "done": max(0, min(passed, total)), "ends": last, "today": counts_today}


@require_safe
def on_day(request: HttpRequest, code: str) -> HttpResponse:
    """To the version in force on a day: today's, or the one an old decision was made under."""
    day = _day(request.GET.get("on", "")) or clock.today()
    loaded = queries.current(code=code, on=day)
    response = redirect("standards:version", loaded.code, loaded.version)
    if request.GET.get("on"):
        response["Location"] += f"?on={day.isoformat()}"
    return response


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


@require_safe
def version(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """One version to read, with its contents."""
    row, today = queries.version_row(code, number), clock.today()
    others = [other for other in queries.listed() if other.code == code and other.version != number]
    context = {
        "row": row,
        "state": _words(row, today=today),
        "chapters": chapters(queries.body_of(row.id)),
        "others": others,
        "on": _day(request.GET.get("on", "")),
        "today": today,
    }
    return _page(request, "verify/standard.html", context)


@require_safe
def version_yaml(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The version as YAML, for programs and for whoever wants to propose another."""
    row = queries.version_row(code, number)
    response = HttpResponse(to_yaml(queries.body_of(row.id)), content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{row.code}-{row.version}.yaml"'
    return response


@require_safe
def publication(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The signed act of publication, byte for byte."""
    row = queries.version_row(code, number)
    if not row.signed:
        raise Denied(NOT_FOUND, place="number")
    return HttpResponse(queries.publication_of(row.id), content_type="application/json")


@require_safe
def compare(request: HttpRequest, code: str) -> HttpResponse:
    """Two published versions, the differences in words."""
    rows = [row for row in queries.listed() if row.code == code]
    if not rows:
        raise Denied(NOT_FOUND, place="code")
    given = [request.GET.get(name, "") for name in ("from", "to")]
    wanted = [whole(one) or 0 for one in given]
    context: dict[str, Any] = {"code": code, "rows": rows, "wanted": wanted}
    if all(wanted):
        first, second = (queries.version_row(code, one) for one in wanted)
        changes = differences(queries.body_of(first.id), queries.body_of(second.id))
        context |= {"first": first, "second": second, "changes": changes}
    return _page(request, "verify/standard_compare.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def consultation(request: HttpRequest, number: str) -> HttpResponse:
    """A proposed version before the public: what changes, what others said, and a box for one's own words."""
    if request.method != "POST":
        return _consultation(request, number)
    form = _form(number, request.POST)
    if not form.is_valid():
        return _consultation(request, number, form=form, status=422)
    try:
        rates.spend(request, "comment", most=COMMENTS, minutes=MINUTES)
        actions.comment(number=number, **form.cleaned_data, by=PUBLIC, now=clock.now())
    except Denied as denied:
        form.add_error(denied.place if denied.place in form.fields else None, denied.sentence(language()))
        return _consultation(request, number, form=form, status=denied.problem.status)
    messages.success(
        request,
        t(
            "收到了您的意见。答复以后会一起公开。",
            "Your comment has arrived. It is made public together with its answer.",
        ),
    )
    return redirect("standards:consultation", number)


def _form(number: str, given: Any = None) -> CommentForm:
    body = queries.proposal(PUBLIC, number).body
    side = 1 if language() == "en" else 0
    places = [(chapter.key, chapter.title[side]) for chapter in chapters(body)]
    return CommentForm(given, places=places)


def _consultation(
    request: HttpRequest, number: str, *, form: CommentForm | None = None, status: int = 200
) -> HttpResponse:
    view, now = queries.proposal(PUBLIC, number), clock.now()
    rows = [row for row in queries.listed() if row.code == view.row.code and row.version < view.row.version]
    before = rows[0] if rows else None
    until = view.row.consulted_until
    open_now = view.row.state is State.CONSULTING and until is not None and now < until
    opened = next((move.at for move in view.moves if move.event == "consult"), view.row.entered_at)
    found = chapters(view.body)
    titles, facts = {chapter.key: chapter.title for chapter in found}, STATES[view.row.state]
    context = {
        "view": view,
        "state": (facts.zh, facts.en),
        "before": before,
        "changes": differences(queries.body_of(before.id), view.body) if before else None,
        "chapters": found,
        "comments": [{"one": one, "place": titles.get(one.place)} for one in view.comments],
        "comparisons": [{"one": one, "words": VERDICTS[one.verdict]} for one in view.comparisons],
        "form": (form or _form(number)) if open_now else None,
        "clock": _clock(opened, view.row.consulted_until, now=now),
    }
    return _page(request, "verify/consultation.html", context, status=status)
