"""The door of the hall: who may enter a learner's page, and what every such page is told."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from xuefen.bank.shell.problems import NOT_SIGNED_IN, Denied, Problem

View = Callable[..., HttpResponse]
HOME = "/home/"

LEARNER_ONLY = Problem(
    "learner_only",
    "这一页是学习者自己的账户页。工作人员请到工作台；要看自己的账户，请用自己的账号登录。",
    "This page belongs to a learner's own account. Staff work at the desk; sign in with your own account to see it.",
    status=403,
)


def learner_page(view: View) -> View:
    """Let only a signed-in learner in; the answer is never kept by a browser or a proxy, because it is personal.

    Raises ``Denied``: not_signed_in, learner_only.
    """

    @never_cache
    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.actor.kind == "public":  # type: ignore[attr-defined]
            raise Denied(NOT_SIGNED_IN)
        if request.actor.learner_id is None:  # type: ignore[attr-defined]
            if request.actor.kind == "staff" and request.path == HOME:  # type: ignore[attr-defined]
                return redirect("/desk/")  # staff at the hall's front door are shown to the desk
            raise Denied(LEARNER_ONLY)
        return view(request, *args, **kwargs)

    return guarded


def show(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """Render a page of the hall with its reader's (masked) name in the header."""
    name = request.actor.name if request.actor.learner_id else ""  # type: ignore[attr-defined]
    return render(request, f"hall/{template}", {"who": name, **(context or {})}, status=status)
