"""What a learner's period comes to under a scheme, and the words for it. Order of the participations does not matter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from xuefen.bank.activities.types import Carry, KindSum, Scheme, Tally
from xuefen.bank.standards.types import Explanation
from xuefen.bedrock.quantity import format_credits

Worth = Callable[[int], int]
"""Class hours → credits in hundredths under the standard; 0 when it refuses. Never falls as the hours grow."""


def tally(times: Mapping[str, int], *, carried_in: int, scheme: Scheme, worth: Worth) -> Tally:
    """Sum a period up: points by kind under its cap, all kinds under the period's, carried points on top; then hours, then
    credit. Where leftovers are carried, only the fewest points that give this credit are used.
    """
    result = scheme.result
    kinds = tuple(
        KindSum(kind, times[code], min(times[code] * kind.points, kind.most))
        for code, kind in scheme.kinds.items()
        if times.get(code)
    )
    points = min(sum(one.counted for one in kinds), result.most)
    total = points + carried_in
    credits = worth(hours_of(total, scheme)) if total >= result.minimum else 0
    used = 0
    if credits:
        used = fewest(total, credits, scheme=scheme, worth=worth) if result.carry is Carry.LEFTOVER else total
    left = total - used if result.carry is Carry.LEFTOVER else 0
    return Tally(
        kinds=kinds,
        points=points,
        carried_in=carried_in,
        used=used,
        hours=hours_of(used, scheme),
        credits=credits,
        carried_out=min(left, result.carry_most),
    )


def hours_of(points: int, scheme: Scheme) -> int:
    """Whole class hours for so many points, rounded down."""
    return points * scheme.result.hours_per_point // 100


def fewest(total: int, credits: int, *, scheme: Scheme, worth: Worth) -> int:
    """The fewest points, at least the minimum, that are worth as much; found by halving, since worth never falls."""
    low, high = scheme.result.minimum, total
    while low < high:
        middle = (low + high) // 2
        if worth(hours_of(middle, scheme)) >= credits:
            high = middle
        else:
            low = middle + 1
    return high


def told(found: Tally, scheme: Scheme, *, standard: Explanation | None) -> dict[str, Any]:
    """The reasoning of a tally as a tree of sentences; ``standard`` is the standard's own word on the hours."""
    result = scheme.result
    lines: list[Explanation] = []
    for one in found.kinds:
        cut = one.counted < one.earned
        lines.append(
            Explanation(
                f"{one.kind.zh} {one.times} 次 × {one.kind.points} 分" + (f"，上限 {one.kind.most} 分" if cut else ""),
                f"{one.kind.en}: {one.times} × {one.kind.points} points"
                + (f", capped at {one.kind.most}" if cut else ""),
                standard=scheme.name,
                rule=f"kinds.{one.kind.code}",
                arithmetic=f"{one.times} × {one.kind.points} = {one.earned}" + (f" → {one.counted}" if cut else ""),
            )
        )
    summed = sum(one.counted for one in found.kinds)
    if found.points < summed:
        lines.append(
            _line(scheme, "outcome.most", f"一期最多 {result.most} 分", f"at most {result.most} points a period")
        )
    if found.carried_in:
        lines.append(
            _line(scheme, "outcome.carry", f"上期结转 {found.carried_in} 分", f"{found.carried_in} points carried over")
        )
    if found.makes_outcome:
        per = format_credits(result.hours_per_point)
        sums = f"{found.used} × {per} = {found.hours}"
        zh, en = f"{found.used} 分折合 {found.hours} 学时", f"{found.used} points are {found.hours} class hours"
        lines.append(Explanation(zh, en, standard=scheme.name, rule="outcome.hours_per_point", arithmetic=sums))
        if standard is not None:
            lines.append(standard)
    elif found.total < result.minimum:
        zh, en = f"不到最低 {result.minimum} 分", f"below the minimum of {result.minimum} points"
        lines.append(_line(scheme, "outcome.minimum", zh, en))
    elif standard is not None:
        lines.append(standard)
    if found.carried_out:
        zh, en = f"{found.carried_out} 分结转下期", f"{found.carried_out} points go on into the next period"
        lines.append(_line(scheme, "outcome.carry", zh, en))
    return _head(found).to_json() | {"children": [line.to_json() for line in lines]}


def _head(found: Tally) -> Explanation:
    zh, en = f"本期 {found.total} 分", f"{found.total} points this period"
    if found.makes_outcome:
        amount = format_credits(found.credits)
        return Explanation(f"{zh}，折合 {amount} 学分", f"{en} = {amount} credits")
    return Explanation(f"{zh}，还不成一项成果", f"{en}: no outcome yet")


def _line(scheme: Scheme, rule: str, zh: str, en: str) -> Explanation:
    return Explanation(zh, en, standard=scheme.name, rule=rule)
