"""Which version each row's item gets, and the requirement trees the rows make. Pure: what is stored is handed in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from xuefen.bank.catalogue.rules.mapping import Group, PlanMapping
from xuefen.bank.catalogue.rules.trees import most_credits
from xuefen.bank.catalogue.types import (
    ITEM_VERSION_CHANGED,
    ItemContent,
    ItemDraft,
    Node,
    Placement,
    RefusedLine,
    RowDraft,
)
from xuefen.bedrock.quantity import percent_of

Stored = Mapping[tuple[str, str], Mapping[str, ItemContent]]
"""(code, a version) → the published version of that name and its variants (2022, 2022-2, …) → their content."""


@dataclass(slots=True)
class Settled:
    """``version_of`` each draft; ``new`` versions to publish, in order; rows that contradict what is published."""

    version_of: dict[ItemDraft, str] = field(default_factory=dict)
    new: list[tuple[ItemDraft, str]] = field(default_factory=list)
    refused: list[RefusedLine] = field(default_factory=list)


def base_version(version: str) -> str:
    """The sheet's version a published one came from: 2022-2 → 2022."""
    head, dash, tail = version.rpartition("-")
    return head if dash and tail.isdigit() and len(tail) <= 2 and head else version


def settle_versions(rows: Iterable[RowDraft], stored: Stored, *, variants: bool) -> Settled:
    """Give every draft its version.

    Where a code and version are published, equal content is that version and other content is refused
    (``item_version_changed``). Where they are new and ``variants`` is set, the sheet may say several things under one
    version (plans of one year differ): the most frequent keeps the name, ties by first row, the others become
    ``2022-2``, ``2022-3``. Without ``variants`` the first row is right and contradicting rows are refused.
    """
    settled = Settled()
    rows = list(rows)
    counted: dict[tuple[str, str], Counter[ItemDraft]] = {}
    for row in rows:
        for draft in row.items:
            counted.setdefault((draft.code, draft.version), Counter())[draft] += 1
    for key, drafts in counted.items():
        published = {content: version for version, content in stored.get(key, {}).items()}
        if published:
            for draft in drafts:
                if draft.content in published:
                    settled.version_of[draft] = published[draft.content]
        else:
            # Counter keeps first-row order, and the sort is stable.
            ranked = sorted(drafts, key=lambda d: -drafts[d]) if variants else list(drafts)[:1]
            names = _variant_names(key, taken=counted.keys() | stored.keys())
            for draft, version in zip(ranked, names, strict=False):
                settled.version_of[draft] = version
                settled.new.append((draft, version))
    for row in rows:
        for draft in row.items:
            if draft not in settled.version_of:
                params = {"code": draft.code, "version": draft.version}
                settled.refused.append(RefusedLine(row.row, "version", ITEM_VERSION_CHANGED, params))
    return settled


def _variant_names(key: tuple[str, str], *, taken: Set[tuple[str, str]]) -> Iterator[str]:
    """2022, 2022-2, 2022-3, … without the names the sheet or the catalogue uses for themselves."""
    code, version = key
    yield version
    for number in count(2):
        if (code, f"{version}-{number}") not in taken:
            yield f"{version}-{number}"


def agreed_notes(rows: Iterable[RowDraft]) -> dict[ItemDraft, dict[str, str]]:
    """What all rows of a draft say alike beside its content; where they differ, nothing is known of the item itself."""
    said: dict[ItemDraft, dict[str, set[str]]] = {}
    counted: Counter[ItemDraft] = Counter()
    for row in rows:
        for draft in row.items:
            counted[draft] += 1
            for name, text in row.notes:
                said.setdefault(draft, {}).setdefault(name, set()).add(text)
    named = Counter((draft, name) for row in rows for draft in row.items for name, _ in row.notes)
    return {
        draft: {
            name: texts.pop()
            for name, texts in notes.items()
            if len(texts) == 1 and named[draft, name] == counted[draft]
        }
        for draft, notes in said.items()
    }


