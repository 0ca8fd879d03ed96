"""Looking through what was deposited, and opening a case for what is found. Nothing is stopped: deposits went on meanwhile."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from xuefen.bank.audit import actions as audit
from xuefen.bank.evidence import queries as evidence
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.clock import stamp
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case, wait_turn
from xuefen.bank.supervision import queries, rules, states
from xuefen.bank.supervision.models import Alarm, AlarmStep, ScannedBatch, ScanPlace
from xuefen.bank.supervision.types import ALARM_REASON
from xuefen.bank.supervision.types.alarms import AlarmEvent, AlarmState, AlarmView, Finding, ScanReport
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon, ids
from xuefen.bedrock.names import clean

log = logging.getLogger(__name__)
HOUSE = Actor.system("supervision")
REASON_MOST = 400


def scan(*, now: datetime, limit: int = 200) -> ScanReport:
    """Look through up to ``limit`` batches that finished since the last scan, and through new files; each in its own transaction.

    A finding that has its case opens no second one; a case that has grown is open again. What fails is logged and tried
    again next time, and stops nobody else's (I12).
    """
    counts: Counter[str] = Counter()
    for batch_id in queries.waiting_batches(limit):
        try:
            counts.update(_scan_batch(batch_id=batch_id, now=now))
        except Exception:
            log.exception("alarms: batch %s not scanned", batch_id)
            counts["failed"] += 1
        else:
            counts["batches"] += 1
    counts.update(_scan_files(now=now))
    return ScanReport(**counts)


def scan_all(*, now: datetime) -> ScanReport:
    """Scan until nothing waits but what fails."""
    total: Counter[str] = Counter()
    while True:
        done = scan(now=now)
        total.update({name: getattr(done, name) for name in ("batches", "opened", "grown")})
        total["failed"] = done.failed
        if not done.batches:
            return ScanReport(**total)


@use_case
def _scan_batch(*, batch_id: int, now: datetime) -> Counter[str]:
    wait_turn("alarms")
    if ScannedBatch.objects.filter(pk=batch_id).exists():
        return Counter()
    with connection.cursor() as cursor:
        cursor.execute(_SEE_SERIALS, [batch_id])
    done = _open_all(queries.in_batch(batch_id), now=now)
    ScannedBatch.objects.create(batch_id=batch_id, at=now)
    return done


# What a period of activities was gathered into carries the name of the period, the same for everybody: no certificate number.
_SEE_SERIALS = """
INSERT INTO seen_serial (outcome_id, issuer_id, learner_id, mark)
SELECT o.id, o.issuer_id, o.learner_id, hashtextextended(upper(replace(o.serial, ' ', '')), 0)
FROM outcome o JOIN batch b ON b.id = o.batch_id
WHERE b.id = %s AND o.serial <> '' AND b.source <> 'gather' ON CONFLICT (outcome_id) DO NOTHING
"""


@use_case
def _scan_files(*, now: datetime) -> Counter[str]:
    wait_turn("alarms")
    place, _ = ScanPlace.objects.get_or_create(name="evidence")
    last = evidence.last_id()
    if last <= place.upto:
        return Counter()
    done = _open_all(queries.shared_files(after=place.upto), now=now)
    place.upto = last
    place.save(update_fields=["upto"])
    return done


def _open_all(findings: Iterable[Finding], *, now: datetime) -> Counter[str]:
    done: Counter[str] = Counter()
    for finding in findings:
        row = Alarm.objects.filter(key=finding.key).first()
        if row is None:
            row = Alarm(
                number=ids.new_number(ids.NumberClass.ALARM),
                kind=finding.kind,
                key=finding.key,
                state=AlarmState.NEW,
                issuer_id=finding.issuer_id,
                place_id=finding.place_id,
                batch_id=finding.batch_id,
                opened_at=now,
            )
            done["opened"] += 1
        elif not rules.grows(finding.kind, row.found, finding.found, decided=row.state != AlarmState.OPEN):
            continue
        else:
            done["grown"] += 1
        row.found = dict(finding.found)
        _move(row, AlarmEvent.FIND, reason="", by=HOUSE, now=now)
    return done


@use_case
def decide_alarm(
    *, number: str, event: AlarmEvent, reason: str, version: int | None = None, by: Actor, now: datetime
) -> AlarmView:
    """A person explains, confirms, closes or reopens a case. ``version`` is the one they saw.

    Raises ``Denied``: not_allowed, alarm_unknown, stale, alarm_move, alarm_reason.
    """
    scope = by.scope("alarms.decide")
    row = queries.lock_alarm(scope, number, version)
    states.after(AlarmState(row.state), event)
    stored = clean(reason)
    if not 1 <= len(stored) <= REASON_MOST:
        raise Denied(ALARM_REASON, place="reason")
    _move(row, event, reason=stored, by=by, now=now)
    return queries.alarm(scope, number)


@inside_transaction
def _move(row: Alarm, event: AlarmEvent, *, reason: str, by: Actor, now: datetime) -> None:
    """One step of a case: its row, its leaf (numbers only), its audit entry."""
    origin = AlarmState(row.state)
    row.state, row.version, row.changed_at = states.after(origin, event), row.version + 1, now
    row.save()
    body = {
        "kind": "alarm.moved",
        "v": 1,
        "alarm": row.number,
        "of": row.kind,
        "seq": row.version,
        "event": event.value,
        "to": row.state,
        "at": stamp(now),
    }
    AlarmStep.objects.create(
        alarm=row,
        seq=row.version,
        from_state=origin,
        event=event,
        to_state=row.state,
        by_name=by.name,
        reason=reason,
        at=now,
        leaf_id=translog.append(body=canon.canonical(body)),
    )
    audit.record(
        action=f"alarm.{event}",
        by=by,
        now=now,
        subject=("alarm", row.number),
        reason=reason,
        before={"state": origin.value},
        after={"state": str(row.state), "kind": str(row.kind)},
    )
