"""The ``xuefen`` command: finds the database, then hands over to the command line face."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable
from contextlib import ExitStack
from io import TextIOWrapper
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from xuefen.bedrock.gm import GmError, selftest
from xuefen.config import embedded, processes
from xuefen.faces.cli import parser, trouble
from xuefen.faces.cli.parser import Needs

NO_BANK = (
    "no_bank",
    "{home} 里没有可用的学分银行。先运行 xuefen init，或用 make demo 建一家演示银行。",
    "{home} holds no bank set up for this version. Run 'xuefen init' first, or 'make demo' for one with made-up data.",
)


class Stop(Exception):
    """The command cannot begin; the text is what to tell the operator. Exit status 2."""


def main(argv: list[str] | None = None) -> int:
    """Run one command. Exit status: 0 done, 1 a clear refusal or a bad verdict, 2 wrong usage or unreadable input."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(
            errors="backslashreplace"
        )  # as standard error: a locale without Chinese loses no command
    arguments = parser.build().parse_args(argv)
    try:
        selftest()
        with ExitStack() as stack:
            return _run(arguments, stack)
    except (embedded.EmbeddedPostgresError, GmError, ImproperlyConfigured) as error:
        print(f"xuefen: {error}", file=sys.stderr)
    except (Stop, processes.NotFree) as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has left (``| head``); nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as error:
        told = trouble.sentence(error)
        if told is None or os.environ.get("XUEFEN_DEBUG") == "1":
            raise
        print(told, file=sys.stderr)
    return 2


def _run(arguments: Namespace, stack: ExitStack) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xuefen.config.settings")
    if arguments.alone:
        # Before anything is made or wiped: two of these on one home or one port would spoil each other's work.
        if arguments.serve or arguments.listens:
            processes.require_free(arguments.host, arguments.port)
        stack.enter_context(processes.only_one(_home()))
    arguments.home = _home()
    keep_database = _open_database(stack, arguments)
    status = int(arguments.run()(arguments) or 0)
    if status == 0 and arguments.serve:
        bank = processes.children(host=arguments.host, port=arguments.port)
        status = processes.supervise([*bank, *processes.beside(arguments.beside)], keep_database=keep_database)
    return status


def _home() -> Path:
    return Path(os.environ.get("XUEFEN_HOME") or "var").resolve()


def _open_database(stack: ExitStack, arguments: Namespace) -> Callable[[], None]:
    """Embedded PostgreSQL unless ``DATABASE_URL`` names a server; then Django, and the schema for commands that make it.

    Returns what keeps the database there while the bank is served.
    """
    needs = arguments.needs
    if needs is Needs.NOTHING:
        return _nothing
    keep, ours = _nothing, False
    if "DATABASE_URL" not in os.environ:
        home = _home()
        new = needs is Needs.NEW_DATABASE
        if not new and not embedded.exists(home):
            raise Stop(trouble.told(*NO_BANK, home=home))
        # Only a command that may make a database has something to tell about it.
        log = _say if new else _keep_quiet
        server = stack.enter_context(embedded.running(home, log=log, share=not arguments.serve))
        os.environ["DATABASE_URL"] = server.url
        ours = True

        def keep() -> None:
            # It ends when it is killed, or when we had joined the server of a command that is done.
            if embedded.status(home) is None:
                try:
                    stack.enter_context(embedded.running(home, log=_say))
                except embedded.EmbeddedPostgresError as error:
                    _say(str(error))  # what is in the way may pass: the next look tries again

    import django

    django.setup()
    from django.db import connections

    from xuefen.config import database, grants

    stack.callback(connections.close_all)  # a server that is to end waits seconds for those who have not left

    if needs is Needs.NEW_DATABASE:
        database.prepare()
        if arguments.command == "demo":
            database.forget_demo()
    elif not database.is_prepared():
        raise Stop(trouble.told(*NO_BANK, home=_home()))
    if ours:
        grants.become_application()
    return keep


def _nothing() -> None:
    pass


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def _keep_quiet(line: str) -> None:
    pass


if __name__ == "__main__":
    sys.exit(main())
