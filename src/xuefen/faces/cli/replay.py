"""``xuefen plan --problem FILE``: a plan from a document, without a bank."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import cast

from xuefen.bank.conversion import rules
from xuefen.bank.conversion.types import Plan, Problem
from xuefen.bank.conversion.types.codec import Fault
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.problems import Problem as ProblemCode
from xuefen.bedrock.quantity import Credits, format_credits
from xuefen.faces.cli.output import console, result, write_json

MAX_BYTES = 64 * 1024 * 1024
BAD_INPUT = 2

PROBLEM_FILE_UNREADABLE = ProblemCode(
    "problem_file_unreadable",
    "文件读不了，或不是 JSON 文档：{file}。",
    "The file cannot be read, or is no JSON document: {file}.",
)
PROBLEM_FILE_TOO_LARGE = ProblemCode(
    "problem_file_too_large",
    "文件太大，最多 {limit} MB：{file}。",
    "The file is too large, at most {limit} MB: {file}.",
)


def plan(arguments: Namespace) -> int:
    """The best legal plan of a problem document. 2, with every fault, when it cannot be planned."""
    try:
        problem = Problem.from_json(read(arguments.problem))
        found = rules.plan(problem)
    except Denied as denied:
        _tell(denied)
        return BAD_INPUT
    if arguments.json != "-":
        show(found, problem.programme_name, problem.total_credits)
    write_json(found.to_json(), arguments.json)
    return 0


def read(file: Path) -> object:
    """The document in a file. Raises ``Denied``: problem_file_unreadable, problem_file_too_large."""
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise Denied(PROBLEM_FILE_TOO_LARGE, file=file.name, limit=MAX_BYTES // 2**20)
        return cast(object, json.loads(raw.decode("utf-8-sig")))
    except (OSError, ValueError, RecursionError):  # ValueError: not UTF-8, not JSON, a number of thousands of digits
        raise Denied(PROBLEM_FILE_UNREADABLE, file=file.name) from None


def _tell(denied: Denied) -> None:
    """One line for the refusal, then one for each fault of the document."""
    where = f" [{denied.place}]" if denied.place else ""
    console.print(f"xuefen: {denied.code}{where}: {denied.sentence('zh')}", style="red", markup=False)
    console.print(f"        {denied.sentence('en')}", markup=False)
    faults = cast("list[Fault]", denied.params.get("faults", []))
    for fault in faults:
        console.print(f"  {fault.place}: {fault.zh} {fault.en}", markup=False)


def show(found: Plan, name: str, total: int) -> None:
    """A plan for people: what counts, what does not and why, what is still open."""

    def fc(amount: int) -> str:
        return format_credits(Credits(amount))

    totals = found.totals
    result.print(
        f"{name}: {fc(totals.requirement)} 抵必修 required, {fc(totals.elective)} 抵选修 elective / {fc(total)},"
        f" 完成要求 requirements met {totals.met}/{totals.requirements}"
        f"  {'已证明最优 proven optimal' if found.proof.proven else '时间到，未证明 not proven'}",
        style="bold", markup=False,
    )  # fmt: skip
    for line in found.lines:
        used = "、".join(source.item_name for source in line.uses)
        given = "、".join(f"{give.name} {fc(give.credits)}" for give in line.gives)
        result.print(f"  ✓ {used} → {given}  {line.rule.number} {line.basis.zh}", markup=False)
    for left in found.unused:
        result.print(f"  ✗ {left.item_name}: {left.sentence.zh} {left.sentence.en}", markup=False)
    for cap in found.caps:
        if cap.cost:
            result.print(f"  ⊘ {cap.name.zh} {fc(cap.used)}/{fc(cap.limit)}: 少认 costs {fc(cap.cost)}", markup=False)
    for one in found.open:
        ways = " / ".join(way.sentence.zh for way in one.ways)
        result.print(f"  ○ {one.name} 还差 {fc(one.missing)}: {ways}", markup=False)
