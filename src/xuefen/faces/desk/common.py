"""What every page of the desk needs: who is at work, for whom, and which pages their post opens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.problems import NOT_ALLOWED, NOT_SIGNED_IN, Denied
from xuefen.bank.staff import queries as staff
from xuefen.faces.shared.frames import pages_of, role_of
from xuefen.faces.shared.i18n import language, say, t_lazy

View = Callable[..., HttpResponse]
HOME = "/desk/"
ANOTHER_WAS_FIRST = {
    "invalid_choice": t_lazy(
        "您看到的内容已经变了，请看清现在的状态再定。",
        "What you saw has changed meanwhile; look at it and decide again.",
    )
}
"""For a choice of moves: one that was there and is gone was taken by somebody else."""


def at_work(view: View) -> View:
    """Only for staff: nobody signed in goes to the sign-in, a learner is told that this is not their door.

    The answer is never kept by a browser or a proxy: counters are shared machines.
    """

    @never_cache
    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        actor = actor_of(request)
        if actor.kind == "public":
            raise Denied(NOT_SIGNED_IN)
        if actor.kind != "staff":
            if request.path == HOME:
                return redirect("/home/")  # a learner at the desk's front door is shown to their own
            raise Denied(NOT_ALLOWED, action="desk")
        return view(request, *args, **kwargs)

    return run


def actor_of(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def page(
    request: HttpRequest, template: str, context: Mapping[str, Any], *, nav: str = "", status: int = 200
) -> HttpResponse:
    """A page of the desk; ``nav`` is the header link it lies under. One query, for whom the actor works."""
    actor = actor_of(request)
    posts = staff.posts(EVERYTHING, on=clock.today()).filter(user_id=actor.user_id or 0)
    post = posts.first()
    frame = {
        "who": actor.name,
        "who_role": role_of(actor),
        "who_org": _organisation(post),
        "desk_pages": pages_of(actor),
        "nav": nav,
    }
    return render(request, template, {**frame, **context}, status=status)


def _organisation(post: Any) -> str:
    if post is None:
        return ""
    if post.institution is not None:
        return str(say((post.institution.name_zh, post.institution.name_en)))
    return str(post.place.name)


def tell(request: HttpRequest, form: forms.Form) -> None:
    """Say on top of the page why a form was refused that has no place on it any more: somebody else was first."""
    for errors in form.errors.values():
        for sentence in errors:
            messages.error(request, str(sentence))


def refuse(form: forms.Form, denied: Denied) -> None:
    """Put a room's refusal where the reader can mend it: under its field, or on top of the form."""
    form.add_error(denied.place if denied.place in form.fields else None, denied.sentence(language()))
