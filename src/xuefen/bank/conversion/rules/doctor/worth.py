"""What a rule takes and what it gives, in hundredths: the same arithmetic as the planner's, on the doctor's compact rows."""

from __future__ import annotations

from collections.abc import Sequence

from xuefen.bank.conversion.types.doctor import RuleLine, World


def takes(line: RuleLine, items: Sequence[int], world: World) -> int:
    """What one outcome of each of these items carries at most; 0 when one of them has no worth.

    Of a pool ``items`` is the one item on the path: the pool takes at least its credits, never less than that outcome.
    """
    total = 0
    for item in items:
        note = world.items.get(item)
        if note is None or note.worth <= 0:
            return 0
        total += note.worth
    return max(total, line.pool_credits)


def size_of(item: int, world: World) -> int:
    """What a course asks for: the largest credit of it in a programme in force, else what an outcome of it carries."""
    course = world.courses.get(item)
    if course is not None:
        return course.credits
    note = world.items.get(item)
    return note.worth if note is not None else 0


def least(size: int, world: World) -> int:
    """The fewest hundredths with which a course of this size counts as done."""
    return min(size, max(world.grain, size - world.tolerance))


def gives(line: RuleLine, carried: int, world: World) -> list[int]:
    """The credits each target gets from sources that carry this much; all 0 when the rule cannot be applied.

    A stated result stands for itself, cut to the course where a programme in force says its size; the other courses share
    what is carried, first what each needs at least, then up to full, in the rule's order. A waiver gives no credit.
    """
    if line.waives or not line.targets:
        return [0] * len(line.targets)
    if len(line.targets) == 1:  # most rules, by far
        item, stated = line.targets[0]
        if stated is not None:
            course = world.courses.get(item)
            return [stated if course is None else min(stated, course.credits)]
        size = size_of(item, world)
        return [min(carried, size) if carried >= least(size, world) else 0]
    given, sizes = [], []
    for item, stated in line.targets:
        size = size_of(item, world)
        known = item in world.courses
        given.append(least(size, world) if stated is None else min(stated, size) if known else stated)
        sizes.append(size if stated is None else given[-1])
    rest = carried - sum(g for g, (_, stated) in zip(given, line.targets, strict=True) if stated is None)
    if rest < 0 and any(stated is None for _, stated in line.targets):
        return [0] * len(line.targets)
    for i, size in enumerate(sizes):
        more = min(rest, size - given[i])
        given[i] += more
        rest -= more
    return given
