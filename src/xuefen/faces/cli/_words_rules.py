"""The words of ``xuefen rules``."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from xuefen.faces.cli._words_looks import rule_looks
from xuefen.faces.cli.parser import Commands, Needs, lazily
from xuefen.faces.cli.parser import _add as add


class _Agreement(argparse.Action):
    """Who asks about an agreement asks the bank."""

    def __call__(
        self, parser: object, namespace: argparse.Namespace, values: object, option: str | None = None
    ) -> None:
        namespace.agreement, namespace.needs = values, Needs.DATABASE


def _named(text: str) -> tuple[str, str]:
    name, sign, code = text.rpartition("=")
    if not (name and sign and code):
        raise argparse.ArgumentTypeError("应写作 名称=代码 write it as NAME=CODE")
    return name, code


def rule_commands(commands: Commands) -> None:
    """Conversion rules as files and as published."""
    actions = commands.add_parser("rules", help="Conversion rules: import, export, check, doctor, …").add_subparsers(
        dest="action", required=True
    )
    load = add(actions, "import", "Publish rules from a file under an agreement.", needs=Needs.DATABASE,
               run=lazily("rules", "import_rules"))  # fmt: skip
    load.add_argument("file", type=Path, help="a file; for ctdl also a folder, for igetc a folder or .tar.gz")
    load.add_argument("--agreement", default="", metavar="NO", help="without it another system's file is only read")
    load.add_argument("--format", choices=["yaml", "assist", "igetc", "ctdl"], default="yaml")
    load.add_argument("--receiver", default="", metavar="CODE", help="who adopts recommendations that name no receiver")
    load.add_argument("--as", dest="codes", action="append", type=_named, metavar="NAME=CODE",
                      help="what the file calls an institution, and its code here; may be repeated")  # fmt: skip
    load.add_argument("--since", type=date.fromisoformat, metavar="DATE", help="the agreement's first day if absent")
    load.add_argument("--with-items", action="store_true", help="put items the catalogue lacks into it")
    load.add_argument("--with-notes", action="store_true", help="also rules with a condition only stated in words")
    load.add_argument("--text", type=Path, metavar="OUT.yaml", help="write another system's rules as our text")
    load.add_argument("--standard", default="cn-2026", metavar="CODE")
    load.add_argument("--json", nargs="?", const="-", metavar="OUT")

    save = add(actions, "export", "Write published rules as text or as CTDL.", needs=Needs.DATABASE,
               run=lazily("rules", "export_rules"))  # fmt: skip
    which = save.add_mutually_exclusive_group()
    which.add_argument("--agreement", default="", metavar="NO")
    which.add_argument("--receiver", default="", metavar="CODE")
    save.add_argument("--on", type=date.fromisoformat, metavar="DATE", help="only those in force that day")
    save.add_argument("--format", choices=["yaml", "ctdl"], default="yaml")
    save.add_argument("--as-new", action="store_true", help="without numbers, to publish them as new rules elsewhere")
    save.add_argument("--base", default="https://xuefen.local", metavar="URL", help="where CTDL identifiers begin")
    save.add_argument("--out", type=Path, metavar="OUT", help="standard output if absent")

    check = add(actions, "check", "Tell every fault of a rule file with its line; 2 when there is one.",
                needs=Needs.NOTHING, run=lazily("rules", "check"))  # fmt: skip
    check.add_argument("file", type=Path)
    check.add_argument("--agreement", default="", metavar="NO", action=_Agreement,
                       help="also ask the register: items, parties, duplicates, overlap")  # fmt: skip
    check.add_argument("--pack", type=Path, metavar="FILE", help="a standard's file, for its grade words")
    check.add_argument("--standard", default="cn-2026", metavar="CODE", help="the published standard, with --agreement")
    check.add_argument("--json", nargs="?", const="-", metavar="OUT")
    chains = add(actions, "chains", "What two rules through a reference standard amount to; 1 when there are none.",
                 needs=Needs.DATABASE, run=lazily("chains", "chains"))  # fmt: skip
    chains.add_argument("--from", dest="source", required=True, metavar="CODE", help="institution of the outcomes")
    chains.add_argument("--to", dest="receiver", required=True, metavar="CODE", help="institution of the courses")
    chains.add_argument("--json", nargs="?", const="-", metavar="OUT")
    rule_looks(actions)
