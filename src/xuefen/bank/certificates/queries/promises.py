"""What `xuefen prove` finds wrong with certificates: rows, bodies, signatures and what is published of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from xuefen.bank.certificates import rules
from xuefen.bank.certificates.models import Certificate
from xuefen.bank.certificates.pdf import files
from xuefen.bank.certificates.queries import trusting
from xuefen.bank.certificates.types import CertificateKind, CertificateState
from xuefen.bank.learners import queries as learners
from xuefen.bank.shell.queries import node
from xuefen.bank.shell.violation import Violation
from xuefen.bank.translog import queries as translog
from xuefen.bedrock.gm import DecryptionFailed, open_sealed, sm3

_PER_ROUND = 500


def violations() -> Iterator[Violation]:
    """I8: nothing valid for an application that is not archived; what is published is what is so. I5: every certificate has
    its leaf. I10: every body is the one that was signed, digest and signature.
    """
    unarchived = Certificate.objects.filter(kind=CertificateKind.CONVERSION, status=CertificateState.VALID).exclude(
        application__state="archived"
    )
    for number in unarchived.order_by("id").values_list("number", flat=True)[:100]:
        yield Violation("I8", f"certificate {number}", "valid, but its application is not archived")
    for row in Certificate.objects.raw(_LEAFLESS):
        yield Violation("I5", f"certificate {row.number}", "has no leaf")
    yield from _leaf_violations()
    rows = Certificate.objects.order_by("id").iterator(chunk_size=_PER_ROUND)
    while some := list(islice(rows, _PER_ROUND)):
        yield from _body_violations(some)
    yield from _published_violations()


_LEAFLESS = """
SELECT c.* FROM certificate c
WHERE NOT EXISTS (SELECT 1 FROM leaf l WHERE l.leaf_id = c.leaf_id)
  AND NOT EXISTS (SELECT 1 FROM queued_leaf q WHERE q.id = c.leaf_id)
ORDER BY c.id LIMIT 100
"""


def _leaf_violations() -> Iterator[Violation]:
    """Every certificate the log tells of exists, is the one that was logged, and stands as the log last said (I5, I8)."""
    for told in translog.facts("certificate.issued"):
        numbers = [fact["certificate"] for _, fact in told]
        columns = ("number", "leaf_id", "body_sm3", "issued_at")
        rows = {row[0]: row[1:] for row in Certificate.objects.filter(number__in=numbers).values_list(*columns)}
        for leaf_id, fact in told:
            subject, row = f"certificate {fact['certificate']}", rows.get(fact["certificate"])
            if row is None:
                yield Violation("I5", subject, f"leaf {leaf_id} speaks of it, but it does not exist")
            elif (row[0], row[1], rules.write_time(row[2])) != (leaf_id, fact["digest"], fact["at"]):
                yield Violation("I5", subject, f"not what leaf {leaf_id} says")
    logged: list[tuple[int, str, str]] = []
    for event, state in _STATE_AFTER.items():
        for told in translog.facts(f"certificate.{event}"):
            logged += [(leaf_id, fact["certificate"], state) for leaf_id, fact in told]
    last = {number: state for _, number, state in sorted(logged)}
    changed = Q(number__in=last) | ~Q(status=CertificateState.VALID)
    for number, status in Certificate.objects.filter(changed).order_by("id").values_list("number", "status"):
        if status != last.get(number, CertificateState.VALID):
            said = last.get(number, CertificateState.VALID)
            yield Violation("I8", f"certificate {number}", f"is {status}, the log says {said}")


_STATE_AFTER = {
    "revoked": CertificateState.REVOKED,
    "suspended": CertificateState.SUSPENDED,
    "reinstated": CertificateState.VALID,
}


def _body_violations(rows: list[Certificate]) -> Iterator[Violation]:
    holders = learners.facts_of({row.learner_id for row in rows})
    for row in rows:
        subject, data_key = f"certificate {row.number}", holders[row.learner_id].data_key
        if data_key is None:
            continue  # the holder was erased: the leaf still stands, the body can no longer be read
        try:
            body = open_sealed(data_key, bytes(row.body_sealed), aad=row.number.encode("ascii"))
        except DecryptionFailed:
            yield Violation("I10", subject, "its body cannot be opened")
            continue
        if sm3(body).hex() != row.body_sm3:
            yield Violation("I10", subject, "its body is not the one that was logged")
        try:
            key = trusting.public_key(row.key_id)
        except LookupError as error:
            yield Violation("I10", subject, str(error))
            continue
        if not key.verify(body, bytes(row.signature)):
            yield Violation("I10", subject, "its signature is wrong")
        said = json.loads(body)
        if said["number"] != row.number:
            yield Violation("I10", subject, "its body is that of another certificate")
        expires_on = row.expires_on.isoformat() if row.expires_on is not None else None
        if (said["kind"], said["expires_on"]) != (row.kind, expires_on):
            yield Violation("I10", subject, "its row and its body differ in kind or expiry")


def _published_violations() -> Iterator[Violation]:
    """The status list on disk names exactly those that do not count, if it is younger than their last change."""
    path = Path(settings.XUEFEN_PUBLIC) / files.STATUS_FILE
    known = trusting.published_trust(node())
    if known is None:
        return  # nothing was published yet
    try:
        published = rules.read_status(path.read_bytes(), trust=known)
    except (FileNotFoundError, rules.BadFile) as error:
        yield Violation("I8", "status list", f"missing or wrong: {error}")
        return
    due = Q(status_at__lte=published.generated_at) & ~Q(status=CertificateState.VALID)
    for number in Certificate.objects.filter(due).order_by("id").values_list("number", flat=True).iterator():
        if rules.number_digest(number) not in published.entries:
            yield Violation(
                "I8", f"certificate {number}", "no longer counts, but the published status list does not say so"
            )
