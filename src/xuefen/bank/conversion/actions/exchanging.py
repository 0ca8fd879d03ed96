"""Agreements and recommendations of other systems: read from files, their items put into the catalogue."""

from __future__ import annotations

import csv
import json
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from xuefen.bank.catalogue import actions as catalogue
from xuefen.bank.catalogue.types import ImportReport
from xuefen.bank.conversion.actions.importing import read_file
from xuefen.bank.conversion.actions.publishing import known_items
from xuefen.bank.conversion.rules.exchange import read_assist, read_ctdl, read_igetc
from xuefen.bank.conversion.types.drafts import RULE_TEXT_UNREADABLE
from xuefen.bank.conversion.types.exchange import Exchange, ExchangeOptions, ForeignItem, Format
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock.quantity import format_credits

MOST_FILES = 2000
MOST_IN_ARCHIVE = 64 * 1024 * 1024
TYPE_CODES = {"course": "D11", "exam": "D2", "occupation": "D2"}
"""Outcome type of an item by what kind of thing the file calls it."""
_COLUMNS = ("code", "version", "name", "type_code", "credit", "online", "effective_from")
_MAPPING: dict[str, Any] = {
    "title": {"zh": "外部协议所列课程", "en": "Courses named by another system's agreement"},
    "kind": "course",
    "outcome_class": "degree",
    "item": {name: name for name in _COLUMNS if name != "credit"} | {"declared_credit": "credit"},
}


def read_exchange(path: Path, *, form: Format, options: ExchangeOptions) -> Exchange:
    """What a file, folder or archive says, as rule drafts; nothing is written. Raises ``Denied(rule_text_unreadable)``."""
    if form is Format.ASSIST:
        try:
            return read_assist(json.loads(read_file(path)), options)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise Denied(RULE_TEXT_UNREADABLE, place=path.name, why=f"{type(error).__name__}: {error}"[:200]) from error
    if form is Format.IGETC:
        return read_igetc(_parsed(_files(path)), options)
    return read_ctdl(((name, content.decode("utf-8", "replace")) for name, content in _files(path)), options)


def _parsed(files: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, Any]]:
    for name, content in files:
        if name.endswith(".json"):
            try:
                yield name, json.loads(content)
            except (ValueError, RecursionError):
                yield name, None


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    """The files of a folder or a gzipped tar archive, by name, or the one file; bounded in number and size."""
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.is_file())
        if len(found) > MOST_FILES:
            raise Denied(RULE_TEXT_UNREADABLE, place=path.name, why=f"> {MOST_FILES} files")
        yield from ((file.relative_to(path).as_posix(), read_file(file)) for file in found)
    elif path.name.endswith((".tar.gz", ".tgz")):
        yield from _unpacked(path)
    else:
        yield path.name, read_file(path)


def _unpacked(path: Path) -> Iterator[tuple[str, bytes]]:
    left = MOST_IN_ARCHIVE
    try:
        with tarfile.open(path, "r:gz") as archive:
            for number, member in enumerate(archive, 1):
                if number > MOST_FILES or (left := left - member.size) < 0:
                    raise Denied(
                        RULE_TEXT_UNREADABLE, place=path.name, why=f"> {MOST_FILES} files or {MOST_IN_ARCHIVE} bytes"
                    )
                if member.isfile() and (file := archive.extractfile(member)) is not None:
                    yield member.name, file.read()
    except (OSError, tarfile.TarError, EOFError) as error:
        raise Denied(RULE_TEXT_UNREADABLE, place=path.name, why=str(error)[:200]) from error


def missing_items(exchange: Exchange) -> list[ForeignItem]:
    """The items its drafts name and the catalogue does not know, by name."""
    known = known_items(exchange.items)
    return [item for name, item in sorted(exchange.items.items()) if name not in known]


def publish_items(
    items: Iterable[ForeignItem],
    *,
    version: str,
    since: date,
    by: Actor,
    now: datetime,
    type_codes: Mapping[str, str] = TYPE_CODES,
) -> dict[str, ImportReport]:
    """Put items into the catalogue, each under its institution, which must be registered; one import for each.

    Raises ``Denied``: institution_unknown, not_allowed.
    """
    sheets: dict[str, list[ForeignItem]] = {}
    for item in items:
        sheets.setdefault(item.institution, []).append(item)
    reports = {}
    with tempfile.TemporaryDirectory() as folder:
        for institution, named in sorted(sheets.items()):
            path = Path(folder) / f"{institution}.csv"
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(_COLUMNS)
                writer.writerows(_row(item, version, since, type_codes) for item in named)
            reports[institution] = catalogue.import_sheet(
                path=path, mapping=_MAPPING, institution_code=institution, by=by, now=now
            )
    return reports


def _row(item: ForeignItem, version: str, since: date, type_codes: Mapping[str, str]) -> tuple[str, ...]:
    credits = "" if item.credits is None else format_credits(item.credits)
    online = "是" if item.online else "否"
    return (item.code, version[:17], item.name, type_codes[item.kind], credits, online, since.isoformat())
