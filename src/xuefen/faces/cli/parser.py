"""The words of the command line. Imports nothing heavy, so that ``--help`` and usage errors come at once."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import date
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

Run = Callable[[argparse.Namespace], int | None]


class Needs(Enum):
    """What must be there before a command runs."""

    NOTHING = "nothing"
    DATABASE = "database"  # an existing bank
    NEW_DATABASE = "new database"  # makes schema, tables and keys when missing


def lazily(module: str, function: str) -> Callable[[], Run]:
    """Find the command when it is run, because its module needs Django set up."""
    return lambda: getattr(import_module(f"xuefen.faces.cli.{module}"), function)


def build() -> argparse.ArgumentParser:
    """The parser of ``xuefen``. Each command sets ``needs`` and ``run``; ``serve`` means: then run the whole bank.

    ``alone``: no other of its kind may have the home. ``listens``: it answers at the address itself. ``beside``: commands to
    run beside the bank, each with a home of its own.
    """
    parser = argparse.ArgumentParser(prog="xuefen", description="Xuefen (学分): a lifelong-learning credit bank.")
    parser.set_defaults(serve=False, alone=False, listens=False, beside={})
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _node_commands(commands)
    _setup_commands(commands)
    _work_commands(commands)
    _check_commands(commands)
    from xuefen.faces.cli._words_activities import activity_commands
    from xuefen.faces.cli._words_anchor import anchor_commands
    from xuefen.faces.cli._words_award import award_commands
    from xuefen.faces.cli._words_batches import batch_commands
    from xuefen.faces.cli._words_catalogue import catalogue_commands  # they take their tools from here
    from xuefen.faces.cli._words_keys import key_commands
    from xuefen.faces.cli._words_rules import rule_commands
    from xuefen.faces.cli._words_slips import slip_commands
    from xuefen.faces.cli._words_standards import standard_commands
    from xuefen.faces.cli._words_supervision import supervision_commands

    batch_commands(commands)
    award_commands(commands)
    slip_commands(commands)
    catalogue_commands(commands)
    standard_commands(commands)
    rule_commands(commands)
    key_commands(commands)
    anchor_commands(commands)
    supervision_commands(commands)
    activity_commands(commands)
    return parser


Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _add(
    commands: Commands, name: str, summary: str, *, needs: Needs, run: Callable[[], Run]
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=summary)
    parser.set_defaults(needs=needs, run=run)
    return parser


def _node_commands(commands: Commands) -> None:
    init = _add(commands, "init", "Make an empty bank in the home folder.", needs=Needs.NEW_DATABASE,
                run=lazily("node", "init"))  # fmt: skip
    init.add_argument("--code", default="node", help="short code of this node")
    init.add_argument("--name", default="学分银行", help="name in Chinese")
    init.add_argument("--name-en", default="Credit Bank", help="name in English")
    init.add_argument("--place", default="本地", help="the place it serves, in Chinese")
    init.add_argument("--place-en", default="Local", help="the place in English")
    init.add_argument("--origin", default="xuefen.local/log", help="the log's name, for ever")
    init.add_argument(
        "--admin", default="admin", help="sign-in name of the first hub officer; the password is printed once"
    )
    up = _add(commands, "up", "Run the bank: database, web server, worker, sequencer. Ctrl-C ends all of it.",
              needs=Needs.NEW_DATABASE, run=lazily("node", "up"))  # fmt: skip
    up.set_defaults(serve=True, alone=True)
    _address(up)
    demo = _add(commands, "demo", "Make a bank with made-up people, run the main job, then serve the web.",
                needs=Needs.NEW_DATABASE, run=lazily("demo.command", "demo"))  # fmt: skip
    demo.add_argument(
        "--once", dest="serve", action="store_false", help="stop after the story instead of serving the web"
    )
    demo.set_defaults(serve=True, alone=True)
    demo.add_argument("--json", type=Path, metavar="OUT", help="write counts and files to OUT")
    demo.add_argument(
        "--rows", type=_within(1, 1_000_000), default=20_000, help="rows of the large deposit (default 20000)"
    )
    _address(demo)
    _add(commands, "worker", "Run queued jobs and the deadline sweep until stopped.", needs=Needs.DATABASE,
         run=lazily("node", "worker"))  # fmt: skip
    _add(commands, "sequencer", "Seal waiting facts into the log until stopped.", needs=Needs.DATABASE,
         run=lazily("node", "sequencer"))  # fmt: skip


def _within(low: int, high: int) -> Callable[[str], int]:
    """A whole number from ``low`` to ``high``, as argparse wants it."""

    def number(text: str) -> int:
        if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
            raise argparse.ArgumentTypeError(f"应为 {low} 到 {high} 的整数 a whole number from {low} to {high}")
        return int(text)

    return number


def _address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=_within(1, 65_535), default=8000)


def _setup_commands(commands: Commands) -> None:
    actions = _group(commands, "place", "Places: branches, sub-centres, service points.")
    place = _add(
        actions, "open", "Open a place below another.", needs=Needs.DATABASE, run=lazily("setup", "open_place")
    )
    place.add_argument("code", help="national division code")
    place.add_argument("name")
    place.add_argument("--kind", required=True, choices=["branch", "sub_centre", "service_point"])
    place.add_argument("--parent", required=True, metavar="CODE", help="'hub' for a branch")

    actions = _group(commands, "institution", "Institutions and what they may deposit.")
    add = _add(actions, "add", "Register an institution.", needs=Needs.DATABASE, run=lazily("setup", "add_institution"))
    add.add_argument("code")
    add.add_argument("name")
    add.add_argument("--name-en", required=True)
    add.add_argument("--uscc", required=True, metavar="NO", help="unified social credit code, GB 32100")
    add.add_argument(
        "--kind", required=True, help="university, vocational_college, open_university, certificate_body, …"
    )
    add.add_argument("--place", required=True, metavar="CODE")
    qualify = _add(actions, "qualify", "Record a reviewed right to deposit.", needs=Needs.DATABASE,
                   run=lazily("setup", "qualify"))  # fmt: skip
    qualify.add_argument("code")
    qualify.add_argument("--class", dest="outcome_class", required=True, choices=["degree", "vocational", "social"])
    qualify.add_argument("--since", type=date.fromisoformat, metavar="DATE", help="today if absent")
    qualify.add_argument("--until", type=date.fromisoformat, required=True, metavar="DATE")
    qualify.add_argument("--basis", required=True, help="the review it rests on")

    actions = _group(commands, "staff", "People who work here.")
    staff = _add(actions, "add", "Give somebody a sign-in and a post.", needs=Needs.DATABASE,
                 run=lazily("setup", "add_staff"))  # fmt: skip
    staff.add_argument("username")
    staff.add_argument("name")
    staff.add_argument(
        "--role", required=True, help="a role of docs/permissions.md, such as issuer_officer or reviewer"
    )
    where = staff.add_mutually_exclusive_group(required=True)
    where.add_argument("--place", metavar="CODE")
    where.add_argument("--institution", metavar="CODE")


def _group(commands: Commands, name: str, summary: str) -> Commands:
    """A command that only holds others."""
    return commands.add_parser(name, help=summary).add_subparsers(dest="action", required=True)


def _work_commands(commands: Commands) -> None:
    from xuefen.faces.cli._words_templates import template_commands

    plan = _add(commands, "plan", "The best legal plan of a learner for a programme.", needs=Needs.DATABASE,
                run=lazily("plan", "plan"))  # fmt: skip
    plan.add_argument("--account", required=True, metavar="NO")
    plan.add_argument("--target", required=True, metavar="CODE", help="programme, as INSTITUTION/CODE or CODE")
    plan.add_argument("--problem", type=Path, metavar="FILE", action=_ProblemFile,
                      help="instead of an account: replay this problem document; needs no bank")  # fmt: skip
    plan.add_argument("--json", nargs="?", const="-", metavar="OUT", help="print the plan as JSON, or write it to OUT")

    certificate = commands.add_parser("certificate", help="Certificates.")
    actions = certificate.add_subparsers(dest="action", required=True)
    save = _add(actions, "save", "Write a certificate to a file.", needs=Needs.DATABASE,
                run=lazily("certificates", "save"))  # fmt: skip
    save.add_argument("number")
    save.add_argument("out", type=Path, help="a file ending in .pdf, .json or .xml")
    save.add_argument("--format", choices=["pdf", "json", "clr", "ob", "elmo", "sd-jwt"],
                      help="clr: CLR 2.0 (statements); ob: Open Badges 3.0 (conversions); elmo: EMREX XML; sd-jwt: see --show;"
                      " else the ending says")  # fmt: skip
    save.add_argument("--lang", choices=["zh", "en"], default="zh", help="the language a PDF puts first (default zh)")
    save.add_argument("--show", metavar="FIELDS", type=_fields,
                      help="of an SD-JWT: which fields it shows, as name,credits; all of them without it")  # fmt: skip
    save.add_argument("--holder-key", metavar="KEY", default="",
                      help="of an SD-JWT: bind it to the holder's public key, did:key:z6Mk… or a JWK")  # fmt: skip
    code = _add(actions, "qr", "What the QR code of a certificate says.", needs=Needs.DATABASE,
                run=lazily("certificates", "code"))  # fmt: skip
    code.add_argument("number")
    template_commands(actions)
    revoke = _add(actions, "revoke", "Revoke a certificate.", needs=Needs.DATABASE,
                  run=lazily("certificates", "revoke"))  # fmt: skip
    revoke.add_argument("number")
    revoke.add_argument("--reason", required=True)


def _fields(text: str) -> str:
    known = ("name", "account", "number", "credits", "programme", "outcomes", "grades")
    if not set(text.split(",")) <= set(known):
        raise argparse.ArgumentTypeError(f"fields are {', '.join(known)}")
    return text


class _ProblemFile(argparse.Action):
    """Who brings the whole problem along needs no bank, and names neither account nor programme."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: object, option: str | None = None
    ) -> None:
        namespace.problem, namespace.needs, namespace.run = values, Needs.NOTHING, lazily("replay", "plan")
        for action in parser._actions:
            if action.dest in ("account", "target"):
                action.required = False


