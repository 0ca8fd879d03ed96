"""The public catalogue: what can be learnt, and what programmes ask for."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from xuefen.bank.catalogue import queries
from xuefen.faces.verify import pages_catalogue as pages

LINKS = [{"url": "/verify/log/", "text": ("公开日志", "Public log")}]


@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """Items and programmes by name or code, institution, class and level."""
    context = pages.listing(request.GET)
    found = context["found"]
    page = Paginator(range(found.pages), 1).get_page(found.page)
    return _page(request, "verify/catalogue.html", {**context, "page": page})


@require_safe
def programme(request: HttpRequest, institution: str, code: str) -> HttpResponse:
    """One programme: what graduation asks for, as a picture and in words."""
    found = queries.programme(institution, code, request.GET.get("version") or None)
    names = pages.institution_names([found.institution_id])
    context = {
        "programme": found,
        "institution": names[found.institution_id],
        "award": pages.AWARDS.get(found.award, ""),
        "versions": queries.programme_versions(institution, code),
    }
    return _page(request, "verify/programme.html", context)


@require_safe
def item(request: HttpRequest, institution: str, code: str) -> HttpResponse:
    """One item: its versions, the programmes and rules it is in, and what resembles it."""
    return _page(request, "verify/item.html", pages.item(queries.item_story(institution, code)))


def _page(request: HttpRequest, template: str, context: dict[str, object]) -> HttpResponse:
    nav = "" if template == "verify/catalogue.html" else "verify:catalogue"
    return render(request, template, {"nav": nav, "footer_links": LINKS, **context})
