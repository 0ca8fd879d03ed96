"""The words of ``xuefen deposit`` and ``xuefen batch …``."""

from __future__ import annotations

import argparse
from pathlib import Path

from xuefen.faces.cli.parser import Commands, Needs, lazily
from xuefen.faces.cli.parser import _add as add
from xuefen.faces.cli.parser import _group as group


def batch_commands(commands: Commands) -> None:
    deposit = add(commands, "deposit", "Deposit a sheet of outcomes.", needs=Needs.DATABASE,
                  run=lazily("deposit", "deposit"))  # fmt: skip
    deposit.add_argument("file", type=Path)
    deposit.add_argument("--issuer", required=True, metavar="CODE")
    deposit.add_argument("--dry-run", action="store_true", help="check everything, write nothing")
    deposit.add_argument("--errors", type=Path, metavar="OUT.xlsx", help="write the refused rows as a workbook")
    deposit.add_argument("--map", type=_pair, action="append", default=[], metavar="HEADING=FIELD",
                         help="what a heading of your own means, remembered; nothing after = leaves the column out")  # fmt: skip
    deposit.add_argument("--json", type=Path, metavar="OUT")

    actions = group(commands, "batch", "Batches of deposits: how far they are; pause, resume, cancel, revoke.")
    for name, summary in (
        ("show", "How far a batch is."),
        ("pause", "Stop a batch before its next chunk."),
        ("resume", "Go on with a paused or interrupted batch, to its end."),
        ("cancel", "End a batch before its end; what the log has not sealed is withdrawn."),
    ):
        one = add(actions, name, summary, needs=Needs.DATABASE, run=lazily("batches", name))
        one.add_argument("number")
        _json(one)
    revoke = add(actions, "revoke", "Take a whole batch back after its end, with one reason; an interrupted one goes on.",
                 needs=Needs.DATABASE, run=lazily("batches", "revoke"))  # fmt: skip
    revoke.add_argument("number")
    revoke.add_argument("--reason", default="", help="why; every learner of it reads it")
    revoke.add_argument("--preview", action="store_true", help="say what it would touch, write nothing")
    _json(revoke)
    receipt = add(actions, "receipt", "The signed receipt; once the log is sealed with its place there.",
                  needs=Needs.DATABASE, run=lazily("receipts", "save"))  # fmt: skip
    receipt.add_argument("number")
    receipt.add_argument("--out", type=Path, metavar="FILE", help="write it there; `xuefen verify FILE` checks it")
    columns = add(actions, "columns", "What an issuer's own headings mean, as remembered.", needs=Needs.DATABASE,
                  run=lazily("batches", "columns"))  # fmt: skip
    columns.add_argument("--issuer", required=True, metavar="CODE")
    columns.add_argument("--forget", default="", metavar="HEADING")
    _json(columns)


def _pair(text: str) -> tuple[str, str]:
    heading, equals, field = text.rpartition("=")
    if not equals:
        raise argparse.ArgumentTypeError("应写成 表头=字段 must be HEADING=FIELD")
    return heading, field


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", nargs="?", const="-", metavar="OUT", help="print as JSON, or write it to OUT")
