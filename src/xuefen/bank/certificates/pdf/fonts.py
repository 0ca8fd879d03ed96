"""Where the Chinese fonts are. They are found on the machine, never shipped: 100 MB, and under their own licence."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import typst

from xuefen.bank.certificates.types import FONTS_MISSING
from xuefen.bank.shell.problems import Denied

FAMILIES = ("Noto Serif CJK SC", "Noto Sans CJK SC")
SYSTEM_FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("~/.local/share/fonts"),
    Path("~/.fonts"),
)
_PATTERNS = ("NotoSerifCJK*.[to]t[cf]", "NotoSansCJK*.[to]t[cf]")


def _folders(root: Path) -> Iterator[Path]:
    for pattern in _PATTERNS:
        yield from (path.parent for path in sorted(root.rglob(pattern)))


@functools.lru_cache(maxsize=4)
def find_fonts(own: Path) -> tuple[str, ...]:
    """Folders that together hold both families: the bank's own (``own``) first, then the system's.

    Raises ``Denied(fonts_missing)``.
    """
    roots = [own, *(folder.expanduser() for folder in SYSTEM_FOLDERS)]
    for end in range(1, len(roots) + 1):
        folders = tuple(dict.fromkeys(str(f) for root in roots[:end] if root.is_dir() for f in _folders(root)))
        if folders and set(FAMILIES) <= set(_families(folders)):
            return folders
    raise Denied(FONTS_MISSING)


def _families(folders: tuple[str, ...]) -> list[str]:
    found: list[str] = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=list(folders)
    ).families()
    return found
