"""``xuefen metadata show|check``: what a deposit sheet holds, and a check of one before it is sent."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from xuefen.bank.deposits import actions as deposits
from xuefen.bank.deposits.types import FILE_TOO_LARGE, FILE_UNREADABLE
from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards import queries
from xuefen.bedrock.quantity import format_credits
from xuefen.faces.cli.output import console, plain_refusals, result, write_json
from xuefen.faces.shared import metadata

SHOWN = 200  # errors printed; more are in --json


@plain_refusals
def show(arguments: Namespace) -> int:
    """The model, or only the schema of a row."""
    loaded = queries.current(on=clock.today())
    if arguments.schema:
        write_json(metadata.schema(loaded), arguments.json or "-")
        return 0
    found = metadata.model(loaded)
    if arguments.json != "-":
        for field in found["fields"]:
            names = f"{field['columns']['zh'][0]} {field['name']}"
            result.print(f"{names}  {field['needed']['zh']} {field['needed']['en']}  {field['example']}", markup=False)
            result.print(f"  {field['format']['zh']} {field['format']['en']}", markup=False)
        for one in found["lists"]:
            result.print(f"{one['title']['zh']} {one['title']['en']}: {len(one['rows'])}", markup=False)
    write_json(found, arguments.json)
    return 0


@plain_refusals
def check(arguments: Namespace) -> int:
    """Every error with row and column; 1 when there is one."""
    found = deposits.check_sheet(content=_content(arguments), issuer_code=arguments.issuer, now=clock.now())
    if arguments.json != "-":
        for error in found.errors[:SHOWN]:
            where = f"{error.row}{f' {error.letter} {error.heading}' if error.letter else ''}"
            console.print(f"{where}: {error.sentence('zh')} {error.sentence('en')}", style="red", markup=False)
        worth = f"；学分 credits {format_credits(found.credits)}" if found.credits is not None else ""
        summary = f"已读 rows {found.rows}；没有错误 sound {found.sound}；错误 errors {found.found}{worth}"
        result.print(summary, markup=False)
    body: dict[str, Any] = found.to_json()
    body["credits"] = None if found.credits is None else format_credits(found.credits)
    write_json(body, arguments.json)
    return 1 if found.found else 0


def _content(arguments: Namespace) -> bytes:
    file, most = arguments.file, deposits.MOST_CHECKED_BYTES
    if not file.is_file():
        raise Denied(FILE_UNREADABLE, place="file", file=file.name)
    with file.open("rb") as source:
        data: bytes = source.read(most + 1)
    if len(data) > most:
        raise Denied(FILE_TOO_LARGE, place="file", most_mb=most // 2**20)
    return data
