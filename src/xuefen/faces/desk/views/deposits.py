"""Deposits: batches, uploading one, trying one out, watching it, its errors and its receipt, and a batch of one by form."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuefen.bank.deposits import actions, queries, tasks
from xuefen.bank.deposits.actions.storage import MOST_BYTES
from xuefen.bank.deposits.states import OPEN, WAITING
from xuefen.bank.deposits.types import BATCH_MOVE, BATCH_RUNNING, BatchState, DryRun
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied
from xuefen.faces.desk import pages_deposits as pages
from xuefen.faces.desk.common import actor_of, at_work, page, refuse
from xuefen.faces.shared.i18n import language, say, t, t_lazy
from xuefen.faces.shared.uploads import bounded_upload
from xuefen.faces.shared.words import date_text

PER_PAGE = 20
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class _IssuerForm(forms.Form):
    issuer_code = forms.ChoiceField(label=t_lazy("存入机构", "Issuer"))

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = institutions.institutions(actor.scope("deposits.deposit"))
        choices = [(found.code, say((found.name_zh, found.name_en))) for found in mine]
        self.fields["issuer_code"].choices = choices  # type: ignore[attr-defined]
        self.only_issuer = choices[0][0] if len(choices) == 1 else ""
        if len(choices) == 1:  # nothing to choose
            self.fields["issuer_code"].widget = forms.HiddenInput()
            self.initial.setdefault("issuer_code", choices[0][0])


class UploadForm(_IssuerForm):
    file = forms.FileField(
        label=t_lazy("成果表（xlsx、csv、JSON lines、OneRoster）", "Sheet (xlsx, csv, JSON lines, OneRoster)"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.tsv,.txt,.jsonl,.zip", "data-file-name": "chosen"}),
        error_messages={"required": t_lazy("请先选择文件。", "Choose a file first.")},
    )


class OneForm(_IssuerForm):
    """One outcome of one learner; the field names are those of the deposit sheet."""

    account = forms.CharField(label=t_lazy("学习账号", "Account number"), max_length=40, required=False)
    id_number = forms.CharField(
        label=t_lazy("证件号码", "Identity number"),
        max_length=40,
        required=False,
        help_text=t_lazy("账号和证件号码填一项就行。", "One of account and identity number is enough."),
    )
    name = forms.CharField(label=t_lazy("姓名", "Name"), max_length=80, required=False)
    item_code = forms.CharField(label=t_lazy("成果代码", "Item code"), max_length=40)
    version = forms.CharField(label=t_lazy("版本", "Version"), max_length=20, required=False)
    awarded_on = forms.CharField(
        label=t_lazy("取得日期", "Awarded on"),
        max_length=40,
        help_text=t_lazy("例如 2026-06-30", "For example 2026-06-30"),
    )
    grade = forms.CharField(label=t_lazy("成绩", "Grade"), max_length=12, required=False)
    hours = forms.CharField(label=t_lazy("学时", "Hours"), max_length=12, required=False)
    attendance = forms.CharField(
        label=t_lazy("出勤率（%）", "Attendance (%)"),
        max_length=8,
        required=False,
        help_text=t_lazy("标准要求时必填。", "Where the standard asks for it."),
    )
    online_share = forms.CharField(
        label=t_lazy("线上学时占比（%）", "Share held online (%)"), max_length=8, required=False
    )
    workload = forms.CharField(
        label=t_lazy("学习总时数", "All hours of learning"),
        max_length=12,
        required=False,
        help_text=t_lazy("标准要求时必填。", "Where the standard asks for it."),
    )
    serial = forms.CharField(label=t_lazy("证书编号", "Certificate number"), max_length=60, required=False)


@require_safe
@at_work
def batches(request: HttpRequest) -> HttpResponse:
    """The batches in reach, and the upload form for those who deposit."""
    return _list(request)


@bounded_upload(MOST_BYTES)
@require_POST
@at_work
def upload(request: HttpRequest) -> HttpResponse:
    """Take in a sheet and queue it; with ``try`` only say what would happen and write nothing."""
    actor, now = actor_of(request), clock.now()
    form = UploadForm(actor, request.POST, request.FILES)
    if not form.is_valid():
        return _list(request, form=form, status=422)
    file: TemporaryUploadedFile = form.cleaned_data["file"]
    issuer, path, name = form.cleaned_data["issuer_code"], Path(file.temporary_file_path()), file.name or ""
    try:
        actions.glance(path)  # a file of another kind is told at once, beside the field, and leaves no batch behind
        ask = "ask" in request.POST
        if "try" in request.POST:
            tried = actions.dry_run(path=path, issuer_code=issuer, by=actor, now=now)
            return _list(request, tried=tried, tried_name=name)
        received = actions.receive(
            source="file", file_name=name, path=path, issuer_code=issuer, by=actor, now=now, ask_columns=ask
        )
    except Denied as denied:
        refuse(form, denied)
        return _list(request, form=form, status=denied.problem.status)
    if received.already:
        done = t("这个文件以前存过，没有再存一次。", "This file was deposited before; nothing was done twice.")
        under_way = t(
            "这个文件 {when} 已经由{who}传过，就是这一批。", "This file was uploaded before, {when} by {who}: it is this batch.",
            when=date_text(received.received_at, "time"), who=received.uploaded_by,
        )  # fmt: skip
        messages.info(request, done if received.state is BatchState.DONE else under_way)
    if received.state in WAITING:
        tasks.defer_batch(batch_id=received.id)
    return redirect("desk:batch", received.number)


@require_safe
@at_work
def batch(request: HttpRequest, number: str) -> HttpResponse:
    """One batch. Asked by htmx it answers the progress card alone; finished, it has the whole page read again."""
    facts = queries.batch(actor_of(request).scope("deposits.read_batches"), number)
    context = {
        "batch": facts,
        "progress": pages.progress(facts),
        "running": pages.is_running(facts),
        "revocation": pages.revocation(facts),
        "place": pages.place(facts),
    }
    if request.headers.get("HX-Request"):
        response = render(request, "desk/progress.html", context)
        if not pages.moves(facts):
            response.headers["HX-Refresh"] = "true"
        return response
    if not context["running"]:
        context |= {"errors": pages.first_errors(facts), "codes": pages.codes(facts)}
    if facts.receipt is not None and facts.leaves is not None and actions.named_range(facts) is None:
        actions.sealed_receipt(number=number, by=actor_of(request), now=clock.now())
        facts = queries.batch(actor_of(request).scope("deposits.read_batches"), number)
    context["range"] = actions.named_range(facts)
    context["may_run"] = actor_of(request).may("deposits.deposit")
    context["columns"], context["fields"] = pages.columns(facts), pages.fields()
    context["title"] = pages.title(facts)
    context["dropped"], context["may_cancel"] = pages.dropped(facts), facts.state in OPEN
    context["may_correct"] = actor_of(request).may("outcomes.correct")
    context["may_revoke"] = pages.may_revoke(facts, actor_of(request))
    return page(request, "desk/batch.html", context, nav="desk:batches")


@require_POST
@at_work
def resume(request: HttpRequest, number: str) -> HttpResponse:
    """Queue a batch again that is paused or stands still; one that runs or is queued is not queued twice."""
    facts = queries.batch(actor_of(request).scope("deposits.deposit"), number)
    if facts.state is BatchState.PAUSED:
        facts = actions.resume(number=number, by=actor_of(request), now=clock.now())
    tasks.defer_batch(batch_id=facts.id)
    messages.info(request, t("已重新排队，会从停下的地方接着存。", "Queued again; it goes on from where it stopped."))
    return redirect("desk:batch", number)


@require_POST
@at_work
def pause(request: HttpRequest, number: str) -> HttpResponse:
    """Stop a batch before its next chunk."""
    actions.pause(number=number, by=actor_of(request), now=clock.now())
    messages.info(request, t("已暂停，存好的行不受影响。", "Paused; what is deposited stays."))
    return redirect("desk:batch", number)


@require_POST
@at_work
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    """End a batch before its end."""
    actions.cancel(number=number, by=actor_of(request), now=clock.now())
    return redirect("desk:batch", number)


@require_POST
@at_work
def columns(request: HttpRequest, number: str) -> HttpResponse:
    """Take the answer to what the columns are, and queue the batch."""
    actor = actor_of(request)
    facts = queries.batch(actor.scope("deposits.deposit"), number)
    pairs = [(one["heading"], request.POST.get(one["name"], "")[:40]) for one in pages.columns(facts)]
    try:
        facts = actions.choose_columns(number=number, pairs=pairs, by=actor, now=clock.now())
    except Denied as denied:
        if denied.problem is BATCH_MOVE:
            raise
        messages.error(request, denied.sentence(language()))
    else:
        tasks.defer_batch(batch_id=facts.id)
    return redirect("desk:batch", number)


@require_POST
@at_work
def forget_column(request: HttpRequest) -> HttpResponse:
    """Forget what a heading of the issuer's means."""
    issuer, heading = request.POST.get("issuer", ""), request.POST.get("heading", "")
    actions.forget_column(issuer_code=issuer, heading=heading, by=actor_of(request), now=clock.now())
    messages.info(request, t("已忘记“{h}”。", "“{h}” is forgotten.", h=heading))
    return redirect("desk:batches")


