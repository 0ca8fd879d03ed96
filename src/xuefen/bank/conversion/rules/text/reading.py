"""A rule file to drafts. docs/rules.md describes the form; every fault is found, with its line."""

from __future__ import annotations

import functools
from collections.abc import Callable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from typing import Any

import yaml

from xuefen.bank.conversion.rules.publishing import FULL_MARK, shape_errors
from xuefen.bank.conversion.rules.text.nodes import Mapping, Node, Reader, Scalar, Sequence, TooMuch, compose
from xuefen.bank.conversion.rules.text.sources import SourceReader, Sources
from xuefen.bank.conversion.types import Conditions, RuleDraft, TargetDraft, Text, TextFault
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards.rules.grades import read_grade
from xuefen.bank.standards.types import Pack
from xuefen.bedrock.quantity import BadQuantity, parse_credits

VERSION = "2"
_RULE = (
    "number", "receiver", "from", "to", "when", "grade", "waives", "overlap", "no_articulation", "basis", "clause",
    "effective_from", "effective_until",
)  # fmt: skip
_NEEDED = ("receiver", "from", "to", "basis", "effective_from")
_SCALES = {"hundred": "0123456789", "letter": "ABCDEFG"}
"""Scales that are told by how their marks begin; every other word is one of the standard's."""


@dataclass(frozen=True, slots=True)
class RuleText:
    """What a file says. A rule with a fault gives no draft, so each draft comes with its line and its number in the file."""

    drafts: tuple[RuleDraft, ...] = ()
    lines: tuple[int, ...] = ()
    numbers: tuple[int, ...] = ()
    faults: tuple[TextFault, ...] = ()


def read_text(content: bytes, *, pack: Pack | None = None) -> RuleText:
    """The drafts of a file. ``pack``: the standard whose grade words the file uses; without it only marks are read."""
    try:
        root = compose(content)
    except TooMuch as error:
        return _unreadable(error.line, error.why)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return _unreadable(mark.line + 1 if mark else 1, str(error.problem or error.context))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        return _unreadable(1, str(error).splitlines()[0])
    if root is None:
        return _unreadable(1, "the file is empty")
    return _File(Reader(), pack).read(root)


def _unreadable(line: int, why: str) -> RuleText:
    fault = TextFault(line, None, "", f"不是可读的 YAML：{why}", f"Not readable YAML: {why}")
    return RuleText(faults=(fault,))


