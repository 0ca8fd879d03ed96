"""Looking for what cannot be, or should not be: each search is one statement over the rows of one batch, by index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from xuefen.bank.evidence import queries as evidence
from xuefen.bank.learners import queries as learners
from xuefen.bank.shell.queries import fetch
from xuefen.bank.standards import queries as standards
from xuefen.bank.supervision import rules
from xuefen.bank.supervision.rules import alarms
from xuefen.bank.supervision.types.alarms import AlarmKind, DayCount, Finding

SHOWN = 20
"""Outcomes a case names; the count says how many there are."""


def waiting_batches(limit: int) -> list[int]:
    """Finished batches that no scan has looked through, oldest first."""
    return [
        pk
        for (pk,) in fetch(
            "SELECT b.id FROM batch b WHERE b.state IN ('done', 'cancelled') AND NOT EXISTS"
            " (SELECT 1 FROM scanned_batch s WHERE s.batch_id = b.id) ORDER BY b.id LIMIT %s",
            limit,
        )
    ]


def in_batch(batch_id: int) -> Iterator[Finding]:
    """Everything alarming about one finished batch."""
    yield from _shared_serials(batch_id)
    yield from _before_item(batch_id)
    yield from _before_birth(batch_id)
    yield from _at_threshold(batch_id)
    yield from _burst(batch_id)


# What a correction left as it was has been looked into with the outcome it corrects, here and below: no second case for it.
# The first outcome that ever carried a number names the case, whatever became of it since.
_SERIALS = """
WITH met AS (
    SELECT DISTINCT n.issuer_id, n.mark FROM outcome o JOIN seen_serial n ON n.outcome_id = o.id
    WHERE o.batch_id = %s AND EXISTS (
        SELECT 1 FROM seen_serial o WHERE o.issuer_id = n.issuer_id AND o.mark = n.mark AND o.learner_id <> n.learner_id)
    AND NOT EXISTS (
        SELECT 1 FROM outcome_change c JOIN outcome p ON p.id = c.outcome_id WHERE c.replacement_id = o.id AND
            upper(replace(p.serial, ' ', '')) = upper(replace(o.serial, ' ', '')))
)
SELECT o.issuer_id, min(o.id), count(DISTINCT o.learner_id) FILTER (WHERE o.state = 'valid'),
       array_agg(o.number ORDER BY o.id) FILTER (WHERE o.state = 'valid')
FROM met JOIN seen_serial s ON s.issuer_id = met.issuer_id AND s.mark = met.mark JOIN outcome o ON o.id = s.outcome_id
WHERE o.serial <> ''
GROUP BY o.issuer_id, upper(replace(o.serial, ' ', ''))
HAVING count(DISTINCT o.learner_id) FILTER (WHERE o.state = 'valid') > 1 ORDER BY 2
"""


def _shared_serials(batch_id: int) -> Iterator[Finding]:
    """One issuer's certificate number on outcomes of two people; the hash finds them, the number itself decides."""
    for issuer_id, first, people, numbers in fetch(_SERIALS, batch_id):
        found = {"count": people, "outcomes": numbers[:SHOWN]}
        yield Finding(AlarmKind.SHARED_SERIAL, f"serial:{first}", found, issuer_id=issuer_id, batch_id=batch_id)


_BEFORE_ITEM = """
WITH early AS (
    SELECT o.issuer_id, o.number, o.row, o.awarded_on, v.item_id, v.name, f.first
    FROM outcome o JOIN item_version v ON v.id = o.item_version_id
    JOIN LATERAL (SELECT min(effective_from) AS first FROM item_version w WHERE w.item_id = v.item_id) f ON true
    WHERE o.batch_id = %s AND o.state = 'valid' AND o.awarded_on < f.first
    AND NOT EXISTS (
        SELECT 1 FROM outcome_change c JOIN outcome p ON p.id = c.outcome_id WHERE c.replacement_id = o.id AND
            p.awarded_on = o.awarded_on AND p.item_version_id = o.item_version_id)
)
SELECT min(issuer_id), count(*), count(DISTINCT item_id), (array_agg(number ORDER BY first - awarded_on DESC, row))[1:%s],
       (array_agg(name ORDER BY first - awarded_on DESC, row))[1], (array_agg(first ORDER BY first - awarded_on DESC, row))[1],
       (array_agg(awarded_on ORDER BY first - awarded_on DESC, row))[1]
FROM early HAVING count(*) > 0
"""