@dataclass(slots=True)
class Plan:
    """The rows of one programme: where each course stands, by item code, and the rows it stands on."""

    placement: Placement
    first_row: int
    courses: dict[str, tuple[Placement, ItemDraft]] = field(default_factory=dict)
    notes: dict[str, list[Placement]] = field(default_factory=dict)


def gather_plans(rows: Iterable[RowDraft], mapping: PlanMapping) -> list[Plan]:
    """Collect rows into plans. A course listed twice stands where the stricter group is: the earlier one in the mapping."""
    order = {value: place for place, value in enumerate(mapping.groups)}
    plans: dict[str, Plan] = {}
    for row in rows:
        if row.placement is None:
            continue
        plan = plans.setdefault(row.placement.key, Plan(placement=row.placement, first_row=row.row))
        for draft in row.items:
            held = plan.courses.get(draft.code)
            if held is None or order[row.placement.group] < order[held[0].group]:
                plan.courses[draft.code] = (row.placement, draft)
            plan.notes.setdefault(draft.code, []).append(row.placement)
    return list(plans.values())


def build_tree(
    plan: Plan, mapping: PlanMapping, *, versions: Mapping[ItemDraft, str], item_ids: Mapping[str, int]
) -> Node:
    """The plan's requirement tree: all groups, each with its courses; a course's node id is its item code."""
    groups: list[Node] = []
    for group in mapping.groups.values():
        leaves: list[Node] = []
        lists: dict[str, Node] = {}
        for code, (placement, draft) in plan.courses.items():
            if placement.group != group.value:
                continue
            node = _leaf(draft, version=versions[draft], item_id=item_ids[code])
            if kept := _kept(placement, plan.notes[code], mapping):
                node["detail"] = kept
            if placement.choose:
                lists.setdefault(placement.choice, _choice(placement, group.id, len(lists) + 1))["children"].append(
                    node
                )
            else:
                leaves.append(node)
        leaves += [child for one in lists.values() for child in _settled_choice(one)]
        if leaves:
            groups.append(_group(group, leaves))
    tree: Node = {
        "id": "root",
        "kind": "all",
        "name": plan.placement.name,
        "children": groups,
    }
    if plan.placement.about:
        tree["detail"] = dict(plan.placement.about)
    return tree


def _kept(placement: Placement, rows: list[Placement], mapping: PlanMapping) -> dict[str, Any]:
    """The columns noted on a course's place; a course that stands on several rows keeps what each of them says."""
    kept: dict[str, Any] = dict(placement.kept)
    others = [one for one in rows if one is not placement]
    if others and mapping.kept:
        kept["also"] = [dict(one.kept) | {"group": one.group} for one in others]
    return kept


def _choice(placement: Placement, group: str, number: int) -> Node:
    return {
        "id": f"{group}.{number}",
        "kind": "choose",
        "name": placement.choice,
        "need": placement.choose,
        "children": [],
    }


def _settled_choice(node: Node) -> list[Node]:
    """A list to choose from; one that is no longer than the choice is no choice."""
    if len(node["children"]) <= node["need"]:
        return node["children"]
    if node["need"] == 1:
        node["kind"] = "any"
        del node["need"]
    return [node]


def _leaf(draft: ItemDraft, *, version: str, item_id: int) -> Node:
    return {
        "id": draft.code,
        "kind": "course",
        "item_id": item_id,
        "item": draft.code,
        "version": version,
        "name": draft.content.name,
        "credits": draft.content.declared_credit or 0,
    }


def _group(group: Group, leaves: list[Node]) -> Node:
    node: Node = {
        "id": group.id,
        "kind": "all" if group.kind == "all" else "credits",
        "name": group.name,
        "name_en": group.name_en,
        "children": leaves,
    }
    if group.kind == "credits":
        whole = int(sum(most_credits(leaf) for leaf in leaves))
        need = int(percent_of(whole, group.share, grain=50)) if group.share else group.need
        node["need"] = need or min(whole, 50)
        if not node["need"]:  # only courses without credit: nothing to add up
            node["kind"] = "all"
            del node["need"]
    if group.elective:
        node["elective"] = True
    return node
