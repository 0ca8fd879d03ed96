"""The look of an institution's certificates, with a specimen beside the form."""

from __future__ import annotations

import base64

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from xuefen.bank.certificates import actions, queries
from xuefen.bank.certificates.pdf.rendering import Language
from xuefen.bank.certificates.types import PICTURE_BYTES, Template
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied
from xuefen.faces.desk.common import actor_of, at_work, page, refuse
from xuefen.faces.desk.forms_templates import TemplateForm
from xuefen.faces.shared.i18n import language, t
from xuefen.faces.shared.uploads import bounded_upload


def _choices(actor: Actor) -> list[tuple[str, str]]:
    """Whose certificates the actor designs: (code, name), the bank's own first."""
    scope = actor.scope("certificates.design")
    found = [(one.code, one.name_zh) for one in institutions.institutions(scope)[:200]]
    return (
        [("", t("学分银行（没有自己样式的机构都用它）", "The bank (for all without their own)")), *found]
        if scope.everything
        else found
    )


@bounded_upload(3 * PICTURE_BYTES)
@require_http_methods(["GET", "HEAD", "POST"])
@at_work
def template(request: HttpRequest) -> HttpResponse:
    """See and change it. With ``preview`` nothing is written: the specimen shows what it would look like."""
    actor, now = actor_of(request), clock.now()
    choices = _choices(actor)
    wanted = request.POST.get("institution", request.GET.get("institution"))
    code = wanted if wanted is not None else next((code for code, _ in choices), "")
    scope = actor.scope("certificates.design")
    versions = queries.templates.versions(scope, code)
    shown: Template | None = versions[0] if versions else None
    form = TemplateForm(request.POST or None, request.FILES or None, house=shown)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            given = {"institution_code": code, **form.given(), "by": actor, "now": now}
            try:
                if "preview" in request.POST:
                    shown, status = actions.drafted(**given), 200
                else:
                    made = actions.design(**given)
                    done = t(
                        "已存为第 {n} 版，以后签发的证书用它。",
                        "Saved as version {n}, for certificates issued from now on.",
                        n=made.version,
                    )
                    messages.success(request, done)
                    return redirect(f"{reverse('desk:template')}?institution={code}")
            except Denied as denied:
                refuse(form, denied)
                status = denied.problem.status
    first: Language = "en" if language() == "en" else "zh"
    specimen = base64.b64encode(queries.templates.preview(shown, language=first)).decode()
    context = {
        "form": form,
        "choices": choices,
        "code": code,
        "versions": versions,
        "specimen": specimen,
        "drafted": shown is not None and shown.id == 0,
    }
    return page(request, "desk/template.html", context, nav="desk:template", status=status)
