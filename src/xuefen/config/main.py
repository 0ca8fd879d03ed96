"""The ``xuefen`` command: finds the database, then hands over to the command line face."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path

from xuefen.bedrock.gm import GmError, selftest
from xuefen.config import embedded
from xuefen.faces.cli import parser
from xuefen.faces.cli.parser import Needs


def main(argv: list[str] | None = None) -> int:
    """Run one command. Exit status: 0 done, 1 a clear refusal or a bad verdict, 2 wrong usage or unreadable input."""
    arguments = parser.build().parse_args(argv)
    try:
        selftest()
        with ExitStack() as stack:
            if arguments.needs is not Needs.NOTHING:
                _open_database(stack, needs=arguments.needs)
            status = int(arguments.run()(arguments) or 0)
            if status == 0 and arguments.serve:
                from xuefen.config.processes import supervise

                status = supervise(host=arguments.host, port=arguments.port)
            return status
    except (embedded.EmbeddedPostgresError, GmError) as error:
        print(f"xuefen: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _open_database(stack: ExitStack, *, needs: Needs) -> None:
    """Embedded PostgreSQL unless ``DATABASE_URL`` names a server; then Django, and the schema for commands that make it."""
    if "DATABASE_URL" not in os.environ:
        home = Path(os.environ.get("XUEFEN_HOME", "var"))
        # Only a command that may make a database has something to tell about it.
        log = _say if needs is Needs.NEW_DATABASE else _keep_quiet
        server = stack.enter_context(embedded.running(home, log=log))
        os.environ["DATABASE_URL"] = server.url
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xuefen.config.settings")
    import django

    django.setup()
    from xuefen.config import database

    if needs is Needs.NEW_DATABASE:
        database.prepare()
    else:
        database.require_prepared()


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def _keep_quiet(line: str) -> None:
    pass


if __name__ == "__main__":
    sys.exit(main())
