"""What one row says. Nothing is looked up here; every error of the row is kept, not only the first."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache

from xuefen.bank.deposits.rules.sheet import FIELDS, Columns
from xuefen.bank.deposits.types import (
    CELL_CONTROLS,
    CELL_FORMULA,
    CELL_MISSING,
    CELL_TOO_LONG,
    DATE_IMPOSSIBLE,
    DATE_IN_FUTURE,
    DATE_TOO_EARLY,
    DATE_UNREADABLE,
    HOURS_UNREADABLE,
    LEARNER_MISSING,
    NUMBER_AS_FIGURE,
    PERCENT_UNREADABLE,
    RESULT_NOT_FINAL,
    RESULT_SCALE,
    RESULT_WITHDRAWN,
    ROSTER_NO_COURSE,
    ROSTER_NO_PERSON,
    ROW_INCOMPLETE,
    ROW_TOO_LONG,
    Row,
    RowError,
)
from xuefen.bank.shell.bounded import FORMULA
from xuefen.bank.shell.problems import Problem
from xuefen.bedrock import ids
from xuefen.bedrock.names import BadText, half_width, reject_controls

_MARK = "\ufdd2"
_MARKED: Mapping[str, Problem] = {
    p.code: p for p in (ROSTER_NO_PERSON, ROSTER_NO_COURSE, RESULT_NOT_FINAL, RESULT_WITHDRAWN, RESULT_SCALE)
}

FIRST_YEAR = 1949
MOST_HOURS = 9999
_DATE = re.compile(r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?(?:[ T]00:00(?::00)?(?:\.0+)?)?", re.ASCII)
_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_PERCENT = re.compile(r"([0-9]{1,3})(?:\.([0-9]+))? ?%?", re.ASCII)
_HOURS = re.compile(r"([0-9]{1,4})(?:\.0+)?", re.ASCII)
_FIGURE = re.compile(r"[0-9](?:\.[0-9]+)?E\+?[0-9]+", re.ASCII | re.IGNORECASE)
_BLANK = frozenset({"-", "—", "–", "/", "\\", "无"})
_SUSPECT = re.compile("(?:^|\x1f)\\s*[=+\\-@\ufdd0\ufdd2＝＋－＠—–/\\\\无]")
_FORMULA_STARTS = (*"=+-@＝＋－＠", FORMULA[0])


def marked(problem: Problem, text: str = "") -> str:
    """A cell of which the reader already knows what is wrong; ``text`` is what it shows to people."""
    return f"{_MARK}{problem.code}{_MARK}{text}"


def shown(cell: str) -> str:
    """A cell as people may see it: a formula as ``=…``, a mark of the reader's taken off."""
    return cell.rpartition(_MARK)[2] if cell.startswith(_MARK) else cell.replace(FORMULA, "=")


def parse_row(number: int, cells: Sequence[str], columns: Columns, *, today: date) -> Row:
    """Read one row. ``today`` is the last possible award date. The row's ``errors`` say what is wrong with it."""
    row = Row(number)
    if len(cells) != columns.width:
        if len(cells) < columns.width:
            row.errors.append(RowError("", ROW_INCOMPLETE, {"found": len(cells), "expected": columns.width}))
            return row
        if any(cell.strip() for cell in cells[columns.width :]):
            row.errors.append(RowError("", ROW_TOO_LONG, {"found": len(cells), "expected": columns.width}))
            return row
    joined = "\x1f".join(cells)
    if _SUSPECT.search(joined) or not "".join(cells).isprintable():
        cells = _checked_cells(row, cells, columns)
    for name, position in columns.at.items():
        text = cells[position].strip()
        if text:
            if len(text) > FIELDS[name].longest:
                row.errors.append(RowError(name, CELL_TOO_LONG, {"most": FIELDS[name].longest}))
            else:
                _READERS[name](row, text, today)
    if not row.errors and row.item_code and row.awarded_on and (row.account or row.id_number):
        return row
    spoilt = {error.field for error in row.errors}
    if not row.account and not row.id_number and not spoilt & {"account", "id_number"}:
        row.errors.append(RowError("account", LEARNER_MISSING))
    if not row.item_code and "item_code" not in spoilt:
        row.errors.append(RowError("item_code", CELL_MISSING))
    if row.awarded_on is None and "awarded_on" not in spoilt:
        row.errors.append(RowError("awarded_on", CELL_MISSING))
    return row


