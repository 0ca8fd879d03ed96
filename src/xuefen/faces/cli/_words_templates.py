"""The words of ``xuefen certificate template``."""

from __future__ import annotations

from pathlib import Path

from xuefen.faces.cli.parser import Commands, Needs, lazily
from xuefen.faces.cli.parser import _add as add

LINES = ("header-zh", "header-en", "signatory-zh", "signatory-en", "footer-zh", "footer-en")


def template_commands(actions: Commands) -> None:
    """What an institution puts on its certificates."""
    own = actions.add_parser("template", help="What an institution puts on its certificates.").add_subparsers(
        dest="step", required=True
    )
    show = add(own, "show", "Every version, newest first.", needs=Needs.DATABASE, run=lazily("templates", "show"))
    show.add_argument("--json", nargs="?", const="-", metavar="OUT")
    change = add(own, "set", "Make a new version for the certificates issued from now on.", needs=Needs.DATABASE,
                 run=lazily("templates", "change"))  # fmt: skip
    for line in LINES:
        change.add_argument(f"--{line}", help="left out: stays as it is; empty: taken away")
    for picture in ("logo", "seal"):
        change.add_argument(f"--{picture}", type=Path, metavar="FILE", help="PNG, JPEG or SVG of shapes only")
        change.add_argument(f"--no-{picture}", action="store_true", help="use the bank's own again")
    preview = add(
        own, "preview", "Write a specimen as PNG or PDF.", needs=Needs.DATABASE, run=lazily("templates", "preview")
    )
    preview.add_argument("out", type=Path, help="a file ending in .png or .pdf")
    for command in (show, change, preview):
        command.add_argument("--institution", default="", metavar="CODE", help="left out: the bank's own")
