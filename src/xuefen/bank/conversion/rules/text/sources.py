"""What a rule takes: nested all and any become a bounded list of alternatives."""

from __future__ import annotations

import re
from dataclasses import dataclass

from xuefen.bank.conversion.rules.publishing import MOST_ALTERNATIVES, MOST_IN_POOL, MOST_TOGETHER
from xuefen.bank.conversion.rules.text.nodes import Mapping, Node, Reader, Scalar, Sequence
from xuefen.bank.conversion.types import PoolDraft
from xuefen.bank.conversion.types.drafts import RULE_TOO_WIDE

ITEM = re.compile(r"[A-Za-z0-9._-]{1,32}/[^\s](?:.{0,38}[^\s])?")
MOST_DEEP = 12
MOST_VISITS = 4096
"""Nodes of one ``from`` that are looked at; aliases can make a short text mean millions."""

Alternatives = list[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Sources:
    """What ``from`` says: alternatives, or a pool, or (for a denial) an issuer."""

    alternatives: tuple[tuple[str, ...], ...] = ()
    pool: PoolDraft | None = None
    issuer: str = ""


class _Explosive(Exception):
    """More alternatives than one rule may have."""


class _Faulty(Exception):
    """A fault has been noted; this rule's sources cannot be read further."""


@dataclass(slots=True)
class SourceReader:
    """Reads the ``from`` of one rule. ``sets`` are the named lists of the file."""

    reader: Reader
    sets: dict[str, tuple[str, ...]]
    visits: int = 0

    def read(self, node: Node) -> Sources | None:
        """None when it cannot be read; every fault is noted."""
        keys = {key.value for key, _ in node.value if isinstance(key, Scalar)} if isinstance(node, Mapping) else set()
        if "choose" in keys:
            return self._pool(node)
        if "issuer" in keys:
            entries = self.reader.mapping(node, "from", known=("issuer",))
            issuer = self.reader.text(entries["issuer"], "from.issuer", most=32) if entries else None
            return Sources(issuer=issuer) if issuer else None
        try:
            return Sources(tuple(self._expression(node, "from", depth=0)))
        except _Explosive:
            bounds = {"alternatives": MOST_ALTERNATIVES, "items": MOST_TOGETHER, "pool": MOST_IN_POOL}
            self.reader.wrong(node, "from", RULE_TOO_WIDE.sentence("zh", bounds), RULE_TOO_WIDE.sentence("en", bounds))
        except _Faulty:
            pass
        return None

    def items(self, node: Node, place: str) -> tuple[str, ...] | None:
        """A list of items, or the name of a set."""
        if isinstance(node, Scalar):
            return self._set(node, place)
        children = self.reader.sequence(node, place)
        if children is None:
            return None
        found = [self.item(child, place) for child in children]
        self._refuse_twice(children, place)
        return tuple(item for item in found if item is not None) if None not in found else None

    def _set(self, node: Node, place: str) -> tuple[str, ...] | None:
        name = self.reader.text(node, place, most=80)
        if name is None:
            return None
        if name not in self.sets:
            zh, en = f"没有叫“{name}”的项目组（sets）。", f"There is no set “{name}” under sets."
            self.reader.wrong(node, place, zh, en)
            return None
        return self.sets[name]

    def item(self, node: Node, place: str) -> str | None:
        """One item, as INSTITUTION/CODE."""
        name = self.reader.text(node, place, most=80)
        if name is not None and not ITEM.fullmatch(name):
            self.reader.wrong(node, place, f"应写作 机构/代码：{name}", f"Write an item as INSTITUTION/CODE: {name}")
            return None
        return name

    def _refuse_twice(self, children: list[Node], place: str) -> None:
        seen: set[str] = set()
        for child in children:
            if isinstance(child, Scalar):
                if child.value in seen:
                    zh, en = f"同一处写了两次：{child.value}", f"Named twice in one place: {child.value}"
                    self.reader.wrong(child, place, zh, en)
                seen.add(child.value)

    def _pool(self, node: Node) -> Sources | None:
        entries = self.reader.mapping(node, "from", known=("choose", "from"), needed=("choose", "from"))
        if not entries or len(entries) < 2:
            return None
        amount = self.reader.credits(entries["choose"], "from.choose")
        items = self.items(entries["from"], "from.from")
        return Sources(pool=PoolDraft(items, amount)) if items and amount is not None else None

    # --- all and any -------------------------------------------------------------------------------------------------

    def _expression(self, node: Node, place: str, *, depth: int) -> Alternatives:
        self.visits += 1
        if depth > MOST_DEEP or self.visits > MOST_VISITS:
            raise _Explosive
        if isinstance(node, Scalar):
            item = self.item(node, place)
            if item is None:
                raise _Faulty
            return [(item,)]
        if isinstance(node, Sequence):
            return self._all(node.value, node, place, depth=depth)
        entries = self.reader.mapping(node, place, known=("any", "all"))
        if entries is None or len(entries) != 1:
            self.reader.wrong(node, place, "写 any 或 all 之一。", "Write one of any and all.")
            raise _Faulty
        ((word, inner),) = entries.items()
        inside = f"{place}.{word}"
        if isinstance(inner, Scalar):
            named = self._set(inner, inside)
            if named is None:
                raise _Faulty
            return _bounded([(item,) for item in named] if word == "any" else [named])
        children = self.reader.sequence(inner, inside)
        if children is None:
            raise _Faulty
        join = self._any if word == "any" else self._all
        return join(children, inner, inside, depth=depth)

    def _any(self, children: list[Node], node: Node, place: str, *, depth: int) -> Alternatives:
        self._refuse_empty(children, node, place)
        found: Alternatives = []
        for child in children:
            found = _bounded(found + self._expression(child, place, depth=depth + 1))
        return found

    def _all(self, children: list[Node], node: Node, place: str, *, depth: int) -> Alternatives:
        self._refuse_empty(children, node, place)
        found: Alternatives = [()]
        for child in children:
            more = self._expression(child, place, depth=depth + 1)
            found = _bounded([tuple(dict.fromkeys(left + right)) for left in found for right in more])
        return found

    def _refuse_empty(self, children: list[Node], node: Node, place: str) -> None:
        self._refuse_twice(children, place)
        if not children:
            self.reader.wrong(node, place, "至少写一项。", "Name at least one item.")
            raise _Faulty


def _bounded(alternatives: Alternatives) -> Alternatives:
    """Alternatives of the same items are one; too many, or too long, are refused."""
    different: dict[frozenset[str], tuple[str, ...]] = {}
    for items in alternatives:
        different.setdefault(frozenset(items), items)
    if len(different) > MOST_ALTERNATIVES or any(len(items) > MOST_TOGETHER for items in different):
        raise _Explosive
    return list(different.values())
