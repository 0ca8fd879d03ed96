"""Opening an activity, and cancelling one that nobody took part in."""

from __future__ import annotations

from datetime import datetime, timedelta

from xuefen.bank.activities import rules
from xuefen.bank.activities.actions.common import hold_activity, institution_for
from xuefen.bank.activities.models import Activity
from xuefen.bank.activities.queries.happening import activities, activity, standing
from xuefen.bank.activities.queries.schemes import scheme_in_force
from xuefen.bank.activities.types import (
    ACTIVITY_CANCELLED,
    ACTIVITY_HELD,
    ACTIVITY_MOST,
    ACTIVITY_PAST,
    ACTIVITY_TIMES,
    KIND_UNKNOWN,
    ActivityFacts,
    How,
)
from xuefen.bank.audit import actions as audit
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.clock import stamp, today
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import use_case
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon, ids

TITLE_MOST, PLACE_MOST, REASON_MOST = 80, 120, 200
PEOPLE_MOST = 10_000
HOURS_MOST = 24


@use_case
def open_activity(
    *,
    institution_code: str,
    kind: str,
    title: str,
    place: str,
    starts_at: datetime,
    ends_at: datetime,
    most: int,
    by: Actor,
    now: datetime,
    scheme_code: str = "",
) -> ActivityFacts:
    """Announce an activity under the institution's scheme that is in force on its day.

    Raises ``Denied``: not_allowed, institution_unknown, scheme_none, kind_unknown, confirm_way (a kind without a venue),
    activity_text, activity_times, activity_past, activity_most.
    """
    institution = institution_for(institution_code, by=by, action="activities.organise")
    title = rules.short_text(title, place="title", most=TITLE_MOST)
    place = rules.short_text(place, place="place", most=PLACE_MOST)
    if not timedelta() < ends_at - starts_at <= timedelta(hours=HOURS_MOST):
        raise Denied(ACTIVITY_TIMES, place="ends_at", hours=HOURS_MOST)
    if ends_at <= now:
        raise Denied(ACTIVITY_PAST, place="starts_at")
    if not 1 <= most <= PEOPLE_MOST:
        raise Denied(ACTIVITY_MOST, place="most", most=PEOPLE_MOST)
    row = scheme_in_force(today(starts_at), institution_id=institution.pk, code=scheme_code)
    found = row.scheme.kinds.get(kind)
    if found is None or How.SECOND in found.confirm:
        raise Denied(KIND_UNKNOWN, place="kind")
    number = ids.new_number(ids.NumberClass.ACTIVITY)
    leaf_id = translog.append(
        body=canon.flat(
            {
                "kind": "activity.opened",
                "v": 1,
                "activity": number,
                "institution": institution.code,
                "scheme": row.scheme.name,
                "activity_kind": kind,
                "starts_at": stamp(starts_at),
                "ends_at": stamp(ends_at),
                "at": stamp(now),
            }
        )
    )
    Activity.objects.create(
        number=number, institution=institution, scheme_id=row.id, kind=kind, title=title, place=place,
        starts_at=starts_at, ends_at=ends_at, most=most, opened_by=by.name, opened_at=now, leaf_id=leaf_id,
    )  # fmt: skip
    audit.record(
        action="activities.opened", by=by, now=now, subject=("activity", number),
        after={"institution": institution.code, "kind": kind, "most": most},
    )  # fmt: skip
    return activity(by.scope("activities.organise"), number)


@use_case
def cancel_activity(*, number: str, reason: str, by: Actor, now: datetime) -> ActivityFacts:
    """Call an activity off; it stays visible with the reason.

    Raises ``Denied``: not_allowed, activity_unknown, activity_text, activity_cancelled, activity_held.
    """
    scope = by.scope("activities.organise")
    reason = rules.short_text(reason, place="reason", most=REASON_MOST)
    found = activity(scope, number)
    hold_activity(found.id)
    row = activities(scope).get(pk=found.id)
    if row.cancelled_at is not None:
        raise Denied(ACTIVITY_CANCELLED, place="activity")
    if standing().filter(activity_id=row.pk).exists():
        raise Denied(ACTIVITY_HELD, place="activity")
    row.cancelled_at, row.cancel_reason = now, reason
    row.save(update_fields=["cancelled_at", "cancel_reason"])
    translog.append(body=canon.flat({"kind": "activity.cancelled", "v": 1, "activity": row.number, "at": stamp(now)}))
    audit.record(action="activities.cancelled", by=by, now=now, subject=("activity", row.number), reason=reason)
    return activity(scope, row.number)
