"""Opening mappings and sheets. Sizes are bounded before anything is parsed."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from xuefen.bank.catalogue.actions.documents import is_collection
from xuefen.bank.catalogue.rules import SheetMapping, TreeMapping, parse_mapping, parse_tree_mapping
from xuefen.bank.catalogue.rules.tree_mapping import FORMAT
from xuefen.bank.catalogue.types import (
    MAPPING_INVALID,
    SHEET_COLUMNS_MISSING,
    SHEET_ROW_RAGGED,
    SHEET_UNREADABLE,
    RefusedLine,
)
from xuefen.bank.shell import bounded
from xuefen.bank.shell.bounded import FORMULA, NumberedRow
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.workbook import sheet_rows
from xuefen.bedrock.gm.sm3 import sm3
from xuefen.bedrock.names import clean

MAX_BYTES = 64 * 1024 * 1024
MAX_ROWS = 500_000
MAX_COLUMNS = 200
MEMORY, SECONDS = 1024 * 1024 * 1024, 120  # of the process that reads a workbook

SheetRow = tuple[int, dict[str, str]]


def shipped_mappings() -> list[str]:
    """Names of the mappings that come with the product."""
    folder = files("xuefen.bank.catalogue") / "mappings"
    return sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def load_mapping(mapping: str | Path | Mapping[str, Any]) -> SheetMapping | TreeMapping:
    """A mapping by its shipped name, from a YAML file, or from its body. Raises ``Denied(mapping_invalid)``."""
    if isinstance(mapping, Mapping):
        return parse_tree_mapping(mapping) if mapping.get("format") == FORMAT else parse_mapping(mapping)
    if str(mapping) in shipped_mappings():
        text = (files("xuefen.bank.catalogue") / "mappings" / f"{mapping}.yaml").read_text(encoding="utf-8")
    else:
        try:
            text = Path(mapping).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            names = ", ".join(shipped_mappings())
            zh, en = (
                f"没有这个文件，也不是自带的对照表（{names}）",
                f"no such file, and none of the shipped ones ({names})",
            )
            raise Denied(MAPPING_INVALID, where=str(mapping), reason_zh=zh, reason=en) from error
    try:
        body = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise Denied(MAPPING_INVALID, where=str(mapping), reason_zh="不是 YAML", reason="not YAML") from error
    if not isinstance(body, Mapping):
        raise Denied(MAPPING_INVALID, where=str(mapping), reason_zh="应为一张表", reason="a mapping expected")
    return load_mapping(body)


def mapping_for(path: Path) -> str:
    """The shipped mapping whose columns the sheet's header has. Raises ``Denied(mapping_invalid)`` when none fits.

    Of several, the one that reads the most columns: it was written for just this sheet. Folders, archives and YAML files
    hold requirement trees.
    """
    if is_collection(path) or path.suffix.lower() in (".yaml", ".yml"):
        return FORMAT
    _, header = next(_lines(path, read_bytes(path)), (0, []))
    names = {clean(name) for name in header}
    fitting = []
    for name in shipped_mappings():
        mapping = load_mapping(name)
        if isinstance(mapping, SheetMapping) and names.issuperset(mapping.columns):
            fitting.append((len(set(mapping.columns)), name))
    if not fitting:
        zh, en = (
            "表头和自带的对照表都不符，请用 --mapping 指定",
            "the header fits no shipped mapping; name one with --mapping",
        )
        raise Denied(MAPPING_INVALID, where=path.name, reason_zh=zh, reason=en)
    return max(fitting)[1]


def read_bytes(path: Path) -> bytes:
    """The file, at most ``MAX_BYTES``. Raises ``Denied(sheet_unreadable)``."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _unreadable("文件打不开", "it cannot be opened") from error
    if len(content) > MAX_BYTES:
        raise _unreadable(f"超过 {MAX_BYTES >> 20} MB", f"larger than {MAX_BYTES >> 20} MB")
    return content


def read_sheet(path: Path, *, columns: Iterable[str]) -> tuple[list[SheetRow], list[RefusedLine], str]:
    """Rows as (number, column → clean text), the header being row 1; rows whose cells are out of line; the content's digest.

    Comma-separated text in UTF-8 or GB 18030, or the first sheet of an .xlsx workbook. Blank rows are passed over.
    Raises ``Denied``: sheet_unreadable, sheet_columns_missing, and as ``sheet_rows``.
    """
    content = read_bytes(path)
    lines = _lines(path, content)
    _, header = next(lines, (0, []))
    names = [clean(name) for name in header]
    if missing := sorted(set(columns) - set(names)):
        raise Denied(SHEET_COLUMNS_MISSING, place="header", columns="、".join(missing))
    rows: list[SheetRow] = []
    ragged: list[RefusedLine] = []
    for number, cells in lines:
        texts = [clean(cell) for cell in cells]
        if not any(texts):
            continue
        if any(texts[len(names) :]):
            ragged.append(RefusedLine(number, "", SHEET_ROW_RAGGED, {"found": len(texts), "expected": len(names)}))
            continue
        rows.append((number, dict(itertools.zip_longest(names, texts[: len(names)], fillvalue=""))))
        if len(rows) > MAX_ROWS:
            raise _unreadable(f"超过 {MAX_ROWS} 行", f"more than {MAX_ROWS} rows")
    return rows, ragged, sm3(content).hex()


def _lines(path: Path, content: bytes) -> Iterator[NumberedRow]:
    return _workbook(path) if content[:4] == b"PK\x03\x04" else _text_table(content)


def _unreadable(zh: str, en: str) -> Denied:
    return Denied(SHEET_UNREADABLE, place="file", reason_zh=zh, reason=en)


def _text_table(content: bytes) -> Iterator[NumberedRow]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise _unreadable("编码不是 UTF-8 或 GB 18030", "its encoding is neither UTF-8 nor GB 18030")
    if "\0" in text:
        raise _unreadable("不是文本表格或 xlsx", "it is neither a text table nor an xlsx workbook")
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), 1):
            if len(cells) > MAX_COLUMNS:
                raise _unreadable(f"超过 {MAX_COLUMNS} 列", f"more than {MAX_COLUMNS} columns")
            yield number, cells
    except csv.Error as error:
        raise _unreadable(f"CSV 格式有误（{error}）", f"malformed CSV ({error})") from error


def _workbook(path: Path) -> Iterator[NumberedRow]:
    """Numbered as the spreadsheet shows them; of a formula its value. Raises ``Denied`` as ``sheet_rows``."""
    try:
        for number, cells in bounded.rows(sheet_rows, path, MAX_COLUMNS, MAX_ROWS, memory=MEMORY, seconds=SECONDS):
            yield number, [cell.removeprefix(FORMULA) for cell in cells]
    except Denied as denied:
        denied.place = "file"
        raise
