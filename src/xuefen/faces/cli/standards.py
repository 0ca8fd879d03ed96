"""``xuefen standard check`` and ``xuefen assess``: with a standard's file they need no bank, and no Django."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import Denied, Problem
from xuefen.bank.standards import rules
from xuefen.bank.standards.types import STANDARD_UNKNOWN, Explanation, Pack, PackError, Refusal
from xuefen.bedrock.quantity import format_credits
from xuefen.faces.cli.output import console, plain_refusals, result, write_json

FILE_NOT_READ = Problem(
    "standard_file_unreadable",
    "文件读不了，或不是 UTF-8 文字：{file}。",
    "The file cannot be read, or is no UTF-8 text: {file}.",
)
BAD_INPUT = 2


def check(arguments: Namespace) -> int:
    """Every error of a standard's file; 2 when there is one."""
    text = read(arguments.file)
    if text is None:
        return BAD_INPUT
    document, errors = rules.check_text(text)
    report(arguments, errors)
    if errors:
        return BAD_INPUT
    pack = rules.parse_pack(document.body)
    if arguments.json != "-":
        result.print(f"✓ {pack.name} {pack.title_zh} {pack.title_en}: {len(pack.references)} 条有依据 values cited",
                     markup=False)  # fmt: skip
    return 0


def report(arguments: Namespace, errors: list[tuple[int, PackError]]) -> None:
    """What was found in ``arguments.file``, for people and as JSON where it is asked for."""
    if arguments.json is not None:
        shown = [{"line": n, "path": e.path, "key": e.key, "zh": e.zh, "en": e.en} for n, e in errors]
        write_json({"file": str(arguments.file), "ok": not errors, "errors": shown}, arguments.json)
    tell(arguments.file, errors)


def tell(file: Path, errors: list[tuple[int, PackError]]) -> None:
    """One line for each error, as compilers write them."""
    for line, error in errors:
        place = ".".join(part for part in (error.path, error.key) if part)
        console.print(f"{file}:{line}: {place}: {error.zh} {error.en}", style="red", markup=False)


def read(file: Path) -> str | None:
    """The text of a file; None, with a sentence, when there is none."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        for language in ("zh", "en"):
            console.print(FILE_NOT_READ.sentence(language, {"file": file.name}), style="red", markup=False)
        return None


@plain_refusals
def assess(arguments: Namespace) -> int:
    """Judge one outcome, or a list of them; the whole reasoning. 1 when one is refused."""
    pack = _pack(arguments)
    text = read(arguments.facts)
    if pack is None or text is None:
        return BAD_INPUT
    document = rules.read_text(text)
    if document.faults:
        tell(arguments.facts, document.faults)
        return BAD_INPUT
    many = document.body if isinstance(document.body, list) else [document.body]
    answers: list[dict[str, Any]] = []
    for index, one in enumerate(many):
        try:
            found = rules.assess(rules.read_facts(one, pack), pack)
        except Denied as denied:
            place = f"{index}.{denied.place}" if isinstance(document.body, list) else str(denied.place)
            what = PackError(place, denied.sentence("zh"), denied.sentence("en"))
            tell(arguments.facts, [(document.line(place), what)])
            return BAD_INPUT
        refused = isinstance(found, Refusal)
        if arguments.json != "-":
            _print_tree(found.explanation, mark="✗" if refused else "✓", depth=0)
        answers.append(_answer(found, pack))
    write_json(answers if isinstance(document.body, list) else answers[0], arguments.json)
    return 1 if any("refusal" in answer for answer in answers) else 0


def _pack(arguments: Namespace) -> Pack | None:
    on = arguments.as_of
    if arguments.pack is None:
        from xuefen.bank.standards import queries

        return queries.current(code=arguments.standard, on=on or clock.today()).pack
    text = read(arguments.pack)
    if text is None:
        return None
    document, errors = rules.check_text(text)
    if errors:
        tell(arguments.pack, errors)
        return None
    pack = rules.parse_pack(document.body)
    if on is not None and not (pack.effective_from <= on and (pack.retired_on is None or on < pack.retired_on)):
        raise Denied(STANDARD_UNKNOWN, place="as_of", code=pack.code, on=on.isoformat())
    return pack


def _answer(found: Any, pack: Pack) -> dict[str, Any]:
    why = {"standard": pack.name, "explanation": found.explanation.to_json()}
    if isinstance(found, Refusal):
        return {"refusal": found.problem.code, **why}
    return {
        "credits": format_credits(found.credits),
        "level": found.level,
        "quality": found.quality,
        "rights": sorted(found.rights),
        **why,
    }


def _print_tree(node: Explanation, *, mark: str, depth: int) -> None:
    indent = "   " * depth
    result.print(f"{indent}{mark} {node.zh} {node.en}", style="" if depth else "bold", markup=False)
    if node.reference:
        result.print(f"{indent}    {node.reference}", style="dim", markup=False)
    for child in node.children:
        _print_tree(child, mark="·", depth=depth + 1)


@plain_refusals
def grade(arguments: Namespace) -> int:
    """The grades elsewhere that stand at the same place among those who passed; a suggestion."""
    texts = [read(file) for file in (arguments.own, arguments.other)]
    if any(text is None for text in texts):
        return BAD_INPUT
    own, other = (_distribution(text or "") for text in texts)
    found = rules.corresponding_grades(arguments.grade, own, other)
    if arguments.json != "-":
        for name, part in found:
            result.print(f"{name}  {float(part):.0%}", markup=False)
    write_json([{"grade": name, "share": float(part)} for name, part in found], arguments.json)
    return 0


def _distribution(text: str) -> list[tuple[str, int]]:
    """``grade,count`` lines; a line that is none is a distribution nobody can use."""
    rows = [line.partition(",") for line in text.splitlines() if line.strip()]
    return [(name.strip(), int(count) if count.strip().isdigit() else -1) for name, _, count in rows]
