"""What changes from one version to another, one sentence for every change, in both languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from xuefen.bank.standards.rules.diff.chapters import Chapter, Entry, Item, chapters, head
from xuefen.bank.standards.rules.diff.words import WORDS, Pair


class ChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    BASIS = "basis"  # only what it rests on


@dataclass(frozen=True, slots=True)
class Change:
    """One change; ``path`` is the dotted place of the value."""

    kind: ChangeKind
    path: str
    zh: str
    en: str

    def to_json(self) -> dict[str, str]:
        return {"kind": self.kind.value, "path": self.path, "zh": self.zh, "en": self.en}


@dataclass(frozen=True, slots=True)
class ChapterChanges:
    """The changes of one chapter, in reading order."""

    key: str
    title: Pair
    changes: tuple[Change, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "chapter": self.key,
            "title": {"zh": self.title[0], "en": self.title[1]},
            "changes": [change.to_json() for change in self.changes],
        }


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[ChapterChanges, ...]:
    """Every change from one body to another, chapter by chapter; empty when they say the same."""
    old = {chapter.key: chapter for chapter in (head(before), *chapters(before))}
    new = {chapter.key: chapter for chapter in (head(after), *chapters(after))}
    keys = list(new) + [key for key in old if key not in new]
    found = []
    for key in keys:
        chapter = new.get(key) or old[key]
        changes = tuple(_changes(old.get(key), new.get(key)))
        if changes:
            found.append(ChapterChanges(key, chapter.title, changes))
    return tuple(found)


def _changes(old: Chapter | None, new: Chapter | None) -> Iterator[Change]:
    before = {entry.path: entry for entry in old.entries} if old else {}
    after = {entry.path: entry for entry in new.entries} if new else {}
    for path, entry in after.items():
        if path not in before:
            yield _added(entry)
        else:
            yield from _changed(before[path], entry)
    for path, entry in before.items():
        if path not in after:
            yield _removed(entry)


def _named(entry: Entry) -> Pair:
    """The name, with the code where the name alone could be another's."""
    plain = entry.code in (entry.name[0], entry.name[1]) or not entry.code[:1].isupper()
    code = "" if plain else entry.code
    return f"{entry.name[0]}{f'（{code}）' if code else ''}", f"{entry.name[1]}{f' ({code})' if code else ''}"


def _basis(entry: Entry) -> Pair:
    if not entry.reference:
        return "", ""
    return f"（依据 {entry.reference}）", f" (basis: {entry.reference})"


def _added(entry: Entry) -> Change:
    name, text, basis = _named(entry), entry.text, _basis(entry)
    zh = f"新增{_quoted(name[0])}" + (f"：{text[0]}" if text[0] else "") + basis[0]
    en = f"New: {name[1]}" + (f": {text[1]}" if text[1] else "") + basis[1]
    return Change(ChangeKind.ADDED, entry.path, zh, en)


def _removed(entry: Entry) -> Change:
    name, text = _named(entry), entry.text
    zh = f"取消{_quoted(name[0])}" + (f"，原为：{text[0]}" if text[0] else "")
    en = f"Removed: {name[1]}" + (f", which was: {text[1]}" if text[1] else "")
    return Change(ChangeKind.REMOVED, entry.path, zh, en)


def _quoted(name: str) -> str:
    return f"“{name}”"


def _changed(old: Entry, new: Entry) -> Iterator[Change]:
    basis, moved = _basis(new), False
    if old.name != new.name:
        moved = True
        zh = f"“{old.name[0]}”改称“{new.name[0]}”" if old.name[0] != new.name[0] else f"“{new.name[0]}”的英文名称改了"
        yield Change(ChangeKind.CHANGED, new.path, f"{zh}{basis[0]}", f"{old.name[1]} is now {new.name[1]}{basis[1]}")
    before = {item.key: item for item in old.items}
    after = {item.key: item for item in new.items}
    for key in [*after, *(key for key in before if key not in after)]:
        was, now = before.get(key), after.get(key)
        if was is not None and now is not None and was.raw == now.raw:
            continue
        moved = True
        subject = _subject(new, now or was)
        for zh, en in _sentences(subject, was, now):
            yield Change(ChangeKind.CHANGED, new.path, f"{zh}{basis[0]}", f"{en}{basis[1]}")
    if not moved and old.reference != new.reference:
        name = _named(new)
        zh = f"{name[0]}不变，依据由“{old.reference}”改为“{new.reference}”"
        en = f"{name[1]} stays; it now rests on “{new.reference}” instead of “{old.reference}”"
        yield Change(ChangeKind.BASIS, new.path, zh, en)


def _subject(entry: Entry, item: Item | None) -> Pair:
    name = _named(entry)
    if item is None or not item.key:
        return name
    return f"{name[0]}的{item.name[0]}", f"{name[1]}, {item.name[1]}"


def _sentences(subject: Pair, was: Item | None, now: Item | None) -> Iterator[Pair]:
    """One sentence a change: a list says what came and went, a table each of its rows, all else from and to."""
    if was is None and now is not None:
        yield f"{subject[0]}写明为 {now.text[0]}", f"{subject[1]}: now {now.text[1]}"
    elif was is not None and now is None:
        yield f"{subject[0]}不再写明，原为 {was.text[0]}", f"{subject[1]}: no longer given, was {was.text[1]}"
    elif was is not None and now is not None:
        if isinstance(was.raw, list) and isinstance(now.raw, list) and subject[0] != "名称":
            yield from _list_sentences(subject, was, now)
        elif isinstance(was.raw, Mapping) and isinstance(now.raw, Mapping) and {"zh", "en"} - set(now.raw):
            yield from _table_sentences(subject, was.raw, now.raw)
        else:
            yield (
                f"{subject[0]}由 {was.text[0]} 改为 {now.text[0]}",
                f"{subject[1]}: from {was.text[1]} to {now.text[1]}",
            )


def _list_sentences(subject: Pair, was: Item, now: Item) -> Iterator[Pair]:
    came = [one for one in now.raw if one not in was.raw]
    went = [one for one in was.raw if one not in now.raw]
    if not came and not went:
        yield f"{subject[0]}的次序改为 {now.text[0]}", f"{subject[1]}: the order is now {now.text[1]}"
        return
    zh, en = [], []
    if came:
        zh.append(f"增加 {'、'.join(_word(one)[0] for one in came)}")
        en.append(f"added {', '.join(_word(one)[1] for one in came)}")
    if went:
        zh.append(f"去掉 {'、'.join(_word(one)[0] for one in went)}")
        en.append(f"removed {', '.join(_word(one)[1] for one in went)}")
    yield f"{subject[0]}{'，'.join(zh)}", f"{subject[1]}: {'; '.join(en)}"


def _table_sentences(subject: Pair, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Pair]:
    for word in [*now, *(word for word in was if word not in now)]:
        if word not in was:
            yield f"{subject[0]}：新增“{word}” {now[word]}", f"{subject[1]}: new “{word}”, {now[word]}"
        elif word not in now:
            yield f"{subject[0]}：取消“{word}”（原 {was[word]}）", f"{subject[1]}: “{word}” removed (was {was[word]})"
        elif was[word] != now[word]:
            yield (
                f"{subject[0]}：“{word}”由 {was[word]} 改为 {now[word]}",
                f"{subject[1]}: “{word}” from {was[word]} to {now[word]}",
            )


def _word(value: Any) -> Pair:
    if isinstance(value, list):
        text = "→".join(str(one) for one in value)
        return text, text
    return WORDS[value] if isinstance(value, str) and value in WORDS else (str(value), str(value))
