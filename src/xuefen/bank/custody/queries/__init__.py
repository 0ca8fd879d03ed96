"""Reading what is in custody."""

from collections.abc import Iterator

from xuefen.bank.custody.queries import erasing, keyring
from xuefen.bank.custody.queries.erasing import UNDER_WAY, ended, erasures, facts, in_the_way, latest, one, waiting
from xuefen.bank.custody.queries.keyring import (
    certificates_since,
    checkpoint_verifies,
    held,
    key_rows,
    sample_verifies,
    unrecorded,
)
from xuefen.bank.custody.queries.standing import standing
from xuefen.bank.shell.violation import Violation


def violations() -> Iterator[Violation]:
    """What is promised of keys and of erasures."""
    yield from keyring.violations()
    yield from erasing.violations()


__all__ = [
    "UNDER_WAY",
    "certificates_since",
    "checkpoint_verifies",
    "ended",
    "erasures",
    "facts",
    "held",
    "in_the_way",
    "key_rows",
    "latest",
    "one",
    "sample_verifies",
    "standing",
    "unrecorded",
    "violations",
    "waiting",
]