def _before_item(batch_id: int) -> Iterator[Finding]:
    """Awarded before the first version of the item took effect; one case a batch, with the widest gap as its example."""
    for issuer_id, count, items, numbers, name, first, awarded_on in fetch(_BEFORE_ITEM, batch_id, SHOWN):
        found = {
            "count": count,
            "items": items,
            "outcomes": numbers,
            "item": name,
            "first": first.isoformat(),
            "earliest": awarded_on.isoformat(),
        }
        yield Finding(AlarmKind.BEFORE_ITEM, f"item:{batch_id}", found, issuer_id=issuer_id, batch_id=batch_id)


_EARLIEST = """
SELECT learner_id, min(awarded_on), min(issuer_id) FROM outcome o
WHERE batch_id = %s AND state = 'valid' AND NOT EXISTS (
    SELECT 1 FROM outcome_change c JOIN outcome p ON p.id = c.outcome_id WHERE c.replacement_id = o.id AND
        p.awarded_on = o.awarded_on)
GROUP BY learner_id ORDER BY learner_id
"""
_OUTCOMES_BEFORE = """
SELECT o.number FROM outcome o JOIN unnest(%s::bigint[], %s::date[]) AS p(learner_id, born) ON p.learner_id = o.learner_id
WHERE o.batch_id = %s AND o.state = 'valid' AND o.awarded_on < p.born ORDER BY o.row
"""
_AT_ONCE = 2_000  # people whose sealed birth dates are opened together


def _before_birth(batch_id: int) -> Iterator[Finding]:
    """Awarded before the holder was born. Birth dates are sealed: they are opened here, compared, and not told."""
    people = fetch(_EARLIEST, batch_id)
    early: dict[int, date] = {}
    for at in range(0, len(people), _AT_ONCE):
        some = people[at : at + _AT_ONCE]
        born = learners.births([learner_id for learner_id, *_ in some])
        early |= {pk: born[pk] for pk, first, _ in some if pk in born and first < born[pk]}
    if early:
        numbers = [n for (n,) in fetch(_OUTCOMES_BEFORE, list(early), list(early.values()), batch_id)]
        found = {"count": len(numbers), "outcomes": numbers[:SHOWN]}
        yield Finding(AlarmKind.BEFORE_BIRTH, f"birth:{batch_id}", found, issuer_id=people[0][2], batch_id=batch_id)


_MARKS = """
SELECT o.issuer_id, o.standard_version_id, v.type_code, o.mark / 100, count(*)
FROM outcome o JOIN item_version v ON v.id = o.item_version_id
WHERE o.batch_id = %s AND o.state = 'valid' AND o.mark %% 100 = 0 AND o.grade ~ '^[0-9０-９]' GROUP BY 1, 2, 3, 4
"""
_AT_MARK = """
SELECT o.number FROM outcome o JOIN item_version v ON v.id = o.item_version_id
WHERE o.batch_id = %s AND o.state = 'valid' AND o.mark = %s
  AND o.grade ~ '^[0-9０-９]' AND v.type_code = ANY(%s) ORDER BY o.row LIMIT %s
"""


