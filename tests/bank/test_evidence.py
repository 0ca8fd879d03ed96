"""Evidence: what is taken, how it lies on disk, and who can ever read it."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, transaction

from tests.bank import evidence_builders as make
from tests.bank import foundation_builders as foundations
from xuefen.bank.evidence import actions, queries, rules
from xuefen.bank.evidence.models import EvidenceFile
from xuefen.bank.evidence.types import MOST_BYTES, FileFacts, FileKind
from xuefen.bank.shell.problems import Denied
from xuefen.config.settings import evidence_storage

NOW = foundations.NOW
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def place(settings: Any, tmp_path: Path) -> Path:
    settings.STORAGES = settings.STORAGES | {"evidence": evidence_storage(str(tmp_path / "evidence"))}
    foundations.tree()
    return tmp_path / "evidence"


def keep(learner_id: int, content: bytes, *, name: str = "成绩单.pdf") -> FileFacts:
    with transaction.atomic():
        return actions.keep_file(learner_id=learner_id, name=name, content=content, now=NOW)


def denied(call: Callable[[], Any]) -> str:
    with pytest.raises(Denied) as refused:
        call()
    return refused.value.code


# --- what a file is --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (make.pdf(), FileKind.PDF),
        (make.png(), FileKind.PNG),
        (make.jpeg(), FileKind.JPEG),
        (make.jpeg() + b"\0" * 900, FileKind.JPEG),  # cameras put something behind the end
        (make.archive("OFD.xml", "Doc_0/Document.xml"), FileKind.OFD),
    ],
)
def test_a_file_is_what_its_content_is(content: bytes, kind: FileKind) -> None:
    assert rules.kind_of(content) is kind


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "evidence_empty"),
        (b"<script>alert(1)</script>", "evidence_kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "evidence_kind"),
        (b"MZ\x90\x00", "evidence_kind"),
        (make.pdf()[:20], "evidence_kind"),  # broken off
        (make.png()[:-4], "evidence_kind"),
        (b"GIF89a" + make.pdf(), "evidence_kind"),  # a PDF behind something else
        (make.archive("word/document.xml"), "evidence_kind"),
        (make.archive("OFD.xml")[:-8], "evidence_kind"),
        (b"PK\x03\x04" + b"\xff" * 64, "evidence_kind"),
        (make.pdf() + b"\0" * MOST_BYTES, "evidence_large"),
    ],
)
def test_anything_else_is_refused(content: bytes, code: str) -> None:
    assert denied(lambda: rules.kind_of(content)) == code


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\Users\\林\\成绩单.pdf", "成绩单.pdf"),
        ("../../etc/passwd", "passwd"),
        ("a\r\nX-Evil: 1.pdf", "aX-Evil: 1.pdf"),
        ("", ""),
    ],
)
def test_names_are_only_for_showing(given: str, kept: str) -> None:
    assert rules.checked_name(given) == kept


def test_a_long_name_keeps_its_end() -> None:
    name = rules.checked_name("长" * 300 + ".pdf")
    assert len(name) == 120
    assert name.endswith("….pdf")


# --- how it lies there -----------------------------------------------------------------------------------------------


def test_what_lies_in_the_storage_says_nothing(place: Path) -> None:
    learner = foundations.account(name="林秋禾")
    kept = keep(learner.learner_id, make.pdf("林秋禾 绝密"), name="林秋禾.pdf")
    (path,) = [p for p in place.rglob("*") if p.is_file()]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == stat.S_IMODE(place.stat().st_mode) == 0o700
    stored = path.read_bytes()
    assert b"PDF" not in stored
    assert "林秋禾".encode() not in stored
    assert len(stored) == kept.size + rules.SEALED_MORE
    row = EvidenceFile.objects.get()
    for column in (row.sealed_name, row.mark, row.blind):
        assert "林".encode() not in bytes(column or b"")
    opened = queries.content(kept.id)
    assert (opened.data, opened.facts.name) == (make.pdf("林秋禾 绝密"), "林秋禾.pdf")
    assert (opened.media_type, opened.file_name) == ("application/pdf", f"{kept.number}.pdf")
    assert list(queries.violations()) == []


def test_the_same_file_is_kept_once_for_one_and_found_for_two(place: Path) -> None:
    one, two, three = (foundations.account(n, name=f"某人{'甲乙丙'[n]}") for n in range(3))
    first = keep(one.learner_id, make.png("scan"))
    again = keep(one.learner_id, make.png("scan"), name="renamed.png")
    assert (again.number, again.already, first.already) == (first.number, True, False)
    assert queries.evidence_shared() == []
    other = keep(two.learner_id, make.png("scan"))
    lone = keep(three.learner_id, make.png("another"))
    (shared,) = queries.evidence_shared()
    assert shared.holders == ((first.number, one.learner_id), (other.number, two.learner_id))
    assert queries.evidence_shared(after=first.id) == [shared], "the newer of the two is above"
    assert queries.evidence_shared(after=other.id) == []
    assert queries.others_with_same([first.id, other.id, lone.id]) == {first.id, other.id}
    marks = set(EvidenceFile.objects.values_list("mark", flat=True))
    assert len({bytes(mark) for mark in marks}) == 3, "under two keys one file has two marks"


def test_a_changed_lost_or_exchanged_file_is_noticed(place: Path) -> None:
    one, two = (foundations.account(n, name=f"某人{'甲乙'[n]}") for n in range(2))
    a, b, c = keep(one.learner_id, make.pdf("a")), keep(one.learner_id, make.pdf("b")), keep(two.learner_id, make.pdf())
    paths = {row.pk: place / row.stored_as for row in EvidenceFile.objects.all()}
    sealed = paths[a.id].read_bytes()
    paths[a.id].write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    paths[b.id].write_bytes(paths[c.id].read_bytes())
    paths[c.id].unlink()
    for kept in (a, b, c):
        assert denied(lambda kept=kept: queries.content(kept.id)) == "evidence_gone"
    assert [v.subject for v in queries.violations()] == [f"evidence {kept.number}" for kept in (a, b, c)]


def test_a_dropped_file_is_gone_and_may_come_again(place: Path) -> None:
    learner = foundations.account()
    kept = keep(learner.learner_id, make.pdf())
    with transaction.atomic():
        actions.drop_file(file_id=kept.id, now=NOW)
        assert [p for p in place.rglob("*") if p.is_file()], "not before it is committed"
    assert not [p for p in place.rglob("*") if p.is_file()]
    assert denied(lambda: queries.content(kept.id)) == "evidence_gone"
    assert keep(learner.learner_id, make.pdf()).number != kept.number
    assert list(queries.violations()) == []


def test_one_account_cannot_fill_the_disk(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xuefen.bank.evidence.actions.keeping.MOST_KEPT", 200)
    learner = foundations.account()
    keep(learner.learner_id, make.pdf("x" * 60))
    assert denied(lambda: keep(learner.learner_id, make.pdf("y" * 60))) == "evidence_full"


def test_a_full_disk_is_said_in_words(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learner = foundations.account()

    def full(*_: Any, **__: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(queries.store(), "save", full)
    assert denied(lambda: keep(learner.learner_id, make.pdf())) == "evidence_store"
    assert not EvidenceFile.objects.exists()


def test_a_kept_file_only_goes(place: Path) -> None:
    learner = foundations.account()
    kept = keep(learner.learner_id, make.pdf())
    for forgery in ("UPDATE evidence_file SET mark = '\\x00'", "UPDATE evidence_file SET learner_id = learner_id + 1",
                    "DELETE FROM evidence_file"):  # fmt: skip
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(forgery)
    with transaction.atomic():
        actions.drop_file(file_id=kept.id, now=NOW)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE evidence_file SET gone_at = NULL")


def test_the_mark_is_the_learners_and_the_digest_the_nodes() -> None:
    one, two, content = b"1" * 16, b"2" * 16, make.pdf()
    assert rules.mark(one, content) != rules.mark(two, content)
    assert rules.file_key(one) not in (one, rules.mark(one, content))
    assert rules.blind_digest(b"n" * 32, content) != rules.blind_digest(b"m" * 32, content)


# --- where it lies ---------------------------------------------------------------------------------------------------


def test_a_folder_or_an_s3_bucket() -> None:
    assert evidence_storage("/srv/evidence")["OPTIONS"]["location"] == "/srv/evidence"  # type: ignore[index]
    s3 = evidence_storage("s3://xuefen/zj/evidence?endpoint_url=https://minio.example:9000&region_name=cn-east")
    assert s3["BACKEND"] == "storages.backends.s3.S3Storage"
    assert s3["OPTIONS"] == {
        "bucket_name": "xuefen", "location": "zj/evidence", "default_acl": None, "file_overwrite": False,
        "endpoint_url": "https://minio.example:9000", "region_name": "cn-east",
    }  # fmt: skip


@pytest.mark.parametrize(
    "place", ["ftp://x", "s3://", "s3://key:secret@bucket", "s3://bucket?access_key=secret", "s3://bucket?acl=public"]
)
def test_anything_else_is_refused_at_start(place: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="evidence_place"):
        evidence_storage(place)


def test_any_storage_of_django_will_do(settings: Any) -> None:
    settings.STORAGES = settings.STORAGES | {"evidence": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    foundations.tree()
    learner = foundations.account()
    kept = keep(learner.learner_id, make.pdf())
    assert queries.content(kept.id).data == make.pdf()
    assert list(queries.violations()) == []
