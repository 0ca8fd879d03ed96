"""Forms with a file: bounded before they are read."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from xuefen.bank.deposits.types import FILE_TOO_LARGE
from xuefen.bank.shell.problems import Denied

View = Callable[..., HttpResponse]
FORM_BYTES = 64 * 1024
"""What a form weighs besides its file, at most."""


def bounded_upload(most_bytes: int) -> Callable[[View], View]:
    """Refuse a body that is too large before a byte of it is read: CSRF is checked after its length, not before."""

    def decorate(view: View) -> View:
        protected = csrf_protect(view)

        @wraps(view)
        def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            length = request.META.get("CONTENT_LENGTH") or "0"
            if not length.isdigit() or int(length) > most_bytes + FORM_BYTES:
                raise Denied(FILE_TOO_LARGE, place="file", most_mb=most_bytes // 2**20)
            return protected(request, *args, **kwargs)

        return csrf_exempt(run)

    return decorate
