"""The code lists a standard gives to the public metadata model: what schools write in their sheets, and what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.standards.rules.diff.words import WORDS
from xuefen.bank.standards.types import Pack
from xuefen.bedrock.ids import check_digit
from xuefen.bedrock.quantity import format_credits


@dataclass(frozen=True, slots=True)
class CodeList:
    """One list: ``columns`` are the keys of its rows; what identifies a row comes first."""

    name: str
    zh: str
    en: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(row[0] for row in self.rows)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": {"zh": self.zh, "en": self.en},
            "rows": [dict(zip(self.columns, row, strict=True)) for row in self.rows],
        }


def code_lists(pack: Pack) -> Mapping[str, CodeList]:
    """Every list of a standard, by name."""
    words = ("code", "zh", "en")
    lists = (
        CodeList(
            "classes", "成果类别", "Classes of outcome", words, tuple((c.value, *WORDS[c.value]) for c in OutcomeClass)
        ),
        CodeList(
            "types",
            "成果类型",
            "Types of outcome",
            (*words, "class", "level", "parent", "printed"),
            tuple(
                (t.code, t.zh, t.en, t.outcome_class.value, str(t.level or ""), t.parent, _printed(t.code))
                for t in sorted(pack.types.values(), key=lambda found: found.code)
            ),
        ),
        CodeList(
            "levels",
            "资历等级",
            "Levels",
            words,
            tuple((str(found.number), found.zh, found.en) for found in pack.levels.values()),
        ),
        CodeList(
            "quality", "质量等级", "Quality grades", words, tuple((q.code, q.zh, q.en) for q in pack.quality.values())
        ),
        _grades(pack),
        _evidence(pack),
    )
    return {found.name: found for found in lists}


def _evidence(pack: Pack) -> CodeList:
    """The checklist of every type, inherited lines too: what a single deposit is to bring."""
    rows = []
    for kind in sorted(pack.types.values(), key=lambda found: found.code):
        path, lines = pack.checklist(kind.code, kind.outcome_class)
        for line in sorted(lines, key=lambda one: (not one.required, one.code)):
            needed = "required" if line.required else "welcome"
            rows.append((kind.code, line.code, line.zh, line.en, needed, pack.reference(f"{path}.{line.code}")))
    columns = ("type", "code", "zh", "en", "needed", "reference")
    return CodeList("evidence", "单项存入要带的材料", "Evidence for a single deposit", columns, tuple(rows))


def _printed(code: str) -> str:
    """A type code as papers show it, with its check digit."""
    return f"{code}-{check_digit(code)}"


def _grades(pack: Pack) -> CodeList:
    """Words a grade may be written in. ``mark`` is on the 100 scale, empty for words that only say pass or fail."""
    marked = sorted(pack.grade_words.items(), key=lambda pair: (-pair[1], pair[0]))
    rows = [(word, format_credits(mark), _passes(mark >= pack.pass_mark)) for word, mark in marked]
    rows += [(word, "", "pass") for word in sorted(pack.pass_words)]
    rows += [(word, "", "fail") for word in sorted(pack.fail_words)]
    return CodeList("grades", "成绩的写法", "How grades are written", ("code", "mark", "result"), tuple(rows))


def _passes(passed: bool) -> str:
    return "pass" if passed else "fail"
