"""The page that verifies in the browser: what a certificate's QR code leads to, and the same as one file to take along."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from xuefen.faces.shared.middleware import OWN_CAMERA
from xuefen.faces.shared.verifier import single_file, site_page

FILE_NAME = "xuefen-verify.html"


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The same for everybody: no session, no language cookie, no database. What stands behind ``#`` never comes here."""
    html = site_page(static=f"{settings.STATIC_URL}xuefen/", log="/log/", save=reverse("verify:offline_file"))
    response = HttpResponse(html)
    response.headers["Permissions-Policy"] = OWN_CAMERA
    response.headers["Cache-Control"] = "public, max-age=60"
    return response


@require_safe
def file(request: HttpRequest) -> HttpResponse:
    """One file with the trust file and the status list of this minute inside."""
    response = HttpResponse(single_file(trust=_published("trust.json"), status=_published("status.json")))
    response.headers["Content-Disposition"] = f'attachment; filename="{FILE_NAME}"'
    response.headers["Cache-Control"] = "no-cache"
    return response


def _published(name: str) -> bytes | None:
    try:
        return (Path(settings.XUEFEN_PUBLIC) / name).read_bytes()
    except FileNotFoundError:
        return None
