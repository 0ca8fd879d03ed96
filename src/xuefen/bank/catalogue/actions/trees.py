"""Publishing nested requirement documents: each becomes a programme, the courses it names become items."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from xuefen.bank.catalogue.actions.documents import Document, digest_of, parse_document, read_documents
from xuefen.bank.catalogue.actions.importing import Progress, import_sheet
from xuefen.bank.catalogue.actions.reading import load_mapping
from xuefen.bank.catalogue.actions.storing import (
    announce,
    known_items,
    lock,
    require,
    store_programmes,
    write_items,
    write_versions,
)
from xuefen.bank.catalogue.models import Programme
from xuefen.bank.catalogue.queries import items_for
from xuefen.bank.catalogue.rules import TreeMapping, courses, find_tree_errors, needed_credits, nodes, reasons_of
from xuefen.bank.catalogue.rules.requirements import (
    Course,
    keep_source,
    matches,
    read_document,
    settle_groups,
    write_requirement,
)
from xuefen.bank.catalogue.types import (
    CELL_MISSING,
    CELL_TOO_LONG,
    DOCUMENT_INVALID,
    ITEM_KIND_CHANGED,
    MAPPING_INVALID,
    PROGRAMME_CHANGED,
    TREE_INVALID,
    ImportReport,
    ItemContent,
    Items,
    Node,
    RefusedLine,
)
from xuefen.bank.institutions.queries import by_code
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import use_case
from xuefen.bedrock.names import clean

_LIMITS = {"code": 40, "version": 20, "name": 120}


@dataclass(slots=True)
class _Draft:
    """A document read: its programme's particulars and tree."""

    number: int
    name: str
    body: Mapping[str, Any]
    tree: Node
    courses: dict[tuple[str, str], Course]
    code: str
    version: str
    award: str
    level: int | None
    starts: date

    def row(self, institution_id: int) -> Programme:
        return Programme(
            institution_id=institution_id,
            code=self.code,
            version=self.version,
            name=self.name,
            level=self.level,
            award=self.award,
            # Where everything may count elsewhere too, the programme still asks for something.
            total_credits=needed_credits(self.tree) or needed_credits(self.tree, shared_too=True),
            tree=self.tree,
            effective_from=self.starts,
        )


def import_file(
    *,
    path: str | Path,
    mapping: str | Path | Mapping[str, Any],
    institution_code: str,
    by: Actor,
    now: datetime,
    progress: Progress | None = None,
) -> ImportReport:
    """Publish a sheet or requirement documents, as the mapping says. Raises what the two raise."""
    publish = import_trees if isinstance(load_mapping(mapping), TreeMapping) else import_sheet
    return publish(path=path, mapping=mapping, institution_code=institution_code, by=by, now=now, progress=progress)


@use_case
def import_trees(
    *,
    path: str | Path,
    mapping: str | Path | Mapping[str, Any],
    institution_code: str,
    by: Actor,
    now: datetime,
    progress: Progress | None = None,
) -> ImportReport:
    """Publish the documents of a folder, an archive or a file as programmes of one institution.

    A document goes in whole or is refused with its name and reason; ``read`` counts documents. Courses not in the
    catalogue become items; courses that are keep what the catalogue says. Raises ``Denied``: not_allowed,
    institution_unknown, mapping_invalid, sheet_unreadable.
    """
    institution = by_code(institution_code)
    require(by, institution.id)
    compiled = load_mapping(mapping)
    if not isinstance(compiled, TreeMapping):
        zh, en = "应为 requirement-trees", "requirement-trees expected"
        raise Denied(MAPPING_INVALID, where="format", reason_zh=zh, reason=en)
    documents = read_documents(Path(path))
    drafts, refused = _read(documents, compiled, progress)
    lock(institution.id)
    ids, kinds = known_items(institution.id)
    shelf = _Shelf(items_for(institution.id), compiled)
    shelf.learn(drafts)
    good, wrong = _check(drafts, shelf=shelf, kinds=kinds)
    stored = {(row.code, row.version): row.tree for row in Programme.objects.filter(institution_id=institution.id)}
    new, changed = _told_apart(good, stored=stored, unit=compiled.unit)
    items, versions = _write_courses(new, shelf=shelf, ids=ids, institution_id=institution.id)
    for draft in new:
        shelf.place(draft.tree, ids=ids, codes=ids)
        keep_source(draft.tree, draft.body, unit=compiled.unit)
    store_programmes([draft.row(institution.id) for draft in new])
    report = ImportReport(
        items=items,
        versions=versions,
        programmes=len(new),
        read=len(documents),
        accepted=len(drafts) - len(wrong) - len(changed),
        refused=tuple(refused),
        programmes_refused=tuple(wrong + changed),
        digest=digest_of(documents),
    )
    if items or versions or report.programmes:
        announce(report, institution_code=institution_code, by=by, now=now)
    return report


