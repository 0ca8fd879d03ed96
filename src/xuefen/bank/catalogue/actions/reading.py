"""Opening mappings and sheets. Sizes are bounded before anything is parsed."""

from __future__ import annotations

import csv
import io
import itertools
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import python_calamine
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
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock.names import clean

MAX_BYTES = 64 * 1024 * 1024
MAX_UNPACKED = 512 * 1024 * 1024
MAX_ROWS = 500_000
MAX_COLUMNS = 200

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
    content = read_bytes(path)
    fitting = []
    for name in shipped_mappings():
        mapping = load_mapping(name)
        if not isinstance(mapping, SheetMapping):
            continue
        columns = mapping.columns
        try:
            read_sheet(content, columns=columns)
        except Denied:
            continue
        fitting.append((len(set(columns)), name))
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


def read_sheet(content: bytes, *, columns: Iterable[str]) -> tuple[list[SheetRow], list[RefusedLine]]:
    """Rows as (number, column → clean text), the header being row 1, and rows whose cells are out of line.

    Comma-separated text in UTF-8 or GB 18030, or the first sheet of an .xlsx workbook. Blank rows are passed over.
    Raises ``Denied``: sheet_unreadable, sheet_columns_missing.
    """
    lines = _workbook(content) if content[:4] == b"PK\x03\x04" else _text_table(content)
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
    return rows, ragged


def _unreadable(zh: str, en: str) -> Denied:
    return Denied(SHEET_UNREADABLE, place="file", reason_zh=zh, reason=en)


def _text_table(content: bytes) -> Iterator[tuple[int, list[str]]]:
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


def _workbook(content: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > MAX_UNPACKED:
            raise _unreadable("解压后过大", "too large when unpacked")
        sheet = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        if sheet.width > MAX_COLUMNS:
            raise _unreadable(f"超过 {MAX_COLUMNS} 列", f"more than {MAX_COLUMNS} columns")
        # Leading empty rows are kept, so that numbers are those the spreadsheet shows.
        table = sheet.to_python(skip_empty_area=False)
    except (zipfile.BadZipFile, python_calamine.CalamineError, IndexError) as error:
        raise _unreadable("不是完好的 xlsx 工作簿", "it is not a sound xlsx workbook") from error
    for number, cells in enumerate(table, 1):
        yield number, [_cell(cell) for cell in cells]


def _cell(value: object) -> str:
    """A workbook's cell as the text a person sees: 3.0 is 3, a date is ISO."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)
