"""Reading batches and outcomes. Scoped reads take the scope first."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from itertools import groupby, islice
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, Max, QuerySet, Sum, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, ExtractYear

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.deposits import rules
from xuefen.bank.deposits.models import Batch, ColumnName, Outcome, OutcomeChange, RefusedRow
from xuefen.bank.deposits.states import OPEN
from xuefen.bank.deposits.types import (
    BATCH_UNKNOWN,
    OUTCOME_UNKNOWN,
    BatchFacts,
    BatchState,
    ChangeFacts,
    ColumnFacts,
    Counts,
    Held,
    OutcomeEvent,
    OutcomeFacts,
    OutcomeHistory,
    OutcomeState,
    Refused,
    RowError,
)
from xuefen.bank.learners import queries as learners
from xuefen.bank.learners import rules as learner_rules
from xuefen.bank.learners.types import LearnerFacts
from xuefen.bank.ledger import queries as ledger
from xuefen.bank.places.queries import inside
from xuefen.bank.shell.actor import Scope
from xuefen.bank.shell.clock import stamp
from xuefen.bank.shell.copy import bytes_array
from xuefen.bank.shell.keys import paper_key
from xuefen.bank.shell.problems import REGISTRY, Denied
from xuefen.bank.shell.violation import Violation
from xuefen.bank.standards import queries as standards
from xuefen.bank.standards import rules as assessing
from xuefen.bank.standards.types import Explanation, Refusal
from xuefen.bank.translog import queries as translog
from xuefen.bedrock.gm import open_sealed

# --- batches ---------------------------------------------------------------------------------------------------------


def batches(scope: Scope) -> QuerySet[Batch]:
    """The batches inside a scope, newest first, issuer and standard loaded; page it, then ``facts`` of each."""
    reached = inside(scope, place="issuer__place__path", institution="issuer_id")
    return Batch.objects.filter(reached).select_related("issuer", "standard_version").order_by("-id")


def batch(scope: Scope, number: str) -> BatchFacts:
    """One batch by its number. Raises ``Denied(batch_unknown)``, the same when it is out of reach."""
    found = batches(scope).filter(number=number).first()
    if found is None:
        raise Denied(BATCH_UNKNOWN, place="batch")
    return facts(found)


def facts(batch: Batch, *, already: bool = False) -> BatchFacts:
    """A batch as the faces show it."""
    return BatchFacts(
        id=batch.pk,
        number=batch.number,
        issuer_id=batch.issuer_id,
        issuer_code=batch.issuer.code,
        issuer_name=batch.issuer.name_zh,
        state=BatchState(batch.state),
        source=batch.source,
        file_name=batch.file_name,
        content_sm3=batch.content_sm3,
        uploaded_by=batch.uploaded_by,
        standard=f"{batch.standard_version.code}/{batch.standard_version.version}",
        total_rows=batch.total_rows,
        counts=Counts(batch.read, batch.accepted, batch.refused, batch.duplicates, batch.credits),
        received_at=batch.received_at,
        finished_at=batch.finished_at,
        problem=batch.problem,
        mapping=batch.mapping,
        header=tuple(batch.header) if batch.header is not None else None,
        withdrawn=batch.withdrawn,
        leaves=(batch.first_leaf_id, batch.last_leaf_id) if batch.first_leaf_id and batch.last_leaf_id else None,
        receipt=bytes(batch.receipt) if batch.receipt is not None else None,
        already=already,
    )


def runs_anywhere() -> bool:
    """Whether a batch waits, runs or stands still: its file may still name anybody."""
    return Batch.objects.filter(state__in=OPEN).exists()


def column_names(issuer_id: int) -> list[ColumnFacts]:
    """The headings of its own that an issuer has explained, by heading. Not scoped."""
    rows = ColumnName.objects.filter(issuer_id=issuer_id).order_by("heading")
    return [ColumnFacts(row.heading, row.field, row.chosen_by, row.chosen_at) for row in rows]


def remembered(issuer_id: int) -> dict[str, str]:
    """The same for ``map_columns``: field by the heading's key."""
    return dict(ColumnName.objects.filter(issuer_id=issuer_id).values_list("key", "field"))


