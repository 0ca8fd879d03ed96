"""Keeping a file: sealed in the storage first, its row with the transaction. A kill between the two leaves sealed bytes that
no row names and nobody needs.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db import transaction
from django.db.models import Sum

from xuefen.bank.evidence import queries, rules
from xuefen.bank.evidence.models import EvidenceFile
from xuefen.bank.evidence.types import EVIDENCE_FULL, EVIDENCE_GONE, EVIDENCE_STORE, MOST_KEPT, FileFacts
from xuefen.bank.learners import queries as learners
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import inside_transaction, wait_turn
from xuefen.bedrock import disk, ids


@inside_transaction
def keep_file(*, learner_id: int, name: str, content: bytes, now: datetime) -> FileFacts:
    """Keep a file for a learner, sealed under their own key. The same content is kept once (``already``).

    Raises ``Denied``: evidence_empty, evidence_large, evidence_kind, evidence_full, evidence_gone (the person was erased),
    evidence_store.
    """
    kind = rules.kind_of(content)
    holder = learners.facts_of([learner_id])[learner_id]
    if holder.data_key is None:
        raise Denied(EVIDENCE_GONE, place="file")
    _one_at_a_time(learner_id)
    mark = rules.mark(holder.data_key, content)
    known = EvidenceFile.objects.filter(learner_id=learner_id, mark=mark, gone_at=None).first()
    if known is not None:
        return queries.facts(known, holder.data_key, already=True)
    kept = EvidenceFile.objects.filter(learner_id=learner_id, gone_at=None).aggregate(sum=Sum("size"))["sum"] or 0
    if kept + len(content) > MOST_KEPT:
        raise Denied(EVIDENCE_FULL, place="file", most_mb=MOST_KEPT // 2**20)
    number = ids.new_number(ids.NumberClass.EVIDENCE)
    row = EvidenceFile.objects.create(
        number=number,
        learner_id=learner_id,
        mark=mark,
        blind=rules.blind_digest(holder.blind, content),
        kind=kind,
        size=len(content),
        sealed_name=rules.seal_name(rules.checked_name(name), data_key=holder.data_key, number=number),
        stored_as=_store(rules.seal_content(content, data_key=holder.data_key, number=number)),
        kept_at=now,
    )
    return queries.facts(row, holder.data_key)


@inside_transaction
def drop_file(*, file_id: int, now: datetime) -> None:
    """Let go of a file nothing needs any more; its bytes go once this is committed."""
    row = EvidenceFile.objects.select_for_update().get(pk=file_id)
    if row.gone_at is None:
        _let_go(row, now=now)
        stored_as = row.stored_as
        transaction.on_commit(lambda: queries.store().delete(stored_as), robust=True)


@inside_transaction
def forget_files(*, learner_id: int, now: datetime) -> None:
    """Take out of the database what it holds of an erased person's files; ``destroy_files`` comes after the commit."""
    for row in EvidenceFile.objects.select_for_update().filter(learner_id=learner_id, gone_at=None).order_by("pk"):
        _let_go(row, now=now)


def destroy_files(*, learner_id: int) -> None:
    """Delete the sealed bytes of files that went. Again is fine; a copy elsewhere is unreadable once the key is destroyed."""
    gone = EvidenceFile.objects.filter(learner_id=learner_id, gone_at__isnull=False)
    for stored_as in gone.values_list("stored_as", flat=True):
        queries.store().delete(stored_as)


def _let_go(row: EvidenceFile, *, now: datetime) -> None:
    row.blind, row.sealed_name, row.gone_at = None, b"", now
    row.save(update_fields=["blind", "sealed_name", "gone_at"])


def _one_at_a_time(learner_id: int) -> None:
    """One person's files wait for one another, so the second of two equal uploads finds the first."""
    wait_turn("evidence", learner_id)


def _store(sealed: bytes) -> str:
    """Put the bytes away under a name that says nothing; on a disk of our own they are on it when this returns."""
    drawn = secrets.token_hex(16)
    try:
        store = queries.store()
        stored_as = store.save(f"{drawn[:2]}/{drawn}", ContentFile(sealed))
        if isinstance(store, FileSystemStorage):
            path = Path(store.path(stored_as))
            disk.sync(path)
            disk.sync(path.parent)
    except OSError as error:
        raise Denied(EVIDENCE_STORE, place="file") from error
    return str(stored_as)
