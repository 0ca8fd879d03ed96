"""What the rule doctor reads: the register as a stream, and the world the rules are examined against."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.catalogue.types import ItemFacts
from xuefen.bank.conversion.models import DoctorRun
from xuefen.bank.conversion.rules.doctor import ConditionsReader, line_of
from xuefen.bank.conversion.types.doctor import FOREVER, CourseNote, ItemNote, RuleLine, World
from xuefen.bank.conversion.types.impact import LOOK_UNKNOWN
from xuefen.bank.deposits import queries as deposits
from xuefen.bank.deposits.rules import facts_of
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.copy import int_array
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards import queries as standards
from xuefen.bank.standards import rules as assessing
from xuefen.bank.standards.types import Assessment, Pack

FETCH = 5_000
FULL_MARK, MANY_HOURS = "100", 100_000
"""A result that earns the most an item can carry."""

_LINES = """
SELECT r.id, r.receiver_id, greatest(r.effective_from, a.effective_from),
       least(r.retired_on, a.ended_on),  -- the one that is set, when the other is not
       ((r.body -> 'rule') - 'basis' - 'clause')::text
FROM rule r JOIN agreement a ON a.id = r.agreement_id
WHERE r.state <> 'draft' AND (r.state = 'published' OR r.retired_on > %s)
"""


def register_size(*, on: date) -> int:
    """How many lines ``lines`` will give."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({_LINES}) AS lines", [on])  # noqa: S608 - our own text
        counted: int = cursor.fetchone()[0]
    return counted


def lines(*, on: date) -> Iterator[RuleLine]:
    """Every published version that is not over, streamed in the order of its row."""
    conditions = ConditionsReader()
    with connection.chunked_cursor() as cursor:
        cursor.execute(_LINES + " ORDER BY r.id", [on])
        while rows := cursor.fetchmany(FETCH):
            yield from _lines(rows, conditions)


def lines_of(rule_ids: Collection[int], *, on: date) -> list[RuleLine]:
    """Some rules, by row id."""
    with connection.cursor() as cursor:
        cursor.execute(_LINES + " AND r.id = ANY(%s::bigint[])", [on, int_array(rule_ids)])
        return list(_lines(cursor.fetchall(), ConditionsReader()))


def _lines(rows: Sequence[tuple[Any, ...]], conditions: ConditionsReader) -> Iterator[RuleLine]:
    for id_, receiver, since, until, body in rows:
        yield line_of(
            json.loads(body),
            id=id_,
            receiver=receiver,
            since=since.toordinal(),
            until=FOREVER if until is None else until.toordinal(),
            conditions=conditions,
        )


# --- the world -------------------------------------------------------------------------------------------------------


def world(*, on: date, standard: str = "cn-2026", only: Collection[int] | None = None) -> World:
    """What items are worth, where courses stand, what is held, under the standard of that day; a constant number of queries.

    ``only``: no other items are looked at, nor what is held. Raises ``Denied(standard_unknown)``.
    """
    pack = standards.current(code=standard, on=on).pack
    grade = assessing.read_grade(FULL_MARK, pack)
    qualified = institutions.qualified(on=on)
    held_versions = deposits.held_versions() if only is None else {}
    items: dict[int, ItemNote] = {}
    subjects: dict[int, str] = {}
    held: dict[int, int] = {}
    for facts, since, until in catalogue.offers(only):
        subjects[facts.item_id] = facts.subject
        if count := held_versions.get(facts.version_id):
            held[facts.item_id] = held.get(facts.item_id, 0) + count
        found = assessing.assess(facts_of(facts, grade=grade, hours=MANY_HOURS), pack)
        note = ItemNote(
            institution=facts.institution_id,
            worth=found.credits if isinstance(found, Assessment) else 0,
            since=since.toordinal(),
            until=FOREVER if until is None else until.toordinal(),
            level=found.level if isinstance(found, Assessment) else facts.level,
            outcome_class=facts.outcome_class.value,
            nature=facts.nature,
            hours=facts.theory_hours + facts.practice_hours,
            online=facts.online,
            best_quality=_best_quality(facts, pack),
            qualified=(facts.institution_id, facts.outcome_class.value) in qualified,
            any_level=bool(pack.policy.level_ignored) and facts.type_code.startswith(pack.policy.level_ignored),
        )
        last = items.get(facts.item_id)
        items[facts.item_id] = note if last is None else _either(last, note)
    courses, electives = _courses(subjects, barred=pack.policy.not_convertible, only=only)
    owners = list(institutions.institutions(EVERYTHING).values_list("id", "kind", "code"))
    return World(
        items=items,
        courses=courses,
        electives=electives,
        held=held,
        kinds={pk: kind for pk, kind, _ in owners},
        codes={pk: code for pk, _, code in owners},
        tolerance=pack.policy.tolerance,
        grain=pack.degree.grain,
        direction=pack.policy.direction,
        min_overlap=pack.policy.content_overlap,
        combinations=pack.policy.combinations,
    )


