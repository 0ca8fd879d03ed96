"""A body as YAML people edit: chapters in reading order, one row a line, as the packs that ship are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from xuefen.bank.standards.rules.diff.chapters import in_order, table_order
from xuefen.bank.standards.rules.diff.words import CHAPTERS

_FIRST = ("code", "version", "effective_from", "retired_on", "title")
_ROW_FIRST = ("parent", "zh", "en", "class", "value", "kind")
_WIDTH = 4000  # a row is one line, however long


class _Row(dict[str, Any]):
    """A mapping written on one line."""


class _Dumper(yaml.SafeDumper):
    """Rows on one line, all else below each other."""


def _write_row(dumper: _Dumper, row: _Row) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", list(row.items()), flow_style=True)


_Dumper.add_representer(_Row, _write_row)


def to_yaml(body: Mapping[str, Any]) -> str:
    """The body as YAML text; reading it again gives the same body."""
    keys = [key for key in _FIRST if key in body]
    keys += [key for key in CHAPTERS if key in body]
    keys += sorted(key for key in body if key not in keys)
    parts = []
    for key in keys:
        shaped = {key: _shaped(body[key], key)}
        parts.append(
            yaml.dump(
                shaped, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_WIDTH, default_flow_style=False
            )
        )
    first = sum(1 for key in _FIRST if key in body)
    return "".join(parts[:first]) + "".join(f"\n{part}" for part in parts[first:])


def _shaped(value: Any, path: str) -> Any:
    if not isinstance(value, Mapping):
        return value
    if _is_row(value):
        return _Row(
            {key: _Row(table_order(one)) if isinstance(one, Mapping) else one for key, one in _row_order(value)}
        )
    return {key: _shaped(one, f"{path}.{key}") for key, one in in_order(value, path)}


def _is_row(value: Mapping[str, Any]) -> bool:
    return "reference" in value or not any(isinstance(one, Mapping) for one in value.values())


def _row_order(row: Mapping[str, Any]) -> list[tuple[str, Any]]:
    def place(pair: tuple[str, Any]) -> int:
        key = pair[0]
        return _ROW_FIRST.index(key) if key in _ROW_FIRST else 1000 if key == "reference" else 100

    return sorted(in_order(row), key=place)
