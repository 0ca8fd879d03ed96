"""Gathering a period: what people took part in becomes outcomes, through the same road as every other deposit.

First the sums are written in one transaction, each participation used once; then the outcomes are deposited as a batch
whose content follows from those rows alone. Killed in between, the next run finds the same rows and makes the same batch.
"""

from __future__ import annotations

from datetime import datetime

from psycopg.types.json import Jsonb

from xuefen.bank.activities import rules
from xuefen.bank.activities.actions.common import hold_period, institution_for
from xuefen.bank.activities.models import Gathered, GatheredUse, Gathering
from xuefen.bank.activities.queries.gathering import (
    Reckoned,
    due,
    gathering_facts,
    gatherings,
    governing,
    ready,
    reckon,
    undeposited,
)
from xuefen.bank.activities.types import NOTHING_GATHERED, GatheringFacts
from xuefen.bank.audit import actions as audit
from xuefen.bank.deposits import actions as deposits
from xuefen.bank.deposits.types import CLASS_NOT_QUALIFIED
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.learners import queries as learners
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.clock import stamp, today
from xuefen.bank.shell.copy import allocate_ids, copy_rows
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import use_case
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon, ids

SOURCE = "gather"
_GATHERED = (
    "id", "gathering_id", "institution_id", "code", "period", "learner_id", "points", "carried_in", "used", "hours",
    "credits", "carried_out", "why",
)  # fmt: skip


def gather(*, institution_code: str, period: str, by: Actor, now: datetime, scheme_code: str = "") -> GatheringFacts:
    """Gather a period whose time for confirmations is over, and hand its outcomes in as a batch; run that batch afterwards.

    A period that was gathered comes back as it is (``already``), unless somebody was left out then, whose account is open
    now: they get a supplement. Raises ``Denied``: not_allowed, institution_unknown, issuer_not_qualified,
    class_not_qualified, period_unknown, period_running, nothing_gathered, scheme_item.
    """
    institution = institution_for(institution_code, by=by, action="activities.gather")
    if OutcomeClass.SOCIAL not in institutions.qualified_classes(institution.pk, on=today(now)):
        raise Denied(CLASS_NOT_QUALIFIED, place="institution")
    made, already = _gather(institution_id=institution.pk, period_code=period, scheme_code=scheme_code, by=by, now=now)
    row = gatherings(EVERYTHING).get(pk=made)
    if row.batch_id is None and row.outcomes:
        row = _hand_in(row, by=by, now=now)
    return gathering_facts([row], already=already)[0]


@use_case
def _gather(*, institution_id: int, period_code: str, scheme_code: str, by: Actor, now: datetime) -> tuple[int, bool]:
    """Write the sums of everybody who has not been gathered; the id of the gathering, and whether it was there before."""
    hold_period(institution_id, alone=True)
    row, period = governing(institution_id, scheme_code, period_code)
    reckoned = reckon(row, period, today=today(now))
    earlier = Gathering.objects.filter(institution_id=institution_id, code=row.scheme.code, period=period.code)
    last = earlier.order_by("-seq").first()
    if last is not None and not reckoned.preview.lines:
        return last.pk, True
    ready(reckoned, today=today(now))
    return _write(reckoned, seq=last.seq + 1 if last else 1, by=by, now=now), False


