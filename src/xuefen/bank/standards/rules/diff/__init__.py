"""A standard as chapters people read, and what changes between two versions, in words."""

from xuefen.bank.standards.rules.diff.chapters import Chapter, Entry, Item, chapters
from xuefen.bank.standards.rules.diff.comparing import Change, ChangeKind, ChapterChanges, compare
from xuefen.bank.standards.rules.diff.writing import to_yaml

__all__ = [
    "Change",
    "ChangeKind",
    "Chapter",
    "ChapterChanges",
    "Entry",
    "Item",
    "chapters",
    "compare",
    "to_yaml",
]
