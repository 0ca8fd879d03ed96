"""What every page knows about its reader: language, text size, where in the site they are, whose node this is."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.functional import SimpleLazyObject

from xuefen.faces.shared.i18n import language, say

TEXT_COOKIE = "xf_text"
LARGE = "large"

DEFAULT_SITE = {
    "place": ("云岭省", "Yunling Province"),
    "name": ("云岭省终身学习学分银行", "Yunling Lifelong Learning Credit Bank"),
    "office": ("省级分中心", "Provincial branch"),
    "phone": "12000-0000",
}
"""Used where settings give no XUEFEN_SITE; a fictional province, so that no real office is impersonated."""


def look(request: HttpRequest) -> dict[str, Any]:
    """Context processor. Gives `lang` ("zh"/"en"), `html_lang`, `text_size`, `here` (view name), `here_url`, `site`, `reader`."""
    site = {**DEFAULT_SITE, **getattr(settings, "XUEFEN_SITE", {})}
    match = getattr(request, "resolver_match", None)
    return {
        "lang": language(),
        "html_lang": "en" if language() == "en" else "zh-CN",
        "text_size": LARGE if request.COOKIES.get(TEXT_COOKIE) == LARGE else "normal",
        "here": match.view_name if match else "",
        "here_url": request.get_full_path() if request.method in ("GET", "HEAD") else request.path,
        "site": {key: say(value) for key, value in site.items()},
        "reader": SimpleLazyObject(lambda: _reader(request)),  # public pages and error pages never ask
    }


def _reader(request: HttpRequest) -> str:
    """A name for who is signed in that says nothing about them: a browser knows by it whose typing it kept."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return ""
    return salted_hmac("xuefen.reader", str(user.pk)).hexdigest()[:16]
