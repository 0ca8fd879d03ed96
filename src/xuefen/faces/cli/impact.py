"""``xuefen rules impact`` and ``xuefen standard impact``: what a change would do to all accounts."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from typing import Any

from xuefen.bank.conversion import actions
from xuefen.bank.conversion.actions import impact as acting
from xuefen.bank.conversion.types.impact import COLUMNS, MOVES
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor
from xuefen.bank.standards import rules as standards
from xuefen.bedrock.quantity import Credits, format_credits
from xuefen.faces.cli.output import console, plain_refusals, progress, result, write_json
from xuefen.faces.cli.standards import read, tell

OPERATOR = Actor.system("command line")
BAD_INPUT = 2
CELLS = 12
"""Rows of each table that are printed; all are in --json."""


@plain_refusals
def rules(arguments: Namespace) -> int:
    """Preview a rule file under an agreement."""
    now = clock.now()
    text = actions.read_rule_text(arguments.file, standard="cn-2026", on=clock.today(now))
    faults = actions.check_text(text, agreement_number=arguments.agreement, on=clock.today(now))
    if faults:
        for fault in faults[:CELLS]:
            console.print(
                f"{arguments.file}:{fault.line}: {fault.place}: {fault.zh} {fault.en}", style="red", markup=False
            )
        return BAD_INPUT
    return _shown(
        lambda told: acting.run(
            agreement_number=arguments.agreement,
            rules=text.drafts,
            title=arguments.file.name,
            by=OPERATOR,
            now=now,
            progress=told,
        ),
        arguments,
    )


@plain_refusals
def standard(arguments: Namespace) -> int:
    """Preview a standard's file."""
    text = read(arguments.file)
    if text is None:
        return BAD_INPUT
    document, errors = standards.check_text(text)
    if errors:
        tell(arguments.file, errors)
        return BAD_INPUT
    return _shown(
        lambda told: acting.run(standard=document.body, by=OPERATOR, now=clock.now(), progress=told), arguments
    )


def _shown(work: Callable[[Callable[[int, int], None]], Any], arguments: Namespace) -> int:
    with progress() as bar:
        task = bar.add_task("accounts", total=None)
        run = work(lambda done, last: bar.update(task, completed=done, total=last))
    found = {"run": run.pk, "on": run.on.isoformat(), "title": run.title, **(run.result or {})}
    if arguments.json != "-":
        _print(found)
    write_json(found, arguments.json)
    return 0


def _print(found: dict[str, Any]) -> None:
    result.print(
        f"{found['title']}: {found['accounts']:,} 个账户 accounts, {found['outcomes']:,} 项成果 outcomes", markup=False
    )
    result.print(
        f"  增加 gain {_count(found['gain'])} (+{_credits(found['gained'])})"
        f"  减少 lose {_count(found['lose'])} (−{_credits(found['lost'])})",
        style="bold", markup=False,
    )  # fmt: skip
    for name, count in zip(COLUMNS, found["histogram"], strict=True):
        if count != 0:
            result.print(f"  {name:>8}  {_count(count)}", markup=False)
    for code, count in found.get("moves", {}).items():
        zh, en = MOVES[code]
        result.print(f"  {zh} {en}: {_count(count)}", markup=False)
    for table in ("by_receiver", "by_issuer", "by_class"):
        for cell in found.get(table, ())[:CELLS]:
            result.print(
                f"  {cell['key']}: +{_credits(cell['gained'])} ({_count(cell['gain_accounts'])})"
                f" −{_credits(cell['lost'])} ({_count(cell['lose_accounts'])})",
                markup=False,
            )
    for table, mark in (("gainers", "＋"), ("losers", "－")):
        for one in found.get(table, ()):
            lines = "；".join(
                f"{line['item']} {_credits(line['before'])} → {_credits(line['after'])}" for line in one["lines"]
            )
            result.print(
                f"  {mark} {one['account']}  {_credits(one['before'])} → {_credits(one['after'])}  {lines}",
                markup=False,
            )
    for change in found.get("limits", ())[:CELLS]:
        result.print(f"  · {change['zh']} {change['en']}", markup=False)


def _count(count: int | None) -> str:
    return "<5" if count is None else f"{count:,}"


def _credits(amount: int | None) -> str:
    return "?" if amount is None else format_credits(Credits(amount))
