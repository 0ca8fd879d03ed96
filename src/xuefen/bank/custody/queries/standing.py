"""How keys and log stand: one answer for the desk, the API and the command line."""

from __future__ import annotations

from datetime import datetime

from xuefen.bank.audit import queries as audit
from xuefen.bank.custody import rules
from xuefen.bank.custody.models import KeyChange
from xuefen.bank.custody.queries.keyring import key_rows
from xuefen.bank.custody.types import Drilled, KeyStanding, Standing
from xuefen.bank.shell import queries as shell
from xuefen.bank.shell.actor import Actor
from xuefen.bank.translog import queries as translog

_HOUSE = Actor.system("custody")


def standing(by: Actor, *, now: datetime) -> Standing:
    """Every key, the last rehearsal and the log. No private key is opened. Raises ``Denied(not_allowed)``."""
    by.scope("custody.read")
    return Standing(now, _keys(now), _drilled(), translog.standing())


def _keys(now: datetime) -> tuple[KeyStanding, ...]:
    node = shell.node()
    made_at = node.created_at if node is not None else now
    changes = KeyChange.objects.filter(compromised=True).values_list("purpose", "generation")
    stolen = {(purpose, generation - 1) for purpose, generation in changes}
    return tuple(
        rules.key_standing(row, made_at=made_at, compromised=(row.held.purpose, row.held.generation) in stolen, now=now)
        for row in key_rows()
    )


def _drilled() -> Drilled | None:
    # Read as the house: who may look at the keys need not see the whole trail. The kind of subject has an index.
    entry = audit.entries(_HOUSE, action="keys.drilled").filter(subject_kind="key").first()
    return Drilled(entry.at, entry.actor_name, entry.after or {}) if entry is not None else None
