"""Files that prove something: what is taken, how it is named, and every sentence one can be refused with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from xuefen.bank.shell.problems import Problem

MOST_BYTES = 10 * 1024 * 1024  # of one file
MOST_KEPT = 200 * 1024 * 1024  # of one learner's files together
LONGEST_NAME = 120  # characters


class FileKind(StrEnum):
    """What is taken. Found in the content; what a file is called says nothing."""

    PDF = "pdf"
    JPEG = "jpeg"
    PNG = "png"
    OFD = "ofd"  # GB/T 33190, the form of Chinese electronic certificates


@dataclass(frozen=True, slots=True)
class KindFacts:
    """How a kind is told to browsers and called on disk."""

    media_type: str
    suffix: str


FILE_KINDS: Mapping[FileKind, KindFacts] = MappingProxyType(
    {
        FileKind.PDF: KindFacts("application/pdf", ".pdf"),
        FileKind.JPEG: KindFacts("image/jpeg", ".jpg"),
        FileKind.PNG: KindFacts("image/png", ".png"),
        FileKind.OFD: KindFacts("application/ofd", ".ofd"),
    }
)
ACCEPTED = ".pdf,.jpg,.jpeg,.png,.ofd"
"""What a file picker offers."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One kept file. ``name`` is as its bringer called it, personal data; empty once the person was erased."""

    id: int
    number: str
    learner_id: int
    name: str = field(repr=False)
    kind: FileKind
    size: int
    kept_at: datetime
    already: bool = False  # the same content was kept for this learner before


@dataclass(frozen=True, slots=True)
class Content:
    """An opened file."""

    facts: FileFacts
    data: bytes = field(repr=False)

    @property
    def media_type(self) -> str:
        return FILE_KINDS[self.facts.kind].media_type

    @property
    def file_name(self) -> str:
        """A name that says nothing and ends as its content does."""
        return self.facts.number + FILE_KINDS[self.facts.kind].suffix


@dataclass(frozen=True, slots=True)
class SharedFile:
    """The same bytes, kept for more than one learner: (file number, learner id) of each, oldest first."""

    holders: tuple[tuple[str, int], ...]


EVIDENCE_EMPTY = Problem("evidence_empty", "这个文件是空的。", "This file is empty.")
EVIDENCE_KIND = Problem(
    "evidence_kind",
    "只收 PDF、JPEG、PNG 和 OFD 文件；这个文件的内容不是其中任何一种。",
    "Only PDF, JPEG, PNG and OFD files are taken; the content of this file is none of them.",
    status=415,
)
EVIDENCE_LARGE = Problem(
    "evidence_large",
    "一个文件最大 {most_mb} MB。请压缩后，或者拍得小一些再传。",
    "A file may have {most_mb} MB at most. Make it smaller and send it again.",
    status=413,
)
EVIDENCE_FULL = Problem(
    "evidence_full",
    "这个账户的材料已经超过 {most_mb} MB。请先删去草稿里用不到的文件。",
    "This account already keeps more than {most_mb} MB. Remove files of drafts that are not needed.",
)
EVIDENCE_UNKNOWN = Problem(
    "evidence_unknown",
    "没有这个文件，或者不在您的范围内。",
    "There is no such file, or it is outside your scope.",
    status=404,
)
EVIDENCE_GONE = Problem(
    "evidence_gone",
    "这个文件已经删除，或者持有人的信息已经注销，打不开了。",
    "This file was removed, or its holder was erased; nobody can open it any more.",
    status=410,
)
EVIDENCE_STORE = Problem(
    "evidence_store",
    "存放材料的地方已满或者暂时用不了，文件没有保存。请联系管理员后再传。",
    "The place where files are kept is full or away: the file was not kept. Tell the administrator, then send it again.",
    status=507,
)
