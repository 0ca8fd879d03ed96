"""What ``xuefen prove`` asks of batches and outcomes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from django.db import connection, transaction

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.deposits import rules
from xuefen.bank.deposits.models import BatchRevocation, Outcome, OutcomeChange
from xuefen.bank.deposits.queries.about_outcomes import COLUMNS, OWN
from xuefen.bank.deposits.types import Effort, OutcomeEvent
from xuefen.bank.learners import queries as learners
from xuefen.bank.learners import rules as learner_rules
from xuefen.bank.learners.types import LearnerFacts
from xuefen.bank.shell.clock import stamp
from xuefen.bank.shell.violation import Violation
from xuefen.bank.standards import queries as standards
from xuefen.bank.standards import rules as assessing
from xuefen.bank.standards.types import Refusal
from xuefen.bank.translog import queries as translog

_BATCHES_AGAINST_ROWS = """
SELECT b.number, b.accepted, coalesce(o.n, 0), b.credits, coalesce(o.credits, 0), b.refused, coalesce(r.refused, 0),
       b.duplicates, coalesce(r.duplicates, 0)
FROM batch b
LEFT JOIN (SELECT batch_id, count(*) AS n, sum(credits) AS credits,
                  count(*) FILTER (WHERE state = 'withdrawn') AS withdrawn FROM outcome GROUP BY 1) o ON o.batch_id = b.id
LEFT JOIN (SELECT batch_id, count(DISTINCT row) FILTER (WHERE NOT duplicate) AS refused,
                  count(DISTINCT row) FILTER (WHERE duplicate) AS duplicates
           FROM refused_row GROUP BY 1) r ON r.batch_id = b.id
WHERE (b.accepted, b.credits, b.refused, b.duplicates)
      IS DISTINCT FROM (coalesce(o.n, 0), coalesce(o.credits, 0), coalesce(r.refused, 0), coalesce(r.duplicates, 0))
   OR b.read <> b.accepted + b.refused + b.duplicates
   OR (b.state = 'done' AND b.read <> b.total_rows)
   OR (b.state IN ('done', 'cancelled', 'revoking', 'revoked') AND b.receipt IS NULL)
   OR b.withdrawn <> coalesce(o.withdrawn, 0)
   OR (b.state = 'failed' AND b.read > 0)
ORDER BY 1 LIMIT 100
"""
_REVOKED_BATCHES = """
SELECT b.number, 'is ' || b.state || ', which its revocation does not say' FROM batch b
LEFT JOIN batch_revocation r ON r.batch_id = b.id
WHERE CASE b.state WHEN 'revoking' THEN r.batch_id IS NULL OR r.ended_at IS NOT NULL
                   WHEN 'revoked' THEN r.ended_at IS NULL ELSE r.batch_id IS NOT NULL END
UNION ALL
SELECT b.number, 'is revoked, but outcome ' || o.number || ' of it still counts' FROM batch b
JOIN outcome o ON o.batch_id = b.id AND o.state = 'valid'
WHERE b.state = 'revoked' AND NOT EXISTS (SELECT 1 FROM outcome_change c WHERE c.outcome_id = o.id)
ORDER BY 1 LIMIT 100
"""
_WITHOUT_TRANSFER = """
SELECT o.number, o.credits, t.amount, o.state, v.amount
FROM outcome o
LEFT JOIN transfer t ON t.lot_id = o.id AND t.kind = 'deposit'
LEFT JOIN (SELECT lot_id, sum(CASE kind WHEN 'reverse' THEN amount ELSE -amount END) AS amount
           FROM transfer WHERE kind IN ('reverse', 'restore') GROUP BY lot_id) v ON v.lot_id = o.id
LEFT JOIN book b ON b.id = t.to_book_id
WHERE t.id IS NULL OR t.amount <> o.credits OR b.owner_id <> o.learner_id OR t.at <> o.deposited_at
   OR t.key <> 'deposit:' || o.number
   OR coalesce(v.amount, 0) <> CASE o.state WHEN 'valid' THEN 0 ELSE o.credits END
