"""One outcome, judged and written as part of somebody else's transaction: what a claim or an accepted single deposit becomes.

It is a batch of one row like a form's: same judgement, same natural key, same books, log and receipt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from xuefen.bank.audit import actions as audit
from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.deposits import queries, rules
from xuefen.bank.deposits.actions import writing
from xuefen.bank.deposits.actions.receipt import signed_receipt
from xuefen.bank.deposits.models import Batch, Outcome
from xuefen.bank.deposits.types import ISSUER_NOT_QUALIFIED, BatchState, OutcomeFacts, RowError
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.learners import queries as learners
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.clock import today
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import inside_transaction
from xuefen.bank.standards import queries as standards
from xuefen.bedrock import canon, ids
from xuefen.bedrock.gm import sm3

_ROW = 2  # as a spreadsheet counts: the header is row 1


@dataclass(frozen=True, slots=True)
class Single:
    """One row: its values by the field names of the deposit sheet (``account``, ``item_code``, ``awarded_on``, …), and whose
    it is. ``source`` and ``key`` say what it came from: the key makes it a batch of its own.
    """

    issuer_id: int
    issuer_code: str
    values: Mapping[str, str] = field(repr=False)
    source: str = "single"
    key: str = ""


def judged_one(*, single: Single, now: datetime) -> rules.Accepted:
    """What would become of the row today; nothing is written. Raises ``Denied``: issuer_not_qualified, and everything a row
    can be refused with, duplicates included; ``place`` is the field.
    """
    day = today(now)
    context = _context(single, day)
    names = tuple(single.values)
    row = rules.parse_row(_ROW, [single.values[name] for name in names], context.columns, today=day)
    resolved = learners.resolve(
        account_nos=[row.account] if row.account else (), id_numbers=[row.id_number] if row.id_number else ()
    )
    judged = rules.judge([(row, list(single.values.values()))], resolved, context)
    chunk = writing.without_repeats(rules.only_judged(judged), {}, context.columns, batch_id=context.batch_id)
    if chunk.refused:
        raise _denied(chunk.refused[0].errors[0])
    return judged.accepted[0]


@inside_transaction
def deposit_one(*, single: Single, by: Actor, now: datetime) -> OutcomeFacts:
    """Deposit the row: batch, outcome, transfer, leaf, audit and receipt with the caller's transaction, or nothing.

    The caller answers for the permission. Raises ``Denied`` as ``judged_one``.
    """
    writing.take_turn(issuer_id=single.issuer_id)
    one = judged_one(single=single, now=now)
    content = canon.canonical({"key": single.key, "source": single.source, "row": dict(single.values)})
    batch = Batch.objects.create(
        number=ids.new_number(ids.NumberClass.BATCH),
        issuer_id=single.issuer_id,
        state=BatchState.RUNNING,
        source=single.source,
        file_name=single.key,
        content_sm3=sm3(content).hex(),
        uploaded_by="" if by.kind == "learner" else by.name,
        standard_version_id=standards.current(on=today(now)).id,
        total_rows=1,
        received_at=now,
    )
    leaf = writing.write_one(batch, one, now=now)
    batch.state, batch.cursor, batch.read, batch.accepted, batch.credits = (
        BatchState.DONE,
        _ROW,
        1,
        1,
        one.worth.credits,
    )
    batch.first_leaf_id = batch.last_leaf_id = leaf
    batch.finished_at = now
    batch.receipt = signed_receipt(queries.facts(batch), now=now)
    batch.save()
    audit.record(
        action="deposits.deposited",
        by=by,
        now=now,
        subject=("batch", batch.number),
        after={"source": single.source, "slip": single.key, "accepted": 1, "credits": one.worth.credits},
    )
    number = Outcome.objects.values_list("number", flat=True).get(batch_id=batch.pk)
    return queries.outcome(EVERYTHING, number)


def _context(single: Single, day: date) -> rules.Context:
    classes = institutions.qualified_classes(single.issuer_id, on=day)
    if not classes:
        raise Denied(ISSUER_NOT_QUALIFIED, issuer=single.issuer_code, on=day.isoformat())
    return rules.Context(
        issuer_id=single.issuer_id,
        batch_id=0,
        columns=rules.map_columns(tuple(single.values)),
        pack=standards.current(on=day).pack,
        classes=classes,
        items=catalogue.items_for(single.issuer_id),
    )


def _denied(error: RowError) -> Denied:
    return Denied(error.problem, place=error.field, **dict(error.params))
