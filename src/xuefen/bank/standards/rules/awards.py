"""What a programme lacks to lead to an award."""

from __future__ import annotations

from collections.abc import Mapping

from xuefen.bank.standards.types import Explanation, Pack
from xuefen.bedrock.quantity import format_credits


def award_gaps(pack: Pack, *, award: str, total: int, groups: Mapping[str, int]) -> tuple[Explanation, ...]:
    """Each demand of the standard a programme does not meet: its credit in all, and by the tag of its groups (hundredths).

    Empty also for an award the standard says nothing about.
    """
    row = pack.awards.get(award)
    if row is None:
        return ()
    parts = [("", total, row.total), *((tag, groups.get(tag, 0), least) for tag, least in sorted(row.groups.items()))]
    return tuple(
        Explanation(
            zh=f"{row.zh}：{tag or '总学分'} {format_credits(has)} ＜ {format_credits(least)}。",
            en=f"{row.en}: {tag or 'total'} {format_credits(has)} < {format_credits(least)}.",
            standard=pack.name,
            rule=f"awards.{award}",
            clause=pack.references[f"awards.{award}"],
            inputs=((tag or "total", format_credits(has)),),
            arithmetic=f"{format_credits(has)} < {format_credits(least)}",
        )
        for tag, has, least in parts
        if has < least
    )
