"""The public metadata model: the fields of a deposit sheet from the deposits room, the code lists from the standard in
force. One model for the page, the API and the command line.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from xuefen.bank.deposits.rules import FIELDS
from xuefen.bank.deposits.rules.sheet import SheetField
from xuefen.bank.standards.rules.metadata import CodeList, code_lists
from xuefen.bank.standards.types import Loaded

BY_SIGN_IN: tuple[tuple[str, str], ...] = (
    ("账号、证件号码是不是真有这个人", "whether the account or identity number is somebody's"),
    ("姓名与账户是否一致", "whether the name is the account holder's"),
    ("这项成果以前有没有存过", "whether the outcome was deposited before"),
)
"""What only a signed-in issuer is told: everybody may ask here, and nobody must learn who has an account."""


def model(loaded: Loaded) -> dict[str, Any]:
    """Fields, formats and code lists as plain JSON."""
    return {
        "standard": f"{loaded.code}/{loaded.version}",
        "digest": loaded.digest,
        "fields": [_field(field) for field in FIELDS.values()],
        "lists": [found.to_json() for found in code_lists(loaded.pack).values()],
        "row_schema": schema(loaded),
    }


def _field(field: SheetField) -> dict[str, Any]:
    return {
        "name": field.name,
        "columns": {"zh": list(field.zh), "en": list(field.en)},
        "needed": {"zh": field.needed[0], "en": field.needed[1]},
        "format": {"zh": field.format[0], "en": field.format[1]},
        "example": field.example,
        "longest": field.longest,
        "code_list": field.codes or None,
    }


def schema(loaded: Loaded) -> dict[str, Any]:
    """JSON Schema (2020-12) of a sheet's rows, for programs that make sheets. Values are text, as in a sheet."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Deposit sheet 成果存入表",
        "description": f"One row for each outcome; code lists of standard {loaded.code}/{loaded.version}.",
        "type": "array",
        "items": {
            "type": "object",
            "properties": {field.name: _property(field, code_lists(loaded.pack)) for field in FIELDS.values()},
            "required": [field.name for field in FIELDS.values() if field.needed[1] == "always"],
            "anyOf": [{"required": ["account"]}, {"required": ["id_number"]}],
            "additionalProperties": {"type": "string"},
        },
    }


def _property(field: SheetField, lists: Mapping[str, CodeList]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "string",
        "title": f"{field.zh[0]} {field.en[0]}",
        "description": f"{field.format[0]} {field.format[1]}",
        "maxLength": field.longest,
        "examples": [field.example],
    }
    if field.pattern:
        found["pattern"] = f"^{field.pattern}$"
    if field.codes:  # a mark is a number, everything else is a word of the list
        found["anyOf"] = [{"pattern": r"^[0-9]{1,3}([.][0-9]+)?$"}, {"enum": list(lists[field.codes].codes)}]
    return found


def list_csv(found: CodeList) -> str:
    """A code list as CSV; the mark at the front tells spreadsheets that it is UTF-8."""
    return _csv(found.columns, *found.rows)


def template_csv() -> str:
    """An empty sheet with its header and one example row."""
    fields = list(FIELDS.values())
    return _csv([field.zh[0] for field in fields], [field.example for field in fields])


def _csv(*rows: Any) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return f"\ufeff{out.getvalue()}"