ORDER BY 1 LIMIT 100
"""
_STRAYED = """
SELECT o.number, o.state, c.to_state FROM outcome o
LEFT JOIN LATERAL (SELECT to_state FROM outcome_change WHERE outcome_id = o.id ORDER BY seq DESC LIMIT 1) c ON true
WHERE o.state <> 'valid' AND o.state IS DISTINCT FROM c.to_state
UNION ALL
SELECT o.number, o.state, c.to_state FROM (
    SELECT DISTINCT ON (outcome_id) outcome_id, to_state FROM outcome_change ORDER BY outcome_id, seq DESC
) c JOIN outcome o ON o.id = c.outcome_id WHERE o.state = 'valid' AND c.to_state <> 'valid'
ORDER BY 1 LIMIT 100
"""
_WITHOUT_LEAF = """
SELECT o.number, o.leaf_id FROM outcome o
LEFT JOIN leaf l ON l.leaf_id = o.leaf_id LEFT JOIN queued_leaf q ON q.id = o.leaf_id
WHERE position(convert_to('"outcome":"' || o.number || '"', 'UTF8') IN coalesce(l.body, q.body, ''::bytea)) = 0
ORDER BY 1 LIMIT 100
"""
_ORPHANS = """
SELECT o.number FROM outcome o
LEFT JOIN batch b ON b.id = o.batch_id LEFT JOIN learner l ON l.id = o.learner_id
LEFT JOIN institution i ON i.id = o.issuer_id LEFT JOIN item_version v ON v.id = o.item_version_id
LEFT JOIN standard_version s ON s.id = o.standard_version_id
WHERE b.id IS NULL OR l.id IS NULL OR i.id IS NULL OR v.id IS NULL OR s.id IS NULL
ORDER BY 1 LIMIT 100
"""
_MOST_TOLD = 100  # of one kind of violation, as in the statements above


def violations() -> Iterator[Violation]:
    """I11 counts against rows; I1 every outcome has its transfer; I5 its leaf, and is what the leaf says; I3 its natural key;
    no orphans; what it is worth is what the standard of its day makes of it.
    """
    for number, *found in _rows(_BATCHES_AGAINST_ROWS):
        yield Violation(
            "I11", f"batch {number}", f"counted and found (accepted, credits, refused, duplicates): {found}"
        )
    for number, found in _rows(_REVOKED_BATCHES):
        yield Violation("I7", f"batch {number}", found)
    yield from _revocation_violations()
    for number, credits, amount, state, reverse in _rows(_WITHOUT_TRANSFER):
        told = f"{credits} recognised, {amount} deposited, {state}, {reverse} taken back"
        yield Violation("I1", f"outcome {number}", told)
    for number, leaf_id in _rows(_WITHOUT_LEAF):
        yield Violation("I5", f"outcome {number}", f"no leaf {leaf_id} speaks of it, queued or sealed")
    for number, state, leads_to in _rows(_STRAYED):
        yield Violation("I7", f"outcome {number}", f"is {state}, its changes lead to {leads_to}")
    for (number,) in _rows(_ORPHANS):
        yield Violation("I4", f"outcome {number}", "names a row that does not exist")
    erased = learners.erased_ids()  # their serial numbers were taken out
    made_for = dict(
        OutcomeChange.objects.filter(replacement__isnull=False).values_list("replacement__number", "outcome__number")
    )
    columns = ("number", "issuer_id", "learner_id", "item_version_id", "awarded_on", "serial", "natural_key")
    for number, issuer, learner, item, awarded_on, serial, key in Outcome.objects.values_list(*columns).iterator(5000):
        expected = rules.natural_key(
            issuer_id=issuer, learner_id=learner, item_version_id=item, awarded_on=awarded_on, serial=serial
        )
        if number in made_for and bytes(key) == rules.replaced_key(expected, corrects=made_for[number]):
            continue
        if expected != bytes(key) and learner not in erased:
            yield Violation("I3", f"outcome {number}", "its natural key is not that of its content")
    yield from islice(_leaf_violations(), _MOST_TOLD)
    yield from _worth_violations()


def _leaf_violations() -> Iterator[Violation]:
    """Every deposit the log tells of exists and says the same; revoked is what the log calls revoked (I5)."""
    columns = (*OWN, "standard_version__code", "standard_version__version")
    for told in translog.facts("outcome.deposited"):
        numbers = [fact["outcome"] for _, fact in told]
        rows = {row["number"]: row for row in Outcome.objects.filter(number__in=numbers).values(*columns, **COLUMNS)}
        holders = learners.facts_of({row["learner_id"] for row in rows.values()})
        for leaf_id, fact in told:
            subject, row = f"outcome {fact['outcome']}", rows.get(fact["outcome"])
            if row is None:
                yield Violation("I5", subject, f"leaf {leaf_id} speaks of it, but it does not exist")
                continue
            says = _fact_of(row, holders.get(row["learner_id"]))
            # A leaf older than the commitment to the result is silent on it; none can contradict what it does not say.
            wrong = [name for name, value in says.items() if name in fact and value != fact[name]]
            if row["leaf_id"] != leaf_id:
                wrong.append("leaf_id")
            if wrong:
                yield Violation("I5", subject, f"not what leaf {leaf_id} says: {', '.join(wrong)}")
    yield from _change_violations()


def _change_violations() -> Iterator[Violation]:
    """Every change the log tells of is a row that says the same, and every row has its leaf (I5)."""
    columns = ("leaf_id", "outcome__number", "event", "at", "replacement__number")
    rows = {row[0]: row[1:] for row in OutcomeChange.objects.values_list(*columns)}
    for event in OutcomeEvent:
        for told in translog.facts(f"outcome.{event}"):
            for leaf_id, fact in told:
                row = rows.pop(leaf_id, None)
                says = (row[0], row[1], stamp(row[2]), row[3]) if row is not None else None
                if says != (fact["outcome"], event.value, fact["at"], fact.get("replacement")):
                    yield Violation(
                        "I5", f"outcome {fact['outcome']}", f"leaf {leaf_id} says {event}, its changes do not"
                    )
    for leaf_id, (number, event, *_) in sorted(rows.items()):
        yield Violation("I5", f"outcome {number}", f"{event} without its leaf {leaf_id}")


def _revocation_violations() -> Iterator[Violation]:
    """Every batch the log calls taken back is one, and every one has its leaves (I5)."""
    for column, kind in (("leaf_id", "batch.revoking"), ("end_leaf_id", "batch.revoked")):
        rows = dict(BatchRevocation.objects.exclude(**{column: None}).values_list(column, "batch__number"))
        for told in translog.facts(kind):
            for leaf_id, fact in told:
                if rows.pop(leaf_id, None) != fact["batch"]:
                    yield Violation("I5", f"batch {fact['batch']}", f"leaf {leaf_id} says {kind}, its row does not")
        for leaf_id, number in sorted(rows.items()):
            yield Violation("I5", f"batch {number}", f"{kind} without its leaf {leaf_id}")


def _fact_of(row: Mapping[str, Any], holder: LearnerFacts | None) -> dict[str, object]:
    """What the leaf of an outcome must say, from its row; without holder and result when the holder's key is gone."""
    says: dict[str, object] = {
        "issuer": row["issuer_code"],
        "standard": f"{row['standard_version__code']}/{row['standard_version__version']}",
        "at": stamp(row["deposited_at"]),
        "item": row["item_code"],
        "version": row["version"],
        "class": row["outcome_class"],
        "credits": row["credits"],
        "awarded_on": row["awarded_on"].isoformat(),
        "assurance": row["assurance"],
    }
    if holder is not None and holder.data_key is not None:
        salt = learner_rules.leaf_salt(holder.data_key, row["number"])
        says["holder"] = learner_rules.holder_commitment(salt, holder.account_no)
        effort = Effort(row["attendance"], row["online_share"], row["workload"])
        says["result"] = rules.result_commitment(
            salt, grade=row["grade"], hours=row["hours"], serial=row["serial"], effort=effort
        )
    return says


