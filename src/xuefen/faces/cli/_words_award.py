"""The words of ``xuefen award``."""

from __future__ import annotations

from xuefen.faces.cli.parser import Commands, Needs, _add, _group, lazily

STATES = ("offered", "claimed", "declined", "taken_back", "lapsed")


def award_commands(commands: Commands) -> None:
    """``award push``, ``award list``."""
    actions = _group(commands, "award", "Outcomes awarded to learners, who claim or decline them.")
    push = _add(actions, "push", "Award one outcome; the very same award again is that award.", needs=Needs.DATABASE,
                run=lazily("award", "push"))  # fmt: skip
    push.add_argument("account", help="the learner's account number")
    push.add_argument("--issuer", required=True, help="code of the institution that awards it")
    push.add_argument("--item", required=True, help="code of the item in its catalogue")
    push.add_argument("--version", default="", help="version of the item (default: the latest)")
    push.add_argument("--awarded-on", required=True, metavar="DATE")
    push.add_argument("--grade", default="")
    push.add_argument("--hours", default="")
    push.add_argument("--serial", default="", help="the issuer's own certificate number")
    push.add_argument("--note", default="", help="a word to the learner")
    push.add_argument("--days", type=int, default=60, help="how long it waits to be claimed (7 to 365, default 60)")
    shown = _add(actions, "list", "Awards and what became of them, newest first.", needs=Needs.DATABASE,
                 run=lazily("award", "show"))  # fmt: skip
    shown.add_argument("--issuer", default="", help="of this institution only")
    shown.add_argument("--state", choices=STATES, default="", help="in this state only")
    shown.add_argument("--limit", type=int, default=50)
    for parser in (push, shown):
        parser.add_argument("--json", nargs="?", const="-", metavar="OUT", help="print JSON, or write it to OUT")
