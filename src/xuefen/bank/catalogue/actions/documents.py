"""Opening folders, archives and single documents (YAML, TOML, JSON). Everything is bounded, nothing is unpacked to disk."""

from __future__ import annotations

import io
import json
import tarfile
import tomllib
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from xuefen.bank.catalogue.rules.mapping import Records
from xuefen.bank.catalogue.types import SHEET_COLUMNS_MISSING, SHEET_UNREADABLE, RefusedLine
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock.gm.sm3 import sm3
from xuefen.bedrock.names import clean

MAX_DOCUMENTS = 10_000
MAX_DOCUMENT = 4 * 1024 * 1024
MAX_TOTAL = 64 * 1024 * 1024
MAX_NESTING = 200
SUFFIXES = (".yaml", ".yml", ".toml", ".json")
_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".zip")

Document = tuple[str, bytes]
"""Name and content."""


def is_collection(path: Path) -> bool:
    """Tell whether a path is a folder or an archive of documents."""
    return path.is_dir() or path.name.lower().endswith(_ARCHIVES)


def read_documents(path: Path) -> list[Document]:
    """The documents of a folder, of an archive, or the one file, in the order of their names.

    Raises ``Denied(sheet_unreadable)``: it cannot be opened, is no sound archive, or is beyond the bounds.
    """
    found: list[Document] = []
    total = 0
    try:
        for name, content in _members(path):
            total += len(content)
            if len(content) > MAX_DOCUMENT or total > MAX_TOTAL or len(found) >= MAX_DOCUMENTS:
                raise unreadable("文件太多或太大", "too many documents, or too large")
            found.append((name, content))
    except (OSError, tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        raise unreadable("文件打不开，或压缩包已损坏", "it cannot be opened, or the archive is damaged") from error
    if not found:
        raise unreadable("里面没有 YAML、TOML 或 JSON 文件", "it holds no YAML, TOML or JSON document")
    return sorted(found)


def _members(path: Path) -> Iterator[Document]:
    name = path.name.lower()
    if path.is_dir():
        for file in path.rglob("*"):
            if _wanted(file.name) and file.is_file():
                yield file.relative_to(path).as_posix(), _bounded(file.open("rb"))
    elif name.endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if _wanted(entry.filename):
                    yield entry.filename, _bounded(archive.open(entry))
    elif name.endswith(_ARCHIVES):
        with tarfile.open(path) as tar:
            for member in tar:
                if member.isfile() and _wanted(member.name) and (stream := tar.extractfile(member)):
                    yield member.name, _bounded(stream)
    else:
        yield path.name, _bounded(path.open("rb"))


def _wanted(name: str) -> bool:
    last = PurePosixPath(name).name
    return last.lower().endswith(SUFFIXES) and not last.startswith(".")


def _bounded(stream: Any) -> bytes:
    with stream:
        content: bytes = stream.read(MAX_DOCUMENT + 1)
    return content


def digest_of(documents: Iterable[Document]) -> str:
    """Hex SM3 over names and contents."""
    return sm3(b"".join(sm3(name.encode()) + sm3(content) for name, content in documents)).hex()


def unreadable(zh: str, en: str) -> Denied:
    return Denied(SHEET_UNREADABLE, place="file", reason_zh=zh, reason=en)


class _Loader(yaml.CSafeLoader):
    """Plain data; a key given twice with something to say is an error, because one of the two would be lost."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        last = {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and value is not last[key.value] and not value.tag.endswith(":null"):
                line, name = key.start_mark.line + 1, key.value
                raise unreadable(
                    f"第 {line} 行的“{name}”在同一张表里又出现一次",
                    f"“{name}” of line {line} stands twice in its mapping",
                )
        return super().construct_mapping(node, deep=deep)


def parse_document(document: Document) -> Mapping[str, Any]:
    """The table a document holds. Raises ``Denied(sheet_unreadable)`` with the line where that is known."""
    name, content = document
    try:
        if name.lower().endswith(".toml"):
            body: Any = tomllib.load(io.BytesIO(content))
        elif name.lower().endswith(".json"):
            body = json.loads(content)
        else:
            _refuse_bombs(content)
            body = yaml.load(content, Loader=_Loader)  # noqa: S506 - a SafeLoader with one check more
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        zh, en = (f"第 {mark.line + 1} 行：", f"line {mark.line + 1}: ") if mark else ("", "")
        raise unreadable(f"{zh}不是完好的文档", f"{en}it is not a sound document") from error
    if not isinstance(body, Mapping):
        raise unreadable("应为一张表", "a mapping expected")
    return body


def _refuse_bombs(content: bytes) -> None:
    """Aliases can make a small file endless, and nesting can exhaust the stack: both are looked for before building."""
    depth = 0
    for event in yaml.parse(content, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            line = event.start_mark.line + 1 if event.start_mark else 0
            raise unreadable(f"第 {line} 行用了别名（*），请写出内容", f"line {line} uses an alias (*); write it out")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_NESTING:
            raise unreadable("嵌套太深", "nested too deep")


# --- records ---------------------------------------------------------------------------------------------------------


def read_records(
    documents: Sequence[Document], *, records: Records, columns: Iterable[str]
) -> tuple[list[tuple[int, dict[str, str]]], list[RefusedLine], str]:
    """The records of all documents as the rows of one table, numbered from 2, as if under a header; and the digest."""
    if missing := sorted(set(columns) - set(records.columns)):
        raise Denied(SHEET_COLUMNS_MISSING, place="records", columns="、".join(missing))
    rows: list[tuple[int, dict[str, str]]] = []
    refused: list[RefusedLine] = []
    number = 1
    for document in documents:
        try:
            body = parse_document(document)
        except Denied as denied:
            number += 1
            refused.append(RefusedLine(number, document[0], denied.problem, denied.params))
            continue
        for record in body.get(records.each) or []:
            number += 1
            rows.append(
                (number, {name: clean(_at(path, record, body)) for name, path in records.columns.items()}),
            )
    return rows, refused, digest_of(documents)


def _at(path: str, record: Any, body: Mapping[str, Any]) -> str:
    """The text at a path such as ``hours.theory``, in the record or from the top (``/info.year``); empty where nothing is."""
    value: Any = body if path.startswith("/") else record
    for step in path.removeprefix("/").split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return "" if value is None else str(value)
