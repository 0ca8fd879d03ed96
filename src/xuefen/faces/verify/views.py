"""The public pages: verify a certificate, the catalogue, the rules, the notices, the log. Nobody signs in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from xuefen.bank.certificates import queries as certificates
from xuefen.bank.certificates.types import CERTIFICATE_NUMBER, CERTIFICATE_UNKNOWN, MAX_FILE_BYTES, VERIFY_TOO_LARGE
from xuefen.bank.recognition import actions as recognition_actions
from xuefen.bank.recognition import queries as recognition
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import PUBLIC
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock import ids
from xuefen.bedrock.workdays import STATUTORY
from xuefen.faces.shared.i18n import language, say, t
from xuefen.faces.shared.middleware import OWN_CAMERA
from xuefen.faces.shared.rates import spend
from xuefen.faces.shared.verifier import PAGE
from xuefen.faces.shared.views import error_page
from xuefen.faces.verify import pages
from xuefen.faces.verify.forms import MOST_MB, ObjectionForm, VerifyForm

VERIFY = "verify/home.html"
LINKS = [{"url": "/verify/log/", "text": ("公开日志", "Public log")}]
FORM_BYTES = 64 * 1024
"""What a form weighs besides its file, at most."""
OBJECTIONS, MINUTES = 20, 60
"""Each stops a notice until somebody answers it: one address may not stop them all."""


def _page(
    request: HttpRequest, template: str, context: dict[str, Any], *, nav: str = "", status: int = 200
) -> HttpResponse:
    if template != VERIFY:
        return render(request, template, {"nav": nav, "footer_links": LINKS, **context}, status=status)
    troubles = [(code, say(PAGE[code])) for code in PAGE if code.startswith("camera_") or code == "no_code"]
    shown = {"nav": nav, "footer_links": LINKS, "troubles": troubles, **context}
    response = render(request, template, shown, status=status)
    response.headers["Permissions-Policy"] = OWN_CAMERA
    return response


@csrf_exempt  # verifying changes nothing; so the body is not read before its size is known
@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """Verify by number or by file."""
    if request.method != "POST":
        return _page(request, VERIFY, {"form": VerifyForm()})
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > MAX_FILE_BYTES + FORM_BYTES:
        sentence = VERIFY_TOO_LARGE.sentence(language(), {"most_mb": MOST_MB})
        return error_page(
            request,
            status=413,
            title=t("文件太大", "The file is too large"),
            sentence=sentence,
            code=VERIFY_TOO_LARGE.code,
        )
    form = VerifyForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, VERIFY, {"form": form}, status=422)
    file: UploadedFile[Any] | None = form.cleaned_data["file"]
    if file is None:
        return _by_number(request, form)
    try:
        report = certificates.verify(file.read(), now=clock.now())
    except Denied as denied:
        form.add_error("file", denied.sentence(language()))
        return _page(request, VERIFY, {"form": form}, status=denied.problem.status)
    context = {"form": VerifyForm(), "verdict": pages.verdict(report)}
    return _page(request, VERIFY, context)


def _by_number(request: HttpRequest, form: VerifyForm) -> HttpResponse:
    try:
        number = ids.check(ids.NumberClass.CERTIFICATE, form.cleaned_data["number"])
    except ids.BadNumber as bad:
        form.add_error("number", say(bad))
        return _page(request, VERIFY, {"form": form}, status=422)
    return redirect("verify:certificate", number)


@require_safe
def certificate(request: HttpRequest, number: str) -> HttpResponse:
    """What a QR code leads to: what the bank itself says about this number. The holder's name is masked."""
    context: dict[str, Any] = {"form": VerifyForm(initial={"number": number[:40]})}
    try:
        known = ids.check(ids.NumberClass.CERTIFICATE, number)
        report = certificates.public(known, now=clock.now())
    except ids.BadNumber:
        context["missing"] = CERTIFICATE_NUMBER.sentence(language())
        return _page(request, VERIFY, context, nav="verify:home", status=404)
    except Denied as denied:
        context["missing" if denied.problem is CERTIFICATE_UNKNOWN else "waiting"] = denied.sentence(language())
        return _page(request, VERIFY, context, nav="verify:home", status=denied.problem.status)
    context |= {"form": VerifyForm(initial={"number": ids.display(known)}), "verdict": pages.verdict(report)}
    return _page(request, VERIFY, {**context, "by_number": True}, nav="verify:home")


@require_http_methods(["GET", "HEAD"])
def notices(request: HttpRequest) -> HttpResponse:
    """Applications on public notice, names masked."""
    return _notices(request)


@require_http_methods(["POST"])
def object_(request: HttpRequest, number: str) -> HttpResponse:
    """Object to an application on public notice."""
    form = ObjectionForm(request.POST)
    if not form.is_valid():
        return _notices(request, open_number=number, form=form, status=422)
    try:
        spend(request, "objection", most=OBJECTIONS, minutes=MINUTES)
        recognition_actions.object_(number=number, **form.cleaned_data, by=PUBLIC, now=clock.now())
    except Denied as denied:
        form.add_error(denied.place if denied.place in form.fields else None, denied.sentence(language()))
        return _notices(request, open_number=number, form=form, status=denied.problem.status)
    messages.success(
        request,
        t(
            "收到了您的异议。公示已暂停，处理完会答复您。",
            "Your objection has arrived. The notice is stopped until it is answered.",
        ),
    )
    return redirect("verify:notices")


def _notices(
    request: HttpRequest, *, open_number: str = "", form: ObjectionForm | None = None, status: int = 200
) -> HttpResponse:
    works_today = STATUTORY.is_working_day(clock.today())
    rows = [
        {
            "notice": notice,
            "open": notice.number == open_number,
            "form": (form if notice.number == open_number else None) or ObjectionForm(auto_id=f"{notice.number}_%s"),
        }
        for notice in recognition.public_notices(now=clock.now())
    ]
    return _page(
        request, "verify/notices.html", {"rows": rows, "works_today": works_today}, nav="verify:notices", status=status
    )


@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """The public log: how large it is, what was last signed, how to check it without us."""
    return _page(request, "verify/log.html", pages.log_facts())