def _write(reckoned: Reckoned, *, seq: int, by: Actor, now: datetime) -> int:
    preview, row = reckoned.preview, reckoned.row
    number = ids.new_number(ids.NumberClass.GATHERING)
    facts: dict[str, str | int | bool | None] = {
        "institution": row.institution_code,
        "scheme": row.scheme.name,
        "period": preview.period.code,
        "seq": seq,
        "participations": preview.participations,
        "learners": len(preview.lines),
        "outcomes": preview.outcomes,
        "credits": preview.credits,
        "standard": preview.standard,
    }
    body = {"kind": "activities.gathered", "v": 1, "gathering": number, **facts, "at": stamp(now)}
    leaf_id = translog.append(body=canon.flat(body))
    gathering = Gathering.objects.create(
        number=number,
        institution_id=row.institution_id,
        scheme_id=row.id,
        code=row.scheme.code,
        period=preview.period.code,
        seq=seq,
        standard=preview.standard,
        awarded_on=preview.period.last,
        participations=preview.participations,
        learners=len(preview.lines),
        outcomes=preview.outcomes,
        credits=preview.credits,
        gathered_by=by.name,
        gathered_at=now,
        leaf_id=leaf_id,
    )
    row_ids = allocate_ids(Gathered, len(preview.lines))
    shared = (gathering.pk, row.institution_id, row.scheme.code, preview.period.code)
    copy_rows(
        Gathered,
        _GATHERED,
        (
            (
                row_id, *shared, line.learner_id, line.tally.points, line.tally.carried_in, line.tally.used,
                line.tally.hours, line.tally.credits, line.tally.carried_out, Jsonb(dict(line.why)),
            )
            for row_id, line in zip(row_ids, preview.lines, strict=True)
        ),
    )  # fmt: skip
    copy_rows(
        GatheredUse,
        ("participation_id", "gathered_id"),
        (
            (participation, row_id)
            for row_id, line in zip(row_ids, preview.lines, strict=True)
            for participation in reckoned.uses[line.learner_id]
        ),
    )
    audit.record(action="activities.gathered", by=by, now=now, subject=("gathering", number), after=facts)
    return gathering.pk


def _hand_in(row: Gathering, *, by: Actor, now: datetime) -> Gathering:
    """Make the gathering's batch: the same rows give the same content, and the same content is the same batch."""
    found = list(Gathered.objects.filter(gathering=row, credits__gt=0).order_by("id"))
    accounts = {facts.id: facts.account_no for facts in learners.facts_of({one.learner_id for one in found}).values()}
    # The version that governed: its item, version and grade.
    result = rules.stored_scheme(row.scheme.body).result
    batch = deposits.receive_rows(
        source=SOURCE,
        rows=[
            {
                "account": accounts[one.learner_id],
                "item_code": result.item,
                "version": result.version,
                "awarded_on": row.awarded_on.isoformat(),
                "grade": result.grade,
                "hours": str(one.hours),
                "serial": f"{row.code}/{row.period}",
            }
            for one in found
        ],
        issuer_code=row.institution.code,
        key=row.number,
        by=by,
        now=now,
    )
    _name_batch(gathering_id=row.pk, batch_id=batch.id)
    return gatherings(EVERYTHING).get(pk=row.pk)


@use_case
def _name_batch(*, gathering_id: int, batch_id: int) -> None:
    Gathering.objects.filter(pk=gathering_id, batch=None).update(batch_id=batch_id)


def gather_due(*, by: Actor, now: datetime) -> list[GatheringFacts]:
    """Gather every period that is due, and hand in what a killed run left behind. One that cannot be never stops the others."""
    done: list[GatheringFacts] = []
    for row in undeposited().select_related("institution", "scheme", "batch"):
        done += gathering_facts([_hand_in(row, by=by, now=now)], already=True)
    for scheme, period in due(today(now)):
        try:
            done.append(
                gather(
                    institution_code=scheme.institution_code,
                    period=period.code,
                    scheme_code=scheme.scheme.code,
                    by=by,
                    now=now,
                )
            )
        except Denied as denied:
            if denied.problem is NOTHING_GATHERED:  # only accounts that are not open now: they wait for a supplement
                continue
            _note(institution_code=scheme.institution_code, period=period.code, denied=denied, by=by, now=now)
    return done


@use_case
def _note(*, institution_code: str, period: str, denied: Denied, by: Actor, now: datetime) -> None:
    """Why a due period was not gathered, for the audit trail."""
    audit.record(
        action="activities.not_gathered", by=by, now=now, subject=("institution", institution_code),
        after={"period": period, "code": denied.code},
    )  # fmt: skip
