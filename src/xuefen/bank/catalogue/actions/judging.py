"""What a person finds of two items that look alike."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from itertools import combinations

from xuefen.bank.audit.actions import record
from xuefen.bank.catalogue.actions.storing import leaf
from xuefen.bank.catalogue.models import Item, ItemVerdict
from xuefen.bank.catalogue.queries import verdicts
from xuefen.bank.catalogue.types import PAIR_INVALID, PairVerdict
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import NOT_ALLOWED, NOT_FOUND, Denied
from xuefen.bank.shell.transaction import use_case, wait_turn
from xuefen.bank.translog.actions import append

_REASON = 400


MOST_TOGETHER = 40
"""Items of one group judged at once: 780 pairs."""


@use_case
def judge_pair(*, one_id: int, other_id: int, verdict: PairVerdict, reason: str, by: Actor, now: datetime) -> None:
    """Say that two items are the same, are different, or are open again (which takes back what was said).

    Nothing is merged: the same is a suggestion for rules. Saying again what holds changes nothing. Raises ``Denied``:
    not_allowed, not_found, item_pair_invalid.
    """
    _require(by)
    _judge(one_id, other_id, verdict=verdict, reason=reason, by=by, now=now)


@use_case
def judge_group(*, item_ids: Collection[int], verdict: PairVerdict, reason: str, by: Actor, now: datetime) -> int:
    """Say the same of every pair of a group that nobody has judged; how many there were. Raises what ``judge_pair`` does."""
    _require(by)
    ids = sorted(set(item_ids))
    if not 2 <= len(ids) <= MOST_TOGETHER:
        raise Denied(PAIR_INVALID, place="other")
    known = verdicts(ids)
    pairs = combinations(ids, 2)
    still = [pair for pair in pairs if pair not in known or known[pair].verdict is PairVerdict.UNDECIDED]
    for one_id, other_id in still:
        _judge(one_id, other_id, verdict=verdict, reason=reason, by=by, now=now)
    return len(still)


def _require(by: Actor) -> None:
    if not by.scope("catalogue.compare").everything:
        raise Denied(NOT_ALLOWED, action="catalogue.compare")


def _judge(one_id: int, other_id: int, *, verdict: PairVerdict, reason: str, by: Actor, now: datetime) -> None:
    low, high = sorted((one_id, other_id))
    if low == high:
        raise Denied(PAIR_INVALID, place="other")
    wait_turn("item_pair", low)  # two experts judging one pair wait for each other
    if Item.objects.filter(id__in=(low, high)).count() < 2:
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
