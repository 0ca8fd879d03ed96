"""Standards at the desk: what is in force, one version, two compared, the editor, and requests for new kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuefen.bank.institutions import queries as institutions
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards import actions, queries
from xuefen.bank.standards.rules import check_text
from xuefen.bank.standards.rules.diff import compare as differences
from xuefen.bank.standards.rules.diff import to_yaml
from xuefen.bank.standards.types import PackError
from xuefen.faces.desk import pages_standards as pages
from xuefen.faces.desk.common import actor_of, at_work, page, refuse
from xuefen.faces.desk.forms_standards import EditForm, KindForm, RetireForm, ReviewForm
from xuefen.faces.shared.i18n import language, say, t

NAV = "desk:standards"


@require_safe
@at_work
def standards(request: HttpRequest) -> HttpResponse:
    """Every standard with its versions, and what waits for somebody."""
    return page(request, "desk/standards.html", pages.overview(actor_of(request), now=clock.now()), nav=NAV)


@require_safe
@at_work
def version(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """One version as chapters; every value with what it rests on."""
    return _version(request, code, number)


def _version(
    request: HttpRequest, code: str, number: int, *, form: forms.Form | None = None, status: int = 200
) -> HttpResponse:
    by, today = actor_of(request), clock.today()
    context = pages.version(code, number, today=today)
    row = context["row"]
    publishes = by.may("standards.publish")
    open_ended = row.retired_on is None or row.retired_on > today
    context |= {
        "may_propose": by.may("standards.propose"),
        "retire_form": (form if isinstance(form, RetireForm) else RetireForm()) if publishes and open_ended else None,
        "review_form": (form if isinstance(form, ReviewForm) else ReviewForm()) if publishes and open_ended else None,
        "others": [other for other in queries.listed() if (other.code, other.version) != (row.code, row.version)],
    }
    return page(request, "desk/standard.html", context, nav=NAV, status=status)


@require_safe
@at_work
def version_yaml(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The version as YAML."""
    row = queries.version_row(code, number)
    return yaml_file(to_yaml(queries.body_of(row.id)), f"{row.code}-{row.version}.yaml")


def yaml_file(text: str, name: str) -> HttpResponse:
    """A download; the name holds letters, figures and marks of a standard's code only."""
    response = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_POST