class _TrustFolder(argparse.Action):
    """Who brings the trust file along needs no bank."""

    def __call__(
        self, parser: object, namespace: argparse.Namespace, values: object, option: str | None = None
    ) -> None:
        namespace.trust, namespace.needs = values, Needs.NOTHING


def _check_commands(commands: Commands) -> None:
    verify = commands.add_parser(
        "verify",
        help="Verify a certificate file or its QR code.",
        description="Verify a certificate file or its QR code. Exit 0: every verdict is good; 1: one is not; 2: not readable.",
    )
    verify.set_defaults(run=lazily("certificates", "verify"), needs=Needs.DATABASE)
    verify.add_argument(
        "file", type=Path, nargs="?", help="PDF, JSON, credential, badge, or a photo or scan of the paper"
    )
    verify.add_argument("--qr", metavar="TEXT", help="what the QR code on a certificate says, instead of a file")
    verify.add_argument("--offline", dest="needs", action="store_const", const=Needs.NOTHING,
                        help="ask no database: use trust.json and status.json")  # fmt: skip
    verify.add_argument("--trust", type=Path, metavar="FOLDER", action=_TrustFolder,
                        help="offline, with the trust.json and status.json of this folder (default: HOME/public)")  # fmt: skip
    verify.add_argument("--policy", type=Path, metavar="FILE",
                        help="the witnesses to ask for (C2SP tlog-policy) instead of the trust file's")  # fmt: skip
    verify.add_argument("--audience", default="", help="of an SD-JWT: whom its holder must have signed it for")
    verify.add_argument("--nonce", default="", help="of an SD-JWT: what its holder was asked to sign with it")
    verify.add_argument("--json", nargs="?", const="-", metavar="OUT")
    page = _add(commands, "verify-page", "Write a page that verifies in any browser without a network, as one file.",
                needs=Needs.NOTHING, run=lazily("certificates", "page"))  # fmt: skip
    page.add_argument("out", type=Path, metavar="OUT.html")
    page.add_argument("--trust", type=Path, metavar="FOLDER",
                      help="the trust.json and status.json to put inside (default: HOME/public)")  # fmt: skip
    prove = _add(commands, "prove", "Check every promise of the bank on the live database.", needs=Needs.DATABASE,
                 run=lazily("node", "prove"))  # fmt: skip
    prove.add_argument("--json", nargs="?", const="-", metavar="OUT")
    log = commands.add_parser("log", help="The log.")
    actions = log.add_subparsers(dest="action", required=True)
    _add(actions, "check", "Re-derive the whole log from its files and from the database.", needs=Needs.DATABASE,
         run=lazily("node", "log_check"))  # fmt: skip
    recover = _add(actions, "recover", "After a restore: write the log's files anew from the database, or say which facts it"
                   " lacks (then 1).", needs=Needs.DATABASE, run=lazily("node", "log_recover"))  # fmt: skip
    recover.add_argument("--json", nargs="?", const="-", metavar="OUT")
    recover.add_argument("--overrule-chain", metavar="USER",
                         help="the chain is wrong: one hub officer says so with a reason, another confirms; the password is"
                         " asked for, or read from standard input")  # fmt: skip
    recover.add_argument("--reason", default="", metavar="TEXT")
    _add(actions, "seal", "Seal what waits, once.", needs=Needs.DATABASE, run=lazily("node", "log_seal"))
    _witness_commands(commands)
    _add(commands, "sweep", "Act on every deadline that has passed, once.", needs=Needs.DATABASE,
         run=lazily("node", "sweep"))  # fmt: skip


