"""Changing one's own password, for learners and staff alike."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import NOT_SIGNED_IN, Denied
from xuefen.bank.staff import actions as staff
from xuefen.bank.staff.types import PASSWORD_WRONG
from xuefen.faces.hall.forms import PasswordForm
from xuefen.faces.shared.frames import frame
from xuefen.faces.shared.i18n import language, t
from xuefen.faces.shared.signin import give_back, knock


@never_cache
@sensitive_post_parameters("old", "new", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Change one's password; this browser stays signed in, every other one does not."""
    if request.actor.kind == "public":  # type: ignore[attr-defined]
        raise Denied(NOT_SIGNED_IN)
    form = PasswordForm(request.POST or None)
    if form.is_valid():
        try:
            _change(request, old=form.cleaned_data["old"], new=form.cleaned_data["new"])
        except Denied as denied:
            field = {"password": "new"}.get(denied.place, denied.place)
            form.add_error(field if field in form.fields else None, denied.sentence(language()))
        else:
            messages.success(
                request,
                t(
                    "密码改好了。别的设备上要重新登录。",
                    "The password is changed. Other devices have to sign in again.",
                ),
            )
            return redirect("/")
    return render(request, "hall/password.html", {"form": form, **frame(request)}, status=422 if form.is_bound else 200)


def _change(request: HttpRequest, *, old: str, new: str) -> None:
    """Failures count together with those at the sign-in: somebody at an unlocked screen may not guess either."""
    door, _ = knock(request, request.user.get_username())
    try:
        user = staff.change_password(old=old, new=new, by=request.actor, now=clock.now())  # type: ignore[attr-defined]
    except Denied as denied:
        if denied.problem is not PASSWORD_WRONG:
            give_back(door)
        raise
    give_back(door)
    update_session_auth_hash(request, user)
