"""What the pages of activities share: states in words, the bars of a period, the venue's code as a picture."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import segno
from django.utils.safestring import SafeString, mark_safe

from xuefen.bank.activities.types import ActivityFacts, DeedFacts, How, Taken, Tally

Words = tuple[str, str]
HOWS: dict[How, Words] = {
    How.CODE: ("扫码签到", "checked in"),
    How.LIST: ("组织者名单", "organiser's list"),
    How.SECOND: ("第二人确认", "second person"),
}
DEEDS: dict[str, tuple[str, Words]] = {
    "reported": ("info", ("等人确认", "Waits for a second person")),
    "confirmed": ("ok", ("已确认", "Confirmed")),
    "declined": ("bad", ("没有确认", "Not confirmed")),
}


def when(facts: ActivityFacts, *, now: datetime) -> tuple[str, Words]:
    """Badge of an activity: its colour and word."""
    if facts.cancelled_at is not None:
        return "bad", ("已取消", "Cancelled")
    if now >= facts.ends_at:
        return "", ("已结束", "Over")
    if now >= facts.starts_at:
        return "ok", ("正在进行", "Now")
    if not facts.places_left:
        return "warn", ("名额已满", "Full")
    return "info", ("可以报名", "Open")


def taken_badge(one: Taken) -> tuple[str, Words]:
    if one.withdrawn:
        return "bad", ("已撤销", "Withdrawn")
    return ("blue", ("已归集", "Gathered")) if one.gathered else ("ok", ("已确认", "Confirmed"))


def deed_badge(one: DeedFacts) -> tuple[str, Words]:
    return DEEDS[one.state]


def bars_of(tally: Tally) -> list[dict[str, Any]]:
    """One bar for each kind: points counted, of the most that count."""
    return [
        {"label": (one.kind.zh, one.kind.en), "value": one.counted, "of": one.kind.most, "colour": f"c{number % 3 + 1}"}
        for number, one in enumerate(tally.kinds)
    ]


def towards(tally: Tally, *, minimum: int) -> list[dict[str, Any]]:
    """The bar of all points, on the way to the fewest that make an outcome."""
    reached = tally.total >= minimum
    return [
        {
            "label": ("本期共计", "This period"),
            "value": tally.total,
            "of": max(minimum, tally.total),
            "text": (
                f"{tally.total} 分，满 {minimum} 分成一项成果",
                f"{tally.total} points; {minimum} make an outcome",
            ),
            "colour": "ok" if reached else "c5",
        }
    ]


def qr_picture(text: str) -> SafeString:
    """A QR code as SVG on white, whatever the page's theme."""
    drawn = segno.make(text, error="m", micro=False).svg_inline(
        border=2, light="white", omitsize=True, svgclass="xf-qr"
    )
    return mark_safe(drawn)  # noqa: S308 - made from module patterns; the text itself is not in it
