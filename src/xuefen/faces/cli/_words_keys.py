"""The words of ``xuefen keys`` and ``xuefen custody``."""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta

from xuefen.faces.cli.parser import Commands, Needs, _add, _group, _within, lazily


def key_commands(commands: Commands) -> None:
    """``custody``, ``keys list|rotate|drill|seal|tidy``."""
    stands = _add(commands, "custody", "How keys and log stand: ages, the last rehearsal, what waits, witnesses, anchors, alarms;"
                  " 1 when something needs you.", needs=Needs.DATABASE, run=lazily("keys", "custody"))  # fmt: skip
    stands.add_argument("--json", nargs="?", const="-", metavar="OUT")
    actions = _group(commands, "keys", "The node's keys: what there is, replacing one, rehearsing a compromise.")
    shown = _add(actions, "list", "Every key with its purpose, id and dates; never a secret.", needs=Needs.DATABASE,
                 run=lazily("keys", "show"))  # fmt: skip
    shown.add_argument("--json", nargs="?", const="-", metavar="OUT")
    rotate = _add(actions, "rotate", "Put a new key in use for a purpose; what the old one signed keeps verifying.",
                  needs=Needs.DATABASE, run=lazily("keys", "rotate"))  # fmt: skip
    rotate.add_argument(
        "purpose", help="log, certificates, witness, witness-ed25519, wrap, … as 'keys list' shows them"
    )
    rotate.add_argument("--reason", default="例行更换 routine", help="why, for the audit trail")
    _overlap_or_compromise(rotate)
    rotate.add_argument("--json", nargs="?", const="-", metavar="OUT")
    drill = _add(actions, "drill", "Rehearse a compromise with throw-away keys; 1 when a step did not go as it must.",
                 needs=Needs.DATABASE, run=lazily("keys", "drill"))  # fmt: skip
    drill.add_argument("purpose", nargs="?", default="certificates", help="whose compromise (default: certificates)")
    drill.add_argument(
        "--compromised",
        type=_moment,
        metavar="TIME",
        help="since when (ISO 8601; default: an hour ago, or when the key came into use)",
    )
    drill.add_argument("--json", nargs="?", const="-", metavar="OUT")
    seal = _add(actions, "seal", "Put the key files under the PKCS#11 token of XUEFEN_KEYS: the passphrase alone opens none.",
                needs=Needs.DATABASE, run=lazily("keys", "seal"))  # fmt: skip
    seal.add_argument("--json", nargs="?", const="-", metavar="OUT")
    tidy = _add(actions, "tidy", "Write down interrupted rotations, destroy private halves whose overlap is over.",
                needs=Needs.DATABASE, run=lazily("keys", "tidy"))  # fmt: skip
    tidy.add_argument("--json", nargs="?", const="-", metavar="OUT")


def _overlap_or_compromise(parser: argparse.ArgumentParser) -> None:
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--overlap", type=_days, default=None, metavar="DAYS",
                        help="how long the old key is still good (default 7; 0 to 90)")  # fmt: skip
    either.add_argument("--compromised", type=_moment, metavar="TIME",
                        help="in wrong hands since then (ISO 8601): what it signed later no longer counts")  # fmt: skip


def _days(text: str) -> timedelta:
    return timedelta(days=_within(0, 90)(text))


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            "应为 ISO 8601 时间 a time in ISO 8601, as 2026-11-20T08:00:00+08:00"
        ) from None
    return moment if moment.tzinfo else moment.astimezone()