def cells_aad(batch_number: str, row: int) -> bytes:
    """What the sealed cells of a refused row are bound to."""
    return f"{batch_number}:{row}".encode("ascii")


def refused_rows(batch_id: int) -> Iterator[Refused]:
    """The refused and duplicate rows of a batch with all their errors and cells, in row order, streamed.

    Not scoped: the caller has fetched the batch through ``batch``. Cells hold personal data.
    """
    number, paper, half = Batch.objects.values_list("number", "paper", "paper_half").get(pk=batch_id)
    key = paper_key(paper, bytes(half)) if paper is not None and half is not None else None
    found = RefusedRow.objects.filter(batch_id=batch_id).order_by("row", "id")
    columns = ("row", "field", "code", "params", "duplicate", "cells")
    for row, errors in groupby(found.values_list(*columns).iterator(2000), key=lambda values: values[0]):
        listed = list(errors)
        cells = opened_cells(next((bytes(v[5]) for v in listed if v[5]), b""), key=key, batch_number=number, row=row)
        yield Refused(
            row=row,
            errors=tuple(RowError(field, REGISTRY[code], params) for _, field, code, params, _, _ in listed),
            cells=cells,
            duplicate=listed[0][4],
        )


def opened_cells(sealed: bytes, *, key: bytes | None, batch_number: str, row: int) -> tuple[tuple[str, str], ...]:
    """The cells of a refused row; none when somebody they named was erased since, or their key was."""
    if not sealed or key is None:
        return ()
    plain = open_sealed(key, sealed, aad=cells_aad(batch_number, row)).decode("utf-8", "surrogatepass")
    return tuple((name, text) for name, text in json.loads(plain))


def error_fields(batch_id: int) -> frozenset[str]:
    """The fields the batch's errors stand in."""
    return frozenset(RefusedRow.objects.filter(batch_id=batch_id).values_list("field", flat=True).distinct())


def error_codes(batch_id: int) -> dict[str, int]:
    """How often each error stands against the batch's rows, most frequent first."""
    rows = (
        RefusedRow.objects.filter(batch_id=batch_id).values_list("code").annotate(n=Count("id")).order_by("-n", "code")
    )
    return dict(rows)


# --- outcomes --------------------------------------------------------------------------------------------------------

_COLUMNS = {
    "account_no": F("learner__account_no"),
    "issuer_code": F("issuer__code"),
    "issuer_name": F("issuer__name_zh"),
    "issuer_kind": F("issuer__kind"),
    "item_id": F("item_version__item_id"),
    "item_code": F("item_version__item__code"),
    "version": F("item_version__version"),
    "item_name": F("item_version__name"),
    "type_code": F("item_version__type_code"),
    "online": F("item_version__online"),
    "family": F("item_version__family"),
    "nature": Coalesce(KeyTextTransform("nature", "item_version__detail"), Value(""), output_field=TextField()),
    "batch_number": F("batch__number"),
}
_OWN = (
    "id", "number", "learner_id", "issuer_id", "item_version_id", "outcome_class", "level", "credits", "quality", "grade",
    "mark", "hours", "serial", "awarded_on", "assurance", "state", "leaf_id", "deposited_at", "standard_version_id", "row",
)  # fmt: skip


def outcomes(scope: Scope) -> QuerySet[Outcome]:
    """The outcomes inside a scope, newest award first; filter and page it, then ``outcome_facts``."""
    reached = inside(scope, place="learner__place__path", institution="issuer_id", learner="learner_id")
    return Outcome.objects.filter(reached).order_by("-awarded_on", "-id")


def outcome_facts(rows: QuerySet[Outcome]) -> list[OutcomeFacts]:
    """The facts of these outcomes in their order, with what is free of their credit; two queries whatever the number."""
    found = list(rows.values(*_OWN, **_COLUMNS))
    lots = ledger.lots([values["id"] for values in found])
    answers = []
    for values in found:
        stands = values["state"] == OutcomeState.VALID
        lot = lots.get(values["id"])
        free = 0 if not stands else lot.free if lot else values["credits"]
        values["item_version"] = values.pop("version")
        answers.append(OutcomeFacts(**{**values, "state": OutcomeState(values["state"]), "free": free}))
    return answers


