"""How amounts, dates, numbers and names are written for people. Pure but for the reader's language and time zone."""

from __future__ import annotations

import datetime as dt
import re

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from xuefen.faces.shared.i18n import language

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MINUS, PLUS, NOTHING = "－", "＋", "–"


def credits_text(hundredths: int | None) -> str:
    """Hundredths of a credit as people read them: 300 -> "3.0", 325 -> "3.25", 4902700 -> "49,027.0", -50 -> "－0.5".

    None -> "–".
    """
    if hundredths is None:
        return NOTHING
    whole, part = divmod(abs(int(hundredths)), 100)
    digits = f"{part // 10}" if part % 10 == 0 else f"{part:02d}"
    return f"{MINUS if hundredths < 0 else ''}{whole:,}.{digits}"


def signed_text(hundredths: int) -> str:
    """A ledger amount: 300 -> "＋3.0", -300 -> "－3.0"."""
    return credits_text(hundredths) if hundredths < 0 else PLUS + credits_text(hundredths)


def date_text(value: dt.date | dt.datetime | None, form: str = "") -> str:
    """A day in the reader's language; a datetime is read in the current time zone.

    form "" 9 月 22 日（周二） / Tue 22 Sep · "short" without the weekday · "year" 2026 年 9 月 22 日 / 22 Sep 2026
    · "time" and "year_time" add 15:42. Raises ValueError for another form.
    """
    if form not in ("", "short", "year", "time", "year_time"):
        raise ValueError(f"unknown date form {form!r}")
    if value is None:
        return NOTHING
    if isinstance(value, dt.datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    clock = value.strftime("%H:%M") if isinstance(value, dt.datetime) and form.endswith("time") else ""
    year, weekday = form.startswith("year"), form in ("", "time")
    if language() == "en":
        text = f"{value.day} {MONTHS_EN[value.month - 1]}"
        text = f"{WEEKDAYS_EN[value.weekday()]} {text}" if weekday else text
        return f"{text}{f' {value.year}' if year else ''}{f', {clock}' if clock else ''}"
    text = f"{f'{value.year} 年 ' if year else ''}{value.month} 月 {value.day} 日"
    text += f"（{WEEKDAYS[value.weekday()]}）" if weekday else ""
    return text + (clock if weekday else f" {clock}" if clock else "")


def groups_text(number: str | int | None) -> str:
    """An account, application or certificate number in groups of four after its class letters: SQ 4417 0926 8035."""
    bare = re.sub(r"[\s·-]", "", str(number if number is not None else ""))
    letters, rest = re.match(r"([A-Za-z]*)(.*)", bare, re.DOTALL).groups()  # type: ignore[union-attr] # matches anything
    return " ".join(filter(None, [letters, *(rest[i : i + 4] for i in range(0, len(rest), 4))]))


def groups_html(number: str | int | None) -> SafeString:
    """`groups_text`, never broken across lines; empty for nothing."""
    text = groups_text(number)
    return format_html('<span class="xf-num xf-nowrap">{}</span>', text) if text else SafeString("")


def masked(text: str | None, kind: str = "name") -> str:
    """Hide most of a name (林*禾), an identity number (3301**********281X) or a phone (138****1234).

    Raises ValueError for another kind.
    """
    text = text or ""
    if kind == "name":
        if len(text) <= 1 or text.isascii():
            return text[:1] + "*" * min(3, max(1, len(text) - 1)) if text else ""
        return f"{text[0]}*" if len(text) == 2 else f"{text[0]}{'*' * (len(text) - 2)}{text[-1]}"
    if kind == "id":
        return text if len(text) < 9 else f"{text[:4]}{'*' * (len(text) - 8)}{text[-4:]}"
    if kind == "phone":
        return text if len(text) < 8 else f"{text[:3]}{'*' * (len(text) - 7)}{text[-4:]}"
    raise ValueError(f"unknown kind of mask {kind!r}")


_TERM = re.compile(r"(?P<scheme>.*/)?(?P<year>[12]\d{3})-(?P<season>spring|summer|autumn|winter)")
SEASONS = {"spring": "春季", "summer": "夏季", "autumn": "秋季", "winter": "冬季"}


def term_text(code: str | None) -> str:
    """A term as people say it: 2026-spring -> 2026 年春季 / Spring 2026, also behind the code of a scheme (GD/2026-spring).

    What is no term stays as it is.
    """
    found = _TERM.fullmatch(code or "")
    if found is None:
        return code or ""
    scheme, year, season = found["scheme"] or "", found["year"], found["season"]
    words = f"{season.capitalize()} {year}" if language() == "en" else f"{year} 年{SEASONS[season]}"
    return f"{scheme[:-1]} · {words}" if scheme else words


def count_text(number: int | None) -> str:
    """A count with thousands: 12540 -> "12,540"; None -> "–"."""
    return NOTHING if number is None else f"{int(number):,}"
