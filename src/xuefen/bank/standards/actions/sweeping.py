"""What is due: consultations that end by themselves, reminders of new kinds and of yearly revisions."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime

from django.db.models import F, Q

from xuefen.bank.audit import actions as audit
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.clock import today
from xuefen.bank.shell.transaction import use_case
from xuefen.bank.standards.actions.consulting import close
from xuefen.bank.standards.models import KindRequest, StandardComment, StandardProposal, StandardVersion
from xuefen.bank.standards.rules import life
from xuefen.bank.standards.types.life import KindState, LifeSweep, State

log = logging.getLogger(__name__)
SWEEPER = Actor.system("standards.sweep")


def sweep(*, now: datetime) -> LifeSweep:
    """Close what is over and call to mind what is due; each in a transaction of its own, so that none stops the others."""
    counts: Counter[str] = Counter()
    waiting = StandardComment.objects.filter(replied_at=None).values("proposal_id")
    over = StandardProposal.objects.filter(state=State.CONSULTING, consulted_until__lte=now).exclude(pk__in=waiting)
    open_kinds = KindRequest.objects.filter(state=KindState.OPEN).order_by("due_on")
    unrevised = StandardVersion.objects.filter(
        Q(retired_on=None) | Q(retired_on__gt=today(now)), review_on__lte=today(now)
    ).filter(Q(review_reminded_on=None) | Q(review_reminded_on__lt=F("review_on")))
    _each(counts, "closed", over.values_list("pk", flat=True), _close, now=now)
    _each(counts, "reminded", open_kinds.values_list("pk", flat=True), _remind, now=now)
    _each(counts, "revisions", unrevised.values_list("pk", flat=True), _call_for_revision, now=now)
    return LifeSweep(**counts)


def _each(counts: Counter[str], what: str, keys: Iterable[int], act: Callable[..., bool], *, now: datetime) -> None:
    for pk in list(keys):
        try:
            counts[what] += act(pk=pk, now=now)
        except Exception:  # whatever is wrong with one, the next one's day still holds
            log.exception("standards sweep: %s of %s failed", what, pk)
            counts["failed"] += 1


@use_case
def _close(*, pk: int, now: datetime) -> bool:
    proposal = StandardProposal.objects.select_for_update().get(pk=pk)
    if proposal.state != State.CONSULTING:
        return False
    close(proposal, by=SWEEPER, now=now)
    return True


@use_case
def _remind(*, pk: int, now: datetime) -> bool:
    row = KindRequest.objects.select_for_update().get(pk=pk)
    owed = life.reminders_owed(life.timer(since=row.asked_on, due=row.due_on, today=today(now)))
    if row.state != KindState.OPEN or owed <= row.reminders:
        return False
    row.reminders, row.reminded_on = owed, today(now)
    row.save(update_fields=["reminders", "reminded_on"])
    about = {"reminder": owed, "due_on": row.due_on.isoformat()}
    audit.record(action="standards.kind_remind", by=SWEEPER, now=now, subject=("kind", row.number), after=about)
    return True


@use_case
def _call_for_revision(*, pk: int, now: datetime) -> bool:
    row = StandardVersion.objects.select_for_update().get(pk=pk)
    row.review_reminded_on = today(now)
    row.save(update_fields=["review_reminded_on"])
    audit.record(
        action="standards.review_remind",
        by=SWEEPER,
        now=now,
        subject=("standard", f"{row.code}/{row.version}"),
        after={"review_on": row.review_on.isoformat()},
    )
    return True
