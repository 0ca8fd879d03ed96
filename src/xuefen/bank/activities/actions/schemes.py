"""Schemes: proposed by one person, in force when another has signed."""

from __future__ import annotations

import json
from datetime import date, datetime

from xuefen.bank.activities import rules
from xuefen.bank.activities.actions.common import hold_period, institution_for
from xuefen.bank.activities.models import ActivityScheme, Participation
from xuefen.bank.activities.queries.gathering import item_for
from xuefen.bank.activities.queries.schemes import scheme_row, scheme_rows, schemes_in_force
from xuefen.bank.activities.types import (
    SCHEME_BREAKS,
    SCHEME_EXISTS,
    SCHEME_LATE,
    SCHEME_RUNNING,
    SCHEME_SECOND,
    SCHEME_SIGNED,
    Scheme,
    SchemeRow,
)
from xuefen.bank.audit import actions as audit
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.clock import stamp, today
from xuefen.bank.shell.problems import NOT_ALLOWED, Denied
from xuefen.bank.shell.transaction import use_case
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon
from xuefen.bedrock.gm import sm3


@use_case
def propose_scheme(*, institution_code: str, text: str, by: Actor, now: datetime) -> SchemeRow:
    """Keep a version of an institution's scheme, to be signed by somebody else. Nothing is counted under it before.

    Raises ``Denied``: not_allowed, institution_unknown, scheme_invalid (with the line), scheme_exists, scheme_item, scheme_late,
    scheme_breaks, scheme_running.
    """
    institution = institution_for(institution_code, by=by, action="activities.propose")
    scheme, body = rules.read_scheme(text)
    hold_period(institution.pk, alone=True)
    if ActivityScheme.objects.filter(institution=institution, code=scheme.code, version=scheme.version).exists():
        raise Denied(SCHEME_EXISTS, place="text", version=scheme.version)
    item_for(institution.pk, scheme)
    _begins_rightly(institution.pk, scheme, day=today(now))
    row = ActivityScheme.objects.create(
        institution=institution,
        code=scheme.code,
        version=scheme.version,
        text=text,
        body=json.dumps(body, ensure_ascii=False),
        digest=sm3(canon.canonical(body)).hex(),
        effective_from=scheme.effective_from,
        proposed_by_id=by.user_id,
        proposed_name=by.name,
        proposed_at=now,
    )
    audit.record(
        action="activities.scheme_proposed", by=by, now=now, subject=("activity_scheme", row.pk),
        after={"institution": institution.code, "scheme": scheme.name, "digest": row.digest},
    )  # fmt: skip
    return scheme_rows(schemes_of(row.pk))[0]


@use_case
def sign_scheme(*, scheme_id: int, by: Actor, now: datetime) -> SchemeRow:
    """Put a version in force from its day on, as a second person.

    Raises ``Denied``: not_allowed, scheme_unknown, scheme_signed, scheme_second, scheme_late, scheme_breaks, scheme_running.
    """
    scope = by.scope("activities.sign")
    found = scheme_row(scope, scheme_id)
    if by.user_id is None:  # a signature is a person's
        raise Denied(NOT_ALLOWED, action="activities.sign")
    hold_period(found.institution_id, alone=True)
    found = scheme_row(scope, scheme_id)
    if found.signed_at is not None:
        raise Denied(SCHEME_SIGNED, place="scheme")
    if found.proposed_by_id == by.user_id:
        raise Denied(SCHEME_SECOND)
    _begins_rightly(found.institution_id, found.scheme, day=today(now))
    row = ActivityScheme.objects.get(pk=scheme_id)
    leaf_id = translog.append(
        body=canon.flat(
            {
                "kind": "activity_scheme.signed",
                "v": 1,
                "institution": found.institution_code,
                "scheme": found.scheme.name,
                "sm3": row.digest,
                "effective_from": found.scheme.effective_from.isoformat(),
                "at": stamp(now),
            }
        )
    )
    row.signed_by_id, row.signed_name, row.signed_at, row.leaf_id = by.user_id, by.name, now, leaf_id
    row.save(update_fields=["signed_by", "signed_name", "signed_at", "leaf_id"])
    audit.record(
        action="activities.scheme_signed", by=by, now=now, subject=("activity_scheme", scheme_id),
        after={"institution": found.institution_code, "scheme": found.scheme.name},
    )  # fmt: skip
    return scheme_row(scope, scheme_id)


def schemes_of(scheme_id: int) -> list[ActivityScheme]:
    return list(ActivityScheme.objects.filter(pk=scheme_id).select_related("institution"))


def _begins_rightly(institution_id: int, scheme: Scheme, *, day: date) -> None:
    """A version never reaches into a period that is over, and never changes one that others already earn points in."""
    earliest = rules.earliest_start(scheme, day)
    if scheme.effective_from < earliest:
        raise Denied(SCHEME_LATE, place="text", earliest=earliest.isoformat())
    begin = scheme.effective_from
    for other in schemes_in_force(begin, institution_id=institution_id):
        if other.scheme.code != scheme.code:
            continue
        if not rules.starts_period(other.scheme, begin):
            raise Denied(SCHEME_BREAKS, place="text")
        period = rules.period_of(other.scheme, begin)
        running = Participation.objects.filter(scheme_id=other.id, period=period.code)
        if begin <= day or running.exists():
            following = rules.period_of(other.scheme, max(day, period.last)).last
            raise Denied(SCHEME_RUNNING, place="text", next=following.isoformat())
