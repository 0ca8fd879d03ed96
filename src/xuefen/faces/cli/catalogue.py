"""``xuefen catalogue`` and ``xuefen programme``."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

import yaml
from django.utils.translation import override

from xuefen.bank.catalogue import actions, queries
from xuefen.bank.catalogue.types import DuplicateGroup, ImportReport, ItemFacts, Similar
from xuefen.bank.institutions.queries import institutions
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.faces.cli.output import console, plain_refusals, progress, result, write_json
from xuefen.faces.shared import trees
from xuefen.faces.shared.words import credits_text

OPERATOR = Actor.system("command line")
SHOWN = 20  # refused rows printed; all of them are in --json


@plain_refusals
def import_file(arguments: Namespace) -> int:
    """Publish a sheet or documents; what cannot be read is named by row and reason, the rest goes in."""
    mapping = arguments.mapping or actions.mapping_for(arguments.file)
    with progress() as bar:
        task = bar.add_task(arguments.file.name, total=None)
        report = actions.import_file(
            path=arguments.file, mapping=mapping, institution_code=arguments.institution, by=OPERATOR, now=clock.now(),
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )  # fmt: skip
    console.print(
        f"已读 read {report.read}；收下 accepted {report.accepted}；新目录项 new items {report.items}，版本 versions"
        f" {report.versions}；专业 programmes {report.programmes}；没通过 refused {report.read - report.accepted}",
        markup=False,
    )
    for line in (*report.refused, *report.programmes_refused)[:SHOWN]:
        console.print(f"  {line.row} {line.field}: {line.sentence('zh')} {line.sentence('en')}", markup=False)
    write_json(_json(report, arguments.file), arguments.json)
    return 0


def _json(report: ImportReport, file: Path) -> dict[str, object]:
    refused = [
        {
            "row": line.row,
            "field": line.field,
            "code": line.problem.code,
            "zh": line.sentence("zh"),
            "en": line.sentence("en"),
        }
        for line in (*report.refused, *report.programmes_refused)
    ]
    counts = {name: getattr(report, name) for name in ("read", "accepted", "items", "versions", "programmes", "digest")}
    return {"file": file.name, **counts, "refused": refused}


@plain_refusals
def export_programme(arguments: Namespace) -> int:
    """Write a programme as the document ``catalogue import`` reads again."""
    institution, _, code = arguments.programme.partition("/")
    found = queries.export_programme(institution, code, arguments.version)
    if arguments.json:
        write_json(found, arguments.json)
    else:
        yaml.safe_dump(found["document"], sys.stdout, allow_unicode=True, sort_keys=False, width=120)
    return 0


@plain_refusals
def draw(arguments: Namespace) -> int:
    """A programme's requirements as an SVG file."""
    institution, _, code = arguments.programme.partition("/")
    found = queries.programme(institution, code, arguments.version)
    with override("en" if arguments.language == "en" else "zh-hans"):
        sys.stdout.write(trees.picture(found.tree, standalone=True) + "\n")
    return 0


@plain_refusals
def duplicates(arguments: Namespace) -> int:
    """Groups of items whose names are one in normal form, with what people have found of them."""
    groups: list[DuplicateGroup] = []
    page, total = 1, 1
    while len(groups) < total:
        found, total = queries.duplicate_groups(
            institution_code=arguments.institution, settled=arguments.settled, page=page, size=PAGE
        )
        if not found:
            break
        groups += found
        page += 1
    names = {row.pk: row.code for row in institutions(EVERYTHING)}
    if arguments.json:
        write_json({"groups": [_group_json(group, names) for group in groups]}, arguments.json)
        return 0
    for group in groups:
        result.print(group.key, style="bold", markup=False)
        for item in group.items:
            result.print(f"  {_line(item, names)}", markup=False)
    console.print(f"{len(groups)} 组 groups", markup=False)
    return 0


PAGE = 500


def _line(item: ItemFacts, names: dict[int, str]) -> str:
    credit = "–" if item.declared_credit is None else credits_text(item.declared_credit)
    hours = f"{item.theory_hours}+{item.practice_hours}"
    return f"{names[item.institution_id]}/{item.code} {item.name} {credit} 学分 credits {hours} 学时 hours"


def _item_json(item: ItemFacts, names: dict[int, str]) -> dict[str, object]:
    return {
        "institution": names[item.institution_id],
        "code": item.code,
        "version": item.version,
        "name": item.name,
        "declared_credit": item.declared_credit,
        "theory_hours": item.theory_hours,
        "practice_hours": item.practice_hours,
        "practice_weeks": item.practice_weeks,
    }


def _group_json(group: DuplicateGroup, names: dict[int, str]) -> dict[str, object]:
    codes = {item.item_id: f"{names[item.institution_id]}/{item.code}" for item in group.items}
    return {
        "key": group.key,
        "items": [_item_json(item, names) for item in group.items],
        "open_pairs": group.open_pairs,
        "verdicts": [
            {
                "one": codes[verdict.one],
                "other": codes[verdict.other],
                "verdict": verdict.verdict.value,
                "reason": verdict.reason,
                "by": verdict.by_name,
                "at": verdict.at.isoformat(),
            }
            for verdict in group.verdicts
        ],
    }


@plain_refusals
def similar(arguments: Namespace) -> int:
    """What resembles an item; exit status 1 when nothing does."""
    institution, _, code = arguments.item.partition("/")
    item = queries.item(institution, code)
    found = queries.similar(item, limit=arguments.limit, others_only=arguments.elsewhere)
    names = {row.pk: row.code for row in institutions(EVERYTHING)}
    if arguments.json:
        body = {"item": _item_json(item, names), "similar": [_similar_json(one, names) for one in found]}
        write_json(body, arguments.json)
    else:
        for one in found:
            words = " ".join(one.words)
            result.print(f"{one.score:.2f}  {_line(one.facts, names)}  [{words}]", markup=False)
    return 0 if found else 1


def _similar_json(one: Similar, names: dict[int, str]) -> dict[str, object]:
    return {
        **_item_json(one.facts, names),
        "score": one.score,
        "same_key": one.same_key,
        "words": list(one.words),
        "verdict": one.verdict.value if one.verdict else None,
    }