# --- documents -------------------------------------------------------------------------------------------------------


def _read(
    documents: Sequence[Document], mapping: TreeMapping, progress: Progress | None
) -> tuple[list[_Draft], list[RefusedLine]]:
    drafts: list[_Draft] = []
    refused: list[RefusedLine] = []
    seen: set[tuple[str, str]] = set()
    for number, document in enumerate(documents, 1):
        try:
            draft = _draft(number, document, mapping)
            if (draft.code, draft.version) in seen:
                raise Denied(PROGRAMME_CHANGED, code=draft.code, version=draft.version)
            seen.add((draft.code, draft.version))
            drafts.append(draft)
        except Denied as denied:
            refused.append(RefusedLine(number, document[0], denied.problem, denied.params))
        if progress:
            progress(number, len(documents))
    return drafts, refused


def _draft(number: int, document: Document, mapping: TreeMapping) -> _Draft:
    body = parse_document(document)
    kind = str(body.get("type", "Programme"))
    known = mapping.types.get(kind)
    if known is None:
        names = ", ".join(mapping.types)
        zh, en = f"类型“{kind}”不在对照表里（{names}）", f"type “{kind}” is not in the mapping ({names})"
        raise Denied(DOCUMENT_INVALID, where="type", reason_zh=zh, reason=en)
    texts = {
        "code": known.code.replace("{code}", clean(str(body.get("code") or ""))),
        "version": clean(str(body.get("version") or mapping.version)),
        "name": clean(str(body.get("name") or "")),
    }
    for name, text in texts.items():
        if not body.get(name) and name != "version":
            raise Denied(CELL_MISSING, column=name)
        if len(text) > _LIMITS[name]:
            raise Denied(CELL_TOO_LONG, column=name, limit=_LIMITS[name])
    starts = _day(body.get("effective_from", mapping.template.effective_from))
    level = body.get("level", mapping.level)
    if starts is None or not (level is None or (isinstance(level, int) and 1 <= level <= 10)):
        zh, en = "effective_from 应为日期，level 应为 1 到 10", "effective_from must be a date, level 1 to 10"
        raise Denied(DOCUMENT_INVALID, where="effective_from, level", reason_zh=zh, reason=en)
    reading = read_document(body, unit=mapping.unit)
    return _Draft(
        number=number,
        name=texts["name"],
        body=body,
        tree=reading.tree,
        courses=reading.courses,
        code=texts["code"],
        version=texts["version"],
        award=str(body.get("award", known.award))[:20],
        level=level,
        starts=starts,
    )


def _day(value: Any) -> date | None:
    """A date, or the text of one."""
    if isinstance(value, datetime):
        return value.date()
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        return None


