"""Archives: judged by their own table of contents before a byte is unpacked."""

from __future__ import annotations

import zipfile
from pathlib import Path

from xuefen.bank.deposits.rules.roster import FILES as ROSTER_FILES
from xuefen.bank.deposits.rules.roster import plain_name
from xuefen.bank.deposits.types import ARCHIVE_BOMB, ARCHIVE_BROKEN, FILE_KIND, XLSX_BROKEN
from xuefen.bank.shell.problems import Denied, Problem

MOST_UNPACKED = 1024 * 1024 * 1024
MOST_PARTS = 2000
MOST_RATIO = 200  # real sheets compress ten- to thirtyfold
SMALL = 10 * 1024 * 1024  # below this a high ratio does no harm
MOST_CONTENTS = 1024 * 1024  # bytes of the table of contents; of 2000 parts with long names it has half


def kind_of(path: Path) -> str:
    """What a sound archive is: "xlsx" or "roster".

    Raises ``Denied``: archive_bomb (unpacked size, ratio, number of parts, archives within, parts over one another),
    xlsx_broken, archive_broken, file_kind (an archive, but neither).
    """
    if _contents_size(path) > MOST_CONTENTS:
        raise Denied(ARCHIVE_BOMB)
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise Denied(_torn(path)) from None
    size = path.stat().st_size
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    nested = any(part.filename.lower().endswith((".zip", ".xlsx", ".xlsm", ".gz", ".7z", ".rar")) for part in parts)
    oversized = unpacked > MOST_UNPACKED or (unpacked > SMALL and unpacked > MOST_RATIO * size)
    if nested or oversized or len(parts) > MOST_PARTS or packed > size:
        raise Denied(ARCHIVE_BOMB)
    is_workbook = any(part.filename == "xl/workbook.xml" for part in parts)
    is_roster = sum(plain_name(part.filename) in ROSTER_FILES for part in parts) >= 2
    if any(part.flag_bits & 1 for part in parts):
        raise Denied(XLSX_BROKEN if is_workbook else ARCHIVE_BROKEN)
    if not is_workbook and not is_roster:
        raise Denied(FILE_KIND)
    return "xlsx" if is_workbook else "roster"


def _torn(path: Path) -> Problem:
    """An archive without its table of contents is told apart by the name of its first part."""
    with path.open("rb") as file:
        start = file.read(512)
    name = start[30 : 30 + int.from_bytes(start[26:28], "little")]
    return ARCHIVE_BROKEN if name.lower().endswith((b".csv", b"/")) else XLSX_BROKEN


def _contents_size(path: Path) -> int:
    """Bytes of the table of contents, as the archive's last record says where ``zipfile`` looks for it; 0 without one.

    Millions of empty parts fit into a file that may be uploaded, and ``zipfile`` makes an object of each.
    """
    with path.open("rb") as file:
        file.seek(-min(path.stat().st_size, 1 << 17), 2)
        tail = file.read()
    end = len(tail) - 22 if tail[-22:-18] == b"PK\5\6" else tail.rfind(b"PK\5\6")
    if end < 0:
        return 0
    size = int.from_bytes(tail[end + 12 : end + 16], "little")
    if tail[max(end - 76, 0) : end - 72] == b"PK\6\6":  # the large form's record, where every size may be "see there"
        size = max(size % 0xFFFFFFFF, int.from_bytes(tail[end - 36 : end - 28], "little"))
    return size
