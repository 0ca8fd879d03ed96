"""Publishing a sheet: rows become items, versions and programmes, a few statements whatever its length."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import connection
from psycopg.types.json import Jsonb

from xuefen.bank.audit.actions import record
from xuefen.bank.catalogue.actions.reading import load_mapping, read_bytes, read_sheet
from xuefen.bank.catalogue.models import Item, ItemVersion, Programme, ProgrammeItem
from xuefen.bank.catalogue.rules import SheetMapping, courses, find_tree_errors, needed_credits, read_row
from xuefen.bank.catalogue.rules.settling import (
    Plan,
    Settled,
    base_version,
    build_tree,
    gather_plans,
    settle_versions,
)
from xuefen.bank.catalogue.types import (
    ITEM_KIND_CHANGED,
    PROGRAMME_CHANGED,
    TREE_INVALID,
    ImportReport,
    ItemContent,
    ItemKind,
    RefusedLine,
    RowDraft,
)
from xuefen.bank.institutions.queries import by_code
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.copy import allocate_ids, copy_rows
from xuefen.bank.shell.problems import NOT_ALLOWED, NOT_FOUND, Denied
from xuefen.bank.shell.transaction import use_case
from xuefen.bank.translog.actions import append
from xuefen.bedrock.canon import canonical
from xuefen.bedrock.gm.sm3 import sm3
from xuefen.bedrock.names import char_bigrams, course_name_key

Progress = Callable[[int, int], None]
_PROGRESS_EVERY = 500
_VERSION_COLUMNS = (
    "id", "item_id", "version", "name", "name_key", "bigrams", "outcome_class", "type_code", "level", "theory_hours",
    "practice_hours", "practice_weeks", "declared_credit", "online", "family", "detail", "effective_from",
)  # fmt: skip


@use_case
def import_sheet(
    *,
    path: str | Path,
    mapping: str | Path | Mapping[str, Any],
    institution_code: str,
    by: Actor,
    now: datetime,
    progress: Progress | None = None,
) -> ImportReport:
    """Publish the rows of a sheet as items and programmes of one institution.

    Rows that cannot be read are refused with their number and every reason; the rest goes in, together. The same sheet
    again changes nothing. ``progress(read, total)`` is called now and then. Raises ``Denied``: not_allowed,
    institution_unknown, mapping_invalid, sheet_unreadable, sheet_columns_missing.
    """
    institution = by_code(institution_code)
    _require(by, institution.id)
    compiled = load_mapping(mapping)
    content = read_bytes(Path(path))
    digest = sm3(content).hex()
    drafts, refused, read = _read_rows(content, compiled, progress)
    _lock(institution.id)
    ids, kinds = _known_items(institution.id)
    clashes = _other_kind(drafts, kinds, compiled.kind)
    barred = {line.row for line in clashes}
    fitting = [draft for draft in drafts if draft.row not in barred]
    settled = settle_versions(fitting, _stored(institution.id), variants=compiled.variants)
    refused += clashes + settled.refused
    barred = {line.row for line in refused}
    accepted = [draft for draft in drafts if draft.row not in barred]
    items = _write_items(institution.id, ids=ids, drafts=accepted, kind=compiled.kind)
    versions = _write_versions(settled, ids=ids, drafts=accepted, mapping=compiled)
    programmes, programmes_refused = _write_programmes(
        institution.id, ids=ids, settled=settled, drafts=accepted, mapping=compiled
    )
    report = ImportReport(
        items=items,
        versions=versions,
        programmes=programmes,
        read=read,
        accepted=len(accepted),
        refused=tuple(sorted(refused, key=lambda line: line.row)),
        programmes_refused=tuple(programmes_refused),
        digest=digest,
    )
    if items or versions or programmes:
        _announce(report, institution_code=institution_code, by=by, now=now)
    return report


@use_case
def retire_item_version(*, version_id: int, on: date, by: Actor, now: datetime) -> None:
    """Note the first day on which a version is no longer offered. Raises ``Denied``: not_found, not_allowed."""
    row = ItemVersion.objects.select_for_update(of=("self",)).select_related("item").filter(id=version_id).first()
    if row is None:
        raise Denied(NOT_FOUND, place="version")
    _require(by, row.item.institution_id)
    before = row.retired_on.isoformat() if row.retired_on else None
    row.retired_on = on
    row.save(update_fields=["retired_on"])
    after = {"retired_on": on.isoformat()}
    subject = ("item", f"{row.item.code}/{row.version}")
    record(action="catalogue.retire", by=by, now=now, subject=subject, before={"retired_on": before}, after=after)
    append(body=_leaf("catalogue.retired", now, {"item": row.item.code, "version": row.version, **after}))


def _require(by: Actor, institution_id: int) -> None:
    if not by.scope("catalogue.publish").reaches(institution_id=institution_id):
        raise Denied(NOT_ALLOWED, action="catalogue.publish")


def _leaf(kind: str, now: datetime, body: Mapping[str, Any]) -> bytes:
    return canonical({"kind": kind, "v": 1, "at": now.strftime("%Y-%m-%dT%H:%M:%SZ"), **body})


def _announce(report: ImportReport, *, institution_code: str, by: Actor, now: datetime) -> None:
    counts = {
        "digest": report.digest,
        "items": report.items,
        "versions": report.versions,
        "programmes": report.programmes,
        "read": report.read,
        "accepted": report.accepted,
    }
    record(action="catalogue.publish", by=by, now=now, subject=("institution", institution_code), after=counts)
    append(body=_leaf("catalogue.imported", now, {"institution": institution_code, **counts}))


def _read_rows(
    content: bytes, mapping: SheetMapping, progress: Progress | None
) -> tuple[list[RowDraft], list[RefusedLine], int]:
    rows, refused = read_sheet(content, columns=mapping.columns)
    drafts: list[RowDraft] = []
    total = len(rows) + len(refused)
    for done, (number, cells) in enumerate(rows, 1):
        found = read_row(number, cells, mapping)
        if isinstance(found, RowDraft):
            drafts.append(found)
        else:
            refused.extend(found)
        if progress and done % _PROGRESS_EVERY == 0:
            progress(done, total)
    if progress:
        progress(total, total)
    return drafts, refused, total


# --- what is stored --------------------------------------------------------------------------------------------------


def _lock(institution_id: int) -> None:
    """One import per institution at a time; a second waits, then finds what the first published."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('catalogue'), %s)", [institution_id])


