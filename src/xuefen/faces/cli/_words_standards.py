"""The words of ``xuefen standard`` and ``xuefen assess``."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from xuefen.faces.cli._words_life import life_commands, metadata_commands
from xuefen.faces.cli._words_looks import standard_looks
from xuefen.faces.cli.parser import Commands, Needs, lazily
from xuefen.faces.cli.parser import _add as add


class _PackFile(argparse.Action):
    """Who brings the standard along needs no bank."""

    def __call__(
        self, parser: object, namespace: argparse.Namespace, values: object, option: str | None = None
    ) -> None:
        namespace.pack, namespace.needs = values, Needs.NOTHING


def standard_commands(commands: Commands) -> None:
    """Standards as files and as published; what an outcome is worth under one."""
    actions = commands.add_parser("standard", help="Standards: check, list, show, export, load.").add_subparsers(
        dest="action", required=True
    )
    check = add(actions, "check", "Tell every error of a standard's file with its line; 2 when there is one.",
                needs=Needs.NOTHING, run=lazily("standards", "check"))  # fmt: skip
    check.add_argument("file", type=Path)
    _json(check)
    _json(add(actions, "list", "Every published version of every standard.", needs=Needs.DATABASE,
              run=lazily("published", "show_all")))  # fmt: skip
    show = add(actions, "show", "One standard: every value with its reference.", needs=Needs.DATABASE,
               run=lazily("published", "show"))  # fmt: skip
    show.add_argument("code")
    show.add_argument("--on", type=date.fromisoformat, metavar="DATE", help="in force on that day (default: today)")
    _json(show)
    export = add(actions, "export", "Write a published standard as a YAML file.", needs=Needs.DATABASE,
                 run=lazily("published", "export"))  # fmt: skip
    export.add_argument("code")
    export.add_argument("--version", type=int, metavar="N", help="default: the newest")
    export.add_argument("--out", type=Path, metavar="FILE", help="default: standard output")
    load = add(actions, "load", "Publish a standard's file as the house, as init does; people propose in the desk.",
               needs=Needs.DATABASE, run=lazily("published", "load"))  # fmt: skip
    load.add_argument("file", type=Path)
    adopt = add(actions, "adopt", "From a day on, conversions into an institution's programmes are judged by a standard.",
                needs=Needs.DATABASE, run=lazily("published", "adopt"))  # fmt: skip
    adopt.add_argument("institution", help="code of the receiver")
    adopt.add_argument("standard", help="code of a published standard")
    adopt.add_argument("--from", dest="since", type=date.fromisoformat, metavar="DATE", help="default: today")
    grade = add(actions, "grade", "What a grade may correspond to elsewhere, by its place among those who passed.",
                needs=Needs.NOTHING, run=lazily("standards", "grade"))  # fmt: skip
    grade.add_argument("grade")
    for name, text in (("own", "where the grade was given"), ("other", "where it is to be understood")):
        grade.add_argument(f"--{name}", type=Path, required=True, metavar="FILE",
                           help=f"pass grades {text}: a CSV of grade,count from low to high")  # fmt: skip
    _json(grade)
    standard_looks(actions)
    life_commands(actions)
    metadata_commands(commands)
    assess = add(commands, "assess", "What an outcome is worth under a standard, and why; 1 when it is refused.",
                 needs=Needs.DATABASE, run=lazily("standards", "assess"))  # fmt: skip
    which = assess.add_mutually_exclusive_group(required=True)
    which.add_argument("--standard", metavar="CODE", help="a published standard")
    which.add_argument("--pack", type=Path, metavar="FILE", action=_PackFile, help="a standard's file; needs no bank")
    assess.add_argument(
        "--facts", type=Path, required=True, metavar="FILE", help="YAML or JSON: one outcome, or a list"
    )
    assess.add_argument("--as-of", type=date.fromisoformat, metavar="DATE",
                        help="the version in force on that day (default: today)")  # fmt: skip
    _json(assess)


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", nargs="?", const="-", metavar="OUT")
