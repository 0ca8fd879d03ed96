"""OneRoster zips: users, courses, classes and line items are looked up, results become rows, streamed."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

from xuefen.bank.deposits.reading.text import csv_rows, find_encoding
from xuefen.bank.deposits.rules import roster as rules
from xuefen.bank.deposits.rules.sheet import MOST_COLUMNS
from xuefen.bank.deposits.types import (
    ARCHIVE_BROKEN,
    ROSTER_COLUMNS,
    ROSTER_FILES_MISSING,
    ROSTER_ROW,
    ROSTER_TOO_LARGE,
    TOO_MANY_COLUMNS,
    TOO_MANY_ROWS,
)
from xuefen.bank.shell.bounded import DAMAGED, NumberedRow
from xuefen.bank.shell.problems import Denied

MOST_LOOKED_UP = 200_000
"""Lines of each file that is looked up; with names and numbers of a usual length they take some 80 MB."""


def roster_rows(path: Path, most_rows: int) -> Generator[NumberedRow, None, None]:
    """``rules.HEADER``, then the results that are outcomes, by their row in results.csv. Every file is read from end to end
    before the first of them, and what they refer to is kept in memory: call it only through ``bounded.rows``.

    Raises ``Denied``: archive_broken, roster_files_missing, roster_columns, roster_row, roster_no_final, roster_too_large,
    csv_broken, encoding_unknown, file_cut_off, too_many_columns, too_many_rows; the place names the file within.
    """
    parts = _parts(path)
    people = {user["sourcedId"]: rules.person(user) for user in _looked_up(path, parts, "users.csv")}
    items = _line_items(path, parts)
    used = Counter[str]()
    with closing(_lines(path, parts, "results.csv")) as results:
        for number, result in results:
            if number > most_rows:
                raise Denied(TOO_MANY_ROWS, place="results.csv", most=most_rows)
            used[result["lineItemSourcedId"]] += 1
            if len(used) > MOST_LOOKED_UP:
                raise Denied(ROSTER_TOO_LARGE, place="results.csv", file="lineItems.csv", most=MOST_LOOKED_UP)
    counted = rules.counted(items, used)
    yield 1, list(rules.HEADER)
    with closing(_lines(path, parts, "results.csv")) as results:
        for number, result in results:
            item = result["lineItemSourcedId"]
            if item in counted or item not in items:
                yield number, rules.cells(result, people.get(result["studentSourcedId"]), items.get(item))


def _parts(path: Path) -> dict[str, str]:
    """The files of a roster by the names the specification gives them."""
    with _sound():
        with zipfile.ZipFile(path) as archive:
            names = [(rules.plain_name(part.filename), part.filename) for part in archive.infolist()]
        parts = {name: filename for name, filename in names if name}
        missing = [name for name in rules.NEEDED if name not in parts]
        if missing or len(parts) < sum(1 for name, _ in names if name):
            raise Denied(ROSTER_FILES_MISSING, place="zip", missing=", ".join(missing) or "–")
    return parts


def _line_items(path: Path, parts: Mapping[str, str]) -> dict[str, rules.LineItem]:
    codes = {row["sourcedId"]: row["courseCode"].strip() for row in _looked_up(path, parts, "courses.csv")}
    classes = {
        row["sourcedId"]: codes.get(row["courseSourcedId"], "") for row in _looked_up(path, parts, "classes.csv")
    }
    titles = {row["sourcedId"]: row["title"] for row in _looked_up(path, parts, "categories.csv")}
    ends = {row["sourcedId"]: row["endDate"].strip() for row in _looked_up(path, parts, "academicSessions.csv")}
    found = {}
    for row in _looked_up(path, parts, "lineItems.csv"):
        session = row.get("gradingPeriodSourcedId") or row.get("academicSessionSourcedId") or ""
        found[row["sourcedId"]] = rules.LineItem(
            of_class=row["classSourcedId"],
            course=classes.get(row["classSourcedId"], ""),
            most=row.get("resultValueMax", ""),
            day=ends.get(session, ""),
            final=rules.is_final(row["title"], titles.get(row.get("categorySourcedId", ""), "")),
        )
    return found


def _looked_up(path: Path, parts: Mapping[str, str], name: str) -> Iterator[dict[str, str]]:
    with closing(_lines(path, parts, name)) as found:
        for count, (_, row) in enumerate(found, 1):
            if count > MOST_LOOKED_UP:
                raise Denied(ROSTER_TOO_LARGE, place=name, file=name, most=MOST_LOOKED_UP)
            yield row


def _lines(path: Path, parts: Mapping[str, str], name: str) -> Generator[tuple[int, dict[str, str]], None, None]:
    """The lines of one file by column name, numbered as a spreadsheet does; none when the archive has no such file."""
    if name not in parts:
        return
    with _sound(name), zipfile.ZipFile(path) as archive:

        def opener() -> IO[bytes]:
            return archive.open(parts[name])

        encoding = find_encoding(opener)
        header: list[str] | None = None
        with closing(csv_rows(opener, encoding, ",")) as reading:
            for number, cells in reading:
                if not any(cells):
                    continue
                if header is None:
                    header = _header(name, cells)
                elif len(cells) != len(header):
                    found, expected = len(cells), len(header)
                    raise Denied(ROSTER_ROW, place=f"{name}:{number}", row=number, found=found, expected=expected)
                else:
                    yield number, dict(zip(header, cells, strict=True))
        if header is None:
            raise Denied(ROSTER_COLUMNS, place=name, missing=", ".join(rules.FILES[name]))


def _header(name: str, cells: list[str]) -> list[str]:
    if len(cells) > MOST_COLUMNS:
        raise Denied(TOO_MANY_COLUMNS, place=name, found=len(cells), most=MOST_COLUMNS)
    header = [cell.strip() for cell in cells]
    missing = [column for column in rules.FILES[name] if column not in header]
    if missing or len(set(header)) < len(header):
        raise Denied(ROSTER_COLUMNS, place=name, missing=", ".join(missing) or "–")
    return header


@contextmanager
def _sound(name: str = "zip") -> Iterator[None]:
    """What an archive turns out to be while it is unpacked; and everything said of a file within names it."""
    try:
        yield
    except DAMAGED:
        raise Denied(ARCHIVE_BROKEN, place=name) from None
    except Denied as denied:
        denied.place = denied.place or name
        raise
