"""What the deposit pages show: progress that adds up, the first errors with what was typed, the counts by error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from xuefen.bank.deposits import queries, rules, states
from xuefen.bank.deposits.rules import FIELDS, map_columns
from xuefen.bank.deposits.rules.sheet import OWN, SheetField, field_named, header_key
from xuefen.bank.deposits.states import WAITING
from xuefen.bank.deposits.types import BatchEvent, BatchFacts, BatchState, ColumnFacts, Counts, DryRun, Refused
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied
from xuefen.faces.shared.i18n import language, say, t
from xuefen.faces.shared.words import masked

ERRORS_SHOWN = 20
SOURCES = {
    "form": ("单个存入", "Single deposit"),
    "correct": ("更正", "Correction"),
    "single": ("单项存入", "Submitted"),
    "award": ("颁发领取", "Award claimed"),
    "gather": ("活动归集", "Activities gathered"),
}
PERSONAL = {"name": "name", "id_number": "id", "account": "id"}
"""Fields that are never shown whole on a page, and how they are masked."""

KINDS: Mapping[str, tuple[str, str]] = {
    "learner_missing": ("没填账号或证件号码", "no account or identity number"),
    "learner_unknown": ("没有这个账户", "no such account"),
    "learner_conflict": ("账号和证件不是一个人", "account and identity differ"),
    "learner_not_open": ("账户已冻结或注销", "account not open"),
    "name_mismatch": ("姓名不符", "name differs"),
    "number_as_figure": ("号码变成了数值", "number turned into a figure"),
    "item_code_unknown": ("没有这个成果代码", "unknown item code"),
    "item_version_unknown": ("没有这个版本", "unknown version"),
    "class_not_qualified": ("没有这类存入资格", "class not qualified"),
    "hours_below_threshold": ("学时不够", "too few hours"),
    "grade_below_pass": ("成绩不合格", "below the pass mark"),
    "revoked_before": ("以前撤销过", "revoked before"),
    "item_without_credit": ("折算为 0 学分", "worth no credit"),
}
FAMILIES: tuple[tuple[str, tuple[str, str]], ...] = (
    ("duplicate", ("重复", "duplicate")),
    ("account_", ("账号有误", "wrong account number")),
    ("id_number", ("证件号码有误", "wrong identity number")),
    ("date_", ("日期有误", "wrong date")),
    ("hours_", ("学时有误", "wrong hours")),
    ("grade_", ("成绩有误", "wrong grade")),
    ("cell_", ("格子里的内容有误", "wrong cell")),
    ("row_", ("整行错位", "shifted row")),
)
"""Words for error codes: by the code itself, else by how it begins."""


def is_running(facts: BatchFacts) -> bool:
    return facts.state in WAITING


def moves(facts: BatchFacts) -> bool:
    """Whether something is being done to it: the page looks again."""
    return is_running(facts) or facts.state is BatchState.REVOKING


def may_revoke(facts: BatchFacts, actor: Actor) -> bool:
    """Whether the actor may revoke it as a whole, and there is something to revoke."""
    return (
        states.may(facts.state, BatchEvent.REVOKE)
        and states.is_whole(facts.source, facts.file_name)
        and facts.counts.accepted > facts.withdrawn
        and actor.may("outcomes.correct")
        and actor.scope("outcomes.correct").reaches(institution_id=facts.issuer_id)
    )


def revocation(facts: BatchFacts) -> dict[str, Any] | None:
    """That it was revoked as a whole, how far that is, and in the end what became of it; None when it was not."""
    told = queries.revocation(facts.id) if facts.state in (BatchState.REVOKING, BatchState.REVOKED) else None
    if told is None:
        return None
    done = told.withdrawn + told.revoked
    whole = done if told.ended_at else told.outcomes
    widths = {"ok": "0", "bad": f"{done * 1000 // whole / 10:.1f}" if whole else "0", "dup": "0"}
    percent = done * 100 // whole if whole else 100
    return {"told": told, "done": done, "percent": percent, "widths": widths}


def columns(facts: BatchFacts) -> list[dict[str, Any]]:
    """A question for each heading of a batch that waits to be told: the name of its select, and what is chosen now."""
    asked = []
    for place, heading in enumerate(facts.header or ()):
        key = header_key(heading)
        if heading and key not in OWN:
            chosen = facts.mapping.get(key) if key in facts.mapping else field_named(heading)
            asked.append({"name": f"column-{place}", "heading": heading, "chosen": chosen or ""})
    return asked


def fields() -> list[tuple[str, str]]:
    """What a column may be, for a select."""
    return [("", t("不用这一列", "Leave it out")), *((f.name, _field_name(f)) for f in FIELDS.values())]


def _field_name(field: SheetField) -> str:
    return str(say((field.zh[0], field.en[0].replace("_", " "))))


def remembered(names: Sequence[ColumnFacts]) -> list[dict[str, str]]:
    return [
        {"heading": n.heading, "means": _field_name(FIELDS[n.field]) if n.field else t("不用", "left out")}
        for n in names
    ]


def dropped(facts: BatchFacts) -> int:
    """The rows a cancelled batch never read."""
    return (facts.total_rows or 0) - facts.counts.read


def place(facts: BatchFacts) -> str:
    """Where in a file stands what it was refused for, when that is told more exactly than "the file"."""
    found = str((facts.problem or {}).get("place", ""))
    return "" if found == "file" else found


def batch_row(facts: BatchFacts) -> dict[str, Any]:
    told = rules.told(facts)
    widths = _widths(facts.counts, facts.total_rows or 0) if facts.total_rows else None
    return {"facts": facts, "title": title(facts), "kind": told.tone, "state": _badge(told), "widths": widths}


def title(facts: BatchFacts) -> tuple[str, str] | str:
    """What a batch is called: the file's name, or how it came when no file of anybody's is behind it."""
    if facts.file_name == "api.csv" or facts.file_name.startswith("api/"):
        return ("接口存入", "Sent by a program")
    return SOURCES.get(facts.source) or facts.file_name or facts.number


def progress(facts: BatchFacts) -> dict[str, Any]:
    """The meter: whole percent read, and the widths of accepted, refused and duplicate rows in tenths of a percent."""
    total = facts.total_rows or 0
    told = queries.told(facts)
    return {
        "kind": told.tone,
        "state": _badge(told),
        "told": told,
        "in_vain": rules.in_vain(facts),
        "percent": facts.counts.read * 100 // total if total else 0,
        "widths": _widths(facts.counts, total),
    }


def _badge(told: rules.Told) -> tuple[str, str]:
    zh, en = told.words
    return zh, en[0].upper() + en[1:]


def _widths(counts: Counts, total: int) -> dict[str, str]:
    parts = {"ok": counts.accepted, "bad": counts.refused, "dup": counts.duplicates}
    return {name: f"{value * 1000 // total / 10:.1f}" if total else "0" for name, value in parts.items()}


def tried(found: DryRun) -> dict[str, Any]:
    return {"found": found, "widths": _widths(found.counts, found.total_rows), "codes": _named(found.codes)}


def codes(facts: BatchFacts) -> list[dict[str, Any]]:
    return _named(queries.error_codes(facts.id))


def _named(found: Mapping[str, int]) -> list[dict[str, Any]]:
    """How often each kind of error stands, in two or three words; kinds without words of their own go together."""
    counts: Counter[tuple[str, str]] = Counter()
    for code, count in found.items():
        counts[KINDS.get(code) or _family(code)] += count
    return [{"text": words, "count": count} for words, count in counts.most_common()]


def _family(code: str) -> tuple[str, str]:
    return next((words for start, words in FAMILIES if code.startswith(start)), ("其他", "other"))


def first_errors(facts: BatchFacts) -> list[dict[str, Any]]:
    """The first rows that did not go in, one line for each error; personal data masked."""
    lines = []
    for refused in islice(queries.refused_rows(facts.id), ERRORS_SHOWN):
        typed = _typed(refused, facts.mapping)
        for error in refused.errors:
            text, name = typed.get(error.field, ""), FIELDS.get(error.field)
            kind = PERSONAL.get(error.field)
            lines.append(
                {
                    "row": refused.row,
                    "duplicate": refused.duplicate,
                    "field": (name.zh[0], name.en[0].replace("_", " ")) if name else ("", ""),
                    "typed": masked(text, kind) if kind else text,
                    "whole": bool(kind),  # not torn apart
                    "sentence": error.sentence(language()),
                }
            )
    return lines


def _typed(refused: Refused, mapping: Mapping[str, str]) -> dict[str, str]:
    """What stood in the row, by field."""
    try:
        columns = map_columns([header for header, _ in refused.cells], mapping)
    except Denied:
        return {}
    return {field: refused.cells[position][1] for field, position in columns.at.items()}
