"""Every error in one shape: problem details (RFC 9457), with the code and the sentence the pages show too."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from xuefen.bank.shell.problems import NOT_FOUND, NOT_SIGNED_IN, Denied, Problem
from xuefen.faces.shared.i18n import language, say
from xuefen.faces.shared.signin import WAIT
from xuefen.faces.shared.storage import STORAGE_FULL, is_full
from xuefen.faces.shared.views import RETRY_AFTER

log = logging.getLogger(__name__)
CONTENT_TYPE = "application/problem+json"
PROBLEMS = "/api/problems/"
"""What every ``type`` begins with; the address answers with both sentences."""

INVALID_REQUEST = Problem(
    "invalid_request",
    "请求里有 {count} 处不符合要求，见 errors。",
    "{count} parts of the request are not as they should be; see errors.",
)
BAD_REQUEST = Problem(
    "bad_request",
    "请求读不懂：格式不完整，或者不是所声明的类型。",
    "The request cannot be read: it is incomplete, or not of the type it claims.",
    status=400,
)
CSRF_FAILED = Problem(
    "csrf_failed",
    "用浏览器会话提交时要带 X-CSRFToken；也可以改用令牌。",
    "A write under a browser session needs its X-CSRFToken; or use a token.",
    status=403,
)
METHOD_NOT_ALLOWED = Problem(
    "method_not_allowed",
    "这个地址不支持 {method}。",
    "This address does not take {method}.",
    status=405,
)
REQUEST_TOO_LARGE = Problem(
    "request_too_large", "请求内容超出了大小限制。", "The request is larger than this address takes.", status=413
)
UNAVAILABLE = Problem(
    "unavailable",
    "系统正在恢复，一般不到一分钟。已经存入的学分不会受影响，请稍后再试。",
    "The system is recovering, which takes less than a minute. Credits already deposited are safe; please try again.",
    status=503,
)
INTERNAL_ERROR = Problem(
    "internal_error",
    "我们这边出错了。已经存入的学分不会受影响，请稍后再试。",
    "Something broke on our side. Credits already deposited are safe; please try again later.",
    status=500,
)

_TITLES: Mapping[int, tuple[str, str]] = {
    400: ("请求读不懂", "The request cannot be read"),
    401: ("需要登录", "Sign-in needed"),
    403: ("没有权限", "Not allowed"),
    404: ("没有找到", "Not found"),
    405: ("不支持的方法", "Method not allowed"),
    409: ("与现在的状态冲突", "In conflict with the present state"),
    413: ("内容太大", "Too large"),
    415: ("不支持的类型", "Type not supported"),
    422: ("内容不符合要求", "The content is not acceptable"),
    429: ("尝试太多", "Too many tries"),
    500: ("服务器出错", "Server error"),
    503: ("暂时不可用", "Not available now"),
    507: ("存储空间已满", "Storage is full"),
}
_FIELD_SENTENCES: Mapping[str, tuple[str, str]] = {
    "missing": ("缺少这一项。", "This is missing."),
    "extra_forbidden": ("没有这一项。", "There is no such field."),
    "string_type": ("应为文字。", "This must be text."),
    "string_too_short": ("太短。", "This is too short."),
    "string_too_long": ("太长。", "This is too long."),
    "string_pattern_mismatch": ("含有不允许的字符，或格式不对。", "This has characters or a form that is not allowed."),
    "int_type": ("应为整数。", "This must be a whole number."),
    "int_parsing": ("应为整数。", "This must be a whole number."),
    "greater_than_equal": ("太小。", "This is too small."),
    "less_than_equal": ("太大。", "This is too large."),
    "date_from_datetime_parsing": ("应为日期，例如 2026-11-20。", "This must be a date such as 2026-11-20."),
    "date_parsing": ("应为日期，例如 2026-11-20。", "This must be a date such as 2026-11-20."),
    "dict_type": ("应为 JSON 对象。", "This must be a JSON object."),
    "model_attributes_type": ("应为 JSON 对象。", "This must be a JSON object."),
}
_FIELD_WRONG = ("这一项不符合要求。", "This is not acceptable.")


def title(status: int) -> str:
    """What kind of trouble a status is, in the reader's language."""
    return str(say(_TITLES.get(status, _TITLES[500 if status >= 500 else 400])))


