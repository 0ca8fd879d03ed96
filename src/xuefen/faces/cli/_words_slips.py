"""The words of ``xuefen slip``."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path

from xuefen.faces.cli.parser import Commands, Needs, _add, _group, lazily

STATES = ("draft", "checking", "more", "accepted", "refused", "withdrawn", "lapsed")


def slip_commands(commands: Commands) -> None:
    """``slip submit``, ``send``, ``check``, ``withdraw``, ``show``, ``list``, ``file``."""
    actions = _group(commands, "slip", "Single deposits: an outcome with its papers, checked by somebody else.")
    submit = _add(actions, "submit", "Put an outcome forward with its papers; all of it, or nothing.", needs=Needs.DATABASE,
                  run=lazily("slips", "submit"))  # fmt: skip
    submit.add_argument("account", help="the learner's account number")
    submit.add_argument("--issuer", required=True, help="code of the institution it is of")
    submit.add_argument("--item", required=True, help="code of the item in its catalogue")
    submit.add_argument("--version", default="", help="version of the item (default: the latest)")
    _form(submit, needed=True)
    send = _add(actions, "send", "Send it again with what was asked for.", needs=Needs.DATABASE,
                run=lazily("slips", "send"))  # fmt: skip
    check = _add(actions, "check", "Answer one that waits.", needs=Needs.DATABASE, run=lazily("slips", "check"))
    withdraw = _add(actions, "withdraw", "Take one back before it is answered.", needs=Needs.DATABASE,
                    run=lazily("slips", "withdraw"))  # fmt: skip
    show = _add(actions, "show", "One slip: its checklist, its files, what became of it.", needs=Needs.DATABASE,
                run=lazily("slips", "show"))  # fmt: skip
    file = _add(actions, "file", "Write a file of one to OUT; the look is recorded.", needs=Needs.DATABASE,
                run=lazily("slips", "file"))  # fmt: skip
    for parser in (send, check, withdraw, show, file):
        parser.add_argument("number")
    _form(send, needed=False)
    check.add_argument("verdict", choices=["accept", "refuse", "ask-more"])
    check.add_argument("--reason", default="", metavar="CODE", help="a refusal code of the standard")
    check.add_argument("--note", default="", help="a word to the learner; needed to refuse and to ask for more")
    file.add_argument("file", help="its number, as 'slip show' tells")
    file.add_argument("out", type=Path)
    listed = _add(actions, "list", "Slips and what became of them, newest first.", needs=Needs.DATABASE,
                  run=lazily("slips", "listed"))  # fmt: skip
    listed.add_argument("--state", choices=STATES, default="", help="in this state only")
    listed.add_argument("--limit", type=int, default=50)
    for parser in (submit, send, check, withdraw, file):
        parser.add_argument("--as", dest="username", required=True, metavar="USER",
                            help="who does it; the password is asked for, or read from standard input")  # fmt: skip
    for parser in (submit, send, check, withdraw, show, listed):
        parser.add_argument("--json", nargs="?", const="-", metavar="OUT", help="print JSON, or write it to OUT")


def _form(parser: ArgumentParser, *, needed: bool) -> None:
    parser.add_argument("--awarded-on", required=needed, default="", metavar="DATE")
    parser.add_argument("--grade", default="")
    parser.add_argument("--hours", default="")
    parser.add_argument("--serial", default="", help="number on the certificate")
    parser.add_argument("--note", default="", help="a word to who checks it")
    parser.add_argument("--file", dest="files", action="append", type=_named, default=[], metavar="LINE=FILE",
                        help="a file for a line of the checklist; again for each")  # fmt: skip


def _named(text: str) -> tuple[str, Path]:
    line, found, path = text.partition("=")
    if not found or not path:
        raise ArgumentTypeError("应为 材料代码=文件 expected LINE=FILE, as transcript=scan.pdf")
    return line, Path(path)
