"""YAML nodes to values, each fault with its line. Scalars stay text: an amount or a day has one reader, whatever its form."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import yaml

from xuefen.bank.conversion.types import TextFault
from xuefen.bedrock.names import BadText, reject_controls
from xuefen.bedrock.quantity import BadQuantity, parse_credits

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FLAGS = {"true": True, "false": False}
_SUFFIXES = (" credits", " credit", " 学分", "学分")
MOST_NESTED = 40
"""Levels of lists and mappings within each other."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A piece of text, quoted or not, and its line (from 1)."""

    line: int
    value: str


@dataclass(frozen=True, slots=True)
class Sequence:
    line: int
    value: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Mapping:
    line: int
    value: list[tuple[Node, Node]] = field(default_factory=list)


Node = Scalar | Sequence | Mapping


def compose(content: bytes) -> Node | None:
    """The document's root, None for an empty one. Raises ``yaml.YAMLError``.

    Built from events, because the library's own composer recurses in C and ends the process on a text of a hundred
    thousand dashes. Nothing is constructed; an alias is the node it names, and never one it stands in.
    """
    root: list[Node] = []
    open_nodes: list[tuple[Sequence | Mapping, list[Node], str | None]] = []
    anchors: dict[str, Node] = {}
    documents = 0
    for event in yaml.parse(content, Loader=_Loader):
        below = open_nodes[-1][1] if open_nodes else root
        line = _line(event)
        if isinstance(event, yaml.ScalarEvent):
            scalar = Scalar(line, event.value)
            below.append(scalar)
            if event.anchor:
                anchors[event.anchor] = scalar
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            if len(open_nodes) >= MOST_NESTED:
                raise _error(event, f"more than {MOST_NESTED} levels within each other")
            group = Sequence(line) if isinstance(event, yaml.SequenceStartEvent) else Mapping(line)
            open_nodes.append((group, [], event.anchor))
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            _close(open_nodes, root, anchors)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in anchors:
                raise _error(event, f"the alias {event.anchor} names nothing before it")
            below.append(anchors[event.anchor])
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _error(event, "a second document in one file")
    return root[0] if root else None


def _close(
    open_nodes: list[tuple[Sequence | Mapping, list[Node], str | None]], root: list[Node], anchors: dict[str, Node]
) -> None:
    group, children, anchor = open_nodes.pop()
    if isinstance(group, Sequence):
        group.value.extend(children)
    else:
        group.value.extend(zip(children[::2], children[1::2], strict=True))
    (open_nodes[-1][1] if open_nodes else root).append(group)
    if anchor:
        anchors[anchor] = group


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark is not None else 1


class TooMuch(yaml.YAMLError):
    """YAML that may be sound and that we do not take: where, and why."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line, self.why = line, why


def _error(event: yaml.Event, why: str) -> TooMuch:
    return TooMuch(_line(event), why)


@dataclass(slots=True)
class Reader:
    """Collects what is wrong; ``rule`` counts from 1 while a rule is read."""

    faults: list[TextFault] = field(default_factory=list)
    rule: int | None = None

    def wrong(self, node: Node, place: str, zh: str, en: str) -> None:
        where = f"rules[{self.rule}]" if self.rule is not None else ""
        full = f"{where}.{place}" if where and place else where or place
        self.faults.append(TextFault(node.line, self.rule, full, zh, en))

    def mapping(
        self, node: Node, place: str, *, known: Collection[str], needed: Collection[str] = ()
    ) -> dict[str, Node] | None:
        """The entries of a mapping; unknown, repeated and missing keys are faults."""
        if not isinstance(node, Mapping):
            self.wrong(node, place, "应为对象。", "Expected a mapping.")
            return None
        found: dict[str, Node] = {}
        dot = f"{place}." if place else ""
        for key, value in node.value:
            name = key.value if isinstance(key, Scalar) else ""
            if name not in known:
                words = ", ".join(sorted(known))
                self.wrong(key, f"{dot}{name}", f"没有这一项；可用：{words}。", f"No such field; known: {words}.")
            elif name in found:
                self.wrong(key, f"{dot}{name}", "这一项写了两次。", "This field is given twice.")
            else:
                found[name] = value
        for name in needed:
            if name not in found:
                self.wrong(node, f"{dot}{name}", "缺少这一项。", "This field is missing.")
        return found

    def sequence(self, node: Node, place: str) -> list[Node] | None:
        if not isinstance(node, Sequence):
            self.wrong(node, place, "应为列表。", "Expected a list.")
            return None
        return list(node.value)

    def text(self, node: Node, place: str, *, most: int = 500, empty: bool = False) -> str | None:
        """A line of text, in one Unicode form."""
        if not isinstance(node, Scalar):
            self.wrong(node, place, "应为文字。", "Expected text.")
            return None
        try:
            reject_controls(node.value)
        except BadText as bad:
            self.wrong(node, place, bad.zh, bad.en)
            return None
        # Not `clean`: prose keeps its full-width punctuation.
        value = unicodedata.normalize("NFC", node.value).strip()
        if len(value) > most or not (value or empty):
            self.wrong(node, place, f"应为 1 至 {most} 个字。", f"Expected 1 to {most} characters.")
            return None
        return value

    def flag(self, node: Node, place: str) -> bool | None:
        if not isinstance(node, Scalar) or node.value not in _FLAGS:
            self.wrong(node, place, "应为 true 或 false。", "Expected true or false.")
            return None
        return _FLAGS[node.value]

    def whole(self, node: Node, place: str) -> int | None:
        value = node.value if isinstance(node, Scalar) else ""
        if not (value.isascii() and value.isdigit() and len(value) <= 6):
            self.wrong(node, place, "应为整数。", "Expected a whole number.")
            return None
        return int(value)

    def credits(self, node: Node, place: str) -> int | None:
        """An amount as people write it: 3, 3.5, "3.5 credits", 3.5 学分."""
        value = node.value if isinstance(node, Scalar) else ""
        for suffix in _SUFFIXES:
            value = value.removesuffix(suffix)
        try:
            amount = int(parse_credits(value))
        except BadQuantity as bad:
            self.wrong(node, place, bad.zh, bad.en)
            return None
        if amount == 0:
            self.wrong(node, place, "学分应大于 0。", "Credits must be more than 0.")
            return None
        return amount

    def day(self, node: Node, place: str) -> date | None:
        try:
            return date.fromisoformat(node.value if isinstance(node, Scalar) else "")
        except ValueError:
            self.wrong(node, place, "应为日期，例如 2026-11-20。", "Expected a date such as 2026-11-20.")
            return None