class _Shelf:
    """The courses trees may name: those published, and those the documents bring."""

    def __init__(self, items: Items, mapping: TreeMapping) -> None:
        self.items = items
        self.mapping = mapping
        self.fresh: dict[tuple[str, str], ItemContent] = {}

    def learn(self, drafts: Sequence[_Draft]) -> None:
        """Make content of the courses no published item stands for; of several mentions the fullest."""
        named: dict[tuple[str, str], Course] = {}
        for draft in drafts:
            for key, course in draft.courses.items():
                named.setdefault(key, replace(course)).learn(course)
        template = self.mapping.template
        for (code, version), course in named.items():
            if self.items.get(code, version) is None:
                credit = template.declared_credit if course.credits is None else course.credits
                content = replace(template, name=course.name[:200], declared_credit=credit)
                self.fresh[code, version or self.mapping.item_version] = content

    def find(self, code: str, version: str) -> tuple[str, str, int]:
        """Version, name and credits of a course: the named version, else the latest published, else the one made here."""
        item = self.items.get(code, version)
        if item is not None:
            return item.version, item.name, item.declared_credit or 0
        made = version or self.mapping.item_version
        content = self.fresh[code, made]
        return made, content.name, content.declared_credit or 0

    def knows(self, code: str) -> bool:
        return code in self.items.latest or any(code == made for made, _ in self.fresh)

    def furnish(self, tree: Node) -> None:
        """Fill in each leaf's version, name and credits, as far as the document does not say."""
        for leaf in courses(tree):
            leaf["version"], leaf["name"], credits = self.find(leaf["item"], leaf["version"])
            leaf.setdefault("credits", credits)
            if leaf.get("after"):
                leaf["after_ids"] = [0] * sum(self.knows(code) for code in leaf["after"])

    def place(self, tree: Node, *, ids: Mapping[str, int], codes: Collection[str]) -> None:
        """Give leaves their item ids, and open groups the courses their patterns find."""
        for leaf in courses(tree):
            leaf["item_id"] = ids[leaf["item"]]
            if leaf.get("after"):
                leaf["after_ids"] = [ids[code] for code in leaf["after"]]
        for node in list(nodes(tree)):
            opens = node.get("open", {})
            if not opens.get("patterns"):
                continue
            listed = {child.get("item") for child in node["children"]}
            found = matches(opens["patterns"], opens.get("except_", ()), sorted(codes))
            for n, code in enumerate((code for code in found if code not in listed), 1):
                version, name, credits = self.find(code, "")
                node["children"].append(
                    {
                        "id": f"{node['id']}.m{n}",
                        "kind": "course",
                        "item_id": ids[code],
                        "item": code,
                        "version": version,
                        "name": name,
                        "credits": credits,
                        "matched": True,
                    }
                )


def _check(
    drafts: Sequence[_Draft], *, shelf: _Shelf, kinds: Mapping[str, str]
) -> tuple[list[_Draft], list[RefusedLine]]:
    good: list[_Draft] = []
    wrong: list[RefusedLine] = []
    for draft in drafts:
        other = next(
            (code for code, _ in draft.courses if kinds.get(code, shelf.mapping.kind) != shelf.mapping.kind), None
        )
        if other is not None:
            params = {"code": other, "kind": kinds[other]}
            wrong.append(RefusedLine(draft.number, draft.code, ITEM_KIND_CHANGED, params))
            continue
        shelf.furnish(draft.tree)
        settle_groups(draft.tree, draft.body, unit=shelf.mapping.unit)
        if errors := find_tree_errors(draft.tree):
            wrong.append(RefusedLine(draft.number, draft.code, TREE_INVALID, reasons_of(errors)))
        else:
            good.append(draft)
    return good, wrong


def _told_apart(
    drafts: Sequence[_Draft], *, stored: Mapping[tuple[str, str], Node], unit: int
) -> tuple[list[_Draft], list[RefusedLine]]:
    """New programmes, and those published with other content. What a published one says, is what its document said."""
    new: list[_Draft] = []
    changed: list[RefusedLine] = []
    for draft in drafts:
        published = stored.get((draft.code, draft.version))
        if published is None:
            new.append(draft)
        else:
            tree = deepcopy(draft.tree)
            keep_source(tree, draft.body, unit=unit)
            if write_requirement(tree, unit=unit) != write_requirement(published, unit=unit):
                params = {"code": draft.code, "version": draft.version}
                changed.append(RefusedLine(draft.number, draft.code, PROGRAMME_CHANGED, params))
    return new, changed


def _write_courses(
    drafts: Sequence[_Draft], *, shelf: _Shelf, ids: dict[str, int], institution_id: int
) -> tuple[int, int]:
    """Items and versions the programmes need and the catalogue lacks."""
    needed = dict.fromkeys((leaf["item"], leaf["version"]) for draft in drafts for leaf in courses(draft.tree))
    fresh = [key for key in needed if key in shelf.fresh and key not in shelf.items.by_version]
    mapping = shelf.mapping
    items = write_items(institution_id, ids=ids, codes=[code for code, _ in fresh], kind=mapping.kind)
    nothing: Mapping[str, Any] = {}
    new = [(ids[code], version, shelf.fresh[code, version], nothing) for code, version in fresh]
    return items, write_versions(new, outcome_class=mapping.outcome_class)
