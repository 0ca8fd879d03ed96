"""What may stand in an alliance's terms. Pure: the catalogue is looked up once for all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from xuefen.bank.conversion.types.agreements import ResourceKind, Terms
from xuefen.bank.conversion.types.codec import Fault

MOST_LINES = 500
"""Lines of one list of the terms."""


@dataclass(frozen=True, slots=True)
class Known:
    """Which of the codes the terms name stand in the catalogue."""

    items: frozenset[str]
    programmes: frozenset[str]


def named(terms: Terms) -> tuple[set[str], set[str]]:
    """The items and the programmes the terms name."""
    items = {r.code for r in terms.resources if r.kind is ResourceKind.ITEM} | {j.certificate for j in terms.joint}
    programmes = {r.code for r in terms.resources if r.kind is ResourceKind.PROGRAMME}
    return items, programmes | {j.programme for j in terms.joint}


def terms_faults(terms: Terms, *, members: Collection[str], known: Known) -> Iterator[Fault]:
    """Everything wrong with the terms of an alliance of these members."""
    for name in ("resources", "quotas", "shares", "joint"):
        if len(getattr(terms, name)) > MOST_LINES:
            yield Fault(name, f"最多 {MOST_LINES} 行。", f"{MOST_LINES} lines at most.")
    for i, resource in enumerate(terms.resources):
        place = f"resources[{i}]"
        yield from _owned(resource.code, place, members)
        yield from _stands(resource.code, place, resource.kind, known)
    yield from _quota_faults(terms, members)
    yield from _share_faults(terms, members)
    for i, joint in enumerate(terms.joint):
        place = f"joint[{i}]"
        if not joint.name.strip():
            yield Fault(place, "联合培养项目要有名称。", "A joint programme has a name.")
        for code, kind in ((joint.programme, ResourceKind.PROGRAMME), (joint.certificate, ResourceKind.ITEM)):
            yield from _owned(code, place, members)
            yield from _stands(code, place, kind, known)


def _owned(code: str, place: str, members: Collection[str]) -> Iterator[Fault]:
    owner = code.partition("/")[0]
    if owner not in members:
        yield Fault(place, f"{owner} 不是成员。", f"{owner} is not a member.")


def _stands(code: str, place: str, kind: ResourceKind, known: Known) -> Iterator[Fault]:
    if code not in (known.items if kind is ResourceKind.ITEM else known.programmes):
        yield Fault(place, f"目录里没有 {code}。", f"The catalogue has no {code}.")


def _quota_faults(terms: Terms, members: Collection[str]) -> Iterator[Fault]:
    for i, quota in enumerate(terms.quotas):
        place = f"quotas[{i}]"
        if quota.institution not in members:
            yield Fault(place, f"{quota.institution} 不是成员。", f"{quota.institution} is not a member.")
        limits = [limit for limit in (quota.credits, quota.persons) if limit is not None]
        if not limits or min(limits) <= 0:
            yield Fault(place, "配额写正的学分或人数。", "A quota states positive credits or persons.")
    yield from _twice("quotas", [q.institution for q in terms.quotas])


def _share_faults(terms: Terms, members: Collection[str]) -> Iterator[Fault]:
    for i, share in enumerate(terms.shares):
        if share.institution not in members:
            yield Fault(f"shares[{i}]", f"{share.institution} 不是成员。", f"{share.institution} is not a member.")
        if not 0 <= share.percent <= 100:
            yield Fault(f"shares[{i}]", "份额在 0 到 100 之间。", "A share lies between 0 and 100.")
    total = sum(share.percent for share in terms.shares)
    if terms.shares and total != 100:
        yield Fault(
            "shares", f"利益分配合计 {total}%，应为 100%。", f"The shares add up to {total} %, which should be 100 %."
        )
    yield from _twice("shares", [s.institution for s in terms.shares])


def _twice(place: str, codes: list[str]) -> Iterator[Fault]:
    for code, count in Counter(codes).items():
        if count > 1:
            yield Fault(place, f"{code} 出现 {count} 次。", f"{code} appears {count} times.")