@at_work
def retire(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Set a version's end."""
    done = t("停用日期已经定下，写进了公开日志。", "Its end is set and stands in the public log.")
    return _settle(request, code, number, form=RetireForm(request.POST), act=actions.retire, done=done)


@require_POST
@at_work
def review(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The yearly revision found nothing to change."""
    done = t("今年的修订核对已经记下。", "This year's revision is recorded.")
    return _settle(request, code, number, form=ReviewForm(request.POST), act=actions.confirm_review, done=done)


def _settle(
    request: HttpRequest, code: str, number: int, *, form: forms.Form, act: Callable[..., object], done: str
) -> HttpResponse:
    by = actor_of(request)
    by.scope("standards.publish")
    row = queries.version_row(code, number)
    if not form.is_valid():
        return _version(request, code, number, form=form, status=422)
    try:
        act(version_id=row.id, **form.cleaned_data, by=by, now=clock.now())
    except Denied as denied:
        refuse(form, denied)
        return _version(request, code, number, form=form, status=denied.problem.status)
    messages.success(request, done)
    return redirect("desk:standard", code, number)


@require_safe
@at_work
def compare(request: HttpRequest) -> HttpResponse:
    """Two versions or proposals side by side, the differences in words."""
    by = actor_of(request)
    refs = [request.GET.get(name, "")[:80] for name in ("a", "b")]
    rows = queries.listed()
    known = [
        (f"{row.code}/{row.version}", f"{row.code} {t('第 {v} 版', 'version {v}', v=row.version)}") for row in rows
    ]
    if queries.works_inside(by):
        known += [
            (row.number, t("提案 {c} 第 {v} 版", "Proposal {c} version {v}", c=row.code, v=row.version))
            for row in queries.proposals(by, running=True)
        ]
    context: dict[str, Any] = {"known": known, "a": refs[0], "b": refs[1]}
    if all(refs):
        first, second = (pages.side(by, ref) for ref in refs)
        context |= {"first": first, "second": second, "changes": differences(first.body, second.body)}
    return page(request, "desk/standard_compare.html", context, nav=NAV)


# --- the editor ------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@at_work
def edit(request: HttpRequest) -> HttpResponse:
    """Write the next version: as text, by the short form of numbers, or from a file; checked before it is proposed."""
    by = actor_of(request)
    by.scope("standards.propose")
    if request.method != "POST":
        return _editor(request, EditForm(initial={"text": _starting_text(by, request.GET.get("from", "")[:80])}))
    form = EditForm(request.POST, request.FILES)
    form.is_valid()  # notes its faults; the text is judged below, whatever they are
    text, said = _given_text(request, form), request.POST.get("do", "check")
    if said == "values":
        document, errors = check_text(text)
        if isinstance(document.body, dict):
            given = {name[2:]: value for name, value in request.POST.items() if name.startswith("v:")}
            text = to_yaml(pages.with_values(document.body, {k: str(v) for k, v in given.items()}))
    bound = EditForm(data={"text": text, "note": request.POST.get("note", "")})
    bound.is_valid()
    document, errors = check_text(text)
    if said != "propose" or errors or form.errors:
        return _editor(request, bound, checked=True, status=422 if errors and said == "propose" else 200)
    try:
        number = actions.propose(body=document.body, note=request.POST.get("note", ""), by=by, now=clock.now())
    except Denied as denied:
        refuse(bound, denied)
        return _editor(request, bound, checked=True, status=denied.problem.status)
    messages.success(request, t("已经提出，等至少两位专家比对。", "Proposed; at least two experts compare it now."))
    return redirect("desk:standard_proposal", number)


def _given_text(request: HttpRequest, form: EditForm) -> str:
    file = request.FILES.get("file")
    if file is None:
        return str(request.POST.get("text", "")).replace("\r\n", "\n")
    try:
        return str(file.read().decode("utf-8-sig"))
    except UnicodeDecodeError:
        form.add_error("file", t("文件应为 UTF-8 编码的文字。", "The file must be UTF-8 text."))
        return str(request.POST.get("text", "")).replace("\r\n", "\n")


def _starting_text(by: Actor, ref: str) -> str:
    """The next version's text before anything is changed: the version or proposal it starts from."""
    if not ref:
        return ""
    body = dict(pages.side(by, ref).body)
    body |= {"version": queries.newest_version(str(body["code"])) + 1, "retired_on": None}
    return to_yaml(body)


def _editor(request: HttpRequest, form: EditForm, *, checked: bool = False, status: int = 200) -> HttpResponse:
    for name in ("text", "note"):  # shown as needed, though a check goes without a note
        form.fields[name].required = True
    text = str(form["text"].value() or "")
    document, errors = check_text(text) if text else (None, [])
    body = document.body if document is not None and isinstance(document.body, dict) else None
    before = None
    if body is not None and not errors:
        before = pages.newest_before(str(body["code"]), int(body["version"]))
    context = {
        "form": form,
        "checked": checked,
        "errors": [_fault(line, error) for line, error in errors[:200]],
        "count": len(errors),
        "values": pages.values(body) if body is not None else [],
        "before": before,
        "changes": differences(queries.body_of(before.id), body) if before is not None and body is not None else None,
    }
    return page(request, "desk/standard_edit.html", context, nav=NAV, status=status)


def _fault(line: int, error: PackError) -> dict[str, Any]:
    return {"line": line, "path": error.path, "sentence": say((error.zh, error.en))}


# --- new kinds of outcome --------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@at_work
def kinds(request: HttpRequest) -> HttpResponse:
    """Requests for new kinds of outcome with their three months; ask for another."""
    by = actor_of(request)
    by.scope("standards.ask_kind")
    if request.method != "POST":
        return _kinds(request)
    form = KindForm(request.POST, institutions=_askers(by))
    if not form.is_valid():
        return _kinds(request, form=form, status=422)
    try:
        actions.ask_kind(**form.cleaned_data, by=by, now=clock.now())
    except Denied as denied:
        refuse(form, denied)
        return _kinds(request, form=form, status=denied.problem.status)
    messages.success(request, t("已经登记，三个月内要有标准。", "Registered; its standard is due within three months."))
    return redirect("desk:standard_kinds")


def _askers(by: Actor) -> list[tuple[str, str]]:
    """For whom the actor may ask: an issuer for its own institutions, the hub for all or for none."""
    scope = by.scope("standards.ask_kind")
    rows = institutions.institutions(scope).order_by("name_zh")
    found = [(row.code, str(say((row.name_zh, row.name_en)))) for row in rows]
    return [("", t("总平台", "The hub")), *found] if scope.everything else found


def _kinds(request: HttpRequest, *, form: KindForm | None = None, status: int = 200) -> HttpResponse:
    by = actor_of(request)
    context = {
        "kinds": pages.kinds(by, today=clock.today()),
        "form": form or KindForm(institutions=_askers(by)),
        "may_close": by.may("standards.publish"),
    }
    return page(request, "desk/standard_kinds.html", context, nav=NAV, status=status)


@require_POST
@at_work
def close_kind(request: HttpRequest, number: str) -> HttpResponse:
    """Settle a request by a type that covers it, or decline it with a reason."""
    by = actor_of(request)
    by.scope("standards.publish")
    now = clock.now()
    try:
        if request.POST.get("do") == "settle":
            code = request.POST.get("type_code", "")[:40]
            actions.settle_kind(number=number, type_code=code, by=by, now=now)
        else:
            actions.decline_kind(number=number, reason=request.POST.get("reason", ""), by=by, now=now)
    except Denied as denied:
        if denied.problem.status == 404:
            raise
        messages.error(request, denied.sentence(language()))
        return redirect("desk:standard_kinds")
    messages.success(request, t("已经办结。", "The request is closed."))
    return redirect("desk:standard_kinds")
