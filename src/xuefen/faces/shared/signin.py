"""Signing in and out: one door for learners (account or identity number) and staff (user name)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import authenticate, login, logout
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from xuefen.bank.learners.queries import user_for_signin
from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import Denied, Problem
from xuefen.bank.staff.queries import actor_for
from xuefen.bedrock.gm import sm3
from xuefen.bedrock.ids import normalise
from xuefen.faces.shared.i18n import language, t_lazy

FAILURES, WAIT = 5, 5 * 60
"""After this many failures of one account from one address: no further try for so many seconds.

Counted in Django's cache, which lies in the bank's folder, so that all web processes count together.
"""

SIGNIN_WRONG = Problem(
    "signin_wrong",
    "账号或密码不对。还可以再试 {left} 次，然后要等 5 分钟。",
    "The account or the password is wrong. Tries left before a wait of 5 minutes: {left}.",
    status=401,
)
SIGNIN_WAIT = Problem(
    "signin_wait",
    "输错 5 次了。为了您的账户安全，请等 5 分钟再试；忘了密码可以带身份证到受理点重设。",
    "Five wrong tries. To keep the account safe, wait 5 minutes. A service point can reset a forgotten password.",
    status=429,
)


class SignInForm(forms.Form):
    account = forms.CharField(
        label=t_lazy("账号或身份证号", "Account or identity number"),
        help_text=t_lazy("工作人员请填用户名。", "Staff enter their user name."),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True}),
        error_messages={"required": t_lazy("请填写账号或身份证号。", "Enter the account or identity number.")},
    )
    password = forms.CharField(
        label=t_lazy("密码", "Password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": t_lazy("请填写密码。", "Enter the password.")},
    )


@never_cache
@sensitive_post_parameters("account", "password")
@require_http_methods(["GET", "HEAD", "POST"])
def signin(request: HttpRequest) -> HttpResponse:
    """The sign-in page. Afterwards staff reach the desk and learners their account, or both the page they came for."""
    target = request.POST.get("next", request.GET.get("next", ""))
    if request.method != "POST":
        return _page(request, SignInForm(), target)
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _page(request, form, target, status=422)
    try:
        user = whose(request, **form.cleaned_data)
    except Denied as denied:
        form.add_error(None, denied.sentence(language()))
        return _page(request, form, target, status=denied.problem.status)
    login(request, user)
    if target and url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        return redirect(target)
    return redirect("/desk/" if actor_for(user, now=clock.now()).kind == "staff" else "hall:home")


@require_POST
def signout(request: HttpRequest) -> HttpResponse:
    """End the session and go to the start page."""
    logout(request)
    return redirect("/")


def whose(request: HttpRequest, *, account: str, password: str) -> Any:
    """The user these credentials belong to. Raises ``Denied``: signin_wrong, signin_wait.

    The page and the API both come through here, so that their failures count together.
    """
    door, tries = knock(request, account)
    user = _user(request, account=account, password=password)
    if user is None:
        if tries >= FAILURES:
            raise Denied(SIGNIN_WAIT)
        raise Denied(SIGNIN_WRONG, left=FAILURES - tries)
    cache.delete(door)
    return user


def _user(request: HttpRequest, *, account: str, password: str) -> Any:
    """Who this is, or None. A learner's number is looked up first: a closed account has no sign-in any more."""
    text = account.strip()
    if text[:1].isalpha():
        name = text.lower()
    else:
        found = user_for_signin(text)
        name = found.get_username() if found else ""  # checked all the same, so that both cases take equally long
    return authenticate(request, username=name, password=password)


def knock(request: HttpRequest, account: str) -> tuple[str, int]:
    """Count one try, before the password is looked at: of many at once each is one. The key it is counted under, a digest,
    because an identity number must not lie in a cache; and how many there are now.

    Raises ``Denied(signin_wait)`` when there have been too many.
    """
    text = f"{normalise(account)} {request.META.get('REMOTE_ADDR', '')}"
    door = f"signin:{sm3(text.encode()).hex()}"
    cache.add(door, 0, WAIT)
    tries = int(cache.incr(door))
    if tries > FAILURES:
        raise Denied(SIGNIN_WAIT)
    cache.touch(door, WAIT)
    return door, tries


def give_back(door: str) -> None:
    """The try was none: no password was found wrong."""
    cache.decr(door)


def _page(request: HttpRequest, form: SignInForm, target: str, *, status: int = 200) -> HttpResponse:
    return render(request, "shared/enter.html", {"form": form, "next": target}, status=status)
