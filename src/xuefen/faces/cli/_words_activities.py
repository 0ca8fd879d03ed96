"""The words of ``xuefen scheme`` and ``xuefen activities``."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path

from xuefen.faces.cli.parser import Commands, Needs, _add, _group, _within, lazily


def activity_commands(commands: Commands) -> None:
    """``scheme check|propose|sign``, ``activities list|open|code|confirm|gather``."""
    actions = _group(
        commands, "scheme", "An institution's scheme for activities: what counts, how much, how it becomes an outcome."
    )
    check = _add(actions, "check", "Every error of a scheme's file, by line; 2 when there is one. Needs no bank.",
                 needs=Needs.NOTHING, run=lazily("activities", "check"))  # fmt: skip
    check.add_argument("file", type=Path)
    _json(check)
    propose = _add(actions, "propose", "Keep a version, to be signed by somebody else.", needs=Needs.DATABASE,
                   run=lazily("activities", "propose"))  # fmt: skip
    propose.add_argument("file", type=Path)
    propose.add_argument("--institution", required=True, metavar="CODE")
    _json(propose)
    sign = _add(actions, "sign", "Put a version in force, as the second person; asks for the password.",
                needs=Needs.DATABASE, run=lazily("activities", "sign"))  # fmt: skip
    sign.add_argument("id", type=_within(1, 10**9), help="its id, as 'scheme list' shows it")
    sign.add_argument("--as", dest="person", required=True, metavar="USER")
    shown = _add(actions, "list", "Every version: whose, from when, signed or not.", needs=Needs.DATABASE,
                 run=lazily("activities", "schemes"))  # fmt: skip
    _json(shown)

    actions = _group(commands, "activities", "Activities: announce, confirm who came, gather a period.")
    listed = _add(actions, "list", "The latest activities with who registered and who came.", needs=Needs.DATABASE,
                  run=lazily("activities", "show"))  # fmt: skip
    listed.add_argument("--institution", metavar="CODE")
    listed.add_argument("--most", type=_within(1, 1000), default=30)
    _json(listed)
    opened = _add(actions, "open", "Announce an activity.", needs=Needs.DATABASE, run=lazily("activities", "open_one"))
    opened.add_argument("title")
    opened.add_argument("--institution", required=True, metavar="CODE")
    opened.add_argument("--kind", required=True, help="a kind of the scheme in force, such as lecture")
    opened.add_argument("--place", required=True)
    for name in ("starts", "ends"):
        opened.add_argument(f"--{name}", required=True, type=datetime.fromisoformat, metavar="YYYY-MM-DDTHH:MM",
                            help="local time of the bank")  # fmt: skip
    opened.add_argument("--people", type=_within(1, 10_000), default=30, help="at most so many (default 30)")
    _json(opened)
    code = _add(actions, "code", "The code to show at the venue in this minute.", needs=Needs.DATABASE,
                run=lazily("activities", "code"))  # fmt: skip
    code.add_argument("number")
    confirm = _add(actions, "confirm", "Confirm everybody on a list; 1 when a line could not be.", needs=Needs.DATABASE,
                   run=lazily("activities", "confirm"))  # fmt: skip
    confirm.add_argument("number")
    confirm.add_argument("file", type=Path, help="account numbers, one a line (other columns are left aside)")
    _json(confirm)
    gather = _add(actions, "gather", "Gather a period into outcomes and deposit them.", needs=Needs.DATABASE,
                  run=lazily("activities", "gather"))  # fmt: skip
    gather.add_argument("--period", metavar="2026-autumn", help="without one: every period that is due")
    gather.add_argument("--institution", metavar="CODE", help="needed with --period")
    gather.add_argument("--scheme", default="", metavar="CODE", help="where the institution has several")
    gather.add_argument("--dry-run", action="store_true", help="only say what would come of it, and why")
    _json(gather)


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", nargs="?", const="-", metavar="OUT")
