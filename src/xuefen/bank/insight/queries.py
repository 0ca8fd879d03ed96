"""Reads over all rooms."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from xuefen.bank.certificates import queries as certificates
from xuefen.bank.deposits import queries as deposits
from xuefen.bank.learners import queries as learners
from xuefen.bank.ledger import queries as ledger
from xuefen.bank.recognition import queries as recognition
from xuefen.bank.shell.violation import Violation
from xuefen.bank.translog import queries as translog

CHECKS: dict[str, Callable[[], Iterator[Violation]]] = {
    "ledger": ledger.violations,
    "deposits": deposits.violations,
    "translog": translog.violations,
    "learners": learners.violations,
    "recognition": recognition.violations,
    "certificates": certificates.violations,
}
"""Every room that has promises to prove, in the order they are checked."""


def prove() -> Iterator[tuple[str, list[Violation]]]:
    """Check every promise of the house on the live database: (room, violations) one after the other; writes nothing."""
    for room, check in CHECKS.items():
        yield room, list(check())
