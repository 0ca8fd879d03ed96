"""The text by which a log commits to its tree (https://c2sp.org/tlog-checkpoint)."""

import base64
import re
from dataclasses import dataclass
from typing import Self

from xuefen.bedrock.merkle import HASH_BYTES, MAX_SIZE
from xuefen.bedrock.notes.keys import FORBIDDEN, NoteMalformed, unbase64

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's commitment: its origin line, its size in leaves, its root. Raises NoteMalformed for impossible parts.

    Extension lines are allowed and discouraged: no monitor can audit them.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_SIZE:
            raise NoteMalformed(f"{self.size} is no tree size")
        if len(self.root) != HASH_BYTES:
            raise NoteMalformed(f"a root has {HASH_BYTES} bytes, not {len(self.root)}")
        for line in (self.origin, *self.extensions):
            if not line or "\n" in line or FORBIDDEN.search(line):
                raise NoteMalformed("origin and extensions are single lines, not empty, without control characters")

    @property
    def text(self) -> str:
        """The note text to sign."""
        root = base64.b64encode(self.root).decode()
        return "".join(f"{line}\n" for line in (self.origin, str(self.size), root, *self.extensions))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a note's text. Raises NoteMalformed."""
        origin, *rest = text.split("\n")
        if len(rest) < 3 or rest.pop():
            raise NoteMalformed("a checkpoint has at least three lines")
        size, root, *extensions = rest
        if not _SIZE.fullmatch(size):
            raise NoteMalformed(f"{size[:30]!r} is no tree size")
        checkpoint = cls(origin, int(size), unbase64(root), tuple(extensions))
        if checkpoint.text != text:
            raise NoteMalformed("the root is not in the one spelling base64 encoders write")
        return checkpoint
