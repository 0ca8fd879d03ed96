"""What every request gets: rules for the browser, a bound on what is read, its actor, and a plain page for a refusal."""

from __future__ import annotations

import logging
from collections.abc import Callable
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme

from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import NOT_SIGNED_IN, Denied
from xuefen.bank.staff.queries import actor_for
from xuefen.faces.shared.i18n import language, t
from xuefen.faces.shared.storage import is_full
from xuefen.faces.shared.views import bad_request, error_page, method_not_allowed, storage_full, too_large, unavailable

log = logging.getLogger(__name__)
CONTENT_SECURITY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
MOST_FORM_BYTES = 256 * 1024
"""What the body of a form without a file may weigh; the longest text a form takes is far shorter."""

NO_DEVICES = "camera=(), microphone=(), geolocation=()"
OWN_CAMERA = "camera=(self), microphone=(), geolocation=()"
"""For the pages that scan a QR code; everywhere else a script could not open the camera."""

Respond = Callable[[HttpRequest], HttpResponse]
View = Callable[..., HttpResponse]


class DoorMiddleware:
    """The outermost one: what a browser may do with an answer stands on every answer, also on those no view made.

    A form is bounded before it is read: the CSRF check reads it first, files in it go to disk, and anybody may send one.
    Views that are exempt from that check look at the length themselves.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY)
        response.headers.setdefault("Permissions-Policy", NO_DEVICES)
        response.headers.setdefault(
            "Cache-Control", "no-cache"
        )  # what was revoked shows at once, whoever stands between
        return response

    def process_view(
        self, request: HttpRequest, view: View, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> HttpResponse | None:
        if getattr(view, "csrf_exempt", False):
            return None
        length = request.META.get("CONTENT_LENGTH") or "0"
        return None if length.isdecimal() and int(length) <= MOST_FORM_BYTES else too_large(request)


class ActorMiddleware:
    """Gives each request ``request.actor`` (resolved when first asked for) and turns ``Denied`` into a page.

    The API has a handler of its own (RFC 9457) and never lets a ``Denied`` come this far.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = SimpleLazyObject(lambda: actor_for(request.user, now=clock.now()))  # type: ignore[attr-defined]
        response = bad_request(request) if _holds_nul(request) else self.get_response(request)
        if response.status_code == 405 and not response.content:
            response = method_not_allowed(request, allow=response["Allow"])
        if settings.SESSION_COOKIE_NAME in request.COOKIES:  # a page that knows who reads it, also when it is an error
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if is_full(exception):
            log.error("%s %s: no space left: %s", request.method, request.path, exception)
            return storage_full(request)
        if isinstance(exception, (OperationalError, InterfaceError)):
            log.error("%s %s: the database is away: %s", request.method, request.path, exception)
            return unavailable(request)
        if not isinstance(exception, Denied):
            return None
        signed_in = request.user.is_authenticated
        if exception.problem is NOT_SIGNED_IN or (exception.problem.status == 403 and not signed_in):
            return redirect(f"/signin/?next={quote(_return_to(request))}")
        return error_page(
            request,
            status=exception.problem.status,
            title=t("这件事没有办成", "This could not be done"),
            sentence=exception.sentence(language()),
            code=exception.code,
        )


def _holds_nul(request: HttpRequest) -> bool:
    """No text in the database holds a NUL, and it refuses to be asked for one. API and log answer in their own shape."""
    nul = "\0" in request.path or "%00" in request.META.get("QUERY_STRING", "")
    return nul and not request.path.startswith(("/api/", "/log/"))


def _return_to(request: HttpRequest) -> str:
    """Where to go on after signing in: the page asked for, or the page of the button that was pressed."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    came_from = request.META.get("HTTP_REFERER", "")
    ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    return urlsplit(came_from).path if ours else "/"
