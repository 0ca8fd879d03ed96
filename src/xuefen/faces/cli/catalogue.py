"""``xuefen catalogue import``."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from xuefen.bank.catalogue import actions
from xuefen.bank.catalogue.types import ImportReport
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor
from xuefen.faces.cli.output import console, plain_refusals, progress, write_json

OPERATOR = Actor.system("command line")
SHOWN = 20  # refused rows printed; all of them are in --json


@plain_refusals
def import_sheet(arguments: Namespace) -> int:
    """Publish a sheet; what cannot be read is named by row and reason, the rest goes in."""
    mapping = arguments.mapping or actions.mapping_for(arguments.file)
    with progress() as bar:
        task = bar.add_task(arguments.file.name, total=None)
        report = actions.import_sheet(
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
