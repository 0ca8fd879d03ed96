"""The few views that belong to no face: the language and text-size switches, and the pages for errors."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from xuefen.faces.shared.context import LARGE, TEXT_COOKIE
from xuefen.faces.shared.frames import PUBLIC, frame
from xuefen.faces.shared.i18n import language, t
from xuefen.faces.shared.storage import STORAGE_FULL

YEAR = 365 * 24 * 3600  # seconds a choice is remembered
RETRY_AFTER = 30  # seconds a database needs to come back


def _back(request: HttpRequest) -> HttpResponseRedirect:
    """To `next` if it is a page of this site, otherwise to the start page: a switch must not become an open door."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(target if safe else "/")


def _remember(response: HttpResponse, request: HttpRequest, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=YEAR, samesite="Lax", secure=request.is_secure(), httponly=True)


@require_POST
def set_language(request: HttpRequest, code: str) -> HttpResponse:
    """Remember the language in the cookie LocaleMiddleware reads. An unknown code changes nothing."""
    response = _back(request)
    if code in dict(settings.LANGUAGES):
        _remember(response, request, settings.LANGUAGE_COOKIE_NAME, code)
    return response


@require_POST
def set_text_size(request: HttpRequest) -> HttpResponse:
    """Remember large or normal text; `size` is "large" or anything else for normal."""
    response = _back(request)
    _remember(response, request, TEXT_COOKIE, LARGE if request.POST.get("size") == LARGE else "normal")
    return response


def _came_from(request: HttpRequest) -> str:
    """The page of ours with the button that was pressed, so that nobody has to find it again; "" from elsewhere."""
    came_from = request.META.get("HTTP_REFERER", "")
    try:
        host = request.get_host()
    except DisallowedHost:
        return ""
    ours = url_has_allowed_host_and_scheme(came_from, {host}, require_https=request.is_secure())
    parts = urlsplit(came_from)
    return parts._replace(scheme="", netloc="").geturl() if ours and parts.path not in ("", request.path) else ""


def error_page(
    request: HttpRequest, *, status: int, title: str, sentence: str, code: str = "", up: str = ""
) -> HttpResponse:
    """A refusal as a page: what happened, what to do. `code` is the problem code the API would give too, `up` where to go
    when nobody knows the page of the button.
    """
    header = frame(request) if status < 500 else {"frame": PUBLIC}  # asks no database that may be what broke
    context = {
        "status": status,
        "title": title,
        "sentence": sentence,
        "code": code,
        "back": _came_from(request),
        "up": up,
        **header,
    }
    return render(request, "shared/error.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(
        request,
        status=400,
        title=t("没有看懂这次请求", "We could not read that request"),
        sentence=t(
            "地址或填写的内容不完整。请返回上一页再试。",
            "The address or the form is incomplete. Go back and try again.",
        ),
        code="bad_request",
    )


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(
        request,
        status=403,
        title=t("您不能看这一页", "This page is not open to you"),
        sentence=t(
            "这一页只给有权限的人看。换一个账号登录，或者请管理员给您开通。",
            "Only people with the right role can see it. Sign in with another account or ask your administrator.",
        ),
        code="permission_denied",
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_page(
        request,
        status=403,
        title=t("这一页放得太久了", "This page has been open too long"),
        sentence=t(
            "为了安全，没有提交成功。请返回上一页刷新，再提交一次。",
            "For safety nothing was submitted. Go back, reload the page and submit again.",
        ),
        code="csrf_failed",
    )


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(
        request,
        status=404,
        title=t("没有找到这一页", "There is no such page"),
        sentence=t(
            "地址可能抄错了一个字，或者它已经不在了。编号请对照原件再输一次。",
            "The address may have a typing mistake, or the page is gone. Check any number against the original.",
        ),
        code="not_found",
    )


def too_large(request: HttpRequest) -> HttpResponse:
    return error_page(
        request,
        status=413,
        title=t("内容太大", "Too much was sent"),
        sentence=t(
            "这一页收不了这么多内容，没有读取。请返回上一页，改短后再提交。",
            "This page does not take so much; nothing was read. Go back, shorten it and submit again.",
        ),
        code="request_too_large",
    )


def method_not_allowed(request: HttpRequest, *, allow: str) -> HttpResponse:
    """``allow`` is what the address does take, for the header of that name."""
    response = error_page(
        request,
        status=405,
        title=t("这个地址不能直接打开", "This address cannot be opened like this"),
        sentence=t(
            "它是页面上一个按钮用的。请回到那一页，再按一次按钮。",
            "It belongs to a button on a page. Go back to that page and press the button again.",
        ),
        code="method_not_allowed",
        up=_page_above(request.path),
    )
    response["Allow"] = allow
    return response


def _page_above(path: str) -> str:
    """The nearest address above that is one of ours; empty when only the first page is."""
    while (path := path.rstrip("/").rpartition("/")[0] + "/") != "/":
        with suppress(Resolver404):
            resolve(path)
            return path
    return ""


def unavailable(request: HttpRequest) -> HttpResponse:
    """The database is away for a moment: it is being started again, or too many ask at once."""
    response = error_page(
        request,
        status=503,
        title=t("暂时办不了", "Not available for the moment"),
        sentence=t(
            "系统正在恢复，一般不到一分钟。已经存入的学分不会受影响，请稍后再试。",
            "The system is recovering, which takes less than a minute. Credits already deposited are safe; please try again.",
        ),
        code="unavailable",
    )
    response["Retry-After"] = str(RETRY_AFTER)
    return response


def storage_full(request: HttpRequest) -> HttpResponse:
    """A disk is full: nothing was recorded, and it goes on by itself once there is space."""
    response = error_page(
        request,
        status=STORAGE_FULL.status,
        title=t("暂时记不下", "Nothing can be recorded for the moment"),
        sentence=STORAGE_FULL.sentence(language()),
        code=STORAGE_FULL.code,
    )
    response["Retry-After"] = str(RETRY_AFTER)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    return error_page(
        request,
        status=500,
        title=t("我们这边出错了", "Something broke on our side"),
        sentence=t(
            "不是您的问题。已经存入的学分不会受影响，请过几分钟再试。",
            "It is not your fault. Credits already deposited are safe; please try again in a few minutes.",
        ),
        code="internal_error",
    )