def _best_quality(facts: ItemFacts, pack: Pack) -> str:
    row = pack.social.get(facts.type_code)
    return "A" if row is None else row.best_quality


def _either(one: ItemNote, other: ItemNote) -> ItemNote:
    """Two versions of an item: what holds of at least one of them."""
    levels = [note.level for note in (one, other) if note.level is not None]
    return other._replace(
        worth=max(one.worth, other.worth),
        since=min(one.since, other.since),
        until=max(one.until, other.until),
        level=max(levels, default=None),
        hours=max(one.hours, other.hours) if one.hours and other.hours else 0,
        online=one.online and other.online,
        nature=one.nature if one.nature == other.nature else "",
        any_level=one.any_level or other.any_level,
    )


def _courses(
    subjects: Mapping[int, str], *, barred: Collection[str], only: Collection[int] | None
) -> tuple[dict[int, CourseNote], dict[int, frozenset[str]]]:
    """Where courses stand in programmes in force, and the groups of elective credit by receiver."""
    courses: dict[int, CourseNote] = {}
    electives: dict[int, set[str]] = {}
    found = catalogue.programmes()
    if only is not None:
        found = found.filter(
            pk__in=catalogue.programmes().order_by().filter(items__item_id__in=list(only)).values("pk")
        )
    for institution, tree in found.values_list("institution_id", "tree").iterator(200):
        for node, elective, closed in _walk(tree, elective=False, closed=False):
            if node["kind"] == "credits" and elective:
                electives.setdefault(institution, set()).add(node["id"])
            if node["kind"] != "course":
                continue
            item = node["item_id"]
            place = CourseNote(node["credits"], not elective, closed or subjects.get(item, "") in barred)
            last = courses.get(item)
            courses[item] = place if last is None else CourseNote(
                max(last.credits, place.credits), last.required or place.required, last.barred and place.barred
            )  # fmt: skip
    return courses, {pk: frozenset(nodes) for pk, nodes in electives.items()}


def _walk(node: Mapping[str, Any], *, elective: bool, closed: bool) -> Iterator[tuple[Mapping[str, Any], bool, bool]]:
    """Every node with whether it counts as elective, and whether it is closed to conversion (a cap of 0 above it)."""
    elective, closed = elective or bool(node.get("elective")), closed or node.get("cap") == 0
    yield node, elective, closed
    for child in node.get("children", ()):
        yield from _walk(child, elective=elective, closed=closed)


# --- the neighbourhood of some rules ---------------------------------------------------------------------------------


def leading_to(items: Iterable[int], *, on: date, hops: int, most: int) -> list[RuleLine]:
    """The rules from which these items can be reached in at most so many rules: those that give them, those that give what
    these take, and so on; by index, two queries for each step. At most about ``most`` rules.
    """
    found: dict[int, RuleLine] = {}
    wanted, seen = set(items), set(items)
    for _ in range(hops):
        if not wanted or len(found) >= most:
            break
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT DISTINCT rule_id FROM rule_target WHERE item_id = ANY(%s::bigint[]) LIMIT %s",
                [int_array(wanted), most],
            )
            ids = {row[0] for row in cursor} - found.keys()
        fresh = {line.id: line for line in lines_of(ids, on=on)}
        found.update(fresh)
        wanted = {i for line in fresh.values() for way in (*line.sets, line.pool) for i in way} - seen
        seen |= wanted
    return list(found.values())


# --- names -----------------------------------------------------------------------------------------------------------


def numbers_of(rule_ids: Collection[int]) -> dict[int, str]:
    """Row id → number of the rule; one query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, number FROM rule WHERE id = ANY(%s::bigint[])", [int_array(rule_ids)])
        return dict(cursor.fetchall())


def names_of(item_ids: Collection[int]) -> dict[int, str]:
    """Item id → "name (INSTITUTION/CODE)"; two queries."""
    facts = catalogue.items_by_id(item_ids)
    owners = institutions.institutions(EVERYTHING).filter(id__in={f.institution_id for f in facts.values()})
    codes = dict(owners.values_list("id", "code"))
    return {pk: f"{f.name}（{codes.get(f.institution_id, '')}/{f.code}）" for pk, f in facts.items()}


def institution_names() -> dict[int, str]:
    return dict(institutions.institutions(EVERYTHING).values_list("id", "name_zh"))


# --- runs ------------------------------------------------------------------------------------------------------------


def runs(by: Actor) -> QuerySet[DoctorRun]:
    """Examinations, newest first. ``Denied``: not_allowed."""
    by.scope("rules.draft")
    return DoctorRun.objects.select_related("receiver").order_by("-id")


def run(by: Actor, run_id: int) -> DoctorRun:
    """One examination. ``Denied``: not_allowed, look_unknown."""
    found = runs(by).filter(pk=run_id).first()
    if found is None:
        raise Denied(LOOK_UNKNOWN, place="run")
    return found
