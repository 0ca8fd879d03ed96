"""What can be said of one rule alone: dead, in the wrong direction, giving more than it takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from xuefen.bank.conversion.rules.doctor.worth import gives, least, size_of, takes
from xuefen.bank.conversion.types.doctor import Code, Finding, ItemNote, RuleLine, World
from xuefen.bank.conversion.types.problem import NO_CONDITIONS, QUALITIES, Conditions

HIGHEST_MARK, HIGHEST_LEVEL, HIGHEST_ASSURANCE = 10_000, 10, 3


def examine_one(line: RuleLine, world: World, day: int) -> Iterator[Finding]:
    """At most one reason why the rule is dead; only a rule that can be applied is looked at further."""
    found = _dead(line, world, day)
    if found is not None:
        yield found
        return
    if line.denies:
        return
    more = _gives_more(line, world)
    if more is not None:
        yield more
    if line.targets and not line.waives:
        yield from _direction(line, world)


# --- dead ------------------------------------------------------------------------------------------------------------


def _dead(line: RuleLine, world: World, day: int) -> Finding | None:
    if line.until <= max(line.since, day):
        return _finding(Code.NEVER_IN_FORCE, line, (), until=line.until)
    if not line.denies:
        found = _no_source(line, world, day) or _no_condition(line, world, day)
        if found is not None:
            return found
        if line.overlap is not None and world.min_overlap is not None and line.overlap < world.min_overlap:
            return _finding(Code.OVERLAP_LOW, line, (), has=line.overlap, needed=world.min_overlap)
        if (combination := _combination(line)) not in world.combinations:
            return _finding(Code.COMBINATION, line, (), combination=combination)
    return _no_target(line, world)


def _combination(line: RuleLine) -> str:
    many = bool(line.pool) or any(len(items) > 1 for items in line.sets)
    return f"{'n' if many else '1'}:{'1' if len(line.targets) < 2 else 'm' if many else 'n'}"


def _ways(line: RuleLine) -> tuple[tuple[int, ...], ...]:
    return line.sets or tuple((item,) for item in line.pool)


def _no_source(line: RuleLine, world: World, day: int) -> Finding | None:
    """Each way needs something that nobody holds and nobody can come to hold."""
    missing: tuple[Code, int] | None = None
    for items in _ways(line):
        lost = next(((code, i) for i in items if (code := _gone(i, world, day, line.until))), None)
        if lost is None:
            return None
        missing = missing or lost
    return None if missing is None else _finding(missing[0], line, (missing[1],))


def _gone(item: int, world: World, day: int, until: int) -> Code | None:
    if world.held.get(item):
        return None
    note = world.items.get(item)
    if note is None or note.until <= day or note.since >= until:
        return Code.SOURCE_GONE
    return None if note.qualified else Code.ISSUER_GONE


def _no_condition(line: RuleLine, world: World, day: int) -> Finding | None:
    conditions = line.conditions
    if conditions is NO_CONDITIONS:
        return None
    never = _never(conditions, day)
    if never is not None:
        return _finding(Code.CONDITION_IMPOSSIBLE, line, (), condition=never[0], needed=never[1], has="")
    first: tuple[int, tuple[str, Any, Any]] | None = None
    for items in _ways(line):
        failed = next(((i, f) for i in items if (f := _unmet(conditions, world.items.get(i), world))), None)
        if failed is None:
            return None
        first = first or failed
    if first is None:
        return None
    item, (name, needed, has) = first
    return _finding(Code.CONDITION_IMPOSSIBLE, line, (item,), condition=name, needed=needed, has=has)


def _never(c: Conditions, day: int) -> tuple[str, Any] | None:
    """A condition nothing on earth can meet."""
    if c.min_mark is not None and c.min_mark > HIGHEST_MARK:
        return "min_mark", c.min_mark
    if c.min_level is not None and c.min_level > HIGHEST_LEVEL:
        return "min_level", c.min_level
    if c.min_assurance is not None and c.min_assurance > HIGHEST_ASSURANCE:
        return "min_assurance", c.min_assurance
    if c.min_quality is not None and c.min_quality not in tuple(QUALITIES):
        return "min_quality", c.min_quality
    if c.max_age_years is not None and c.max_age_years < 0:
        return "max_age_years", c.max_age_years
    if c.earned_until is not None:
        if c.earned_from is not None and c.earned_from >= c.earned_until:
            return "earned_until", c.earned_until.isoformat()
        if c.max_age_years is not None and c.earned_until.toordinal() < day - c.max_age_years * 366:
            return "max_age_years", c.max_age_years
    return None


def _unmet(c: Conditions, note: ItemNote | None, world: World) -> tuple[str, Any, Any] | None:
    """A condition no outcome of this item can meet: (its name, what is asked, what the item has)."""
    if note is None:
        return None
    if c.min_level is not None and not note.any_level and (note.level is None or note.level < c.min_level):
        return "min_level", c.min_level, "" if note.level is None else note.level
    if c.min_hours is not None and 0 < note.hours < c.min_hours:
        return "min_hours", c.min_hours, note.hours
    if c.min_quality is not None and note.best_quality > c.min_quality:
        return "min_quality", c.min_quality, note.best_quality
    if not c.online and note.online:
        return "online", "", ""
    kind = world.kinds.get(note.institution, "")
    if c.issuer_kinds and kind and kind not in c.issuer_kinds:
        return "issuer_kinds", "/".join(c.issuer_kinds), kind
    return None


def _no_target(line: RuleLine, world: World) -> Finding | None:
    if line.elective:
        groups = world.electives.get(line.receiver, frozenset())
        fits = bool(groups) if line.elective == "*" else line.elective in groups
        return None if fits else _finding(Code.ELECTIVE_GONE, line, (), node=line.elective)
    for item, _ in line.targets:
        course = world.courses.get(item)
        if course is None:
            return _finding(Code.TARGET_GONE, line, (item,))
        if course.barred and not line.waives and not line.denies:
            return _finding(Code.TARGET_BARRED, line, (item,))
    return None


# --- direction and amount --------------------------------------------------------------------------------------------


def _gives_more(line: RuleLine, world: World) -> Finding | None:
    """A stated result above what even the largest way carries. It may be meant; somebody should have said so."""
    if line.waives or (line.result is None and all(stated is None for _, stated in line.targets)):
        return None
    ways = _ways(line)
    taken = [takes(line, items, world) for items in ways]
    if not all(taken):
        return None
    most = max(taken)
    given = line.result if line.elective else sum(gives(line, most, world))
    if given is None or given <= most:
        return None
    return _finding(Code.GIVES_MORE, line, ways[taken.index(most)], gives=given, takes=most)


def _direction(line: RuleLine, world: World) -> Iterator[Finding]:
    ways = _ways(line)
    taken = [takes(line, items, world) for items in ways]
    if all(taken) and all(stated is None for _, stated in line.targets):
        most = max(taken)
        needed = sum(least(size_of(item, world), world) for item, _ in line.targets)
        if most < needed:
            size = sum(size_of(item, world) for item, _ in line.targets)
            best = ways[taken.index(most)]
            yield _finding(
                Code.SMALLER_FOR_LARGER, line, best, takes=most, size=size, missing=size - most, grant=world.tolerance
            )
    required = [t for t, _ in line.targets if t in world.courses and world.courses[t].required]
    if required:
        loose = [_nature(items, world, "elective") for items in ways]
        if all(item is not None for item in loose):
            yield _finding(Code.ELECTIVE_FOR_REQUIRED, line, (loose[0] or 0, required[0]))
    lower = [_lower(items, line, world) for items in ways]
    if lower and all(lower):
        source, target, has, needed = lower[0] or (0, 0, 0, 0)
        yield _finding(Code.LOWER_LEVEL, line, (source, target), has=has, needed=needed)


def _nature(items: Sequence[int], world: World, nature: str) -> int | None:
    return next((i for i in items if i in world.items and world.items[i].nature == nature), None)


def _lower(items: Sequence[int], line: RuleLine, world: World) -> tuple[int, int, int, int] | None:
    """A source of a lower level than the course it replaces. Only degree outcomes are compared: what a certificate or
    a social activity is worth as a course is exactly what such a rule decides.
    """
    for target, _ in line.targets:
        goal = world.items.get(target)
        for item in items:
            note = world.items.get(item)
            if (
                goal is not None and note is not None and goal.level and note.level
                and not note.any_level and goal.outcome_class == note.outcome_class == "degree" and note.level < goal.level
            ):  # fmt: skip
                return item, target, note.level, goal.level
    return None


def _finding(code: Code, line: RuleLine, items: Sequence[int], **params: Any) -> Finding:
    reach = sum(map(len, line.sets)) + len(line.pool) + len(line.targets)
    named = tuple(items) or tuple(item for way in _ways(line) for item in way)[:3]
    return Finding(
        code, (line.id,), named + tuple(t for t, _ in line.targets if t not in named)[:3], params, size=reach
    )
