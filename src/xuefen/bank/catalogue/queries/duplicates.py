"""Items whose names are one in normal form, and what people have found of them. Set-based; nothing is ever merged."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from django.db import connection

from xuefen.bank.catalogue.models import ItemVerdict
from xuefen.bank.catalogue.queries.reading import items_by_id
from xuefen.bank.catalogue.types import DuplicateGroup, PairVerdict, Verdict
from xuefen.bank.shell.copy import int_array

GROUPS = 20
_LOOSE = "translate(replace(v.name_key, '以及', '及'), '和及暨', '与与与')"
"""机械原理与设计 and 机械原理和设计: too loose for a key that rules use, right for a proposal."""
# The latest version of an item speaks for it, as in ``items_by_id``: what took effect last, the plain one before variants.
_FIND = f"""
    SELECT {_LOOSE} AS loose, array_agg(DISTINCT v.item_id) AS items
    FROM (
        SELECT DISTINCT ON (item_id) item_id, name_key FROM item_version WHERE retired_on IS NULL
        ORDER BY item_id, effective_from DESC, length(version), version, id DESC
    ) v JOIN item i ON i.id = v.item_id
    WHERE v.name_key <> '' AND (%(institution)s = '' OR i.institution_id IN (
        SELECT id FROM institution WHERE code = %(institution)s))
    GROUP BY 1 HAVING count(DISTINCT v.item_id) > 1
"""  # noqa: S608 - constants of this file
_OPEN = f"""
    WITH grouped AS ({_FIND}), newest AS (
        SELECT DISTINCT ON (one_id, other_id) one_id, other_id, verdict FROM item_verdict ORDER BY one_id, other_id, id DESC
    )
    SELECT loose, items, count(*) OVER () FROM grouped g
    WHERE %(settled)s = (
        cardinality(items) * (cardinality(items) - 1) / 2 <= (
            SELECT count(*) FROM newest n
            WHERE n.verdict <> 'undecided' AND n.one_id = ANY(g.items) AND n.other_id = ANY(g.items)
        )
    )
    ORDER BY cardinality(items) DESC, loose LIMIT %(limit)s OFFSET %(offset)s
"""  # noqa: S608


def duplicate_groups(
    *, institution_code: str = "", settled: bool = False, page: int = 1, size: int = GROUPS
) -> tuple[tuple[DuplicateGroup, ...], int]:
    """Candidates of one institution (or of all) with something left to judge, or, ``settled``, those all judged; and how many.

    Three queries, whatever the size of the catalogue.
    """
    settings: dict[str, str | bool | int] = {
        "institution": institution_code,
        "settled": settled,
        "limit": size,
        "offset": (max(page, 1) - 1) * size,
    }
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, settings)
        rows = cursor.fetchall()
    ids = {item for _, items, _ in rows for item in items}
    facts, found = items_by_id(ids), verdicts(ids)
    groups = tuple(
        DuplicateGroup(
            key=key,
            items=tuple(sorted((facts[i] for i in items if i in facts), key=lambda f: (f.institution_id, f.code))),
            verdicts=tuple(v for pair, v in found.items() if pair[0] in items and pair[1] in items),
        )
        for key, items, _ in rows
    )
    return groups, rows[0][2] if rows else 0


def verdicts(item_ids: Collection[int]) -> dict[tuple[int, int], Verdict]:
    """The newest verdict of each pair among these items, by (smaller id, larger id); one query."""
    rows = (
        ItemVerdict.objects.filter(one__in=item_ids, other__in=item_ids)
        .order_by("one_id", "other_id", "-id")
        .distinct("one_id", "other_id")
    )
    return {
        (row.one_id, row.other_id): Verdict(
            row.one_id, row.other_id, PairVerdict(row.verdict), row.reason, row.by_name, row.at
        )
        for row in rows
    }


_CLOSURE = """
    WITH RECURSIVE newest AS (
        SELECT DISTINCT ON (one_id, other_id) one_id, other_id, verdict FROM item_verdict ORDER BY one_id, other_id, id DESC
    ), linked AS (
        SELECT one_id AS a, other_id AS b FROM newest WHERE verdict = 'same'
        UNION ALL SELECT other_id, one_id FROM newest WHERE verdict = 'same'
    ), reached AS (
        SELECT start, start AS item FROM unnest(%s::bigint[]) AS start
        UNION SELECT r.start, l.b FROM reached r JOIN linked l ON l.a = r.item
    )
    SELECT start, item FROM reached WHERE start <> item ORDER BY start, item
"""


def equivalents(item_ids: Iterable[int]) -> Mapping[int, tuple[int, ...]]:
    """For each item those a person has called the same, also by way of a third; one query.

    A suggestion for rules and for the question of one name, never a merge.
    """
    found: dict[int, list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_CLOSURE, [int_array(item_ids)])
        for start, item in cursor.fetchall():
            found.setdefault(start, []).append(item)
    return {start: tuple(items) for start, items in found.items()}
