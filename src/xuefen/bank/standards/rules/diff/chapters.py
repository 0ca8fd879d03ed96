"""A pack's body as chapters of values, each with its name, its words and what it rests on. Pure, and kind to what it does
not know: a section or key without a word is shown as it is written, never left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from xuefen.bank.standards.rules.diff.words import CAP, CHAPTERS, FLOOR, NAMES, UNITS, WORDS, Pair

_HEAD = ("title", "effective_from", "retired_on")
_NO_VALUES = frozenset({"zh", "en", "reference"})
_ORDER = {
    name: place for place, name in enumerate(("review", "convert", "notice", "objection", "archive", "total", *NAMES))
}
_ENDLESS = ("没有写明", "not given")


@dataclass(frozen=True, slots=True)
class Item:
    """One value of an entry; ``key`` and ``name`` are empty where the entry is the value itself."""

    key: str
    name: Pair
    text: Pair
    raw: Any


@dataclass(frozen=True, slots=True)
class Entry:
    """A value or a row of the standard. ``path`` is its dotted place, ``code`` its key."""

    path: str
    code: str
    name: Pair
    items: tuple[Item, ...]
    reference: str

    @property
    def text(self) -> Pair:
        """All values of the row in one line."""
        return (
            "，".join(f"{item.name[0]} {item.text[0]}".strip() for item in self.items),
            ", ".join(f"{item.name[1]} {item.text[1]}".strip() for item in self.items),
        )


@dataclass(frozen=True, slots=True)
class Chapter:
    """A section of the standard."""

    key: str
    title: Pair
    entries: tuple[Entry, ...]


def chapters(body: Mapping[str, Any]) -> tuple[Chapter, ...]:
    """The whole standard in reading order, the head left to the page's own."""
    names = _type_names(body)
    keys = [key for key in CHAPTERS if key in body]
    keys += sorted(key for key in body if key not in CHAPTERS and isinstance(body[key], Mapping) and key != "title")
    return tuple(
        Chapter(key, CHAPTERS.get(key, (key, key)), tuple(_entries(body[key], key, names)))
        for key in keys
        if isinstance(body[key], Mapping)
    )


def head(body: Mapping[str, Any]) -> Chapter:
    """Title and days, as a chapter of their own for comparing."""
    title = body.get("title")
    found = []
    if isinstance(title, Mapping):
        words = (str(title.get("zh", "")), str(title.get("en", "")))
        found.append(Entry("title", "title", NAMES["title"], (Item("", ("", ""), words, list(words)),), ""))
    for key in _HEAD[1:]:
        raw = body.get(key)
        text = _ENDLESS if raw is None else (str(raw), str(raw))
        found.append(Entry(key, key, NAMES[key], (Item("", ("", ""), text, raw),), ""))
    return Chapter("head", CHAPTERS["head"], tuple(found))


def _type_names(body: Mapping[str, Any]) -> dict[str, Pair]:
    types = body.get("types")
    if not isinstance(types, Mapping):
        return {}
    return {code: _both(node, code) for code, node in types.items() if isinstance(node, Mapping)}


def _both(node: Mapping[str, Any], code: str) -> Pair:
    return str(node.get("zh", code)), str(node.get("en", code))


def in_order(part: Mapping[str, Any], path: str = "") -> list[tuple[str, Any]]:
    """The database keeps JSON keys in an order of its own; people read levels and types as a tree, the rest in ours."""
    if path == "types":
        return sorted(part.items())
    return sorted(part.items(), key=lambda pair: (_ORDER.get(pair[0], len(_ORDER)), len(pair[0]), pair[0]))


def table_order(table: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """A table inside a value, such as grade words: the highest first, so that it reads the same from any store."""

    def place(pair: tuple[str, Any]) -> tuple[float, str]:
        try:
            return -float(pair[1]), pair[0]
        except (TypeError, ValueError):
            return 0.0, pair[0]

    return sorted(table.items(), key=place)


def _entries(
    part: Mapping[str, Any], path: str, names: Mapping[str, Pair], within: Pair | None = None
) -> Iterator[Entry]:
    if "reference" in part:  # a section that is one value
        yield _entry(part, path, names, within)
        return
    for key, node in in_order(part, path):
        place = f"{path}.{key}"
        if not isinstance(node, Mapping):
            continue
        if "reference" in node or path == "sources":
            row = _entry(node, place, names, within)
            yield row
            for inner, part in node.items():  # what a row holds under a reference of its own, such as criteria
                if isinstance(part, Mapping) and "reference" in part:
                    yield _entry(part, f"{place}.{inner}", names, row.name)
        else:
            heads = {"evidence": WORDS, "evidence.types": names}.get(path, {})
            yield from _entries(node, place, names, heads.get(key))


def _entry(node: Mapping[str, Any], path: str, names: Mapping[str, Pair], within: Pair | None) -> Entry:
    code = path.rsplit(".", 1)[-1]
    if path.startswith("sources."):
        return Entry(path, code, (code, code), (Item("", ("", ""), _both(node, code), dict(node)),), "")
    name = _both(node, code) if "zh" in node else names.get(code) or NAMES.get(code) or (code, code)
    if within is not None:
        name = (f"{within[0]}：{name[0]}", f"{within[1]}: {name[1]}")
    reference = str(node.get("reference", ""))
    if "value" in node:
        return Entry(
            path, code, name, (Item("", ("", ""), _text(node["value"], code, names), node["value"]),), reference
        )
    floor = node.get("at_least") is True
    items = tuple(
        Item(key, _item_name(key, path, floor=floor), _text(raw, key, names), raw)
        for key, raw in in_order(node)
        if key not in _NO_VALUES and not (key == "at_least" and raw is True) and not _is_cited(raw)
    )
    return Entry(path, code, name, items, reference)


def _is_cited(raw: Any) -> bool:
    return isinstance(raw, Mapping) and "reference" in raw


def _item_name(key: str, path: str, *, floor: bool) -> Pair:
    special = (FLOOR if floor else CAP) if path.startswith("limits.") else {}
    return special.get(key) or NAMES.get(key) or (key, key)


def _text(value: Any, key: str, names: Mapping[str, Pair]) -> Pair:
    """A value in both languages, with its unit."""
    if isinstance(value, Mapping):
        found = [(WORDS.get(word, (word, word)), _text(one, "", names)) for word, one in table_order(value)]
        return "，".join(f"{w[0]} {x[0]}" for w, x in found), ", ".join(f"{w[1]} {x[1]}" for w, x in found)
    if isinstance(value, list) and value and all(isinstance(one, list) and len(one) == 2 for one in value):
        pairs = [f"{first}→{second}" for first, second in value]  # levels of two frameworks
        return "、".join(pairs), ", ".join(pairs)
    if isinstance(value, list):
        parts = [_text(one, key, names) for one in value]
        return ("、".join(p[0] for p in parts), ", ".join(p[1] for p in parts)) if parts else ("没有", "none")
    if isinstance(value, bool) or (isinstance(value, str) and value in WORDS):
        return WORDS[value]
    if isinstance(value, str) and value in names:
        return names[value]
    unit = UNITS.get(key)
    return (unit[0].format(x=value), unit[1].format(x=value)) if unit else (str(value), str(value))
