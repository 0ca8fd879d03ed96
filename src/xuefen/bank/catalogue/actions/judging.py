"""What a person finds of two items that look alike."""

from __future__ import annotations

from datetime import datetime

from xuefen.bank.audit.actions import record
from xuefen.bank.catalogue.actions.storing import leaf
from xuefen.bank.catalogue.models import Item, ItemVerdict
from xuefen.bank.catalogue.types import PAIR_INVALID, PairVerdict
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import NOT_ALLOWED, NOT_FOUND, Denied
from xuefen.bank.shell.transaction import use_case
from xuefen.bank.translog.actions import append

_REASON = 400


@use_case
def judge_pair(*, one_id: int, other_id: int, verdict: PairVerdict, reason: str, by: Actor, now: datetime) -> None:
    """Say that two items are the same, are different, or are open again (which takes back what was said).

    Nothing is merged: the same is a suggestion for rules. Saying again what holds changes nothing. Raises ``Denied``:
    not_allowed, not_found, item_pair_invalid.
    """
    if not by.scope("catalogue.compare").everything:
        raise Denied(NOT_ALLOWED, action="catalogue.compare")
    low, high = sorted((one_id, other_id))
    if low == high:
        raise Denied(PAIR_INVALID, place="other")
    names = dict(Item.objects.select_for_update().filter(id__in=(low, high)).values_list("id", "code"))
    if len(names) < 2:
        raise Denied(NOT_FOUND, place="item")
    before = ItemVerdict.objects.filter(one_id=low, other_id=high).order_by("-id").first()
    held = before.verdict if before else PairVerdict.UNDECIDED.value
    if held == verdict.value and (before is None or before.reason == reason[:_REASON]):
        return
    subject = ("item_pair", f"{low}-{high}")
    pair = {"one": low, "other": high, "verdict": verdict.value}
    record(action="catalogue.compare", by=by, now=now, subject=subject, before={"verdict": held}, after=pair)
    leaf_id = append(body=leaf("catalogue.compared", now, pair))
    ItemVerdict.objects.create(
        one_id=low,
        other_id=high,
        verdict=verdict.value,
        reason=reason[:_REASON],
        by_name=by.name,
        by_user_id=by.user_id,
        at=now,
        leaf_id=leaf_id,
    )
