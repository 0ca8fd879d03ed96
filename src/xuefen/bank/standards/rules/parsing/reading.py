"""Walking a pack's body: cited values, tables, and the plain values in them. Errors are collected, never thrown early."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from xuefen.bank.standards.types import PackError
from xuefen.bedrock.quantity import BadQuantity, parse_credits

T = TypeVar("T")
_USES = frozenset({"record", "statement", "convert"})


class Missing(Exception):
    """A value could not be read; the error is already noted."""


@dataclass
class Reader:
    """Collects errors and references while a body is walked."""

    errors: list[PackError] = field(default_factory=list)
    references: dict[str, str] = field(default_factory=dict)
    sources: frozenset[str] = frozenset()
    asked: dict[str, set[str]] = field(default_factory=dict)  # the keys that were looked for, by path of their table

    def wrong(self, path: str, zh: str, en: str, *, key: str = "") -> Missing:
        self.errors.append(PackError(path=path, zh=zh, en=en, key=key))
        return Missing(path)

    def known(self, node: Mapping[str, Any], path: str) -> None:
        """Note every key of a table that nobody asked for."""
        for key in sorted(set(map(str, node)) - self.asked.get(path, set()) - {"reference"}):
            self.wrong(path, f"不认识的项：{key}", f"unknown key: {key}", key=key)

    def section(self, body: Mapping[str, Any], path: str) -> Mapping[str, Any]:
        """The mapping under the last part of ``path``; an empty one, with an error noted, when it is not there."""
        above, _, name = path.rpartition(".")
        self.asked.setdefault(above, set()).add(name)
        value = body.get(name)
        if isinstance(value, Mapping) and value and all(isinstance(key, str) for key in value):
            return value
        self.wrong(path, "缺少这一节，或不是以文字为键的表", "section missing, or not a mapping with text keys")
        return {}

    def cite(self, node: Mapping[str, Any], path: str) -> None:
        """Note the node's reference; it must begin with a declared source."""
        text = node.get("reference")
        if not isinstance(text, str) or not text.strip():
            self.wrong(path, "没有写明依据（reference）", "no reference")
        elif text.split()[0].rstrip(";,") not in self.sources:
            self.wrong(path, f"依据的来源未登记：{text.split()[0]}", f"unknown source: {text.split()[0]}")
        else:
            self.references[path] = text

    def value(self, section: Mapping[str, Any], path: str, read: Callable[[Any], T]) -> T:
        """The cited value ``{value, reference}`` under the last part of ``path``."""
        above, _, name = path.rpartition(".")
        self.asked.setdefault(above, set()).add(name)
        node = section.get(name)
        if not isinstance(node, Mapping) or "value" not in node:
            raise self.wrong(path, "缺少取值（value）", "no value")
        self.cite(node, path)
        found = self.plain(node, "value", path, read)
        self.known(node, path)
        return found

    def plain(self, node: Mapping[str, Any], key: str, path: str, read: Callable[[Any], T]) -> T:
        """``node[key]`` through ``read``, which raises ValueError for what it does not take."""
        self.asked.setdefault(path, set()).add(key)
        path = path or key
        if key not in node:
            raise self.wrong(path, f"缺少 {key}", f"{key} is missing")
        try:
            return read(node[key])
        except (ValueError, TypeError, BadQuantity) as error:
            shown = f"{node[key]!r:.60}"
            raise self.wrong(path, f"{key} 的值无效：{shown}", f"bad {key} {shown}: {error}", key=key) from error

    def optional(self, node: Mapping[str, Any], key: str, path: str, read: Callable[[Any], T]) -> T | None:
        """``node[key]`` as ``plain`` reads it, or None when it is not there or null."""
        self.asked.setdefault(path, set()).add(key)
        return None if node.get(key) is None else self.plain(node, key, path, read)

    def both(self, node: Mapping[str, Any], path: str) -> tuple[str, str]:
        """The name in both languages."""
        return self.plain(node, "zh", path, take_text), self.plain(node, "en", path, take_text)

    def known_types(self, node: Mapping[str, Any], key: str, path: str, types: Mapping[str, Any]) -> tuple[str, ...]:
        """A list of codes of the type tree, in order."""
        codes = sorted(self.plain(node, key, path, take_codes))
        for code in codes:
            if code not in types:
                raise self.wrong(path, f"类型树中没有 {code}", f"no outcome type {code} in the tree", key=key)
        return tuple(codes)

    def rows(
        self, section: Mapping[str, Any], path: str, read: Callable[[str, Mapping[str, Any], str], T]
    ) -> dict[str, T]:
        """Read every row of a table, each cited; a bad row is noted and left out."""
        found: dict[str, T] = {}
        for key, node in section.items():
            place = f"{path}.{key}"
            if not isinstance(node, Mapping):
                self.wrong(place, "应为一张表", "must be a mapping")
                continue
            self.cite(node, place)
            try:
                found[key] = read(key, node, place)
            except Missing:
                continue
            self.known(node, place)
        return found

    def attempt(self, read: Callable[[], T]) -> T | None:
        """Run one reading; None when it noted an error."""
        try:
            return read()
        except Missing:
            return None


# --- leaf readers: take a plain value or raise ValueError ------------------------------------------------------------


def take_text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("text expected")
    return value


def take_whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("a whole number of at least 1 expected")
    return value


def take_share(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 100:
        raise ValueError("whole percent from 0 to 100 expected")
    return value


def take_uplift(value: Any) -> int:
    if take_whole(value) < 100:
        raise ValueError("an uplift is at least 100 percent")
    return int(value)


def take_truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false expected")
    return value


def take_amount(value: Any) -> int:
    return int(parse_credits(take_text(value)))


def take_some_amount(value: Any) -> int:
    if (credits := take_amount(value)) < 1:
        raise ValueError("more than 0 expected")
    return credits


def take_mark(value: Any) -> int:
    if (mark := take_amount(value)) > 10_000:
        raise ValueError("a mark is at most 100")
    return mark


def take_day(value: Any) -> date:
    return date.fromisoformat(take_text(value))


def take_level(value: Any) -> int:
    if take_whole(value) > 10:
        raise ValueError("levels run from 1 to 10")
    return int(value)


def take_words(value: Any) -> frozenset[str]:
    if not isinstance(value, list) or not value:
        raise ValueError("a list of words expected")
    return frozenset(take_text(word).upper() for word in value)


def take_codes(value: Any) -> frozenset[str]:
    if not isinstance(value, list) or not value:
        raise ValueError("a list of codes expected")
    return frozenset(take_text(code) for code in value)


def take_uses(value: Any) -> frozenset[str]:
    if not isinstance(value, list) or not set(value) <= _USES:
        raise ValueError(f"a list out of {sorted(_USES)} expected")
    return frozenset(value)


def take_percents(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or sorted(set(value)) != value:
        raise ValueError("ascending percents expected")
    return tuple(take_share(one) for one in value)


def take_silence(value: Any) -> str:
    if value not in ("", "consent"):
        raise ValueError("consent or empty expected")
    return str(value)
