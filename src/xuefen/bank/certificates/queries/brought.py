"""Reading the badges learners brought along."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from xuefen.bank.certificates import rules
from xuefen.bank.certificates.models import Badge
from xuefen.bank.certificates.types import BadgeFacts, CredentialKind
from xuefen.bank.learners import queries as learners
from xuefen.bank.shell.problems import NOT_FOUND, Denied
from xuefen.bank.shell.violation import Violation
from xuefen.bank.translog import queries as translog
from xuefen.bedrock.gm import open_sealed, sm3


def badges(learner_id: int) -> list[BadgeFacts]:
    """A learner's badges, newest first; none when the person was erased."""
    data_key = learners.facts_of([learner_id])[learner_id].data_key
    if data_key is None:
        return []
    rows = Badge.objects.filter(learner_id=learner_id).order_by("-imported_at", "-id")
    return [_facts(row, data_key) for row in rows]


def badge(learner_id: int, badge_id: int) -> BadgeFacts:
    """One badge of a learner. Raises ``Denied(not_found)``."""
    found = next((badge for badge in badges(learner_id) if badge.id == badge_id), None)
    if found is None:
        raise Denied(NOT_FOUND)
    return found


def _facts(row: Badge, data_key: bytes) -> BadgeFacts:
    told: dict[str, Any] = json.loads(open_sealed(data_key, bytes(row.facts_sealed), aad=row.digest.encode("ascii")))
    return BadgeFacts(
        id=row.pk,
        name=told["name"],
        issuer=told["issuer"],
        issuer_id=told["issuer_id"],
        kind=CredentialKind(told["kind"]),
        awarded_at=told["awarded_at"],
        imported_at=row.imported_at,
        issuer_known=row.issuer_known,
        verdicts=tuple((check, state, zh, en) for check, state, zh, en in told["verdicts"]),
    )


def violations() -> Iterator[Violation]:
    """I5: every badge the log tells of is there, and the other way round. I10: it is the file that came in."""
    rows = {row.digest: row for row in Badge.objects.defer("facts_sealed").iterator()}
    keys = learners.facts_of({row.learner_id for row in rows.values()})
    told: set[str] = set()
    for facts in translog.facts("badge.imported"):
        for leaf_id, fact in facts:
            told.add(fact["digest"])
            row = rows.get(fact["digest"])
            if row is None:
                yield Violation("I5", f"leaf {leaf_id}", "tells of a badge that does not exist")
            elif (row.leaf_id, rules.write_time(row.imported_at)) != (leaf_id, fact["at"]):
                yield Violation("I5", f"badge {row.pk}", f"not what leaf {leaf_id} says")
    for digest, row in rows.items():
        if digest not in told:
            yield Violation("I5", f"badge {row.pk}", "has no leaf")
        data_key = keys[row.learner_id].data_key
        if data_key is None:
            continue
        content = open_sealed(data_key, bytes(row.content_sealed), aad=digest.encode("ascii"))
        if sm3(b"badge:" + data_key + content).hex() != digest:
            yield Violation("I10", f"badge {row.pk}", "is not the file that came in")
