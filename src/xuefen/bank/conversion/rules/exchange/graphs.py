"""CTDL documents as linked resources, whichever way they are written: JSON-LD graphs, or the assistant's nested objects."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Za-z]{2,4})?")


@dataclass(frozen=True, slots=True)
class Resource:
    """An object of a document: names without their prefix, references followed inside the document."""

    body: Mapping[str, Any]
    graph: Mapping[str, Mapping[str, Any]]

    @property
    def kind(self) -> str:
        return str(self.body.get("type", "")).rpartition(":")[2]

    @property
    def ctid(self) -> str:
        given = str(self.body.get("ctid") or self.body.get("id") or "")
        return given.rpartition("/")[2]

    def text(self, name: str) -> str:
        """The first text of a property, in whatever language there is."""
        return next(iter(self.words(name)), "")

    def words(self, name: str) -> list[str]:
        """Every text of a property; of an alignment object, its target's name in the vocabulary, else in words."""
        found = []
        for value in _list(self.body.get(name)):
            if isinstance(value, Mapping):
                found += _list(value.get("targetNode") or value.get("targetNodeName"))
            else:
                found.append(value)
        return [str(value).strip() for value in found if str(value).strip()]

    def many(self, name: str) -> list[Resource]:
        """The objects of a property that the document describes. One known only by its number counts too."""
        found = []
        for value in _list(self.body.get(name)):
            if isinstance(value, Mapping):
                found.append(Resource(value, self.graph))
            elif value in self.graph:
                found.append(Resource(self.graph[value], self.graph))
        return found

    def references(self, name: str) -> list[str]:
        """What a property points to outside the document."""
        return [str(v) for v in _list(self.body.get(name)) if not isinstance(v, Mapping) and v not in self.graph]

    def count(self, name: str) -> int:
        return len(_list(self.body.get(name)))


def profiles(text: str) -> tuple[list[Resource], str]:
    """The Transfer Value Profiles of a file, and where it is no JSON, if it is none. It may hold several documents."""
    decoder = json.JSONDecoder()
    found: list[Resource] = []
    text = text.lstrip("\ufeff")
    place = len(text) - len(text.lstrip())
    while place < len(text):
        try:
            document, end = decoder.raw_decode(text, place)
        except (json.JSONDecodeError, RecursionError) as error:
            line = text.count("\n", 0, getattr(error, "pos", place)) + 1
            return found, f"line {line}: {getattr(error, 'msg', error)}"
        found += _profiles(document)
        place = end + len(text[end:]) - len(text[end:].lstrip())
    return found, ""


def _profiles(document: Any) -> Iterator[Resource]:
    plain = _plain(document)
    bodies = plain.get("graph", [plain]) if isinstance(plain, Mapping) else _list(plain)
    bodies = [body for body in _list(bodies) if isinstance(body, Mapping)]
    graph = {str(body["id"]): body for body in bodies if "id" in body}
    for body in bodies:
        if str(body.get("type", "")).endswith("TransferValueProfile") or "transferValue" in body:
            yield Resource(body, graph)


def _plain(value: Any) -> Any:
    """Names without prefix, the first letter small; a text in several languages is its first one."""
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if not isinstance(value, Mapping):
        return value
    if value and all(_LANGUAGE.fullmatch(key) for key in value):
        return _plain(next(iter(value.values())))
    return {_name(key): _plain(inner) for key, inner in value.items()}


def _name(key: str) -> str:
    bare = key.rpartition(":")[2].lstrip("@")
    if bare.isupper():
        return bare.lower()
    return bare[:1].lower() + bare[1:]


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
