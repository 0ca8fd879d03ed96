"""JSON Schemas (draft 2020-12) of the documents, read off the dataclasses, so that they cannot say anything else."""

from __future__ import annotations

import dataclasses
import types
import typing
from datetime import date
from enum import Enum
from typing import Any

from xuefen.bank.conversion.types.plan import Plan
from xuefen.bank.conversion.types.problem import Problem

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_PAGE = "See docs/conversion-problem.md. Amounts are hundredths of a credit, marks hundredths on the 100 scale."
_PLAIN: dict[type, dict[str, Any]] = {
    int: {"type": "integer"},
    str: {"type": "string"},
    bool: {"type": "boolean"},
    date: {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
}


def problem_schema() -> dict[str, Any]:
    """docs/schemas/conversion-problem.json"""
    return _document(Problem, "Conversion problem")


def plan_schema() -> dict[str, Any]:
    """docs/schemas/conversion-plan.json"""
    return _document(Plan, "Conversion plan")


def _document(cls: type, title: str) -> dict[str, Any]:
    definitions: dict[str, Any] = {}
    body = _object(cls, definitions)
    return {
        "$schema": _DRAFT,
        **body,
        "title": title,
        "description": f"{body['description']} {_PAGE}",
        "$defs": dict(sorted(definitions.items())),
    }


def _object(cls: type, definitions: dict[str, Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(cls)
    fields = dataclasses.fields(cls)
    properties = {}
    for field in fields:
        shown = _of(hints[field.name], definitions)
        if field.default is not dataclasses.MISSING:
            shown = {**shown, "default": _default(field.default)}
        properties[field.name] = shown
    return {
        "title": cls.__name__,
        "description": _prose(cls),
        "type": "object",
        "properties": properties,
        "required": [f.name for f in fields if f.default is dataclasses.MISSING],
        "additionalProperties": False,
    }


def _of(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if hint in _PLAIN:
        return dict(_PLAIN[hint])
    if isinstance(hint, types.UnionType):
        options = [a for a in typing.get_args(hint) if a is not type(None)]
        return {"anyOf": [*(_of(o, definitions) for o in options), {"type": "null"}]}
    if typing.get_origin(hint) is tuple:
        return {"type": "array", "items": _of(typing.get_args(hint)[0], definitions)}
    if hint.__name__ not in definitions:
        definitions[hint.__name__] = {}  # a node holds nodes
        if issubclass(hint, Enum):
            made: dict[str, Any] = {"title": hint.__name__, "enum": [m.value for m in hint]}
        else:
            made = _object(hint, definitions)
        definitions[hint.__name__] = made
    return {"$ref": f"#/$defs/{hint.__name__}"}


def _default(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_default(v) for v in value]
    if dataclasses.is_dataclass(value):
        return {}  # every field at its default
    return value


def _prose(cls: type) -> str:
    """The docstring as one line; classes without one get none of the signature Python makes up."""
    said = cls.__doc__ or ""
    return "" if said.startswith(f"{cls.__name__}(") else " ".join(said.split())
