"""Two languages side by side: both texts stand where they are used (docs/decisions/0005).

`t("还剩 {n} 个工作日", "{n} {n:working day|working days} left", n=5)` answers in the reader's language, which is
Django's active language: English when its code starts with "en", Chinese in every other case.
"""

from __future__ import annotations

import string
from typing import Any

from django.utils.functional import lazy
from django.utils.html import conditional_escape
from django.utils.safestring import SafeData, SafeString, mark_safe
from django.utils.translation import get_language

BAR = "||"
"""Between the two languages of a literal that is an argument of a part tag: "中文 || English"."""


def language() -> str:
    """ "zh" or "en": the reader's language. With no language active it is Chinese."""
    return "en" if (get_language() or "zh").lower().startswith("en") else "zh"


class _Plural(string.Formatter):
    """str.format plus one spec: `{n:day|days}` writes the word for one or for many."""

    def __init__(self, *, escape: bool) -> None:
        self.escape = escape

    def format_field(self, value: Any, format_spec: str) -> str:
        if "|" in format_spec:
            one, many = format_spec.split("|", 1)
            return one if value == 1 else many
        if not self.escape:
            return str(format(value, format_spec))
        text = conditional_escape(value) if not format_spec else conditional_escape(format(value, format_spec))
        return str(text).replace(BAR, "&#124;&#124;")  # a value never splits a text in two


def placeholders(text: str) -> set[str]:
    """Names inside `{…}`. Raises ValueError for unbalanced braces or a nameless `{}`."""
    names = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    if "" in names:
        raise ValueError(f"placeholder without a name in {text!r}")
    return names


def t(zh: str, en: str, /, **values: Any) -> str:
    """One sentence in the reader's language, as plain text (a template escapes it again where needed).

    Raises KeyError when a placeholder has no value.
    """
    return _Plural(escape=False).vformat(en if language() == "en" else zh, (), values)


t_lazy = lazy(t, str)
"""`t` evaluated when it is shown: for form labels and other texts made at import time."""


def t_html(zh: str, en: str, /, **values: Any) -> SafeString:
    """`t` for templates: the two texts are ours and may hold markup, the values are escaped."""
    return mark_safe(_Plural(escape=True).vformat(en if language() == "en" else zh, (), values))  # noqa: S308


def say(value: Any) -> Any:
    """The reader's side of a value that carries both languages; anything else comes back as it is.

    Both languages: a pair `(zh, en)`, an object with `.zh` and `.en`, or a template literal "中文 || English".
    Only literals are split (they are SafeString in a template), never a learner's own text.
    """
    english = language() == "en"
    if isinstance(value, SafeData) and isinstance(value, str) and BAR in value:
        zh, en = str(value).split(BAR, 1)
        return mark_safe((en if english else zh).strip())  # noqa: S308 - one half of what was already safe
    if isinstance(value, (tuple, list)) and len(value) == 2:
        return value[1] if english else value[0]
    if hasattr(value, "zh") and hasattr(value, "en"):
        return value.en if english else value.zh
    return value
