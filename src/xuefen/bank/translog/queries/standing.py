"""How the log stands now: what waits, what is sealed, who cosigned it, and why nothing is signed when nothing is."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime

from xuefen.bank.shell.problems import Denied
from xuefen.bank.translog.models import Anchor, AnchorAlarm, Checkpoint, Cosignature, QueuedLeaf, Witness
from xuefen.bank.translog.queries import reading
from xuefen.bank.translog.types import (
    LOG_ANCHORED_OTHER,
    LOG_DAMAGED,
    LOG_DIVERGED,
    LOG_ROLLED_BACK,
    LOG_WITNESSED_MORE,
    AnchorStanding,
    LogStanding,
    WitnessStanding,
)
from xuefen.bedrock import notes, tiles
from xuefen.bedrock.policy import Policy


def standing() -> LogStanding:
    """Facts about the log for whoever keeps it; the caller has checked that they may read them. Opens no private key."""
    last = Checkpoint.objects.order_by("-size").first()
    asked = reading.policy()
    signed = set(Cosignature.objects.filter(checkpoint=last).values_list("witness_id", flat=True))
    witnesses = tuple(_witness(row, signed=row.pk in signed, policy=asked) for row in reading.witnesses())
    return LogStanding(
        origin=reading.origin(),
        hash=reading.tree_hash().name,
        size=last.size if last else 0,
        sealed_at=last.sealed_at if last else None,
        waiting=reading.queue_length(),
        waiting_since=_waiting_since(),
        witnesses=witnesses,
        need=asked.need if asked else 0,
        asked_of=len(asked.vkeys) if asked else 0,
        cosigned=sum(one.signed and (one.counts or asked is None) for one in witnesses),
        alarm=_alarm(last),
        anchor=_anchor(),
    )


def contradiction(last: Checkpoint | None) -> Denied | None:
    """Why a database whose newest checkpoint is ``last`` must not sign anything new; None when it may (I9).

    What was published can never be taken back. Raises ``NoteInvalid`` when the published checkpoint is damaged.
    """
    stored = last.size if last else 0
    ahead = Witness.objects.filter(size__gt=stored).order_by("-size").first()
    if ahead is not None:
        return Denied(LOG_WITNESSED_MORE, witness=ahead.name, published=ahead.size, stored=stored)
    alarm = AnchorAlarm.objects.filter(closed_at=None).order_by("-size").first()
    if alarm is not None:
        return Denied(LOG_ANCHORED_OTHER, size=alarm.size, found=alarm.found)
    published = reading.published_checkpoint()
    if published is None:
        return None
    if published.size > stored:
        return Denied(LOG_ROLLED_BACK, published=published.size, stored=stored)
    known = Checkpoint.objects.filter(size=published.size).values_list("root", flat=True).first()
    if known is None or bytes(known) != published.root:
        return Denied(LOG_DIVERGED)
    return None


def _alarm(last: Checkpoint | None) -> Denied | None:
    """What ``seal`` would refuse with now. Of the files only the newest are looked at, as ``seal`` does."""
    try:
        found = contradiction(last)
        if found is None and last is not None:
            tiles.grow(
                old_size=last.size,
                new_entries=[],
                fetch=reading.fetch,
                hash=reading.tree_hash(),
                old_root=bytes(last.root),
            )
    except tiles.TileDamaged as error:
        return Denied(LOG_DAMAGED, path=error.path, detail=error)
    except notes.NoteInvalid as error:
        return Denied(LOG_DAMAGED, path=reading.CHECKPOINT, detail=error)
    return found


def _waiting_since() -> datetime | None:
    """When the oldest fact that waits was committed, as it says itself."""
    body = QueuedLeaf.objects.order_by("id").values_list("body", flat=True).first()
    if body is not None:
        with suppress(ValueError, KeyError, TypeError):
            moment = datetime.fromisoformat(json.loads(bytes(body))["at"])
            return moment if moment.tzinfo else None
    return None


def _witness(row: Witness, *, signed: bool, policy: Policy | None) -> WitnessStanding:
    return WitnessStanding(
        name=row.name,
        url=row.url,
        size=row.size,
        signed=signed,
        counts=policy is not None and row.vkey in policy.vkeys,
        asked_at=row.asked_at,
        error=row.error,
    )


def _anchor() -> AnchorStanding:
    try:
        url, contract = reading.anchor_place()
    except Denied as off:
        return AnchorStanding(off=off)
    row = Anchor.objects.filter(contract=contract).select_related("checkpoint").order_by("-id").first()
    newest = reading.anchored(row) if row is not None else None
    return AnchorStanding(url=url, contract=contract, newest=newest, trouble=reading.anchor_trouble())