def outcomes_of(scope: Scope, learner_id: int) -> list[OutcomeFacts]:
    """All valid outcomes of one learner inside the scope, newest award first."""
    return outcome_facts(outcomes(scope).filter(learner_id=learner_id, state=OutcomeState.VALID))


def outcome(scope: Scope, number: str) -> OutcomeFacts:
    """One outcome by its number. Raises ``Denied(outcome_unknown)``, the same when it is out of reach."""
    found = outcome_facts(outcomes(scope).filter(number=number))
    if not found:
        raise Denied(OUTCOME_UNKNOWN, place="outcome")
    return found[0]


def history(outcome_id: int) -> OutcomeHistory:
    """What became of one outcome, and what it was made in place of; the caller has checked its scope. Two queries."""
    rows = OutcomeChange.objects.filter(outcome_id=outcome_id).select_related("replacement").order_by("seq")
    changes = tuple(
        ChangeFacts(
            seq=row.seq,
            event=OutcomeEvent(row.event),
            reason=row.reason,
            by_name=row.by_name,
            at=row.at,
            replacement=row.replacement.number if row.replacement is not None else "",
        )
        for row in rows
    )
    corrects = OutcomeChange.objects.filter(replacement_id=outcome_id).values_list("outcome__number", flat=True).first()
    return OutcomeHistory(changes=changes, corrects=corrects or "")


def last_change(outcome_id: int) -> OutcomeChange | None:
    """The last thing that happened to an outcome; None while nothing has."""
    return OutcomeChange.objects.filter(outcome_id=outcome_id).order_by("-seq").first()


def locked(number: str) -> Outcome:
    """An outcome that is known to exist, locked until the transaction ends."""
    return Outcome.objects.select_for_update(of=("self",)).select_related("issuer").get(number=number)


def standing_for(outcome_id: int) -> str:
    """The number of the valid outcome that stands in the place of a corrected one, however often it was corrected; "" when
    none does.
    """
    pk, seen = outcome_id, {outcome_id}
    while True:
        last = last_change(pk)
        if last is None or last.replacement_id is None or last.replacement_id in seen:
            return ""
        pk = last.replacement_id
        seen.add(pk)
        found = Outcome.objects.get(pk=pk)
        if found.state == OutcomeState.VALID:
            return found.number


def replaced_by(outcome_id: int) -> str:
    """The number of the outcome that took this one's place; "" when none did."""
    found = OutcomeChange.objects.filter(outcome_id=outcome_id, replacement__isnull=False).order_by("-seq")
    return found.values_list("replacement__number", flat=True).first() or ""


def explanation(outcome: OutcomeFacts) -> Explanation:
    """Why the outcome has the credit it has: assessed again from what is stored, under the standard version of its day."""
    pack = standards.by_id(outcome.standard_version_id).pack
    item = catalogue.versions_by_id([outcome.item_version_id])[outcome.item_version_id]
    grade = assessing.read_grade(outcome.grade, pack) if outcome.grade else None
    return assessing.assess(rules.facts_of(item, grade=grade, hours=outcome.hours), pack).explanation


