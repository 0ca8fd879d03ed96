"""Strict JSON for frozen dataclasses: unknown fields, missing fields and wrong types are all found, each with its place."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Callable, Hashable
from datetime import date
from enum import Enum
from typing import Any, TypeVar, cast

T = TypeVar("T")


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a document. ``place`` is a path such as ``rules[3].sources[0]``; the sentences are for people."""

    place: str
    zh: str
    en: str


def encode(value: Any) -> Any:
    """The JSON value of a dataclass tree. Fields that hold their default are left out, so documents stay short."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        result = {}
        for field in dataclasses.fields(value):
            item = getattr(value, field.name)
            if field.default is dataclasses.MISSING or item != field.default:
                result[field.name] = encode(item)
        return result
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [encode(v) for v in value]
    return value


def decode(cls: type[T], value: Any, faults: list[Fault], *, place: str = "") -> T | None:
    """Build ``cls`` from JSON, or append what is wrong to ``faults`` and return None."""
    before = len(faults)
    result = _reader(cast(Hashable, cls))(value, place, faults)
    return None if len(faults) > before else result


_Reader = Callable[[Any, str, list[Fault]], Any]


def _wrong(place: str, zh: str, en: str, faults: list[Fault]) -> None:
    faults.append(Fault(place or "$", zh, en))


def _plain(kind: type, zh: str, en: str) -> _Reader:
    def read(value: Any, place: str, faults: list[Fault]) -> Any:
        # bool is an int to Python; in a document it is a slip.
        if type(value) is not kind:
            _wrong(place, f"应为{zh}。", f"Expected {en}.", faults)
        return value

    return read


def _read_date(value: Any, place: str, faults: list[Fault]) -> Any:
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        day = None
    if day is None or day.isoformat() != value:  # Python also reads 20261120 and 2026-W47-5
        _wrong(place, "应为日期，例如 2026-11-20。", "Expected a date such as 2026-11-20.", faults)
    return day


def _enum(kind: type[Enum]) -> _Reader:
    words = ", ".join(str(m.value) for m in kind)

    def read(value: Any, place: str, faults: list[Fault]) -> Any:
        try:
            return kind(value)
        except ValueError:
            _wrong(place, f"应为其中之一：{words}。", f"Expected one of: {words}.", faults)

    return read


def _tuple(inner: _Reader) -> _Reader:
    def read(value: Any, place: str, faults: list[Fault]) -> Any:
        if type(value) is not list:
            return _wrong(place, "应为列表。", "Expected a list.", faults)
        return tuple(inner(v, f"{place}[{i}]", faults) for i, v in enumerate(value))

    return read


def _optional(inner: _Reader) -> _Reader:
    return lambda value, place, faults: None if value is None else inner(value, place, faults)


def _dataclass(cls: type) -> _Reader:
    hints = typing.get_type_hints(cls)
    fields = {f.name: f for f in dataclasses.fields(cls)}
    required = [n for n, f in fields.items() if f.default is dataclasses.MISSING]

    def read(value: Any, place: str, faults: list[Fault]) -> Any:
        if type(value) is not dict:
            return _wrong(place, "应为对象。", "Expected an object.", faults)
        dot = f"{place}." if place else ""
        before = len(faults)
        for name in required:
            if name not in value:
                _wrong(dot + name, "缺少这一项。", "This field is missing.", faults)
        given = {}
        for name, item in value.items():
            if name in fields:
                given[name] = _reader(hints[name])(item, dot + name, faults)
            else:
                _wrong(f"{dot}{name}", "没有这一项。", "There is no such field.", faults)
        return cls(**given) if len(faults) == before else None

    return read


@functools.cache
def _reader(hint: Hashable) -> _Reader:
    if hint is int:
        return _plain(int, "整数", "a whole number")
    if hint is str:
        return _plain(str, "文字", "text")
    if hint is bool:
        return _plain(bool, "真或假", "true or false")
    if hint is date:
        return _read_date
    if isinstance(hint, types.UnionType):
        (inner,) = (a for a in typing.get_args(hint) if a is not type(None))
        return _optional(_reader(inner))
    if typing.get_origin(hint) is tuple:
        return _tuple(_reader(typing.get_args(hint)[0]))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _enum(hint)
    return _dataclass(cast(type, hint))