def problem_response(
    problem: Problem,
    *,
    params: Mapping[str, object] | None = None,
    place: str = "",
    errors: Sequence[Mapping[str, object]] = (),
) -> HttpResponse:
    """A problem as a response, its sentence in the reader's language (Accept-Language; Chinese by default)."""
    body: dict[str, Any] = {
        "type": f"{PROBLEMS}{problem.code}",
        "title": title(problem.status),
        "status": problem.status,
        "detail": problem.sentence(language(), params),
        "code": problem.code,
        "place": place,
    }
    if errors:
        body["errors"] = list(errors)
    text = json.dumps(body, ensure_ascii=False, default=str)
    response = HttpResponse(text, status=problem.status, content_type=CONTENT_TYPE)
    if problem.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if problem.status == 429:
        response["Retry-After"] = str(WAIT)
    if problem in (UNAVAILABLE, STORAGE_FULL):
        response["Retry-After"] = str(RETRY_AFTER)
    return response


def install(api: NinjaAPI) -> None:
    """Give the API its handlers; the most exact class wins."""
    handlers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        Denied: lambda request, e: problem_response(e.problem, params=e.params, place=e.place),
        ValidationError: lambda request, e: _invalid(e),
        HttpError: lambda request, e: problem_response(_of_status(e.status_code)),
        Http404: lambda request, e: problem_response(NOT_FOUND),
        RequestDataTooBig: lambda request, e: problem_response(REQUEST_TOO_LARGE),
        SuspiciousOperation: lambda request, e: problem_response(BAD_REQUEST),
        MultiPartParserError: lambda request, e: problem_response(BAD_REQUEST),
        UnreadablePostError: lambda request, e: problem_response(BAD_REQUEST),
        OperationalError: _away,
        InterfaceError: _away,
        Exception: _broken,
    }
    for exception, handler in handlers.items():
        api.add_exception_handler(exception, handler)


def _of_status(status: int) -> Problem:
    """What the framework means by a bare status: a body that is no JSON, a missing or wrong sign-in."""
    return {401: NOT_SIGNED_IN, 403: CSRF_FAILED}.get(status, BAD_REQUEST)


def _invalid(error: ValidationError) -> HttpResponse:
    """Every field that is wrong; what was sent is not repeated, it may be personal."""
    errors = [
        {"place": _place(fault["loc"]), "code": fault["type"], "detail": say(_sentence(fault["type"]))}
        for fault in error.errors
    ]
    return problem_response(INVALID_REQUEST, params={"count": len(errors)}, place=errors[0]["place"], errors=errors)


def _sentence(kind: str) -> tuple[str, str]:
    return _FIELD_SENTENCES.get(kind, _FIELD_WRONG)


def _place(loc: Sequence[object]) -> str:
    """``body.item_code``, ``query.page``: the source, then the path in it; the name of our own parameter is left out."""
    source, *rest = loc
    path = rest[1:] if source == "body" else rest
    return ".".join(str(part) for part in (source, *path))


def _away(request: HttpRequest, error: Exception) -> HttpResponse:
    if is_full(error):
        return _full(request, error)
    log.error("%s %s: the database is away: %s", request.method, request.path, error)
    return problem_response(UNAVAILABLE)


def _full(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("%s %s: no space left: %s", request.method, request.path, error)
    return problem_response(STORAGE_FULL)


def _broken(request: HttpRequest, error: Exception) -> HttpResponse:
    """A defect of ours: all of it in the log, nothing of it in the answer."""
    if is_full(error):
        return _full(request, error)
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem_response(INTERNAL_ERROR)


# --- around views ----------------------------------------------------------------------------------------------------

View = Callable[..., HttpResponse]
FILES = ("/batches", "/verify", "/metadata/check")
"""Addresses that take a file; each states its own bound. What any other is sent as a form would go to disk unbounded."""


def answering(view: View) -> View:
    """Around every address of the API: also what the framework answers by itself has our shape, and nothing is cached."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        refused = (
            None if request.path_info.endswith(FILES) else _too_large(request, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        )
        try:
            response = refused if refused is not None else view(request, *args, **kwargs)
        except Http404:
            response = problem_response(NOT_FOUND)
        if response.status_code == 405:
            allow = response["Allow"]
            response = problem_response(METHOD_NOT_ALLOWED, params={"method": request.method})
            response["Allow"] = allow
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    answered.csrf_exempt = True  # type: ignore[attr-defined] # as the framework's own views; sessions check it themselves
    return answered


def at_most(most_bytes: int) -> Callable[[View], View]:
    """Refuse a larger request by its declared length, before any of it is kept. Without a length nothing is read at all."""

    def bounded(run: View) -> View:
        @wraps(run)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            refused = _too_large(request, most_bytes)
            return refused if refused is not None else run(request, *args, **kwargs)

        return checked

    return bounded


def _too_large(request: HttpRequest, most_bytes: int) -> HttpResponse | None:
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return problem_response(BAD_REQUEST)
    return problem_response(REQUEST_TOO_LARGE) if length > most_bytes else None


def nowhere(request: HttpRequest) -> HttpResponse:
    """Any address below the API that does not exist."""
    raise Http404
