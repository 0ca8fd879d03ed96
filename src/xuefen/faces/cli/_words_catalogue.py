"""The words of ``xuefen catalogue`` and ``xuefen programme``."""

from __future__ import annotations

import argparse
from pathlib import Path

from xuefen.faces.cli.parser import Commands, Needs, _add, _group, lazily


def catalogue_commands(commands: Commands) -> None:
    actions = _group(commands, "catalogue", "What can be learnt: publish it, export it, find what is alike.")
    load = _add(actions, "import", "Import a sheet of items and programmes, or requirement documents.",
                needs=Needs.DATABASE, run=lazily("catalogue", "import_file"))  # fmt: skip
    load.add_argument("file", type=Path, help="a table, a YAML document, or a folder or archive of documents")
    load.add_argument("--institution", required=True, metavar="CODE")
    load.add_argument(
        "--mapping", metavar="NAME|FILE", help="a shipped mapping or a YAML file; guessed from the file if absent"
    )
    load.add_argument("--json", type=Path, metavar="OUT")
    export = _add(actions, "export-programme", "Write a programme as a requirement document (YAML).",
                  needs=Needs.DATABASE, run=lazily("catalogue", "export_programme"))  # fmt: skip
    _programme(export)
    export.add_argument("--json", nargs="?", const="-", metavar="OUT", help="as JSON instead")
    duplicates = _add(actions, "duplicates", "Items whose names are one in normal form, for people to judge.",
                      needs=Needs.DATABASE, run=lazily("catalogue", "duplicates"))  # fmt: skip
    duplicates.add_argument("--institution", default="", metavar="CODE", help="of one institution only")
    duplicates.add_argument("--settled", action="store_true", help="those that have been judged")
    duplicates.add_argument("--json", nargs="?", const="-", metavar="OUT")
    similar = _add(actions, "similar", "What resembles an item, with the words in common.", needs=Needs.DATABASE,
                   run=lazily("catalogue", "similar"))  # fmt: skip
    similar.add_argument("item", metavar="INSTITUTION/CODE")
    similar.add_argument("--elsewhere", action="store_true", help="other institutions only")
    similar.add_argument(
        "--limit", type=int, choices=range(1, 101), default=10, metavar="N", help="1 to 100, default 10"
    )
    similar.add_argument("--json", nargs="?", const="-", metavar="OUT")

    actions = _group(commands, "programme", "Programmes.")
    draw = _add(actions, "draw", "Draw a programme's requirements as SVG, on standard output.", needs=Needs.DATABASE,
                run=lazily("catalogue", "draw"))  # fmt: skip
    _programme(draw)
    draw.add_argument("--language", choices=["zh", "en"], default="zh")


def _programme(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("programme", metavar="INSTITUTION/CODE")
    parser.add_argument("--version", metavar="V", help="the newest if absent")
