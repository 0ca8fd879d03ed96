"""The words of ``xuefen standard diff|propose|compare|…`` and of ``xuefen metadata``."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from xuefen.faces.cli.parser import Commands, Needs, lazily
from xuefen.faces.cli.parser import _add as add


def life_commands(actions: Commands) -> None:
    """The life of a version, under ``xuefen standard``. What a person does asks for that person's password."""
    diff = add(actions, "diff", "What changes between two versions, in words.", needs=Needs.DATABASE,
               run=lazily("standard_life", "diff"))  # fmt: skip
    diff.add_argument("code")
    diff.add_argument("before", metavar="V1", help="a published version")
    diff.add_argument("after", metavar="V2|FILE", help="a published version or a standard's file")
    _json(diff)
    listed = add(actions, "proposals", "Versions under way, and those that ended.", needs=Needs.DATABASE,
                 run=lazily("standard_life", "proposals"))  # fmt: skip
    _json(listed)
    propose = add(actions, "propose", "Propose the next version of a standard.", needs=Needs.DATABASE,
                  run=lazily("standard_life", "propose"))  # fmt: skip
    propose.add_argument("file", type=Path)
    propose.add_argument("--note", required=True, help="why it is proposed")
    compare = add(actions, "compare", "Give an expert's comparison of a proposal.", needs=Needs.DATABASE,
                  run=lazily("standard_life", "compare"))  # fmt: skip
    compare.add_argument("number")
    compare.add_argument("--verdict", required=True, choices=["support", "changes", "oppose"])
    compare.add_argument("--reasons", required=True)
    consult = add(actions, "consult", "Put a compared proposal before the public.", needs=Needs.DATABASE,
                  run=lazily("standard_life", "consult"))  # fmt: skip
    consult.add_argument("number")
    consult.add_argument("--days", type=int, default=20, help="working days (default 20)")
    publish = add(actions, "publish", "Sign a proposal; another person's second signature publishes it.",
                  needs=Needs.DATABASE, run=lazily("standard_life", "publish"))  # fmt: skip
    publish.add_argument("number")
    retire = add(actions, "retire", "Set the day on which a version ends.", needs=Needs.DATABASE,
                 run=lazily("standard_life", "retire"))  # fmt: skip
    retire.add_argument("code")
    retire.add_argument("version", type=int)
    retire.add_argument("--on", type=date.fromisoformat, required=True, metavar="DATE", help="first day without it")
    retire.add_argument("--reason", required=True)
    for parser in (propose, compare, consult, publish, retire):
        parser.add_argument(
            "--as", dest="username", required=True, metavar="USER",
            help="who does it; the password is asked for, or read from standard input",
        )  # fmt: skip


def metadata_commands(commands: Commands) -> None:
    """The metadata model of a deposit sheet."""
    actions = commands.add_parser("metadata", help="What a deposit sheet holds, and a check of one.").add_subparsers(
        dest="action", required=True
    )
    show = add(actions, "show", "Fields, formats and code lists.", needs=Needs.DATABASE,
               run=lazily("metadata", "show"))  # fmt: skip
    show.add_argument("--schema", action="store_true", help="only the JSON Schema of a row")
    _json(show)
    check = add(actions, "check", "Every error of a sheet by row and column; 1 when there is one. Stores nothing.",
                needs=Needs.DATABASE, run=lazily("metadata", "check"))  # fmt: skip
    check.add_argument("file", type=Path)
    check.add_argument("--issuer", default="", metavar="CODE", help="compare with this institution's catalogue")
    _json(check)


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", nargs="?", const="-", metavar="OUT", help="print JSON, or write it to OUT")