def _checked_cells(row: Row, cells: Sequence[str], columns: Columns) -> Sequence[str]:
    """Refuse formulas and controls in the columns that are read; the cells with refused ones emptied."""
    out = list(cells)
    for name, position in columns.at.items():
        text = cells[position].strip()
        if text in _BLANK:
            out[position] = ""
            continue
        try:
            if text.startswith(_MARK):
                row.errors.append(RowError(name, _MARKED.get(text.split(_MARK)[1], CELL_CONTROLS)))
            elif text.startswith(_FORMULA_STARTS):
                row.errors.append(RowError(name, CELL_FORMULA))
            else:
                reject_controls(text)
                continue
        except BadText:
            row.errors.append(RowError(name, CELL_CONTROLS))
        out[position] = ""
    return out


def _account(row: Row, text: str, today: date) -> None:
    if text.isdigit() and text.isascii():
        row.account = text
        return
    if _FIGURE.fullmatch(text):
        row.errors.append(RowError("account", NUMBER_AS_FIGURE))
    row.account = ids.normalise(text)


def _id_number(row: Row, text: str, today: date) -> None:
    if _FIGURE.fullmatch(text):
        row.errors.append(RowError("id_number", NUMBER_AS_FIGURE))
    row.id_number = text if text.isdigit() and text.isascii() else ids.normalise(text)


def _awarded_on(row: Row, text: str, today: date) -> None:
    found = parse_date(text, today)
    if isinstance(found, RowError):
        row.errors.append(found)
    else:
        row.awarded_on = found


@lru_cache(maxsize=8192)  # a term's outcomes share a few dozen dates
def parse_date(text: str, today: date) -> date | RowError:
    """An award date as issuers write it: 2026-06-30, 2026/6/30, 2026.6.30, 20260630, 2026年6月30日."""
    plain = half_width(text).strip()
    match = _DATE.fullmatch(plain) or _DIGITS.fullmatch(plain)
    if not match:
        return RowError("awarded_on", DATE_UNREADABLE)
    year, month, day = (int(part) for part in match.groups())
    written = f"{year:04d}-{month:02d}-{day:02d}"
    try:
        found = date(year, month, day)
    except ValueError:
        return RowError("awarded_on", DATE_IMPOSSIBLE, {"text": written})
    if found > today:
        return RowError("awarded_on", DATE_IN_FUTURE, {"text": written})
    if year < FIRST_YEAR:
        return RowError("awarded_on", DATE_TOO_EARLY, {"text": written, "first": FIRST_YEAR})
    return found


def _hours(row: Row, text: str, today: date) -> None:
    row.hours = _whole_hours(row, "hours", text)


def _workload(row: Row, text: str, today: date) -> None:
    row.effort = row.effort._replace(workload=_whole_hours(row, "workload", text))


def _whole_hours(row: Row, field: str, text: str) -> int | None:
    match = _HOURS.fullmatch(half_width(text))
    hours = int(match[1]) if match else 0
    if 1 <= hours <= MOST_HOURS:
        return hours
    row.errors.append(RowError(field, HOURS_UNREADABLE, {"most": MOST_HOURS}))
    return None


def _attendance(row: Row, text: str, today: date) -> None:
    row.effort = row.effort._replace(attendance=_percent(row, "attendance", text))


def _online_share(row: Row, text: str, today: date) -> None:
    row.effort = row.effort._replace(online_share=_percent(row, "online_share", text))


def _percent(row: Row, field: str, text: str) -> int | None:
    """A whole percent, rounded down: 79.9 is not yet 80. 0.85 may be a share or less than one percent: a person says which."""
    match = _PERCENT.fullmatch(half_width(text))
    percent = int(match[1]) if match else 101
    if percent <= 100 and not (percent in (0, 100) and match and (match[2] or "").strip("0")):
        return percent
    row.errors.append(RowError(field, PERCENT_UNREADABLE))
    return None


def _name(row: Row, text: str, today: date) -> None:
    row.name = text


def _item_code(row: Row, text: str, today: date) -> None:
    row.item_code = half_width(text)


def _version(row: Row, text: str, today: date) -> None:
    row.version = half_width(text)


def _grade(row: Row, text: str, today: date) -> None:
    row.grade = text


def _serial(row: Row, text: str, today: date) -> None:
    row.serial = half_width(text)


_READERS: dict[str, Callable[[Row, str, date], None]] = {
    "account": _account,
    "id_number": _id_number,
    "name": _name,
    "item_code": _item_code,
    "version": _version,
    "awarded_on": _awarded_on,
    "grade": _grade,
    "hours": _hours,
    "attendance": _attendance,
    "online_share": _online_share,
    "workload": _workload,
    "serial": _serial,
}
