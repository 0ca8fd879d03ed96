"""Charts from the server as SVG: values on the marks, bars from zero, the numbers again for screen readers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.template import Library
from django.utils.html import format_html
from django.utils.safestring import SafeString

from xuefen.faces.shared import figures
from xuefen.faces.shared.i18n import say, t
from xuefen.faces.shared.words import count_text, credits_text

UNITS: dict[str, Callable[[int], str]] = {"credits": credits_text, "count": count_text}
"""How a value is written: credits are hundredths, a count is itself."""


def ring(have: int, need: int, label: Any = "", *, elective: bool = False) -> SafeString:
    """A requirement group: `have` of `need`, both in hundredths. elective draws it in the colour of 赭."""
    inside, below = credits_text(have), credits_text(need)
    words = t("已抵 {have}，共需 {need}", "{have} of {need} credits covered", have=inside, need=below)
    arc = figures.ring_arc(have, need)
    drawn = format_html(
        '<circle class="p{}" cx="52" cy="52" r="44" stroke-dasharray="{} {}" transform="rotate(-90 52 52)"/>',
        " e" if elective else "",
        arc,
        figures.RING_LENGTH,
    )
    return format_html(
        '<svg class="xf-ring" viewBox="0 0 104 104" role="img" aria-label="{}{}"><circle class="t" cx="52" cy="52" '
        'r="44"/>{}<text class="have" x="52" y="53" font-size="{}">{}</text><text class="need" x="52" y="73" '
        'font-size="16.5">/ {}</text></svg>',
        format_html("{}{}", say(label), t("：", ": ")) if label else "",
        words,
        drawn if arc else "",
        23 if len(inside) < 6 else 18,
        inside,
        below,
    )


def bars(rows: Sequence[Mapping[str, Any]], *, unit: str = "credits", key: bool = False) -> dict[str, Any]:
    """Horizontal bars. A row: label, value, and optionally of (its limit), colour c1…c5 ok warn, note, text, url.

    With `of` the track is that row's limit, otherwise the largest value. Values in the unit (see UNITS).
    """
    write = UNITS[unit]
    largest = max([row["value"] for row in rows], default=0)
    drawn = [
        {
            "label": say(row["label"]),
            "text": say(row.get("text", ""))
            or (f"{write(row['value'])} / {write(row['of'])}" if "of" in row else write(row["value"])),
            "length": figures.bar_length(row["value"], row.get("of", largest)),
            "colour": row.get("colour", "c1"),
            "note": say(row.get("note", "")),
            "url": row.get("url", ""),
        }
        for row in rows
    ]
    return {"rows": drawn, "key": key}


def columns(
    rows: Sequence[tuple[Any, int]],
    label: Any = "",
    *,
    unit: str = "credits",
    mark: int = -1,
    line: int | None = None,
    line_label: Any = "",
) -> dict[str, Any]:
    """Columns from (label, value) pairs. ``mark`` is the highlighted one, the last by default: the current period.

    ``line`` is a value to look against, drawn across and named by ``line_label``.
    """
    write = UNITS[unit]
    values = [value for _, value in rows]
    width, placed = figures.columns(values, least=line or 0)
    marks = [
        {"label": say(name), "text": write(value), "place": place, "colour": "c5"}
        for (name, value), place in zip(rows, placed, strict=True)
    ]
    if marks:
        marks[mark]["colour"] = "c1"
    spoken = t("，", ", ").join(f"{mark['label']} {mark['text']}" for mark in marks)
    title = say(label)
    drawn = None
    if line is not None:
        drawn = {"y": figures.level(line, values), "words": f"{say(line_label)} {write(line)}"}
        spoken = f"{spoken}{t('；', '; ')}{drawn['words']}"
    words = f"{title}{t('：', ': ')}{spoken}" if title else spoken
    return {"marks": marks, "width": width, "line": drawn, "words": words}


def balance_bar(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The bar under a balance. A part: label, value (hundredths), colour c1…c5 or "track" for what is used up."""
    pieces = [
        {"x": x, "width": width, "colour": part["colour"]}
        for part, (x, width) in zip(parts, figures.balance_pieces([part["value"] for part in parts]), strict=True)
        if width
    ]
    spoken = t("；", "; ").join(f"{say(part['label'])} {credits_text(part['value'])}" for part in parts)
    return {"pieces": pieces, "words": spoken, "length": figures.BALANCE_LENGTH}


def balance(
    available: int, *, expiring: int = 0, reserved: int = 0, used: int = 0, expires_on: Any = None
) -> dict[str, Any]:
    """The inside of the passbook: what is available (expiring included), in progress and used, in hundredths.

    The sum below always balances: total = available + reserved + used.
    """
    parts = [
        {"label": ("可用", "Available"), "value": available - expiring, "colour": "c1"},
        {"label": ("快到期", "Expiring"), "value": expiring, "colour": "c2"},
        {"label": ("办理中", "Pending"), "value": reserved, "colour": "c5"},
        {"label": ("已用掉", "Used"), "value": used, "colour": "track"},
    ]
    return {
        "available": available,
        "expiring": expiring,
        "reserved": reserved,
        "used": used,
        "total": available + reserved + used,
        "expires_on": expires_on,
        "parts": parts,
    }


def register_in(register: Library) -> None:
    """Put the charts into the one template library of the look."""
    register.simple_tag(ring)
    register.inclusion_tag("shared/parts/bars.html")(bars)
    register.inclusion_tag("shared/parts/columns.html")(columns)
    register.inclusion_tag("shared/parts/balance_bar.html")(balance_bar)
    register.inclusion_tag("shared/parts/balance.html")(balance)