def _worth_violations() -> Iterator[Violation]:
    """Class, level, credit, quality and mark, assessed again: once for all outcomes of one item and one result."""
    result = ("item_version_id", "standard_version_id", "grade", "hours", "attendance", "online_share", "workload")
    worth = ("outcome_class", "level", "credits", "quality", "mark")
    found = list(Outcome.objects.order_by(*result).values_list(*result, *worth).distinct())
    items = catalogue.versions_by_id({values[0] for values in found})
    for item_id, standard_id, grade, hours, attendance, online_share, workload, *stored in found:
        item = items.get(item_id)
        if item is None:
            continue  # an orphan, told above
        pack = standards.by_id(standard_id).pack
        read = assessing.read_grade(grade, pack) if grade else None
        effort = Effort(attendance, online_share, workload)
        again = assessing.assess(rules.facts_of(item, grade=read, hours=hours, effort=effort), pack)
        if isinstance(again, Refusal):
            wrong = f"the standard refuses them: {again.problem.code}"
        else:
            due = [item.outcome_class.value, again.level, again.credits, again.quality, read.mark if read else None]
            if due == stored:
                continue
            wrong = f"stored {dict(zip(worth, stored, strict=True))}, the standard says {due}"
        yield Violation("I1", f"outcomes of {item.code} with {grade or 'no grade'}, {hours} hours", wrong)


def _rows(sql: str) -> list[tuple[Any, ...]]:
    with transaction.atomic(), connection.cursor() as cursor:
        # These read whole tables, often just filled and not yet analysed: a nested loop would be quadratic then.
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(sql)
        found = list(cursor.fetchall())
        cursor.execute("SET LOCAL enable_nestloop = on")  # an outer transaction may go on
        return found
