"""What every request gets: its actor, and a plain page for a refusal."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import SimpleLazyObject

from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import NOT_SIGNED_IN, Denied
from xuefen.bank.staff.queries import actor_for
from xuefen.faces.shared.i18n import language, t
from xuefen.faces.shared.views import error_page

CONTENT_SECURITY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"


class ActorMiddleware:
    """Gives each request ``request.actor`` (resolved when first asked for) and turns ``Denied`` into a page.

    The API has a handler of its own (RFC 9457) and never lets a ``Denied`` come this far.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = SimpleLazyObject(lambda: actor_for(request.user, now=clock.now()))  # type: ignore[attr-defined]
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Denied):
            return None
        signed_in = request.user.is_authenticated
        if exception.problem is NOT_SIGNED_IN or (exception.problem.status == 403 and not signed_in):
            return redirect(f"/signin/?next={request.path}")
        return error_page(
            request,
            status=exception.problem.status,
            title=t("这件事没有办成", "This could not be done"),
            sentence=exception.sentence(language()),
            code=exception.code,
        )
