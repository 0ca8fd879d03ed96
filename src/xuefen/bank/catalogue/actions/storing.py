"""What every import shares: one at a time per institution, items, versions and programmes by COPY, one audit entry, one leaf."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from xuefen.bank.audit.actions import record
from xuefen.bank.catalogue.models import Item, ItemVersion, Programme, ProgrammeItem
from xuefen.bank.catalogue.rules import courses
from xuefen.bank.catalogue.rules.similarity import terms_of
from xuefen.bank.catalogue.types import ImportReport, ItemContent, ItemKind
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.copy import allocate_ids, copy_rows
from xuefen.bank.shell.problems import NOT_ALLOWED, Denied
from xuefen.bank.shell.transaction import wait_turn
from xuefen.bank.standards.queries import current
from xuefen.bank.standards.types import STANDARD_UNKNOWN
from xuefen.bank.translog.actions import append
from xuefen.bedrock.canon import canonical
from xuefen.bedrock.names import char_bigrams, course_name_key

_VERSION_COLUMNS = (
    "id", "item_id", "version", "name", "name_key", "bigrams", "terms", "outcome_class", "type_code", "level",
    "theory_hours", "practice_hours", "practice_weeks", "declared_credit", "online", "family", "detail", "effective_from",
)  # fmt: skip


def require(by: Actor, institution_id: int) -> None:
    if not by.scope("catalogue.publish").reaches(institution_id=institution_id):
        raise Denied(NOT_ALLOWED, action="catalogue.publish")


def leaf(kind: str, now: datetime, body: Mapping[str, Any]) -> bytes:
    return canonical({"kind": kind, "v": 1, "at": now.strftime("%Y-%m-%dT%H:%M:%SZ"), **body})


def announce(report: ImportReport, *, institution_code: str, by: Actor, now: datetime) -> None:
    """The one audit entry and the one leaf of an import that changed something."""
    names = ("digest", "items", "versions", "programmes", "read", "accepted")
    counts = {name: getattr(report, name) for name in names}
    record(action="catalogue.publish", by=by, now=now, subject=("institution", institution_code), after=counts)
    append(body=leaf("catalogue.imported", now, {"institution": institution_code, **counts}))


def lock(institution_id: int) -> None:
    """One import per institution at a time; a second waits, then finds what the first published."""
    wait_turn("catalogue", institution_id)


def known_items(institution_id: int) -> tuple[dict[str, int], dict[str, str]]:
    """Ids and kinds of the institution's items by code."""
    rows = list(Item.objects.filter(institution_id=institution_id).values_list("code", "id", "kind"))
    return {code: item_id for code, item_id, _ in rows}, {code: kind for code, _, kind in rows}


def known_types(outcome_class: OutcomeClass, *, now: datetime) -> frozenset[str] | None:
    """Type codes of the class in the standard in force; None while there is no standard to ask."""
    try:
        types = current(on=now.date()).pack.types
    except Denied as denied:
        if denied.problem is STANDARD_UNKNOWN:
            return None
        raise
    return frozenset(code for code, one in types.items() if one.outcome_class is outcome_class)


def write_items(institution_id: int, *, ids: dict[str, int], codes: Iterable[str], kind: ItemKind) -> int:
    """Write the codes not known yet and add their ids to ``ids``."""
    new = list(dict.fromkeys(code for code in codes if code not in ids))
    if not new:
        return 0
    fresh = allocate_ids(Item, len(new))
    ids.update(zip(new, fresh, strict=True))
    copy_rows(
        Item,
        ("id", "institution_id", "code", "kind"),
        [(item_id, institution_id, code, kind.value) for code, item_id in zip(new, fresh, strict=True)],
    )
    return len(new)


def write_versions(
    new: Sequence[tuple[int, str, ItemContent, Mapping[str, Any]]], *, outcome_class: OutcomeClass
) -> int:
    """Write versions given as (item id, version, content, what else was said)."""
    if not new:
        return 0
    rows = [
        (
            version_id,
            item_id,
            version,
            content.name,
            course_name_key(content.name)[:200],
            char_bigrams(content.name),
            terms_of(content.name, (*content.statements, *content.skills)),
            outcome_class.value,
            content.type_code,
            content.level,
            content.theory_hours,
            content.practice_hours,
            content.practice_weeks,
            content.declared_credit,
            content.online,
            content.family,
            Jsonb(detail_of(content) | dict(said)),
            content.effective_from,
        )
        for version_id, (item_id, version, content, said) in zip(allocate_ids(ItemVersion, len(new)), new, strict=True)
    ]
    copy_rows(ItemVersion, _VERSION_COLUMNS, rows)
    return len(new)


def detail_of(content: ItemContent) -> dict[str, Any]:
    """The part of an item's content that has no column of its own; empty values are left out."""
    detail = {
        "subject": content.subject,
        "authoritative": content.authoritative,
        "statements": list(content.statements),
        "skills": list(content.skills),
    }
    return {name: value for name, value in detail.items() if value}


def content_of(row: ItemVersion) -> ItemContent:
    """What a published version says."""
    return ItemContent(
        name=row.name,
        type_code=row.type_code,
        level=row.level,
        theory_hours=row.theory_hours,
        practice_hours=row.practice_hours,
        practice_weeks=row.practice_weeks,
        declared_credit=row.declared_credit,
        online=row.online,
        family=row.family,
        subject=row.detail.get("subject", ""),
        authoritative=row.detail.get("authoritative", False),
        effective_from=row.effective_from,
        statements=tuple(row.detail.get("statements", ())),
        skills=tuple(row.detail.get("skills", ())),
    )


def store_programmes(programmes: list[Programme]) -> None:
    """Write programmes and the index of their courses."""
    Programme.objects.bulk_create(programmes, batch_size=200)
    item_ids = {course["item_id"] for programme in programmes for course in courses(programme.tree)}
    versions = {
        (item_id, version): version_id
        for item_id, version, version_id in ItemVersion.objects.filter(item_id__in=item_ids).values_list(
            "item_id", "version", "id"
        )
    }
    copy_rows(
        ProgrammeItem,
        ("programme_id", "node", "item_id", "item_version_id"),
        [
            (programme.id, course["id"], course["item_id"], versions[course["item_id"], course["version"]])
            for programme in programmes
            for course in courses(programme.tree)
        ],
    )