def _at_threshold(batch_id: int) -> Iterator[Finding]:
    """More results exactly at a mark the standard asks for than the marks just above it can explain: the pass mark, and of
    settings that ask for more, theirs. Each mark is compared among the results it is asked of. Words are left out: 及格 is
    exactly 60 and no school could write 61.
    """
    rows = fetch(_MARKS, batch_id)
    if not rows:
        return
    issuer_id, standard_id = rows[0][:2]
    pack = standards.by_id(standard_id).pack
    asked: dict[int, set[str]] = {}
    for type_code in {row[2] for row in rows}:
        asked.setdefault(alarms.mark_asked(pack, type_code), set()).add(type_code)
    for threshold, types in sorted(asked.items()):
        counts: Counter[int] = Counter()
        for _, _, type_code, mark, count in rows:
            counts[mark] += count if type_code in types else 0
        whole = threshold // 100
        at, above = counts[whole], [counts[whole + i] for i in range(1, alarms.NEIGHBOURS + 1)]
        if threshold % 100 or not rules.piles_up(at, above):
            continue
        found = {
            "count": at,
            "mark": whole,
            "neighbours": round(sum(above) / len(above), 1),
            "chance": rules.pile_chance(at, above),
            "chart": [[str(whole + i), count] for i, count in enumerate([at, *above])],
            "outcomes": [n for (n,) in fetch(_AT_MARK, batch_id, threshold, sorted(types), SHOWN)],
        }
        key = f"threshold:{batch_id}"
        if threshold != pack.pass_mark:
            found["setting"], key = True, f"{key}:{whole}"
        yield Finding(AlarmKind.AT_THRESHOLD, key, found, issuer_id=issuer_id, batch_id=batch_id)


_BY_DAY = """
SELECT b.issuer_id, (b.finished_at AT TIME ZONE 'Asia/Shanghai')::date AS day, sum(b.accepted - b.withdrawn)
FROM batch b JOIN batch t ON t.issuer_id = b.issuer_id AND t.id = %s
WHERE b.state IN ('done', 'cancelled') AND b.source NOT IN ('correct', 'gather') AND b.finished_at IS NOT NULL
  AND b.finished_at <= date_trunc('day', t.finished_at AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai'
      + interval '1 day'
  AND b.finished_at > t.finished_at - interval '62 days'
GROUP BY 1, 2 ORDER BY 2
"""
_DAY_OF = """
SELECT (finished_at AT TIME ZONE 'Asia/Shanghai')::date FROM batch WHERE id = %s AND source NOT IN ('correct', 'gather')
"""


def _burst(batch_id: int) -> Iterator[Finding]:
    """The issuer's day is ten times its habit; one case for each issuer and day, which grows with the day."""
    own = fetch(_DAY_OF, batch_id)
    if not own:
        return
    ((day,),) = own
    rows = fetch(_BY_DAY, batch_id)
    days = [DayCount(on, int(count)) for _, on, count in rows]
    usual = rules.habit(days, before=day)
    today = sum(one.rows for one in days if one.day == day)
    if usual is None or not rules.is_burst(today, usual=usual):
        return
    shown = [one for one in days if day - timedelta(days=alarms.HABIT_DAYS) <= one.day <= day][-8:]
    found = {
        "count": today,
        "usual": usual,
        "day": day.isoformat(),
        "chart": [[f"{one.day.month}/{one.day.day}", one.rows] for one in shown],
    }
    key = f"burst:{rows[0][0]}:{day.isoformat()}"
    yield Finding(AlarmKind.BURST, key, found, issuer_id=rows[0][0], batch_id=batch_id)


def shared_files(*, after: int) -> Iterator[Finding]:
    """Files brought by two people, one of them after the file ``after``."""
    for shared in evidence.evidence_shared(after=after):
        people = {learner_id for _, learner_id in shared.holders}
        found = {"count": len(people), "files": [number for number, _ in shared.holders][:SHOWN]}
        place_id = learners.place_of(shared.holders[0][1])
        yield Finding(AlarmKind.SHARED_FILE, f"file:{shared.holders[0][0]}", found, place_id=place_id)