def _witness_commands(commands: Commands) -> None:
    actions = commands.add_parser("witness", help="Witnesses: those we ask, and the logs we witness.").add_subparsers(
        dest="action", required=True
    )
    _add(actions, "keys", "The keys others need: our log's, and those we cosign with.", needs=Needs.DATABASE,
         run=lazily("witness", "show_keys"))  # fmt: skip
    watch = _add(actions, "watch", "Witness another log from now on.", needs=Needs.DATABASE,
                 run=lazily("witness", "watch"))  # fmt: skip
    watch.add_argument("origin", help="the log's name, the first line of its checkpoint")
    watch.add_argument("--vkey", required=True, help="its verifier key: name+id+base64")
    watch.add_argument("--hash", choices=["sm3", "sha256"], default="sm3", help="the hash of its tree (default sm3)")
    rekey = _add(actions, "rekey", "Know a watched log by its new key, after its operator replaced the old one.",
                 needs=Needs.DATABASE, run=lazily("witness", "rekey"))  # fmt: skip
    rekey.add_argument("origin")
    rekey.add_argument("--vkey", required=True, help="its new verifier key: name+id+base64")
    add = _add(actions, "add", "Ask a witness for cosignatures from now on.", needs=Needs.DATABASE,
               run=lazily("witness", "add"))  # fmt: skip
    add.add_argument("--vkey", required=True, help="its verifier key: name+id+base64")
    add.add_argument("--url", required=True, help="its address, without /add-checkpoint")
    forget = _add(actions, "forget", "Ask a witness no more, and do not believe what it said last.", needs=Needs.DATABASE,
                  run=lazily("witness", "forget"))  # fmt: skip
    forget.add_argument("name", help="its name, as 'witness list' shows it")
    ask = _add(actions, "ask", "Ask every witness now; 1 when one did not cosign.", needs=Needs.DATABASE,
               run=lazily("witness", "ask"))  # fmt: skip
    ask.add_argument("--json", nargs="?", const="-", metavar="OUT")
    policy = _add(actions, "policy", "Say or set how many witnesses verifiers should ask for.", needs=Needs.DATABASE,
                  run=lazily("witness", "policy"))  # fmt: skip
    policy.add_argument("--need", type=_within(0, 32), metavar="K", help="K of all witnesses we ask; 0 asks for none")
    policy.add_argument("--json", nargs="?", const="-", metavar="OUT")
    alone = _add(actions, "serve", "Be a witness without a bank: two keys and a state file in the home folder. Ctrl-C ends it.",
                 needs=Needs.NOTHING, run=lazily("witness_alone", "serve"))  # fmt: skip
    alone.set_defaults(alone=True, listens=True)
    alone.add_argument("--name", required=True, help="the witness's name, such as witness.example/ningbo")
    alone.add_argument("--log", required=True, action="append", metavar="VKEY",
                       help="a log's verifier key; again for more logs, and for a log's next key")  # fmt: skip
    _address(alone)
    alone.set_defaults(port=8700)
    shown = _add(actions, "list", "Whom we ask and whom we witness, and how far they are.", needs=Needs.DATABASE,
                 run=lazily("witness", "show_all"))  # fmt: skip
    shown.add_argument("--json", nargs="?", const="-", metavar="OUT")
