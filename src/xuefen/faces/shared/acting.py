"""What a button does: it is done and said, or refused in words on the page the reader is sent back to."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from xuefen.bank.shell.problems import STALE, Denied
from xuefen.faces.shared.i18n import language
from xuefen.faces.shared.numbers import whole


def carry_out(request: HttpRequest, act: Callable[[], object], done: str, *, back: tuple[str, ...]) -> HttpResponse:
    """Do it, and say ``done`` or the refusal on the page ``back``. What one may not do, or cannot see, is a page of its own."""
    try:
        act()
    except Denied as denied:
        if denied.problem.status in (403, 404):
            raise
        messages.error(request, denied.sentence(language()))
    else:
        messages.success(request, done)
    return redirect(*back)


def seen(request: HttpRequest, field: str) -> int:
    """The version of a thing that the reader saw, from the form they sent. Raises ``Denied(stale)`` when it is none."""
    version = whole(request.POST.get(field, ""))
    if version is None:
        raise Denied(STALE, place=field)
    return version
