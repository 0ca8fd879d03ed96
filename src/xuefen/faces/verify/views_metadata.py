"""The metadata model for schools: what a deposit sheet holds, its code lists, and a box that checks a sheet before it is sent."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from xuefen.bank.deposits import actions as deposits
from xuefen.bank.deposits.rules import FIELDS
from xuefen.bank.deposits.rules.checking import Checked
from xuefen.bank.deposits.types import FILE_TOO_LARGE
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.shell.problems import NOT_FOUND, Denied
from xuefen.bank.standards import queries
from xuefen.bank.standards.rules.metadata import code_lists
from xuefen.bank.standards.types import Loaded
from xuefen.faces.shared import metadata, rates
from xuefen.faces.shared.i18n import language, say, t, t_lazy
from xuefen.faces.shared.views import error_page

CHECKS, MINUTES = 20, 10
"""Sheets one address may check in so many minutes."""
SHOWN = 200
"""Errors a page lists; the API tells more."""
FORM_BYTES = 64 * 1024
NAV = "standards:metadata"


class CheckForm(forms.Form):
    """Rows pasted from a spreadsheet, or the file itself."""

    rows = forms.CharField(
        label=t_lazy("把表头和几行粘贴在这里", "Paste the header and some rows here"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 7, "class": "xf-code xf-paste", "spellcheck": "false", "wrap": "off"}),
    )
    file = forms.FileField(
        label=t_lazy(
            "或者选择文件（xlsx、csv、JSON lines、OneRoster）", "Or choose a file (xlsx, csv, JSON lines, OneRoster)"
        ),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.tsv,.txt,.jsonl,.zip"}),
    )
    issuer = forms.ChoiceField(
        label=t_lazy("按哪个机构的目录核对", "Check against whose catalogue"),
        required=False,
        help_text=t_lazy(
            "选了机构，就连成果代码和学分也一起核对。",
            "With an institution, item codes and credit are checked as well.",
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = institutions.institutions(EVERYTHING).order_by("name_zh")[:500]
        choices = [(row.code, f"{say((row.name_zh, row.name_en))}（{row.code}）") for row in rows]
        self.fields["issuer"].choices = [("", t_lazy("不核对目录", "No catalogue")), *choices]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if not self.errors and not values.get("file") and not (values.get("rows") or "").strip():
            self.add_error("rows", t("请粘贴几行，或者选择文件。", "Paste some rows or choose a file."))
        return values


@csrf_exempt  # checking changes nothing; so the body is not read before its size is known
@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """The model, and the box."""
    if request.method != "POST":
        return _page(request, CheckForm())
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > deposits.MOST_CHECKED_BYTES + FORM_BYTES:
        sentence = FILE_TOO_LARGE.sentence(language(), {"most_mb": deposits.MOST_CHECKED_BYTES // 2**20})
        title = t("文件太大", "The file is too large")
        return error_page(request, status=413, title=title, sentence=sentence, code=FILE_TOO_LARGE.code)
    form = CheckForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=422)
    file = form.cleaned_data["file"]
    content: bytes = file.read() if file else form.cleaned_data["rows"].encode()
    try:
        rates.spend(request, "metadata", most=CHECKS, minutes=MINUTES)
        found = deposits.check_sheet(content=content, issuer_code=form.cleaned_data["issuer"], now=clock.now())
    except Denied as denied:
        form.add_error("file" if file else "rows", denied.sentence(language()))
        return _page(request, form, status=denied.problem.status)
    return _page(request, form, found=found)


def _page(request: HttpRequest, form: CheckForm, *, found: Checked | None = None, status: int = 200) -> HttpResponse:
    loaded = _loaded()
    context = {
        "nav": NAV,
        "form": form,
        "fields": FIELDS.values(),
        "lists": code_lists(loaded.pack).values(),
        "loaded": loaded,
        "by_sign_in": metadata.BY_SIGN_IN,
        "found": found,
        "errors": [_line(error) for error in found.errors[:SHOWN]] if found else [],
        "shown": SHOWN,
    }
    return render(request, "verify/metadata.html", context, status=status)


def _line(error: Any) -> dict[str, Any]:
    where = " ".join(filter(None, [error.letter, error.heading]))
    return {"row": error.row, "where": where, "typed": error.typed, "sentence": error.sentence(language())}


def _loaded() -> Loaded:
    return queries.current(on=clock.today())


@require_safe
def model(request: HttpRequest) -> HttpResponse:
    """All of it for programs."""
    return JsonResponse(metadata.model(_loaded()), json_dumps_params={"ensure_ascii": False})


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """JSON Schema of a sheet's rows."""
    response = JsonResponse(metadata.schema(_loaded()), json_dumps_params={"ensure_ascii": False})
    response["Content-Type"] = "application/schema+json"
    return response


@require_safe
def code_list(request: HttpRequest, name: str) -> HttpResponse:
    """One code list as CSV."""
    lists = code_lists(_loaded().pack)
    if name not in lists:
        raise Denied(NOT_FOUND, place="name")
    return _csv(metadata.list_csv(lists[name]), f"{name}.csv")


@require_safe
def template(request: HttpRequest) -> HttpResponse:
    """An empty sheet with one example row."""
    return _csv(metadata.template_csv(), "deposit-sheet.csv")


def _csv(text: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
