"""``xuefen deposit``."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from xuefen.bank.deposits import actions, queries
from xuefen.bank.deposits.rules.telling import Words
from xuefen.bank.deposits.types import BatchFacts, BatchState, DryRun
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor
from xuefen.bedrock.quantity import Credits, format_credits
from xuefen.faces.cli.output import console, plain_refusals, progress, write_json

OPERATOR = Actor.system("command line")


@plain_refusals
def deposit(arguments: Namespace) -> int:
    """Deposit a sheet, or only say what it would do. 0 even when rows were refused: the file was worked through."""
    if arguments.errors and not arguments.errors.parent.is_dir():
        raise FileNotFoundError(2, "no such folder", str(arguments.errors.parent))  # before anything is deposited
    with progress() as bar:
        task = bar.add_task(arguments.file.name, total=None)

        def moved(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        if arguments.dry_run:
            trial = actions.dry_run(
                path=arguments.file, issuer_code=arguments.issuer, by=OPERATOR, now=clock.now(), errors=arguments.errors,
                progress=moved, pairs=arguments.map,
            )  # fmt: skip
            report: BatchFacts | DryRun = trial
        else:
            report = deposit_file(arguments.file, issuer=arguments.issuer, moved=moved, pairs=arguments.map)
            if arguments.errors:
                actions.write_error_workbook(number=report.number, path=arguments.errors, by=OPERATOR)
    _print(report, errors=arguments.errors)
    write_json(report.to_json(), arguments.json)
    return 1 if isinstance(report, BatchFacts) and report.state is not BatchState.DONE else 0


def deposit_file(
    path: Path, *, issuer: str, moved: actions.Progress | None = None, pairs: Sequence[tuple[str, str]] = ()
) -> BatchFacts:
    """Receive and run one file to its end. The same file again changes nothing; an interrupted one goes on."""
    batch = actions.receive(
        source="file", file_name=path.name, path=path, issuer_code=issuer, by=OPERATOR, now=clock.now(), pairs=pairs
    )  # fmt: skip
    done = actions.run(batch_id=batch.id, by=OPERATOR, now=clock.now(), progress=moved)
    return done if not batch.already else _marked(done)


def _marked(batch: BatchFacts) -> BatchFacts:
    from dataclasses import replace

    return replace(batch, already=True)


def _print(report: BatchFacts | DryRun, *, errors: Path | None) -> None:
    counts, said = report.counts, tuple[Words, ...]()
    if isinstance(report, BatchFacts):
        told = queries.told(report)
        said = tuple(filter(any, (told.why, told.mend)))
        head = f"回执 receipt {report.number}" if report.state is BatchState.DONE else f"批次 batch {report.number}"
        if report.state is not BatchState.DONE or said:
            head += "  " + " ".join(told.words)
        elif report.already:
            head += "  (这份文件以前收到过，没有重复存入 received before, nothing deposited twice)"
    else:
        head = "试存，没有写入任何内容 dry run, nothing was written"
    console.print(head, markup=False)
    console.print(
        f"已读 read {counts.read} ＝ 存入 accepted {counts.accepted} ＋ 没通过 refused {counts.refused}"
        f" ＋ 重复 duplicates {counts.duplicates}；学分 credits {format_credits(Credits(counts.credits))}",
        markup=False,
    )
    if isinstance(report, DryRun) and report.ignored:
        console.print(f"没有用到的列 columns not used: {'、'.join(report.ignored)}  (--map)", markup=False)
    for words in said:
        console.print(" ".join(words), markup=False)
    if errors:
        console.print(f"错误表 error workbook: {errors}", markup=False)