@dataclass(slots=True)
class _File:
    reader: Reader
    pack: Pack | None
    sets: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def read(self, root: Node) -> RuleText:
        entries = self.reader.mapping(root, "", known=("v", "standard", "sets", "rules"), needed=("v", "rules"))
        if not entries or "v" not in entries or "rules" not in entries:
            return RuleText(faults=tuple(self.reader.faults))
        if getattr(entries["v"], "value", "") != VERSION:
            self.reader.wrong(entries["v"], "v", "只认识第 2 版。", "Only version 2 is known.")
        if "standard" in entries:
            self.reader.text(entries["standard"], "standard", most=40)
        if "sets" in entries:
            self._read_sets(entries["sets"])
        drafts, lines, numbers = [], [], []
        for number, node in enumerate(self.reader.sequence(entries["rules"], "rules") or (), 1):
            self.reader.rule = number
            draft = self._rule(node)
            if draft is not None:
                drafts.append(draft)
                lines.append(node.line)
                numbers.append(number)
        return RuleText(tuple(drafts), tuple(lines), tuple(numbers), tuple(self.reader.faults))

    def _read_sets(self, node: Node) -> None:
        if not isinstance(node, Mapping):
            self.reader.wrong(node, "sets", "应为对象。", "Expected a mapping.")
            return
        for key, value in node.value:
            name = self.reader.text(key, "sets", most=80)
            if name in self.sets:
                self.reader.wrong(key, f"sets.{name}", "这一项写了两次。", "This set is given twice.")
            elif name is not None and not isinstance(value, Sequence):
                self.reader.wrong(value, f"sets.{name}", "应为列表。", "Expected a list.")
            elif name is not None:
                self.sets[name] = SourceReader(self.reader, {}).items(value, f"sets.{name}") or ()

    # --- one rule ----------------------------------------------------------------------------------------------------

    def _rule(self, node: Node) -> RuleDraft | None:
        before = len(self.reader.faults)
        entries = self.reader.mapping(node, "", known=_RULE, needed=_NEEDED)
        if entries is None:
            return None
        facts = self._facts(entries)
        if len(self.reader.faults) > before:
            return None
        draft = RuleDraft(**facts)
        for error in shape_errors(0, draft):
            place = _key_of(error.field, draft)
            spot = entries.get(place.split(".", maxsplit=1)[0], node)
            self.reader.wrong(spot, place, error.sentence("zh"), error.sentence("en"))
        return draft if len(self.reader.faults) == before else None

    def _facts(self, entries: MappingOf[str, Node]) -> dict[str, Any]:
        """The fields of the draft, as far as they can be read."""
        read = self.reader
        simple: dict[str, tuple[str, Callable[[Node, str], object]]] = {
            "number": ("number", functools.partial(read.text, most=20)),
            "receiver": ("receiver", functools.partial(read.text, most=32)),
            "when": ("conditions", self._conditions),
            "grade": ("grade", self._mark),
            "waives": ("waives", read.flag),
            "overlap": ("overlap", read.whole),
            "no_articulation": ("denies", read.flag),
            "basis": ("basis", self._basis),
            "clause": ("clause", functools.partial(read.text, most=200)),
            "effective_from": ("effective_from", read.day),
            "effective_until": ("effective_until", read.day),
        }
        facts: dict[str, Any] = {}
        for key, (name, reader) in simple.items():
            if key in entries:
                facts[name] = reader(entries[key], key)
        if "from" in entries and (sources := SourceReader(read, self.sets).read(entries["from"])):
            facts |= _sources(sources)
            if sources.issuer and not facts.get("denies"):
                zh, en = "只有不予转换的规则才写整个机构。", "Only a rule with no_articulation names a whole issuer."
                read.wrong(entries["from"], "from.issuer", zh, en)
        if "to" in entries:
            facts |= self._targets(entries["to"])
        return facts

    def _basis(self, node: Node, place: str) -> Text | None:
        if isinstance(node, Scalar):
            both = self.reader.text(node, place)
            return Text(both, both) if both is not None else None
        entries = self.reader.mapping(node, place, known=("zh", "en"), needed=("zh", "en"))
        if not entries or len(entries) < 2:
            return None
        zh, en = (self.reader.text(entries[name], f"{place}.{name}") for name in ("zh", "en"))
        return Text(zh, en) if zh is not None and en is not None else None

    def _targets(self, node: Node) -> dict[str, Any]:
        if isinstance(node, Mapping) and any(key == Scalar(key.line, "elective") for key, _ in node.value):
            entries = self.reader.mapping(node, "to", known=("elective", "credits")) or {}
            facts: dict[str, Any] = {"elective": self.reader.text(entries["elective"], "to.elective", most=80)}
            if "credits" in entries:
                facts["result"] = self.reader.credits(entries["credits"], "to.credits")
            return facts
        children = node.value if isinstance(node, Sequence) else [node]
        if not children:
            self.reader.wrong(node, "to", "至少写一门课程。", "Name at least one course.")
        found = [self._target(child) for child in children]
        return {"targets": tuple(t for t in found if t is not None)}

    def _target(self, node: Node) -> TargetDraft | None:
        if isinstance(node, Mapping):
            entries = self.reader.mapping(node, "to", known=("course", "credits"), needed=("course",))
            if not entries or "course" not in entries:
                return None
            stated = self.reader.credits(entries["credits"], "to.credits") if "credits" in entries else None
            item = self._item(entries["course"])
            return TargetDraft(item, stated) if item else None
        item = self._item(node)
        return TargetDraft(item) if item else None

    def _item(self, node: Node) -> str | None:
        return SourceReader(self.reader, {}).item(node, "to")

    # --- conditions --------------------------------------------------------------------------------------------------

    def _conditions(self, node: Node, place: str) -> Conditions | None:
        read = self.reader
        known: dict[str, tuple[str, Callable[[Node, str], object]]] = {
            "mark": ("min_mark", self._mark),
            "level": ("min_level", read.whole),
            "within_years": ("max_age_years", read.whole),
            "quality": ("min_quality", functools.partial(read.text, most=1)),
            "assurance": ("min_assurance", read.whole),
            "hours": ("min_hours", read.whole),
            "issuers": ("issuer_kinds", self._kinds),
            "earned_from": ("earned_from", read.day),
            "earned_until": ("earned_until", read.day),
            "online": ("online", read.flag),
        }
        entries = read.mapping(node, place, known=tuple(known))
        if entries is None:
            return None
        facts: dict[str, Any] = {}
        for key, value in entries.items():
            name, reader = known[key]
            facts[name] = reader(value, f"{place}.{key}")
        return Conditions(**facts)

    def _kinds(self, node: Node, place: str) -> tuple[str, ...]:
        children = self.reader.sequence(node, place) or []
        return tuple(kind for child in children if (kind := self.reader.text(child, place, most=40)))

    def _mark(self, node: Node, place: str) -> int | None:
        """A mark of 100, a word of the standard, or ``{scale: letter, at_least: B}``."""
        scale = None
        if isinstance(node, Mapping):
            entries = self.reader.mapping(node, place, known=("scale", "at_least"), needed=("scale", "at_least"))
            if not entries or len(entries) < 2:
                return None
            scale, node = self.reader.text(entries["scale"], f"{place}.scale", most=20), entries["at_least"]
        word = self.reader.text(node, place, most=20)
        if word is None:
            return None
        mark = _mark_of(word, self.pack)
        if mark is None:
            zh = f"成绩“{word}”在标准里没有对应的分数。"
            self.reader.wrong(node, place, zh, f"The standard gives no mark for the grade “{word}”.")
        elif scale is not None and scale != _scale_of(word):
            zh, en = f"“{word}”不属于 {scale} 这一等级制。", f"“{word}” is not on the scale {scale}."
            self.reader.wrong(node, place, f"{zh}（hundred, letter, words）", f"{en} (hundred, letter, words)")
        return mark


