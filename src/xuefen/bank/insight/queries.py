"""Reads over all rooms."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from xuefen.bank.activities import queries as activities
from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.certificates import queries as certificates
from xuefen.bank.conversion import queries as conversion
from xuefen.bank.custody import queries as custody
from xuefen.bank.deposits import queries as deposits
from xuefen.bank.evidence import queries as evidence
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.intake import queries as intake
from xuefen.bank.learners import queries as learners
from xuefen.bank.ledger import queries as ledger
from xuefen.bank.places import queries as places
from xuefen.bank.recognition import queries as recognition
from xuefen.bank.shell import queries as shell
from xuefen.bank.shell.violation import Violation
from xuefen.bank.standards import queries as standards
from xuefen.bank.supervision import queries as supervision
from xuefen.bank.translog import queries as translog

CHECKS: dict[str, Callable[[], Iterator[Violation]]] = {
    "shell": shell.violations,
    "translog": translog.violations,
    "places": places.violations,
    "institutions": institutions.violations,
    "learners": learners.violations,
    "standards": standards.violations,
    "catalogue": catalogue.violations,
    "ledger": ledger.violations,
    "evidence": evidence.violations,
    "deposits": deposits.violations,
    "activities": activities.violations,
    "conversion": conversion.violations,
    "recognition": recognition.violations,
    "certificates": certificates.violations,
    "supervision": supervision.violations,
    "intake": intake.violations,
    "custody": custody.violations,
}
"""Every room that has promises to prove, bottom to top."""


def prove() -> Iterator[tuple[str, list[Violation]]]:
    """Check every promise of the house on the live database: (room, violations) one after the other; writes nothing."""
    for room, check in CHECKS.items():
        yield room, list(check())
