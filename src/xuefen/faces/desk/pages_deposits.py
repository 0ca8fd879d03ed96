"""What the deposit pages show: progress that adds up, the first errors with what was typed, the counts by error."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from xuefen.bank.deposits import queries
from xuefen.bank.deposits.rules import FIELDS, map_columns
from xuefen.bank.deposits.types import BatchFacts, BatchState, Counts, DryRun, Refused
from xuefen.bank.shell.problems import REGISTRY, Denied
from xuefen.faces.shared.i18n import language
from xuefen.faces.shared.words import masked

ERRORS_SHOWN = 20
STATES: Mapping[BatchState, tuple[str, tuple[str, str]]] = {
    BatchState.RECEIVED: ("info", ("等待存入", "Waiting")),
    BatchState.RUNNING: ("info", ("正在存入", "Depositing")),
    BatchState.DONE: ("ok", ("存完了", "Done")),
    BatchState.FAILED: ("bad", ("整份没有收", "Not taken in")),
}
PERSONAL = {"name": "name", "id_number": "id", "account": "id"}
"""Fields that are never shown whole on a page, and how they are masked."""


def is_running(facts: BatchFacts) -> bool:
    return facts.state in (BatchState.RECEIVED, BatchState.RUNNING)


def batch_row(facts: BatchFacts) -> dict[str, Any]:
    kind, words = STATES[facts.state]
    return {"facts": facts, "kind": kind, "state": words}


def progress(facts: BatchFacts) -> dict[str, Any]:
    """The meter: whole percent read, and the widths of accepted, refused and duplicate rows in tenths of a percent."""
    total = facts.total_rows or 0
    kind, words = STATES[facts.state]
    return {
        "kind": kind,
        "state": words,
        "percent": facts.counts.read * 100 // total if total else 0,
        "widths": _widths(facts.counts, total),
    }


def _widths(counts: Counts, total: int) -> dict[str, str]:
    parts = {"ok": counts.accepted, "bad": counts.refused, "dup": counts.duplicates}
    return {name: f"{value * 1000 // total / 10:.1f}" if total else "0" for name, value in parts.items()}


def tried(found: DryRun) -> dict[str, Any]:
    return {"found": found, "widths": _widths(found.counts, found.total_rows), "codes": _named(found.codes)}


def codes(facts: BatchFacts) -> list[dict[str, Any]]:
    return _named(queries.error_codes(facts.id))


def _named(found: Mapping[str, int]) -> list[dict[str, Any]]:
    """Error codes as people read them: the sentence without its parameters would not do, so the code's first words."""
    return [{"code": code, "count": count, "text": _short(code)} for code, count in found.items()]


def _short(code: str) -> str:
    problem = REGISTRY[code]
    text = problem.en if language() == "en" else problem.zh
    for mark in ("。", "，", "（", "：", "{", ". ", "; ", ", ", " ("):
        text = text.split(mark)[0]
    return text.strip(" “.")


def first_errors(facts: BatchFacts) -> list[dict[str, Any]]:
    """The first rows that did not go in, one line for each error; personal data masked."""
    lines = []
    for refused in islice(queries.refused_rows(facts.id), ERRORS_SHOWN):
        typed = _typed(refused)
        for error in refused.errors:
            text, name = typed.get(error.field, ""), FIELDS.get(error.field)
            kind = PERSONAL.get(error.field)
            lines.append(
                {
                    "row": refused.row,
                    "duplicate": refused.duplicate,
                    "field": (name.zh[0], name.en[0].replace("_", " ")) if name else ("", ""),
                    "typed": masked(text, kind) if kind else text,
                    "sentence": error.sentence(language()),
                }
            )
    return lines


def _typed(refused: Refused) -> dict[str, str]:
    """What stood in the row, by field."""
    try:
        columns = map_columns([header for header, _ in refused.cells])
    except Denied:
        return {}
    return {field: refused.cells[position][1] for field, position in columns.at.items()}
