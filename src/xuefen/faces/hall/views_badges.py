"""Badges of other people: bringing one, and seeing those that are kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from xuefen.bank.certificates import actions, queries
from xuefen.bank.certificates.types import BADGE_BYTES, CHECK_NAMES, KIND_TITLES, BadgeFacts, Check
from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import Denied
from xuefen.faces.hall.doors import learner_page, show
from xuefen.faces.hall.forms import BadgeForm
from xuefen.faces.shared.i18n import language, t
from xuefen.faces.shared.uploads import bounded_upload


@require_http_methods(["GET", "HEAD", "POST"])
@bounded_upload(BADGE_BYTES)
@learner_page
def badges(request: HttpRequest) -> HttpResponse:
    """All badges the learner brought; POST verifies one more and keeps it."""
    actor = request.actor  # type: ignore[attr-defined]
    form, status = BadgeForm(), 200
    if request.method == "POST":
        form = BadgeForm(request.POST, request.FILES)
        if form.is_valid():
            file: UploadedFile[Any] = form.cleaned_data["file"]
            try:
                kept = actions.import_badge(learner_id=actor.learner_id, content=file.read(), by=actor, now=clock.now())
            except Denied as denied:
                form.add_error("file", denied.sentence(language()))
                status = denied.problem.status
            else:
                messages.success(
                    request, t("“{x}”核验过了，已经收下。", "“{x}” was verified and is kept.", x=kept.name)
                )
                return redirect("hall:badges")
        else:
            status = 422
    rows = [_row(badge) for badge in queries.badges(actor.learner_id)]
    return show(request, "badges.html", {"rows": rows, "form": form, "nav": "hall:home"}, status=status)


def _row(badge: BadgeFacts) -> dict[str, Any]:
    return {
        "badge": badge,
        "kind": KIND_TITLES[badge.kind],
        "awarded": datetime.fromisoformat(badge.awarded_at) if badge.awarded_at else None,
        "checks": [{"label": CHECK_NAMES[Check(check)], "text": (zh, en)} for check, _, zh, en in badge.verdicts],
    }
