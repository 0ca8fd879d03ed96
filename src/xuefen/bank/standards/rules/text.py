"""The text form of standards and facts: YAML (JSON is YAML too), with the line of every value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from xuefen.bank.standards.rules.parsing import find_errors
from xuefen.bank.standards.types import PackError

MOST_CHARACTERS = 1_000_000
"""A standard is a few dozen pages; what is longer is another file."""


class _Loader(yaml.SafeLoader):
    """Plain data only: dates stay text, so that a file and the database hold the same values; and no aliases."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases (*) are not allowed", mark)
        return super().compose_node(parent, index)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass
class Document:
    """A text as read: its ``body`` (None when it cannot be read), its faults, and on which line each path stands."""

    body: Any = None
    faults: list[tuple[int, PackError]] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)

    def line(self, path: str, key: str = "") -> int:
        """The line of a path, or of the nearest thing above it that is there; 1 for the whole."""
        place = f"{path}.{key}" if path and key else path or key
        while place and place not in self.lines:
            place = place.rpartition(".")[0]
        return self.lines.get(place, 1)


def read_text(text: str) -> Document:
    """Read a text. Repeated keys and aliases are faults: one hides a value, the other can swell without end."""
    document = Document()
    if len(text) > MOST_CHARACTERS:
        document.faults.append((1, PackError("", "文件太长，不像一份标准", "the file is too long for a standard")))
        return document
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            document.faults.append((1, PackError("", "文件是空的", "the file is empty")))
            return document
        document.faults.extend(_walk(node, "", document.lines))
        document.body = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = error.problem or "not YAML"
        document.faults.append((mark.line + 1 if mark else 1, PackError("", f"不是合法的 YAML：{what}", what)))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        document.faults.append((1, PackError("", "不是合法的 YAML", f"not YAML: {type(error).__name__}")))
    return document


def _walk(node: yaml.Node, path: str, lines: dict[str, int]) -> Iterator[tuple[int, PackError]]:
    """Note the line of every key and of every item of a list, and tell repeated keys."""
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            place = f"{path}.{index}" if path else str(index)
            lines[place] = item.start_mark.line + 1
            yield from _walk(item, place, lines)
    if not isinstance(node, yaml.MappingNode):
        return
    seen: set[str] = set()
    for key, value in node.value:
        name = str(key.value)
        line = key.start_mark.line + 1
        if name in seen:
            yield line, PackError(path, f"重复的项：{name}", f"key given twice: {name}", key=name)
        seen.add(name)
        place = f"{path}.{name}" if path else name
        lines[place] = line
        yield from _walk(value, place, lines)


def check_text(text: str) -> tuple[Document, list[tuple[int, PackError]]]:
    """A standard's text, and everything wrong with it by line."""
    document = read_text(text)
    errors = list(document.faults)
    if isinstance(document.body, dict):
        found: Iterable[PackError] = find_errors(document.body)
        errors.extend((document.line(e.path, e.key), e) for e in found)
    elif document.body is not None:
        errors.append((1, PackError("", "应为一张表", "must be a mapping")))
    return document, sorted(errors, key=lambda pair: (pair[0], pair[1].path, pair[1].en))