def known_outcomes(keys: Collection[bytes]) -> dict[bytes, rules.Known]:
    """The outcomes that exist under these natural keys, revoked ones too, withdrawn ones not; one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT natural_key, number, batch_id, row, state = 'revoked' FROM outcome"
            " WHERE natural_key = ANY(%s::bytea[]) AND state <> 'withdrawn'",
            [bytes_array(keys)],
        )
        return {bytes(key): rules.Known(number, batch_id, row, gone) for key, number, batch_id, row, gone in cursor}


# --- all accounts, for previews --------------------------------------------------------------------------------------


def held_versions() -> dict[int, int]:
    """Item version → how many valid outcomes of it are held; one query over all outcomes."""
    rows = Outcome.objects.filter(state=OutcomeState.VALID).values_list("item_version_id").annotate(n=Count("id"))
    return dict(rows.order_by())


def last_learner() -> int:
    """The highest id of a learner who holds an outcome, 0 when nobody does."""
    return Outcome.objects.aggregate(last=Max("learner_id"))["last"] or 0


_HELD = (
    "learner_id", "learner__account_no", "id", "item_version_id", "item_version__item_id", "issuer_id", "outcome_class",
    "level", "credits", "quality", "grade", "mark", "hours", "awarded_on", "assurance",
)  # fmt: skip


def held_by(after: int, upto: int) -> list[Held]:
    """The valid outcomes of all learners with after < id ≤ upto, account by account; one query, by index.

    Not scoped: for previews over all accounts, which show sums and masked examples only.
    """
    rows = Outcome.objects.filter(learner_id__gt=after, learner_id__lte=upto, state=OutcomeState.VALID)
    return [Held(*row) for row in rows.order_by("learner_id", "id").values_list(*_HELD)]


# --- figures ---------------------------------------------------------------------------------------------------------


def sums_by_year(scope: Scope, learner_id: int | None = None) -> list[tuple[int, str, int, int]]:
    """(year of award, class, outcomes, credits in hundredths) of the valid outcomes in the scope; one query."""
    found = _valid(scope, learner_id).annotate(year=ExtractYear("awarded_on"))
    rows = found.values("year", "outcome_class").annotate(n=Count("id"), sum=Sum("credits"))
    return [(r["year"], r["outcome_class"], r["n"], r["sum"]) for r in rows.order_by("year", "outcome_class")]


def sums_by_class(scope: Scope, learner_id: int | None = None) -> dict[str, tuple[int, int]]:
    """class → (outcomes, credits in hundredths) of the valid outcomes in the scope; one query."""
    rows = _valid(scope, learner_id).values("outcome_class").annotate(n=Count("id"), sum=Sum("credits"))
    return {r["outcome_class"]: (r["n"], r["sum"]) for r in rows.order_by("outcome_class")}


def deposits_by_day(scope: Scope, *, since: date) -> list[tuple[date, int, int]]:
    """(day, accepted rows, credits) of the batches received in the scope since that day, oldest first; one query."""
    rows = batches(scope).order_by().filter(received_at__date__gte=since).values("received_at__date")
    rows = rows.annotate(n=Sum("accepted"), sum=Sum("credits")).order_by("received_at__date")
    return [(r["received_at__date"], r["n"], r["sum"]) for r in rows]


def _valid(scope: Scope, learner_id: int | None) -> QuerySet[Outcome]:
    found = outcomes(scope).order_by().filter(state=OutcomeState.VALID)
    return found if learner_id is None else found.filter(learner_id=learner_id)


# --- promises --------------------------------------------------------------------------------------------------------

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
   OR (b.state = 'done' AND b.read <> b.total_rows) OR (b.state IN ('done', 'cancelled') AND b.receipt IS NULL)
   OR b.withdrawn <> coalesce(o.withdrawn, 0)
   OR (b.state = 'failed' AND b.read > 0)
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
    columns = (*_OWN, "standard_version__code", "standard_version__version")
    for told in translog.facts("outcome.deposited"):
        numbers = [fact["outcome"] for _, fact in told]
        rows = {row["number"]: row for row in Outcome.objects.filter(number__in=numbers).values(*columns, **_COLUMNS)}
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
        says["result"] = rules.result_commitment(salt, grade=row["grade"], hours=row["hours"], serial=row["serial"])
    return says


def _worth_violations() -> Iterator[Violation]:
    """Class, level, credit, quality and mark, assessed again: once for all outcomes of one item and one result."""
    result = ("item_version_id", "standard_version_id", "grade", "hours")
    worth = ("outcome_class", "level", "credits", "quality", "mark")
    found = list(Outcome.objects.order_by(*result).values_list(*result, *worth).distinct())
    items = catalogue.versions_by_id({values[0] for values in found})
    for item_id, standard_id, grade, hours, *stored in found:
        item = items.get(item_id)
        if item is None:
            continue  # an orphan, told above
        pack = standards.by_id(standard_id).pack
        read = assessing.read_grade(grade, pack) if grade else None
        again = assessing.assess(rules.facts_of(item, grade=read, hours=hours), pack)
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