def _mark_of(word: str, pack: Pack | None) -> int | None:
    try:
        if pack is not None:
            return read_grade(word, pack).mark
        mark = int(parse_credits(word))
    except (Denied, BadQuantity):
        return None
    return mark if mark <= FULL_MARK else None


def _scale_of(word: str) -> str:
    return next((scale for scale, begins in _SCALES.items() if word[:1].upper() in begins), "words")


def _sources(found: Sources) -> dict[str, Any]:
    if len(found.alternatives) == 1:
        return {"sources": found.alternatives[0]}
    return {"either": found.alternatives, "pool": found.pool, "denied_issuer": found.issuer}


_KEYS = {
    "sources": "from", "either": "from", "pool": "from", "items": "from", "denied_issuer": "from", "targets": "to",
    "elective": "to", "result": "to", "credits": "to", "conditions": "when", "denies": "no_articulation",
}  # fmt: skip
_CONDITIONS = {
    "min_mark": "mark", "min_level": "level", "max_age_years": "within_years", "min_quality": "quality",
    "min_assurance": "assurance", "min_hours": "hours", "issuer_kinds": "issuers",
}  # fmt: skip


def _key_of(field_name: str, draft: RuleDraft) -> str:
    """The key of the text that a field of the draft came from."""
    first, _, rest = field_name.partition(".")
    first = first.partition("[")[0]
    key = _KEYS.get(first, first)
    if key == "to" and first == "credits" and draft.pool is not None:
        return "from"
    return f"when.{_CONDITIONS.get(rest, rest)}" if key == "when" and rest else key
