"""Reading kept files. Callers have checked the scope of what the file lies with."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from django.core.files.storage import Storage, storages
from django.db import connection

from xuefen.bank.evidence import rules
from xuefen.bank.evidence.models import EvidenceFile
from xuefen.bank.evidence.types import EVIDENCE_GONE, EVIDENCE_UNKNOWN, Content, FileFacts, FileKind, SharedFile
from xuefen.bank.learners import queries as learners
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.violation import Violation
from xuefen.bedrock.gm import DecryptionFailed


def store() -> Storage:
    """Where the sealed bytes lie (settings ``STORAGES["evidence"]``)."""
    return storages["evidence"]


def facts(row: EvidenceFile, data_key: bytes | None, *, already: bool = False) -> FileFacts:
    """A file as pages show it."""
    readable = data_key is not None and row.gone_at is None
    return FileFacts(
        id=row.pk,
        number=row.number,
        learner_id=row.learner_id,
        name=rules.open_name(bytes(row.sealed_name), data_key=data_key, number=row.number)
        if readable and data_key is not None
        else "",
        kind=FileKind(row.kind),
        size=row.size,
        kept_at=row.kept_at,
        already=already,
    )


def files(file_ids: Collection[int]) -> dict[int, FileFacts]:
    """The facts of these files by id; two queries."""
    rows = list(EvidenceFile.objects.filter(pk__in=file_ids))
    holders = learners.facts_of({row.learner_id for row in rows})
    return {row.pk: facts(row, holders[row.learner_id].data_key) for row in rows}


def marks(file_ids: Collection[int]) -> list[bytes]:
    """What a slip's leaf commits to: the keyed marks of its files, sorted."""
    rows = EvidenceFile.objects.filter(pk__in=file_ids).values_list("mark", flat=True)
    return sorted(bytes(mark) for mark in rows)


def content(file_id: int) -> Content:
    """An opened file. Raises ``Denied``: evidence_unknown, evidence_gone (also when the storage lost or changed it)."""
    row = EvidenceFile.objects.filter(pk=file_id).first()
    if row is None:
        raise Denied(EVIDENCE_UNKNOWN)
    data_key = learners.facts_of([row.learner_id])[row.learner_id].data_key
    if data_key is None or row.gone_at is not None:
        raise Denied(EVIDENCE_GONE)
    try:
        with store().open(row.stored_as) as file:
            data = rules.open_content(file.read(), data_key=data_key, number=row.number)
    except (FileNotFoundError, DecryptionFailed):
        raise Denied(EVIDENCE_GONE) from None
    return Content(facts(row, data_key), data)


_SHARED = """
SELECT array_agg(number ORDER BY id), array_agg(learner_id ORDER BY id) FROM evidence_file
WHERE blind IN (SELECT blind FROM evidence_file WHERE id > %s AND blind IS NOT NULL)
GROUP BY blind HAVING count(DISTINCT learner_id) > 1 ORDER BY min(id)
"""


def last_id() -> int:
    """The highest id of a file, 0 while there is none: how far a scan of new files can go."""
    return EvidenceFile.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def evidence_shared(*, after: int = 0) -> list[SharedFile]:
    """Every content that is kept for more than one learner, where one of its files has an id above ``after``; one query.

    For alarms: the same scan brought by two people. Not scoped, and says nothing of the content.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SHARED, [after])
        return [SharedFile(tuple(zip(numbers, people, strict=True))) for numbers, people in cursor.fetchall()]


def others_with_same(file_ids: Collection[int]) -> set[int]:
    """Those of the files whose content somebody else brought too; one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT f.id FROM evidence_file f JOIN evidence_file o"
            " ON o.blind = f.blind AND o.learner_id <> f.learner_id WHERE f.id = ANY(%s)",
            [list(file_ids)],
        )
        return {row[0] for row in cursor.fetchall()}


def violations() -> Iterator[Violation]:
    """I4: every file of a person who can be read is where it was put, whole, and what its mark says."""
    erased = learners.erased_ids()
    for row in EvidenceFile.objects.filter(gone_at=None).order_by("id").iterator(500):
        subject = f"evidence {row.number}"
        if row.learner_id in erased:
            yield Violation("I4", subject, "its holder was erased, but it is not gone")
            continue
        try:
            found = content(row.pk)
        except Denied:
            yield Violation("I4", subject, "the storage lost or changed it, or its holder cannot be read")
            continue
        holder = learners.facts_of([row.learner_id])[row.learner_id]
        if holder.data_key is None or rules.mark(holder.data_key, found.data) != bytes(row.mark):
            yield Violation("I4", subject, "its mark is not that of its content")
        elif rules.blind_digest(holder.blind, found.data) != bytes(row.blind or b""):
            yield Violation("I4", subject, "its blind digest is not that of its content")
