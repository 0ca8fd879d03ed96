"""Examining the rules and previewing a change: asked for here, done by a job, watched and read here."""

from __future__ import annotations

from pathlib import Path

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuefen.bank.conversion import actions, tasks
from xuefen.bank.conversion.actions import doctor as examining
from xuefen.bank.conversion.actions import impact as previewing
from xuefen.bank.conversion.queries import doctor as examinations
from xuefen.bank.conversion.queries import impact as previews
from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards import rules as standards
from xuefen.faces.desk import pages_looks as pages
from xuefen.faces.desk.common import actor_of, at_work, page, refuse
from xuefen.faces.shared.i18n import say, t, t_lazy
from xuefen.faces.shared.uploads import bounded_upload

PER_PAGE = 20
MOST_BYTES = 8 * 2**20
FAULTS_SHOWN = 8


class StandardForm(forms.Form):
    file = forms.FileField(
        label=t_lazy("标准文件（YAML）", "Standard (YAML)"),
        allow_empty_file=True,
        error_messages={"required": t_lazy("请先选择文件。", "Choose a file first.")},
    )


class RulesForm(forms.Form):
    rules_file = forms.FileField(
        label=t_lazy("规则文件（YAML）", "Rules (YAML)"),
        allow_empty_file=True,
        error_messages={"required": t_lazy("请先选择文件。", "Choose a file first.")},
    )
    agreement_number = forms.CharField(
        label=t_lazy("协议编号", "Agreement"),
        max_length=20,
        error_messages={"required": t_lazy("请填写协议编号。", "Give the number of the agreement.")},
    )


# --- the doctor ------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@at_work
def doctor(request: HttpRequest) -> HttpResponse:
    """The examinations so far, and asking for one."""
    actor = actor_of(request)
    if request.method == "POST":
        run_id = examining.ask(on=clock.today(), by=actor, now=clock.now())
        tasks.defer_examination(run_id=run_id)
        return redirect("desk:doctor_run", run_id)
    shown = Paginator(examinations.runs(actor), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": shown, "rows": [pages.doctor_row(run) for run in shown]}
    return page(request, "desk/doctor.html", context, nav="desk:doctor")


@require_safe
@at_work
def doctor_run(request: HttpRequest, run_id: int) -> HttpResponse:
    """One examination; asked by htmx only its progress."""
    run = examinations.run(actor_of(request), run_id)
    context = {"run": run, **pages.doctor_row(run), "again": "desk:doctor_again"}
    if request.headers.get("HX-Request"):
        return _polled(request, context)
    if not context["running"]:
        context |= pages.findings(run, kind=request.GET.get("kind", ""))
    return page(request, "desk/doctor_run.html", context, nav="desk:doctor")


@require_POST
@at_work
def doctor_again(request: HttpRequest, run_id: int) -> HttpResponse:
    """Queue an examination again that stands still."""
    run = examinations.run(actor_of(request), run_id)
    tasks.defer_examination(run_id=run.pk)
    messages.info(request, t("已重新排队。", "Queued again."))
    return redirect("desk:doctor_run", run_id)


def _polled(request: HttpRequest, context: dict[str, object]) -> HttpResponse:
    response = render(request, "desk/look_progress.html", context)
    if not context["running"]:
        response.headers["HX-Refresh"] = "true"
    return response


# --- previews --------------------------------------------------------------------------------------------------------


@require_safe
@at_work
def impacts(request: HttpRequest) -> HttpResponse:
    """The previews so far, and asking for one."""
    return _impacts(request)


def _impacts(request: HttpRequest, *, status: int = 200, **forms_given: forms.Form) -> HttpResponse:
    actor = actor_of(request)
    shown = Paginator(previews.runs(actor), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": shown,
        "rows": [pages.impact_row(run) for run in shown],
        "standard_form": StandardForm(),
        "rules_form": RulesForm(initial={"agreement_number": request.GET.get("agreement", "")}),
        **forms_given,
    }
    return page(request, "desk/impacts.html", context, nav="desk:impacts", status=status)


@bounded_upload(MOST_BYTES)
@require_POST
@at_work
def preview_standard(request: HttpRequest) -> HttpResponse:
    """Take in a standard's file and queue its preview."""
    form = StandardForm(request.POST, request.FILES)
    actor = actor_of(request)
    if not form.is_valid():
        return _impacts(request, standard_form=form, status=422)
    try:
        text = form.cleaned_data["file"].read().decode("utf-8")
        document, errors = standards.check_text(text)
        for line, error in errors[:FAULTS_SHOWN]:
            said = say((error.zh, error.en))
            form.add_error(
                "file", t("第 {n} 行 {path}：{what}", "Line {n}, {path}: {what}", n=line, path=error.path, what=said)
            )
        if errors:
            return _impacts(request, standard_form=form, status=422)
        run_id = previewing.ask_standard(body=document.body, by=actor, now=clock.now())
    except UnicodeDecodeError:
        form.add_error("file", t("不是 UTF-8 文字。", "The file is no UTF-8 text."))
        return _impacts(request, standard_form=form, status=422)
    except Denied as denied:
        refuse(form, denied)
        return _impacts(request, standard_form=form, status=denied.problem.status)
    tasks.defer_preview(run_id=run_id)
    return redirect("desk:impact", run_id)


@bounded_upload(MOST_BYTES)
@require_POST
@at_work
def preview_rules(request: HttpRequest) -> HttpResponse:
    """Take in a file of rules under an agreement and queue its preview."""
    form = RulesForm(request.POST, request.FILES)
    actor, now = actor_of(request), clock.now()
    if not form.is_valid():
        return _impacts(request, rules_form=form, status=422)
    file: TemporaryUploadedFile = form.cleaned_data["rules_file"]
    number = form.cleaned_data["agreement_number"].strip().upper()
    try:
        text = actions.read_rule_text(Path(file.temporary_file_path()), standard="cn-2026", on=clock.today(now))
        faults = actions.check_text(text, agreement_number=number, on=clock.today(now))
        for fault in faults[:FAULTS_SHOWN]:
            said = say((fault.zh, fault.en))
            form.add_error("rules_file", t("第 {n} 行：{what}", "Line {n}: {what}", n=fault.line, what=said))
        if faults:
            return _impacts(request, rules_form=form, status=422)
        title = f"{file.name or ''} → {number}"
        run_id = previewing.ask_rules(agreement_number=number, rules=text.drafts, title=title, by=actor, now=now)
    except Denied as denied:
        refuse(form, denied)
        return _impacts(request, rules_form=form, status=denied.problem.status)
    tasks.defer_preview(run_id=run_id)
    return redirect("desk:impact", run_id)


@require_safe
@at_work
def impact_run(request: HttpRequest, run_id: int) -> HttpResponse:
    """One preview; asked by htmx only its progress."""
    run = previews.run(actor_of(request), run_id)
    context = {"run": run, **pages.impact_row(run), "again": "desk:impact_again"}
    if request.headers.get("HX-Request"):
        return _polled(request, context)
    if run.state == "done":
        context |= pages.impact(run)
    return page(request, "desk/impact.html", context, nav="desk:impacts")


@require_POST
@at_work
def impact_again(request: HttpRequest, run_id: int) -> HttpResponse:
    """Queue a preview again that stands still; it goes on from where it stopped."""
    run = previews.run(actor_of(request), run_id)
    tasks.defer_preview(run_id=run.pk)
    messages.info(request, t("已重新排队，会从停下的地方接着做。", "Queued again; it goes on from where it stopped."))
    return redirect("desk:impact", run_id)
