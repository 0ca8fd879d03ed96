"""The words of ``xuefen outcome``, ``xuefen arbitration`` and ``xuefen alarms``."""

from __future__ import annotations

import argparse

from xuefen.faces.cli.parser import Commands, Needs, _add, _group, lazily


def supervision_commands(commands: Commands) -> None:
    """Outcomes taken back, and what is decided about them."""
    actions = _group(commands, "outcome", "One outcome: what it says, revoking it, correcting it.")
    show = _add(actions, "show", "What it says, what became of it, what rests on it.", needs=Needs.DATABASE,
                run=lazily("outcome", "show"))  # fmt: skip
    revoke = _add(actions, "revoke", "Revoke it; applications end, conversions go to an arbiter.", needs=Needs.DATABASE,
                  run=lazily("outcome", "revoke"))  # fmt: skip
    correct = _add(actions, "correct", "Put a corrected outcome in its place.", needs=Needs.DATABASE,
                   run=lazily("outcome", "correct"))  # fmt: skip
    for name, says in (
        ("item", "item code"), ("version", "version of the item"), ("awarded-on", "date"), ("grade", "grade"),
        ("hours", "hours"), ("attendance", "percent of the classes"), ("online-share", "percent of the hours held online"),
        ("workload", "hours of all learning"), ("serial", "certificate number"),
    ):  # fmt: skip
        correct.add_argument(f"--{name}", default="", help=f"the right {says}; '-' for none")
    reinstate = _add(actions, "reinstate", "Let it count again, when no conversion rested on it.", needs=Needs.DATABASE,
                     run=lazily("outcome", "reinstate"))  # fmt: skip
    for parser in (show, revoke, correct, reinstate):
        parser.add_argument("number")
    for parser in (revoke, correct, reinstate):
        parser.add_argument("--reason", required=True, help="why; the learner and receivers read it")
    _who(reinstate)
    for parser in (show, revoke, correct, reinstate):
        _json(parser)
    _arbitration(commands)
    _alarms(commands)


def _arbitration(commands: Commands) -> None:
    actions = _group(commands, "arbitration", "What is decided about outcomes taken back after they were converted.")
    listed = _add(actions, "list", "Those that wait, the most urgent first.", needs=Needs.DATABASE,
                  run=lazily("outcome", "arbitrations"))  # fmt: skip
    listed.add_argument("--decided", action="store_true", help="those decided, newest first")
    show = _add(actions, "show", "One arbitration.", needs=Needs.DATABASE,
                run=lazily("outcome", "arbitration"))  # fmt: skip
    decide = _add(actions, "decide", "Decide one, as somebody else than who took the outcome back.", needs=Needs.DATABASE,
                  run=lazily("outcome", "decide"))  # fmt: skip
    either = decide.add_mutually_exclusive_group(required=True)
    either.add_argument(
        "--uphold", action="store_true", help="the outcome stays taken back, the conversions are undone"
    )
    either.add_argument("--overturn", action="store_true", help="outcome and conversions stand again")
    decide.add_argument("--grounds", required=True)
    _who(decide)
    for parser in (show, decide):
        parser.add_argument("number")
    for parser in (listed, show, decide):
        _json(parser)


def _alarms(commands: Commands) -> None:
    actions = _group(commands, "alarms", "What looks as if it could not be: cases, and the search for them.")
    listed = _add(actions, "list", "Cases, those that changed last first.", needs=Needs.DATABASE,
                  run=lazily("alarms", "listed"))  # fmt: skip
    listed.add_argument("--state", choices=["open", "explained", "confirmed", "closed"], help="all if absent")
    listed.add_argument(
        "--kind",
        choices=["shared_serial", "shared_file", "before_birth", "before_item", "burst", "at_threshold"],
        help="all if absent",
    )
    show = _add(actions, "show", "One case with its steps.", needs=Needs.DATABASE,
                run=lazily("alarms", "show"))  # fmt: skip
    decide = _add(actions, "decide", "Explain, confirm, close or reopen a case.", needs=Needs.DATABASE,
                  run=lazily("alarms", "decide"))  # fmt: skip
    for parser in (show, decide):
        parser.add_argument("number")
    decide.add_argument("event", choices=["explain", "confirm", "close", "reopen"])
    decide.add_argument("--reason", required=True)
    _who(decide)
    scan = _add(actions, "scan", "Look through what has finished since the last scan, now.", needs=Needs.DATABASE,
                run=lazily("alarms", "scan"))  # fmt: skip
    for parser in (listed, show, decide, scan):
        _json(parser)


def _who(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--as", dest="username", required=True, metavar="USER",
                        help="who does it; the password is asked for, or read from standard input")  # fmt: skip


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", nargs="?", const="-", metavar="OUT", help="print JSON, or write it to OUT")