def _known_items(institution_id: int) -> tuple[dict[str, int], dict[str, str]]:
    rows = list(Item.objects.filter(institution_id=institution_id).values_list("code", "id", "kind"))
    return {code: item_id for code, item_id, _ in rows}, {code: kind for code, _, kind in rows}


def _stored(institution_id: int) -> dict[tuple[str, str], dict[str, ItemContent]]:
    found: dict[tuple[str, str], dict[str, ItemContent]] = {}
    for row in ItemVersion.objects.filter(item__institution_id=institution_id).select_related("item"):
        content = ItemContent(
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
        )
        for name in {row.version, base_version(row.version)}:
            found.setdefault((row.item.code, name), {})[row.version] = content
    return found


def _other_kind(drafts: Sequence[RowDraft], kinds: Mapping[str, str], kind: ItemKind) -> list[RefusedLine]:
    return [
        RefusedLine(row.row, "code", ITEM_KIND_CHANGED, {"code": draft.code, "kind": kinds[draft.code]})
        for row in drafts
        for draft in row.items
        if kinds.get(draft.code, kind) != kind
    ]


# --- writing ---------------------------------------------------------------------------------------------------------


def _write_items(institution_id: int, *, ids: dict[str, int], drafts: Sequence[RowDraft], kind: ItemKind) -> int:
    """Write the codes not known yet and add their ids to ``ids``."""
    new = list(dict.fromkeys(draft.code for row in drafts for draft in row.items if draft.code not in ids))
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


def _write_versions(
    settled: Settled, *, ids: Mapping[str, int], drafts: Sequence[RowDraft], mapping: SheetMapping
) -> int:
    wanted = {draft for row in drafts for draft in row.items}
    new = [(draft, version) for draft, version in settled.new if draft in wanted]
    if not new:
        return 0
    rows = []
    for version_id, (draft, version) in zip(allocate_ids(ItemVersion, len(new)), new, strict=True):
        content = draft.content
        detail = {"subject": content.subject} if content.subject else {}
        if content.authoritative:
            detail["authoritative"] = True  # type: ignore[assignment]
        rows.append(
            (
                version_id,
                ids[draft.code],
                version,
                content.name,
                course_name_key(content.name)[:200],
                char_bigrams(content.name),
                mapping.outcome_class.value,
                content.type_code,
                content.level,
                content.theory_hours,
                content.practice_hours,
                content.practice_weeks,
                content.declared_credit,
                content.online,
                content.family,
                Jsonb(detail),
                content.effective_from,
            )
        )
    copy_rows(ItemVersion, _VERSION_COLUMNS, rows)
    return len(new)


def _write_programmes(
    institution_id: int,
    *,
    ids: Mapping[str, int],
    settled: Settled,
    drafts: Sequence[RowDraft],
    mapping: SheetMapping,
) -> tuple[int, list[RefusedLine]]:
    if mapping.programme is None:
        return 0, []
    stored = {(row.code, row.version): row.tree for row in Programme.objects.filter(institution_id=institution_id)}
    new: list[Programme] = []
    refused: list[RefusedLine] = []
    for plan in gather_plans(drafts, mapping.programme):
        tree = build_tree(plan, mapping.programme, versions=settled.version_of, item_ids=ids)
        where = plan.placement
        if (where.code, where.version) in stored:
            if stored[where.code, where.version] != tree:
                params = {"code": where.code, "version": where.version}
                refused.append(RefusedLine(plan.first_row, "programme", PROGRAMME_CHANGED, params))
        elif errors := find_tree_errors(tree):
            params = {
                "reasons": "; ".join(f"{node}: {en}" for node, _, en in errors),
                "reasons_zh": "；".join(f"{node}：{zh}" for node, zh, _ in errors),
            }
            refused.append(RefusedLine(plan.first_row, "programme", TREE_INVALID, params))
        else:
            stored[where.code, where.version] = tree
            new.append(
                Programme(
                    institution_id=institution_id,
                    code=where.code,
                    version=where.version,
                    name=where.name,
                    level=mapping.programme.level,
                    total_credits=needed_credits(tree),
                    tree=tree,
                    effective_from=_starts(plan),
                )
            )
    _store_programmes(new)
    return len(new), refused


def _starts(plan: Plan) -> date:
    """A plan applies from the day its newest course does."""
    return max(draft.content.effective_from for _, draft in plan.courses.values())


def _store_programmes(programmes: list[Programme]) -> None:
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
