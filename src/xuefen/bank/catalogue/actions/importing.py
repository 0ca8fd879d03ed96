"""Publishing a sheet: rows become items, versions and programmes, a few statements whatever its length."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from xuefen.bank.audit.actions import record
from xuefen.bank.catalogue.actions.documents import is_collection, read_documents, read_records
from xuefen.bank.catalogue.actions.reading import SheetRow, load_mapping, read_sheet
from xuefen.bank.catalogue.actions.storing import (
    announce,
    content_of,
    known_items,
    known_types,
    leaf,
    lock,
    require,
    store_programmes,
    write_items,
    write_versions,
)
from xuefen.bank.catalogue.models import ItemVersion, Programme
from xuefen.bank.catalogue.rules import SheetMapping, find_tree_errors, needed_credits, read_row, reasons_of
from xuefen.bank.catalogue.rules.settling import (
    Plan,
    Settled,
    agreed_notes,
    base_version,
    build_tree,
    gather_plans,
    settle_versions,
)
from xuefen.bank.catalogue.types import (
    ITEM_KIND_CHANGED,
    ITEM_TYPE_UNKNOWN,
    MAPPING_INVALID,
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
from xuefen.bank.shell.problems import NOT_FOUND, Denied
from xuefen.bank.shell.transaction import use_case
from xuefen.bank.translog.actions import append

Progress = Callable[[int, int], None]
_PROGRESS_EVERY = 500


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
    require(by, institution.id)
    compiled = load_mapping(mapping)
    if not isinstance(compiled, SheetMapping):
        raise Denied(MAPPING_INVALID, where="format", reason_zh="这不是表格的对照表", reason="it is not for sheets")
    rows, refused, digest = _open(Path(path), compiled)
    drafts, read = _read_rows(rows, refused, compiled, progress)
    lock(institution.id)
    ids, kinds = known_items(institution.id)
    clashes = _other_kind(drafts, kinds, compiled.kind)
    clashes += _other_types(drafts, known_types(compiled.outcome_class, now=now))
    barred = {line.row for line in clashes}
    fitting = [draft for draft in drafts if draft.row not in barred]
    settled = settle_versions(fitting, _stored(institution.id), variants=compiled.variants)
    refused += clashes + settled.refused
    barred = {line.row for line in refused}
    accepted = [draft for draft in drafts if draft.row not in barred]
    codes = [draft.code for row in accepted for draft in row.items]
    items = write_items(institution.id, ids=ids, codes=codes, kind=compiled.kind)
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
        announce(report, institution_code=institution_code, by=by, now=now)
    return report


@use_case
def retire_item_version(*, version_id: int, on: date, by: Actor, now: datetime) -> None:
    """Note the first day on which a version is no longer offered. Raises ``Denied``: not_found, not_allowed."""
    row = ItemVersion.objects.select_for_update(of=("self",)).select_related("item").filter(id=version_id).first()
    if row is None:
        raise Denied(NOT_FOUND, place="version")
    require(by, row.item.institution_id)
    before = row.retired_on.isoformat() if row.retired_on else None
    row.retired_on = on
    row.save(update_fields=["retired_on"])
    after = {"retired_on": on.isoformat()}
    subject = ("item", f"{row.item.code}/{row.version}")
    record(action="catalogue.retire", by=by, now=now, subject=subject, before={"retired_on": before}, after=after)
    append(body=leaf("catalogue.retired", now, {"item": row.item.code, "version": row.version, **after}))


def _open(path: Path, mapping: SheetMapping) -> tuple[list[SheetRow], list[RefusedLine], str]:
    """Rows of a table, or of the records in a folder or archive of documents; rows out of line; the content's digest."""
    if mapping.records is not None and is_collection(path):
        return read_records(read_documents(path), records=mapping.records, columns=mapping.columns)
    return read_sheet(path, columns=mapping.columns)


def _read_rows(
    rows: list[SheetRow], refused: list[RefusedLine], mapping: SheetMapping, progress: Progress | None
) -> tuple[list[RowDraft], int]:
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
    return drafts, total


# --- what is stored --------------------------------------------------------------------------------------------------


def _stored(institution_id: int) -> dict[tuple[str, str], dict[str, ItemContent]]:
    found: dict[tuple[str, str], dict[str, ItemContent]] = {}
    for row in ItemVersion.objects.filter(item__institution_id=institution_id).select_related("item"):
        content = content_of(row)
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


def _other_types(drafts: Sequence[RowDraft], types: Collection[str] | None) -> list[RefusedLine]:
    if types is None:
        return []
    return [
        RefusedLine(row.row, "type_code", ITEM_TYPE_UNKNOWN, {"type_code": draft.content.type_code})
        for row in drafts
        for draft in row.items
        if draft.content.type_code not in types
    ]


# --- writing ---------------------------------------------------------------------------------------------------------


def _write_versions(
    settled: Settled, *, ids: Mapping[str, int], drafts: Sequence[RowDraft], mapping: SheetMapping
) -> int:
    wanted = {draft for row in drafts for draft in row.items}
    said = agreed_notes(drafts)
    new = [
        (ids[draft.code], version, draft.content, said.get(draft, {}))
        for draft, version in settled.new
        if draft in wanted
    ]
    return write_versions(new, outcome_class=mapping.outcome_class)


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
            refused.append(RefusedLine(plan.first_row, "programme", TREE_INVALID, reasons_of(errors)))
        else:
            stored[where.code, where.version] = tree
            new.append(
                Programme(
                    institution_id=institution_id,
                    code=where.code,
                    version=where.version,
                    name=where.name,
                    level=mapping.programme.level,
                    award=where.award,
                    total_credits=needed_credits(tree),
                    tree=tree,
                    effective_from=_starts(plan),
                )
            )
    store_programmes(new)
    return len(new), refused


def _starts(plan: Plan) -> date:
    """A plan applies from the day its newest course does."""
    return max(draft.content.effective_from for _, draft in plan.courses.values())
