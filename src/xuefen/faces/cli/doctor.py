"""``xuefen rules doctor`` and ``xuefen rules coverage``."""

from __future__ import annotations

from argparse import Namespace
from itertools import groupby
from typing import Any

from xuefen.bank.conversion.actions import doctor as acting
from xuefen.bank.conversion.queries.coverage import count_coverage
from xuefen.bank.conversion.types.codec import encode
from xuefen.bank.conversion.types.doctor import MEANING, Code, Severity
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor
from xuefen.faces.cli.output import console, plain_refusals, progress, result, write_json

OPERATOR = Actor.system("command line")
SHOWN = 5  # examples of each code; up to 200 are in --json
_STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


@plain_refusals
def doctor(arguments: Namespace) -> int:
    """Examine all published rules; 1 when there are errors."""
    with progress() as bar:
        task = bar.add_task("rules", total=None)
        run = acting.run(
            on=arguments.on or clock.today(),
            receiver_code=arguments.receiver,
            by=OPERATOR,
            now=clock.now(),
            progress=lambda read, total: bar.update(task, completed=read, total=total),
        )
    found = acting.summary(run)
    errors = sum(n for code, n in found["counts"].items() if MEANING[Code(code)][1] is Severity.ERROR)
    if arguments.json != "-":
        _print(found, errors)
    write_json({**found, "errors": errors}, arguments.json)
    return 1 if errors else 0


def _print(found: dict[str, Any], errors: int) -> None:
    for code, listed in groupby(found["findings"], key=lambda finding: finding["code"]):
        examples = list(listed)
        style = _STYLES[MEANING[Code(code)][1]]
        result.print(f"{code}  {found['counts'][code]}", style=style, markup=False)
        for finding in examples[:SHOWN]:
            _print_finding(finding)
        if found["counts"][code] > SHOWN:
            result.print(f"  … 共 {found['counts'][code]} 处 in all", markup=False)
    if not found["complete"]:
        result.print(
            "环路太多，没有逐一找全最短的例子。 Too many cycles: not each has its shortest example.", markup=False
        )
    total = sum(found["counts"].values())
    mark = "✗" if errors else "✓"
    result.print(f"{mark} {found['rules']} 条规则 rules, {errors} 处错误 errors, {total} 处发现 findings", markup=False)


def _print_finding(finding: dict[str, Any]) -> None:
    rules = " ".join(finding["rules"])
    result.print(f"  {rules}  {finding['sentence']['zh']}" if rules else f"  {finding['sentence']['zh']}", markup=False)
    result.print(f"      {finding['sentence']['en']}", markup=False)
    for step in finding.get("steps", ()):
        result.print(f"      {step['rule']}: {' + '.join(step['takes'])} → {' + '.join(step['gives'])}", markup=False)


@plain_refusals
def coverage(arguments: Namespace) -> int:
    """What the rules in force reach."""
    found = count_coverage(on=arguments.on or clock.today())
    if arguments.json != "-":
        for cell in found.pairs:
            result.print(
                f"{cell.row} → {cell.column}  {cell.reached}/{cell.all} 项 items ({cell.percent} %), {cell.rules} 条规则 rules",
                markup=False,
            )
        names = dict(found.fields)
        for cell in found.field_cells:
            if cell.reached:
                name = names[cell.row]
                result.print(
                    f"{name.zh} {name.en} ← {cell.column}  {cell.reached}/{cell.all} 门课程 courses ({cell.percent} %)",
                    markup=False,
                )
        if not found.pairs:
            console.print("还没有生效的规则。 No rules are in force.", markup=False)
    write_json(encode(found), arguments.json)
    return 0
