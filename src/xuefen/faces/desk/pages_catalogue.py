"""What the desk's pages on items that look alike show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from xuefen.bank.catalogue import queries
from xuefen.bank.catalogue.types import DuplicateGroup, ItemFacts, PairVerdict, Verdict
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.faces.shared.i18n import t

MOST_PAIRS = 15
"""Pairs of one group shown at once."""
VERDICTS = {
    PairVerdict.SAME: ("ok", ("同一门", "The same")),
    PairVerdict.DIFFERENT: ("", ("不同", "Different")),
    PairVerdict.UNDECIDED: ("info", ("待定", "Open")),
}
SAID = {
    PairVerdict.SAME: (
        "记下了：同一门。目录没有改动，写规则时会提示。",
        "Noted: the same. The catalogue is unchanged; rule writers will be told.",
    ),
    PairVerdict.DIFFERENT: ("记下了：不同。", "Noted: different."),
    PairVerdict.UNDECIDED: ("已撤回，这一对重新待定。", "Taken back; the pair is open again."),
}
ALL_SAID = (
    "记下了：这一组里还没判断的，都按您说的记。",
    "Noted for every pair of the group that was open.",
)
SIMILAR = 15


def duplicates(groups: Sequence[DuplicateGroup]) -> dict[str, Any]:
    """Groups with their items side by side and their pairs to judge."""
    owners = {row.pk: row for row in institutions.institutions(EVERYTHING)}
    return {
        "institutions": sorted(((o.code, (o.name_zh, o.name_en)) for o in owners.values()), key=lambda pair: pair[1]),
        "groups": [_group(group, owners) for group in groups],
    }


def _group(group: DuplicateGroup, owners: Mapping[int, Any]) -> dict[str, Any]:
    known = {(verdict.one, verdict.other): verdict for verdict in group.verdicts}
    rows = [_item(item, owners) for item in group.items]
    pairs = [_pair(one, other, known) for one, other in combinations(rows, 2)]
    pairs.sort(key=lambda pair: pair["settled"])
    open_ids = [row["item"].item_id for row in rows] if sum(not pair["settled"] for pair in pairs) > 1 else []
    return {
        "key": group.key,
        "items": rows,
        "open_ids": open_ids,
        "pairs": pairs[:MOST_PAIRS],
        "left_out": max(0, len(pairs) - MOST_PAIRS),
        "same_credit": len({item.declared_credit for item in group.items}) == 1,
        "same_hours": len({_hours(item) for item in group.items}) == 1,
    }


def _item(item: ItemFacts, owners: Mapping[int, Any]) -> dict[str, Any]:
    owner = owners[item.institution_id]
    return {
        "item": item,
        "institution": (owner.name_zh, owner.name_en),
        "institution_code": owner.code,
        "hours": _hours(item),
    }


def _hours(item: ItemFacts) -> str:
    text = f"{item.theory_hours} + {item.practice_hours}"
    return text + (t("，{n} 周", ", {n} {n:week|weeks}", n=item.practice_weeks) if item.practice_weeks else "")


def _pair(one: Mapping[str, Any], other: Mapping[str, Any], known: Mapping[tuple[int, int], Verdict]) -> dict[str, Any]:
    low, high = sorted((one["item"].item_id, other["item"].item_id))
    verdict = known.get((low, high))
    settled = verdict is not None and verdict.verdict is not PairVerdict.UNDECIDED
    return {
        "one": one,
        "other": other,
        "verdict": verdict,
        "badge": VERDICTS[verdict.verdict] if verdict else None,
        "settled": settled,
        "propose": propose_url(one, other),
    }


def similar(institution_code: str, code: str, *, elsewhere: bool) -> dict[str, Any]:
    """An item and what resembles it. Raises ``Denied(not_found)``."""
    item = queries.item(institution_code, code)
    owners = {row.pk: row for row in institutions.institutions(EVERYTHING)}
    own = _item(item, owners)
    rows = []
    for found in queries.similar(item, limit=SIMILAR, others_only=elsewhere):
        other = _item(found.facts, owners)
        verdict = VERDICTS[found.verdict] if found.verdict else None
        row = {
            "found": found,
            "percent": round(100 * found.score),
            "badge": verdict,
            "propose": propose_url(other, own),
        }
        rows.append({**other, **row})
    return {"own": own, "rows": rows}


def propose_url(source: Mapping[str, Any], target: Mapping[str, Any]) -> str:
    """Where an equivalence is proposed as a rule, both items filled in."""
    return f"{reverse('desk:propose')}?{urlencode({'from': _address(source), 'to': _address(target)})}"


def _address(row: Mapping[str, Any]) -> str:
    return f"{row['institution_code']}/{row['item'].code}"
