"""The error workbook: the issuer's own rows, bad cells marked, what is wrong beside them. Corrected, it can be uploaded."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import XlsxFileError

from xuefen.bank.deposits import queries
from xuefen.bank.deposits.actions.storage import disk_full_is_denied
from xuefen.bank.deposits.rules.sheet import ADDED_COLUMNS, FIELDS, map_columns
from xuefen.bank.deposits.types import Refused
from xuefen.bank.shell.actor import Actor

_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_SHEETS = (("未存入 refused", False), ("重复 duplicates", True))


def write_error_workbook(*, number: str, path: Path, by: Actor) -> int:
    """Write the refused and duplicate rows of a batch to ``path``; return how many. The file appears whole or not at all.

    Raises ``Denied``: not_allowed, batch_unknown, disk_full.
    """
    batch = queries.batch(by.scope("deposits.read_batches"), number)
    with open_workbook(path, mapping=batch.mapping, fields=queries.error_fields(batch.id)) as book:
        for refused in queries.refused_rows(batch.id):
            book.add(refused)
        return book.rows


class ErrorWorkbook:
    """A workbook that grows row by row; one row is in memory at a time. ``rows`` counts what was added."""

    def __init__(self, workbook: Any, mapping: Mapping[str, str], fields: Collection[str]) -> None:
        self._mapping, self._fields = mapping, fields
        self._workbook = workbook
        self._plain = workbook.add_format({"num_format": "@"})
        self._guarded = workbook.add_format({"num_format": "@", "quote_prefix": True})
        self._bad = workbook.add_format({"num_format": "@", "bg_color": "#FFE1DC", "bold": True, "quote_prefix": True})
        self._head = workbook.add_format({"bold": True, "bottom": 1})
        self._sheets = {duplicate: workbook.add_worksheet(name) for name, duplicate in _SHEETS}
        self._next = {False: 1, True: 1}
        self._columns: dict[str, int] = {}
        self._own = 0  # columns of the sheet itself
        self._width = 0  # with columns the sheet lacks and an error asks for
        self.rows = 0

    def add(self, refused: Refused) -> None:
        """Append one row to its sheet. The first row added decides the header."""
        if not self.rows:
            self._write_header([name for name, _ in refused.cells])
        sheet, line = self._sheets[refused.duplicate], self._next[refused.duplicate]
        bad = {self._columns.get(error.field) for error in refused.errors}
        cells = [text for _, text in refused.cells[: self._own]]
        for column, text in enumerate(cells + [""] * (self._width - len(cells))):
            if text:
                sheet.write_string(line, column, text, self._style(text, bad=column in bad))
            elif column in bad:
                sheet.write_blank(line, column, None, self._bad)
        notes = (
            str(refused.row),
            ", ".join(error.problem.code for error in refused.errors),
            " ".join(error.sentence("zh") for error in refused.errors),
            " ".join(error.sentence("en") for error in refused.errors),
        )
        for offset, text in enumerate(notes):
            sheet.write_string(line, self._width + offset, text, self._style(text, bad=False))
        self._next[refused.duplicate] += 1
        self.rows += 1

    def _style(self, text: str, *, bad: bool) -> Any:
        if bad:
            return self._bad
        return self._guarded if text.startswith(("=", "+", "-", "@")) else self._plain

    def _write_header(self, names: list[str]) -> None:
        while names and not names[-1]:
            names.pop()
        self._own, at = len(names), dict(map_columns(names, self._mapping).at)
        for field in sorted(set(self._fields) & FIELDS.keys() - at.keys()):
            if field == "account":  # the sheet names people by the other number
                at[field] = at["id_number"]
            else:
                at[field] = len(names)
                names.append(FIELDS[field].zh[0])
        self._columns, self._width = at, len(names)
        for sheet in self._sheets.values():
            for column, name in enumerate([*names, *ADDED_COLUMNS]):
                sheet.write_string(0, column, name, self._head)
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, self._width - 1, 18)
            sheet.set_column(self._width, self._width + 1, 16)
            sheet.set_column(self._width + 2, self._width + 3, 60)


@contextlib.contextmanager
def open_workbook(path: Path, *, mapping: Mapping[str, str], fields: Collection[str]) -> Iterator[ErrorWorkbook]:
    """A workbook that takes its name only when it is complete. Raises ``Denied(disk_full)``.

    ``mapping`` is what the issuer's headings mean to it, ``fields`` are those its errors may stand in.
    """
    # The writer's own temporary files hold the same personal data: they live and die in one private folder.
    with disk_full_is_denied(), tempfile.TemporaryDirectory(prefix=".errors-", dir=path.parent) as folder:
        building = Path(folder) / "errors.xlsx"
        workbook = xlsxwriter.Workbook(building, {**_OPTIONS, "tmpdir": folder})
        try:
            yield ErrorWorkbook(workbook, mapping, fields)
            workbook.close()
        except XlsxFileError as error:
            cause = error.args[0] if error.args else None
            if isinstance(cause, OSError):
                raise cause from error
            raise
        finally:
            _close_rows(workbook)
        building.replace(path)


def _close_rows(workbook: Any) -> None:
    """What the writer leaves open when it is interrupted."""
    for sheet in workbook.worksheets():
        with contextlib.suppress(OSError):
            sheet.row_data_fh.close()
