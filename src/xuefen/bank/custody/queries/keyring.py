"""Reading the node's keys: what there is, never what is secret."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime

from xuefen.bank.certificates import queries as certificates
from xuefen.bank.custody.models import KeyChange
from xuefen.bank.custody.types import KEY_UNKNOWN, KeyRow
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.shell.clock import stamp
from xuefen.bank.shell.keys import keys
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.violation import Violation
from xuefen.bank.translog import queries as translog
from xuefen.bedrock.gm import Held, KeyMissing


def key_rows() -> list[KeyRow]:
    """Every key by purpose, the one in use first."""
    return [KeyRow(key, kept=bool(key.file)) for purpose in keys().purposes() for key in keys().held(purpose)]


def held(purpose: str) -> tuple[Held, ...]:
    """The keys of a purpose, the one in use first. Raises ``Denied(key_unknown)``."""
    try:
        return keys().held(purpose)
    except KeyMissing:
        raise Denied(KEY_UNKNOWN, place="purpose", purpose=purpose, purposes=", ".join(keys().purposes())) from None


def unrecorded() -> Iterator[tuple[Held, Held]]:
    """Rotations that stand on disk but not in the books, each as (new key, key it replaced), oldest first."""
    known = set(KeyChange.objects.values_list("purpose", "generation"))
    for purpose in keys().purposes():
        ring = keys().held(purpose)[::-1]
        for old, fresh in itertools.pairwise(ring):
            if (purpose, fresh.generation) not in known:
                yield fresh, old


# --- for rehearsals --------------------------------------------------------------------------------------------------

_SAMPLE = 50


def certificates_since(key: Held, since: datetime) -> tuple[str, ...]:
    """Numbers of the certificates this key signed after a moment: to be issued again after a compromise."""
    rows = certificates.within(EVERYTHING).filter(key_id=key.key_id, issued_at__gt=since)
    return tuple(rows.values_list("number", flat=True))


def sample_verifies() -> tuple[bool, str]:
    """Whether the newest certificates' signatures hold under the keys on record."""
    # Of the erased nobody knows any more what was signed.
    readable = certificates.within(EVERYTHING).exclude(learner__wrapped_key=None)
    held = [certificates.signature_holds(row) for row in readable[:_SAMPLE]]
    return all(held), f"{sum(held)} / {len(held)}"


def checkpoint_verifies() -> tuple[bool, str]:
    """Whether the published checkpoint opens under the log's keys, past and present."""
    published = translog.published_checkpoint()
    return True, f"{published.size if published else 0} leaves"


def violations() -> Iterator[Violation]:
    """I10: every key in use or replaced is recorded and logged, and says what the log says of it."""
    for fresh, _ in unrecorded():
        yield Violation("I10", f"key {fresh.purpose}.{fresh.generation}", "replaced another, but no leaf says so")
    ring = {(key.purpose, key.generation): key for p in keys().purposes() for key in keys().held(p)}
    rows = {row.leaf_id: row for row in KeyChange.objects.all()}
    for told in translog.facts("key.rotated"):
        for leaf_id, fact in told:
            subject, row = f"key {fact['purpose']}.{fact['generation']}", rows.pop(leaf_id, None)
            if row is None:
                yield Violation("I10", subject, f"leaf {leaf_id} speaks of it, but it is not recorded")
                continue
            said = (row.purpose, row.generation, row.key_id, row.replaced_key_id, stamp(row.replaced_until))
            if said != (fact["purpose"], fact["generation"], fact["key"], fact["replaces"], fact["until"]):
                yield Violation("I10", subject, f"not what leaf {leaf_id} says")
            key = ring.get((row.purpose, row.generation))
            if key is None or key.key_id != row.key_id:
                yield Violation("I10", subject, "recorded, but the key folder holds another or none")
    for row in rows.values():
        yield Violation("I10", f"key {row.purpose}.{row.generation}", "recorded, but no leaf says so")
