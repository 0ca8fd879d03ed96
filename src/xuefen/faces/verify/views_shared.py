"""What a learner's link to a part of a certificate shows, to whoever has it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from xuefen.bank.certificates import actions
from xuefen.bank.certificates.types import REASON_WORDS
from xuefen.bank.shell import clock


@never_cache
@require_safe
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """The chosen fields, and whether the certificate counts at this moment."""
    paper = actions.open_paper(token=token, now=clock.now())
    why = REASON_WORDS[paper.reason] if paper.reason else ""
    issuer = (paper.issuer.zh, paper.issuer.en)
    context = {"paper": paper, "issuer": issuer, "why": why, "token": token, "nav": "verify:home"}
    return render(request, "verify/shared.html", context)


@never_cache
@require_safe
def credential(request: HttpRequest, token: str) -> HttpResponse:
    """The same as a signed file that ends with the link; taking it counts as an opening too."""
    paper = actions.open_paper(token=token, now=clock.now())
    answer = HttpResponse(paper.sd_jwt, content_type="application/dc+sd-jwt")
    answer["Content-Disposition"] = 'attachment; filename="shared.sd-jwt"'
    return answer