@require_safe
@at_work
def errors(request: HttpRequest, number: str) -> HttpResponse:
    """The rows that did not go in, as a workbook to correct and upload again. Holds personal data: never kept."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "errors.xlsx"
        actions.write_error_workbook(number=number, path=path, by=actor_of(request))
        response = HttpResponse(path.read_bytes(), content_type=XLSX)
    response.headers["Content-Disposition"] = f'attachment; filename="{number}-errors.xlsx"'
    return response


@require_safe
@at_work
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    """The signed receipt of a batch that has ended, with its place in the log once it is sealed."""
    receipt = actions.sealed_receipt(number=number, by=actor_of(request), now=clock.now())
    response = HttpResponse(receipt, content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{number}-receipt.json"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@at_work
def deposit_one(request: HttpRequest) -> HttpResponse:
    """One outcome by form: a batch of one, deposited while the clerk waits."""
    actor, now = actor_of(request), clock.now()
    actor.scope("deposits.deposit")
    if request.method != "POST":
        return _one(request, OneForm(actor))
    form = OneForm(actor, request.POST)
    if not form.is_valid():
        return _one(request, form, status=422)
    row = {name: value for name, value in form.cleaned_data.items() if name != "issuer_code" and value}
    key = request.POST.get("key", "")[:40]
    issuer = form.cleaned_data["issuer_code"]
    try:
        received = actions.receive_rows(source="form", rows=[row], issuer_code=issuer, by=actor, now=now, key=key)
        facts = actions.run(batch_id=received.id, by=actor, now=now)
    except Denied as denied:
        if denied.problem is BATCH_RUNNING:  # its file is kept: it waits its turn like any other
            tasks.defer_batch(batch_id=received.id)
            return redirect("desk:batch", received.number)
        refuse(form, denied)
        return _one(request, form, status=denied.problem.status)
    if facts.counts.accepted:
        messages.success(request, t("已存入。", "Deposited."))
        return redirect("desk:batch", facts.number)
    for refused in queries.refused_rows(facts.id):
        for error in refused.errors:
            form.add_error(error.field if error.field in form.fields else None, error.sentence(language()))
    return _one(request, form, status=422)


def _one(request: HttpRequest, form: OneForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "key": secrets.token_hex(8)}  # a double click carries one key, the next outcome another
    return page(request, "desk/deposit_one.html", context, nav="desk:batches", status=status)


def _list(
    request: HttpRequest,
    *,
    form: UploadForm | None = None,
    tried: DryRun | None = None,
    tried_name: str = "",
    status: int = 200,
) -> HttpResponse:
    actor = actor_of(request)
    found = Paginator(queries.batches(actor.scope("deposits.read_batches")), PER_PAGE)
    shown = found.get_page(request.GET.get("page"))
    upload_form = (form or UploadForm(actor)) if actor.may("deposits.deposit") else None
    issuer = upload_form.only_issuer if upload_form else ""
    names = actions.column_names(issuer_code=issuer, by=actor) if issuer else []
    context = {
        "page": shown,
        "issuer": issuer,
        "remembered": pages.remembered(names),
        "rows": [pages.batch_row(queries.facts(row)) for row in shown],
        "form": upload_form,
        "tried": pages.tried(tried) if tried else None,
        "tried_name": tried_name,
    }
    return page(request, "desk/batches.html", context, nav="desk:batches", status=status)
